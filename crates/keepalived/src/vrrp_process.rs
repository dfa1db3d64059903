//! The VRRP process: the thin shell around [`vrrp::Router`].
//!
//! One thread owns everything and waits in one place, the [`Poller`]. It sends the adverts, so it waits for nothing else:
//! the kernel is changed by the writer's thread, lines are written by the log's, a new configuration is opened and dumps
//! are written in the background. A turn of the loop:
//!
//! ```text
//! leave adverts alone for a moment, if they come closely one after the other
//! wait until the router's deadline or until something is readable; a little less where an instance is to take over
//! read both clocks, once; from here on log lines are kept back
//! adverts that have arrived  ─► router
//! deadline reached?          ─► router ─► outbox: adverts leave first, by one system call
//! signals, parent            ─►
//! writer, monitor            ─► router ─► outbox, worked off in its order
//! addresses asked for?       ─► a moment for the kernel's answer
//! a portion of the gratuitous ARPs that wait
//! hand the log lines over
//! ```
//!
//! Everything in a turn is bounded (datagrams, notifications, frames), so that neither a flood of packets nor thousands of
//! addresses hold up the next deadline; what is left over is taken up in the next turn, after the deadlines.
//!
//! The process decides nothing. It starts ([`start`]), translates ([`objects`], [`observe`], [`sockets`]), keeps the
//! receipts ([`requests`]) and ends ([`stop`]) when the router says that everything is out of the kernel.

mod announcements;
mod assigned;
mod burst;
mod dump;
mod environment;
mod firewall;
mod leftovers;
mod linger;
mod links;
mod objects;
mod observe;
mod operator;
mod outside;
mod pace;
mod receive_buffer;
mod reload;
mod report;
mod requests;
mod serve;
mod sockets;
mod start;
mod stop;
mod sync_daemon;
mod work_off;

use crate::clock;
use crate::exit::Exit;
use crate::handover::Handover;
use crate::link::ParentLink;
use crate::log;
use crate::notify::KernelWork;
use crate::privileges;
use crate::runtime::background::Background;
use crate::runtime::errands::Errands;
use crate::runtime::lateness::Lateness;
use crate::runtime::stopping::Stopping;
use crate::scheduling::RealTime;
use crate::settings::Settings;
use crate::signals::Signals;
use announcements::Announcements;
use assigned::Assigned;
use burst::Burst;
use environment::Environment;
use kernel::monitor::{Change, Monitor, Watch};
use kernel::poll::{Pace, Poller, Token};
use kernel::sys::give_back;
use linger::Linger;
use model::{Configuration, Globals, IfIndex, Micros, Time};
use outside::{Outside, Readings};
use pace::Hearing;
use receive_buffer::BufferSizes;
use reload::Pending;
use report::AddressLines;
use requests::{Receipt, Requests};
use sockets::Sockets;
use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use sync_daemon::{Following, SyncFollower};
use vrrp::{Input, Now, Outbox, Router, WallTime};

/// All there is in the process.
struct VrrpProcess {
    router: Router,
    outbox: Outbox,
    settings: Settings,
    globals: Arc<Globals>,
    real_time: RealTime,
    lateness: Lateness,
    /// How many configurations have been taken over since the start.
    reloads: u64,
    parent: ParentLink,
    signals: Signals,
    poller: Poller,
    pace: Pace,
    hearing: Hearing,
    ready: Vec<Token>,
    monitor: Monitor,
    watch: Watch,
    changes: Vec<Change>,
    requests: Requests,
    burst: Burst,
    linger: Linger,
    environment: Environment,
    /// Receipts that wait until the monitor has been read.
    receipts: Vec<Receipt>,
    sockets: Sockets,
    sizes: BufferSizes,
    announcements: Announcements,
    /// Interfaces that take no announcements at the moment, whose room is waited for.
    blocked: BTreeSet<IfIndex>,
    /// The configuration of a reload, while it is being opened.
    opening: Option<Background<io::Result<(Configuration, Readings)>>>,
    /// One that has been opened and waits for its links.
    pending: Option<Pending>,
    errands: Errands,
    outside: Outside,
    sync_daemon: SyncFollower,
    assigned: Assigned,
    address_lines: AddressLines,
    /// Interfaces that have changed in this turn.
    touched: BTreeSet<IfIndex>,
    /// Interfaces on which sockets that could not be opened are to be tried again.
    to_retry: BTreeSet<IfIndex>,
    stopping: Stopping,
    /// Whether a start or a reload is under way that leaves memory behind.
    untidy: bool,
    /// The lock on the pid file ends with the last descriptor of it.
    _pid_file: Option<OwnedFd>,
}

/// The body of the VRRP child.
#[must_use]
pub fn run(handover: Handover) -> Exit {
    // Before: afterwards no module can be loaded. That it cannot be is said when the daemon is started.
    drop(Following::of(&handover.configuration).map(|following| following.open()));
    privileges::seal(handover.kind, &handover.configuration);
    let outcome = VrrpProcess::start(handover).and_then(VrrpProcess::live);
    match outcome {
        Ok(()) => {
            stop::log_stopped();
            Exit::Normal
        }
        Err(error) => {
            tracing::error!("{error}");
            error.exit()
        }
    }
}

/// Why the process cannot go on.
#[derive(Debug, thiserror::Error)]
enum ProcessError {
    /// The kernel refuses what every VRRP process needs.
    #[error("{0}; VRRP needs the capabilities CAP_NET_ADMIN and CAP_NET_RAW")]
    Permission(String),
    /// Anything else that a new process may not meet.
    #[error("{what}: {source}")]
    System { what: &'static str, source: io::Error },
}

impl ProcessError {
    /// For `map_err`: what was tried when it failed.
    fn of(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission(format!("{what}: {source}")),
            _ => Self::System { what, source },
        }
    }

    /// The status that tells the supervisor whether to try again.
    const fn exit(&self) -> Exit {
        match self {
            Self::Permission(_) => Exit::Permission,
            Self::System { .. } => Exit::Software,
        }
    }
}

/// Both clocks at this moment.
fn now() -> Now {
    Now {
        time: clock::monotonic(),
        wall: WallTime(clock::wall().0),
    }
}

impl VrrpProcess {
    /// Turns until everything is stopped.
    fn live(mut self) -> Result<(), ProcessError> {
        while self.stopping != Stopping::Done {
            self.turn()?;
        }
        self.end();
        Ok(())
    }

    /// One turn of the loop.
    fn turn(&mut self) -> Result<(), ProcessError> {
        self.pause()?;
        let before = clock::monotonic();
        let timeout = self.until_takeover(before, self.timeout(before));
        let mut ready = std::mem::take(&mut self.ready);
        self.poller
            .wait(timeout, &mut ready)
            .map_err(ProcessError::of("waiting for events"))?;
        let now = now();
        self.real_time.note_wait(now.time, now.time.since(before));
        let _lines = log::Hold::new();
        self.hear_adverts(now, &ready);
        self.work_off(now)?;
        self.keep_deadlines(now)?;
        let served = self.serve(now, &ready);
        self.ready = ready;
        served?;
        self.work_off(now)?;
        self.linger()?;
        self.hand_links_over();
        self.announce()?;
        let work = self
            .burst
            .judge(now.time, self.kernel_work(now.time), self.requests.count());
        self.outside.kernel_work(now.time, work);
        self.stopping.end_in_time(now.time, stop::PATIENCE);
        self.tidy();
        Ok(())
    }

    /// Whether addresses are on their way into the kernel and to the network, or will be in a moment: the first of a burst of
    /// takeovers comes alone.
    fn kernel_work(&self, now: Time) -> KernelWork {
        let is_imminent = |due: Time| due.since(now) <= burst::QUIET;
        if self.announcements.is_ready() || self.router.next_takeover().is_some_and(is_imminent) {
            KernelWork::UnderWay
        } else {
            self.requests.work()
        }
    }

    /// Gives memory back once nothing of a start or a reload is under way any more.
    fn tidy(&mut self) {
        if self.untidy && self.requests.work() == KernelWork::Done && !self.announcements.is_ready() {
            self.untidy = false;
            give_back();
        }
    }

    /// Does what is due, a portion at a time, each advert close to its deadline whatever is due after it.
    fn keep_deadlines(&mut self, now: Now) -> Result<(), ProcessError> {
        let Some(mut deadline) = self.router.deadline() else {
            return Ok(());
        };
        let is_takeover = self.router.next_takeover().is_some_and(|due| due <= now.time);
        let until = if is_takeover {
            now.time
        } else if let Some(until) = self.pace.due(deadline, now.time) {
            until
        } else {
            return Ok(());
        };
        self.note_lateness(now.time.since(deadline));
        let meant = Now { time: until, ..now };
        loop {
            self.handle(meant, Input::DeadlineReached);
            // A deadline that has been moved since was only looked at again: that must not put the next one off.
            if !self.outbox.is_empty() {
                self.pace.handled(deadline, now.time);
            }
            match self.router.deadline().filter(|next| *next <= until) {
                Some(next) => deadline = next,
                None => return self.work_off(now),
            }
            self.send_adverts();
        }
    }

    fn note_lateness(&mut self, late: Micros) {
        self.real_time.note_lateness(late);
        self.lateness.note(late);
    }

    /// Lets adverts that come closely one after the other gather.
    fn pause(&mut self) -> Result<(), ProcessError> {
        let now = clock::monotonic();
        let pause = self.hearing.pause(now);
        let pause = self.timeout(now).map_or(pause, |timeout| timeout.min(pause));
        let pause = pause.max(self.real_time.rest(now).unwrap_or_default());
        if pause.is_zero() {
            return Ok(());
        }
        self.poller
            .pause(pause)
            .map_err(ProcessError::of("waiting for events"))?;
        let after = clock::monotonic();
        self.real_time.note_wait(after, after.since(now));
        Ok(())
    }

    /// How long to wait at most.
    fn timeout(&self, now: Time) -> Option<Micros> {
        if self.announcements.is_ready() {
            return Some(Micros::ZERO);
        }
        let deadline = self
            .router
            .deadline()
            .map(|deadline| self.pace.until(deadline, now));
        let others = [self.stopping.deadline(), self.burst.deadline()];
        let others = others.into_iter().flatten().map(|deadline| deadline.since(now));
        deadline.into_iter().chain(others).min()
    }

    fn handle(&mut self, now: Now, input: Input<'_>) {
        self.router.handle(now, input, &mut self.outbox);
    }
}
