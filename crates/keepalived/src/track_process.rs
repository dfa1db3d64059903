//! Tracked processes: how many of them run (`spec/config-global.md` section 6).
//!
//! A thread hears from the kernel what processes do (`kernel::process_events`) and keeps the numbers. Where the kernel does
//! not tell, as in most containers, it counts every second instead. After events were lost it counts anew.

mod count;
mod pattern;
mod proc;

use crate::findings::{Finding, Guard};
use crate::runtime::inbox::{Inbox, Poster, Senders};
use count::Counts;
use kernel::ReceiveBuffer;
use kernel::process_events::{Completeness, ProcessEvent, ProcessEvents, Unavailable};
use model::{NetlinkBuffers, TrackProcess};
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use proc::Proc;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::Builder;

/// How often processes are counted where the kernel does not tell of them, in milliseconds.
const COUNT: u16 = 1_000;

/// Events that are read before the numbers are looked at.
const BATCH: usize = 512;

/// The network namespace in which the kernel tells of processes: that of process 1.
const FIRST_NAMESPACE: &str = "/proc/1/ns/net";

/// Receive buffer without a setting: some thousand events, as a build or a boot makes at once.
const BUFFER: usize = 1 << 20;

/// How many processes match now.
#[must_use]
pub fn count(process: &TrackProcess) -> u32 {
    let mut counts = Counts::new(std::slice::from_ref(process));
    counts.scan(&Proc);
    counts.of(0)
}

/// The watch over all processes of a configuration. Dropping it ends the thread.
#[derive(Debug)]
pub struct ProcessWatch {
    processes: Poster<Vec<TrackProcess>>,
}

impl ProcessWatch {
    /// Begins to watch. The first numbers follow at once.
    pub(crate) fn start(
        processes: Vec<TrackProcess>,
        buffers: NetlinkBuffers,
        findings: Poster<Finding>,
    ) -> io::Result<Self> {
        let (sender, inbox) = Inbox::new()?;
        Builder::new().name("processes".to_owned()).spawn(move || {
            let _guard = Guard::new(findings.clone(), "processes");
            Watch {
                inbox,
                findings,
                events: listen(buffers),
                counts: Counts::new(&[]),
                names: Vec::new(),
            }
            .live();
        })?;
        sender.post(processes);
        Ok(Self { processes: sender })
    }

    /// Watches these processes from now on. All their numbers follow.
    pub fn configure(&self, processes: Vec<TrackProcess>) {
        self.processes.post(processes);
    }
}

/// Listens in this namespace or, where nothing is told here, in that of process 1. It is only this thread that goes there.
fn listen(buffers: NetlinkBuffers) -> Option<ProcessEvents> {
    let setting = buffers.process_monitor;
    let bytes = usize::try_from(setting.bytes).unwrap_or(usize::MAX);
    let buffer = match (bytes, setting.force) {
        (0, _) => ReceiveBuffer::Forced(BUFFER),
        (_, true) => ReceiveBuffer::Forced(bytes),
        (_, false) => ReceiveBuffer::Limited(bytes),
    };
    let opened = match ProcessEvents::open(buffer) {
        Err(Unavailable::Namespace) if enter_first_namespace().is_ok() => ProcessEvents::open(buffer),
        opened => opened,
    };
    opened
        .inspect_err(|error| {
            tracing::warn!(
                "Failed to set process event listen - errno {} ({error}); tracked processes are counted every second instead",
                error.errno()
            );
        })
        .ok()
}

fn enter_first_namespace() -> nix::Result<()> {
    let namespace = open(FIRST_NAMESPACE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    setns(namespace, CloneFlags::CLONE_NEWNET)
}

#[derive(Debug)]
struct Watch {
    inbox: Inbox<Vec<TrackProcess>>,
    findings: Poster<Finding>,
    events: Option<ProcessEvents>,
    counts: Counts,
    names: Vec<Name>,
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    /// Other processes are to be watched; there may be events as well.
    News,
    /// Processes did something, or it is time to count them.
    Events,
}

#[derive(Debug)]
struct Name {
    name: Arc<str>,
    /// The number that was reported.
    reported: Option<u32>,
}

impl Watch {
    fn live(mut self) {
        let (mut news, mut events) = (Vec::new(), Vec::new());
        loop {
            if self.wait() == Wake::News && self.inbox.collect(&mut news) == Senders::Gone {
                return;
            }
            if let Some(processes) = news.drain(..).next_back() {
                self.configure(&processes);
            }
            self.take_events(&mut events);
            self.report();
        }
    }

    fn wait(&self) -> Wake {
        let mut descriptors = vec![PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN)];
        let timeout = match &self.events {
            Some(events) => {
                descriptors.push(PollFd::new(events.as_fd(), PollFlags::POLLIN));
                PollTimeout::NONE
            }
            None => PollTimeout::from(COUNT),
        };
        // A wait that fails is a wait that ends early.
        let _ = poll(&mut descriptors, timeout);
        if descriptors[0].any() == Some(true) {
            Wake::News
        } else {
            Wake::Events
        }
    }

    /// What is counted is what runs now; events that are still to be read change nothing that they have changed already.
    fn configure(&mut self, processes: &[TrackProcess]) {
        self.counts = Counts::new(processes);
        self.counts.scan(&Proc);
        let name = |process: &TrackProcess| Name {
            name: Arc::from(process.name.as_str()),
            reported: None,
        };
        self.names = processes.iter().map(name).collect();
    }

    fn take_events(&mut self, events: &mut Vec<ProcessEvent>) {
        let Some(socket) = &mut self.events else {
            self.counts.scan(&Proc);
            return;
        };
        let read = socket.read(events, BATCH);
        for event in events.drain(..) {
            self.counts.note(event, &Proc);
        }
        match read {
            Ok(Completeness::Complete) => {}
            Ok(Completeness::Lost) => {
                tracing::info!("events of processes were lost: all processes are counted again");
                self.counts.scan(&Proc);
            }
            Err(error) => {
                tracing::error!("events of processes: {error}; they are counted every second from now on");
                self.events = None;
            }
        }
    }

    fn report(&mut self) {
        for (position, name) in self.names.iter_mut().enumerate() {
            let count = self.counts.of(position);
            if name.reported != Some(count) {
                name.reported = Some(count);
                let process = Arc::clone(&name.name);
                self.findings.post(Finding::ProcessesCounted { process, count });
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
