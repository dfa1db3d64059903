//! Parent and child: who dies, who notices, what is left.

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Changes, Node, PATIENCE};

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration};
use super::router::{INSTANCE, INTERFACE};

/// The pid that the VRRP child wrote.
fn child(node: &Node) -> Result<Pid> {
    Ok(Pid::from_raw(
        node.read("vrrp.pid")?
            .trim()
            .parse()
            .context("reading the pid of the VRRP child")?,
    ))
}

/// The VRRP child is killed: said, respawned, master again.
pub(super) fn child_killed(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let (mark, before) = (daemon.process().mark(), child(&lone.router)?);
    kill(before, Signal::SIGKILL).context("killing the VRRP child")?;
    daemon
        .process()
        .wait_line_from(mark, "died: Respawning", PATIENCE)?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    ensure!(
        child(&lone.router)? != before,
        "the pid file still names the dead child"
    );
    daemon.stop()?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)
}

/// The VRRP child hangs: it is killed and replaced, and the address works again.
pub(super) fn child_hung(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let (mark, before) = (daemon.process().mark(), child(&lone.router)?);
    kill(before, Signal::SIGSTOP).context("stopping the VRRP child")?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    ensure!(child(&lone.router)? != before, "the hung child was not replaced");
    daemon.stop()?;
    Ok(())
}

/// The parent is killed: the child says good-bye, removes its addresses and leaves.
pub(super) fn parent_killed(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let frame = lone.capture.mark();
    daemon.process().signal(Signal::SIGKILL)?;
    lone.capture
        .wait_from(frame, "advert with priority 0", PATIENCE, |frame| {
            frame.advert().filter(|advert| advert.priority == 0)
        })?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)
}

/// Without `-n`: the starter returns success, the daemon lives by its pid file, TERM ends it and removes the files.
pub(super) fn daemonised(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let path = lone.router.write("keepalived.conf", &configuration(""))?;
    let changes = Changes::watch(&lone.router)?;
    let mut start = world.ours.command();
    start.arg("-f").arg(path);
    let output = lone.router.output(start)?;
    ensure!(output.status.success(), "the start ended with {}", output.status);
    changes.wait(PATIENCE, || {
        Ok(lone.router.has_address(INTERFACE, VIRTUAL_ADDRESS)?.then_some(()))
    })?;
    let parent = Pid::from_raw(lone.router.read("keepalived.pid")?.trim().parse()?);
    ensure!(
        child(&lone.router)? != parent,
        "parent and child have the same pid"
    );
    kill(parent, Signal::SIGTERM).context("stopping the parent")?;
    changes.wait(PATIENCE, || {
        Ok((!lone.router.has_address(INTERFACE, VIRTUAL_ADDRESS)?).then_some(()))
    })?;
    wait_gone(parent, &lone.router)?;
    for file in ["keepalived.pid", "vrrp.pid"] {
        ensure!(lone.router.read(file).is_err(), "{file} was left behind");
    }
    Ok(())
}

/// Waits for a process that is not our child, through `tail --pid`, which has no better way than to look.
fn wait_gone(pid: Pid, node: &Node) -> Result<()> {
    let mut tail = Command::new("timeout");
    tail.args([
        "10",
        "tail",
        "-f",
        "/dev/null",
        "-s",
        "0.05",
        "--pid",
        &pid.to_string(),
    ]);
    let output = node.output(tail)?;
    ensure!(output.status.success(), "process {pid} did not end");
    Ok(())
}

/// A second copy leaves the first one alone and says why.
pub(super) fn second_copy(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    let mark = daemon.process().mark();
    let mut second = Daemon::start(&lone.router, &world.ours, &configuration(""))?;
    second.process().wait_line("already running", PATIENCE)?;
    let (_, status) = second.wait_exit()?;
    ensure!(status.success(), "the second copy ended with {status}");
    lone.next_advert("advert of the first copy", |advert| advert.priority == 100)?;
    ensure!(
        !daemon.left_master_since(mark),
        "the second copy disturbed the first"
    );
    daemon.stop()?;
    Ok(())
}

/// A pid file that names a living process of somebody else does not hinder the start: the lock decides.
pub(super) fn reused_pid(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let own = nix::unistd::getpid().to_string();
    for file in ["keepalived.pid", "vrrp.pid"] {
        lone.router.write(file, &format!("{own}\n"))?;
    }
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    daemon.stop()?;
    Ok(())
}

/// An interface that does not exist ends the start with status 2 and is named.
pub(super) fn absent_interface(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let text = configuration("").replace("interface eth0", "interface nonesuch");
    let mut daemon = Daemon::start(&lone.router, &world.ours, &text)?;
    let (_, status) = daemon.wait_exit()?;
    ensure!(status.code() == Some(2), "the start ended with {status}");
    if !daemon
        .process()
        .lines()
        .iter()
        .any(|line| line.text.contains("nonesuch"))
    {
        bail!(daemon.process().complaint("does not name the interface"));
    }
    Ok(())
}
