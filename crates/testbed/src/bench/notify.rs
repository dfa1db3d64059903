//! A thousand instances fail over at once, each with a notify script and a mail: nothing of that may delay an address.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::clock::Stamp;

use super::generator::{Generator, Pace};
use super::mail_server::MailServer;
use super::report::{Bound, SHOWN, Unit};
use super::rig::{Deadlines, Load, Rig};
use super::steady::nanos;
use super::{Bench, Side, steady, takeover};

const LOAD: Load = Load {
    instances: 1_000,
    addresses: 1,
    advert_int: Duration::from_secs(1),
    deadlines: Deadlines::Burst,
};

/// The script, in the router's `/run`. It lasts, so that as many run at once as are let.
const SCRIPT: &str = "notified";
const SCRIPT_TEXT: &str =
    "#!/bin/sh\necho \"+ $1\" >>/run/notified.log\nsleep 0.1\necho \"- $1\" >>/run/notified.log\n";
const SCRIPT_LOG: &str = "notified.log";

/// Between looks at what has arrived.
const BEAT: Duration = Duration::from_millis(100);
/// Nothing for so long: nothing more comes.
const SILENCE: Duration = Duration::from_secs(5);
/// The mails about the start are done when there was none for so long.
const PAUSE: Duration = Duration::from_secs(1);

/// What the take-over with scripts and mails looks like.
struct Notified {
    last_vip: u64,
    at_once: u64,
    lost_scripts: u64,
    lost_mails: u64,
    /// From the last address to the last end of a script or letter.
    took: u64,
}

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for run in 0..bench.effort.runs() {
        // In turns, so that a disturbance hits both.
        let (plain, notified) = if run % 2 == 0 {
            let plain = alone(bench)?;
            (plain, with_notices(bench)?)
        } else {
            let notified = with_notices(bench)?;
            (alone(bench)?, notified)
        };
        let ratio = (notified.last_vip * 1_000)
            .checked_div(plain)
            .context("the last address came at its deadline")?;
        let none = (Bound::AtMost(0), Bound::AtMost(0));
        let mut add = |name, unit, bounds, value| bench.add(Side::Ours, name, unit, bounds, value);
        add("last VIP, alone", Unit::Nanos, SHOWN, plain);
        add(
            "last VIP, with scripts and mails",
            Unit::Nanos,
            SHOWN,
            notified.last_vip,
        );
        let bounds = (Bound::AtMost(1_100), Bound::AtMost(1_000));
        add("with / alone", Unit::Thousandths, bounds, ratio);
        let bounds = (Bound::AtMost(64), Bound::None);
        add("scripts at once", Unit::Count, bounds, notified.at_once);
        add("scripts lost", Unit::Count, none, notified.lost_scripts);
        add("mails lost", Unit::Count, none, notified.lost_mails);
        add("last VIP to last notice", Unit::Nanos, SHOWN, notified.took);
    }
    Ok(())
}

/// When the last address is announced without scripts and mails.
fn alone(bench: &Bench) -> Result<u64> {
    let mut rig = Rig::new(LOAD.interfaces())?;
    let generator = Generator::start(&rig, &LOAD, Pace::Burst)?;
    let mut subject = steady::backups(&mut rig, &bench.ours, &LOAD)?;
    let last = last_vip(&mut rig, generator)?.0;
    subject.ensure_running()?;
    Ok(last)
}

fn with_notices(bench: &Bench) -> Result<Notified> {
    let mut rig = Rig::new(LOAD.interfaces())?;
    let server = MailServer::start(&rig.router)?;
    rig.router.write(SCRIPT, SCRIPT_TEXT)?;
    rig.router.write(SCRIPT_LOG, "")?;
    let script = rig.router.directory().join(SCRIPT);
    fs::set_permissions(&script, Permissions::from_mode(0o755)).context("making the script executable")?;
    let generator = Generator::start(&rig, &LOAD, Pace::Burst)?;
    let mut subject = steady::backups_with(&mut rig, &bench.ours, &LOAD, &configuration(&server)?)?;
    let about_start = settle(&mut rig, PAUSE, || Ok((server.subjects().len(), false)))?;

    let (last_vip, at) = last_vip(&mut rig, generator)?;
    let wanted = usize::try_from(LOAD.instances)?;
    let node = rig.router.clone();
    let ended = settle(&mut rig, SILENCE, || {
        let (scripts, mails) = (Scripts::read(&node.read(SCRIPT_LOG)?), masters(&server));
        let is_all = scripts.ended >= wanted && mails.len() >= wanted;
        Ok((scripts.ended + mails.len(), is_all))
    })?;
    subject.ensure_running()?;
    ensure!(about_start < at, "the take-over began before the start was over");
    let scripts = Scripts::read(&node.read(SCRIPT_LOG)?);
    let lost = |count: usize| u64::try_from(wanted.saturating_sub(count));
    Ok(Notified {
        last_vip,
        at_once: u64::try_from(scripts.at_once)?,
        lost_scripts: lost(scripts.started_for.len().min(scripts.ended))?,
        lost_mails: lost(masters(&server).len())?,
        took: nanos(ended.since(at))?,
    })
}

/// Lets the masters die: nanoseconds from its deadline to the announcement of the last address, and when all were there.
fn last_vip(rig: &mut Rig, generator: Generator) -> Result<(u64, Stamp)> {
    let deadlines = takeover::kill_masters(rig, &LOAD, generator)?;
    let moments = takeover::follow(rig, &LOAD).context("following the take-over")?;
    rig.capture.ensure_complete()?;
    let delays = moments.announcement_delays(&LOAD, &deadlines);
    let last = delays.iter().max().copied().context("nothing was announced")?;
    Ok((last, Stamp::now()))
}

/// Waits until nothing has changed for `silence`, or all is there, and returns the moment of the last change.
fn settle(
    rig: &mut Rig,
    silence: Duration,
    mut look: impl FnMut() -> Result<(usize, bool)>,
) -> Result<Stamp> {
    let (mut count, mut changed) = (look()?.0, Stamp::now());
    loop {
        rig.capture.listen_for(BEAT);
        let (now, is_all) = look()?;
        if now != count {
            (count, changed) = (now, Stamp::now());
        }
        if is_all || (changed + silence).remaining().is_zero() {
            return Ok(changed);
        }
    }
}

/// The subjects of the letters about new masters, each once.
fn masters(server: &MailServer) -> BTreeSet<String> {
    let subjects = server.subjects().into_iter();
    subjects.filter(|subject| subject.contains("MASTER")).collect()
}

fn configuration(server: &MailServer) -> Result<String> {
    let mut text = String::new();
    write!(
        text,
        "global_defs {{\n  router_id R\n  script_user root\n  smtp_server {} {}\n  \
         notification_email_from router@example.net\n  notification_email {{\n    operator@example.net\n  }}\n}}\n",
        server.address().ip(),
        server.address().port(),
    )?;
    for block in LOAD.configuration().split_inclusive("  virtual_ipaddress {") {
        let name = block.split_once("vrrp_instance ").map(|(_, rest)| rest);
        let name = name.and_then(|rest| rest.split(' ').next());
        let Some((name, start)) = name.zip(block.strip_suffix("  virtual_ipaddress {")) else {
            text += block;
            continue;
        };
        write!(
            text,
            "{start}  smtp_alert\n  notify_master \"/run/{SCRIPT} {name}\"\n  virtual_ipaddress {{"
        )?;
    }
    Ok(text)
}

/// What the scripts have left.
#[derive(Debug, Default, PartialEq, Eq)]
struct Scripts {
    started_for: BTreeSet<String>,
    ended: usize,
    /// The most that ran at one time.
    at_once: usize,
}

impl Scripts {
    fn read(log: &str) -> Self {
        let (mut found, mut running) = (Self::default(), 0_usize);
        for line in log.lines() {
            if let Some(name) = line.strip_prefix("+ ") {
                found.started_for.insert(name.to_owned());
                running += 1;
                found.at_once = found.at_once.max(running);
            } else if line.starts_with("- ") {
                found.ended += 1;
                running = running.saturating_sub(1);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_counted() {
        let found = Scripts::read("+ a\n+ b\n- a\n+ c\n+ b\n- b\n");
        assert_eq!((found.started_for.len(), found.ended, found.at_once), (3, 2, 3));
    }
}
