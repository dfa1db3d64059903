//! The order of things: one queue of events for all nodes and the network.

use super::Summary;
use super::invariants::{Invariants, Violation};
use super::network::{PacketId, Packets};
use super::node::Node;
use super::rng::Rng;
use super::scenario::{Disturbance, Scenario, interface_index};
use model::Priority;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use vrrp::{Event as CoreEvent, Input, InstanceEvent, Protocol};

/// How late a timer may be, in microseconds.
const LATENESS: u64 = 300;
/// Packets that wait in the socket buffers of a node that is stalled.
const BACKLOG: usize = 128;

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A packet arrives.
    Arrival { node: usize, packet: PacketId },
    /// A timer passes.
    Wake { node: usize },
    /// The kernel is done with the oldest change.
    Kernel { node: usize, life: u32 },
    /// A stall is over.
    Resume { node: usize },
    /// Noise is over.
    Quiet { segment: usize },
    /// Something goes wrong.
    Disturb(usize),
    /// Everything should have settled.
    Check(u64),
}

pub(super) struct World<'t> {
    scenario: Scenario,
    rng: Rng,
    nodes: Vec<Node>,
    packets: Packets,
    queue: BinaryHeap<Reverse<(u64, u64, Event)>>,
    sequence: u64,
    now: u64,
    invariants: Invariants,
    summary: Summary,
    trace: Option<&'t mut dyn FnMut(&str)>,
}

impl<'t> World<'t> {
    pub(super) fn new(scenario: Scenario, trace: Option<&'t mut dyn FnMut(&str)>) -> Self {
        let nodes = (0..scenario.nodes)
            .map(|number| Node::new(&scenario, number))
            .collect();
        Self {
            rng: scenario.rng.clone(),
            nodes,
            packets: Packets::default(),
            queue: BinaryHeap::new(),
            sequence: 0,
            now: 0,
            invariants: Invariants::new(&scenario),
            summary: Summary::default(),
            trace,
            scenario,
        }
    }

    pub(super) fn run(mut self) -> Result<Summary, Box<Violation>> {
        let result = self.run_to_the_end();
        self.summary.simulated = self.now;
        match result {
            Ok(()) => Ok(self.summary),
            Err(what) => Err(Box::new(Violation {
                seed: self.scenario.seed,
                time: self.now,
                what,
            })),
        }
    }

    fn run_to_the_end(&mut self) -> Result<(), String> {
        if self.trace.is_some() {
            let routers = format!(
                "{:?}, bound {}",
                self.scenario.routers,
                self.scenario.convergence_bound()
            );
            self.say(|| routers);
        }
        for number in 0..self.nodes.len() {
            self.nodes[number].start(&self.scenario, number, 0);
            self.flush(number)?;
        }
        for position in 0..self.scenario.disturbances.len() {
            self.at(self.scenario.disturbances[position].0, Event::Disturb(position));
        }
        self.disturbed();
        while let Some(Reverse((time, _, event))) = self.queue.pop() {
            if time > self.scenario.duration {
                self.now = self.scenario.duration;
                break;
            }
            self.now = time;
            self.step(event)?;
        }
        Ok(())
    }

    fn step(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Arrival { node, packet } => self.arrival(node, packet),
            Event::Wake { node } => self.wake(node),
            Event::Kernel { node, life } => self.kernel(node, life),
            Event::Resume { node } => self.resume(node),
            Event::Quiet { segment } => {
                let segment = &mut self.scenario.segments[segment];
                (segment.loss, segment.duplication) = (0, 0);
                self.invariants.ends();
                self.disturbed();
                Ok(())
            }
            Event::Disturb(position) => {
                self.summary.disturbances += 1;
                let disturbance = self.scenario.disturbances[position].1.clone();
                self.say(|| format!("{disturbance:?}"));
                self.disturb(disturbance)
            }
            Event::Check(generation) => {
                self.invariants.addresses(self.now, &self.scenario, &self.nodes)?;
                if self.invariants.check(generation, &self.scenario, &self.nodes)? {
                    self.summary.converged += 1;
                    self.say(|| "settled".to_owned());
                }
                Ok(())
            }
        }
    }

    fn arrival(&mut self, number: usize, packet: PacketId) -> Result<(), String> {
        let node = &mut self.nodes[number];
        let segment = self.packets.get(packet).segment;
        if node.router.is_none() || !node.links[segment] {
            self.packets.done(packet);
            return Ok(());
        }
        if node.stalled_until.is_some() {
            if node.backlog.len() < BACKLOG {
                node.backlog.push_back(packet);
            } else {
                self.packets.done(packet);
            }
            return Ok(());
        }
        self.summary.delivered += 1;
        node.hear(self.now, self.packets.get(packet));
        self.packets.done(packet);
        self.flush(number)
    }

    fn wake(&mut self, number: usize) -> Result<(), String> {
        let node = &mut self.nodes[number];
        if node.wake_at != Some(self.now) || node.stalled_until.is_some() {
            return Ok(());
        }
        node.wake_at = None;
        node.input(self.now, Input::DeadlineReached);
        self.flush(number)
    }

    fn kernel(&mut self, number: usize, life: u32) -> Result<(), String> {
        let node = &mut self.nodes[number];
        if node.life != life || node.router.is_none() {
            return Ok(());
        }
        if let Some(until) = node.stalled_until {
            self.at(until + 1, Event::Kernel { node: number, life });
            return Ok(());
        }
        node.carry_out(self.now);
        self.flush(number)?;
        self.invariants.addresses(self.now, &self.scenario, &self.nodes)?;
        Invariants::kernel(&self.scenario, number, &self.nodes[number])?;
        let node = &mut self.nodes[number];
        if node.router.as_ref().is_some_and(vrrp::Router::is_stopped) {
            if !node.addresses.is_empty() {
                return Err(format!("node {number} has stopped and left {:?}", node.addresses));
            }
            node.end();
        }
        Ok(())
    }

    /// A node that was not scheduled goes on: with its timers or with what has arrived, who knows.
    fn resume(&mut self, number: usize) -> Result<(), String> {
        if self.nodes[number].stalled_until != Some(self.now) {
            return Ok(());
        }
        self.nodes[number].stalled_until = None;
        self.invariants.ends();
        self.disturbed();
        if self.rng.chance(50) {
            self.nodes[number].input(self.now, Input::DeadlineReached);
            self.flush(number)?;
        }
        while let Some(packet) = self.nodes[number].backlog.pop_front() {
            self.arrival(number, packet)?;
        }
        self.nodes[number].input(self.now, Input::DeadlineReached);
        self.nodes[number].wake_at = None;
        self.flush(number)
    }

    fn disturb(&mut self, disturbance: Disturbance) -> Result<(), String> {
        match disturbance {
            Disturbance::Partition { segment, sides } => {
                self.scenario.segments[segment].sides = sides;
            }
            Disturbance::Noise {
                segment,
                loss,
                duplication,
                lasting,
            } => {
                let noisy = &mut self.scenario.segments[segment];
                if noisy.loss == 0 {
                    (noisy.loss, noisy.duplication) = (loss, duplication);
                    self.invariants.begins();
                    self.at(self.now + lasting, Event::Quiet { segment });
                }
            }
            Disturbance::Stall { node, lasting } => {
                if self.nodes[node].stalled_until.is_none() && self.nodes[node].router.is_some() {
                    let until = self.now + lasting;
                    self.nodes[node].stalled_until = Some(until);
                    self.invariants.begins();
                    self.at(until, Event::Resume { node });
                }
            }
            other => {
                let number = other.node().expect("all others are about a node");
                if self.nodes[number].stalled_until.take().is_some() {
                    // Whatever happens to a node that is stalled wakes it up.
                    self.invariants.ends();
                    while let Some(packet) = self.nodes[number].backlog.pop_front() {
                        self.packets.done(packet);
                    }
                    let node = &mut self.nodes[number];
                    node.wake_at = None;
                    let (life, waiting) = (node.life, node.wanted.len() as u64);
                    for later in 1..=waiting {
                        self.at(self.now + later, Event::Kernel { node: number, life });
                    }
                }
                self.disturb_node(number, &other);
                self.disturbed();
                return self.flush(number);
            }
        }
        self.disturbed();
        Ok(())
    }

    fn disturb_node(&mut self, number: usize, disturbance: &Disturbance) {
        let (now, scenario) = (self.now, &self.scenario);
        let node = &mut self.nodes[number];
        match *disturbance {
            Disturbance::Link { segment, up, .. } => {
                node.links[segment] = up;
                node.link_changed(scenario, number, segment, now);
            }
            Disturbance::Crash { .. } => {
                node.end();
                node.addresses.clear();
            }
            Disturbance::Respawn { .. } => {
                if node.router.is_some() {
                    node.end();
                    node.start(scenario, number, now);
                }
            }
            Disturbance::Stop { .. } => node.stop(now),
            Disturbance::Start { .. } => {
                node.end();
                node.links.fill(true);
                node.start(scenario, number, now);
            }
            Disturbance::Reload { .. } => node.reload(now),
            Disturbance::ChangePriority { router, priority, .. } => {
                let instance = &mut node.configuration.instances[router];
                instance.priority = Priority::try_from(priority).unwrap_or_default();
                node.reload(now);
            }
            Disturbance::Track { value, .. } => {
                node.tracked = value;
                node.input(now, Input::FileRead { file: "f", value });
            }
            Disturbance::TakeAddress { router, .. } => {
                let router = &scenario.routers[router];
                let (interface, address) = (interface_index(router.segment), router.address());
                if node.addresses.remove(&(interface, address)) {
                    node.input(now, Input::AddressRemoved { interface, address });
                }
            }
            Disturbance::Partition { .. } | Disturbance::Noise { .. } | Disturbance::Stall { .. } => {}
        }
    }

    /// Works a node's outbox off, and looks whether all is well.
    fn flush(&mut self, number: usize) -> Result<(), String> {
        self.send(number);
        let node = &mut self.nodes[number];
        let new = node.settle();
        let life = node.life;
        for _ in 0..new {
            let takes = self.rng.between(10, self.scenario.kernel_delay);
            let node = &mut self.nodes[number];
            node.kernel_busy_until = node.kernel_busy_until.max(self.now) + takes;
            let done = node.kernel_busy_until;
            self.at(done, Event::Kernel { node: number, life });
        }
        let events = std::mem::take(&mut self.nodes[number].out.events);
        for event in &events {
            self.core_event(number, event)?;
        }
        self.nodes[number].out.events = events;
        self.nodes[number].out.clear();
        Invariants::group(number, &self.nodes[number])?;
        let node = &mut self.nodes[number];
        if let Some(deadline) = node.deadline()
            && node
                .wake_at
                .is_none_or(|at| at > deadline.max(self.now) + LATENESS)
        {
            let at = deadline.max(self.now) + self.rng.between(0, LATENESS);
            node.wake_at = Some(at);
            self.at(at, Event::Wake { node: number });
        }
        Ok(())
    }

    fn core_event(&mut self, number: usize, event: &CoreEvent) -> Result<(), String> {
        if event.is_logged() {
            self.say(|| format!("node {number}: {event}"));
        }
        let CoreEvent::Instance {
            id,
            event: InstanceEvent::Transition(_),
            ..
        } = event
        else {
            return Ok(());
        };
        self.summary.transitions += 1;
        let instance = self.nodes[number]
            .router
            .as_ref()
            .and_then(|router| router.instance(*id));
        match instance {
            Some(instance) => {
                self.invariants
                    .transition(self.now, &self.scenario, &self.nodes, number, instance)
            }
            None => Ok(()),
        }
    }

    /// Puts the adverts of a node on their way.
    fn send(&mut self, number: usize) {
        let out = std::mem::take(&mut self.nodes[number].out);
        for change in &out.sockets {
            if let vrrp::SocketChange::Open(id, key) = change {
                self.nodes[number].sockets.insert(*id, *key);
            }
        }
        for advert in &out.adverts {
            let key = self.nodes[number].sockets.get(&advert.socket);
            let segment = key
                .and_then(|key| key.interface)
                .map_or(0, |index| index.value() as usize - 2);
            let protocol = key.map_or(Protocol::Vrrp, |key| key.protocol);
            if !self.nodes[number].links[segment] {
                continue;
            }
            let packet = self.packets.add(advert, out.packet(advert), protocol, segment);
            for node in 0..self.nodes.len() {
                if node == number || !self.scenario.segments[segment].connects(number, node) {
                    continue;
                }
                let meant = advert.destination.is_multicast()
                    || advert.destination
                        == super::scenario::node_address(
                            model::Family::of(advert.destination),
                            segment,
                            node,
                        );
                if meant {
                    for delay in self.scenario.segments[segment].arrivals(&mut self.rng) {
                        self.packets.copy(packet);
                        self.at(self.now + delay, Event::Arrival { node, packet });
                    }
                }
            }
            self.packets.done(packet);
        }
        self.nodes[number].out = out;
    }

    /// Something went wrong just now, or stopped going wrong.
    fn disturbed(&mut self) {
        let check = self.invariants.disturbed(self.now);
        self.at(check, Event::Check(self.invariants.generation));
        let begun = self.invariants.addresses(self.now, &self.scenario, &self.nodes);
        begun.expect("an overlap that begins now has not lasted");
    }

    fn at(&mut self, time: u64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((time, self.sequence, event)));
    }

    fn say(&mut self, text: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            let (seconds, rest) = (self.now / 1_000_000, self.now % 1_000_000);
            trace(&format!("{seconds:>6}.{rest:06} {}", text()));
        }
    }
}

impl Disturbance {
    /// The node that it happens to.
    const fn node(&self) -> Option<usize> {
        match self {
            Self::Partition { .. } | Self::Noise { .. } => None,
            Self::Link { node, .. }
            | Self::Stall { node, .. }
            | Self::Crash { node }
            | Self::Respawn { node }
            | Self::Stop { node }
            | Self::Start { node }
            | Self::Reload { node }
            | Self::ChangePriority { node, .. }
            | Self::Track { node, .. }
            | Self::TakeAddress { node, .. } => Some(*node),
        }
    }
}
