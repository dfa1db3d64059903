//! Entering and leaving states. Every change of state passes through here, and has its cause.

use super::{Instance, Rivalry};
use crate::alarm::Alarm;
use crate::auth::Auth;
use crate::context::Context;
use crate::{Cause, FaultReason, InstanceEvent, NotifiedState, Release, State, Transition};
use model::Micros;

/// Who noticed a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noticed {
    /// The instance itself.
    Here,
    /// Another member of its sync group.
    InGroup,
}

impl Instance {
    /// BACKUP: everything that a master has is taken out of the kernel, and the master-down timer runs.
    pub(crate) fn enter_backup(&mut self, cx: &mut Context<'_>, cause: Cause) {
        let was_fault = self.state == State::Fault;
        let timer = if let Cause::TakenAway { .. } = cause {
            // Whoever takes over now has what we could not keep; if nobody does, it is us again.
            self.send_priority_zero(cx);
            Some(self.skew_time())
        } else {
            None
        };
        if !matches!(cause, Cause::HigherPriority { .. } | Cause::HigherAddress { .. }) {
            self.interval = self.config.advert_int;
        }
        self.leave(cx, State::Backup, cause.clone());
        self.heard_at = cx.now.time;
        self.preempt_at = None;
        self.master_stopped = false;
        let timer = timer.unwrap_or_else(|| self.master_down_interval());
        self.set_deadline(cx, timer);
        if was_fault {
            self.announce_source(cx);
        }
        self.report(cx, NotifiedState::Backup, cause);
    }

    /// MASTER: an advert first of all, then the kernel; announcements and notifications follow its confirmation.
    pub(crate) fn enter_master(&mut self, cx: &mut Context<'_>, cause: Cause) {
        if let Auth::Ah(ah) = &mut self.auth {
            ah.became_master();
        }
        self.send_advert(cx);
        self.leave(cx, State::Master, cause.clone());
        self.stats.become_master += 1;
        self.backed_off = None;
        self.refresh_priority();
        if self.interval != self.config.advert_int {
            let (from, to) = (self.interval, self.config.advert_int);
            self.event(cx, InstanceEvent::IntervalRestored { from, to });
            self.interval = to;
        }
        self.begin_rhythm(cx);
        self.install(cx);
        self.begin_announcing(cx);
        self.report(cx, NotifiedState::Master, cause);
    }

    /// FAULT: a master says so with priority 0, and leaves.
    pub(crate) fn enter_fault(&mut self, cx: &mut Context<'_>, cause: Cause, noticed: Noticed) {
        let was_master = self.state == State::Master;
        if was_master {
            self.send_priority_zero(cx);
            if noticed == Noticed::Here {
                self.send_priority_zero(cx);
                self.event(cx, InstanceEvent::SentPriorityZero);
            }
        }
        let silent = self.is_silent_fault();
        self.leave(cx, State::Fault, cause.clone());
        self.cancel_deadline(cx);
        // Nothing is heard from now on: whoever is master later need not be the same.
        self.master = None;
        if !silent {
            self.report(cx, NotifiedState::Fault, cause);
        }
    }

    /// The end: a master says so with priority 0, and leaves.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>, release: Release) {
        match release {
            Release::Everything if self.state == State::Master => {
                self.send_priority_zero(cx);
                self.event(cx, InstanceEvent::SentPriorityZero);
            }
            Release::Everything => {}
            Release::Nothing => self.keep_in_kernel(),
        }
        self.leave(cx, State::Init, Cause::Stop);
        self.cancel_deadline(cx);
        self.remove_permanent(cx);
    }

    /// A fresh owner of the address does not wait for anybody, but for the startup delay.
    pub(crate) fn start_as_owner(&mut self, cx: &mut Context<'_>) {
        self.wants_master = true;
        let wait = if cx.quiet_until.is_some() {
            self.config.advert_int
        } else {
            Micros(1)
        };
        self.set_deadline(cx, wait);
    }

    /// What leaving a state and entering another one have in common.
    fn leave(&mut self, cx: &mut Context<'_>, to: State, cause: Cause) {
        let from = self.state;
        if from == State::Master {
            self.stats.release_master += 1;
            cx.announcer.cancel(self.id);
        }
        if from == State::Master || to == State::Master {
            self.logged = crate::log_once::LogOnce::default();
            self.rivalry = Rivalry::None;
            for alarm in Alarm::of_instance(self.id) {
                cx.alarms.cancel(alarm);
            }
        }
        let silent = to == State::Fault && self.is_silent_fault() || cause == Cause::Stop;
        self.state = to;
        self.wants_master = false;
        self.entered = Some(cx.now);
        let transition = Transition {
            at: cx.now,
            from,
            to,
            cause,
        };
        self.history.push(transition.clone());
        if !silent {
            self.event(cx, InstanceEvent::Transition(transition));
        }
        if from == State::Master {
            self.withdraw(cx);
        }
    }

    /// The reference says nothing but one line about unicast without peers.
    fn is_silent_fault(&self) -> bool {
        let silent = FaultReason::Config(model::ConfigFault::NoUnicastPeer);
        !self.faults.is_empty() && self.faults.iter().all(|fault| *fault == silent)
    }
}
