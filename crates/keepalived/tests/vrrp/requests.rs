//! Asking a daemon for its files.

use crate::lab::Lab;
use anyhow::{Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::process::Command;
use testbed::daemon::Daemon;
use testbed::netns::PATIENCE;

/// `SIGUSR1`.
pub(crate) const DATA: u32 = 10;
/// `SIGUSR2`.
pub(crate) const STATS: u32 = 12;
/// `SIGRTMIN+2`, as other programs send it.
pub(crate) const JSON: u32 = 36;
/// `SIGRTMAX-1`.
pub(crate) const STATS_CLEAR: u32 = 63;

/// Sends a signal to the parent and waits, as other programs do, until the file of this name in this directory has been
/// closed after writing. Returns the text.
pub(crate) fn ask(
    lab: &Lab,
    daemon: &mut Daemon,
    signal: u32,
    directory: &str,
    name: &str,
) -> Result<String> {
    let watched = format!("/run/{directory}");
    let changes = lab.router.run(move || {
        let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        changes.add_watch(watched.as_str(), AddWatchFlags::IN_CLOSE_WRITE)?;
        nix::Result::Ok(changes)
    })?;
    let pid = daemon.process().pid().to_string();
    let mut kill = Command::new("kill");
    kill.args([&format!("-{signal}"), &pid]);
    // `nix` has no names for real-time signals.
    ensure!(lab.router.output(kill)?.status.success(), "the daemon has gone");
    wait_for(&changes, name)?;
    lab.router.read(&format!("{directory}/{name}"))
}

fn wait_for(changes: &Inotify, name: &str) -> Result<()> {
    let patience = PollTimeout::try_from(PATIENCE)?;
    loop {
        let mut descriptors = [PollFd::new(changes.as_fd(), PollFlags::POLLIN)];
        ensure!(poll(&mut descriptors, patience)? > 0, "{name} is not written");
        let written =
            |event: &nix::sys::inotify::InotifyEvent| event.name.as_deref() == Some(OsStr::new(name));
        if changes.read_events()?.iter().any(written) {
            return Ok(());
        }
    }
}
