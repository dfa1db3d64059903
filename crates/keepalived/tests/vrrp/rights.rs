//! Capabilities: what the processes keep, what scripts have, and a daemon that has little to begin with.

use crate::lab::{INTERFACE, Lab, VIP, configuration, implementation};
use crate::scheduling::{is_root_outside, status, vrrp_pid};
use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::Read as _;
use std::process::{Command, ExitStatus};
use testbed::daemon::Daemon;
use testbed::netns::{Changes, PATIENCE};
use testbed::process::Process;

/// Bits of the capabilities that the VRRP process keeps (`linux/capability.h`): `CHOWN`, `DAC_OVERRIDE`, `FOWNER`,
/// `NET_BIND_SERVICE`, `NET_ADMIN`, `NET_RAW`, `IPC_LOCK`, `SYS_NICE`, `SYS_RESOURCE`.
const KEPT: u64 = 1 | 1 << 1 | 1 << 3 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 23 | 1 << 24;
const NET_ADMIN: u64 = 1 << 12;
const NET_RAW: u64 = 1 << 13;

const SCRIPTS: &str = "script_user root\n enable_script_security";
const NOTIFY: &str = "notify_master \"/bin/cp /proc/self/status /run/tmp\"";

fn bits(text: &str) -> Result<u64> {
    u64::from_str_radix(text.trim(), 16).with_context(|| format!("{text:?} is no set"))
}

/// A set of a process, by its label in `/proc/PID/status`.
fn set(pid: u32, label: &str) -> Result<u64> {
    bits(&status(pid, label)?)
}

/// What a script had, out of the copy that it made.
fn of_script(lab: &Lab) -> Result<(u64, String)> {
    let text = lab.written_by_script("tmp/status")?;
    let value = |label: &str| {
        let found = text.lines().find_map(|line| line.strip_prefix(label));
        found
            .map(str::trim)
            .with_context(|| format!("no {label} in {text}"))
    };
    Ok((bits(value("CapEff:")?)?, value("NoNewPrivs:")?.to_owned()))
}

/// What every thread has in use, which must be the same.
fn in_use(pid: u32) -> Result<u64> {
    let mut sets = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(entry?.path().join("status"))?;
        for label in ["CapEff:", "CapPrm:"] {
            let found = text.lines().find_map(|line| line.strip_prefix(label));
            sets.push(bits(found.context("no set")?)?);
        }
    }
    sets.sort_unstable();
    sets.dedup();
    ensure!(sets.len() == 1, "threads differ: {sets:x?}");
    Ok(sets[0])
}

fn parent(daemon: &mut Daemon) -> u32 {
    daemon.process().pid().as_raw().unsigned_abs()
}

/// Where there are scripts, the process loses what it does not use, and scripts have all that the daemon has.
pub(crate) fn beside_scripts() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration(SCRIPTS, NOTIFY))?;
    let (parent, child) = (parent(&mut daemon), vrrp_pid(&mut daemon)?);
    let all = set(parent, "CapEff:")?;
    ensure!(in_use(child)? == all & KEPT, "{:x}", in_use(child)?);
    ensure!(set(child, "CapBnd:")? == set(parent, "CapBnd:")?);
    ensure!(status(child, "NoNewPrivs:")? == "0");
    // The end of the daemon would end a script that still runs.
    let script = of_script(&lab)?;
    daemon.stop()?;
    ensure!(script == (all, "0".to_owned()), "{script:x?}");
    Ok(())
}

/// Where there are none, nothing that the process executes could have more than it has. The first script that a reload brings has
/// everything all the same.
pub(crate) fn without_scripts() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration(SCRIPTS, ""))?;
    let (parent, child) = (parent(&mut daemon), vrrp_pid(&mut daemon)?);
    let all = set(parent, "CapEff:")?;
    ensure!(in_use(child)? == all & KEPT, "{:x}", in_use(child)?);
    ensure!(set(child, "CapBnd:")? == set(parent, "CapBnd:")? & KEPT);
    ensure!(status(child, "NoNewPrivs:")? == "1");
    let script =
        "vrrp_script copy {\n script \"/bin/cp /proc/self/status /run/tmp\"\n interval 1\n}\nvrrp_instance";
    let text = configuration(SCRIPTS, "track_script {\n copy\n }").replacen("vrrp_instance", script, 1);
    daemon.reload(&text)?;
    daemon
        .process()
        .wait_line("VRRP_Script(copy) succeeded", PATIENCE)?;
    ensure!(vrrp_pid(&mut daemon)? == child, "the process was replaced");
    // The end of the daemon would end a script that still runs.
    let script = of_script(&lab)?;
    daemon.stop()?;
    ensure!(script == (all, "0".to_owned()), "{script:x?}");
    Ok(())
}

/// Starts the daemon by way of other programs.
fn start(lab: &Lab, wrapper: &[&str], options: &[&str], text: &str) -> Result<Process> {
    let path = lab.router.write("keepalived.conf", text)?;
    let mut command = Command::new(wrapper[0]);
    command
        .args(&wrapper[1..])
        .arg(implementation()?.program())
        .args(["-n", "-l", "-D", "-G", "-f"])
        .arg(path)
        .args(options);
    Process::start(&lab.router, "keepalived with few rights", command)
}

fn wait_address(lab: &Lab) -> Result<()> {
    let changes = Changes::watch(&lab.router)?;
    changes.wait(PATIENCE, || {
        Ok(lab.router.has_address(INTERFACE, VIP)?.then_some(()))
    })
}

fn stop(lab: &Lab, process: &mut Process, signalled: Pid) -> Result<ExitStatus> {
    kill(signalled, Signal::SIGTERM)?;
    let (_, status) = process.wait_exit(PATIENCE)?;
    ensure!(
        !lab.router.has_address(INTERFACE, VIP)?,
        "the address was left behind"
    );
    Ok(status)
}

/// As another user than root, with ambient capabilities, as a unit gives them.
pub(crate) fn as_another_user() -> Result<()> {
    if !is_root_outside()? {
        println!("not run: there is no other user in this user namespace");
        return Ok(());
    }
    let lab = Lab::new()?;
    let user = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all,+net_admin,+net_raw",
        "--ambient-caps=-all,+net_admin,+net_raw",
        "--bounding-set=-all,+net_admin,+net_raw",
    ];
    let directory = lab.router.directory().join("own");
    fs::create_dir(&directory)?;
    std::os::unix::fs::chown(&directory, Some(65534), Some(65534))?;
    let options = ["-P", "-p", "/run/own/parent.pid", "-r", "/run/own/vrrp.pid"];
    let text = configuration("vrrp_rt_priority 5", "");
    let mut process = start(&lab, &user, &options, &text)?;
    process.wait_line("CAP_SYS_NICE is missing: priorities", PATIENCE)?;
    process.wait_line("(V) Entering MASTER STATE", PATIENCE)?;
    wait_address(&lab)?;
    let child: u32 = fs::read_to_string(directory.join("vrrp.pid"))?.trim().parse()?;
    ensure!(status(child, "Uid:")?.starts_with("65534"));
    ensure!(in_use(child)? == NET_ADMIN | NET_RAW, "{:x}", in_use(child)?);
    ensure!(status(child, "NoNewPrivs:")? == "1");
    let pid = process.pid();
    let status = stop(&lab, &mut process, pid)?;
    ensure!(status.success(), "{status}");
    Ok(())
}

/// As process 1 of a container with two capabilities: it works, it reaps what others leave, and a signal ends it.
pub(crate) fn as_process_1() -> Result<()> {
    let lab = Lab::new()?;
    let container = [
        "unshare",
        "--pid",
        "--fork",
        "--mount-proc",
        "setpriv",
        "--bounding-set=-all,+net_admin,+net_raw",
    ];
    let fifo = lab.router.directory().join("orphan");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::from_bits_truncate(0o600))?;
    // Its process group is left, so that it outlives its parent, and the writing end is closed when it ends.
    lab.router.write(
        "script.sh",
        "#!/bin/sh\nsetsid sh -c 'sleep 0.1; echo done' > /run/orphan &\n",
    )?;
    fs::set_permissions(
        lab.router.directory().join("script.sh"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    let text = configuration(SCRIPTS, "notify_master /run/script.sh");
    let mut process = start(&lab, &container, &[], &text)?;
    process.wait_line("(V) Entering MASTER STATE", PATIENCE)?;
    wait_address(&lab)?;
    let mut said = String::new();
    fs::File::open(&fifo)?.read_to_string(&mut said)?;
    ensure!(said == "done\n", "{said:?}");
    let [daemon] = children(process.pid())?[..] else {
        anyhow::bail!("not one child of unshare");
    };
    ensure!(lab.router.read("keepalived.pid")?.trim() == "1");
    ensure!(set(daemon.as_raw().unsigned_abs(), "CapEff:")? == NET_ADMIN | NET_RAW);
    // Signals come before requests, so whatever has ended is reaped when this is answered.
    let mark = process.mark();
    kill(daemon, Signal::SIGHUP)?;
    process.wait_line_from(mark, "Reload complete", PATIENCE)?;
    for child in children(daemon)? {
        let state = status(child.as_raw().unsigned_abs(), "State:")?;
        ensure!(!state.starts_with('Z'), "{child} was not reaped");
    }
    let status = stop(&lab, &mut process, daemon)?;
    ensure!(status.success(), "{status}");
    Ok(())
}

fn children(pid: Pid) -> Result<Vec<Pid>> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    text.split_whitespace()
        .map(|word| Ok(Pid::from_raw(word.parse()?)))
        .collect()
}
