//! The process that starts scripts, keeps them by their number, and reaps them.
//!
//! It decides nothing. It ends when its connection does, and its scripts with it.

use super::messages::{JobId, Order, Output, Report, ScriptSignal};
use super::outputs::Outputs;
use super::packets::{Packets, Received, Sent};
use super::spawn::{By, Surroundings};
use super::{End, Program};
use crate::exit::Exit;
use crate::helper::Helper;
use crate::signals::{SignalNumber, Signals};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

pub(super) const HELPER: Helper = Helper {
    name: c"keepalived_exec",
    variable: "KEEPALIVED_LAUNCHER",
};

/// Runs the launcher if this process was started as one.
///
/// Call it first in `main`, before any thread is started.
#[must_use]
pub fn run() -> Option<ExitCode> {
    HELPER.run(Exit::Fatal, |signals, socket| {
        let mut launcher = begin(signals, socket)?;
        let ended = launcher.live();
        launcher.terminate();
        ended
    })
}

fn begin(signals: Signals, socket: OwnedFd) -> io::Result<Launcher> {
    Ok(Launcher {
        packets: Packets::new(socket),
        signals,
        surroundings: Surroundings::new(Vec::new())?,
        outputs: Outputs::new()?,
        running: HashMap::new(),
        jobs: HashMap::new(),
    })
}

/// A script that runs.
#[derive(Debug)]
struct Running {
    job: JobId,
    /// It got a signal from us.
    is_ended: bool,
}

struct Launcher {
    packets: Packets,
    signals: Signals,
    surroundings: Surroundings,
    outputs: Outputs,
    running: HashMap<Pid, Running>,
    jobs: HashMap<JobId, Pid>,
}

/// Whether there is still somebody to work for.
#[derive(PartialEq, Eq)]
enum Connection {
    Open,
    Closed,
}

impl Launcher {
    fn live(&mut self) -> io::Result<()> {
        loop {
            let mut descriptors = [
                PollFd::new(self.packets.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.outputs.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut descriptors, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let has_output = descriptors[2].any().unwrap_or_default();
            if has_output {
                self.outputs.read()?;
            }
            let mut has_child_ended = false;
            while let Some(signal) = self.signals.next()? {
                has_child_ended |= signal == SignalNumber::CHILD;
            }
            if has_child_ended && self.reap()? == Connection::Closed {
                return Ok(());
            }
            if self.take_order()? == Connection::Closed {
                return Ok(());
            }
        }
    }

    /// Nobody is left for whom scripts run. Each would get `SIGTERM` with the end of this process, but not what it has started.
    fn terminate(&self) {
        for pid in self.running.keys() {
            let _ = killpg(*pid, Signal::SIGTERM);
        }
    }

    /// Carries out one order, so that ends are reported between two starts.
    fn take_order(&mut self) -> io::Result<Connection> {
        match self.packets.receive()? {
            Received::Closed => return Ok(Connection::Closed),
            Received::Nothing => {}
            Received::Message(Order::Begin(origin)) => origin.restore(),
            Received::Message(Order::Start(job, program, output)) => {
                return self.start(job, &program, output);
            }
            Received::Message(Order::Signal(job, signal)) => self.signal(job, signal),
        }
        Ok(Connection::Open)
    }

    fn start(&mut self, job: JobId, program: &Program, output: Output) -> io::Result<Connection> {
        let pipe = match output {
            Output::Discarded => None,
            Output::Kept => self.outputs.open(job),
        };
        match self.surroundings.spawn(program, pipe.as_ref().map(AsFd::as_fd)) {
            Ok((pid, by)) => {
                self.jobs.insert(job, pid);
                let is_ended = false;
                self.running.insert(pid, Running { job, is_ended });
                match by {
                    By::Itself => Ok(Connection::Open),
                    By::Shell => self.report(&Report::ByShell(job)),
                }
            }
            Err(error) => {
                drop(pipe);
                self.outputs.take(job);
                // What the library itself refuses, such as a zero byte in a word, has no number.
                let errno = error.raw_os_error().unwrap_or(Errno::EINVAL as i32);
                self.report(&Report::NotStarted(job, errno))
            }
        }
    }

    fn signal(&mut self, job: JobId, signal: ScriptSignal) {
        // Not reaped yet, so the number is still that of the group.
        let Some(pid) = self.jobs.get(&job) else { return };
        if let Some(running) = self.running.get_mut(pid) {
            running.is_ended = true;
        }
        let signal = match signal {
            ScriptSignal::Terminate => Signal::SIGTERM,
            ScriptSignal::Kill => Signal::SIGKILL,
        };
        let _ = killpg(*pid, signal);
    }

    /// Takes in what has ended.
    fn reap(&mut self) -> io::Result<Connection> {
        loop {
            // Only looked at first: until it is reaped, its number is nobody else's.
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
            let status = match waitid(Id::All, flags) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(Connection::Open),
                Ok(status) => status,
                Err(errno) => return Err(errno.into()),
            };
            let Some(pid) = status.pid() else {
                return Ok(Connection::Open);
            };
            let ended = self.running.remove(&pid);
            if ended.as_ref().is_some_and(|running| running.is_ended) {
                // What it started in its group was to end as well.
                let _ = killpg(pid, Signal::SIGKILL);
            }
            waitpid(pid, None)?;
            if let (Some(Running { job, .. }), Some(end)) = (ended, End::of(status)) {
                self.jobs.remove(&job);
                let printed = self.outputs.take(job);
                if self.report(&Report::Ended(job, end, printed))? == Connection::Closed {
                    return Ok(Connection::Closed);
                }
            }
        }
    }

    fn report(&self, report: &Report) -> io::Result<Connection> {
        match self.packets.send_waiting(&Packets::encode(report)?)? {
            Sent::Yes | Sent::Full => Ok(Connection::Open),
            Sent::Closed => Ok(Connection::Closed),
        }
    }
}
