//! The place of one child: not needed, running, or waiting to be started again.

use super::death::Killer;
use super::respawn::Respawn;
use super::watchdog::{Beat, Pulse, Verdict};
use crate::child::{DESCRIPTOR, VARIABLE};
use crate::handover::{Kind, Start};
use crate::link::{self, ChildLink, LinkError};
use crate::log::ALERT;
use crate::orders::Orders;
use crate::pid_file::PidFile;
use crate::protocol::{Generation, ToChild, ToParent};
use crate::scripts::launch;
use crate::settings::Settings;
use crate::{clock, memory, systemd};
use model::Time;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// What a child is started with.
#[derive(Clone, Copy)]
pub(super) struct Supply<'a> {
    /// The command line of the daemon, its name first: a child shows the same.
    pub(super) arguments: &'a [OsString],
    pub(super) settings: &'a Settings,
    pub(super) generation: Generation,
    /// The configuration in a sealed memory file.
    pub(super) configuration: BorrowedFd<'a>,
    /// What operators have ordered.
    pub(super) orders: &'a Orders,
}

/// The place of one child.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) kind: Kind,
    /// Whether the configuration has work for it.
    pub(super) is_needed: bool,
    /// Whether the configuration has no programs for it to run.
    pub(super) is_confined: bool,
    pub(super) pid_file: Option<PidFile>,
    pub(super) respawn: Respawn,
    /// How often the child was replaced.
    pub(super) restarts: u64,
    pub(super) state: State,
}

/// Whether the child runs.
#[derive(Debug)]
pub(super) enum State {
    /// It does not and will not.
    Off,
    /// It will be started again.
    Waiting {
        /// When.
        until: Time,
    },
    /// It does.
    Running(Process),
}

/// A running child.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: Pid,
    pub(super) started: Time,
    /// The configuration that it works by.
    pub(super) in_force: Option<Generation>,
    link: Option<ChildLink>,
    /// It was started without programs to run, and cannot start any that has more rights than itself.
    is_confined: bool,
    pulse: Pulse,
    is_killed: bool,
}

impl Slot {
    /// The place of a child that is not needed yet.
    pub(super) fn new(kind: Kind, pid_file: Option<PidFile>) -> Self {
        Self {
            kind,
            is_needed: false,
            is_confined: false,
            pid_file,
            respawn: Respawn::default(),
            restarts: 0,
            state: State::Off,
        }
    }

    /// The child, if it runs.
    pub(super) const fn process(&self) -> Option<&Process> {
        match &self.state {
            State::Running(process) => Some(process),
            State::Off | State::Waiting { .. } => None,
        }
    }

    /// The child, if it runs.
    pub(super) const fn process_mut(&mut self) -> Option<&mut Process> {
        match &mut self.state {
            State::Running(process) => Some(process),
            State::Off | State::Waiting { .. } => None,
        }
    }

    /// Starts the child.
    pub(super) fn start(&mut self, start: Start, supply: Supply<'_>) -> io::Result<()> {
        let mut process = Process::start(self.kind, start, self.pid_file.as_ref(), supply)?;
        process.is_confined = self.is_confined;
        let pid = process.pid;
        if let Some(file) = &self.pid_file
            && let Err(error) = file.write(pid.as_raw().unsigned_abs())
        {
            tracing::error!("{error}");
        }
        tracing::info!("Starting {} child process, pid={pid}", self.kind);
        self.state = State::Running(process);
        Ok(())
    }

    /// Hands over a new configuration. One that names programs to run comes with a launcher for a child that was confined.
    pub(super) fn reload(&mut self, generation: Generation, configuration: BorrowedFd<'_>) {
        let State::Running(process) = &mut self.state else {
            return;
        };
        if process.is_confined && !self.is_confined {
            match launch() {
                Ok(connection) => process.send(&ToChild::Launcher, &[connection.as_fd()]),
                Err(error) => tracing::error!("starting a launcher for the {} process: {error}", self.kind),
            }
        }
        process.reload(generation, configuration);
    }
}

impl Process {
    fn start(kind: Kind, start: Start, pid_file: Option<&PidFile>, supply: Supply<'_>) -> io::Result<Self> {
        let (link, theirs) = link::pair()?;
        let message = ToChild::Handover {
            kind,
            start,
            parent: getpid().as_raw(),
            settings: supply.settings.clone(),
            generation: supply.generation,
        };
        let orders = memory::seal("orders", supply.orders)?;
        let descriptors: Vec<_> = [supply.configuration, orders.as_fd()]
            .into_iter()
            .chain(pid_file.map(AsFd::as_fd))
            .collect();
        link.send(&message, &descriptors).map_err(io::Error::other)?;
        let mut command = Command::new("/proc/self/exe");
        if let [name, arguments @ ..] = supply.arguments {
            command.arg0(name).args(arguments);
        }
        // Blocked signals stay blocked in the child, so none can end it before it reads them.
        let child = command
            .env(VARIABLE, DESCRIPTOR)
            .env_remove(systemd::VARIABLE)
            .stdin(Stdio::from(theirs))
            .spawn()?;
        let now = clock::monotonic();
        Ok(Self {
            pid: Pid::from_raw(child.id().cast_signed()),
            started: now,
            in_force: None,
            link: Some(link),
            is_confined: false,
            pulse: Pulse::starting(now),
            is_killed: false,
        })
    }

    /// The link, while both ends of it are there.
    pub(super) const fn link(&self) -> Option<&ChildLink> {
        self.link.as_ref()
    }

    /// The next message of the child.
    pub(super) fn receive(&mut self) -> Option<ToParent> {
        match self.link.as_ref()?.receive() {
            Ok(message) => message,
            Err(error) => {
                if !matches!(error, LinkError::Closed) {
                    tracing::error!("process {}: {error}", self.pid);
                }
                // What is left to see of it is its end.
                self.link = None;
                None
            }
        }
    }

    /// The child answered a question.
    pub(super) fn answered(&mut self, sequence: u64) {
        self.pulse.answered(sequence);
    }

    /// The child works by a configuration, or refuses to.
    pub(super) const fn settled(&mut self, generation: Generation) {
        self.in_force = Some(generation);
        self.pulse.settled();
    }

    fn reload(&mut self, generation: Generation, configuration: BorrowedFd<'_>) {
        self.pulse.busy(clock::monotonic());
        self.send(&ToChild::Reload { generation }, &[configuration]);
    }

    /// Sends a message. A child that cannot take it will be found hung or dead.
    pub(super) fn send(&self, message: &ToChild, descriptors: &[BorrowedFd<'_>]) {
        let sent = self
            .link
            .as_ref()
            .map_or(Err(LinkError::Closed), |link| link.send(message, descriptors));
        if let Err(error) = sent
            && !matches!(message, ToChild::Ping { .. })
        {
            tracing::error!("process {} cannot be told {message:?}: {error}", self.pid);
        }
    }

    /// Asks the child whether it is alive, or kills it when it has not been for too long.
    pub(super) fn watch(&mut self, kind: Kind, beat: Beat, now: Time) {
        if self.is_killed {
            return;
        }
        match self.pulse.judge(beat, now) {
            Verdict::Ask { sequence } => self.send(&ToChild::Ping { sequence }, &[]),
            Verdict::Hung => {
                tracing::error!(target: ALERT, "{kind} child process({}) does not answer: killing it", self.pid);
                self.signal(Signal::SIGKILL);
                self.is_killed = true;
            }
        }
    }

    /// Who would have killed it.
    pub(super) const fn killer(&self) -> Killer {
        if self.is_killed {
            Killer::Supervisor
        } else {
            Killer::Unknown
        }
    }

    /// Sends a signal. The pid is that of this child for sure: nobody else reaps it.
    pub(super) fn signal(&self, signal: Signal) {
        match kill(self.pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => tracing::error!("process {} cannot be sent {signal}: {errno}", self.pid),
        }
    }
}
