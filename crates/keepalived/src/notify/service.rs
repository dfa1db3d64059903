//! The thread: takes orders, starts and ends scripts, writes FIFOs, passes mails on.

use super::event::{self, Who};
use super::fifo::{Fifo, FifoPlan};
use super::queue::{Limit, Queue, Waiting};
use super::{CheckScript, KernelWork, NotifySettings, lvs};
use crate::clock;
use crate::findings::Finding;
use crate::mail::Mailer;
use crate::runtime::inbox::{Inbox, Poster, Senders};
use crate::scripts::{End, Ended, JobId, Launcher, Origin, Output, Program, ScriptSignal};
use model::{Micros, ScriptKind, Time};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::{BTreeSet, HashMap};
use std::fs::OpenOptions;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::thread;
use std::time::Duration;
use vrrp::{Notice, Notification, NotifiedState, RunId, ScriptCommand, ScriptResult};

/// What scripts of a stop get, and readers of FIFOs at the end.
const STOP: Micros = Micros::from_secs(1);
/// From `SIGTERM` to `SIGKILL` for a script that `notify_timeout` ends.
const GRACE: Micros = Micros::from_secs(2);
/// The same for a track script. The router itself kills one after two seconds, unless the configuration has it no more.
const ORPHAN: Micros = Micros::from_secs(3);

/// What the thread is asked for.
#[derive(Debug)]
pub(super) enum Order {
    /// Go by this configuration.
    Configure(Box<NotifySettings>),
    /// Use this connection to a launcher.
    Launcher(OwnedFd),
    /// Tell this.
    Notify(Box<Notification>),
    /// Start or end a track script.
    Script(ScriptCommand),
    /// Tell scripts and FIFOs this of a virtual or real server.
    Notice(Box<check::event::Notice>),
    /// Send this mail about one.
    Mail(Box<check::event::Mail>),
    /// Start or end the script of a check.
    Check(CheckScript),
    /// An open test has ended.
    Opened(RunId, ScriptResult),
    /// The kernel's writer has work, or none.
    KernelWork(KernelWork),
    /// The handle is gone, or the daemon stops.
    Stop,
}

/// What a script runs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The router waits for its result.
    Track(RunId),
    /// The director does.
    Check(check::RunId),
    /// A notification.
    Notify,
    /// The notification of a stop.
    Stop,
    /// It reads a FIFO.
    Reader,
}

/// What is done about a script that has not ended in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// `SIGTERM`, and `SIGKILL` later.
    Terminate,
    /// `SIGKILL`.
    Kill,
}

/// A FIFO of the configuration. One that could not be opened stays in the list, and is tried again at the next reload.
#[derive(Debug)]
struct Channel {
    plan: FifoPlan,
    fifo: Option<Fifo>,
    reader: Option<JobId>,
}

pub(super) struct Service {
    orders: Inbox<Order>,
    /// For the threads of open tests.
    own: Poster<Order>,
    findings: Poster<Finding>,
    launcher: Launcher,
    mailer: Mailer,
    queue: Queue,
    jobs: HashMap<JobId, Purpose>,
    runs: HashMap<RunId, JobId>,
    checks: HashMap<check::RunId, JobId>,
    /// What is to be done when, unless the script has ended.
    limits: BTreeSet<(Time, JobId, Step)>,
    channels: Vec<Channel>,
    /// The last state that was mailed.
    mailed: HashMap<Who, NotifiedState>,
    writes_kept_states: bool,
    /// Whose FIFOs they are, in the log.
    whose: &'static str,
    /// When the stop is over at the latest.
    stopping: Option<Time>,
}

impl Service {
    pub(super) fn new(
        orders: Inbox<Order>,
        findings: Poster<Finding>,
        own: Poster<Order>,
        origin: Origin,
    ) -> Self {
        Self {
            orders,
            own,
            findings,
            launcher: Launcher::new(origin),
            mailer: Mailer::default(),
            queue: Queue::default(),
            jobs: HashMap::new(),
            runs: HashMap::new(),
            checks: HashMap::new(),
            limits: BTreeSet::new(),
            channels: Vec::new(),
            mailed: HashMap::new(),
            writes_kept_states: false,
            whose: "",
            stopping: None,
        }
    }

    /// Works until a stop is over. The process ends then, and this thread with it: scripts get `SIGTERM` when the launcher is
    /// gone.
    pub(super) fn live(mut self) {
        let (mut orders, mut ended) = (Vec::new(), Vec::new());
        loop {
            self.wait();
            if self.orders.collect(&mut orders) == Senders::Gone {
                return;
            }
            let now = clock::monotonic();
            for order in orders.drain(..) {
                self.carry_out(now, order);
            }
            self.launcher.collect(&mut ended);
            for ended in ended.drain(..) {
                self.ended(ended);
            }
            self.keep_limits(now);
            self.start_waiting(now);
            for alert in self.queue.mails(now) {
                self.mailer.send(&alert);
            }
            if self.is_quiet(now) {
                self.finish();
                return;
            }
        }
    }

    fn wait(&self) {
        let mut descriptors = vec![PollFd::new(self.orders.as_fd(), PollFlags::POLLIN)];
        if let Some((descriptor, flags)) = self.launcher.descriptor() {
            descriptors.push(PollFd::new(descriptor, flags));
        }
        let limit = self.limits.first().map(|(at, _, _)| *at);
        let deadlines = [limit, self.queue.deadline(), self.stopping];
        let timeout = deadlines
            .into_iter()
            .flatten()
            .min()
            .map_or(PollTimeout::NONE, |at| {
                // Round up: a wait that ends a little early would end again and again until the deadline.
                let left = Duration::from(at.since(clock::monotonic()) + Micros::from_millis(1));
                PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
            });
        // A wait that fails is a wait that ends early.
        let _ = poll(&mut descriptors, timeout);
    }

    fn carry_out(&mut self, now: Time, order: Order) {
        match order {
            Order::Configure(settings) => self.configure(*settings),
            Order::Launcher(connection) => self.launcher.adopt(connection),
            Order::Notify(notification) => self.tell(&notification),
            Order::Script(command) => self.track(now, command),
            Order::Notice(notice) => {
                if let Some(script) = lvs::script(&notice) {
                    self.queue.push(script);
                }
                if let Some(line) = lvs::line(&notice) {
                    self.write_line(&line);
                }
            }
            Order::Mail(mail) => self.queue.push_mail(lvs::alert(&mail)),
            Order::Check(command) => self.check(now, command),
            Order::Opened(run, result) => self.findings.post(Finding::ScriptFinished { run, result }),
            Order::KernelWork(work) => self.queue.kernel_work(now, work),
            Order::Stop => self.stop(now),
        }
    }

    fn configure(&mut self, settings: NotifySettings) {
        let NotifySettings {
            fifos,
            mail,
            writes_kept_states,
            has_scripts,
            whose,
        } = settings;
        self.whose = whose;
        self.writes_kept_states = writes_kept_states;
        self.mailer.configure(mail);
        if has_scripts {
            self.launcher.prepare();
        }
        let mut before = std::mem::take(&mut self.channels);
        for plan in fifos {
            let same = before
                .iter()
                .position(|channel| channel.plan == plan && channel.fifo.is_some());
            let channel = match same {
                Some(position) => before.swap_remove(position),
                None => Channel {
                    plan,
                    fifo: None,
                    reader: None,
                },
            };
            self.channels.push(channel);
        }
        // Before others are made, which may have the same path.
        for channel in before {
            if let Some(reader) = channel.reader {
                self.launcher.signal(reader, ScriptSignal::Terminate);
            }
        }
        for position in 0..self.channels.len() {
            self.open(position);
        }
    }

    fn open(&mut self, position: usize) {
        let channel = &mut self.channels[position];
        if channel.fifo.is_some() {
            return;
        }
        match Fifo::open(&channel.plan) {
            Ok(fifo) => channel.fifo = Some(fifo),
            Err(error) => {
                tracing::error!("{error}; no events are written to it");
                return;
            }
        }
        if let Some(reader) = &channel.plan.reader {
            let job = self
                .launcher
                .start(Program::new(reader, [channel.plan.path()]), Output::Discarded);
            channel.reader = Some(job);
            self.jobs.insert(job, Purpose::Reader);
        }
    }

    /// Scripts first, which only begin to wait here; then lines; then mail.
    fn tell(&mut self, notification: &Notification) {
        let settings = &notification.settings;
        for program in event::scripts(notification) {
            let limit = match (notification.notice, settings.timeout) {
                (Notice::Entered(NotifiedState::Stop), _) => Limit::Stop,
                (_, Some(timeout)) => Limit::After(timeout),
                (_, None) => Limit::None,
            };
            self.queue.push(Waiting {
                program,
                ordered: settings.ordered.then(|| Who::of(notification)),
                limit,
            });
        }
        if self.writes_kept_states || !matches!(notification.notice, Notice::Kept(_)) {
            self.write_line(&event::line(notification));
        }
        if let Notice::Entered(state) = notification.notice {
            self.mail(notification, state);
        }
    }

    fn write_line(&mut self, line: &str) {
        let channels = self.channels.iter_mut();
        for fifo in channels.filter_map(|channel| channel.fifo.as_mut()) {
            fifo.write(line);
        }
    }

    fn mail(&mut self, notification: &Notification, state: NotifiedState) {
        let is_left_out = state == NotifiedState::Fault && self.mailer.leaves_faults_out();
        if !notification.settings.smtp_alert || is_left_out || !self.mailer.is_configured() {
            return;
        }
        let who = Who::of(notification);
        if self.mailed.get(&who) == Some(&state) {
            return;
        }
        self.queue.push_mail(event::alert(&who, state));
        match state {
            NotifiedState::Deleted => drop(self.mailed.remove(&who)),
            _ => drop(self.mailed.insert(who, state)),
        }
    }

    fn track(&mut self, now: Time, command: ScriptCommand) {
        match command {
            ScriptCommand::Start { run, script } => match &script.kind {
                ScriptKind::OpenTest(path) => self.test_open(run, path),
                ScriptKind::Command(command) => {
                    let job = self.launcher.start(Program::new(command, []), Output::Kept);
                    self.jobs.insert(job, Purpose::Track(run));
                    self.runs.insert(run, job);
                }
            },
            ScriptCommand::Terminate(run) => {
                if let Some(job) = self.runs.get(&run) {
                    self.launcher.signal(*job, ScriptSignal::Terminate);
                    self.limits.insert((now + ORPHAN, *job, Step::Kill));
                }
            }
            ScriptCommand::Kill(run) => {
                if let Some(job) = self.runs.get(&run) {
                    self.launcher.signal(*job, ScriptSignal::Kill);
                }
            }
        }
    }

    fn check(&mut self, now: Time, command: CheckScript) {
        match command {
            CheckScript::Start(run, program) => {
                let job = self.launcher.start(program, Output::Discarded);
                self.jobs.insert(job, Purpose::Check(run));
                self.checks.insert(run, job);
            }
            CheckScript::Signal(run, signal) => {
                if let Some(job) = self.checks.get(&run) {
                    self.launcher.signal(*job, signal);
                }
            }
            CheckScript::Abandon(run) => {
                if let Some(job) = self.checks.get(&run) {
                    self.launcher.signal(*job, ScriptSignal::Terminate);
                    self.limits.insert((now + STOP, *job, Step::Kill));
                }
            }
        }
    }

    /// `</PATH`: whether the file can be opened for reading. An open can hang, on a dead file server for one, and cannot be
    /// ended then; so it has a thread, and as the router starts no run beside another one, a file has one thread.
    fn test_open(&self, run: RunId, path: &str) {
        let (path, own) = (path.to_owned(), self.own.clone());
        let started = thread::Builder::new().name("open".to_owned()).spawn(move || {
            let mut options = OpenOptions::new();
            // The open of a FIFO does not wait for somebody who writes.
            let opened = options
                .read(true)
                .custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY)
                .open(path);
            // The status is the number of the error.
            let status = opened.err().map_or(0, |error| error.raw_os_error().unwrap_or(1));
            own.post(Order::Opened(run, ScriptResult::Exited(status)));
        });
        if let Err(error) = started {
            tracing::error!("thread for an open test: {error}");
            self.own.post(Order::Opened(run, ScriptResult::Exited(1)));
        }
    }

    fn ended(&mut self, Ended { job, end, output }: Ended) {
        self.queue.ended(job);
        match self.jobs.remove(&job) {
            Some(Purpose::Track(run)) => {
                self.runs.remove(&run);
                if let Some(output) = output {
                    self.findings.post(Finding::ScriptPrinted { run, output });
                }
                let result = match end {
                    End::Exited(status) => ScriptResult::Exited(status),
                    End::Signalled(signal) => ScriptResult::Signalled(signal),
                };
                self.findings.post(Finding::ScriptFinished { run, result });
            }
            Some(Purpose::Check(run)) => {
                self.checks.remove(&run);
                self.findings.post(Finding::CheckScriptEnded { run, end });
            }
            Some(Purpose::Reader) => {
                for channel in &mut self.channels {
                    if channel.reader == Some(job) {
                        channel.reader = None;
                        tracing::info!("{} notify fifo script terminated", self.whose);
                    }
                }
            }
            Some(Purpose::Notify | Purpose::Stop) | None => {}
        }
    }

    fn keep_limits(&mut self, now: Time) {
        while let Some((at, job, step)) = self.limits.first().copied()
            && at <= now
        {
            self.limits.pop_first();
            if !self.jobs.contains_key(&job) {
                continue;
            }
            match step {
                Step::Terminate => {
                    self.launcher.signal(job, ScriptSignal::Terminate);
                    self.limits.insert((now + GRACE, job, Step::Kill));
                }
                Step::Kill => self.launcher.signal(job, ScriptSignal::Kill),
            }
        }
    }

    fn start_waiting(&mut self, now: Time) {
        while let Some(waiting) = self.queue.next(now) {
            let job = self.launcher.start(waiting.program, Output::Discarded);
            self.queue.started(now, job, waiting.ordered);
            let purpose = match waiting.limit {
                Limit::None => Purpose::Notify,
                Limit::After(timeout) => {
                    self.limits.insert((now + timeout, job, Step::Terminate));
                    Purpose::Notify
                }
                Limit::Stop => {
                    self.limits.insert((now + STOP, job, Step::Kill));
                    Purpose::Stop
                }
            };
            self.jobs.insert(job, purpose);
        }
    }

    fn stop(&mut self, now: Time) {
        if self.stopping.is_some() {
            return;
        }
        self.stopping = Some(now + STOP);
        self.queue.open();
        for (job, purpose) in &self.jobs {
            if matches!(purpose, Purpose::Track(_) | Purpose::Check(_)) {
                self.launcher.signal(*job, ScriptSignal::Terminate);
                self.limits.insert((now + STOP, *job, Step::Kill));
            }
        }
    }

    /// Whether the stop is over: nothing that it waits for runs any more, or its time is up. What reads a FIFO has all of
    /// that time, since nobody can see whether it is done with the last lines.
    fn is_quiet(&self, now: Time) -> bool {
        let Some(deadline) = self.stopping else {
            return false;
        };
        let is_waited_for = |purpose: &Purpose| !matches!(purpose, Purpose::Notify);
        let is_done = self.queue.is_empty() && !self.jobs.values().any(is_waited_for);
        deadline <= now || (is_done && self.mailer.is_idle())
    }

    /// The end: what must not outlive the daemon is killed, what may get `SIGTERM` with the end of the launcher.
    fn finish(mut self) {
        for (job, purpose) in &self.jobs {
            match purpose {
                Purpose::Track(_) | Purpose::Check(_) | Purpose::Stop => {
                    self.launcher.signal(*job, ScriptSignal::Kill);
                }
                Purpose::Reader => self.launcher.signal(*job, ScriptSignal::Terminate),
                Purpose::Notify => {}
            }
        }
        self.channels.clear();
        self.mailer.finish();
        self.launcher.end();
        self.findings.post(Finding::Quiet);
    }
}
