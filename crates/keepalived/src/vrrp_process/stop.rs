//! The end of the process.
//!
//! The adverts of priority 0 leave at once. Then the loop turns on until the router says that the kernel has confirmed
//! every removal, and until scripts of the stop have run, a second at most; no time is waited for otherwise. A kernel that
//! does not answer is left to itself after a while.

use super::VrrpProcess;
use crate::log;
use crate::notify::KernelWork;
use crate::runtime::seconds::Seconds;
use crate::runtime::stopping::Stopping;
use model::Micros;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use vrrp::{Input, Now, Release};

/// How long the kernel may take to confirm the removals. The supervisor waits for `child_wait_time`, 5 s by default.
pub(super) const PATIENCE: Micros = Micros::from_secs(4);

impl VrrpProcess {
    /// Begins to stop. Asking again changes nothing.
    pub(super) fn stop(&mut self, now: Now) {
        if self.stopping != Stopping::No {
            return;
        }
        self.stopping = Stopping::Until(now.time + PATIENCE);
        let release = if self.settings.keep_vrrp {
            Release::Nothing
        } else {
            Release::Everything
        };
        self.sync_daemon.stop();
        self.handle(now, Input::Stop(release));
        if release == Release::Everything {
            self.requests.set(self.environment.restore());
        }
    }

    /// Waits for the writer, which takes the empty firewall tables away, unless the kernel does not answer it.
    pub(super) fn end(self) {
        self.sync_daemon.finish();
        if self.requests.work() == KernelWork::Done {
            self.requests.finish();
        }
    }
}

/// The last line of the process.
pub(super) fn log_stopped() {
    if !tracing::event_enabled!(target: log::DETAIL, tracing::Level::INFO) {
        tracing::info!("Stopped");
        return;
    }
    let usage = |who| getrusage(who).map(|usage| (usage.user_time(), usage.system_time()));
    let nothing = (TimeVal::new(0, 0), TimeVal::new(0, 0));
    let (user, system) = usage(UsageWho::RUSAGE_SELF).unwrap_or(nothing);
    let (script_user, script_system) = usage(UsageWho::RUSAGE_CHILDREN).unwrap_or(nothing);
    tracing::info!(
        target: log::DETAIL,
        "Stopped - used (self/children) {}/{} user time, {}/{} system time",
        Seconds(user),
        Seconds(script_user),
        Seconds(system),
        Seconds(script_system),
    );
}
