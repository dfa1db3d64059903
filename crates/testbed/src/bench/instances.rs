//! Many instances as master: what an advert costs, and how punctual it is.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result};
use testbed::daemon::Implementation;

use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::{self, nanos};
use super::subject::Subject;
use super::{Bench, Side};

const ADVERT_INT: Duration = Duration::from_millis(100);
/// After the start, before the measurement.
const SETTLE: Duration = Duration::from_secs(1);
/// What the start of 4,000 instances may take.
const START_PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for instances in [1, 255, 1_000, 4_000] {
        for deadlines in [Deadlines::Burst, Deadlines::Spread] {
            if instances == 1 && deadlines == Deadlines::Spread {
                continue;
            }
            let load = Load {
                instances,
                addresses: 1,
                advert_int: ADVERT_INT,
                deadlines,
            };
            bench.both(bench.effort.runs(), |bench, side, implementation| {
                measure(bench, side, implementation, &load)
            })?;
        }
    }
    bench.both(bench.effort.runs(), start)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation, load: &Load) -> Result<()> {
    let mut rig = Rig::new(load.interfaces())?;
    let subject = steady::masters(&mut rig, implementation, load)?;
    rig.capture.listen_for(SETTLE);
    rig.capture.take();

    let window = bench.effort.window();
    let before = subject.cpu()?;
    rig.capture.gather_for(window);
    let spent = subject.cpu()?.saturating_sub(before);
    let frames = rig.capture.take();
    let adverts = steady::adverts(&rig, load, &frames, window)?;

    let calls = subject.system_calls(window, || {
        rig.capture.take();
        rig.capture.gather_for(window);
    })?;
    let frames = rig.capture.take();
    let during = steady::adverts(&rig, load, &frames, window)?.count;
    rig.capture.ensure_complete()?;

    let deadlines = if load.deadlines == Deadlines::Burst {
        "burst"
    } else {
        "spread"
    };
    let name = |figure: &str| format!("{} {deadlines}: {figure}", load.instances);
    let of_255 = |bounds| if load.instances == 255 { bounds } else { SHOWN };
    let of_4000 = |bounds| if load.instances == 4_000 { bounds } else { SHOWN };

    let cpu = nanos(spent)?
        .checked_div(adverts.count)
        .context("no advert was sent")?;
    bench.add(
        side,
        &name("CPU an advert"),
        Unit::Nanos,
        of_4000((Bound::Ratio(700), Bound::Ratio(600))),
        cpu,
    );
    let calls = (calls * 1_000)
        .checked_div(during)
        .context("no advert while system calls were counted")?;
    let call_bounds = of_255((Bound::AtMost(1_100), Bound::AtMost(500)));
    bench.add(
        side,
        &name("system calls an advert"),
        Unit::Thousandths,
        call_bounds,
        calls,
    );
    let due_bounds = of_255((Bound::AtLeast(99_950), Bound::None));
    bench.add(
        side,
        &name("adverts of due"),
        Unit::Share,
        due_bounds,
        adverts.share_of_due,
    );
    let punctual = (Bound::Ratio(1_000), Bound::Ratio(800));
    bench.add(
        side,
        &name("interval error p99"),
        Unit::Nanos,
        punctual,
        adverts.interval_error_p99,
    );
    bench.add(side, &name("memory"), Unit::Kib, SHOWN, subject.resident()?);
    Ok(())
}

/// From the start to the announcement of the last of 4,000 addresses, with priority 255: no timer of the protocol in it.
fn start(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let load = Load {
        instances: 4_000,
        addresses: 1,
        advert_int: Duration::from_secs(1),
        deadlines: Deadlines::Immediate,
    };
    let mut rig = Rig::new(load.interfaces())?;
    let subject = Subject::start(&rig.router, implementation, &load.configuration())?;
    let mut missing: BTreeSet<_> = load.all_addresses().collect();
    let last = rig
        .capture
        .wait("announcement of the last address", START_PATIENCE, |frame| {
            if let Some(announcement) = frame.announcement() {
                missing.remove(&announcement.address);
            }
            missing.is_empty().then_some(frame.at)
        })?;
    let took = nanos(last.since(subject.started()))?;
    bench.add(
        side,
        "4000: start to last VIP",
        Unit::Nanos,
        (Bound::Ratio(500), Bound::Ratio(400)),
        took,
    );
    Ok(())
}
