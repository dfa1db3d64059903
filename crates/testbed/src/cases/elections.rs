//! Who becomes master, beyond the plain case that `life` covers.

use anyhow::{Context as _, Result, ensure};
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

/// Different passwords: neither believes the other, both say so, both are master.
pub(super) fn wrong_password(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    let with_password = |priority, password: &str| {
        let more = format!("authentication {{\n        auth_type PASS\n        auth_pass {password}\n    }}");
        with_priority(priority, &more)
            .replace("version 3", "version 2")
            .replace("advert_int 0.1", "advert_int 1")
    };
    let mut one = Daemon::start(&pair.one, &world.ours, &with_password(150, "right"))?;
    let mut two = Daemon::start(&pair.two, &world.ours, &with_password(100, "wrong"))?;
    for daemon in [&mut one, &mut two] {
        daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
        daemon
            .process()
            .wait_line("received an invalid passwd", PATIENCE)?;
        let master = master_line(daemon)?;
        ensure!(
            !daemon.left_master_since(master),
            "an advert with a wrong password was believed"
        );
    }
    one.stop()?;
    two.stop()?;
    Ok(())
}

/// The line after which a master has to stay one.
fn master_line(daemon: &mut Daemon) -> Result<usize> {
    let lines = daemon.process().lines();
    lines
        .iter()
        .position(|line| line.text.contains("Entering MASTER"))
        .context("never became master")
}
