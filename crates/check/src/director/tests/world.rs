//! A director with a fake kernel and servers that answer as the test says.

use crate::difference::tests::FakeKernel;
use crate::event::Notice;
use crate::failure::{ConnectFailure, Failure, Outcome};
use crate::{Director, Input, Outbox, Output, RunId, Settings};
use model::{
    CheckKind, Checker, Connection, Frontend, LvsConfiguration, Micros, Protocol, RealServer, ServerWeight,
    TcpCheck, Time, VirtualServer,
};
use std::collections::HashMap;
use std::net::SocketAddr;

/// One run that the director wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Started {
    pub(super) run: RunId,
    /// Where the check connects to, if it does.
    pub(super) destination: Option<SocketAddr>,
}

pub(super) struct World {
    pub(super) director: Director,
    pub(super) kernel: FakeKernel,
    pub(super) now: Time,
    pub(super) log: Vec<String>,
    pub(super) fifo: Vec<String>,
    pub(super) mails: Vec<String>,
    pub(super) started: Vec<Started>,
    pub(super) cancelled: Vec<RunId>,
    /// What a real server's checks find; success where nothing is said.
    pub(super) outcomes: HashMap<SocketAddr, Outcome>,
}

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn refused() -> Outcome {
    Outcome::Failed(Failure::Connect(ConnectFailure::Refused))
}

/// A server `10.0.0.host:80` with a `TCP_CHECK` a second that is not retried.
pub(super) fn server(host: u8, weight: i64) -> RealServer {
    let address = SocketAddr::from(([10, 0, 0, host], 80));
    let mut server = RealServer::new(address);
    server.weight = ServerWeight::clamp(weight);
    server.checkers = vec![tcp_check(address)];
    server
}

pub(super) fn tcp_check(address: SocketAddr) -> Checker {
    let connection = Connection::to(address);
    let mut checker = Checker::new(CheckKind::Tcp(Box::new(TcpCheck { connection })), Micros::SECOND);
    checker.schedule.retry = 0;
    checker.schedule.warmup = Micros::ZERO;
    checker
}

/// A virtual server `10.1.0.1:port`.
pub(super) fn virtual_server(port: u16, servers: Vec<RealServer>) -> VirtualServer {
    let mut server = VirtualServer::new(Frontend::Address(SocketAddr::from(([10, 1, 0, 1], port))));
    server.protocol = Some(Protocol::Tcp);
    server.real_servers = servers;
    server
}

pub(super) fn configuration(virtual_servers: Vec<VirtualServer>) -> LvsConfiguration {
    LvsConfiguration {
        virtual_servers,
        ..LvsConfiguration::default()
    }
}

impl World {
    /// A director that has been given nothing.
    pub(super) fn empty() -> Self {
        Self {
            director: Director::new(1),
            kernel: FakeKernel::default(),
            now: Time(5_000_000),
            log: Vec::new(),
            fifo: Vec::new(),
            mails: Vec::new(),
            started: Vec::new(),
            cancelled: Vec::new(),
            outcomes: HashMap::new(),
        }
    }

    pub(super) fn new(config: LvsConfiguration) -> Self {
        Self::with(config, Settings::default())
    }

    pub(super) fn with(config: LvsConfiguration, settings: Settings) -> Self {
        let mut world = Self::empty();
        world.apply(config, settings);
        world
    }

    pub(super) fn apply(&mut self, config: LvsConfiguration, settings: Settings) {
        let mut out = Outbox::default();
        self.director.apply(self.now, config, settings, &mut out);
        self.carry_out(out);
        self.assert_sound();
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        let mut out = Outbox::default();
        self.director.handle(self.now, input, &mut out);
        self.carry_out(out);
        self.assert_sound();
    }

    pub(super) fn stop(&mut self) {
        let mut out = Outbox::default();
        self.director.stop(&mut out);
        self.carry_out(out);
    }

    pub(super) fn carry_out(&mut self, mut out: Outbox) {
        for output in out.drain() {
            match output {
                Output::Start { check, run, .. } => {
                    let kind = &self.director.checker(check).unwrap().kind;
                    let destination = kind.connection().map(|connection| connection.destination);
                    self.started.push(Started { run, destination });
                }
                Output::Cancel(run) => {
                    self.started.retain(|started| started.run != run);
                    self.cancelled.push(run);
                }
                Output::Ipvs(changes) => changes.iter().for_each(|change| self.kernel.carry_out(change)),
                Output::Map(_) => {}
                Output::Event(event) => self.log.push(event.to_string()),
                Output::Notice(notice) => {
                    let (Notice::Server { reach, .. } | Notice::VirtualServer { reach, .. }) = &*notice;
                    if *reach == crate::event::Reach::Everyone {
                        self.fifo.push(notice.to_string());
                    }
                }
                Output::Mail(mail) => self.mails.push(format!("{}: {}", mail.subject, mail.body)),
            }
        }
    }

    /// What the changes have made of the kernel is what is wanted.
    fn assert_sound(&self) {
        assert_eq!(self.kernel, FakeKernel::of(&self.director.wanted()));
    }

    /// Ends every run that is under way as `outcomes` says.
    pub(super) fn answer(&mut self) {
        for started in std::mem::take(&mut self.started) {
            let known = started
                .destination
                .and_then(|destination| self.outcomes.get(&destination));
            let outcome = known.cloned().unwrap_or(Outcome::Succeeded);
            self.input(Input::Finished {
                run: started.run,
                outcome,
            });
        }
    }

    /// Lets time pass; every run ends at once.
    pub(super) fn pass(&mut self, duration: Micros) {
        let end = self.now + duration;
        while let Some(deadline) = self.director.deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.input(Input::DeadlineReached);
            self.answer();
        }
        self.now = end;
    }

    pub(super) fn pass_second(&mut self) {
        self.pass(Micros::SECOND);
    }

    pub(super) fn set(&mut self, host: u8, outcome: Outcome) {
        self.outcomes
            .insert(SocketAddr::from(([10, 0, 0, host], 80)), outcome);
    }

    /// Takes the log lines since the last time.
    pub(super) fn take_log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub(super) fn take_fifo(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fifo)
    }
}
