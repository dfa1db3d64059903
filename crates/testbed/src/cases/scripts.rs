//! Track scripts that do what they should not: hang, flood their output, leave children behind, change while they run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Node, PATIENCE};
use testbed::process::Process;

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration};
use super::router::{INSTANCE, INTERFACE};

/// Descriptors and threads that runs under way may account for.
const SLACK: usize = 8;

/// A short run that floods both outputs and says in a FIFO that it was there.
const BUSY: &str =
    "#!/bin/sh\nhead -c 200000 /dev/zero\nhead -c 200000 /dev/zero >&2\necho run > /run/heard\n";
/// Takes no hint.
const HANGS: &str = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep LONG; done\n";
/// Has children that would outlive it.
const FORKS: &str = "#!/bin/sh\nsleep LONG &\nsleep LONG &\nsleep LONG\n";
/// Says which edition it is.
const GOOD: &str = "#!/bin/sh\nexit 0\n";
const BAD: &str = "#!/bin/sh\nexit 7\n";

fn settings() -> String {
    let script = |name: &str, interval: &str| {
        format!("vrrp_script {name} {{\n    script /run/{name}\n    interval {interval}\n}}\n")
    };
    let tracked = "track_script {\n        busy\n        hangs weight -1\n        forks weight -2\n        \
                   swapped weight -4\n    }";
    [
        script("busy", "0.02\n    timeout 5"),
        script("hangs", "0.3"),
        script("forks", "0.2"),
        script("swapped", "0.05\n    timeout 5"),
        configuration(tracked),
    ]
    .concat()
}

/// Puts a script in its place at once, as an installation does.
fn install(node: &Node, name: &str, text: &str) -> Result<()> {
    node.write("new", text)?;
    let (new, path) = (node.directory().join("new"), node.directory().join(name));
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
    fs::rename(&new, &path).with_context(|| format!("putting {} in its place", path.display()))
}

/// What a process of the daemon has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holdings {
    descriptors: usize,
    threads: usize,
}

/// A process with its parent and its name, as `/proc/PID/stat` has them.
struct Entry {
    pid: i32,
    parent: i32,
    name: String,
    state: String,
}

fn processes() -> Result<Vec<Entry>> {
    let mut list = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have gone meanwhile.
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        let (before, behind) = stat.rsplit_once(") ").context("a malformed stat")?;
        let mut fields = behind.split(' ');
        list.push(Entry {
            pid,
            name: before
                .split_once('(')
                .map(|(_, name)| name.to_owned())
                .unwrap_or_default(),
            state: fields.next().unwrap_or_default().to_owned(),
            parent: fields
                .next()
                .and_then(|parent| parent.parse().ok())
                .unwrap_or_default(),
        });
    }
    Ok(list)
}

/// The processes of the daemon itself with what they have. Fails where one that has ended is waited for by nobody.
fn holdings(daemon: &mut Daemon) -> Result<BTreeMap<String, Holdings>> {
    let list = processes()?;
    let mut family = vec![daemon.process().pid().as_raw()];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        family.extend(
            list.iter()
                .filter(|entry| entry.parent == parent)
                .map(|entry| entry.pid),
        );
        at += 1;
    }
    let mut holdings = BTreeMap::new();
    let members = || list.iter().filter(|entry| family.contains(&entry.pid));
    let dead = members().filter(|entry| entry.state == "Z").count();
    ensure!(
        dead <= SLACK,
        "{dead} processes that have ended are waited for by nobody"
    );
    for entry in members().filter(|entry| entry.name.starts_with("keepalived")) {
        let count = |what: &str| fs::read_dir(format!("/proc/{}/{what}", entry.pid)).map(Iterator::count);
        // A fork that has not become a script yet may have gone meanwhile.
        if let (Ok(descriptors), Ok(threads)) = (count("fd"), count("task")) {
            let key = format!("{} {}", entry.name, entry.pid);
            holdings.insert(key, Holdings { descriptors, threads });
        }
    }
    Ok(holdings)
}

/// How many processes sleep for so long.
fn sleepers(duration: &str) -> Result<usize> {
    let is_sleeper = |entry: &Entry| {
        let line = fs::read_to_string(format!("/proc/{}/cmdline", entry.pid));
        line.is_ok_and(|line| line == format!("sleep\0{duration}\0"))
    };
    Ok(processes()?.iter().filter(|entry| is_sleeper(entry)).count())
}

/// Waits for so many runs of the busy script from now on.
fn await_runs(heard: &mut Process, count: usize) -> Result<()> {
    const PORTION: usize = 20;
    let first = heard.mark();
    for more in (PORTION..=count).step_by(PORTION) {
        heard.wait_line_from(first + more - 1, "run", PATIENCE)?;
    }
    Ok(())
}

/// Whatever they do for so many runs, the instance stays master, and nothing of them is left.
pub(super) fn misbehave(world: &World, runs: usize) -> Result<()> {
    let lone = Lone::new()?;
    let node = &lone.router;
    let mut listen = Command::new("sh");
    listen.args([
        "-c",
        "mkfifo /run/heard && exec 3<>/run/heard && echo listening && exec cat <&3",
    ]);
    let mut heard = Process::start(node, "what scripts say", listen)?;
    heard.wait_line("listening", PATIENCE)?;
    // Nobody else on the machine sleeps as long, so processes that are left can be told by it.
    let duration = (104_729 + runs).to_string();
    for (name, text) in [
        ("busy", BUSY),
        ("hangs", HANGS),
        ("forks", FORKS),
        ("swapped", GOOD),
    ] {
        install(node, name, &text.replace("LONG", &duration))?;
    }
    let mut daemon = Daemon::start(node, &world.ours, &settings())?;
    daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    let mark = daemon.process().mark();
    for line in ["VRRP_Script(hangs) timed_out", "VRRP_Script(forks) timed_out"] {
        daemon.process().wait_line(line, PATIENCE)?;
    }

    await_runs(&mut heard, runs / 10)?;
    let before = holdings(&mut daemon)?;
    for (text, line) in [
        (BAD, "VRRP_Script(swapped) failed (exited with status 7)"),
        (GOOD, "VRRP_Script(swapped) succeeded"),
    ] {
        let mark = daemon.process().mark();
        install(node, "swapped", text)?;
        daemon.process().wait_line_from(mark, line, PATIENCE)?;
    }
    await_runs(&mut heard, runs)?;
    let after = holdings(&mut daemon)?;
    for (process, had) in &before {
        // What is gone was no process of the daemon's own.
        if let Some(has) = after.get(process) {
            ensure!(
                has.descriptors <= had.descriptors + SLACK && has.threads <= had.threads + SLACK,
                "{process} had {had:?} and has {has:?} after {runs} runs"
            );
        }
    }
    // One run of each at a time, the next one while the last is being killed.
    let asleep = sleepers(&duration)?;
    ensure!(
        asleep <= 2 * (1 + 3),
        "{asleep} children of scripts run at the same time"
    );
    ensure!(
        !daemon.left_master_since(mark),
        "a script that only weighs moved the instance"
    );
    daemon.stop()?;
    let left = sleepers(&duration)?;
    ensure!(left == 0, "{left} children of scripts are left");
    Ok(())
}
