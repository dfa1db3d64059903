//! What `auth_hmac` costs: our adverts with it beside our adverts without. Debian's keepalived does not know it.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::{self, nanos};
use super::{Bench, Side};

/// After the start, before the measurement.
const SETTLE: Duration = Duration::from_secs(1);

const LOAD: Load = Load {
    instances: 1_000,
    addresses: 1,
    advert_int: Duration::from_millis(100),
    deadlines: Deadlines::Spread,
};

/// The block that signs.
const BLOCK: &str = "  auth_hmac {\n    key 1 0123456789abcdefghijklmnopqrstuvwxyz\n    active_key 1\n  }\n";

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for run in 0..bench.effort.runs() {
        // In turns, so that a disturbance hits both.
        let (plain, signed) = if run % 2 == 0 {
            let plain = cost(bench, "")?;
            (plain, cost(bench, BLOCK)?)
        } else {
            let signed = cost(bench, BLOCK)?;
            (cost(bench, "")?, signed)
        };
        let ratio = (signed * 1_000).checked_div(plain).context("no time was spent")?;
        bench.add(Side::Ours, "CPU an advert, unsigned", Unit::Nanos, SHOWN, plain);
        bench.add(Side::Ours, "CPU an advert, signed", Unit::Nanos, SHOWN, signed);
        let bounds = (Bound::AtMost(1_500), Bound::AtMost(1_300));
        bench.add(Side::Ours, "signed / unsigned", Unit::Thousandths, bounds, ratio);
    }
    Ok(())
}

/// Nanoseconds of processor time for an advert, with more lines in each instance.
fn cost(bench: &Bench, more: &str) -> Result<u64> {
    let mut rig = Rig::new(LOAD.interfaces())?;
    let configuration = LOAD
        .configuration()
        .replace("  virtual_ipaddress {", &format!("{more}  virtual_ipaddress {{"));
    let subject = steady::masters_with(&mut rig, &bench.ours, &LOAD, &configuration)?;
    rig.capture.listen_for(SETTLE);
    rig.capture.take();
    let window = bench.effort.window();
    let before = subject.cpu()?;
    rig.capture.gather_for(window);
    let spent = subject.cpu()?.saturating_sub(before);
    let frames = rig.capture.take();
    rig.capture.ensure_complete()?;
    let adverts = steady::adverts(&rig, &LOAD, &frames, window)?;
    nanos(spent)?
        .checked_div(adverts.count)
        .context("no advert was sent")
}
