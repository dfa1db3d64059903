//! One node: the core, its clock, its kernel.

use super::network::{Packet, PacketId};
use super::scenario::{Scenario, interface_index};
use model::interface::InterfaceAddress;
use model::{IfIndex, Micros, Prefix, Route, Time, VrrpConfiguration, VrrpGlobals};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use vrrp::{
    Datagram, Detail, Input, Listen, Now, Object, Outbox, Outcome, Presence, Reading, Received, Release,
    Router, Setup, SocketChange, SocketId, SocketKey, WallTime, Want,
};

/// Local time at which every clock begins, and the wall clock then.
const EPOCH: u64 = 1_000_000_000;
const WALL: u64 = 1_795_533_458_000_000;

/// A router and what is around it.
pub(super) struct Node {
    pub(super) router: Option<Router>,
    pub(super) out: Outbox,
    pub(super) configuration: VrrpConfiguration,
    /// Counts the starts: confirmations of a former life are void.
    pub(super) life: u32,
    /// Parts per million.
    drift: i64,
    wall_offset: u64,
    pub(super) sockets: BTreeMap<SocketId, SocketKey>,
    /// Links as the hardware has them.
    pub(super) links: Vec<bool>,
    /// Virtual addresses in the kernel.
    pub(super) addresses: BTreeSet<(IfIndex, IpAddr)>,
    /// Changes that the kernel has not made yet.
    pub(super) wanted: VecDeque<Want>,
    /// Value of the tracked file.
    pub(super) tracked: i32,
    /// Not scheduled until then.
    pub(super) stalled_until: Option<u64>,
    /// Time for which a wake-up is in the queue.
    pub(super) wake_at: Option<u64>,
    /// Packets that arrived during a stall.
    pub(super) backlog: VecDeque<PacketId>,
    /// When the kernel is done with everything that it was asked for.
    pub(super) kernel_busy_until: u64,
}

impl Node {
    pub(super) fn new(scenario: &Scenario, number: usize) -> Self {
        let (drift, wall_offset) = scenario.clocks[number];
        Self {
            router: None,
            out: Outbox::new(Detail::Off),
            configuration: scenario.configuration(number),
            life: 0,
            drift,
            wall_offset,
            sockets: BTreeMap::new(),
            links: vec![true; scenario.segments.len()],
            addresses: BTreeSet::new(),
            wanted: VecDeque::new(),
            tracked: 0,
            stalled_until: None,
            wake_at: None,
            backlog: VecDeque::new(),
            kernel_busy_until: 0,
        }
    }

    /// Starts the daemon. Addresses that are there already are those of a life before.
    pub(super) fn start(&mut self, scenario: &Scenario, number: usize, now: u64) {
        let mut interfaces = scenario.interfaces(number);
        for (segment, interface) in interfaces.0.iter_mut().enumerate() {
            interface.running = self.links[segment];
        }
        for (index, address) in &self.addresses {
            let len = model::Family::of(*address).bits();
            let address = InterfaceAddress {
                protocol: Route::PROTOCOL,
                ..InterfaceAddress::new(Prefix {
                    address: *address,
                    len,
                })
            };
            let interface = interfaces
                .0
                .iter_mut()
                .find(|interface| interface.index == *index);
            interface
                .expect("addresses are on interfaces")
                .addresses
                .push(address);
        }
        self.life += 1;
        self.sockets.clear();
        self.wanted.clear();
        self.out.clear();
        let setup = Setup {
            configuration: self.configuration.clone(),
            globals: VrrpGlobals::default(),
            interfaces,
            startup_delay: Micros::ZERO,
            readings: &[Reading::File("f", self.tracked)],
        };
        let local = self.local(now);
        self.router = Some(Router::new(local, setup, &mut self.out));
    }

    /// The power fails, or a stopped daemon has ended.
    pub(super) fn end(&mut self) {
        self.router = None;
        self.sockets.clear();
        self.wanted.clear();
        self.stalled_until = None;
        self.wake_at = None;
    }

    pub(super) fn input(&mut self, now: u64, input: Input<'_>) {
        let local = self.local(now);
        if let Some(router) = &mut self.router {
            router.handle(local, input, &mut self.out);
        }
    }

    pub(super) fn reload(&mut self, now: u64) {
        let local = self.local(now);
        if let Some(router) = &mut self.router {
            router.apply(
                local,
                self.configuration.clone(),
                VrrpGlobals::default(),
                &mut self.out,
            );
        }
    }

    pub(super) fn stop(&mut self, now: u64) {
        self.input(now, Input::Stop(Release::Everything));
    }

    /// The interface of a segment changed.
    pub(super) fn link_changed(&mut self, scenario: &Scenario, number: usize, segment: usize, now: u64) {
        let mut interface = scenario.interfaces(number).0.remove(segment);
        interface.running = self.links[segment];
        self.input(now, Input::InterfaceChanged(&interface));
    }

    /// The kernel makes the oldest change, tells of it, and confirms.
    pub(super) fn carry_out(&mut self, now: u64) {
        let Some(want) = self.wanted.pop_front() else {
            return;
        };
        for change in &want.changes {
            let Object::Address(placed) = &*change.object else {
                continue;
            };
            let (index, ip) = (placed.index, placed.ip());
            match change.presence {
                Presence::Present => {
                    if self.addresses.insert((index, ip)) {
                        let address = InterfaceAddress {
                            protocol: Route::PROTOCOL,
                            ..InterfaceAddress::new(placed.address.prefix)
                        };
                        self.input(
                            now,
                            Input::AddressAdded {
                                interface: index,
                                address,
                            },
                        );
                    }
                }
                Presence::Absent => {
                    if self.addresses.remove(&(index, ip)) {
                        self.input(
                            now,
                            Input::AddressRemoved {
                                interface: index,
                                address: ip,
                            },
                        );
                    }
                }
            }
        }
        self.input(now, Input::Confirmed(want.ticket, Outcome::Applied));
    }

    /// Opens and closes sockets; gives the wants to the kernel. Says how many there are new.
    pub(super) fn settle(&mut self) -> usize {
        for change in self.out.sockets.drain(..) {
            match change {
                SocketChange::Open(id, key) => {
                    self.sockets.insert(id, key);
                }
                SocketChange::Close(id) => {
                    self.sockets.remove(&id);
                }
            }
        }
        let new = self.out.wants.len();
        self.wanted.extend(self.out.wants.drain(..));
        new
    }

    /// The sockets that hear a packet.
    pub(super) fn listeners(&self, packet: &Packet) -> impl Iterator<Item = SocketId> + use<'_> {
        let (segment, destination, protocol) = (packet.segment, packet.destination, packet.protocol);
        let hears = move |key: &SocketKey| {
            let listens = match key.listen {
                Listen::Multicast { group } => group == destination,
                Listen::Unicast { source } => source == destination,
            };
            listens && key.protocol == protocol && key.interface == Some(interface_index(segment))
        };
        self.sockets
            .iter()
            .filter(move |(_, key)| hears(key))
            .map(|(id, _)| *id)
    }

    /// A packet arrives.
    pub(super) fn hear(&mut self, now: u64, packet: &Packet) {
        let mut listeners = [None; 2];
        for (slot, id) in listeners.iter_mut().zip(self.listeners(packet)) {
            *slot = Some(id);
        }
        for socket in listeners.into_iter().flatten() {
            let received = match (packet.source, packet.destination) {
                (IpAddr::V6(source), IpAddr::V6(destination)) => Received::Ipv6 {
                    source,
                    destination,
                    hop_limit: 255,
                    payload: &packet.bytes,
                },
                _ => Received::Ipv4(&packet.bytes),
            };
            self.input(
                now,
                Input::AdvertReceived(Datagram {
                    socket,
                    packet: received,
                }),
            );
        }
    }

    /// World time at which this node has to be woken.
    pub(super) fn deadline(&self) -> Option<u64> {
        let local = self.router.as_ref()?.deadline()?;
        Some(self.world(local))
    }

    pub(super) fn local(&self, world: u64) -> Now {
        let drifted = scale(world, self.drift);
        Now {
            time: Time(EPOCH + drifted),
            wall: WallTime(WALL + self.wall_offset + drifted),
        }
    }

    /// The first world time at which the local clock shows at least this.
    fn world(&self, local: Time) -> u64 {
        let drifted = local.0.saturating_sub(EPOCH);
        let mut world = scale(drifted, -self.drift);
        while scale(world, self.drift) < drifted {
            world += 1;
        }
        world
    }
}

/// A time that runs by so many parts per million faster.
fn scale(time: u64, drift: i64) -> u64 {
    let change = i128::from(time) * i128::from(drift) / 1_000_000;
    u64::try_from(i128::from(time) + change).expect("a drift is small")
}
