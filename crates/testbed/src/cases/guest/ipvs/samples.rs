//! Our samples by our daemon and by Debian's: the same table at the start, when a server dies, and when it is back.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use socket2::SockRef;
use testbed::clock::Stamp;
use testbed::daemon::{Daemon, Implementation};
use testbed::netns::{Node, Segment};

use super::super::super::World;
use super::saved;

/// A sample and where its checks connect to: the server that dies, and the other one.
struct Sample {
    name: &'static str,
    text: &'static str,
    servers: [&'static str; 2],
}

macro_rules! sample {
    ($name:literal, $mortal:literal, $other:literal) => {
        Sample {
            name: $name,
            text: include_str!(concat!("../../../../../../samples/", $name)),
            servers: [$mortal, $other],
        }
    };
}

const SAMPLES: [Sample; 6] = [
    sample!("lvs.nat.conf", "10.0.0.11:8080", "10.0.0.12:8081"),
    sample!("lvs.dr.conf", "192.0.2.11:80", "192.0.2.12:80"),
    sample!("lvs.tun.conf", "198.51.100.11:443", "203.0.113.12:443"),
    sample!("lvs.fwmark.conf", "192.0.2.11:443", "192.0.2.12:443"),
    sample!("lvs.group.conf", "10.0.0.11:80", "10.0.0.12:80"),
    sample!("check.tcp.conf", "10.0.0.11:5432", "10.0.0.12:5433"),
];

/// Several attempts of a check, each as long as it may take.
const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(100);

/// A director that has the servers' addresses itself.
struct Side {
    node: Node,
    _segments: [Segment; 2],
    daemon: Daemon,
    mortal: Option<TcpListener>,
    _other: TcpListener,
}

impl Side {
    fn start(name: &str, implementation: &Implementation, sample: &Sample) -> Result<Self> {
        let node = Node::new(name)?;
        let segments = [Segment::new("outer")?, Segment::new("inner")?];
        segments[0].plug(&node, "eth0", &["192.0.2.1/24"])?;
        segments[1].plug(&node, "eth1", &["10.0.0.2/24"])?;
        // The last one is where a check binds to.
        let hosts = sample
            .servers
            .map(|server| server.split(':').next().unwrap_or_default());
        for host in hosts.into_iter().chain(["10.0.0.1"]) {
            node.ip(&[&format!("address add {host}/32 dev lo")])?;
        }
        let [mortal, other] = sample.servers.map(|server| listen(&node, server));
        // The way is the same at any pace.
        let text = sample
            .text
            .replace("delay_loop 10", "delay_loop 1")
            .replace("delay_loop 5", "delay_loop 1");
        Ok(Self {
            daemon: Daemon::start(&node, implementation, &text)?,
            node,
            _segments: segments,
            mortal: Some(mortal?),
            _other: other?,
        })
    }

    fn kill(&mut self) {
        self.mortal = None;
    }

    fn revive(&mut self, sample: &Sample) -> Result<()> {
        self.mortal = Some(listen(&self.node, sample.servers[0])?);
        Ok(())
    }
}

/// Connections are completed by the kernel; nobody accepts them.
fn listen(node: &Node, server: &'static str) -> Result<TcpListener> {
    let listener = node
        .run(move || TcpListener::bind(server))
        .with_context(|| format!("binding {server}"))?;
    SockRef::from(&listener).listen(1024).context("a longer queue")?;
    Ok(listener)
}

/// The table of both, once it is the same and as wanted.
fn await_equal(sides: &[Side; 2], what: &str, is_wanted: impl Fn(&[String]) -> bool) -> Result<Vec<String>> {
    let deadline = Stamp::now() + PATIENCE;
    loop {
        let [ours, theirs] = [saved(&sides[0].node)?, saved(&sides[1].node)?];
        if ours == theirs && is_wanted(&ours) {
            return Ok(ours);
        }
        ensure!(
            !deadline.remaining().is_zero(),
            "{what}: ours is\n{}\ntheirs\n{}",
            ours.join("\n"),
            theirs.join("\n")
        );
        thread::park_timeout(PAUSE);
    }
}

/// Each sample that needs nothing but servers that accept connections.
pub(in super::super) fn samples(world: &World) -> Result<()> {
    let debians = &world.foreign()?.debians;
    for sample in &SAMPLES {
        same(world, debians, sample).with_context(|| sample.name)?;
    }
    Ok(())
}

fn same(world: &World, debians: &Implementation, sample: &Sample) -> Result<()> {
    let mut sides = [
        Side::start("ours", &world.ours, sample)?,
        Side::start("debians", debians, sample)?,
    ];
    let has = |lines: &[String], server: &str| lines.iter().any(|line| line.contains(server));
    let full = await_equal(&sides, "the start", |lines| {
        has(lines, ".11:") && has(lines, ".12:")
    })?;
    for side in &mut sides {
        side.kill();
    }
    await_equal(&sides, "the death of a server", |lines| {
        !has(lines, ".11:") && has(lines, ".12:")
    })?;
    for side in &mut sides {
        side.revive(sample)?;
    }
    await_equal(&sides, "the return of a server", |lines| lines == full)?;
    for side in &mut sides {
        side.daemon.stop()?;
    }
    await_equal(&sides, "the stop", <[String]>::is_empty)?;
    Ok(())
}
