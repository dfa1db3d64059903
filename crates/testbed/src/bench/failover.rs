//! From the protocol's own deadline to the backup's gratuitous ARP.

use std::fs::File;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use testbed::capture::{Capture, Frame};
use testbed::daemon::Implementation;
use testbed::netns::{Node, Segment};
use testbed::process::Process;

use super::report::{Bound, Unit};
use super::steady::nanos;
use super::subject::ARGUMENTS;
use super::{Bench, Effort, Side};
use crate::say;

const PATIENCE: Duration = Duration::from_secs(10);
/// The master's priority: with it the protocol does not delay its start.
const MASTER: u8 = 255;
const BACKUP: u8 = 100;

/// How the master leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// SIGKILL to all its processes.
    Crash,
    /// SIGTERM: priority 0 on the wire.
    Graceful,
}

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for millis in [1_000, 100, 10] {
        for end in [End::Crash, End::Graceful] {
            let interval = Duration::from_millis(millis);
            bench.both(1, |bench, side, implementation| {
                measure(bench, side, implementation, interval, end)
            })?;
        }
    }
    Ok(())
}

/// One backup that lives all the time, and a master that comes and goes.
struct Stage {
    /// Lives as long as the stage: without it there is no bridge.
    _segment: Segment,
    one: Node,
    two: Node,
    capture: Capture,
    interval: Duration,
}

impl Stage {
    fn new(interval: Duration) -> Result<Self> {
        let segment = Segment::new("segment")?;
        let (one, two, client) = (Node::new("one")?, Node::new("two")?, Node::new("client")?);
        segment.plug(&one, "eth0", &["10.0.0.1/24"])?;
        segment.plug(&two, "eth0", &["10.0.0.2/24"])?;
        segment.plug(&client, "eth0", &["10.0.0.3/24"])?;
        let capture = Capture::start(&client)?;
        Ok(Self {
            _segment: segment,
            one,
            two,
            capture,
            interval,
        })
    }

    fn configuration(&self, priority: u8) -> String {
        let millis = self.interval.as_millis();
        format!(
            "vrrp_instance VI {{\n  interface eth0\n  virtual_router_id 51\n  version 3\n  priority {priority}\n  \
             advert_int {}.{:03}\n  virtual_ipaddress {{\n    10.0.0.200/24\n  }}\n}}\n",
            millis / 1_000,
            millis % 1_000
        )
    }

    /// Starts a daemon; the logs of successive ones in a node follow each other.
    fn start(&self, node: &Node, implementation: &Implementation, priority: u8) -> Result<Process> {
        let path = node.directory().join("keepalived.log");
        let log = File::options().create(true).append(true).open(&path);
        let log = log.with_context(|| format!("opening {}", path.display()))?;
        node.write("keepalived.conf", &self.configuration(priority))?;
        let mut command = implementation.command();
        command.args(ARGUMENTS.split(' '));
        command
            .stdout(log.try_clone().context("sharing the log file")?)
            .stderr(log);
        Process::start_silent(node, implementation.name(), command)
    }

    /// Waits for `count` adverts of the master in a row, so without one of the backup.
    fn settled(&mut self, count: usize) -> Result<()> {
        let from = self.capture.mark();
        let mut row = 0;
        self.capture.wait_from(from, "settled master", PATIENCE, |frame| {
            row = if frame.advert()?.priority == MASTER {
                row + 1
            } else {
                0
            };
            (row == count).then_some(())
        })
    }

    /// One life and death of the master: how long after its deadline the backup announced the address.
    fn round(&mut self, implementation: &Implementation, end: End) -> Result<Duration> {
        let mut master = self.start(&self.one, implementation, MASTER)?;
        // About a second of adverts, but not more than a person would wait.
        let adverts = 1_000 / self.interval.as_millis();
        self.settled(usize::try_from(adverts.clamp(2, 20))?)?;
        let from = self.capture.mark();
        match end {
            End::Crash => master.signal_group(Signal::SIGKILL)?,
            End::Graceful => master.signal(Signal::SIGTERM)?,
        };
        let announced = self
            .capture
            .wait_from(from, "announcement of the backup", PATIENCE, |frame| {
                frame.announcement().map(|_| frame.at)
            })?;
        let skew = self.interval * (256 - u32::from(BACKUP)) / 256;
        let (priority, wait) = match end {
            End::Crash => (MASTER, self.interval * 3 + skew),
            End::Graceful => (0, skew),
        };
        let of_master = self.capture.frames().iter().filter(|frame| {
            frame.at <= announced && frame.advert().is_some_and(|advert| advert.priority == priority)
        });
        let last = of_master
            .map(|frame| frame.at)
            .max()
            .context("no advert of the master")?;
        master.wait_exit(PATIENCE)?;
        Ok(announced.since(last + wait))
    }
}

fn measure(
    bench: &mut Bench,
    side: Side,
    implementation: &Implementation,
    interval: Duration,
    end: End,
) -> Result<()> {
    let mut stage = Stage::new(interval)?;
    let _backup = stage.start(&stage.two, implementation, BACKUP)?;
    stage
        .capture
        .wait("advert of the backup", PATIENCE, Frame::advert)?;

    let rounds = match bench.effort {
        Effort::Quick => 2,
        Effort::Usual => 5,
        Effort::Full => 25,
    };
    let kind = if end == End::Crash { "crash" } else { "graceful" };
    let name = |figure: &str| format!("{kind}, {} ms: {figure}", interval.as_millis());
    let bounds = (Bound::Ratio(1_000), Bound::Ratio(800));
    let mut failed = 0;
    for _ in 0..rounds {
        match stage.round(implementation, end) {
            Ok(excess) => bench.add(side, &name("excess"), Unit::Nanos, bounds, nanos(excess)?),
            Err(reason) => {
                failed += 1;
                say(&format!("  {} failed: {reason:#}", name(implementation.name())));
            }
        }
    }
    // One as the first on the segment, one for each round.
    let masters = stage
        .two
        .read("keepalived.log")?
        .matches("Entering MASTER STATE")
        .count();
    let spurious = u64::try_from(masters)?.saturating_sub(1 + rounds - failed);
    let none = (Bound::AtMost(0), Bound::AtMost(0));
    bench.add(side, &name("failed"), Unit::Count, none, failed);
    bench.add(side, &name("spurious transitions"), Unit::Count, none, spurious);
    Ok(())
}
