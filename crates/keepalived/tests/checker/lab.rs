//! A director with its servers on one node.

use crate::program;
use anyhow::{Context as _, Result};
use model::{
    CheckKind, Checker, Configuration, Connection, Frontend, Micros, Protocol, RealServer, VirtualServer,
};
use std::fs;
use std::net::SocketAddr;
use testbed::daemon::{Daemon, Implementation};
use testbed::netns::{Node, PATIENCE};

/// The virtual server of most tests.
pub(crate) const VIP: &str = "10.0.0.1:80";

/// How often checks run.
pub(crate) const LOOP: Micros = Micros::from_millis(50);

pub(crate) struct Lab {
    pub(crate) node: Node,
}

impl Lab {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            node: Node::new("director")?,
        })
    }

    /// Makes something in the node's network: a listener, for one.
    pub(crate) fn make<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> std::io::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.node.run(job).context("making a socket of a server")
    }

    pub(crate) fn start(&self, configuration: &Configuration) -> Result<Director> {
        self.start_with(&[], configuration)
    }

    pub(crate) fn start_with(&self, options: &[&str], configuration: &Configuration) -> Result<Director> {
        let environment = vec![(program::VARIABLE.to_owned(), "1".to_owned())];
        let implementation = Implementation::new("checking", std::env::current_exe()?, environment)?;
        let text = serde_json::to_string(configuration)?;
        Ok(Director {
            daemon: Daemon::start_with(&self.node, &implementation, options, &text)?,
            read: 0,
        })
    }
}

/// A running daemon, whose log is read in order.
pub(crate) struct Director {
    daemon: Daemon,
    read: usize,
}

impl Director {
    /// Waits for a line behind those that were waited for before.
    pub(crate) fn expect(&mut self, text: &str) -> Result<()> {
        let process = self.daemon.process();
        process.wait_line_from(self.read, text, PATIENCE)?;
        let lines = process.lines();
        let place = lines[self.read..]
            .iter()
            .position(|line| line.text.contains(text));
        self.read += place.context("the line that was just found")? + 1;
        Ok(())
    }

    /// Waits for these lines, in this order; others may be between them.
    pub(crate) fn expect_all<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Result<()> {
        texts.into_iter().try_for_each(|text| self.expect(text))
    }

    /// Waits for all of these lines, in any order, behind those that were waited for before.
    pub(crate) fn expect_each<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Result<()> {
        let (from, mut last) = (self.read, self.read);
        for text in texts {
            self.read = from;
            self.expect(text)?;
            last = last.max(self.read);
        }
        self.read = last;
        Ok(())
    }

    /// The most memory that the checker process has had, in kB.
    pub(crate) fn peak_memory(&mut self) -> Result<u64> {
        let parent = self.daemon.process().pid();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
        let child = children.split_whitespace().next().context("no child")?;
        let status = fs::read_to_string(format!("/proc/{child}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let words = line.context("no peak")?.split_whitespace();
        Ok(words.take(1).collect::<String>().parse()?)
    }

    /// Everything that the log has said, in one text.
    pub(crate) fn log(&mut self) -> String {
        let lines = self.daemon.process().lines();
        let lines: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n")
    }

    pub(crate) fn reload(&mut self, configuration: &Configuration) -> Result<()> {
        self.daemon.reload(&serde_json::to_string(configuration)?)?;
        Ok(())
    }

    pub(crate) fn stop(&mut self) -> Result<()> {
        self.daemon.stop()?;
        Ok(())
    }
}

/// A configuration with one virtual server.
pub(crate) fn configuration(servers: Vec<RealServer>) -> Configuration {
    let mut configuration = Configuration {
        has_virtual_servers: true,
        ..Configuration::default()
    };
    configuration
        .lvs
        .virtual_servers
        .push(virtual_server(VIP, servers));
    configuration
}

pub(crate) fn virtual_server(address: &str, servers: Vec<RealServer>) -> VirtualServer {
    let mut virtual_server = VirtualServer::new(Frontend::Address(address.parse().unwrap()));
    virtual_server.protocol = Some(Protocol::Tcp);
    virtual_server.real_servers = servers;
    virtual_server
}

/// A real server with one check that runs all the time and is not tried again.
pub(crate) fn server(address: SocketAddr, kind: CheckKind) -> RealServer {
    let mut server = RealServer::new(address);
    server.smtp_alert = false;
    server.checkers.push(checker(kind));
    server
}

pub(crate) fn checker(kind: CheckKind) -> Checker {
    let mut checker = Checker::new(kind, LOOP);
    checker.schedule.warmup = Micros::ZERO;
    checker.schedule.retry = 0;
    checker.schedule.delay_before_retry = LOOP;
    checker
}

/// A connection that is given up after a quarter of a second.
pub(crate) fn connection(address: SocketAddr) -> Connection {
    let mut connection = Connection::to(address);
    connection.timeout = Micros::from_millis(250);
    connection
}

/// The name of a server in the log.
pub(crate) fn name(address: SocketAddr) -> String {
    format!("[{}]:tcp:{}", address.ip(), address.port())
}
