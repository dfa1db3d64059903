//! The process that starts, watches, reloads and stops the others.
//!
//! One loop: wait for a signal, a message of a child, a client of the control socket or a deadline; act; wait again.
//! Nothing in it waits for anything else: links and sockets do not block, log lines go to a queue. The one long step is
//! the reading of a configuration at a reload, during which the children go on by the old one.
//!
//! A reload (`SIGHUP`, the control socket, or a child that was asked) is read and judged here. Refused, nothing has
//! changed for anybody. Accepted, every child gets the new configuration, and the reload is complete when all have
//! said that it is in force. A reload that comes meanwhile is remembered, and however many come, one follows.

mod death;
mod respawn;
mod slot;
mod watchdog;

use crate::child::Bodies;
use crate::control::{Answer, ClientId, Control, Request, Verdict};
use crate::exit::Exit;
use crate::handover::{Kind, Start};
use crate::pid_file::{PidFile, RunFiles};
use crate::protocol::{Dump, Generation, ToChild, ToParent};
use crate::reading::Reading;
use crate::settings::Settings;
use crate::signals::{SignalNumber, Signals};
use crate::systemd::{Notifier, State as Notice};
use crate::{child, clock, memory};
use death::Consequence;
use model::{Configuration, Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use slot::{Slot, State, Supply};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;
use watchdog::Watchdog;

/// `child_wait_time` where it is not configured.
const CHILD_WAIT: Micros = Micros::from_secs(5);

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
    watchdog: Watchdog,
    /// The first configuration is in force everywhere.
    has_started: bool,
    reload: Option<Reload>,
    /// A reload to begin when this one is complete, with who wants to know about it.
    queued: Option<Vec<ClientId>>,
    stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    exit: Exit,
    deadline: Time,
    is_forced: bool,
}

impl Supervisor {
    /// Starts the children that the configuration needs.
    pub(crate) fn start(mut plan: Plan, configuration: &Configuration) -> io::Result<Self> {
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
            watchdog: Watchdog::new(now, clock::since_boot()),
            has_started: false,
            reload: None,
            queued: None,
            stop: None,
            plan,
        };
        supervisor.adopt(configuration);
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
            self.handle_deadlines(clock::monotonic());
        }
    }

    /// Waits for something to happen.
    fn wait(&self) -> io::Result<()> {
        let links = self.slots.iter().filter_map(|slot| slot.process()?.link());
        let mut descriptors: Vec<_> =
            std::iter::once(PollFd::new(self.plan.signals.as_fd(), PollFlags::POLLIN))
                .chain(links.map(|link| PollFd::new(link.as_fd(), PollFlags::POLLIN)))
                .chain(self.plan.control.iter().flat_map(Control::descriptors))
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
        respawns.chain(watch).chain(stop).min()
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
            SignalNumber::DATA => self.dump(Dump::Data, &Kind::ALL),
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
        for slot in &mut self.slots {
            let kind = slot.kind;
            let Some(process) = slot.process_mut() else {
                continue;
            };
            while let Some(message) = process.receive() {
                match message {
                    ToParent::Pong { sequence } => process.answered(sequence),
                    ToParent::ReloadRequested => wants_reload = true,
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
        if has_settled {
            self.settle();
        }
        if wants_reload {
            self.request_reload(None);
        }
    }

    fn handle_clients(&mut self) {
        let requests = self.plan.control.as_mut().map(Control::serve).unwrap_or_default();
        for (client, request) in requests {
            match request {
                Request::Reload => self.request_reload(Some(client)),
            }
        }
    }

    fn handle_deadlines(&mut self, now: Time) {
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

    // ---- children ---------------------------------------------------------------------------------------------------

    /// Takes from a configuration what the supervisor itself goes by.
    fn adopt(&mut self, configuration: &Configuration) {
        for slot in &mut self.slots {
            let is_configured = match slot.kind {
                Kind::Checker => configuration.has_virtual_servers,
                Kind::Vrrp => !configuration.vrrp.is_empty(),
                Kind::Bfd => configuration.has_bfd_instances,
            };
            let is_built = self.plan.bodies.of(slot.kind).is_some();
            // A child that runs goes on without configuration.
            slot.is_needed =
                is_built && (is_configured || self.plan.unconfigured || slot.process().is_some());
        }
        self.names = Kind::ALL.map(|kind| {
            child::process_name(kind, configuration).map(|name| name.to_string_lossy().into_owned())
        });
        self.child_wait = configuration
            .globals
            .identity
            .child_wait_time
            .unwrap_or(CHILD_WAIT);
    }

    fn start_needed(&mut self, start: Start) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.is_needed && matches!(slot.state, State::Off) {
                if slot.pid_file.is_none() {
                    match PidFile::lock(self.plan.run_files.child(slot.kind), None) {
                        Ok(file) => slot.pid_file = Some(file),
                        Err(error) => {
                            tracing::error!("{error}: {} process not started", slot.kind);
                            slot.is_needed = false;
                            continue;
                        }
                    }
                }
                self.start_child(index, start);
            } else if !slot.is_needed
                && let Some(file) = slot.pid_file.take()
            {
                file.remove();
            }
        }
    }

    fn start_child(&mut self, index: usize, start: Start) {
        let supply = Supply {
            arguments: &self.plan.arguments,
            settings: &self.plan.settings,
            generation: self.generation,
            configuration: self.configuration.as_fd(),
        };
        let slot = &mut self.slots[index];
        if let Err(error) = slot.start(start, supply) {
            tracing::error!("{} process cannot be started: {error}", slot.kind);
            // No process, no memory: that may pass.
            let delay = slot.respawn.delay(Micros::ZERO).unwrap_or(0).max(1);
            slot.state = State::Waiting {
                until: clock::monotonic() + Micros::from_secs(delay),
            };
        }
    }

    /// Takes note of every process that has ended. Some are grandchildren whose parents have gone.
    fn reap(&mut self) {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
                Ok(status) => self.handle_death(status),
                Err(Errno::EINTR) => {}
                Err(errno) => {
                    tracing::error!("waitpid: {errno}");
                    return;
                }
            }
        }
    }

    fn handle_death(&mut self, status: WaitStatus) {
        let pid = status.pid();
        let Some(index) = self
            .slots
            .iter()
            .position(|slot| slot.process().map(|process| process.pid) == pid)
        else {
            return;
        };
        // Its last words: that a configuration was in force, or that it asks for a reload.
        self.handle_messages();
        let slot = &mut self.slots[index];
        let State::Running(process) = std::mem::replace(&mut slot.state, State::Off) else {
            return;
        };
        if self.stop.is_some() {
            return;
        }
        let now = clock::monotonic();
        let name = self.names[slot.kind as usize].as_deref();
        match death::judge(name, process.pid, status, process.killer()) {
            Consequence::Terminate(exit) => {
                let number = if exit == Exit::Status(4) {
                    Errno::EPERM
                } else {
                    Errno::EINVAL
                };
                self.plan.notifier.tell(&[Notice::Error(number as i32)]);
                self.begin_stop(exit);
            }
            Consequence::Replace => {
                death::announce(slot.kind, process.pid, !self.plan.dont_respawn);
                if self.plan.dont_respawn {
                    self.begin_stop(Exit::Normal);
                    return;
                }
                let delay = slot.respawn.delay(now.since(process.started));
                if let Some(seconds) = delay {
                    tracing::info!(
                        "Restart of {} process delayed {seconds} seconds to limit respawn rate",
                        slot.kind
                    );
                }
                match delay.unwrap_or(0) {
                    0 => self.start_child(index, Start::Respawn),
                    seconds => {
                        slot.state = State::Waiting {
                            until: now + Micros::from_secs(seconds),
                        }
                    }
                }
                self.settle();
            }
        }
    }

    // ---- reload -----------------------------------------------------------------------------------------------------

    /// Whether a child still has to take over the newest configuration.
    fn is_busy(&self) -> bool {
        self.slots
            .iter()
            .filter_map(Slot::process)
            .any(|process| process.in_force != Some(self.generation))
    }

    fn request_reload(&mut self, client: Option<ClientId>) {
        if self.stop.is_some() {
            return;
        }
        self.queued.get_or_insert_default().extend(client);
        self.settle();
    }

    /// Completes the start or the reload if every child has taken its configuration over, and begins the next one.
    fn settle(&mut self) {
        while !self.is_busy() && self.stop.is_none() {
            let is_complete = self
                .slots
                .iter()
                .all(|slot| !slot.is_needed || slot.process().is_some());
            if !self.has_started && is_complete {
                self.has_started = true;
                tracing::info!("Startup complete");
                self.plan
                    .notifier
                    .tell(&[Notice::Ready, Notice::Status("running")]);
            }
            if let Some(reload) = self.reload.take() {
                tracing::info!("Reload complete");
                self.plan
                    .notifier
                    .tell(&[Notice::Ready, Notice::Status("running")]);
                let verdict = if reload.has_failed {
                    Verdict::Refused
                } else {
                    Verdict::Done
                };
                self.answer(&reload.clients, verdict, reload.report);
            }
            match self.queued.take() {
                Some(clients) => self.begin_reload(clients),
                None => return,
            }
        }
    }

    fn begin_reload(&mut self, clients: Vec<ClientId>) {
        let running = match self
            .configuration
            .try_clone()
            .and_then(memory::open::<Configuration>)
        {
            Ok(running) => running,
            Err(error) => {
                tracing::error!("the configuration in force cannot be read back: {error}");
                self.answer(&clients, Verdict::Refused, error.to_string());
                return;
            }
        };
        let reading = (self.plan.read)(&running);
        reading.log();
        let sealed = reading.outcome.and_then(|configuration| {
            let sealed = memory::seal("keepalived.conf", &configuration).map_err(|error| {
                tracing::error!("the new configuration cannot be handed over: {error}");
                Exit::Software
            })?;
            Ok((configuration, sealed))
        });
        let Ok((configuration, sealed)) = sealed else {
            tracing::error!("Reload refused: the running configuration stays in force");
            let report = "reload refused, the running configuration stays in force";
            self.plan.notifier.tell(&[Notice::Status(report)]);
            self.answer(
                &clients,
                Verdict::Refused,
                format!("{}{report}\n", reading.report),
            );
            return;
        };
        tracing::info!("Reloading ...");
        self.plan.notifier.tell(&[Notice::Reloading]);
        self.generation.0 += 1;
        self.configuration = sealed;
        self.reload = Some(Reload {
            clients,
            report: reading.report,
            has_failed: false,
        });
        self.adopt(&configuration);
        for slot in &mut self.slots {
            if let Some(process) = slot.process_mut() {
                process.reload(self.generation, self.configuration.as_fd());
            }
        }
        self.start_needed(Start::Reload);
    }

    fn answer(&mut self, clients: &[ClientId], verdict: Verdict, report: String) {
        if let Some(control) = &mut self.plan.control {
            let answer = Answer { verdict, report };
            for client in clients {
                control.answer(*client, &answer);
            }
        }
    }

    // ---- stop -------------------------------------------------------------------------------------------------------

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
