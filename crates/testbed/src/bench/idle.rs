//! One instance with priority 255: how soon it serves, what it occupies, how soon it is gone.

use std::time::Duration;

use anyhow::Result;
use testbed::daemon::Implementation;

use super::report::{Bound, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::nanos;
use super::subject::Subject;
use super::{Bench, Side};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    // Short, so more runs than of the others.
    bench.both(bench.effort.runs() * 3, measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let load = Load {
        instances: 1,
        addresses: 1,
        advert_int: Duration::from_secs(1),
        deadlines: Deadlines::Immediate,
    };
    let mut rig = Rig::new(1)?;
    let subject = Subject::start(&rig.router, implementation, &load.configuration())?;
    let announced = rig.capture.wait("announcement", PATIENCE, |frame| {
        frame.announcement().map(|_| frame.at)
    })?;
    let start = nanos(announced.since(subject.started()))?;
    bench.add(
        side,
        "start to VIP",
        Unit::Nanos,
        (Bound::Ratio(600), Bound::Ratio(400)),
        start,
    );
    let mut adverts = 0;
    rig.capture.wait("three adverts", PATIENCE, |frame| {
        adverts += usize::from(frame.advert().is_some());
        (adverts == 3).then_some(())
    })?;
    bench.add(
        side,
        "RSS",
        Unit::Kib,
        (Bound::Ratio(700), Bound::Ratio(600)),
        subject.resident()?,
    );
    bench.add(
        side,
        "shared libraries",
        Unit::Count,
        (Bound::AtMost(8), Bound::AtMost(6)),
        subject.libraries()?,
    );
    let stop = nanos(subject.stop()?)?;
    bench.add(
        side,
        "TERM to exit",
        Unit::Nanos,
        (Bound::AtMost(300_000_000), Bound::AtMost(200_000_000)),
        stop,
    );
    Ok(())
}
