//! The process that starts, watches, reloads and stops the others.
//!
//! One loop: wait for a signal, a message of a child, a client of the control socket or a deadline; act; wait again.
//! Nothing in it waits for anything else: links and sockets do not block, log lines go to a queue. The one long step is
//! the reading of a configuration at a reload, during which the children go on by the old one.
//!
//! A reload (`SIGHUP`, the control socket, or a child that was asked) is read and judged here. Refused, nothing has
//! changed for anybody. Accepted, every child gets the new configuration, and the reload is complete when all have
//! said that it is in force. A reload that comes meanwhile is remembered, and however many come, one follows.

mod actions;
mod children;
mod death;
mod dump;
mod files;
mod inquiry;
mod metrics_process;
mod own_scripts;
mod reload;
mod respawn;
mod slot;
mod status;
mod watchdog;

use crate::child::Bodies;
use crate::control::{ClientId, Control, Request};
use crate::exit::Exit;
use crate::handover::{Kind, Start};
use crate::metrics::MetricsFile;
use crate::orders::{Action, Orders};
use crate::pid_file::{PidFile, RunFiles};
use crate::protocol::{Dump, Generation, ToChild, ToParent};
use crate::reading::Reading;
use crate::reload_time::ReloadTime;
use crate::runtime::errands::Errands;
use crate::scripts::{Attended, Origin};
use crate::settings::Settings;
use crate::signals::{SignalNumber, Signals};
use crate::status::document::ReloadStatus;
use crate::systemd::{Notifier, State as Notice};
use crate::{clock, memory};
use actions::Pending;
use files::Marker;
use inquiry::Inquiry;
use metrics_process::MetricsProcess;
use model::{Configuration, Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use own_scripts::OwnScript;
use slot::{Slot, State};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use watchdog::Watchdog;

/// `child_wait_time` where it is not configured.
const CHILD_WAIT: Micros = Micros::from_secs(5);

/// How often a scheduled reload is looked at anew.
const CLOCK_CHECK: Micros = Micros::from_secs(60);

/// Everything that has been decided before the supervisor begins.
pub(crate) struct Plan {
    /// The children that this build has.
    pub(crate) bodies: Bodies,
    /// The command line, the name of the program first.
    pub(crate) arguments: Vec<OsString>,
    /// What children get of it.
    pub(crate) settings: Settings,
    /// Which children may be started: on the command line, and with a locked pid file.
    pub(crate) pid_files: Vec<(Kind, PidFile)>,
    /// Where pid files are.
    pub(crate) run_files: RunFiles,
    /// `--all`.
    pub(crate) unconfigured: bool,
    /// `-R`.
    pub(crate) dont_respawn: bool,
    /// `--ignore-sigint`.
    pub(crate) ignore_sigint: bool,
    /// The signals of this process.
    pub(crate) signals: Signals,
    /// What scripts get back of what this process has changed for itself.
    pub(crate) origin: Origin,
    /// The service manager.
    pub(crate) notifier: Notifier,
    /// The control socket.
    pub(crate) control: Option<Control>,
    /// Reads the configuration again, given the one in force.
    pub(crate) read: Box<dyn Fn(&Configuration) -> Reading>,
}

/// A reload that the children are carrying out.
#[derive(Debug, Default)]
struct Reload {
    /// Who wants to know how it went.
    clients: Vec<ClientId>,
    /// What is to be said about it.
    report: String,
    /// The same for programs.
    messages: String,
    /// A child refused.
    has_failed: bool,
}

/// The supervisor.
pub(crate) struct Supervisor {
    plan: Plan,
    slots: Vec<Slot>,
    generation: Generation,
    /// The configuration in force, for children to come.
    configuration: OwnedFd,
    names: [Option<String>; 3],
    child_wait: Micros,
    shutdown_script: Option<OwnScript>,
    watchdog: Watchdog,
    /// The first configuration is in force everywhere.
    has_started: bool,
    reload: Option<Reload>,
    /// A reload to begin when this one is complete, with who wants to know about it.
    queued: Option<Vec<ClientId>>,
    /// `reload_time_file`.
    reload_time: Option<ReloadTime>,
    stop: Option<Stop>,
    errands: Errands,
    /// What operators have ordered.
    orders: Orders,
    /// What children have been asked for and have not answered.
    pending: Vec<Pending>,
    last_action: u64,
    /// Clients that wait for a status.
    inquiries: Vec<Inquiry>,
    metrics_file: MetricsFile,
    metrics_process: MetricsProcess,
    /// Time of day of the start.
    started_at: Micros,
    last_reload: Option<ReloadStatus>,
    /// `router_id` in force.
    router_id: String,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    exit: Exit,
    deadline: Time,
    is_forced: bool,
}

impl Supervisor {
    /// Starts the children that the configuration needs. `copy` is its text.
    pub(crate) fn start(mut plan: Plan, configuration: &Configuration, copy: &[u8]) -> io::Result<Self> {
        let pid_files = std::mem::take(&mut plan.pid_files);
        let now = clock::monotonic();
        let mut supervisor = Self {
            slots: pid_files
                .into_iter()
                .map(|(kind, file)| Slot::new(kind, Some(file)))
                .collect(),
            generation: Generation(1),
            configuration: memory::seal("keepalived.conf", configuration)?,
            names: [const { None }; 3],
            child_wait: CHILD_WAIT,
            shutdown_script: None,
            watchdog: Watchdog::new(now, clock::since_boot()),
            has_started: false,
            reload: None,
            queued: None,
            reload_time: None,
            stop: None,
            errands: Errands::default(),
            orders: Orders::default(),
            pending: Vec::new(),
            last_action: 0,
            inquiries: Vec::new(),
            metrics_file: MetricsFile::default(),
            metrics_process: MetricsProcess::default(),
            started_at: clock::wall(),
            last_reload: None,
            router_id: String::new(),
            plan,
        };
        Marker::remove_stale(
            &configuration.globals.files,
            &supervisor.plan.run_files.reload_marker(),
        );
        supervisor.adopt(configuration, copy);
        if let Some(script) = OwnScript::startup(&configuration.globals)
            && let Attended::Interrupted(_) = supervisor.run_own(&script, supervisor.stop_signals())
        {
            supervisor.begin_stop(Exit::Normal);
            return Ok(supervisor);
        }
        supervisor.start_needed(Start::First);
        if supervisor.slots.iter().all(|slot| !slot.is_needed) {
            tracing::warn!("Warning - keepalived has no configuration to run");
        }
        supervisor.settle();
        Ok(supervisor)
    }

    /// Runs until the daemon is stopped.
    pub(crate) fn run(mut self) -> Exit {
        loop {
            if let Some(stop) = self.stop
                && self.slots.iter().all(|slot| slot.process().is_none())
            {
                if let Some(script) = &self.shutdown_script {
                    self.run_own(script, &[]);
                }
                for file in self.slots.into_iter().filter_map(|slot| slot.pid_file) {
                    file.remove();
                }
                return stop.exit;
            }
            if let Err(error) = self.wait() {
                tracing::error!("poll: {error}");
                self.begin_stop(Exit::Software);
            }
            self.handle_signals();
            self.handle_messages();
            self.handle_clients();
            self.continue_status(clock::monotonic());
            self.handle_deadlines(clock::monotonic());
        }
    }

    /// Waits for something to happen.
    fn wait(&self) -> io::Result<()> {
        let links = self.slots.iter().filter_map(|slot| slot.process()?.link());
        let reload_file = self.reload_time.as_ref().and_then(ReloadTime::descriptor);
        let mut descriptors: Vec<_> =
            std::iter::once(PollFd::new(self.plan.signals.as_fd(), PollFlags::POLLIN))
                .chain(links.map(|link| PollFd::new(link.as_fd(), PollFlags::POLLIN)))
                .chain(self.plan.control.iter().flat_map(Control::descriptors))
                .chain(self.inquiries.iter().flat_map(Inquiry::descriptors))
                .chain(reload_file.map(|file| PollFd::new(file, PollFlags::POLLIN)))
                .collect();
        let timeout = self
            .next_deadline()
            .map(|deadline| deadline.since(clock::monotonic()));
        // Round up: a wait that ends a little early would end again and again until the deadline.
        let timeout = timeout.map_or(Ok(PollTimeout::NONE), |left| {
            PollTimeout::try_from(Duration::from(left + Micros::from_millis(1)))
        });
        match poll(&mut descriptors, timeout.unwrap_or(PollTimeout::MAX)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let is_watching = self.slots.iter().any(|slot| slot.process().is_some());
        let respawns = self.slots.iter().filter_map(|slot| match slot.state {
            State::Waiting { until } => Some(until),
            State::Off | State::Running(_) => None,
        });
        let watch = is_watching.then(|| self.watchdog.due());
        let stop = self.stop.filter(|stop| !stop.is_forced).map(|stop| stop.deadline);
        // A clock that is set may bring the time of a reload nearer, so look again each minute.
        let reload = self.reload_time.as_ref().and_then(ReloadTime::left);
        let reload = reload.map(|left| clock::monotonic() + left.min(CLOCK_CHECK));
        let inquiries = self.inquiries.iter().map(|inquiry| inquiry.deadline);
        let actions = self.pending.iter().filter_map(Pending::deadline);
        let metrics = self.metrics_process.due().filter(|_| self.stop.is_none());
        respawns
            .chain(metrics)
            .chain(watch)
            .chain(stop)
            .chain(reload)
            .chain(inquiries)
            .chain(actions)
            .min()
    }

    fn handle_signals(&mut self) {
        loop {
            match self.plan.signals.next() {
                Ok(Some(signal)) => self.handle_signal(signal),
                Ok(None) => return,
                Err(error) => {
                    tracing::error!("signalfd: {error}");
                    return;
                }
            }
        }
    }

    fn handle_signal(&mut self, signal: SignalNumber) {
        match signal {
            SignalNumber::RELOAD => self.request_reload(None),
            SignalNumber::STOP => self.begin_stop(Exit::Normal),
            SignalNumber::INTERRUPT if !self.plan.ignore_sigint => self.begin_stop(Exit::Normal),
            SignalNumber::CHILD => self.reap(),
            SignalNumber::DATA => {
                self.dump(Dump::Data, &Kind::ALL);
                self.dump_globals();
            }
            SignalNumber::STATS => self.dump(Dump::Stats, &[Kind::Vrrp]),
            SignalNumber::STATS_CLEAR => self.dump(Dump::StatsClear, &[Kind::Vrrp]),
            SignalNumber::JSON => self.dump(Dump::Json, &[Kind::Vrrp]),
            _ => {}
        }
    }

    fn dump(&self, dump: Dump, kinds: &[Kind]) {
        for slot in self.slots.iter().filter(|slot| kinds.contains(&slot.kind)) {
            if let Some(process) = slot.process() {
                process.send(&ToChild::Dump(dump), &[]);
            }
        }
    }

    fn handle_messages(&mut self) {
        let mut wants_reload = false;
        let mut has_settled = false;
        let mut acted = Vec::new();
        for slot in &mut self.slots {
            let kind = slot.kind;
            let Some(process) = slot.process_mut() else {
                continue;
            };
            while let Some(message) = process.receive() {
                match message {
                    ToParent::Pong { sequence } => process.answered(sequence),
                    ToParent::ReloadRequested => wants_reload = true,
                    ToParent::Acted { number, outcome } => acted.push((number, outcome)),
                    ToParent::InForce { generation } => {
                        process.settled(generation);
                        has_settled = true;
                    }
                    ToParent::Refused { generation, reason } => {
                        let text = format!("{kind} process kept the old configuration: {reason}");
                        tracing::error!("{text}");
                        process.settled(generation);
                        has_settled = true;
                        if let Some(reload) = &mut self.reload {
                            reload.has_failed = true;
                            reload.report.push_str(&text);
                            reload.report.push('\n');
                        }
                    }
                }
            }
        }
        for (number, outcome) in acted {
            self.end_action(number, outcome);
        }
        if has_settled {
            self.settle();
        }
        if wants_reload {
            self.request_reload(None);
        }
    }

    fn handle_clients(&mut self) {
        let requests = self.plan.control.as_mut().map(Control::serve).unwrap_or_default();
        let now = clock::monotonic();
        for (client, peer, request) in requests {
            let action = match request {
                Request::Reload => {
                    self.request_reload(Some(client));
                    continue;
                }
                Request::Status { detail } => {
                    self.begin_status(client, detail, now);
                    continue;
                }
                Request::Failover { name, hold_seconds } => Action::Failover {
                    name,
                    hold: Micros::from_secs(hold_seconds.into()),
                },
                Request::Maintenance { on } => Action::Maintenance(on),
                Request::Drain(target) => Action::Drain(target),
                Request::Undrain(target) => Action::Undrain(target),
            };
            self.begin_action(client, peer, action, now);
        }
    }

    fn handle_deadlines(&mut self, now: Time) {
        if let Some(file) = &mut self.reload_time {
            file.handle_events();
            if file.is_due() {
                self.request_reload(None);
            }
        }
        self.expire_actions(now);
        if self.stop.is_none() {
            self.metrics_process.keep(self.plan.control.as_mut(), now);
        }
        if let Some(beat) = self.watchdog.beat(now, clock::since_boot()) {
            for slot in &mut self.slots {
                let kind = slot.kind;
                if let Some(process) = slot.process_mut()
                    && self.stop.is_none()
                {
                    process.watch(kind, beat, now);
                }
            }
        }
        for index in 0..self.slots.len() {
            if matches!(self.slots[index].state, State::Waiting { until } if until <= now) {
                self.start_child(index, Start::Respawn);
            }
        }
        if let Some(stop) = &mut self.stop
            && !stop.is_forced
            && stop.deadline <= now
        {
            stop.is_forced = true;
            for slot in &self.slots {
                if let Some(process) = slot.process() {
                    tracing::info!("{} process failed to die - forcing termination", slot.kind.word());
                    process.signal(Signal::SIGKILL);
                }
            }
        }
    }

    /// Asks every child to leave. The daemon ends when all have, or have been made to.
    fn begin_stop(&mut self, exit: Exit) {
        if self.stop.is_some() {
            return;
        }
        tracing::info!("Stopping");
        self.plan
            .notifier
            .tell(&[Notice::Stopping, Notice::Status("stopping")]);
        self.stop = Some(Stop {
            exit,
            deadline: clock::monotonic() + self.child_wait,
            is_forced: false,
        });
        for kind in [Kind::Vrrp, Kind::Checker, Kind::Bfd] {
            for slot in self.slots.iter_mut().filter(|slot| slot.kind == kind) {
                match &slot.state {
                    State::Running(process) => process.signal(Signal::SIGTERM),
                    State::Off | State::Waiting { .. } => slot.state = State::Off,
                }
            }
        }
    }
}
