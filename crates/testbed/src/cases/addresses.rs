//! What the kernel has, and what the network is told.

use std::process::Command;

use anyhow::{Result, ensure};
use testbed::capture::Frame;
use testbed::daemon::{Presence, State};
use testbed::netns::PATIENCE;

use super::World;
use super::lone::{ADVERT_INT, Lone, VIRTUAL_ADDRESS, configuration, with_addresses};
use super::router::{INSTANCE, INTERFACE};

/// Somebody deletes the virtual address: it is put back and announced at once, and no advert is missing.
pub(super) fn taken_away(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let mark = daemon.process().mark();
    let frame = lone.capture.mark();
    lone.router
        .ip(&[&format!("address delete {VIRTUAL_ADDRESS}/24 dev {INTERFACE}")])?;
    let removed = format!("IP {VIRTUAL_ADDRESS} removed from {INTERFACE}");
    daemon.process().wait_line_from(mark, &removed, PATIENCE)?;
    let put_back = format!("putting back {VIRTUAL_ADDRESS}/24 on {INTERFACE}");
    daemon.process().wait_line_from(mark, &put_back, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    lone.capture
        .wait_from(frame, "gratuitous ARP", PATIENCE, Frame::announcement)?;
    for _ in 0..4 {
        lone.next_advert("advert", |advert| advert.priority > 0)?;
    }
    ensure!(!daemon.left_master_since(mark), "it left the state MASTER");
    lone.ensure_no_gap(frame, 2 * ADVERT_INT)?;
    daemon.stop()?;
    Ok(())
}

/// Prefix, broadcast address, scope and label arrive in the kernel; all addresses go at the stop.
pub(super) fn options(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let addresses = format!(
        "{VIRTUAL_ADDRESS}/25 brd 10.0.0.255 dev {INTERFACE} scope global label {INTERFACE}:vip\n        10.0.0.201"
    );
    let mut daemon = lone.master(&world.ours, &with_addresses("", &addresses))?;
    daemon.wait_address(INTERFACE, "10.0.0.201", Presence::There)?;
    let found = lone.router.addresses(INTERFACE)?;
    let of = |wanted: &str| {
        found
            .iter()
            .find(|address| address["local"] == wanted)
            .cloned()
            .unwrap_or_default()
    };
    let (first, second) = (of(VIRTUAL_ADDRESS), of("10.0.0.201"));
    ensure!(
        first["prefixlen"] == 25 && first["broadcast"] == "10.0.0.255",
        "the kernel has {first}"
    );
    ensure!(
        first["scope"] == "global" && first["label"] == format!("{INTERFACE}:vip"),
        "the kernel has {first}"
    );
    ensure!(
        second["prefixlen"] == 32 && second["label"] == INTERFACE,
        "the kernel has {second}"
    );
    daemon.stop()?;
    let left: Vec<_> = lone
        .router
        .addresses(INTERFACE)?
        .iter()
        .map(|address| address["local"].to_string())
        .collect();
    ensure!(
        !left.iter().any(|address| address.contains("10.0.0.20")),
        "the stop left {}",
        left.join(" ")
    );
    Ok(())
}

/// More addresses than a packet can hold: those of the excluded list are set, but not advertised.
pub(super) fn many(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let excluded: Vec<_> = (0..400)
        .map(|n| format!("10.1.{}.{}/32 dev {INTERFACE}", n / 200, n % 200))
        .collect();
    let excluded = excluded.join("\n        ");
    let more = format!("virtual_ipaddress_excluded {{\n        {excluded}\n    }}");
    let mut daemon = lone.master(&world.ours, &configuration(&more))?;
    daemon.wait_address(INTERFACE, "10.1.1.199", Presence::There)?;
    let there = lone.router.addresses(INTERFACE)?;
    let set = there.iter().filter(|address| {
        address["local"]
            .as_str()
            .is_some_and(|text| text.starts_with("10.1."))
    });
    ensure!(set.count() == 400, "the kernel lacks excluded addresses");
    let advert = lone.next_advert("an advert", |_| true)?;
    ensure!(
        advert.addresses.len() == 1,
        "the advert has {} addresses",
        advert.addresses.len()
    );
    let address = "10.1.1.199".parse()?;
    lone.capture
        .wait("gratuitous ARP of the last excluded address", PATIENCE, |frame| {
            frame
                .announcement()
                .filter(|found| found.address == std::net::IpAddr::V4(address))
        })?;
    daemon.stop()?;
    daemon.wait_address(INTERFACE, "10.1.1.199", Presence::Gone)
}

/// The carrier goes: FAULT and no address. It comes back: BACKUP, then MASTER.
pub(super) fn link_down(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let mark = daemon.process().mark();
    lone.segment.unplug(&lone.router)?;
    daemon.wait_state_from(mark, INSTANCE, State::Fault, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)?;
    let mark = daemon.process().mark();
    lone.segment.replug(&lone.router)?;
    daemon.wait_state_from(mark, INSTANCE, State::Backup, PATIENCE)?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    daemon.stop()?;
    Ok(())
}

/// `garp_master_repeat` announcements at once, as many again after `garp_master_delay`.
pub(super) fn announcements(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(
        &world.ours,
        &configuration("garp_master_delay 1\n    garp_master_repeat 3"),
    )?;
    let mut count = 0;
    lone.capture.wait("six announcements", PATIENCE, |frame| {
        count += usize::from(frame.announcement().is_some());
        (count == 6).then_some(())
    })?;
    let times: Vec<_> = lone
        .capture
        .frames()
        .iter()
        .filter(|frame| frame.announcement().is_some())
        .map(|frame| frame.at)
        .collect();
    let pause = times[3].since(times[2]);
    ensure!(
        pause.as_millis() >= 900,
        "only {pause:?} between the two blocks of announcements"
    );
    let within = times[2].since(times[0]);
    ensure!(
        within < pause,
        "{within:?} within a block, {pause:?} between the two"
    );
    daemon.stop()?;
    Ok(())
}

/// The configuration of the user's guide: its address with the label, and a parent with one child, both `keepalived`.
pub(super) fn guide(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let text = crate::demo::guide_configuration("MASTER", 100);
    let mut daemon = testbed::daemon::Daemon::start(&lone.router, &world.ours, &text)?;
    daemon.wait_state("VI_1", State::Master, PATIENCE)?;
    daemon.wait_address("eth0", VIRTUAL_ADDRESS, Presence::There)?;
    let found = lone.router.addresses("eth0")?;
    let labelled = found
        .iter()
        .any(|address| address["local"] == VIRTUAL_ADDRESS && address["label"] == "eth0:0");
    ensure!(labelled, "no address with label eth0:0 among {found:?}");
    let parent = daemon.process().pid();
    let mut ps = Command::new("ps");
    ps.args([
        "-o",
        "comm=",
        "-p",
        &parent.to_string(),
        "--ppid",
        &parent.to_string(),
    ]);
    let names = lone.router.stdout(ps)?;
    ensure!(
        names.lines().eq(["keepalived", "keepalived"]),
        "the processes are {names:?}"
    );
    daemon.stop()?;
    Ok(())
}
