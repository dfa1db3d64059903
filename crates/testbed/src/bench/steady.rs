//! A daemon that does what it does all day: starting it, waiting until it is settled, looking at its adverts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Result, bail};
use testbed::capture::Frame;
use testbed::clock::Stamp;
use testbed::daemon::Implementation;

use super::report::percentile;
use super::rig::{Key, Load, Rig};
use super::subject::Subject;

/// What reading a large configuration may take.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Between looks at a log file.
const BEAT: Duration = Duration::from_millis(50);

/// Starts a daemon as master of all its virtual routers and waits until each has sent an advert.
pub(super) fn masters(rig: &mut Rig, implementation: &Implementation, load: &Load) -> Result<Subject> {
    masters_with(rig, implementation, load, &load.configuration())
}

/// The same, with a configuration that says more than that of the load.
pub(super) fn masters_with(
    rig: &mut Rig,
    implementation: &Implementation,
    load: &Load,
    configuration: &str,
) -> Result<Subject> {
    let mut subject = Subject::start(&rig.router, implementation, configuration)?;
    let wanted: BTreeSet<Key> = load.keys().collect();
    let mut seen = BTreeSet::new();
    let deadline = Stamp::now() + START_PATIENCE;
    while seen.len() < wanted.len() {
        if deadline.remaining().is_zero() {
            bail!(
                "only {} of {} instances have sent an advert; the log:\n{}",
                seen.len(),
                wanted.len(),
                subject.log()?
            );
        }
        subject.ensure_running()?;
        rig.capture.listen_for(BEAT);
        for frame in rig.capture.take() {
            if let Some(advert) = frame.advert().filter(|_| !frame.outgoing) {
                seen.extend(rig.key(&frame, advert.vrid));
            }
        }
    }
    Ok(subject)
}

/// Starts a daemon that hears better masters and waits until all its instances are backup.
pub(super) fn backups(rig: &mut Rig, implementation: &Implementation, load: &Load) -> Result<Subject> {
    backups_with(rig, implementation, load, &load.configuration())
}

/// The same, with a configuration that says more than that of the load.
pub(super) fn backups_with(
    rig: &mut Rig,
    implementation: &Implementation,
    load: &Load,
    configuration: &str,
) -> Result<Subject> {
    let mut subject = Subject::start(&rig.router, implementation, configuration)?;
    let deadline = Stamp::now() + START_PATIENCE;
    let wanted = usize::try_from(load.instances)?;
    while subject.log()?.matches("Entering BACKUP STATE").count() < wanted {
        if deadline.remaining().is_zero() {
            bail!(
                "not all of {wanted} instances are backup; the log:\n{}",
                subject.log()?
            );
        }
        subject.ensure_running()?;
        rig.capture.listen_for(BEAT);
    }
    Ok(subject)
}

/// What the adverts of a while look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adverts {
    pub(super) count: u64,
    /// Thousandths of a percent of those that were due.
    pub(super) share_of_due: u64,
    /// Nanoseconds by which 99 of 100 intervals miss `advert_int` at most.
    pub(super) interval_error_p99: u64,
    /// The longest time between two adverts of one virtual router, in nanoseconds.
    pub(super) longest_silence: u64,
}

/// Looks at the adverts that the daemon sent within `frames`, which were collected for `window`.
pub(super) fn adverts(rig: &Rig, load: &Load, frames: &[Frame], window: Duration) -> Result<Adverts> {
    let mut times: BTreeMap<Key, Vec<Stamp>> = load.keys().map(|key| (key, Vec::new())).collect();
    for frame in frames.iter().filter(|frame| !frame.outgoing) {
        let Some(advert) = frame.advert() else { continue };
        if let Some(times) = rig.key(frame, advert.vrid).and_then(|key| times.get_mut(&key)) {
            times.push(frame.at);
        }
    }
    let (interval, window) = (nanos(load.advert_int)?, nanos(window)?);
    let mut errors = Vec::new();
    let (mut count, mut gaps_seen, mut nanos_seen, mut longest_silence) = (0, 0_u128, 0_u128, 0);
    for times in times.values() {
        count += u64::try_from(times.len())?;
        let (Some(first), Some(last)) = (times.first(), times.last()) else {
            // Nothing at all: everything that was due is missing.
            nanos_seen += u128::from(window);
            longest_silence = window;
            continue;
        };
        // From first to last advert, so that the ends of the window do not matter.
        nanos_seen += last.since(*first).as_nanos();
        for pair in times.windows(2) {
            let gap = nanos(pair[1].since(pair[0]))?;
            gaps_seen += 1;
            errors.push(gap.abs_diff(interval));
            longest_silence = longest_silence.max(gap);
        }
    }
    let share_of_due = (gaps_seen * u128::from(interval) * 100_000).checked_div(nanos_seen);
    Ok(Adverts {
        count,
        share_of_due: share_of_due.map_or(Ok(0), u64::try_from)?,
        interval_error_p99: percentile(&errors, 99).unwrap_or(0),
        longest_silence,
    })
}

/// A duration as a figure.
pub(super) fn nanos(duration: Duration) -> Result<u64> {
    Ok(u64::try_from(duration.as_nanos())?)
}
