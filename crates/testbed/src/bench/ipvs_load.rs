//! Many virtual servers: from the start until the kernel has all of them.

use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kernel::ipvs::{Backend as _, Ipvs};
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::netns::Node;

use super::report::{Bound, SHOWN, Unit};
use super::servers::{Servers, Service};
use super::services::{self, Services};
use super::steady::nanos;
use super::subject::Subject;
use super::{Bench, Effort, Side};

/// As many as the C program was measured with, and next to no check before the end of the measurement.
const LOAD: Services = Services {
    count: 5_000,
    delay_loop: 3_600,
    networks: [0x7f10, 0x7f11],
};
/// What the C program may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);
/// Between looks at the kernel's table.
pub(super) const GLANCE: Duration = Duration::from_millis(2);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    let runs = match bench.effort {
        Effort::Quick => 2,
        Effort::Usual | Effort::Full => 5,
    };
    bench.both(runs, measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let node = Node::new("director")?;
    node.ip(&["link set lo up"])?;
    let _servers = Servers::start(&node, Service::Http)?;
    let mut subject = Subject::start(&node, implementation, &LOAD.configuration())?;
    let mut kernel = node.run(Ipvs::open).context("opening the kernel's table")?;
    // Both put them in one after the other.
    let there = await_servers(&mut kernel, &mut subject, LOAD.count - 1, 2)?;
    let table = kernel.table().context("reading the kernel's table")?;
    let complete = table.0.iter().filter(|service| service.destinations.len() == 2);
    let complete = complete.count();
    ensure!(
        complete == usize::try_from(LOAD.count)?,
        "the kernel has the last virtual server, but only {complete} of {} are complete",
        LOAD.count
    );
    let took = nanos(there.since(subject.started()))?;
    let bounds = (Bound::Ratio(600), Bound::Ratio(200));
    bench.add(
        side,
        "start until all are in the kernel",
        Unit::Nanos,
        bounds,
        took,
    );
    bench.add(side, "memory", Unit::Kib, SHOWN, subject.resident()?);
    let stopped = nanos(subject.stop()?)?;
    bench.add(side, "stop until the end", Unit::Nanos, SHOWN, stopped);
    Ok(())
}

/// Waits until the kernel shows so many real servers of a virtual server; when that was.
pub(super) fn await_servers(
    kernel: &mut Ipvs,
    subject: &mut Subject,
    number: u32,
    servers: usize,
) -> Result<Stamp> {
    let deadline = Stamp::now() + PATIENCE;
    loop {
        let found = kernel
            .statistics(&services::key(number))
            .context("asking the kernel")?;
        let now = Stamp::now();
        if found.is_some_and(|service| service.destinations.len() == servers) {
            return Ok(now);
        }
        subject.ensure_running()?;
        ensure!(
            !deadline.remaining().is_zero(),
            "the kernel does not have {servers} servers of virtual server {number} after {PATIENCE:?}; its last words:\n{}",
            subject.last_words()?
        );
        thread::park_timeout(GLANCE);
    }
}
