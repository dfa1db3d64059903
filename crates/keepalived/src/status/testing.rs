//! A status to test with.

use super::document::{
    AddressStatus, AdjustmentStatus, CheckStatus, CountersStatus, Daemon, InstanceStatus, LatenessStatus,
    LvsStatus, PeerStatus, PriorityStatus, ProcessStatus, RealServerStatus, Status, TrackerStatus, VERSION,
    VirtualServerStatus, VrrpStatus,
};

/// A master and a virtual server with two servers, all well.
pub(crate) fn status() -> Status {
    Status {
        version: VERSION,
        daemon: Daemon {
            compatible_with: "2.4.3".to_owned(),
            release: "0.1.0".to_owned(),
            pid: 1,
            router_id: "lb1".to_owned(),
            started_at_us: 1_795_534_800_000_000,
            made_at_us: 1_795_534_900_000_000,
            configurations: 1,
            last_reload: None,
            maintenance_since_us: None,
            drained: Vec::new(),
        },
        processes: ["vrrp", "checker"]
            .map(|name| ProcessStatus {
                name: name.to_owned(),
                needed: true,
                running: true,
                answers: true,
                up_to_date: true,
                pid: Some(2),
                uptime_us: Some(100_000_000),
                restarts: 0,
                memory_bytes: Some(4_194_304),
            })
            .into(),
        vrrp: Some(VrrpStatus {
            instances: vec![instance()],
            groups: Vec::new(),
            trackers: vec![TrackerStatus {
                kind: "script".to_owned(),
                name: "chk".to_owned(),
                state: Some("up".to_owned()),
                result: Some("exit 0".to_owned()),
                activity: Some("idle".to_owned()),
                output: Some("1 of 2 answer\nthat is enough".to_owned()),
            }],
            lateness: LatenessStatus {
                count: 17,
                sum_us: 1_700,
                max_us: 250,
                at_most_us: vec![(100, 9), (1_000, 17)],
            },
        }),
        lvs: Some(LvsStatus {
            virtual_servers: vec![VirtualServerStatus {
                name: "[192.0.2.10]:tcp:80".to_owned(),
                quorum_up: true,
                quorum: 1,
                weight: 1,
                real_servers: vec![server("10.0.0.2:80", true), server("10.0.0.3:80", false)],
                counters: Some(CountersStatus {
                    connections: 14,
                    in_bytes: 1_000,
                    ..CountersStatus::default()
                }),
                ..VirtualServerStatus::default()
            }],
            counters_missing: None,
            lateness: LatenessStatus::default(),
        }),
    }
}

fn instance() -> InstanceStatus {
    InstanceStatus {
        name: "VI_1".to_owned(),
        state: "MASTER".to_owned(),
        wanted_state: "MASTER".to_owned(),
        since_us: Some(1_795_534_822_612_109),
        cause: Some("no advert heard for 3.6 s, noticed 0.1 ms after the deadline".to_owned()),
        interface: Some("eth0".to_owned()),
        vrid: 51,
        version: 2,
        priority: PriorityStatus {
            base: 100,
            adjustments: vec![AdjustmentStatus {
                kind: "script".to_owned(),
                name: "chk".to_owned(),
                change: 10,
                fault: false,
                awaited: false,
            }],
            total: 110,
            effective: 110,
        },
        peers: vec![PeerStatus {
            address: "192.0.2.2".to_owned(),
            configured: true,
            priority: Some(90),
            silent_us: Some(4_000_000),
            adverts: 3,
        }],
        addresses: vec![AddressStatus {
            address: "192.0.2.10/24".to_owned(),
            interface: Some("eth0".to_owned()),
            excluded: false,
            present: true,
        }],
        counters: [("advert_sent".to_owned(), 17), ("become_master".to_owned(), 1)].into(),
        garp_delay_us: 5_000_000,
        ..InstanceStatus::default()
    }
}

fn server(address: &str, alive: bool) -> RealServerStatus {
    RealServerStatus {
        address: address.to_owned(),
        alive,
        weight: 1,
        effective_weight: 1,
        weight_in_kernel: alive.then_some(1),
        checks: vec![CheckStatus {
            kind: "TCP_CHECK".to_owned(),
            up: alive,
            passed: Some(alive),
            reason: (!alive).then(|| "connection refused".to_owned()),
            age_us: Some(500_000),
            ..CheckStatus::default()
        }],
        counters: Some(CountersStatus {
            connections: 7,
            ..CountersStatus::default()
        }),
        ..RealServerStatus::default()
    }
}
