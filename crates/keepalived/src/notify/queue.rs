//! Notify scripts that wait to be started, and mails that wait to be sent.
//!
//! A script waits
//!
//! * while the kernel is being given addresses: what they cost would delay those of other instances. For two seconds at
//!   most, so that a kernel that is never idle holds up nobody for ever;
//! * while as many run as are let run at once. A script that has run for a while does not count any more: it waits
//!   for something itself, and those behind it must not wait for that. So a thousand scripts that hang are all started
//!   after half a minute;
//! * with `notify_ordered`, while an earlier one of the same instance runs or waits.
//!
//! A mail waits for the first of these alone.
//!
//! Scripts of a stop wait for nothing but the last, and once the stop has come for nothing at all.

use super::KernelWork;
use super::event::Who;
use crate::mail::Alert;
use crate::scripts::{JobId, Program};
use model::{Micros, Time};
use std::collections::{HashMap, VecDeque};

/// How long work of the kernel may hold scripts up.
pub(super) const PATIENCE: Micros = Micros::from_secs(2);
/// How many run at once.
const AT_ONCE: usize = 64;
/// From this age on a script does not count.
const SETTLED: Micros = Micros::from_secs(2);

/// A script with what is to be observed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// What is started.
    pub(super) program: Program,
    /// Whose scripts it must not overtake or run beside.
    pub(super) ordered: Option<Who>,
    /// When it is ended.
    pub(super) limit: Limit,
}

/// When a script is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// Never.
    None,
    /// After this time, with `SIGTERM` first (`notify_timeout`).
    After(Micros),
    /// It is one of the stop.
    Stop,
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Scripts of a stop.
    urgent: VecDeque<Waiting>,
    usual: VecDeque<Waiting>,
    mails: Vec<Alert>,
    /// Scripts that wait for another one, which is in one of the queues above or runs. No entry, no such other one.
    behind: HashMap<Who, VecDeque<Waiting>>,
    /// Those that run and count, the oldest first.
    young: VecDeque<(Time, JobId)>,
    /// Whose ordered script a run is.
    owners: HashMap<JobId, Who>,
    /// Since when the kernel works.
    held: Option<Time>,
    is_open: bool,
}

impl Queue {
    /// Adds a script.
    pub(super) fn push(&mut self, waiting: Waiting) {
        if let Some(who) = &waiting.ordered
            && !self.is_open
        {
            if let Some(behind) = self.behind.get_mut(who) {
                behind.push_back(waiting);
                return;
            }
            self.behind.insert(who.clone(), VecDeque::new());
        }
        self.enqueue(waiting);
    }

    fn enqueue(&mut self, waiting: Waiting) {
        if waiting.limit == Limit::Stop {
            self.urgent.push_back(waiting);
        } else {
            self.usual.push_back(waiting);
        }
    }

    /// The script to start now, if one may.
    pub(super) fn next(&mut self, now: Time) -> Option<Waiting> {
        self.urgent.pop_front().or_else(|| {
            if self.may_start(now) {
                self.usual.pop_front()
            } else {
                None
            }
        })
    }

    fn may_start(&mut self, now: Time) -> bool {
        while self
            .young
            .front()
            .is_some_and(|(started, _)| *started + SETTLED <= now)
        {
            self.young.pop_front();
        }
        self.is_open || (!self.is_held(now) && self.young.len() < AT_ONCE)
    }

    fn is_held(&self, now: Time) -> bool {
        self.held.is_some_and(|since| now < since + PATIENCE)
    }

    /// Adds a mail.
    pub(super) fn push_mail(&mut self, alert: Alert) {
        self.mails.push(alert);
    }

    /// The mails to send now, in their order.
    pub(super) fn mails(&mut self, now: Time) -> Vec<Alert> {
        if self.is_open || !self.is_held(now) {
            std::mem::take(&mut self.mails)
        } else {
            Vec::new()
        }
    }

    /// A script that [`next`](Self::next) gave has been started.
    pub(super) fn started(&mut self, now: Time, job: JobId, ordered: Option<Who>) {
        self.young.push_back((now, job));
        if let Some(who) = ordered {
            self.owners.insert(job, who);
        }
    }

    /// A script has ended.
    pub(super) fn ended(&mut self, job: JobId) {
        self.young.retain(|(_, young)| *young != job);
        let Some(who) = self.owners.remove(&job) else {
            return;
        };
        match self.behind.get_mut(&who).map(VecDeque::pop_front) {
            Some(Some(next)) => self.enqueue(next),
            Some(None) => drop(self.behind.remove(&who)),
            // The stop has let go of all order.
            None => {}
        }
    }

    /// The kernel has begun to work, or is done.
    pub(super) const fn kernel_work(&mut self, now: Time, work: KernelWork) {
        self.held = match work {
            KernelWork::UnderWay => Some(now),
            KernelWork::Done => None,
        };
    }

    /// The daemon stops: nothing waits any more.
    pub(super) fn open(&mut self) {
        self.is_open = true;
        for waiting in std::mem::take(&mut self.behind).into_values().flatten() {
            self.enqueue(waiting);
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.mails.is_empty()
            && self.urgent.is_empty()
            && self.usual.is_empty()
            && self.behind.values().all(VecDeque::is_empty)
    }

    /// When there may be more to do although nothing happens.
    pub(super) fn deadline(&self) -> Option<Time> {
        let held = self.held.map(|since| since + PATIENCE);
        if !self.mails.is_empty() {
            return held;
        }
        if self.usual.is_empty() {
            return None;
        }
        let settled = self.young.front().map(|(started, _)| *started + SETTLED);
        let settled = settled.filter(|_| self.young.len() >= AT_ONCE);
        held.max(settled)
    }
}

#[cfg(test)]
mod tests;
