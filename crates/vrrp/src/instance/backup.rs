//! BACKUP: listening to the master (`spec/vrrp-protocol.md` section 6.2).

use super::Instance;
use super::hear::Heard;
use crate::context::Context;
use crate::log_once::{Complaint, LogOnce};
use crate::{Cause, InstanceEvent, Sender};
use model::{Time, Version};

impl Instance {
    /// An advert was accepted.
    pub(super) fn backup_heard(&mut self, cx: &mut Context<'_>, heard: Heard) {
        let from = heard.sender;
        if from.priority == 0 {
            self.master_stops(cx, from);
            return;
        }
        let ours = self.effective_priority();
        if from.priority >= ours {
            if self.preempt_at.take().is_some_and(|end| cx.now.time < end) {
                self.event(cx, InstanceEvent::PreemptDelayStopped);
            }
            self.follow(cx, heard);
        } else if self.config.nopreempt || self.preempt_delay_runs(cx) {
            self.follow(cx, heard);
        } else if self.logged.complaint(Complaint::LowerPriority) {
            // The deadline keeps running: we take over when it passes, as if nothing had been heard.
            self.event(cx, InstanceEvent::LowerPriorityDiscarded(from));
        }
    }

    /// The deadline has passed without an advert that keeps us back.
    pub(crate) fn advert_timeout(&mut self, cx: &mut Context<'_>, due: Time) -> Cause {
        self.event(cx, InstanceEvent::AdvertTimedOut);
        let late = cx.now.time.since(due);
        match self.master {
            Some(master) if self.master_stopped => Cause::MasterStopped { master, late },
            master => Cause::AdvertTimeout {
                master,
                silence: cx.now.time.since(self.heard_at),
                late,
            },
        }
    }

    /// The sync group is not ready: the wish stands until a better advert is heard, or this deadline passes again.
    pub(crate) fn wait_for_group(&mut self, cx: &mut Context<'_>) {
        self.wants_master = true;
        self.set_deadline(cx, self.master_down_interval());
    }

    /// An accepted advert: its sender is the master.
    fn follow(&mut self, cx: &mut Context<'_>, heard: Heard) {
        self.learn_master(cx, heard);
        self.wants_master = false;
        self.master_stopped = false;
        self.heard_at = cx.now.time;
        self.logged.forget(Complaint::LowerPriority);
        self.owner_heard_in_backup(heard.sender);
        self.set_deadline(cx, self.master_down_interval());
    }

    /// Remembers the master, and in version 3 its interval.
    pub(super) fn learn_master(&mut self, cx: &mut Context<'_>, heard: Heard) {
        let before = self.master.map(|master| master.address);
        let now = heard.sender.address;
        if before != Some(now) {
            self.logged = LogOnce::default();
            self.event(cx, InstanceEvent::MasterIs { before, now });
        }
        self.master = Some(heard.sender);
        if self.config.version == Version::V3 && self.interval != heard.interval && !heard.interval.is_zero()
        {
            let (from, to) = (self.interval, heard.interval);
            self.interval = to;
            self.event(cx, InstanceEvent::IntervalLearned { from, to });
        }
    }

    /// Priority 0: after the skew time there is a new master, us unless somebody better is faster.
    fn master_stops(&mut self, cx: &mut Context<'_>, from: Sender) {
        self.event(cx, InstanceEvent::BackupReceivedPriorityZero);
        // Its own priority, as last heard, says more than the 0.
        let known = self.master.filter(|master| master.address == from.address);
        self.master = Some(known.unwrap_or(from));
        self.master_stopped = true;
        self.set_deadline(cx, self.skew_time());
    }

    /// An operator has given mastership away: until then a master of lower priority is let be.
    pub(crate) const fn hold_until(&mut self, until: Time) {
        self.preempt_at = Some(until);
    }

    /// Whether `preempt_delay` still makes us accept a master of lower priority; its first advert starts the delay.
    fn preempt_delay_runs(&mut self, cx: &mut Context<'_>) -> bool {
        if self.preempt_at.is_none() && self.config.preempt_delay.is_zero() {
            return false;
        }
        let end = self.preempt_at.unwrap_or_else(|| {
            self.event(cx, InstanceEvent::PreemptDelayStarted(self.config.preempt_delay));
            cx.now.time + self.config.preempt_delay
        });
        self.preempt_at = Some(end);
        cx.now.time < end
    }
}
