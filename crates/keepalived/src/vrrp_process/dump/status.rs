//! The part of the VRRP process in the status document.

use super::snapshot::{InstanceView, ScriptView, Snapshot};
use crate::control::Detail;
use crate::runtime::lateness::Lateness;
use crate::status::document::{
    AddressStatus, AdjustmentStatus, GroupStatus, InstanceStatus, MasterStatus, PeerStatus, PriorityStatus,
    TrackerStatus, TransitionStatus, VrrpStatus,
};
use model::{IfName, Micros, Prefix, Transport, VirtualAddress};
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use vrrp::{Adjustment, Effect, ScriptResult, State, Stats, Tracker, Transition};

/// What the kernel has: addresses by the interface.
type Present<'a> = HashSet<(&'a str, IpAddr)>;

/// The document.
pub(super) fn document(snapshot: &Snapshot, lateness: &Lateness, detail: Detail) -> VrrpStatus {
    let present = snapshot
        .interfaces
        .0
        .iter()
        .flat_map(|interface| {
            let addresses = interface.addresses.iter();
            addresses.map(|address| (interface.name.as_str(), address.prefix.address))
        })
        .collect();
    let groups = snapshot.groups.iter().map(|group| GroupStatus {
        name: group.config.name.clone(),
        state: group.state.to_string(),
        members: group.config.members.clone(),
    });
    VrrpStatus {
        instances: snapshot
            .instances
            .iter()
            .map(|instance| one(instance, snapshot, &present, detail))
            .collect(),
        groups: groups.collect(),
        trackers: trackers(snapshot),
        lateness: lateness.status(),
    }
}

fn one(
    instance: &InstanceView,
    snapshot: &Snapshot,
    present: &Present<'_>,
    detail: Detail,
) -> InstanceStatus {
    let (config, now) = (&instance.config, snapshot.now.time);
    let master = instance
        .master
        .filter(|_| instance.state == State::Backup)
        .map(|master| MasterStatus {
            address: master.address.to_string(),
            priority: master.priority,
            silent_us: now.since(instance.heard_at).0,
            advert_interval_us: instance.master_advert_int.0,
        });
    let left = |until: model::Time| until.since(now);
    let hold = instance.preempts_at.map(left).filter(|left| !left.is_zero());
    InstanceStatus {
        name: config.name.clone(),
        state: instance.state.to_string(),
        wanted_state: instance.wanted.to_string(),
        since_us: instance.entered.map(|entered| entered.wall.0),
        cause: instance
            .history
            .last()
            .map(|transition| transition.cause.to_string()),
        faults: instance.faults.iter().map(ToString::to_string).collect(),
        waits_for_scripts: instance.waits_for_scripts,
        group: instance.group.as_deref().map(str::to_owned),
        interface: instance.interface.as_ref().map(ToString::to_string),
        vrid: config.vrid.value(),
        version: config.version.number(),
        priority: PriorityStatus {
            base: config.priority.value(),
            adjustments: instance.adjustments.iter().map(adjustment).collect(),
            total: instance.total_priority,
            effective: instance.effective_priority,
        },
        source: instance.source.map(|source| source.to_string()),
        advert_interval_us: config.advert_int.0,
        master_down_interval_us: instance.master_down.0,
        master,
        hold_us: hold.map(|Micros(left)| left),
        peers: peers(instance, now),
        addresses: addresses(instance, present),
        counters: counters(&instance.stats),
        garp_delay_us: config.garp.master_delay.0,
        transitions: (detail == Detail::Past).then(|| instance.history.iter().map(transition).collect()),
    }
}

fn transition(transition: &Transition) -> TransitionStatus {
    TransitionStatus {
        at_us: transition.at.wall.0,
        from: transition.from.to_string(),
        to: transition.to.to_string(),
        cause: transition.cause.to_string(),
    }
}

fn adjustment(adjustment: &Adjustment) -> AdjustmentStatus {
    let (kind, name) = match &adjustment.tracker {
        Tracker::Interface(name) => ("interface", name.as_str()),
        Tracker::Script(name) => ("script", &**name),
        Tracker::File(name) => ("file", &**name),
        Tracker::Process(name) => ("process", &**name),
        Tracker::Bfd(name) => ("bfd", &**name),
    };
    AdjustmentStatus {
        kind: kind.to_owned(),
        name: name.to_owned(),
        change: match adjustment.effect {
            Effect::Priority(change) => change,
            Effect::Fault | Effect::Unknown => 0,
        },
        fault: adjustment.effect == Effect::Fault,
        awaited: adjustment.effect == Effect::Unknown,
    }
}

/// Those that are configured, heard or not, and then whoever else was heard.
fn peers(instance: &InstanceView, now: model::Time) -> Vec<PeerStatus> {
    let configured: Vec<_> = match &instance.config.transport {
        Transport::Unicast { peers, .. } => peers.iter().map(|peer| peer.address).collect(),
        Transport::Multicast { .. } => Vec::new(),
    };
    let heard = instance.peers.iter().map(|peer| peer.sender.address);
    let others = heard.filter(|address| !configured.contains(address));
    let all: Vec<_> = configured.iter().copied().chain(others).collect();
    all.into_iter()
        .map(|address| {
            let heard = instance.peers.iter().find(|peer| peer.sender.address == address);
            PeerStatus {
                address: address.to_string(),
                configured: configured.contains(&address),
                priority: heard.map(|peer| peer.sender.priority),
                silent_us: heard.map(|peer| now.since(peer.heard_at).0),
                adverts: heard.map_or(0, |peer| peer.adverts),
            }
        })
        .collect()
}

fn addresses(instance: &InstanceView, present: &Present<'_>) -> Vec<AddressStatus> {
    let config = &instance.config;
    let all = config
        .virtual_addresses
        .iter()
        .map(|address| (address, false))
        .chain(config.excluded_addresses.iter().map(|address| (address, true)));
    all.enumerate()
        .map(|(position, (address, excluded))| {
            let interface = instance.interface_of(position, address);
            let VirtualAddress { prefix, .. } = address;
            AddressStatus {
                address: shown(*prefix),
                interface: interface.map(ToString::to_string),
                excluded,
                present: interface.is_some_and(|interface: &IfName| {
                    present.contains(&(interface.as_str(), prefix.address))
                }),
            }
        })
        .collect()
}

fn shown(prefix: Prefix) -> String {
    format!("{}/{}", prefix.address, prefix.len)
}

fn trackers(snapshot: &Snapshot) -> Vec<TrackerStatus> {
    let word = |up: bool| if up { "up" } else { "down" }.to_owned();
    let configuration = &snapshot.configuration;
    let files = configuration.track_files.iter().zip(&snapshot.files);
    let processes = configuration.track_processes.iter().zip(&snapshot.processes);
    let files = files.map(|(file, value)| TrackerStatus {
        kind: "file".to_owned(),
        name: file.name.clone(),
        state: None,
        result: Some(value.to_string()),
        activity: None,
        output: None,
    });
    let processes = processes.map(|(process, (count, quorum))| TrackerStatus {
        kind: "process".to_owned(),
        name: process.name.clone(),
        state: Some(word(*quorum)),
        result: Some(count.to_string()),
        activity: None,
        output: None,
    });
    let bfds = snapshot.bfds.iter().map(|(name, up)| TrackerStatus {
        kind: "bfd".to_owned(),
        name: name.clone(),
        state: Some(word(*up)),
        result: None,
        activity: None,
        output: None,
    });
    let scripts = snapshot.scripts.iter().map(script);
    scripts.chain(files).chain(processes).chain(bfds).collect()
}

fn script(script: &ScriptView) -> TrackerStatus {
    let state = match (script.is_good, script.init_state) {
        (_, "INIT") => "unknown",
        (true, _) => "up",
        (false, _) => "down",
    };
    let result = script.last.map(|result| match result {
        ScriptResult::Exited(status) => format!("exit {status}"),
        ScriptResult::Signalled(signal) => format!("signal {signal}"),
    });
    TrackerStatus {
        kind: "script".to_owned(),
        name: script.config.name.clone(),
        state: Some(state.to_owned()),
        result,
        activity: Some(script.run_state.to_owned()),
        output: script.output.as_deref().map(str::to_owned),
    }
}

/// The counters by the names of `keepalived.json`, and those that it does not have.
fn counters(stats: &Stats) -> BTreeMap<String, u64> {
    [
        ("advert_rcvd", stats.advert_rcvd),
        ("advert_sent", stats.advert_sent),
        ("become_master", stats.become_master),
        ("release_master", stats.release_master),
        ("packet_len_err", stats.packet_len_err),
        ("advert_interval_err", stats.advert_interval_err),
        ("ip_ttl_err", stats.ip_ttl_err),
        ("invalid_type_rcvd", stats.invalid_type_rcvd),
        ("addr_list_err", stats.addr_list_err),
        ("invalid_authtype", stats.invalid_authtype),
        ("authtype_mismatch", stats.authtype_mismatch),
        ("auth_failure", stats.auth_failure),
        ("auth_ext_missing", stats.auth_ext_missing),
        ("auth_ext_malformed", stats.auth_ext_malformed),
        ("auth_ext_unknown_key", stats.auth_ext_unknown_key),
        ("auth_ext_invalid_hmac", stats.auth_ext_invalid_hmac),
        ("auth_ext_stale", stats.auth_ext_stale),
        ("auth_ext_replay", stats.auth_ext_replay),
        ("pri_zero_rcvd", stats.pri_zero_rcvd),
        ("pri_zero_sent", stats.pri_zero_sent),
        ("vers_err", stats.vers_err),
        ("chk_err", stats.chk_err),
        ("unknown_peer", stats.unknown_peer),
        ("owner_ignored", stats.owner_ignored),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
