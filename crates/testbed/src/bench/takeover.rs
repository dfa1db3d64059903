//! All masters die in one moment: who waits for whom.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use testbed::capture::Frame;
use testbed::clock::Stamp;
use testbed::daemon::Implementation;

use super::generator::{Generator, Pace};
use super::report::{Bound, SHOWN, Unit, median};
use super::rig::{Deadlines, Key, Load, Rig};
use super::steady::{self, nanos};
use super::{Bench, Side};

/// `garp_master_repeat`: so many announcements of each address belong to the take-over.
const REPEAT: usize = 5;
/// What a take-over may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A scale, with the bounds of its figures.
struct Scale {
    instances: u32,
    addresses: u32,
    first: (Bound, Bound),
    median: (Bound, Bound),
    cpu: (Bound, Bound),
    latest_advert: (Bound, Bound),
}

const CPU: (Bound, Bound) = (Bound::Ratio(600), Bound::Ratio(500));
const LATEST_ADVERT: (Bound, Bound) = (Bound::Ratio(300), Bound::Ratio(200));

const SCALES: &[Scale] = &[
    Scale {
        instances: 1_000,
        addresses: 1,
        first: SHOWN,
        median: SHOWN,
        cpu: CPU,
        latest_advert: LATEST_ADVERT,
    },
    Scale {
        instances: 100,
        addresses: 10,
        first: SHOWN,
        median: SHOWN,
        cpu: CPU,
        latest_advert: LATEST_ADVERT,
    },
    Scale {
        instances: 1,
        addresses: 2_000,
        first: (Bound::Ratio(100), Bound::Ratio(50)),
        median: (Bound::Ratio(400), Bound::Ratio(300)),
        cpu: SHOWN,
        latest_advert: SHOWN,
    },
];

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for scale in SCALES {
        bench.both(bench.effort.runs(), |bench, side, implementation| {
            measure(bench, side, implementation, scale)
        })?;
    }
    Ok(())
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation, scale: &Scale) -> Result<()> {
    let load = Load {
        instances: scale.instances,
        addresses: scale.addresses,
        advert_int: Duration::from_secs(1),
        deadlines: Deadlines::Burst,
    };
    let mut rig = Rig::new(load.interfaces())?;
    let generator = Generator::start(&rig, &load, Pace::Burst)?;
    let mut subject = steady::backups(&mut rig, implementation, &load)?;
    let deadlines = kill_masters(&mut rig, &load, generator)?;

    let before = subject.cpu()?;
    let moments = follow(&mut rig, &load).context("following the take-over")?;
    let spent = subject.cpu()?.saturating_sub(before);
    subject.ensure_running()?;
    rig.capture.ensure_complete()?;

    let announced = moments.announcement_delays(&load, &deadlines);
    let latest = moments
        .advertised
        .iter()
        .map(|(key, moment)| delay(*moment, deadlines[key]))
        .max();

    let name = |figure: &str| format!("{} x {}: {figure}", scale.instances, scale.addresses);
    let first = announced.iter().min().copied().context("nothing was announced")?;
    bench.add(
        side,
        &name("first gratuitous ARP"),
        Unit::Nanos,
        scale.first,
        first,
    );
    let middle = median(&announced).context("nothing was announced")?;
    bench.add(side, &name("median VIP"), Unit::Nanos, scale.median, middle);
    let last = announced.iter().max().copied().context("nothing was announced")?;
    bench.add(side, &name("last VIP"), Unit::Nanos, SHOWN, last);
    let cpu = nanos(spent)?
        .checked_div(u64::try_from(announced.len())?)
        .context("nothing was announced")?;
    bench.add(side, &name("CPU a VIP"), Unit::Nanos, scale.cpu, cpu);
    bench.add(
        side,
        &name("latest advert"),
        Unit::Nanos,
        scale.latest_advert,
        latest.context("no advert was sent")?,
    );
    Ok(())
}

/// Stops the generator between two of its bursts and returns when each virtual router has to be taken over.
pub(super) fn kill_masters(rig: &mut Rig, load: &Load, generator: Generator) -> Result<BTreeMap<Key, Stamp>> {
    // Two whole intervals, so that everybody has heard its master; then the end of the next burst.
    rig.capture.listen_for(load.advert_int * 2);
    let last = load.keys().last().context("a load without instances")?;
    let source = IpAddr::V4(last.source()?);
    let from = rig.capture.mark();
    rig.capture
        .wait_from(from, "the end of a burst", load.advert_int * 3, |frame| {
            frame
                .advert()
                .filter(|advert| frame.outgoing && advert.vrid == last.vrid && advert.source == source)
        })?;
    generator.stop()?;
    let mut deadlines = BTreeMap::new();
    for frame in rig.capture.take().iter().filter(|frame| frame.outgoing) {
        if let Some(key) = frame.advert().and_then(|advert| rig.key(frame, advert.vrid)) {
            deadlines.insert(key, frame.at + load.master_down_interval(key));
        }
    }
    Ok(deadlines)
}

/// The first announcement of each address and the first advert of each virtual router.
#[derive(Debug, Default)]
pub(super) struct Moments {
    announced: BTreeMap<IpAddr, Stamp>,
    advertised: BTreeMap<Key, Stamp>,
}

impl Moments {
    /// How long after the deadline of its virtual router each address was announced, in nanoseconds.
    pub(super) fn announcement_delays(&self, load: &Load, deadlines: &BTreeMap<Key, Stamp>) -> Vec<u64> {
        let owners: BTreeMap<IpAddr, Key> = load
            .keys()
            .flat_map(|key| load.addresses_of(key).map(move |address| (address, key)))
            .collect();
        self.announced
            .iter()
            .filter_map(|(address, moment)| Some(delay(*moment, deadlines[owners.get(address)?])))
            .collect()
    }
}

fn delay(moment: Stamp, deadline: Stamp) -> u64 {
    u64::try_from(moment.nanos_since(deadline)).unwrap_or(0)
}

/// Follows the take-over to its end: every address announced as often as it is to be.
pub(super) fn follow(rig: &mut Rig, load: &Load) -> Result<Moments> {
    let addresses = load.all_addresses().count();
    let mut moments = Moments::default();
    let mut announcements = 0;
    rig.capture.wait("end of the take-over", PATIENCE, |frame| {
        if let Some(announcement) = frame.announcement().filter(|_| !frame.outgoing) {
            announcements += 1;
            moments.announced.entry(announcement.address).or_insert(frame.at);
        }
        (moments.announced.len() == addresses && announcements >= addresses * REPEAT).then_some(())
    })?;
    for frame in rig.capture.take().iter().filter(|frame: &&Frame| !frame.outgoing) {
        if let Some(key) = frame.advert().and_then(|advert| rig.key(frame, advert.vrid)) {
            moments.advertised.entry(key).or_insert(frame.at);
        }
    }
    Ok(moments)
}
