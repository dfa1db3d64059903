//! `keepalived.stats`.

use crate::lab::{Lab, configuration};
use crate::requests::{self, STATS, STATS_CLEAR};
use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use testbed::daemon::Daemon;
use testbed::netns::PATIENCE;

/// The numbers of a dump.
struct Dump(String);

impl Dump {
    /// Asks the daemon for a dump by a signal, and waits until it is written.
    fn ask(lab: &Lab, daemon: &mut Daemon, signal: u32) -> Result<Self> {
        requests::ask(lab, daemon, signal, "tmp", "keepalived.stats").map(Self)
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
