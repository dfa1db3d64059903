//! `keepalived.stats`.

use crate::lab::{Lab, configuration};
use anyhow::{Context as _, Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::signal::Signal;
use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::process::Command;
use testbed::daemon::Daemon;
use testbed::netns::PATIENCE;

/// `SIGUSR2`.
const STATS: u32 = 12;
/// `SIGRTMAX-1`.
const STATS_CLEAR: u32 = 63;

/// The numbers of a dump.
struct Dump(String);

impl Dump {
    /// Asks the daemon for a dump by a signal, and waits until it is written.
    fn ask(lab: &Lab, daemon: &mut Daemon, signal: u32) -> Result<Self> {
        let changes = lab.router.run(|| {
            let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
            changes.add_watch("/run/tmp", AddWatchFlags::IN_CLOSE_WRITE)?;
            nix::Result::Ok(changes)
        })?;
        let pid = daemon.process().pid().to_string();
        let mut kill = Command::new("kill");
        kill.args([&format!("-{signal}"), &pid]);
        // `nix` has no names for real-time signals.
        ensure!(lab.router.output(kill)?.status.success(), "the daemon has gone");
        let written = |event: &nix::sys::inotify::InotifyEvent| {
            event.name.as_deref() == Some(OsStr::new("keepalived.stats"))
        };
        let patience = PollTimeout::try_from(PATIENCE)?;
        loop {
            let mut descriptors = [PollFd::new(changes.as_fd(), PollFlags::POLLIN)];
            ensure!(poll(&mut descriptors, patience)? > 0, "no dump is written");
            if changes.read_events()?.iter().any(written) {
                return Ok(Self(lab.router.read("tmp/keepalived.stats")?));
            }
        }
    }

    /// The number behind a label.
    fn count(&self, label: &str) -> Result<u64> {
        let line = self.0.lines().find_map(|line| line.trim().strip_prefix(label));
        let number = line.with_context(|| format!("no {label} in {}", self.0))?;
        Ok(number.trim().parse()?)
    }
}

/// A reload keeps the mastership and the counters.
pub(crate) fn survive_a_reload() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    lab.expect_adverts(5)?;
    let before = Dump::ask(&lab, &mut daemon, STATS)?.count("Sent:")?;
    ensure!(before >= 5, "{before} adverts are counted");
    let mark = daemon.process().mark();
    daemon.process().signal(Signal::SIGHUP)?;
    daemon
        .process()
        .wait_line_from(mark, "Reload complete", PATIENCE)?;
    lab.expect_adverts(2)?;
    let after = Dump::ask(&lab, &mut daemon, STATS)?;
    ensure!(
        after.count("Sent:")? >= before + 2,
        "the reload reset the counters"
    );
    ensure!(
        after.count("Became master:")? == 1,
        "the reload is counted as a transition"
    );
    ensure!(!daemon.left_master_since(mark), "the reload cost the mastership");
    daemon.stop()?;
    Ok(())
}

/// `SIGRTMAX-1` writes them and then begins anew.
pub(crate) fn are_cleared_on_request() -> Result<()> {
    let mut lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    lab.expect_adverts(3)?;
    let before = Dump::ask(&lab, &mut daemon, STATS_CLEAR)?;
    ensure!(
        before.count("Became master:")? == 1,
        "the old counters are written first"
    );
    let after = Dump::ask(&lab, &mut daemon, STATS)?;
    ensure!(after.count("Became master:")? == 0, "the counters go on");
    daemon.stop()?;
    Ok(())
}
