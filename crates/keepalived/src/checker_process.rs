//! The checker process: the thin shell around [`check::Director`].
//!
//! One thread owns everything and waits in one place, the [`Poller`]. It waits for nothing else: IPVS is changed by the
//! writer's thread ([`ipvs`]), scripts, FIFOs and mails are others' business ([`crate::notify`]), sockets never block
//! ([`conversations`]), files and configurations are read elsewhere. A turn of the loop:
//!
//! ```text
//! wait until the first deadline or until something is ready
//! read the clock, once
//! sockets that are ready      ─► conversations ─┐
//! conversations, scripts late ─► conversations ─┴► outcomes ─► director ─► outbox
//! checks that are due, some   ─────────────────────────────► director ─► outbox
//! signals, parent, findings, addresses
//! outbox: runs begin, lines are logged, changes of IPVS go to the writer in one batch,
//!         scripts, FIFOs and mails wait until that batch is done
//! ```
//!
//! The process decides nothing. It starts ([`start`]), takes in ([`serve`]), carries out ([`work_off`]), and ends
//! ([`stop`]).

mod addresses;
mod conversations;
mod dump;
mod ipvs;
mod later;
mod operator;
mod outside;
mod pace;
mod ping_group;
mod regex;
mod reload;
mod report;
mod scripts;
mod serve;
mod socket;
mod start;
mod stop;
pub(crate) mod tls;
mod work_off;

use crate::clock;
use crate::exit::Exit;
use crate::handover::Handover;
use crate::ipvs_table;
use crate::link::ParentLink;
use crate::privileges;
use crate::runtime::background::Background;
use crate::runtime::errands::Errands;
use crate::runtime::lateness::Lateness;
use crate::runtime::stopping::Stopping;
use crate::scheduling::RealTime;
use crate::settings::Settings;
use crate::signals::Signals;
use addresses::Addresses;
use check::{Director, Input, Outbox};
use conversations::{Conversations, Finished};
use ipvs::repairs::Repairs;
use ipvs::{Leftovers, Writer};
use kernel::ipvs::Backend;
use kernel::poll::{Event, Poller};
use later::Later;
use model::{Globals, Micros, Time};
use outside::Outside;
use pace::Turns;
use ping_group::PingGroup;
use regex::Patterns;
pub(crate) use regex::check as check_pattern;
use reload::Prepared;
use scripts::Scripts;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tls::TlsContext;

/// All there is in the process.
struct CheckerProcess {
    director: Director,
    outbox: Outbox,
    globals: Arc<Globals>,
    real_time: RealTime,
    lateness: Lateness,
    settings: Settings,
    parent: ParentLink,
    signals: Signals,
    poller: Poller,
    turns: Turns,
    ready: Vec<Event>,
    conversations: Conversations,
    scripts: Scripts,
    finished: Vec<Finished>,
    query_ids: QueryIds,
    tls: Option<TlsContext>,
    patterns: Patterns,
    writer: Writer,
    repairs: Repairs,
    /// What is told when the kernel has been changed.
    later: Later,
    errands: Errands,
    outside: Outside,
    /// Where `ha_suspend` is configured.
    addresses: Option<Addresses>,
    /// How many reloads there have been.
    reloads: u64,
    /// The configuration of a reload, while it is being prepared.
    opening: Option<Background<Result<Prepared, String>>>,
    /// The groups that may use the sockets of `PING_CHECK`, while they are changed.
    ping_group: Option<PingGroup>,
    stopping: Stopping,
    /// The lock on the pid file ends with the last descriptor of it.
    _pid_file: Option<OwnedFd>,
}

/// The body of the checker child.
#[must_use]
pub fn run(handover: Handover) -> Exit {
    tracing::info!("Initializing ipvs");
    let namespace = handover.configuration.globals.identity.net_namespace_ipvs.clone();
    match ipvs_table::open(namespace.as_deref()) {
        Ok(backend) => {
            // Not before: the module may have had to be loaded.
            privileges::seal(handover.kind, &handover.configuration);
            run_with(handover, backend)
        }
        Err(error) => {
            tracing::error!("{error}");
            Exit::Fatal
        }
    }
}

/// The same with another table of virtual servers than the kernel's.
#[must_use]
pub fn run_with(handover: Handover, backend: Box<dyn Backend>) -> Exit {
    let outcome = CheckerProcess::start(handover, backend).and_then(CheckerProcess::live);
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
    /// What a new process would meet as well.
    #[error("{0}")]
    Fatal(String),
    /// Anything else.
    #[error("{what}: {source}")]
    System { what: &'static str, source: io::Error },
}

impl ProcessError {
    /// For `map_err`: what was tried when it failed.
    const fn of(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { what, source }
    }

    /// The status that tells the supervisor whether to try again.
    const fn exit(&self) -> Exit {
        match self {
            Self::Fatal(_) => Exit::Fatal,
            Self::System { .. } => Exit::Software,
        }
    }
}

/// Identifiers of DNS queries that others cannot guess.
#[derive(Debug, Default)]
struct QueryIds {
    key: std::hash::RandomState,
    count: u64,
}

impl QueryIds {
    fn next(&mut self) -> u16 {
        use std::hash::BuildHasher as _;
        self.count += 1;
        let [first, second, ..] = self.key.hash_one(self.count).to_ne_bytes();
        u16::from_ne_bytes([first, second])
    }
}

impl CheckerProcess {
    /// Turns until everything is stopped.
    fn live(mut self) -> Result<(), ProcessError> {
        while self.stopping != Stopping::Done {
            self.turn()?;
        }
        Ok(())
    }

    /// One turn of the loop.
    fn turn(&mut self) -> Result<(), ProcessError> {
        self.pause()?;
        let before = clock::monotonic();
        let timeout = self.timeout(before);
        let mut ready = std::mem::take(&mut self.ready);
        self.poller
            .wait_for_events(timeout, &mut ready)
            .map_err(ProcessError::of("waiting for events"))?;
        let now = clock::monotonic();
        self.real_time.note_wait(now, now.since(before));
        self.turns.begin(now, ready.len());
        self.converse(now, &ready);
        if let Some(deadline) = self.director.deadline()
            && deadline <= now
        {
            self.real_time.note_lateness(now.since(deadline));
            self.lateness.note(now.since(deadline));
            self.director
                .handle(now, Input::DeadlineReached, &mut self.outbox);
        }
        if self.repairs.begin(now) {
            self.writer.repair(self.director.wanted(), Leftovers::Stay);
        }
        let served = self.serve(now, &ready);
        self.ready = ready;
        served?;
        self.work_off(now);
        self.stopping.end_in_time(now, stop::PATIENCE);
        Ok(())
    }

    /// Lets events gather that come closely one after the other.
    fn pause(&mut self) -> Result<(), ProcessError> {
        let now = clock::monotonic();
        let pause = self.turns.pause(now).max(self.real_time.rest(now));
        let Some(pause) = pause else { return Ok(()) };
        let pause = self.timeout(now).map_or(pause, |timeout| timeout.min(pause));
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
        if self.conversations.has_unfinished() {
            return Some(Micros::ZERO);
        }
        let paced = [
            self.director.deadline(),
            self.conversations.deadline(),
            self.scripts.deadline(),
            self.repairs.deadline(),
        ];
        let paced = paced.into_iter().flatten().min();
        let paced = paced.map(|deadline| self.turns.until(deadline, now));
        let patience = self.stopping.deadline().map(|deadline| deadline.since(now));
        paced.into_iter().chain(patience).min()
    }

    /// Goes on with the conversations and scripts that something has happened to, and tells the director what has come of them.
    fn converse(&mut self, now: Time, ready: &[Event]) {
        let mut finished = std::mem::take(&mut self.finished);
        for event in ready {
            if conversations::is_conversation(event.token) {
                self.conversations.wake(now, event, &mut finished);
            }
        }
        self.conversations.resume(now, &mut finished);
        self.conversations.expire(now, &mut finished);
        self.scripts.expire(now, &self.outside, &mut finished);
        self.finished = finished;
        self.finish_runs(now);
    }
}
