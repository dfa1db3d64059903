//! What a seed stands for: routers, their configuration, the network, and what goes wrong when.

use super::network::Segment;
use super::rng::Rng;
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{
    AntiReplay, AuthHmac, AuthHmacMode, Authentication, Family, HmacKey, IfIndex, IfName, InitialState,
    Instance, MacAddr, Micros, Notifications, Peer, Prefix, Priority, Secret, Sense, SyncGroup, TrackEntry,
    TrackFile, Tracking, Transport, UnicastChecksum, Version, VirtualAddress, Vrid, VrrpConfiguration,
    Weight,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A second in microseconds.
pub(super) const SECOND: u64 = 1_000_000;

/// One virtual router, as all nodes agree on it.
#[derive(Clone, Debug)]
pub(super) struct VirtualRouter {
    pub(super) name: String,
    pub(super) vrid: u8,
    pub(super) segment: usize,
    pub(super) family: Family,
    pub(super) version: Version,
    pub(super) interval: Micros,
    pub(super) nopreempt: bool,
    pub(super) preempt_delay: Micros,
    pub(super) unicast: bool,
    pub(super) authentication: Authentication,
    /// Configured priority on each node.
    pub(super) priorities: Vec<u8>,
}

impl VirtualRouter {
    /// The longest master-down interval that any node has.
    pub(super) fn longest_down_timer(&self) -> u64 {
        let unit = if self.version == Version::V2 {
            SECOND
        } else {
            self.interval.0
        };
        3 * self.interval.0 + unit
    }

    /// Adverts until all but one of several masters have given up. With AH they may take each other's adverts for
    /// replays, and settle it one by one.
    pub(super) fn rounds(&self, nodes: usize) -> u64 {
        match self.authentication {
            Authentication::Ah(_) => nodes as u64,
            _ => 1,
        }
    }

    pub(super) fn address(&self) -> IpAddr {
        match self.family {
            Family::Ipv4 => Ipv4Addr::new(10, 9, 0, self.vrid).into(),
            Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 9, self.vrid.into()).into(),
        }
    }
}

/// Something that goes wrong, or that somebody does.
#[derive(Clone, Debug)]
pub(super) enum Disturbance {
    /// A segment falls apart, or together: the side of each node.
    Partition { segment: usize, sides: Vec<u8> },
    /// A segment loses and duplicates packets for a while; percent, microseconds.
    Noise {
        segment: usize,
        loss: u64,
        duplication: u64,
        lasting: u64,
    },
    /// The interface of a node on a segment goes down or up.
    Link { node: usize, segment: usize, up: bool },
    /// A node is not scheduled for a while.
    Stall { node: usize, lasting: u64 },
    /// The power fails.
    Crash { node: usize },
    /// The process dies and is started anew at once; its addresses are still there.
    Respawn { node: usize },
    /// The daemon is stopped in an orderly way.
    Stop { node: usize },
    /// A node that is down is started.
    Start { node: usize },
    /// The configuration is read again; nothing changed.
    Reload { node: usize },
    /// The configuration is read again with another priority of one router.
    ChangePriority {
        node: usize,
        router: usize,
        priority: u8,
    },
    /// A tracked file changes the priority of all routers of a node, or takes them to FAULT.
    Track { node: usize, value: i32 },
    /// Somebody removes the virtual address of a router from a node.
    TakeAddress { node: usize, router: usize },
}

/// Everything that a seed stands for.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(super) seed: u64,
    pub(super) rng: Rng,
    pub(super) nodes: usize,
    pub(super) segments: Vec<Segment>,
    pub(super) routers: Vec<VirtualRouter>,
    /// All routers are in one sync group.
    pub(super) grouped: bool,
    /// Drift of each clock in parts per million, and offset of each wall clock in microseconds.
    pub(super) clocks: Vec<(i64, u64)>,
    /// Most time that a kernel takes for a change, in microseconds.
    pub(super) kernel_delay: u64,
    /// What goes wrong, with the time in microseconds.
    pub(super) disturbances: Vec<(u64, Disturbance)>,
    /// How long all this takes, in microseconds.
    pub(super) duration: u64,
}

impl Scenario {
    /// The scenario of a seed.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "all its numbers are small")]
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let nodes = usize::try_from(rng.pick(&[2, 2, 2, 3, 3, 4, 5, 8])).expect("a small number");
        let grouped = rng.chance(35);
        let segments = if grouped { 2 } else { 1 };
        let routers = routers(&mut rng, nodes, grouped);
        let longest = routers
            .iter()
            .map(VirtualRouter::longest_down_timer)
            .max()
            .unwrap_or(SECOND);
        let shortest = routers
            .iter()
            .map(|router| router.interval.0)
            .min()
            .unwrap_or(SECOND);
        let most = rng.between(100, shortest / 10);
        let segment = Segment {
            delay: (50, most),
            loss: 0,
            duplication: 0,
            sides: vec![0; nodes],
        };
        let clocks = (0..nodes)
            .map(|_| {
                let drift = i64::try_from(rng.between(0, 400)).unwrap_or_default() - 200;
                (drift, rng.between(0, SECOND))
            })
            .collect();
        let mut scenario = Self {
            seed,
            nodes,
            segments: vec![segment; segments],
            routers,
            grouped,
            clocks,
            kernel_delay: rng.between(20, shortest / 4),
            disturbances: Vec::new(),
            duration: 0,
            rng,
        };
        scenario.disturb(longest);
        scenario
    }

    /// Time without disturbance after which everything has settled.
    pub(super) fn convergence_bound(&self) -> u64 {
        let router = |router: &VirtualRouter| {
            // A group may have to wait for the wish of each member.
            let rounds = if self.grouped { 4 } else { 2 };
            let settling = router.rounds(self.nodes) * router.interval.0;
            router.preempt_delay.0 + rounds * router.longest_down_timer() + settling
        };
        let network = self
            .segments
            .iter()
            .map(|segment| segment.delay.1)
            .max()
            .unwrap_or_default();
        self.routers.iter().map(router).max().unwrap_or_default() + 4 * (network + self.kernel_delay)
    }

    /// The configuration of a node.
    pub(super) fn configuration(&self, node: usize) -> VrrpConfiguration {
        let instances: Vec<_> = self
            .routers
            .iter()
            .map(|router| self.instance(router, node))
            .collect();
        let members = instances.iter().map(|instance| instance.name.clone()).collect();
        let group = SyncGroup {
            name: "G".to_owned(),
            members,
            tracking_weight: true,
            tracking: Tracking::default(),
            notifications: Notifications::default(),
        };
        VrrpConfiguration {
            sync_groups: if self.grouped { vec![group] } else { Vec::new() },
            track_files: vec![TrackFile {
                name: "f".to_owned(),
                file: "/run/f".to_owned(),
                weight: Weight(1),
                sense: Sense::Normal,
                init: None,
            }],
            instances,
            ..VrrpConfiguration::default()
        }
    }

    fn instance(&self, router: &VirtualRouter, node: usize) -> Instance {
        let vrid = Vrid::try_from(router.vrid).expect("VRIDs begin at 1");
        let mut instance = Instance::new(&router.name, router.family, vrid);
        instance.interface = Some(interface_name(router.segment));
        instance.version = router.version;
        instance.advert_int = router.interval;
        instance.nopreempt = router.nopreempt;
        instance.preempt_delay = router.preempt_delay;
        instance.priority = Priority::try_from(router.priorities[node]).expect("priorities begin at 1");
        if instance.priority.is_owner() {
            instance.initial_state = InitialState::Master;
            (instance.nopreempt, instance.preempt_delay) = (false, Micros::ZERO);
        }
        instance.authentication = router.authentication.clone();
        if router.unicast {
            let peer = |other| Peer {
                address: node_address(router.family, router.segment, other),
                min_ttl: 0,
                max_ttl: 255,
            };
            instance.transport = Transport::Unicast {
                peers: (0..self.nodes).filter(|other| *other != node).map(peer).collect(),
                check_source: true,
                ttl: None,
                checksum: UnicastChecksum::Detect,
                old_checksum_group: Ipv4Addr::new(224, 0, 0, 18).into(),
            };
            instance.source = Some(node_address(router.family, router.segment, node));
        }
        let len = router.family.bits();
        instance.virtual_addresses = vec![VirtualAddress::new(Prefix {
            address: router.address(),
            len,
        })];
        instance.tracking.files = vec![TrackEntry {
            target: "f".to_owned(),
            weight: Weight(1),
            sense: Sense::Normal,
        }];
        instance
    }

    /// The interfaces of a node, all up and without virtual addresses.
    pub(super) fn interfaces(&self, node: usize) -> Interfaces {
        let interface = |segment: usize| {
            let octet = u8::try_from(node).expect("few nodes") + 1;
            let mac = MacAddr([2, 0, 0, 0, u8::try_from(segment).expect("few segments"), octet]);
            let mut interface = Interface::ethernet(interface_index(segment), interface_name(segment), mac);
            interface.addresses = [Family::Ipv4, Family::Ipv6]
                .map(|family| Prefix {
                    address: node_address(family, segment, node),
                    len: 16,
                })
                .map(InterfaceAddress::new)
                .to_vec();
            interface
        };
        Interfaces((0..self.segments.len()).map(interface).collect())
    }

    /// Decides what goes wrong: first a little of everything, now and then several things in short order, and enough
    /// calm in between for everything to settle most of the time.
    fn disturb(&mut self, longest: u64) {
        let bound = self.convergence_bound();
        let count = self.rng.between(20, 40);
        let mut time = bound + self.rng.between(0, longest);
        let mut down = vec![false; self.nodes];
        let mut links = vec![vec![true; self.nodes]; self.segments.len()];
        for _ in 0..count {
            for disturbance in self.pick(longest, &mut down, &mut links) {
                self.disturbances.push((time, disturbance));
            }
            time += if self.rng.chance(30) {
                self.rng.between(1_000, longest)
            } else {
                bound + self.rng.between(longest, 4 * longest)
            };
        }
        self.duration = time + 2 * bound;
    }

    fn pick(&mut self, longest: u64, down: &mut [bool], links: &mut [Vec<bool>]) -> Vec<Disturbance> {
        let rng = &mut self.rng;
        let node = rng.position(self.nodes);
        let segment = rng.position(self.segments.len());
        let router = rng.position(self.routers.len());
        if down[node] {
            down[node] = false;
            for links in links.iter_mut() {
                links[node] = true;
            }
            return vec![Disturbance::Start { node }];
        }
        vec![match rng.between(0, 12) {
            0 | 1 => {
                let sides = (0..self.nodes).map(|_| rng.pick(&[0, 1])).collect();
                Disturbance::Partition { segment, sides }
            }
            2 => Disturbance::Partition {
                segment,
                sides: vec![0; self.nodes],
            },
            3 => Disturbance::Noise {
                segment,
                loss: rng.between(1, 60),
                duplication: rng.between(0, 20),
                lasting: rng.between(longest / 2, 3 * longest),
            },
            4 | 5 => {
                let up = &mut links[segment][node];
                *up = !*up;
                Disturbance::Link {
                    node,
                    segment,
                    up: *up,
                }
            }
            6 => Disturbance::Stall {
                node,
                lasting: rng.between(longest / 20, 2 * longest),
            },
            7 => {
                down[node] = true;
                Disturbance::Crash { node }
            }
            8 => Disturbance::Respawn { node },
            9 => {
                down[node] = true;
                Disturbance::Stop { node }
            }
            10 if rng.chance(50) => Disturbance::Reload { node },
            10 => {
                let mut priority = u8::try_from(rng.between(1, 254)).unwrap_or(1);
                if self.grouped || self.routers[router].priorities.contains(&255) {
                    priority = self.routers[router].priorities[node];
                }
                Disturbance::ChangePriority {
                    node,
                    router,
                    priority,
                }
            }
            11 => Disturbance::Track {
                node,
                value: if rng.chance(30) {
                    -300
                } else {
                    rng.pick(&[0, 0, 20, -20])
                },
            },
            _ => Disturbance::TakeAddress { node, router },
        }]
    }
}

fn routers(rng: &mut Rng, nodes: usize, grouped: bool) -> Vec<VirtualRouter> {
    let count = if grouped { 2 } else { rng.between(1, 2) };
    let nopreempt = rng.chance(30);
    let version = if rng.chance(60) { Version::V3 } else { Version::V2 };
    let interval = match version {
        Version::V2 => Micros::from_secs(rng.pick(&[1, 1, 2, 5])),
        Version::V3 => Micros::from_millis(rng.pick(&[100, 500, 1_000, 1_000, 3_000])),
    };
    let priorities: Vec<u8> = (0..nodes)
        .map(|_| {
            let priority = u8::try_from(rng.between(20, 200)).unwrap_or(100);
            if rng.chance(20) { 100 } else { priority }
        })
        .collect();
    (0..count)
        .map(|number| {
            let number = usize::try_from(number).expect("few routers");
            let mut priorities = priorities.clone();
            if !grouped && rng.chance(50) {
                priorities.rotate_left(1);
            }
            if !grouped && !nopreempt && rng.chance(15) {
                priorities[0] = 255;
            }
            let family = if version == Version::V3 && rng.chance(30) {
                Family::Ipv6
            } else {
                Family::Ipv4
            };
            VirtualRouter {
                name: format!("V{number}"),
                vrid: 50 + u8::try_from(number).expect("few routers"),
                segment: if grouped { number } else { 0 },
                family,
                version,
                interval,
                nopreempt,
                preempt_delay: if !nopreempt && rng.chance(20) {
                    interval * rng.between(1, 6)
                } else {
                    Micros::ZERO
                },
                unicast: rng.chance(25),
                authentication: authentication(rng, version),
                priorities,
            }
        })
        .collect()
}

fn authentication(rng: &mut Rng, version: Version) -> Authentication {
    match (version, rng.between(0, 5)) {
        (Version::V2, 0) => Authentication::Password(Secret::new(b"password".to_vec())),
        (Version::V2, 1) => Authentication::Ah(Secret::new(b"password".to_vec())),
        (_, 2) => Authentication::Hmac(AuthHmac {
            keys: vec![HmacKey {
                id: 1,
                value: Secret::new(vec![7; 32]),
            }],
            active_key: 1,
            anti_replay: AntiReplay::Time {
                window: Micros::from_secs(300),
            },
            mode: AuthHmacMode::Enforce,
        }),
        _ => Authentication::None,
    }
}

pub(super) fn interface_index(segment: usize) -> IfIndex {
    IfIndex::new(u32::try_from(segment).expect("few segments") + 2).expect("it is at least 2")
}

pub(super) fn interface_name(segment: usize) -> IfName {
    IfName::new(&format!("eth{segment}")).expect("a short name")
}

/// The address of a node on a segment.
pub(super) fn node_address(family: Family, segment: usize, node: usize) -> IpAddr {
    let node = u8::try_from(node).expect("few nodes") + 1;
    let segment = u8::try_from(segment).expect("few segments");
    match family {
        Family::Ipv4 => Ipv4Addr::new(10, 0, segment, node).into(),
        Family::Ipv6 => Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, segment.into(), node.into()).into(),
    }
}
