//! The handle of the launcher, in the process that wants scripts run.

use super::launcher::HELPER;
use super::messages::{JobId, Order, Output, Report, ScriptSignal};
use super::packets::{Packets, Received, Sent};
use super::printed;
use super::{End, Origin, Program};
use crate::helper::Surroundings;
use crate::{clock, log, privileges};
use model::{Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Child;

/// A launcher that dies is replaced at once, but not more often than this.
const RESTART: Micros = Micros::from_secs(1);

/// How long the process may take to take its last orders, in milliseconds.
const LAST_ORDERS: u16 = 200;

/// Status by which a shell says that there is no such command.
const NOT_FOUND: i32 = 127;
/// Status by which a shell says that the command cannot be executed.
const NOT_EXECUTABLE: i32 = 126;

/// Starts scripts, ends them, and hears how they ended. Nothing here waits for anything.
///
/// The thread that starts the first script must live as long as scripts may run.
#[derive(Debug)]
pub struct Launcher {
    origin: Origin,
    process: Option<Process>,
    /// When the process was started last.
    started: Option<Time>,
    jobs: u64,
    /// Scripts that have not ended.
    running: BTreeMap<JobId, Job>,
    /// Ends that did not come from the process.
    ended: Vec<Ended>,
    /// Scripts without `#!` that were told.
    told: HashSet<String>,
}

/// A script that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The run.
    pub job: JobId,
    /// How.
    pub end: End,
    /// The last of what it printed, about a thousand characters at most, without control characters but the ends of lines. Nothing
    /// if that is blank, or not kept.
    pub output: Option<String>,
}

#[derive(Debug)]
struct Process {
    /// The process, where it is a child of this one.
    child: Option<Child>,
    packets: Packets,
    /// Orders that the socket had no room for.
    waiting: VecDeque<Vec<u8>>,
}

#[derive(Debug)]
struct Job {
    name: String,
    by_shell: bool,
}

/// Starts the process for another one, and returns the connection to it.
pub(crate) fn launch() -> io::Result<OwnedFd> {
    // It ends with its connection, and is reaped with all that has ended.
    execute().map(|(_, packets)| packets.into())
}

fn execute() -> io::Result<(Child, Packets)> {
    let (packets, theirs) = Packets::pair()?;
    let child = HELPER.command(theirs, Surroundings::Kept).spawn()?;
    Ok((child, packets))
}

impl Launcher {
    /// A handle without process; it is started with the first script, or by [`prepare`](Self::prepare).
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            process: None,
            started: None,
            jobs: 0,
            running: BTreeMap::new(),
            ended: Vec::new(),
            told: HashSet::new(),
        }
    }

    /// Starts the process now, so that the first script need not wait for it.
    pub fn prepare(&mut self) {
        if self.process.is_none()
            && let Err(error) = self.start_process()
        {
            tracing::error!("starting {HELPER}: {error}");
        }
    }

    fn start_process(&mut self) -> io::Result<()> {
        let now = clock::monotonic();
        if self.started.is_some_and(|started| now < started + RESTART) {
            return Err(io::Error::other("it has just been started, and died"));
        }
        self.started = Some(now);
        if privileges::is_sealed() {
            tracing::warn!(
                "{HELPER} has no more rights than this process: scripts that need more fail until a reload"
            );
        }
        let (child, packets) = execute()?;
        self.begin(Some(child), packets)
    }

    fn begin(&mut self, child: Option<Child>, packets: Packets) -> io::Result<()> {
        let begin = Packets::encode(&Order::Begin(self.origin.clone()))?;
        self.process = Some(Process {
            child,
            packets,
            waiting: VecDeque::from([begin]),
        });
        self.flush();
        Ok(())
    }

    /// Takes over a process that another one has started with [`launch`], unless there is one already.
    pub(crate) fn adopt(&mut self, connection: OwnedFd) {
        if self.process.is_none()
            && let Err(error) = self.begin(None, Packets::new(connection))
        {
            tracing::error!("{HELPER}: {error}");
        }
    }

    /// Starts a script. How it ended, or that it could not be started, comes with [`collect`](Self::collect), and with it what it
    /// printed last if `output` is to be kept.
    pub fn start(&mut self, program: Program, output: Output) -> JobId {
        self.prepare();
        self.jobs += 1;
        let id = JobId(self.jobs);
        let job = Job {
            name: program.to_string(),
            by_shell: false,
        };
        self.running.insert(id, job);
        if let Err(error) = self.order(&Order::Start(id, program, output)) {
            self.not_started(id, error.raw_os_error().unwrap_or(Errno::EIO as i32));
        } else if self.process.is_none() {
            self.finish(id, End::Signalled(Signal::SIGKILL as i32), None);
        }
        id
    }

    /// Sends a signal to the process group of a script. One that has ended is left alone.
    pub fn signal(&mut self, job: JobId, signal: ScriptSignal) {
        if self.running.contains_key(&job)
            && let Err(error) = self.order(&Order::Signal(job, signal))
        {
            tracing::error!("{HELPER}: {error}");
        }
    }

    fn order(&mut self, order: &Order) -> io::Result<()> {
        let bytes = Packets::encode(order)?;
        if let Some(process) = &mut self.process {
            process.waiting.push_back(bytes);
        }
        self.flush();
        Ok(())
    }

    /// Sends what can be sent.
    fn flush(&mut self) {
        let Some(process) = &mut self.process else { return };
        while let Some(bytes) = process.waiting.front() {
            match process.packets.send(bytes) {
                Ok(Sent::Yes) => drop(process.waiting.pop_front()),
                // That it is closed is found by whoever reads.
                Ok(Sent::Full | Sent::Closed) => return,
                Err(error) => {
                    tracing::error!("{HELPER}: {error}");
                    process.waiting.pop_front();
                }
            }
        }
    }

    /// What to wait for, if there is anything: then call [`collect`](Self::collect).
    #[must_use]
    pub fn descriptor(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let process = self.process.as_ref()?;
        let flags = if process.waiting.is_empty() {
            PollFlags::POLLIN
        } else {
            PollFlags::POLLIN | PollFlags::POLLOUT
        };
        Some((process.packets.as_fd(), flags))
    }

    /// Takes in what has ended since the last call.
    pub fn collect(&mut self, ended: &mut Vec<Ended>) {
        self.flush();
        while let Some(process) = &mut self.process {
            match process.packets.receive() {
                Ok(Received::Message(report)) => self.note(report),
                Ok(Received::Nothing) => break,
                Ok(Received::Closed) => self.lost(None),
                Err(error) => self.lost(Some(&error)),
            }
        }
        ended.append(&mut self.ended);
    }

    /// Ends the process, which carries out its orders before. Scripts that still run get `SIGTERM`.
    pub fn end(mut self) {
        while let Some(process) = &mut self.process
            && !process.waiting.is_empty()
        {
            let mut descriptors = [PollFd::new(process.packets.as_fd(), PollFlags::POLLOUT)];
            if poll(&mut descriptors, PollTimeout::from(LAST_ORDERS)) != Ok(1) {
                break;
            }
            self.flush();
        }
    }

    fn note(&mut self, report: Report) {
        match report {
            Report::ByShell(id) => {
                let Some(job) = self.running.get_mut(&id) else {
                    return;
                };
                job.by_shell = true;
                if self.told.insert(job.name.clone()) {
                    tracing::warn!("Please add a #! shebang to script {}", job.name);
                }
            }
            Report::NotStarted(id, errno) => self.not_started(id, errno),
            Report::Ended(id, end, output) => self.finish(id, end, printed::text(&output)),
        }
    }

    fn not_started(&mut self, id: JobId, errno: i32) {
        if let Some(job) = self.running.get(&id) {
            tracing::error!(
                target: log::ALERT,
                "Error exec-ing command '{}', error {errno}: {}",
                job.name,
                Errno::from_raw(errno).desc()
            );
        }
        self.finish(id, End::NOT_STARTED, None);
    }

    fn finish(&mut self, job: JobId, end: End, output: Option<String>) {
        let Some(Job { name, by_shell }) = self.running.remove(&job) else {
            return;
        };
        let end = match end {
            End::Exited(NOT_FOUND) if by_shell => {
                tracing::error!(target: log::ALERT, "Couldn't find command: {name}");
                End::NOT_STARTED
            }
            End::Exited(NOT_EXECUTABLE) if by_shell => {
                tracing::error!(target: log::ALERT, "Couldn't execute command: {name}");
                End::NOT_STARTED
            }
            end => end,
        };
        self.ended.push(Ended { job, end, output });
    }

    /// The process has gone, and what it started has got `SIGTERM`. Nothing more will be heard of that.
    fn lost(&mut self, error: Option<&io::Error>) {
        if let Some(mut process) = self.process.take() {
            drop(process.packets);
            // It has closed its end, or does so now that ours is closed: it is gone within moments.
            let status = process.child.as_mut().map(Child::wait);
            let why = error.map(ToString::to_string).unwrap_or_default();
            tracing::error!(target: log::ALERT, "{HELPER} died ({status:?}) {why}");
        }
        for job in std::mem::take(&mut self.running).into_keys() {
            let end = End::Signalled(Signal::SIGKILL as i32);
            let output = None;
            self.ended.push(Ended { job, end, output });
        }
    }
}
