//! `vrrp_track_process`: whether the right number of processes runs.

use super::Status;
use model::{Micros, TrackProcess};
use std::sync::Arc;

/// A tracked process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: Arc<str>,
    config: TrackProcess,
    count: u32,
    /// Whether the quorum counts as achieved, delays considered.
    quorum: bool,
}

/// What a new count means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessChange {
    /// Nothing; a delay that is running is to be ended.
    Nothing,
    /// The quorum was gained or lost, to be taken for true after this time (if that is not yet running).
    Delayed(Micros),
    /// The quorum was gained or lost.
    Changed,
}

impl Process {
    pub(super) fn new(config: &TrackProcess) -> Self {
        let mut process = Self {
            name: Arc::from(config.name.as_str()),
            config: config.clone(),
            count: 0,
            quorum: false,
        };
        process.quorum = process.has_quorum();
        process
    }

    /// Keeps what is known through a reload.
    pub(super) fn inherit(&mut self, before: &Self) {
        self.count = before.count;
        self.quorum = self.has_quorum();
    }

    /// The first count, which knows no delay.
    pub(crate) fn start(&mut self, count: u32) {
        self.count = count;
        self.quorum = self.has_quorum();
    }

    /// Takes a new count in.
    pub(crate) fn counted(&mut self, count: u32) -> ProcessChange {
        self.count = count;
        let quorum = self.has_quorum();
        if quorum == self.quorum {
            return ProcessChange::Nothing;
        }
        let delay = if quorum {
            self.config.fork_delay
        } else {
            self.config.terminate_delay
        };
        if delay.is_zero() {
            self.quorum = quorum;
            ProcessChange::Changed
        } else {
            ProcessChange::Delayed(delay)
        }
    }

    /// A delay is over: the quorum is what the count says. Says whether that is a change.
    pub(crate) fn delay_over(&mut self) -> bool {
        let before = self.quorum;
        self.quorum = self.has_quorum();
        before != self.quorum
    }

    /// Whether the quorum counts as achieved.
    pub(crate) const fn quorum(&self) -> bool {
        self.quorum
    }

    /// Number of processes that match.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn status(&self) -> Status {
        if self.quorum { Status::Up } else { Status::Down }
    }

    fn has_quorum(&self) -> bool {
        self.count >= self.config.quorum && self.config.quorum_max.is_none_or(|max| self.count <= max)
    }
}
