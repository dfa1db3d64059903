//! What must hold, and since when things are calm enough to ask for it.

use super::node::Node;
use super::scenario::Scenario;
use super::scenario::interface_index;
use std::fmt;
use vrrp::{Cause, Instance, State};

/// A broken invariant.
#[derive(Debug)]
pub struct Violation {
    /// The seed of the scenario.
    pub seed: u64,
    /// Time since its start in microseconds.
    pub time: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} after {}.{:06} s: {} (`simulate --seed {} --trace` tells how it came to that)",
            self.seed,
            self.time / 1_000_000,
            self.time % 1_000_000,
            self.what,
            self.seed
        )
    }
}

/// Watches the world.
#[derive(Debug)]
pub(super) struct Invariants {
    bound: u64,
    /// How long two nodes may have an address.
    overlap_bound: Vec<u64>,
    /// Nothing has gone wrong since then.
    calm_since: u64,
    /// Stalls and noise that last.
    ongoing: u32,
    /// Counts disturbances, so that an old check is recognised.
    pub(super) generation: u64,
    /// Everything has settled and been checked; nothing may change any more.
    settled: bool,
    /// Since when each router's address is on two nodes of one side.
    overlap_since: Vec<Option<u64>>,
    /// Since when each node is master of each router.
    master_since: Vec<Vec<Option<u64>>>,
}

impl Invariants {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let network = scenario
            .segments
            .iter()
            .map(|segment| segment.delay.1)
            .max()
            .unwrap_or_default();
        let overlap = |router: &super::scenario::VirtualRouter| {
            // One advert, on its way and after it; the kernel may still have something else to do.
            router.rounds(scenario.nodes) * (router.interval.0 + 2 * network) + 8 * scenario.kernel_delay
        };
        Self {
            bound: scenario.convergence_bound(),
            overlap_bound: scenario.routers.iter().map(overlap).collect(),
            calm_since: 0,
            ongoing: 0,
            generation: 0,
            settled: false,
            overlap_since: vec![None; scenario.routers.len()],
            master_since: vec![vec![None; scenario.routers.len()]; scenario.nodes],
        }
    }

    /// Something goes wrong now. Gives the time at which to ask for convergence.
    pub(super) fn disturbed(&mut self, now: u64) -> u64 {
        self.calm_since = now;
        self.generation += 1;
        self.settled = false;
        // Who can hear whom may be another matter now.
        self.overlap_since.fill(None);
        now + self.bound
    }

    /// Something begins that lasts.
    pub(super) const fn begins(&mut self) {
        self.ongoing += 1;
    }

    /// It ends.
    pub(super) const fn ends(&mut self) {
        self.ongoing -= 1;
    }

    /// An instance changed its state.
    pub(super) fn transition(
        &mut self,
        now: u64,
        scenario: &Scenario,
        nodes: &[Node],
        number: usize,
        instance: &Instance,
    ) -> Result<(), String> {
        let Some(router) = position(scenario, instance) else {
            return Ok(());
        };
        let Some(transition) = instance.history().last() else {
            return Ok(());
        };
        let name = instance.name();
        self.master_since[number][router] = (transition.to == State::Master).then_some(now);
        if self.settled {
            return Err(format!(
                "node {number} takes {name} from {} to {} although nothing happened ({})",
                transition.from, transition.to, transition.cause
            ));
        }
        match &transition.cause {
            Cause::AdvertTimeout { .. } | Cause::Group { .. } if transition.to == State::Master => {
                self.takeover(now, scenario, nodes, number, router)
            }
            _ => Ok(()),
        }
    }

    /// Nobody takes over from a better master that can be heard.
    fn takeover(
        &self,
        now: u64,
        scenario: &Scenario,
        nodes: &[Node],
        number: usize,
        router: usize,
    ) -> Result<(), String> {
        let config = &scenario.routers[router];
        // One advert is enough to hold us back.
        let patience = self.overlap_bound[router] + config.interval.0 / 100;
        // AH: whoever has been up for longer takes the adverts of a router that was started anew for replays.
        let replays = matches!(config.authentication, model::Authentication::Ah(_));
        if replays || self.ongoing > 0 || now < self.calm_since + patience {
            return Ok(());
        }
        let ours = priority(&nodes[number], &config.name);
        for other in (0..nodes.len()).filter(|other| *other != number) {
            let steady = self.master_since[other][router].is_some_and(|since| now > since + patience);
            let theirs = priority(&nodes[other], &config.name);
            if steady
                && connected(scenario, nodes, config.segment, number, other)
                && (config.nopreempt || theirs >= ours)
            {
                return Err(format!(
                    "node {number} ({ours:?}) takes {} over from node {other} ({theirs:?}), which is steady",
                    config.name
                ));
            }
        }
        Ok(())
    }

    /// The members of a sync group are in one state.
    pub(super) fn group(number: usize, node: &Node) -> Result<(), String> {
        let Some(router) = &node.router else { return Ok(()) };
        for group in router.groups() {
            let states = group
                .members()
                .iter()
                .filter_map(|member| router.instance(*member));
            for member in states {
                if member.state() != group.state() && !router.is_stopped() && member.state() != State::Init {
                    return Err(format!(
                        "node {number}: {} is {} in a group that is {}",
                        member.name(),
                        member.state(),
                        group.state()
                    ));
                }
            }
        }
        Ok(())
    }

    /// No address is on two nodes for long.
    pub(super) fn addresses(&mut self, now: u64, scenario: &Scenario, nodes: &[Node]) -> Result<(), String> {
        for (router, config) in scenario.routers.iter().enumerate() {
            let key = (interface_index(config.segment), config.address());
            let holds = |node: usize| nodes[node].addresses.contains(&key);
            let both = pairs(nodes.len())
                .find(|(a, b)| holds(*a) && holds(*b) && connected(scenario, nodes, config.segment, *a, *b));
            let Some((a, b)) = both else {
                self.overlap_since[router] = None;
                continue;
            };
            let since = self.overlap_since[router].get_or_insert(now);
            let since = (*since).max(self.calm_since);
            if self.ongoing == 0 && now > since + self.overlap_bound[router] {
                return Err(format!(
                    "nodes {a} and {b} both have the address of {} for {} us",
                    config.name,
                    now - since
                ));
            }
        }
        Ok(())
    }

    /// An idle kernel has the addresses of the masters, and no others.
    pub(super) fn kernel(scenario: &Scenario, number: usize, node: &Node) -> Result<(), String> {
        let Some(router) = &node.router else { return Ok(()) };
        if !node.wanted.is_empty() || router.is_outstanding() || router.is_stopped() {
            return Ok(());
        }
        for config in &scenario.routers {
            let master =
                instance(node, &config.name).is_some_and(|instance| instance.state() == State::Master);
            let has = node
                .addresses
                .contains(&(interface_index(config.segment), config.address()));
            if master != has {
                return Err(format!(
                    "node {number}: master of {} {master}, address there {has}",
                    config.name
                ));
            }
        }
        Ok(())
    }

    /// Asks for convergence, if nothing went wrong since the check was arranged. Says whether it was asked for.
    pub(super) fn check(
        &mut self,
        generation: u64,
        scenario: &Scenario,
        nodes: &[Node],
    ) -> Result<bool, String> {
        if generation != self.generation || self.ongoing > 0 {
            return Ok(false);
        }
        for config in &scenario.routers {
            for number in 0..nodes.len() {
                side_has_one_master(scenario, nodes, config, number)?;
            }
        }
        for (number, node) in nodes.iter().enumerate() {
            Self::kernel(scenario, number, node)?;
        }
        self.settled = true;
        Ok(true)
    }
}

/// The side that a node is on has exactly one master if anybody there can be one, and the best one if they may preempt.
fn side_has_one_master(
    scenario: &Scenario,
    nodes: &[Node],
    config: &super::scenario::VirtualRouter,
    number: usize,
) -> Result<(), String> {
    if !is_alive(&nodes[number]) || !nodes[number].links[config.segment] {
        return Ok(());
    }
    let side: Vec<usize> = (0..nodes.len())
        .filter(|other| *other == number || connected(scenario, nodes, config.segment, number, *other))
        .collect();
    // A group needs all its segments: where they fell apart differently, its members hold each other back.
    let same_everywhere = (0..scenario.segments.len()).all(|segment| {
        (0..nodes.len()).all(|other| {
            let on_side = side.contains(&other);
            let heard = other == number || connected(scenario, nodes, segment, number, other);
            on_side == heard
        })
    });
    if scenario.grouped && !same_everywhere {
        return Ok(());
    }
    let able: Vec<_> = side
        .iter()
        .filter_map(|node| instance(&nodes[*node], &config.name).map(|instance| (*node, instance)))
        .filter(|(_, instance)| instance.state() != State::Fault)
        .collect();
    let masters: Vec<_> = able
        .iter()
        .filter(|(_, instance)| instance.state() == State::Master)
        .map(|(node, _)| *node)
        .collect();
    let name = &config.name;
    match masters[..] {
        [] if able.is_empty() => Ok(()),
        [] => Err(format!("{name} has no master among {side:?}")),
        [master] if !config.nopreempt => {
            let best = able
                .iter()
                .map(|(_, instance)| instance.effective_priority())
                .max();
            let its = priority(&nodes[master], name);
            if its == best {
                Ok(())
            } else {
                Err(format!(
                    "{name}: node {master} ({its:?}) is master, the best is {best:?}"
                ))
            }
        }
        [_] => Ok(()),
        _ => Err(format!("{name} has several masters among {side:?}: {masters:?}")),
    }
}

fn pairs(nodes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..nodes).flat_map(move |a| (a + 1..nodes).map(move |b| (a, b)))
}

fn is_alive(node: &Node) -> bool {
    node.stalled_until.is_none()
        && node
            .router
            .as_ref()
            .is_some_and(|router| router.deadline().is_some() || !router.is_stopped())
}

/// Whether two nodes hear each other now.
fn connected(scenario: &Scenario, nodes: &[Node], segment: usize, a: usize, b: usize) -> bool {
    scenario.segments[segment].connects(a, b)
        && [a, b]
            .iter()
            .all(|node| is_alive(&nodes[*node]) && nodes[*node].links[segment])
}

fn instance<'a>(node: &'a Node, name: &str) -> Option<&'a Instance> {
    node.router
        .as_ref()?
        .instances()
        .find(|instance| **instance.name() == *name)
}

fn priority(node: &Node, name: &str) -> Option<u8> {
    instance(node, name).map(Instance::effective_priority)
}

fn position(scenario: &Scenario, instance: &Instance) -> Option<usize> {
    scenario
        .routers
        .iter()
        .position(|router| router.name == **instance.name())
}
