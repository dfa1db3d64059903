//! Reasons to be in FAULT, and the priority that the trackers leave.

use super::Instance;
use crate::context::Context;
use crate::{FaultReason, InstanceEvent, State};
use std::sync::Arc;

/// What interfaces, addresses and trackers say about an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Reasons to be in FAULT, in the order in which they were looked at.
    pub(crate) faults: Vec<FaultReason>,
    /// Some track script with weight 0 has not reported yet.
    pub(crate) waits_for_scripts: bool,
    /// Sum of what the trackers add to the priority.
    pub(crate) weight: i32,
}

impl Health {
    /// Adds a reason once.
    pub(crate) fn add(&mut self, reason: FaultReason) {
        if !self.faults.contains(&reason) {
            self.faults.push(reason);
        }
    }
}

impl FaultReason {
    /// Whether two reasons are the same but for details that may change while they last.
    fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Script { script: a, .. }, Self::Script { script: b, .. })
            | (Self::File { file: a, .. }, Self::File { file: b, .. }) => a == b,
            // A link that was down and is now removed is still not there.
            (
                Self::InterfaceDown(a) | Self::InterfaceAbsent(a),
                Self::InterfaceDown(b) | Self::InterfaceAbsent(b),
            ) => a == b,
            _ => self == other,
        }
    }
}

impl Instance {
    /// Takes over a new state of health and says what is new. Gives the first new reason to be in FAULT, and the last
    /// one that went away.
    pub(crate) fn update_health(
        &mut self,
        cx: &mut Context<'_>,
        health: Health,
    ) -> (Option<FaultReason>, Option<FaultReason>) {
        let before = std::mem::replace(&mut self.faults, health.faults);
        self.waits_for_scripts = health.waits_for_scripts;
        let has = |list: &[FaultReason], reason: &FaultReason| list.iter().any(|r| r.is_same_as(reason));
        let new: Vec<_> = self
            .faults
            .iter()
            .filter(|reason| !has(&before, reason))
            .cloned()
            .collect();
        let gone: Vec<_> = before
            .into_iter()
            .filter(|reason| !has(&self.faults, reason))
            .collect();
        for reason in &new {
            if let FaultReason::File { file, .. } = reason
                && self.state != State::Init
            {
                self.event(cx, InstanceEvent::FileFaulted(Arc::clone(file)));
            }
            self.event(cx, InstanceEvent::Faulted(reason.clone()));
        }
        for reason in &gone {
            self.event(cx, InstanceEvent::FaultCleared(reason.clone()));
        }
        self.update_weight(cx, health.weight);
        (new.into_iter().next(), gone.into_iter().next_back())
    }

    /// Whether nothing keeps it from taking part.
    pub(crate) const fn is_healthy(&self) -> bool {
        self.faults.is_empty() && !self.waits_for_scripts
    }

    fn update_weight(&mut self, cx: &mut Context<'_>, weight: i32) {
        let (before, timer) = (self.effective_priority(), self.master_down_interval());
        self.total = i32::from(self.config.priority.value()) + weight;
        let after = self.effective_priority();
        if before == after {
            return;
        }
        self.refresh_priority();
        self.event(
            cx,
            InstanceEvent::PriorityChanged {
                from: before,
                to: after,
            },
        );
        self.report_priority(cx);
        if self.state == State::Backup
            && let Some(due) = cx.deadlines.due(self.id.0)
        {
            // The running timer is as it would be had it been started with the new priority.
            let (old, new) = (timer, self.master_down_interval());
            let due = if self.master_stopped {
                due
            } else {
                (due + new) - old
            };
            cx.deadlines.set(self.id.0, Some(due.max(cx.now.time)));
        }
    }

    /// Writes the effective priority into the adverts to come.
    pub(super) fn refresh_priority(&mut self) {
        let priority = self.effective_priority();
        if let Some(buffer) = &mut self.buffer {
            buffer.set_priority(priority);
        }
    }
}
