//! Who becomes master, beyond the plain case that `life` covers.

use anyhow::{Result, ensure};
use testbed::daemon::{Daemon, State};
use testbed::netns::PATIENCE;

use super::World;
use super::lone::configuration;
use super::router::{INSTANCE, Pair};

fn with_priority(priority: u8, more: &str) -> String {
    configuration(more).replace("priority 100", &format!("priority {priority}"))
}

/// `nopreempt`: the higher priority waits until the master leaves.
pub(super) fn nopreempt(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    let mut lower = Daemon::start(&pair.two, &world.ours, &with_priority(100, ""))?;
    lower.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mark = lower.process().mark();
    let mut higher = Daemon::start(
        &pair.one,
        &world.ours,
        &with_priority(150, "state BACKUP\n    nopreempt"),
    )?;
    higher.wait_state(INSTANCE, State::Backup, PATIENCE)?;
    // Twenty adverts are more than six times what it would wait without `nopreempt`.
    let mut capture = testbed::capture::Capture::start(&pair.one)?;
    let mut count = 0;
    capture.wait("twenty adverts", PATIENCE, |frame| {
        count += usize::from(frame.advert().is_some_and(|advert| advert.priority == 100));
        (count == 20).then_some(())
    })?;
    ensure!(!lower.left_master_since(mark), "the higher priority preempted");
    lower.stop()?;
    higher.wait_state(INSTANCE, State::Master, PATIENCE)?;
    higher.stop()?;
    Ok(())
}

/// `preempt_delay`: the higher priority takes over, but not before the delay.
pub(super) fn preempt_delay(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    let mut lower = Daemon::start(&pair.two, &world.ours, &with_priority(100, ""))?;
    lower.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mut higher = Daemon::start(
        &pair.one,
        &world.ours,
        &with_priority(150, "state BACKUP\n    preempt_delay 2"),
    )?;
    let started = higher.process().wait_line("start preempt delay", PATIENCE)?;
    let master = higher.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let waited = master.at.since(started.at);
    ensure!(
        waited.as_millis() >= 1_950,
        "took over after {waited:?} instead of two seconds"
    );
    higher.stop()?;
    lower.stop()?;
    Ok(())
}

/// Equal priorities, two masters that did not hear each other: the higher address stays.
pub(super) fn equal_priorities(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    pair.segment.unplug(&pair.two)?;
    let mut one = Daemon::start(&pair.one, &world.ours, &with_priority(100, ""))?;
    one.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mark = one.process().mark();
    // `dont_track_primary`, so that the second becomes master without a carrier.
    let mut two = Daemon::start(&pair.two, &world.ours, &with_priority(100, "dont_track_primary"))?;
    two.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let two_mark = two.process().mark();
    pair.segment.replug(&pair.two)?;
    one.wait_state_from(mark, INSTANCE, State::Backup, PATIENCE)?;
    ensure!(!two.left_master_since(two_mark), "the higher address yielded");
    two.stop()?;
    one.stop()?;
    Ok(())
}
