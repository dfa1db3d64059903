//! The life of a virtual router: start, take-over, crash, failback, graceful stop. Each side is master twice.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::capture::{Advert, Capture};
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{Node, PATIENCE};

use super::router::{Delivery, Holder, INSTANCE, INTERFACE, Pair, Place, VRID, Variant};

/// The priority of the router that should be master, and that of the other one.
const PRIORITY: (u8, u8) = (150, 100);

/// Lives it with `one` as the router of higher priority.
pub(super) fn run(variant: Variant, one: &Implementation, two: &Implementation) -> Result<()> {
    let pair = Pair::new()?;
    let mut capture = match variant.holder {
        // Router two lives all the time and sees the adverts in both directions.
        Holder::Interface => Capture::start(&pair.two)?,
        // There every advert would be seen twice, on the macvlan and below.
        Holder::VirtualMac | Holder::VirtualMacOnly => {
            let neighbour = Node::new("neighbour")?;
            pair.segment.plug(&neighbour, INTERFACE, &["10.0.0.9/24"])?;
            Capture::start(&neighbour)?
        }
    };
    let configuration = |priority, place| variant.configuration(priority, place);

    let mut second =
        Daemon::start(&pair.two, two, &configuration(PRIORITY.1, Place::Two)).context("start of two")?;
    takes_over(&mut second, START, &variant, &mut capture).context("two, alone")?;

    let from = Mark::now(&mut second, &mut capture);
    let mut first =
        Daemon::start(&pair.one, one, &configuration(PRIORITY.0, Place::One)).context("start of one")?;
    takes_over(&mut first, from.of_another(), &variant, &mut capture).context("one, of higher priority")?;
    yields(&mut second, from, &variant).context("two, to the higher priority")?;

    let from = Mark::now(&mut second, &mut capture);
    first.crash()?;
    first.wait_exit()?;
    pair.segment.unplug(&pair.one)?;
    takes_over(&mut second, from, &variant, &mut capture).context("two, after the crash of one")?;
    first.ensure_no_complaint()?;

    // The crashed one left its virtual addresses in the kernel; its successor has to remove them.
    let from = Mark::now(&mut second, &mut capture);
    let mut first =
        Daemon::start(&pair.one, one, &configuration(PRIORITY.0, Place::One)).context("restart of one")?;
    for address in variant.virtual_addresses() {
        first
            .wait_address(variant.holding(), &address.to_string(), Presence::Gone)
            .context("leftover of the crash")?;
    }
    pair.segment.replug(&pair.one)?;
    takes_over(&mut first, from.of_another(), &variant, &mut capture).context("one, back again")?;
    yields(&mut second, from, &variant).context("two, to the failback")?;

    let from = Mark::now(&mut second, &mut capture);
    first.stop().context("graceful stop of one")?;
    for address in variant.virtual_addresses() {
        first
            .wait_address(variant.holding(), &address.to_string(), Presence::Gone)
            .context("after the stop of one")?;
    }
    takes_over(&mut second, from, &variant, &mut capture).context("two, after the stop of one")?;
    second.stop().context("stop of two")?;

    first.ensure_no_complaint()?;
    second.ensure_no_complaint()?;
    adverts_are_right(&mut capture, &variant)
}

/// A place in a log and in the capture.
#[derive(Clone, Copy, Debug)]
struct Mark {
    line: usize,
    frame: usize,
}

/// The beginning of both.
const START: Mark = Mark { line: 0, frame: 0 };

impl Mark {
    fn now(daemon: &mut Daemon, capture: &mut Capture) -> Self {
        Self {
            line: daemon.process().mark(),
            frame: capture.mark(),
        }
    }

    /// The same moment for a daemon that was started later.
    const fn of_another(self) -> Self {
        Self { line: 0, ..self }
    }
}

/// Becomes master, has the addresses, announces them.
fn takes_over(daemon: &mut Daemon, from: Mark, variant: &Variant, capture: &mut Capture) -> Result<()> {
    daemon.wait_state_from(from.line, INSTANCE, State::Master, PATIENCE)?;
    let mac = match variant.holder {
        Holder::Interface => mac_of(daemon.node())?,
        Holder::VirtualMac | Holder::VirtualMacOnly => variant.virtual_mac(),
    };
    for address in variant.virtual_addresses() {
        daemon.wait_address(variant.holding(), &address.to_string(), Presence::There)?;
        let what = format!("announcement of {address}");
        capture.wait_from(from.frame, &what, PATIENCE, |frame| {
            frame
                .announcement()
                .filter(|found| found.address == address && found.mac == mac)
        })?;
    }
    Ok(())
}

/// Becomes backup and has no address left.
fn yields(daemon: &mut Daemon, from: Mark, variant: &Variant) -> Result<()> {
    daemon.wait_state_from(from.line, INSTANCE, State::Backup, PATIENCE)?;
    for address in variant.virtual_addresses() {
        daemon.wait_address(variant.holding(), &address.to_string(), Presence::Gone)?;
    }
    Ok(())
}

fn mac_of(node: &Node) -> Result<[u8; 6]> {
    let mut show = std::process::Command::new("ip");
    show.args(["-j", "link", "show", "dev", INTERFACE]);
    let links = node.json(show)?;
    let text = links[0]["address"]
        .as_str()
        .context("a link without MAC address")?;
    let octets: Vec<u8> = text
        .split(':')
        .filter_map(|octet| u8::from_str_radix(octet, 16).ok())
        .collect();
    octets
        .try_into()
        .ok()
        .with_context(|| format!("{text} is no MAC address"))
}

/// Every advert of both, whatever the receiver thought of it.
fn adverts_are_right(capture: &mut Capture, variant: &Variant) -> Result<()> {
    capture.ensure_complete()?;
    let mut adverts: Vec<Advert> = Vec::new();
    for frame in capture.frames() {
        let Some(advert) = frame.advert() else { continue };
        let is_virtual = frame.source_mac() == Some(variant.virtual_mac());
        ensure!(
            is_virtual == (variant.holder == Holder::VirtualMac),
            "{advert} comes from the MAC address {:x?}",
            frame.source_mac()
        );
        adverts.push(advert);
    }
    for advert in &adverts {
        let expected = Advert {
            source: advert.source,
            destination: advert.destination,
            ttl: if variant.delivery == Delivery::Unicast {
                advert.ttl
            } else {
                255
            },
            version: variant.version,
            vrid: VRID,
            priority: advert.priority,
            interval: variant.advert_int.1,
            addresses: variant.virtual_addresses(),
            checksum_ok: true,
        };
        ensure!(*advert == expected, "{advert} is not as configured: {advert:?}");
        ensure!(
            [0, PRIORITY.0, PRIORITY.1].contains(&advert.priority),
            "{advert} has a foreign priority"
        );
        ensure!(
            advert.destination.is_multicast() == (variant.delivery == Delivery::Multicast),
            "{advert} goes to the wrong address"
        );
    }
    let of = |priority| {
        adverts
            .iter()
            .filter(|advert| advert.priority == priority)
            .count()
    };
    ensure!(
        of(PRIORITY.0) > 1 && of(PRIORITY.1) > 1,
        "too few adverts were captured: {}",
        adverts.len()
    );
    // One for each graceful stop.
    ensure!(
        of(0) == 2,
        "{} adverts with priority 0 instead of one for each stop",
        of(0)
    );
    Ok(())
}

/// Intervals of the variants.
pub(super) const SECOND: (&str, Duration) = ("1", Duration::from_secs(1));
/// A tenth of a second, which only version 3 can.
pub(super) const TENTH: (&str, Duration) = ("0.1", Duration::from_millis(100));
