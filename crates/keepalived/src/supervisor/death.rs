//! How a child ended, and what the log says about it.

use crate::exit::Exit;
use crate::handover::Kind;
use crate::log::ALERT;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

/// What follows from the end of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// A new one is started.
    Replace,
    /// A new one would fail too: the daemon ends, with this status.
    Terminate(Exit),
}

/// Who may have sent the `SIGKILL` that ended a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Killer {
    /// The supervisor.
    Supervisor,
    /// Somebody else: a person, or the kernel when a limit was reached.
    Unknown,
}

/// Logs the end of a child and says what follows. `name` is its configured process name.
pub(super) fn judge(name: Option<&str>, pid: Pid, status: WaitStatus, killer: Killer) -> Consequence {
    let name = name.map_or_else(|| format!("pid {pid}"), str::to_owned);
    match status {
        WaitStatus::Exited(_, 0) => {}
        WaitStatus::Exited(_, code) => {
            let code = u8::try_from(code).unwrap_or(u8::MAX);
            if let Some(reason) = Exit::Status(code).permanent() {
                tracing::info!("{name} exited with permanent error {reason}. Terminating");
                return Consequence::Terminate(Exit::Status(code));
            }
            tracing::info!("{name} {}", how(status));
        }
        WaitStatus::Signaled(_, Signal::SIGSEGV, _) => {
            tracing::info!("{name} exited due to segmentation fault (SIGSEGV).");
            please_report();
        }
        WaitStatus::Signaled(_, signal, _) => {
            let hint = match signal {
                Signal::SIGKILL if killer == Killer::Unknown => " - has rlimit_rttime been exceeded?",
                _ => "",
            };
            tracing::info!("{name} {}{hint}", how(status));
        }
        _ => {}
    }
    Consequence::Replace
}

/// Logs that a child is replaced, or that the daemon ends without it.
pub(super) fn announce(kind: Kind, pid: Pid, respawns: bool) {
    if !respawns {
        tracing::error!(target: ALERT, "{kind} child process({pid}) died: Exiting");
        return;
    }
    tracing::error!(target: ALERT, "{kind} child process({pid}) died: Respawning");
    please_report();
}

fn please_report() {
    tracing::info!("  This should not happen. Please report it, with the configuration");
    tracing::info!("  and the log from the start of the daemon up to this line.");
}

/// How a process ended.
pub(super) fn how(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(_, code) => format!("exited with status {code}"),
        WaitStatus::Signaled(_, signal, _) => {
            format!("exited due to signal {} ({})", signal as i32, described(signal))
        }
        _ => "has gone".to_owned(),
    }
}

/// A signal as `strsignal` describes it.
fn described(signal: Signal) -> &'static str {
    match signal {
        Signal::SIGHUP => "Hangup",
        Signal::SIGINT => "Interrupt",
        Signal::SIGQUIT => "Quit",
        Signal::SIGILL => "Illegal instruction",
        Signal::SIGTRAP => "Trace/breakpoint trap",
        Signal::SIGABRT => "Aborted",
        Signal::SIGBUS => "Bus error",
        Signal::SIGFPE => "Floating point exception",
        Signal::SIGKILL => "Killed",
        Signal::SIGPIPE => "Broken pipe",
        Signal::SIGALRM => "Alarm clock",
        Signal::SIGTERM => "Terminated",
        Signal::SIGXCPU => "CPU time limit exceeded",
        Signal::SIGSYS => "Bad system call",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_words() {
        let pid = Pid::from_raw(7);
        assert_eq!(how(WaitStatus::Exited(pid, 70)), "exited with status 70");
        let killed = WaitStatus::Signaled(pid, Signal::SIGKILL, false);
        assert_eq!(how(killed), "exited due to signal 9 (Killed)");
    }

    #[test]
    fn permanent_errors_end_the_daemon_with_the_status_of_the_child() {
        let pid = Pid::from_raw(7);
        for code in 0..=255 {
            let expected = match code {
                1 | 2 | 4 => Consequence::Terminate(Exit::Status(u8::try_from(code).unwrap())),
                _ => Consequence::Replace,
            };
            assert_eq!(
                judge(None, pid, WaitStatus::Exited(pid, code), Killer::Unknown),
                expected,
                "{code}"
            );
        }
        for signal in Signal::iterator() {
            let status = WaitStatus::Signaled(pid, signal, false);
            assert_eq!(judge(None, pid, status, Killer::Unknown), Consequence::Replace);
        }
    }
}
