//! The scripts of the supervisor, which it waits for.

use super::spawn::{By, Surroundings};
use super::{End, Origin, Program};
use crate::signals::{SignalNumber, Signals};
use crate::{clock, log};
use model::{Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg, raise};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use std::os::fd::AsFd;
use std::time::Duration;

/// From `SIGTERM` to `SIGKILL`.
const GRACE: Micros = Micros::from_secs(2);

/// What came of a script that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attended {
    /// It ended by itself, or it could not be started.
    Ended,
    /// It took too long and was ended.
    TimedOut,
    /// A signal asked for the end of the daemon meanwhile, and the script was ended.
    Interrupted(SignalNumber),
}

/// Runs a script and waits for its end. `what` is what the log calls it: `startup script`.
///
/// A signal of `interrupts` ends it early. A reload that is asked for meanwhile is pending afterwards; other signals are lost.
pub fn attend(
    what: &str,
    program: &Program,
    timeout: Micros,
    origin: &Origin,
    signals: &Signals,
    interrupts: &[SignalNumber],
) -> Attended {
    tracing::info!(target: log::DETAIL, "Running {what} {program}");
    let (pid, by) = match Surroundings::new(origin.limits()).and_then(|all| all.spawn(program, None)) {
        Ok(started) => started,
        Err(error) => {
            let errno = error.raw_os_error().unwrap_or_default();
            tracing::error!(
                target: log::ALERT,
                "Error exec-ing command '{program}', error {errno}: {}",
                Errno::from_raw(errno).desc()
            );
            return Attended::Ended;
        }
    };
    if by == By::Shell {
        tracing::warn!("Please add a #! shebang to script {program}");
    }
    let mut attendance = Attendance {
        what,
        pid,
        deadline: clock::monotonic() + timeout,
        result: None,
    };
    let mut is_reload_wanted = false;
    loop {
        if let Some(end) = attendance.end() {
            if is_reload_wanted {
                // All signals are blocked, so it waits where it has been read before.
                let _ = raise(Signal::SIGHUP);
            }
            return attendance.ended(end);
        }
        attendance.keep_deadline();
        wait(signals, attendance.deadline);
        while let Ok(Some(signal)) = signals.next() {
            if interrupts.contains(&signal) {
                attendance.interrupt(Attended::Interrupted(signal));
            }
            is_reload_wanted |= signal == SignalNumber::RELOAD;
        }
    }
}

/// Waits for a signal or for the deadline.
fn wait(signals: &Signals, deadline: Time) {
    // Round up: a wait that ends a little early would end again and again until the deadline.
    let left = Duration::from(deadline.since(clock::monotonic()) + Micros::from_millis(1));
    let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
    // A wait that fails is a wait that ends early.
    let _ = poll(&mut [PollFd::new(signals.as_fd(), PollFlags::POLLIN)], timeout);
}

struct Attendance<'a> {
    what: &'a str,
    pid: Pid,
    /// When something is to be done about it.
    deadline: Time,
    /// Why it was ended, if it was.
    result: Option<Attended>,
}

impl Attendance<'_> {
    /// How it ended, if it has.
    fn end(&self) -> Option<End> {
        match waitpid(self.pid, Some(WaitPidFlag::WNOHANG)) {
            Ok(status) => End::of(status),
            // Somebody else has reaped it: whatever it did, it has ended.
            Err(_) => Some(End::Exited(0)),
        }
    }

    fn keep_deadline(&mut self) {
        if self.deadline > clock::monotonic() {
            return;
        }
        if self.result.is_none() {
            tracing::warn!("{} timed out", self.what);
            self.interrupt(Attended::TimedOut);
        } else {
            let _ = killpg(self.pid, Signal::SIGKILL);
            self.deadline = clock::monotonic() + GRACE;
        }
    }

    fn interrupt(&mut self, why: Attended) {
        self.result.get_or_insert(why);
        let _ = killpg(self.pid, Signal::SIGTERM);
        self.deadline = clock::monotonic() + GRACE;
    }

    fn ended(&self, end: End) -> Attended {
        let what = self.what;
        if let Some(result) = self.result {
            return result;
        }
        match end {
            End::Exited(0) => tracing::info!(target: log::DETAIL, "{what} script succeeded"),
            End::Exited(status) => tracing::warn!("{what} script failed, status {status}"),
            End::Signalled(signal) => tracing::warn!("{what} script failed due to signal {signal}"),
        }
        Attended::Ended
    }
}
