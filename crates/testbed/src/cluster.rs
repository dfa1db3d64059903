//! A cluster of VRRP routers on a virtual network in virtual time.
//!
//! Each node runs the real core ([`vrrp::Router`]) with a clock of its own, a kernel that takes its time, and interfaces
//! on one or two segments. A seed decides about everything: how many routers there are, what they are configured with,
//! how the network delays, and what goes wrong when: partitions, loss, duplication, links that go down, stalls, crashes,
//! graceful stops, restarts, reloads, changes of priority, addresses that somebody removes.
//!
//! ```text
//!   scenario (from the seed) ──► world ──► nodes ◄── network
//!                                  │         │
//!                                  └─────────┴──► invariants, after every step
//! ```
//!
//! What must hold:
//!
//! * Once nothing has gone wrong for the convergence bound, each connected side has exactly one master of each VRID that
//!   somebody there can be master of; if preemption is allowed it is the best one; and nothing changes any more.
//! * No address is on two nodes of one side for longer than an advert takes to get there.
//! * Nobody takes over from a better master that can be heard; with `nopreempt`, from no master at all. (AH is exempt: a
//!   restarted master's adverts look like replays.)
//! * The members of a sync group are in the same state, at every moment.
//! * An idle kernel has the addresses of the masters, and no others.
//!
//! A failing seed is printed, and belongs into `regressions.txt` beside this module: [`REGRESSIONS`] run first.

mod invariants;
mod network;
mod node;
mod rng;
mod scenario;
mod world;

pub use invariants::Violation;
pub use scenario::Scenario;

use world::World;

/// Seeds that failed once.
pub const REGRESSIONS: &str = include_str!("cluster/regressions.txt");

/// What one run went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Simulated time in microseconds.
    pub simulated: u64,
    /// Things that went wrong.
    pub disturbances: u64,
    /// Adverts that arrived.
    pub delivered: u64,
    /// Changes of state.
    pub transitions: u64,
    /// Calm periods that were long enough to ask for convergence.
    pub converged: u64,
}

impl Summary {
    /// Adds another run.
    pub const fn add(&mut self, other: Self) {
        self.simulated += other.simulated;
        self.disturbances += other.disturbances;
        self.delivered += other.delivered;
        self.transitions += other.transitions;
        self.converged += other.converged;
    }
}

/// Runs the scenario of a seed. With `trace` every event is printed by it.
pub fn run(seed: u64, trace: Option<&mut dyn FnMut(&str)>) -> Result<Summary, Box<Violation>> {
    World::new(Scenario::new(seed), trace).run()
}

/// The seeds of [`REGRESSIONS`].
pub fn regressions() -> impl Iterator<Item = u64> {
    let seed = |line: &str| line.split('#').next().and_then(|seed| seed.trim().parse().ok());
    REGRESSIONS.lines().filter_map(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_that_failed_once_pass() {
        for seed in regressions() {
            if let Err(violation) = run(seed, None) {
                panic!("{violation}");
            }
        }
    }

    #[test]
    fn a_few_clusters_keep_their_invariants() {
        let mut total = Summary::default();
        for seed in 0..40 {
            match run(seed, None) {
                Ok(summary) => total.add(summary),
                Err(violation) => panic!("{violation}"),
            }
        }
        assert!(total.converged > 100 && total.transitions > 1_000, "{total:?}");
    }

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(
            run(7, None).map_err(|violation| violation.to_string()),
            run(7, None).map_err(|v| v.to_string())
        );
    }
}
