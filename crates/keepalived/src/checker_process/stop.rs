//! The end of the process (`spec/ipvs.md` section 4.6).
//!
//! Everything is taken out of IPVS in one batch, scripts of `omega` are told when that is done, and the process leaves when they
//! have run, a second at most. A kernel that does not answer is left to itself after a while.

use super::CheckerProcess;
use crate::log;
use crate::runtime::seconds::Seconds;
use model::{Micros, Time};
use nix::sys::resource::{UsageWho, getrusage};

/// How long the kernel may take to confirm the removals. The supervisor waits for `child_wait_time`, 5 s by default.
const PATIENCE: Micros = Micros::from_secs(3);

/// How long scripts of the stop may take. They have a second, and this thread need not watch the clock as closely.
const LAST_WORDS: Micros = Micros::from_millis(1_500);

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopping {
    /// Nobody has asked for it.
    No,
    /// Removals are under way, and given up at this time.
    Until(Time),
    /// Scripts, FIFOs and mail are told, and that is given up at this time.
    Telling(Time),
    /// The process may end.
    Done,
}

impl Stopping {
    /// When to give up.
    pub(super) const fn deadline(self) -> Option<Time> {
        match self {
            Self::Until(deadline) | Self::Telling(deadline) => Some(deadline),
            Self::No | Self::Done => None,
        }
    }
}

impl CheckerProcess {
    /// Begins to stop. Asking again changes nothing.
    pub(super) fn stop(&mut self, now: Time) {
        if self.stopping != Stopping::No {
            return;
        }
        if !self.settings.keep_ipvs {
            self.director.stop(&mut self.outbox);
            self.work_off(now);
            self.writer.restore();
        }
        self.stopping = Stopping::Until(now + PATIENCE);
    }

    /// Goes on with the stop when the kernel has done its part. Call it when the outbox is worked off.
    pub(super) fn advance_stop(&mut self, now: Time) {
        if let Stopping::Until(_) = self.stopping
            && self.writer.is_idle()
            && self.later.is_empty()
        {
            self.stopping = Stopping::Telling(now + LAST_WORDS);
            self.outside.stop();
        }
    }

    /// Ends a stop that takes too long.
    pub(super) fn end_stop_in_time(&mut self, now: Time) {
        if self.stopping.deadline().is_some_and(|deadline| deadline <= now) {
            if matches!(self.stopping, Stopping::Telling(_)) {
                tracing::warn!("scripts of the stop have not ended in time");
            } else {
                tracing::warn!("the kernel has not confirmed every removal within {PATIENCE}");
            }
            self.stopping = Stopping::Done;
        }
    }
}

/// The last line of the process.
pub(super) fn log_stopped() {
    let is_detailed = tracing::event_enabled!(target: log::DETAIL, tracing::Level::INFO);
    match getrusage(UsageWho::RUSAGE_SELF) {
        Ok(usage) if is_detailed => tracing::info!(
            target: log::DETAIL,
            "Stopped - used {} user time, {} system time",
            Seconds(usage.user_time()),
            Seconds(usage.system_time()),
        ),
        _ => tracing::info!("Stopped"),
    }
}
