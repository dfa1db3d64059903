//! A reload of a large configuration: how long adverts are silent.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use testbed::daemon::Implementation;

use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::{self, nanos};
use super::{Bench, Side};

/// After the signal; longer than any of the two needs.
const WATCH: Duration = Duration::from_secs(6);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    bench.both(bench.effort.runs(), measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let load = Load {
        instances: 4_000,
        addresses: 1,
        advert_int: Duration::from_millis(100),
        deadlines: Deadlines::Spread,
    };
    let mut rig = Rig::new(load.interfaces())?;
    let mut subject = steady::masters(&mut rig, implementation, &load)?;
    rig.capture.listen_for(Duration::from_secs(1));
    rig.capture.take();
    let before = subject.cpu()?;
    subject.process().signal(Signal::SIGHUP)?;
    rig.capture.gather_for(WATCH);
    let spent = subject.cpu()?.saturating_sub(before);
    subject.ensure_running()?;
    let frames = rig.capture.take();
    rig.capture.ensure_complete()?;
    let adverts = steady::adverts(&rig, &load, &frames, WATCH)?;
    let intervals = adverts.longest_silence * 1_000 / nanos(load.advert_int)?;
    let bounds = (Bound::AtMost(1_200), Bound::AtMost(1_050));
    bench.add(
        side,
        "longest silence, in intervals",
        Unit::Thousandths,
        bounds,
        intervals,
    );
    bench.add(
        side,
        "adverts of due while reloading",
        Unit::Share,
        SHOWN,
        adverts.share_of_due,
    );
    bench.add(
        side,
        "CPU of reload and 6 s of adverts",
        Unit::Nanos,
        SHOWN,
        nanos(spent)?,
    );
    Ok(())
}
