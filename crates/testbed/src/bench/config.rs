//! Reading and checking a configuration: time, and how it grows.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::unistd::Pid;
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::process::Process;

use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::services::Services;
use super::steady::nanos;
use super::{Bench, Side};

/// What the C program may take for the largest.
const PATIENCE: Duration = Duration::from_secs(300);
const SIZES: [u32; 4] = [1_000, 2_000, 4_000, 8_000];

/// Numbers of virtual servers, with two real servers and their checks each.
const SERVICES: [u32; 3] = [1_000, 10_000, 50_000];
/// How often the memory of a process is looked at while it runs.
const GLANCE: Duration = Duration::from_millis(1);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    let rig = Rig::new(load(SIZES[3]).interfaces())?;
    bench.both(bench.effort.runs(), |bench, side, implementation| {
        let mut times = Vec::new();
        for instances in SIZES {
            let (took, _) = test(&rig, implementation, &load(instances).configuration())?;
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
        virtual_servers(bench, side, &rig, implementation)
    })
}

fn virtual_servers(bench: &mut Bench, side: Side, rig: &Rig, implementation: &Implementation) -> Result<()> {
    let mut times = Vec::new();
    for servers in SERVICES {
        let (took, peak) = test(rig, implementation, &services(servers).configuration())?;
        let (time, memory) = if servers == SERVICES[2] {
            (
                (Bound::Ratio(500), Bound::Ratio(350)),
                (Bound::Ratio(1_000), Bound::Ratio(700)),
            )
        } else {
            (SHOWN, SHOWN)
        };
        let name = format!("-t of {servers} virtual servers");
        bench.add(side, &name, Unit::Nanos, time, took);
        bench.add(side, &format!("{name}, peak memory"), Unit::Kib, memory, peak);
        times.push(took);
    }
    // Linear is 5.
    let growth = (times[2] * 1_000)
        .checked_div(times[1])
        .context("no time passed")?;
    let bounds = (Bound::AtMost(6_000), Bound::AtMost(5_500));
    bench.add(
        side,
        "growth from 10000 to 50000 virtual servers",
        Unit::Thousandths,
        bounds,
        growth,
    );
    Ok(())
}

fn services(count: u32) -> Services {
    Services {
        count,
        delay_loop: 10,
        networks: [0xac10, 0xac11],
    }
}

fn load(instances: u32) -> Load {
    Load {
        instances,
        addresses: 5,
        advert_int: Duration::from_secs(1),
        deadlines: Deadlines::Burst,
    }
}

/// How long the test of a configuration takes, and its largest memory in KiB.
fn test(rig: &Rig, implementation: &Implementation, configuration: &str) -> Result<(u64, u64)> {
    let path = rig.router.write("large.conf", configuration)?;
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
    let peak = watch_memory(process.pid());
    let (ended, status) = process.wait_exit(PATIENCE)?;
    ensure!(
        status.success(),
        "-t ended with {status}: {}",
        rig.router.read("report")?
    );
    Ok((nanos(ended.since(began))?, peak))
}

/// The largest memory of a process until it ends, in KiB.
#[expect(clippy::disallowed_methods, reason = "that memory grows is no event")]
fn watch_memory(process: Pid) -> u64 {
    let mut peak = 0;
    while let Some(memory) = peak_memory(process) {
        peak = peak.max(memory);
        std::thread::sleep(GLANCE);
    }
    peak
}

/// The largest memory of a process so far, in KiB; nothing once it has ended.
fn peak_memory(process: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse().ok()
}
