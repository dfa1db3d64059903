//! Interfaces that come, go and change their names.

use crate::lab::{INTERFACE, Lab, VIP, configuration};
use anyhow::Result;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::PATIENCE;

/// An interface that does not exist yet: FAULT, and master as soon as it is there; the same when it is deleted and made
/// again.
pub(crate) fn one_that_comes_later() -> Result<()> {
    let mut lab = Lab::unplugged()?;
    let mut daemon = lab.start(&[], &configuration("dynamic_interfaces", ""))?;
    daemon.wait_state("V", State::Fault, PATIENCE)?;
    for _ in 0..2 {
        let mark = daemon.process().mark();
        lab.plug(INTERFACE)?;
        become_master(&mut daemon, mark)?;
        lab.expect_adverts(3)?;
        let mark = daemon.process().mark();
        lab.router.ip(&[&format!("link delete {INTERFACE}")])?;
        daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
    }
    daemon.stop()?;
    Ok(())
}

/// An interface that gets another name is not the configured one any more, until it gets its name back.
pub(crate) fn one_that_is_renamed() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("dynamic_interfaces", ""))?;
    let mark = daemon.process().mark();
    lab.router.ip(&[&format!("link set {INTERFACE} name other")])?;
    daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
    daemon.wait_address("other", VIP, Presence::Gone)?;
    let mark = daemon.process().mark();
    lab.router.ip(&[&format!("link set other name {INTERFACE}")])?;
    become_master(&mut daemon, mark)?;
    lab.expect_adverts(3)?;
    daemon.stop()?;
    Ok(())
}

fn become_master(daemon: &mut Daemon, mark: usize) -> Result<()> {
    daemon.wait_state_from(mark, "V", State::Backup, PATIENCE)?;
    daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIP, Presence::There)
}
