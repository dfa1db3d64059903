//! Which metrics there are; `docs/monitoring.md` has the same table. A test compares the two.
//!
//! Three sets: those that the exporter of mehdy has (`keepalived_…_total` with the labels `iname`, `intf`, `vrid`), those of
//! the exporter of gen2brain (`keepalived_vrrp_…`, `keepalived_lvs_…`), so that dashboards and alerts stay as they are, and
//! ours for what neither knows.

use super::family::{Family, Kind, Sample, Value, seconds};
use crate::status::document::{
    CountersStatus, InstanceStatus, LatenessStatus, RealServerStatus, Status, VirtualServerStatus,
};

type Labels = Vec<(&'static str, String)>;

/// Counters of instances: our key, the name of mehdy's exporter if it has it, the name of gen2brain's if it has it, help.
const COUNTERS: &[(&str, Option<&str>, Option<&str>, &str)] = &[
    (
        "advert_rcvd",
        Some("keepalived_advertisements_received_total"),
        Some("keepalived_vrrp_advert_rcvd"),
        "Adverts received",
    ),
    (
        "advert_sent",
        Some("keepalived_advertisements_sent_total"),
        Some("keepalived_vrrp_advert_sent"),
        "Adverts sent",
    ),
    (
        "become_master",
        Some("keepalived_become_master_total"),
        Some("keepalived_vrrp_become_master"),
        "Transitions to MASTER",
    ),
    (
        "release_master",
        Some("keepalived_release_master_total"),
        Some("keepalived_vrrp_release_master"),
        "Transitions from MASTER",
    ),
    (
        "packet_len_err",
        Some("keepalived_packet_length_errors_total"),
        Some("keepalived_vrrp_packet_len_err"),
        "Adverts of a wrong length",
    ),
    (
        "advert_interval_err",
        Some("keepalived_advertisements_interval_errors_total"),
        Some("keepalived_vrrp_advert_interval_err"),
        "Adverts with another interval",
    ),
    (
        "ip_ttl_err",
        Some("keepalived_ip_ttl_errors_total"),
        Some("keepalived_vrrp_ip_ttl_err"),
        "Adverts with a wrong TTL",
    ),
    (
        "invalid_type_rcvd",
        Some("keepalived_invalid_type_received_total"),
        Some("keepalived_vrrp_invalid_type_rcvd"),
        "Packets that are no adverts",
    ),
    (
        "addr_list_err",
        Some("keepalived_address_list_errors_total"),
        Some("keepalived_vrrp_addr_list_err"),
        "Adverts with other addresses",
    ),
    (
        "invalid_authtype",
        Some("keepalived_authentication_invalid_total"),
        Some("keepalived_vrrp_invalid_authtype"),
        "Adverts with an unknown authentication",
    ),
    (
        "authtype_mismatch",
        Some("keepalived_authentication_mismatch_total"),
        Some("keepalived_vrrp_authtype_mismatch"),
        "Adverts with another authentication",
    ),
    (
        "auth_failure",
        Some("keepalived_authentication_failure_total"),
        Some("keepalived_vrrp_auth_failure"),
        "Adverts with a wrong password",
    ),
    (
        "pri_zero_rcvd",
        Some("keepalived_priority_zero_received_total"),
        Some("keepalived_vrrp_pri_zero_rcvd"),
        "Adverts of masters that stop",
    ),
    (
        "pri_zero_sent",
        Some("keepalived_priority_zero_sent_total"),
        Some("keepalived_vrrp_pri_zero_sent"),
        "Adverts that say that this master stops",
    ),
];

/// Counters that only we have; their label `reason` is our key.
const DROPPED: &[&str] = &[
    "auth_ext_missing",
    "auth_ext_malformed",
    "auth_ext_unknown_key",
    "auth_ext_invalid_hmac",
    "auth_ext_stale",
    "auth_ext_replay",
    "vers_err",
    "chk_err",
    "unknown_peer",
    "owner_ignored",
];

/// All metrics of a status.
pub(super) fn families(status: &Status) -> Vec<Family> {
    let mut families = Vec::new();
    daemon(&mut families, status);
    if let Some(vrrp) = &status.vrrp {
        let instances = &vrrp.instances;
        states(&mut families, instances);
        counters(&mut families, instances);
        ours(&mut families, instances);
        trackers(&mut families, status);
        families.push(lateness(
            "keepalived_vrrp_lateness_seconds",
            "How late deadlines of adverts were handled",
            &vrrp.lateness,
        ));
    }
    if let Some(lvs) = &status.lvs {
        exporters_servers(&mut families, &lvs.virtual_servers);
        servers(&mut families, &lvs.virtual_servers);
        families.push(lateness(
            "keepalived_checker_lateness_seconds",
            "How late checks were begun",
            &lvs.lateness,
        ));
    }
    families
}

fn family(
    name: &'static str,
    kind: Kind,
    help: &'static str,
    samples: impl IntoIterator<Item = (Labels, Value)>,
) -> Family {
    let samples = samples.into_iter().map(|(labels, value)| Sample {
        part: "",
        labels,
        value,
    });
    Family {
        name,
        help,
        kind,
        samples: samples.collect(),
    }
}

fn number(value: impl TryInto<i64>) -> Value {
    Value::Number(value.try_into().unwrap_or(i64::MAX))
}

fn daemon(families: &mut Vec<Family>, status: &Status) {
    let (daemon, processes) = (&status.daemon, &status.processes);
    let needed = processes.iter().filter(|process| process.needed);
    let is_up = needed.clone().all(|process| process.running && process.answers);
    let each = |value: fn(&crate::status::document::ProcessStatus) -> Option<Value>| {
        needed
            .clone()
            .filter_map(|process| Some((vec![("process", process.name.clone())], value(process)?)))
            .collect::<Vec<_>>()
    };
    let info = vec![
        ("version", daemon.release.clone()),
        ("compatible_with", daemon.compatible_with.clone()),
    ];
    let mode = daemon.maintenance_since_us.is_some();
    let reloaded = daemon.last_reload.as_ref().is_none_or(|reload| reload.accepted);
    families.extend([
        family(
            "keepalived_up",
            Kind::Gauge,
            "Whether all processes run and answer",
            [(Vec::new(), number(u8::from(is_up)))],
        ),
        family(
            "keepalived_build_info",
            Kind::Gauge,
            "Versions",
            [(info, number(1))],
        ),
        family(
            "keepalived_start_time_seconds",
            Kind::Gauge,
            "Time of day of the start",
            [(Vec::new(), Value::Micros(daemon.started_at_us))],
        ),
        family(
            "keepalived_maintenance",
            Kind::Gauge,
            "Whether an operator keeps all instances down",
            [(Vec::new(), number(u8::from(mode)))],
        ),
        family(
            "keepalived_configurations",
            Kind::Gauge,
            "Configurations accepted since the start",
            [(Vec::new(), number(daemon.configurations))],
        ),
        family(
            "keepalived_last_reload_successful",
            Kind::Gauge,
            "Whether the last reload was accepted",
            [(Vec::new(), number(u8::from(reloaded)))],
        ),
        family(
            "keepalived_process_up",
            Kind::Gauge,
            "Whether a process runs and answers",
            each(|process| Some(number(u8::from(process.running && process.answers)))),
        ),
        family(
            "keepalived_process_restarts_total",
            Kind::Counter,
            "How often a process was replaced",
            each(|process| Some(number(process.restarts))),
        ),
        family(
            "keepalived_process_resident_memory_bytes",
            Kind::Gauge,
            "Memory of a process",
            each(|process| process.memory_bytes.map(number)),
        ),
    ]);
}

/// INIT 0, BACKUP 1, MASTER 2, FAULT 3, as in `keepalived.json`.
fn state_number(state: &str) -> Value {
    let states = ["INIT", "BACKUP", "MASTER", "FAULT"];
    number(states.iter().position(|known| *known == state).unwrap_or(0))
}

fn labels(instance: &InstanceStatus) -> Labels {
    vec![
        ("iname", instance.name.clone()),
        ("intf", instance.interface.clone().unwrap_or_default()),
        ("vrid", instance.vrid.to_string()),
    ]
}

fn with(mut labels: Labels, name: &'static str, value: &(impl ToString + ?Sized)) -> Labels {
    labels.push((name, value.to_string()));
    labels
}

fn states(families: &mut Vec<Family>, instances: &[InstanceStatus]) {
    for (name, help, excluded) in [
        (
            "keepalived_vrrp_state",
            "State of the instance of an address: INIT 0, BACKUP 1, MASTER 2, FAULT 3",
            false,
        ),
        (
            "keepalived_vrrp_excluded_state",
            "The same for excluded addresses",
            true,
        ),
    ] {
        let samples = instances.iter().flat_map(|instance| {
            let addresses = instance
                .addresses
                .iter()
                .filter(move |address| address.excluded == excluded);
            addresses.map(|address| {
                let host = address.address.split('/').next().unwrap_or_default();
                (
                    with(labels(instance), "ip_address", host),
                    state_number(&instance.state),
                )
            })
        });
        families.push(family(name, Kind::Gauge, help, samples));
    }
    let delays = instances
        .iter()
        .map(|instance| (labels(instance), Value::Micros(instance.garp_delay_us)));
    // The name is the exporter's; it is no counter.
    families.push(family(
        "keepalived_gratuitous_arp_delay_total",
        Kind::OldCounter,
        "Delay of the second set of gratuitous ARPs in seconds",
        delays,
    ));
}

fn counters(families: &mut Vec<Family>, instances: &[InstanceStatus]) {
    for (key, mehdy, gen2brain, help) in COUNTERS {
        let value = |instance: &InstanceStatus| number(instance.counters.get(*key).copied().unwrap_or(0));
        if let Some(name) = mehdy {
            let samples = instances
                .iter()
                .map(|instance| (labels(instance), value(instance)));
            families.push(family(name, Kind::Counter, help, samples));
        }
        if let Some(name) = gen2brain {
            let samples = instances.iter().map(|instance| {
                let labels = vec![
                    ("name", instance.name.clone()),
                    ("intf", instance.interface.clone().unwrap_or_default()),
                    ("vrid", instance.vrid.to_string()),
                    ("state", instance.state.clone()),
                ];
                (labels, value(instance))
            });
            families.push(family(name, Kind::OldCounter, help, samples));
        }
    }
}

fn ours(families: &mut Vec<Family>, instances: &[InstanceStatus]) {
    let each = |value: fn(&InstanceStatus) -> Option<Value>| {
        instances
            .iter()
            .filter_map(|instance| Some((labels(instance), value(instance)?)))
            .collect::<Vec<_>>()
    };
    let dropped = instances.iter().flat_map(|instance| {
        DROPPED.iter().map(|key| {
            let value = instance.counters.get(*key).copied().unwrap_or(0);
            (with(labels(instance), "reason", *key), number(value))
        })
    });
    let peers = instances.iter().flat_map(|instance| {
        let heard = instance
            .peers
            .iter()
            .filter_map(|peer| Some((peer, peer.silent_us?)));
        heard.map(|(peer, silent)| {
            (
                with(labels(instance), "peer", &peer.address),
                Value::Micros(silent),
            )
        })
    });
    families.extend([
        family(
            "keepalived_instance_state",
            Kind::Gauge,
            "State of an instance: INIT 0, BACKUP 1, MASTER 2, FAULT 3",
            each(|one| Some(state_number(&one.state))),
        ),
        family(
            "keepalived_instance_state_since_seconds",
            Kind::Gauge,
            "Time of day at which an instance entered its state",
            each(|one| one.since_us.map(Value::Micros)),
        ),
        family(
            "keepalived_instance_base_priority",
            Kind::Gauge,
            "Configured priority",
            each(|one| Some(number(one.priority.base))),
        ),
        family(
            "keepalived_instance_effective_priority",
            Kind::Gauge,
            "Priority with what the trackers add",
            each(|one| Some(number(one.priority.effective))),
        ),
        family(
            "keepalived_instance_faults",
            Kind::Gauge,
            "Reasons that keep an instance in FAULT",
            each(|one| Some(number(one.faults.len()))),
        ),
        family(
            "keepalived_instance_addresses",
            Kind::Gauge,
            "Virtual addresses of an instance",
            each(|one| Some(number(one.addresses.len()))),
        ),
        family(
            "keepalived_instance_addresses_present",
            Kind::Gauge,
            "Virtual addresses that the kernel has",
            each(|one| {
                Some(number(
                    one.addresses.iter().filter(|address| address.present).count(),
                ))
            }),
        ),
        family(
            "keepalived_instance_master_silence_seconds",
            Kind::Gauge,
            "Time since the last advert of the master that a backup hears",
            each(|one| one.master.as_ref().map(|master| Value::Micros(master.silent_us))),
        ),
        family(
            "keepalived_instance_peer_silence_seconds",
            Kind::Gauge,
            "Time since the last advert of a router",
            peers,
        ),
        family(
            "keepalived_adverts_dropped_total",
            Kind::Counter,
            "Adverts dropped for reasons that have no name of their own above",
            dropped,
        ),
    ]);
}

fn trackers(families: &mut Vec<Family>, status: &Status) {
    let trackers = || status.vrrp.iter().flat_map(|vrrp| &vrrp.trackers);
    let scripts = || trackers().filter(|tracker| tracker.kind == "script");
    let is_up = |state: &Option<String>| number(u8::from(state.as_deref() == Some("up")));
    let activity = |activity: &Option<String>| {
        let known = ["idle", "running", "requested termination", "forcing termination"];
        let activity = activity.as_deref().unwrap_or_default();
        number(known.iter().position(|known| *known == activity).unwrap_or(0))
    };
    let name = |name: &String| vec![("name", name.clone())];
    let all = trackers().filter(|tracker| tracker.state.is_some());
    families.extend([
        family(
            "keepalived_script_status",
            Kind::Gauge,
            "Whether a track script is GOOD",
            scripts().map(|one| (name(&one.name), is_up(&one.state))),
        ),
        family(
            "keepalived_script_state",
            Kind::Gauge,
            "A track script is idle 0, running 1, being terminated 2, being killed 3",
            scripts().map(|one| (name(&one.name), activity(&one.activity))),
        ),
        family(
            "keepalived_tracker_up",
            Kind::Gauge,
            "Whether what is tracked is up",
            all.map(|one| {
                (
                    with(vec![("kind", one.kind.clone())], "name", &one.name),
                    is_up(&one.state),
                )
            }),
        ),
    ]);
}

/// Address and protocol of a virtual server as gen2brain's exporter labels them.
fn address_and_protocol(name: &str) -> Option<Labels> {
    let (address, rest) = name.strip_prefix('[')?.split_once("]:")?;
    let (protocol, port) = rest.split_once(':')?;
    let address = if address.contains(':') {
        format!("[{address}]:{port}")
    } else {
        format!("{address}:{port}")
    };
    Some(vec![("addr", address), ("proto", protocol.to_uppercase())])
}

type Counter = fn(&CountersStatus) -> u64;

fn exporters_servers(families: &mut Vec<Family>, servers: &[VirtualServerStatus]) {
    let rows: [(&str, &str, Counter); 10] = [
        (
            "keepalived_lvs_vip_in_packets",
            "Packets to a virtual server",
            |all| all.in_packets,
        ),
        (
            "keepalived_lvs_vip_out_packets",
            "Packets from a virtual server",
            |all| all.out_packets,
        ),
        (
            "keepalived_lvs_vip_in_bytes",
            "Bytes to a virtual server",
            |all| all.in_bytes,
        ),
        (
            "keepalived_lvs_vip_out_bytes",
            "Bytes from a virtual server",
            |all| all.out_bytes,
        ),
        (
            "keepalived_lvs_vip_conn",
            "Connections to a virtual server",
            |all| all.connections,
        ),
        (
            "keepalived_lvs_rs_in_packets",
            "Packets to a real server",
            |all| all.in_packets,
        ),
        (
            "keepalived_lvs_rs_out_packets",
            "Packets from a real server",
            |all| all.out_packets,
        ),
        ("keepalived_lvs_rs_in_bytes", "Bytes to a real server", |all| {
            all.in_bytes
        }),
        ("keepalived_lvs_rs_out_bytes", "Bytes from a real server", |all| {
            all.out_bytes
        }),
        ("keepalived_lvs_rs_conn", "Connections to a real server", |all| {
            all.connections
        }),
    ];
    for (position, (name, help, of)) in rows.into_iter().enumerate() {
        let samples: Vec<_> = if position < 5 {
            let counted = servers.iter().filter_map(|server| {
                Some((
                    address_and_protocol(&server.name)?,
                    number(of(server.counters.as_ref()?)),
                ))
            });
            counted.collect()
        } else {
            // The exporter has no label for the virtual server, so what serves several is added up.
            let mut sums = std::collections::BTreeMap::new();
            for server in servers {
                let Some(labels) = address_and_protocol(&server.name) else {
                    continue;
                };
                for real in &server.real_servers {
                    if let Some(counters) = &real.counters {
                        let protocol = labels[1].1.clone();
                        *sums.entry((real.address.clone(), protocol)).or_insert(0_u64) += of(counters);
                    }
                }
            }
            let labelled =
                |((address, protocol), sum)| (vec![("addr", address), ("proto", protocol)], number(sum));
            sums.into_iter().map(labelled).collect()
        };
        families.push(family(name, Kind::OldCounter, help, samples));
    }
}

fn servers(families: &mut Vec<Family>, servers: &[VirtualServerStatus]) {
    let label = |server: &VirtualServerStatus| vec![("virtual_server", server.name.clone())];
    let each = |value: fn(&VirtualServerStatus) -> Value| {
        let samples = servers.iter().map(|server| (label(server), value(server)));
        samples.collect::<Vec<_>>()
    };
    let real = |value: fn(&RealServerStatus) -> Option<Value>| {
        let all = servers
            .iter()
            .flat_map(|server| server.real_servers.iter().map(move |real| (server, real)));
        all.filter_map(|(server, real)| {
            Some((with(label(server), "real_server", &real.address), value(real)?))
        })
        .collect::<Vec<_>>()
    };
    let checks = servers.iter().flat_map(|server| {
        let all = server
            .real_servers
            .iter()
            .flat_map(|real| real.checks.iter().map(move |check| (real, check)));
        all.enumerate().map(|(position, (real, check))| {
            let labels = with(label(server), "real_server", &real.address);
            let labels = with(with(labels, "check", &check.kind), "number", &position);
            (labels, number(u8::from(check.up)))
        })
    });
    families.extend([
        family(
            "keepalived_virtual_server_quorum_up",
            Kind::Gauge,
            "Whether a virtual server has its quorum",
            each(|one| number(u8::from(one.quorum_up))),
        ),
        family(
            "keepalived_virtual_server_weight",
            Kind::Gauge,
            "Weight of the servers that are alive",
            each(|one| number(one.weight)),
        ),
        family(
            "keepalived_virtual_server_sorry_active",
            Kind::Gauge,
            "Whether the sorry server serves",
            each(|one| {
                number(u8::from(
                    one.sorry_server.as_ref().is_some_and(|sorry| sorry.active),
                ))
            }),
        ),
        family(
            "keepalived_real_server_up",
            Kind::Gauge,
            "Whether a real server is well",
            real(|one| Some(number(u8::from(one.alive)))),
        ),
        family(
            "keepalived_real_server_drained",
            Kind::Gauge,
            "Whether an operator drains a real server",
            real(|one| Some(number(u8::from(one.drained)))),
        ),
        family(
            "keepalived_real_server_weight",
            Kind::Gauge,
            "Weight of a real server in IPVS",
            real(|one| one.weight_in_kernel.map(number)),
        ),
        family(
            "keepalived_real_server_active_connections",
            Kind::Gauge,
            "Connections that are established",
            real(|one| one.counters.as_ref().map(|all| number(all.active))),
        ),
        family(
            "keepalived_real_server_inactive_connections",
            Kind::Gauge,
            "Connections that are not established any more",
            real(|one| one.counters.as_ref().map(|all| number(all.inactive))),
        ),
        family(
            "keepalived_real_server_connections_total",
            Kind::Counter,
            "Connections to a real server",
            real(|one| one.counters.as_ref().map(|all| number(all.connections))),
        ),
        family(
            "keepalived_check_up",
            Kind::Gauge,
            "Whether a check passes",
            checks,
        ),
    ]);
}

fn lateness(name: &'static str, help: &'static str, lateness: &LatenessStatus) -> Family {
    let sample = |part, labels, value| Sample { part, labels, value };
    let classes = lateness.at_most_us.iter();
    let mut samples: Vec<_> = classes
        .map(|(limit, count)| sample("_bucket", vec![("le", decimal(*limit))], number(*count)))
        .collect();
    samples.push(sample(
        "_bucket",
        vec![("le", "+Inf".to_owned())],
        number(lateness.count),
    ));
    samples.push(sample("_sum", Vec::new(), Value::Micros(lateness.sum_us)));
    samples.push(sample("_count", Vec::new(), number(lateness.count)));
    Family {
        name,
        help,
        kind: Kind::Histogram,
        samples,
    }
}

/// Limits are written with a decimal point, which OpenMetrics asks for.
fn decimal(micros: u64) -> String {
    let text = seconds(micros);
    if text.contains('.') {
        text
    } else {
        format!("{text}.0")
    }
}

#[cfg(test)]
mod tests;
