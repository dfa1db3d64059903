//! Many instances as backup: what a received advert costs, and whether the master is believed to be alive.

use std::time::Duration;

use anyhow::{Context as _, Result};
use testbed::capture::Frame;
use testbed::daemon::Implementation;

use super::generator::{Generator, Pace};
use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::{self, nanos};
use super::{Bench, Side};

/// After the start, before the measurement.
const SETTLE: Duration = Duration::from_secs(1);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for instances in [255, 4_000] {
        let load = Load {
            instances,
            addresses: 1,
            advert_int: Duration::from_millis(100),
            deadlines: Deadlines::Burst,
        };
        for pace in [Pace::Burst, Pace::Spread] {
            bench.both(bench.effort.runs(), |bench, side, implementation| {
                measure(bench, side, implementation, &load, pace)
            })?;
        }
    }
    Ok(())
}

fn measure(
    bench: &mut Bench,
    side: Side,
    implementation: &Implementation,
    load: &Load,
    pace: Pace,
) -> Result<()> {
    let mut rig = Rig::new(load.interfaces())?;
    let generator = Generator::start(&rig, load, pace)?;
    let subject = steady::backups(&mut rig, implementation, load)?;
    rig.capture.listen_for(SETTLE);
    rig.capture.take();

    let window = bench.effort.window();
    let before = subject.cpu()?;
    rig.capture.gather_for(window);
    let spent = subject.cpu()?.saturating_sub(before);
    let frames = rig.capture.take();
    let (heard, false_takeovers) = (
        count(&frames, Direction::Heard)?,
        count(&frames, Direction::Sent)?,
    );

    let calls = subject.system_calls(window, || {
        rig.capture.take();
        rig.capture.gather_for(window);
    })?;
    let during = count(&rig.capture.take(), Direction::Heard)?;
    rig.capture.ensure_complete()?;
    generator.stop()?;

    let pace = if pace == Pace::Burst { "burst" } else { "spread" };
    let name = |figure: &str| format!("{} {pace}: {figure}", load.instances);
    let cpu = nanos(spent)?.checked_div(heard).context("no advert was heard")?;
    let cpu_bounds = if load.instances == 4_000 {
        (Bound::Ratio(800), Bound::Ratio(700))
    } else {
        SHOWN
    };
    bench.add(side, &name("CPU an advert"), Unit::Nanos, cpu_bounds, cpu);
    let calls = (calls * 1_000)
        .checked_div(during)
        .context("no advert while system calls were counted")?;
    let call_bounds = if load.instances == 255 {
        (Bound::AtMost(2_100), Bound::None)
    } else {
        SHOWN
    };
    bench.add(
        side,
        &name("system calls an advert"),
        Unit::Thousandths,
        call_bounds,
        calls,
    );
    let none = (Bound::AtMost(0), Bound::AtMost(0));
    bench.add(
        side,
        &name("adverts of a false master"),
        Unit::Count,
        none,
        false_takeovers,
    );
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    /// From the generator to the daemon.
    Heard,
    /// From the daemon.
    Sent,
}

fn count(frames: &[Frame], direction: Direction) -> Result<u64> {
    let outgoing = direction == Direction::Heard;
    let adverts = frames
        .iter()
        .filter(|frame| frame.outgoing == outgoing && frame.advert().is_some());
    Ok(u64::try_from(adverts.count())?)
}
