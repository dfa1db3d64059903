//! The end of the process (`spec/ipvs.md` section 4.6).
//!
//! Everything is taken out of IPVS in one batch, scripts of `omega` are told when that is done, and the process leaves when they
//! have run, a second at most. A kernel that does not answer is left to itself after a while.

use super::CheckerProcess;
use crate::log;
use crate::runtime::seconds::Seconds;
use crate::runtime::stopping::{LAST_WORDS, Stopping};
use model::{Micros, Time};
use nix::sys::resource::{UsageWho, getrusage};

/// How long the kernel may take to confirm the removals. The supervisor waits for `child_wait_time`, 5 s by default.
pub(super) const PATIENCE: Micros = Micros::from_secs(3);

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
