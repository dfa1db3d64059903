//! What the state of a link means: asked for, delayed, not looked at; and the address that adverts come from.

use crate::lab::{ADDRESS, INTERFACE, Lab, VIP, configuration};
use anyhow::{Result, ensure};
use std::process::Command;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Changes, PATIENCE};

/// Takes the carrier away, or gives it back.
fn carrier(lab: &Lab, state: &str) -> Result<()> {
    lab.neighbour.ip(&[&format!("link set wire {state}")])
}

fn has_carrier(lab: &Lab) -> Result<bool> {
    let mut show = Command::new("ip");
    show.args(["-j", "link", "show", "dev", INTERFACE]);
    Ok(lab.router.json(show)?[0]["operstate"] == "UP")
}

fn says(daemon: &mut Daemon, text: &str) -> bool {
    daemon
        .process()
        .lines()
        .iter()
        .any(|line| line.text.contains(text))
}

/// A link that is asked for its state goes by what its driver says, whatever netlink has to tell, with each of the keywords.
pub(crate) fn are_polled() -> Result<()> {
    let plain = configuration("", "");
    for (configuration, replaced) in [
        (
            format!("linkbeat_interfaces {{\n {INTERFACE} MII\n}}\n{plain}"),
            true,
        ),
        (format!("linkbeat_use_polling\n{plain}"), false),
        (configuration("", "linkbeat_use_polling"), false),
    ] {
        let lab = Lab::new()?;
        let mut daemon = lab.master(&[], &configuration)?;
        ensure!(
            says(
                &mut daemon,
                "eth0 does not know MII: its link is asked for by ETHTOOL"
            ) == replaced,
            "a method that was not asked for is spoken of, or one that was is not"
        );
        for (state, change) in [("down", State::Fault), ("up", State::Master)] {
            let mark = daemon.process().mark();
            carrier(&lab, state)?;
            let line = format!("Link polling reports {INTERFACE} {state}");
            daemon.process().wait_line_from(mark, &line, PATIENCE)?;
            daemon.wait_state_from(mark, "V", change, PATIENCE)?;
        }
        ensure!(
            !says(&mut daemon, &format!("Netlink reports {INTERFACE}")),
            "the kernel was believed"
        );
        daemon.stop()?;
    }
    Ok(())
}

/// `interface_up_down_delays`: a short loss of the carrier is none.
pub(crate) fn flap_unnoticed() -> Result<()> {
    let lab = Lab::new()?;
    let delays = format!("interface_up_down_delays {{\n {INTERFACE} 0.9 0.1\n}}\n");
    let slow = configuration("", "").replace("advert_int 0.1", "advert_int 0.5");
    let mut daemon = lab.master(&[], &(delays + &slow))?;
    let mark = daemon.process().mark();
    // The kernel does not speak of a loss that is over before it is noticed.
    let changes = Changes::watch(&lab.router)?;
    carrier(&lab, "down")?;
    changes.wait(PATIENCE, || Ok((!has_carrier(&lab)?).then_some(())))?;
    carrier(&lab, "up")?;
    let cancelled = format!("Delay timer for {INTERFACE} cancelled");
    daemon.process().wait_line_from(mark, &cancelled, PATIENCE)?;
    ensure!(
        !daemon.left_master_since(mark),
        "a short loss of the carrier moved the instance"
    );
    carrier(&lab, "down")?;
    daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
    let mark = daemon.process().mark();
    carrier(&lab, "up")?;
    daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
    daemon.stop()?;
    Ok(())
}

/// `dont_track_primary`: without a carrier the master stays one.
pub(crate) fn may_not_matter() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", "dont_track_primary"))?;
    let mark = daemon.process().mark();
    for state in ["down", "up"] {
        carrier(&lab, state)?;
        let line = format!("Netlink reports {INTERFACE} {state}");
        daemon.process().wait_line_from(mark, &line, PATIENCE)?;
    }
    lab.expect_adverts(3)?;
    ensure!(!daemon.left_master_since(mark), "the carrier mattered");
    daemon.stop()?;
    Ok(())
}

/// `track_src_ip`: without the address that adverts are to come from there is no master. Without the keyword there is.
pub(crate) fn have_to_have_the_source() -> Result<()> {
    for (more, left) in [("track_src_ip", true), ("", false)] {
        let mut lab = Lab::new()?;
        let more = format!("mcast_src_ip 192.0.2.1\n {more}");
        let mut daemon = lab.master(&[], &configuration("", &more))?;
        let (mark, start) = (daemon.process().mark(), daemon.process().mark());
        // Another address, so that the interface is not left without any.
        lab.router
            .ip(&[&format!("address add 192.0.2.7/24 dev {INTERFACE}")])?;
        lab.router
            .sysctl(&format!("net/ipv4/conf/{INTERFACE}/promote_secondaries"), "1")?;
        lab.router
            .ip(&[&format!("address delete {ADDRESS} dev {INTERFACE}")])?;
        daemon
            .process()
            .wait_line_from(mark, "IP 192.0.2.1 removed from", PATIENCE)?;
        if left {
            let cause = "(V): entering FAULT state (src address not configured)";
            daemon.process().wait_line_from(mark, cause, PATIENCE)?;
            daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
            daemon.wait_address(INTERFACE, VIP, Presence::Gone)?;
        }
        let mark = daemon.process().mark();
        lab.router
            .ip(&[&format!("address add {ADDRESS} dev {INTERFACE}")])?;
        if left {
            daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
        }
        lab.expect_adverts(2)?;
        ensure!(
            daemon.left_master_since(start) == left,
            "track_src_ip acts where it is not given, or not where it is"
        );
        daemon.stop()?;
    }
    Ok(())
}
