//! Ours with FRR's `vrrpd`, which is of another origin than keepalived altogether.

use anyhow::{Context as _, Result};
use testbed::capture::Capture;
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::PATIENCE;
use testbed::peer::{Frr, Peers, Router};

use super::router::{INSTANCE, INTERFACE, Pair, Place, VRID, Variant};

/// Each side is master: ours alone, then FRR with the higher priority, then ours after its death.
pub(super) fn run(variant: Variant, ours: &Implementation, peers: &Peers) -> Result<()> {
    let pair = Pair::new()?;
    let mut capture = Capture::start(&pair.one)?;
    let virtual_addresses = variant.virtual_addresses();
    let first = virtual_addresses[0].to_string();

    let mut daemon = Daemon::start(&pair.one, ours, &variant.configuration(100, Place::One))?;
    daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;

    let prefix = if variant.is_ipv6() { 64 } else { 24 };
    let router = Router {
        interface: INTERFACE.to_owned(),
        vrid: VRID,
        priority: 150,
        interval_ms: u16::try_from(variant.advert_int.1.as_millis()).context("an interval beyond FRR's")?,
        addresses: virtual_addresses
            .iter()
            .map(|address| (*address, prefix))
            .collect(),
    };
    let mark = daemon.process().mark();
    let mut frr = Frr::start(&pair.two, peers, &router)?;
    frr.vrrpd().wait_line("Backup -> Master", PATIENCE)?;
    daemon.wait_state_from(mark, INSTANCE, State::Backup, PATIENCE)?;
    daemon.wait_address(INTERFACE, &first, Presence::Gone)?;
    let advert = capture.wait("advert of FRR", PATIENCE, |frame| {
        frame.advert().filter(|advert| advert.priority == 150)
    })?;
    anyhow::ensure!(
        advert.checksum_ok,
        "FRR's checksum is not as this harness computes it: {advert:?}"
    );

    let mark = daemon.process().mark();
    drop(frr);
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, &first, Presence::There)?;

    // And FRR as backup of a higher priority: it must accept what we send.
    let mark = daemon.process().mark();
    let mut frr = Frr::start(
        &pair.two,
        peers,
        &Router {
            priority: 50,
            ..router
        },
    )?;
    frr.vrrpd().wait_line("Initialize -> Backup", PATIENCE)?;
    frr.vrrpd()
        .wait_line("Received VRRP Advertisement from", PATIENCE)?;
    let complaint = frr
        .vrrpd()
        .lines()
        .iter()
        .find(|line| is_complaint(&line.text))
        .map(|line| line.text.clone());
    anyhow::ensure!(
        complaint.is_none(),
        "FRR complains: {}",
        complaint.unwrap_or_default()
    );
    anyhow::ensure!(!daemon.left_master_since(mark), "a lower priority took over");
    daemon.stop()?;
    frr.vrrpd().wait_line("Backup -> Master", PATIENCE)?;
    daemon.ensure_no_complaint()
}

fn is_complaint(line: &str) -> bool {
    [
        "Discarding malformed",
        "checksum",
        "invalid",
        "Invalid",
        "mismatch",
    ]
    .iter()
    .any(|part| line.contains(part) && !line.contains("Received VRRP Advertisement"))
}
