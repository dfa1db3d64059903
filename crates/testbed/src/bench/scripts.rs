//! A thousand track scripts every second: when they start, and what that does to the adverts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::daemon::Implementation;
use testbed::netns::Node;

use super::report::{Bound, SHOWN, Unit, median, percentile};
use super::rig::{Deadlines, Load, Rig};
use super::steady::{self, nanos};
use super::{Bench, Side};

const SCRIPTS: u32 = 1_000;
const INTERVAL: Duration = Duration::from_secs(1);

/// The instance whose adverts are watched; it tracks all scripts.
const LOAD: Load = Load {
    instances: 1,
    addresses: 1,
    advert_int: Duration::from_millis(10),
    deadlines: Deadlines::Burst,
};

/// After the first runs, which come at once.
const SETTLE: Duration = Duration::from_secs(3);

/// Where the scripts are, in the router's `/run`: one program under as many names.
const DIRECTORY: &str = "track";
/// The smallest program.
const PROGRAM: &str = "/usr/bin/true";

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    bench.both(bench.effort.runs(), measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let mut rig = Rig::new(LOAD.interfaces())?;
    install(&rig.router)?;
    let mut subject = steady::masters_with(&mut rig, implementation, &LOAD, &configuration()?)?;
    rig.capture.listen_for(SETTLE);
    rig.capture.take();

    // Who cannot keep up runs a script every few seconds only.
    let window = bench.effort.window() * 2;
    let starts = starts(&rig.router, window, || rig.capture.gather_for(window))?;
    let frames = rig.capture.take();
    subject.ensure_running()?;
    rig.capture.ensure_complete()?;
    let adverts = steady::adverts(&rig, &LOAD, &frames, window)?;

    let (lateness, never) = (lateness(&starts), nanos(window)?);
    let late = (Bound::AtMost(50_000_000), Bound::None);
    let p99 = percentile(&lateness, 99).unwrap_or(never);
    let usual = median(&lateness).unwrap_or(never);
    bench.add(side, "start late by, median", Unit::Nanos, SHOWN, usual);
    bench.add(side, "start late by, p99", Unit::Nanos, late, p99);
    let runs = starts.values().map(|times| times.len() as u64).sum::<u64>();
    let due = u64::from(SCRIPTS) * window.as_secs() / INTERVAL.as_secs();
    bench.add(side, "starts of due", Unit::Share, SHOWN, runs * 100_000 / due);
    let punctual = (Bound::Ratio(1_000), Bound::None);
    let error = adverts.interval_error_p99;
    bench.add(side, "10 ms: interval error p99", Unit::Nanos, punctual, error);
    let silence = adverts.longest_silence;
    bench.add(side, "10 ms: longest silence", Unit::Nanos, SHOWN, silence);
    let share = adverts.share_of_due;
    bench.add(side, "10 ms: adverts of due", Unit::Share, SHOWN, share);
    Ok(())
}

/// Puts the program there under all its names. A hard link is no link to be followed.
fn install(node: &Node) -> Result<()> {
    let directory = node.directory().join(DIRECTORY);
    fs::create_dir(&directory).with_context(|| format!("making {}", directory.display()))?;
    let first = directory.join("0");
    fs::copy(PROGRAM, &first).with_context(|| format!("copying {PROGRAM}"))?;
    for number in 1..SCRIPTS {
        fs::hard_link(&first, directory.join(number.to_string())).context("linking a script")?;
    }
    Ok(())
}

fn configuration() -> Result<String> {
    let mut text = "global_defs {\n  script_user root\n}\n".to_owned();
    let mut tracked = "  track_script {\n".to_owned();
    for number in 0..SCRIPTS {
        let seconds = INTERVAL.as_secs();
        write!(
            text,
            "vrrp_script s{number} {{\n  script \"/run/{DIRECTORY}/{number}\"\n  interval {seconds}\n  weight -1\n}}\n"
        )?;
        writeln!(tracked, "    s{number}")?;
    }
    tracked += "  }\n";
    text += &LOAD.configuration().replace(
        "  virtual_ipaddress {",
        &format!("{tracked}  virtual_ipaddress {{"),
    );
    Ok(text)
}

/// When each script was executed within `window`, in nanoseconds, as the kernel saw it; `meanwhile` has to take about as
/// long.
fn starts(node: &Node, window: Duration, meanwhile: impl FnOnce()) -> Result<BTreeMap<String, Vec<u64>>> {
    let data = node.directory().join("perf.data");
    let mut perf = Command::new("perf");
    perf.args(["record", "-q", "-a", "-e", "sched:sched_process_exec", "-o"])
        .arg(&data)
        .args(["sleep", &window.as_secs().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut recorder = perf.spawn().context("starting perf (package linux-perf)")?;
    meanwhile();
    let status = recorder.wait().context("waiting for perf")?;
    ensure!(status.success(), "perf record ended with {status}; it needs root");
    let mut perf = Command::new("perf");
    perf.args(["script", "--ns", "-F", "time,event,trace", "-i"])
        .arg(&data);
    let output = perf.output().context("starting perf")?;
    ensure!(
        output.status.success(),
        "perf script ended with {}",
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let mut starts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (name, at) in text.lines().filter_map(start) {
        starts.entry(name.to_owned()).or_default().push(at);
    }
    Ok(starts)
}

/// A line like ` 7276.700636612: sched:sched_process_exec: filename=/run/track/17 pid=7628 old_pid=7628`.
fn start(line: &str) -> Option<(&str, u64)> {
    let (time, rest) = line.trim_start().split_once(": ")?;
    let (seconds, nanos) = time.split_once('.')?;
    let name = rest.split_once("filename=/run/")?.1.split(' ').next()?;
    let name = name.strip_prefix(DIRECTORY)?.strip_prefix('/')?;
    let seconds: u64 = seconds.parse().ok()?;
    let nanos: u64 = nanos.parse().ok()?;
    Some((name, seconds * 1_000_000_000 + nanos))
}

/// How late each start was: the script's starts are due at whole intervals from each other, and the earliest of them was
/// in time. A drift counts as lateness too.
fn lateness(starts: &BTreeMap<String, Vec<u64>>) -> Vec<u64> {
    let interval = i64::try_from(INTERVAL.as_nanos()).unwrap_or(i64::MAX);
    let mut all = Vec::new();
    for times in starts.values().filter(|times| times.len() > 1) {
        let offsets = || {
            (0..)
                .zip(times)
                .map(|(run, at)| at.cast_signed() - run * interval)
        };
        let earliest = offsets().min().unwrap_or(0);
        all.extend(offsets().map(|offset| offset.abs_diff(earliest)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read() {
        let line = " 7276.700636612: sched:sched_process_exec: filename=/run/track/17 pid=7628 old_pid=7628";
        assert_eq!(start(line), Some(("17", 7_276_700_636_612)));
        assert_eq!(start(&line.replace("/run/track/17", "/usr/bin/sleep")), None);
    }

    #[test]
    fn a_start_is_late_by_what_the_earliest_is_not() {
        let second = 1_000_000_000;
        let times = vec![5 * second + 7, 6 * second, 7 * second + 2];
        let starts = BTreeMap::from([("1".to_owned(), times), ("2".to_owned(), vec![second])]);
        assert_eq!(lateness(&starts), [7, 0, 2]);
    }
}
