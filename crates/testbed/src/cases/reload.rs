//! A running daemon gets another configuration.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use testbed::daemon::{Daemon, Presence};
use testbed::netns::PATIENCE;

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration, with_addresses};
use super::router::INTERFACE;

/// Less than two intervals: then no advert is missing. The cases share the processors, hence not less.
const MISSING: Duration = Duration::from_millis(199);

/// Another address and priority: both arrive, nobody loses mastership.
pub(super) fn difference(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let mark = daemon.process().mark();
    let addresses = format!("{VIRTUAL_ADDRESS}/24 dev {INTERFACE}\n        10.0.0.201/24 dev {INTERFACE}");
    daemon.reload(&with_addresses("", &addresses).replace("priority 100", "priority 120"))?;
    daemon.wait_address(INTERFACE, "10.0.0.201", Presence::There)?;
    let advert = lone.next_advert("advert with priority 120", |advert| advert.priority == 120)?;
    ensure!(
        advert.addresses.len() == 2,
        "{advert} has {} addresses",
        advert.addresses.len()
    );
    ensure!(!daemon.left_master_since(mark), "the reload cost the mastership");
    // And back: the removed address goes, the other one stays.
    daemon.reload(&configuration(""))?;
    daemon.wait_address(INTERFACE, "10.0.0.201", Presence::Gone)?;
    lone.next_advert("advert with priority 100", |advert| advert.priority == 100)?;
    ensure!(
        lone.router.has_address(INTERFACE, VIRTUAL_ADDRESS)?,
        "the reload removed an address that stays"
    );
    ensure!(
        !daemon.left_master_since(mark),
        "the second reload cost the mastership"
    );
    daemon.stop()?;
    Ok(())
}

/// A broken file is refused: same processes, address and mastership; the mistake is named with its line.
pub(super) fn broken_file(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let (mark, child) = (daemon.process().mark(), lone.router.read("vrrp.pid")?);
    // Were it accepted, its priority would show.
    let broken = configuration("")
        .replace("virtual_ipaddress {", "virtual_ipaddress")
        .replace("100", "50");
    daemon.reload(&broken)?;
    daemon
        .process()
        .wait_line_from(mark, "virtual_ipaddress", PATIENCE)
        .context("naming the mistake")?;
    let frame = lone.capture.mark();
    for _ in 0..5 {
        lone.next_advert("advert after the refused reload", |advert| advert.priority == 100)?;
    }
    lone.ensure_no_gap(frame, MISSING)?;
    ensure!(
        !daemon.left_master_since(mark),
        "the refused reload cost the mastership"
    );
    ensure!(
        lone.router.read("vrrp.pid")? == child,
        "the refused reload replaced the child"
    );
    ensure!(
        lone.router.has_address(INTERFACE, VIRTUAL_ADDRESS)?,
        "the refused reload removed the address"
    );
    daemon.stop()?;
    Ok(())
}

/// HUP ten times a second, 200 times: no advert is missing, and memory does not grow.
pub(super) fn two_hundred(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let frame = lone.capture.mark();
    let mut after_twenty = 0;
    for number in 0..200 {
        // Adverts are the clock: one reload an advert.
        lone.next_advert("advert", |advert| advert.priority == 100)?;
        daemon.process().signal(Signal::SIGHUP)?;
        if number == 19 {
            after_twenty = resident_kib(&lone, &mut daemon)?;
        }
    }
    lone.next_advert("the last advert", |advert| advert.priority == 100)?;
    let at_the_end = resident_kib(&lone, &mut daemon)?;
    lone.ensure_no_gap(frame, MISSING)?;
    ensure!(
        at_the_end <= after_twenty + 1024,
        "resident memory grew from {after_twenty} KiB after 20 reloads to {at_the_end} KiB after 200"
    );
    daemon.stop()?;
    Ok(())
}

/// What parent and child occupy.
fn resident_kib(lone: &Lone, daemon: &mut Daemon) -> Result<u64> {
    let child = lone.router.read("vrrp.pid")?;
    let mut sum = 0;
    for pid in [daemon.process().pid().to_string(), child.trim().to_owned()] {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
            .context("reading the memory of a process")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("a process without VmRSS")?;
        sum += resident
            .trim()
            .trim_end_matches(" kB")
            .parse::<u64>()
            .context("reading VmRSS")?;
    }
    Ok(sum)
}
