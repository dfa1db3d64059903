//! A machine that starts many short-lived programs: what each event of a process costs whoever tracks one.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::netns::{Node, PATIENCE};

use super::report::{Bound, SHOWN, Unit};
use super::steady::nanos;
use super::subject::Subject;
use super::{Bench, Effort, Side};

/// What the others start.
const PROGRAM: &str = "/usr/bin/true";
/// The program that is tracked, in the node's `/run`.
const TRACKED: &str = "tracked";
/// A program that starts tells of itself three times: fork, exec, exit.
const EVENTS: u64 = 3;
const INTERFACE: &str = "quiet0";

const CONFIGURATION: &str = "vrrp_track_process one {
  process tracked
  weight 10
}
vrrp_track_process another {
  process nobody
  weight 10
}
vrrp_instance I {
  interface quiet0
  virtual_router_id 51
  version 3
  priority 100
  track_process {
    one
    another
  }
  virtual_ipaddress {
    192.168.0.100/24
  }
}
";

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    bench.both(bench.effort.runs(), measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let programs: u64 = match bench.effort {
        // A program takes some 20 ms to start in a guest.
        Effort::Quick | Effort::Usual => 1_000,
        Effort::Full => 3_000,
    };
    // The kernel tells of processes in the first network namespace only.
    let node = Node::of_this_network("router")?;
    node.ip(&[
        &format!("link add {INTERFACE} type dummy"),
        &format!("link set {INTERFACE} multicast on up"),
        &format!("address add 192.168.0.1/24 dev {INTERFACE}"),
    ])?;
    let outcome = cost(&node, implementation, programs);
    node.ip(&[&format!("link delete {INTERFACE}")])?;
    let (spent, resident) = outcome?;
    let bounds = (Bound::Ratio(1_000), Bound::Ratio(800));
    let an_event = nanos(spent)? / (programs * EVENTS);
    bench.add(side, "CPU an event", Unit::Nanos, bounds, an_event);
    bench.add(side, "memory", Unit::Kib, SHOWN, resident);
    Ok(())
}

/// The processor time of the daemon while so many programs run, and its memory afterwards.
fn cost(node: &Node, implementation: &Implementation, programs: u64) -> Result<(Duration, u64)> {
    let tracked = node.directory().join(TRACKED);
    fs::copy("/usr/bin/sleep", &tracked).with_context(|| format!("making {}", tracked.display()))?;
    let mut subject = Subject::start(node, implementation, CONFIGURATION)?;
    await_log(&mut subject, "Entering MASTER STATE")?;
    // One round that is not counted: files are opened, pages are touched.
    rounds(node, &mut subject, programs / 10, 1)?;
    let before = subject.cpu()?;
    rounds(node, &mut subject, programs, 2)?;
    let spent = subject.cpu()?.saturating_sub(before);
    let resident = subject.resident()?;
    subject.stop()?;
    Ok((spent, resident))
}

/// Starts so many programs one after the other, then the tracked one, and waits until the daemon has seen it for the
/// `round`th time: it has heard of all the others then, since events come in their order.
fn rounds(node: &Node, subject: &mut Subject, programs: u64, round: usize) -> Result<()> {
    node.run(move || -> Result<()> {
        for _ in 0..programs {
            let status = Command::new(PROGRAM)
                .stdin(Stdio::null())
                .status()
                .with_context(|| format!("starting {PROGRAM}"))?;
            ensure!(status.success(), "{PROGRAM}: {status}");
        }
        Ok(())
    })?;
    let mut command = Command::new(format!("/run/{TRACKED}"));
    command.arg("60").stdin(Stdio::null());
    let mut tracked = node.spawn(command)?;
    let seen = await_logs(subject, "priority from 100 to 110", round);
    tracked.kill().context("ending the tracked program")?;
    tracked.wait().context("waiting for the tracked program")?;
    seen?;
    await_logs(subject, "priority from 110 to 100", round)
}

fn await_log(subject: &mut Subject, text: &str) -> Result<()> {
    await_logs(subject, text, 1)
}

/// Waits until the log has a text so many times.
fn await_logs(subject: &mut Subject, text: &str, times: usize) -> Result<()> {
    let deadline = Stamp::now() + PATIENCE;
    let changes = subject.log_changes()?;
    while subject.log()?.matches(text).count() < times {
        subject.ensure_running()?;
        let left = deadline.remaining();
        ensure!(
            !left.is_zero(),
            "the log has not `{text}` {times} times:\n{}",
            subject.log()?
        );
        changes.wait(left)?;
    }
    Ok(())
}
