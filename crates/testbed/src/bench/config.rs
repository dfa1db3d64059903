//! Reading and checking a configuration: time, and how it grows.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::process::Process;

use super::Bench;
use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::nanos;

/// What the C program may take for the largest.
const PATIENCE: Duration = Duration::from_secs(300);
const SIZES: [u32; 4] = [1_000, 2_000, 4_000, 8_000];

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    let rig = Rig::new(load(SIZES[3]).interfaces())?;
    bench.both(bench.effort.runs(), |bench, side, implementation| {
        let mut times = Vec::new();
        for instances in SIZES {
            let took = test(&rig, implementation, &load(instances))?;
            let bounds = if instances == 4_000 {
                (Bound::Ratio(400), Bound::Ratio(200))
            } else {
                SHOWN
            };
            bench.add(
                side,
                &format!("-t of {instances} x 5 VIPs"),
                Unit::Nanos,
                bounds,
                took,
            );
            times.push(took);
        }
        // Linear is 2.
        let growth = (times[3] * 1_000)
            .checked_div(times[2])
            .context("no time passed")?;
        let bounds = (Bound::AtMost(2_300), Bound::AtMost(2_100));
        bench.add(
            side,
            "growth from 4000 to 8000",
            Unit::Thousandths,
            bounds,
            growth,
        );
        Ok(())
    })
}

fn load(instances: u32) -> Load {
    Load {
        instances,
        addresses: 5,
        advert_int: Duration::from_secs(1),
        deadlines: Deadlines::Burst,
    }
}

fn test(rig: &Rig, implementation: &Implementation, load: &Load) -> Result<u64> {
    let path = rig.router.write("large.conf", &load.configuration())?;
    let report = rig.router.directory().join("report");
    let report = File::create(&report).with_context(|| format!("making {}", report.display()))?;
    let mut command = implementation.command();
    command
        .arg("-t")
        .arg("-f")
        .arg(path)
        .stdout(Stdio::null())
        .stderr(report);
    let began = Stamp::now();
    let mut process = Process::start_silent(&rig.router, implementation.name(), command)?;
    let (ended, status) = process.wait_exit(PATIENCE)?;
    ensure!(
        status.success(),
        "-t ended with {status}: {}",
        rig.router.read("report")?
    );
    nanos(ended.since(began))
}
