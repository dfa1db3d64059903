//! Signals as readable events, and their numbers.
//!
//! Each process blocks every signal that can be blocked and reads them from one descriptor. A blocked signal that
//! nobody asks for has no effect, as an ignored one has none, and blocking survives the exec of a child: there is no
//! moment in which a `HUP` could end it.

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Number of a signal, as glibc counts: the first real-time signal is 34, the last 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalNumber(pub u32);

impl SignalNumber {
    /// Reload: `SIGHUP`.
    pub const RELOAD: Self = Self(1);
    /// `SIGINT`.
    pub const INTERRUPT: Self = Self(2);
    /// Write the data dump: `SIGUSR1`.
    pub const DATA: Self = Self(10);
    /// Write the statistics: `SIGUSR2`.
    pub const STATS: Self = Self(12);
    /// Stop: `SIGTERM`.
    pub const STOP: Self = Self(15);
    /// A child has ended: `SIGCHLD`.
    pub const CHILD: Self = Self(17);
    /// The soft limit of processor time is reached: `SIGXCPU`.
    pub const PROCESSOR_TIME: Self = Self(24);
    /// Write the JSON dump: `SIGRTMIN+2`. Other programs send the bare number.
    pub const JSON: Self = Self(36);
    /// Write the statistics, then zero them: `SIGRTMAX-1`.
    pub const STATS_CLEAR: Self = Self(63);

    /// What `--signum` calls the signals, in the order of its help.
    pub const FUNCTIONS: [(&'static str, Self); 6] = [
        ("STOP", Self::STOP),
        ("RELOAD", Self::RELOAD),
        ("DATA", Self::DATA),
        ("STATS", Self::STATS),
        ("STATS_CLEAR", Self::STATS_CLEAR),
        ("JSON", Self::JSON),
    ];
}

/// All signals that can be blocked, except those that mean that the program itself has failed.
fn blocked() -> SigSet {
    let mut set = SigSet::all();
    for fault in [
        Signal::SIGABRT,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGSEGV,
        Signal::SIGSYS,
        Signal::SIGTRAP,
    ] {
        set.remove(fault);
    }
    set
}

/// The signals of this process. Make it before the first thread, so that every thread has them blocked.
#[derive(Debug)]
pub struct Signals(SignalFd);

impl Signals {
    /// Blocks all signals and opens the descriptor that delivers them.
    pub fn new() -> io::Result<Self> {
        let set = blocked();
        set.thread_block()?;
        Ok(Self(SignalFd::with_flags(
            &set,
            SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC,
        )?))
    }

    /// The next signal, or nothing when none is pending.
    pub fn next(&self) -> io::Result<Option<SignalNumber>> {
        Ok(self.0.read_signal()?.map(|info| SignalNumber(info.ssi_signo)))
    }
}

impl AsFd for Signals {
    /// Readable when a signal is pending.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::raise;
    use std::fs;

    fn is_blocked(signal: SignalNumber) -> bool {
        let status = fs::read_to_string("/proc/thread-self/status").unwrap();
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigBlk:"))
            .unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal.0 - 1) & 1 == 1
    }

    #[test]
    fn a_pending_signal_is_read_by_its_number() {
        let signals = Signals::new().unwrap();
        raise(Signal::SIGUSR1).unwrap();
        assert_eq!(signals.next().unwrap(), Some(SignalNumber::DATA));
        assert_eq!(signals.next().unwrap(), None);
    }

    #[test]
    fn real_time_signals_are_blocked_and_faults_are_not() {
        let _signals = Signals::new().unwrap();
        assert!(is_blocked(SignalNumber::JSON));
        assert!(is_blocked(SignalNumber::STATS_CLEAR));
        assert!(!is_blocked(SignalNumber(11)), "SIGSEGV");
    }
}
