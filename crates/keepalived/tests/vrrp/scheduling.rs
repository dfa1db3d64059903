//! Scheduling, limits and delays of the VRRP process.

use crate::lab::{Lab, VIP, configuration};
use crate::requests::{DATA, ask};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::PATIENCE;

/// The pid of the VRRP process, out of the line about its start.
pub(crate) fn vrrp_pid(daemon: &mut Daemon) -> Result<u32> {
    let line = daemon
        .process()
        .wait_line("Starting VRRP child process, pid=", PATIENCE)?;
    let (_, pid) = line.text.rsplit_once("pid=").context("no pid")?;
    Ok(pid.trim().parse()?)
}

/// A file of `/proc` about a process. Process ids are those of this program's own namespace.
fn proc_file(pid: u32, name: &str) -> Result<String> {
    fs::read_to_string(format!("/proc/{pid}/{name}")).with_context(|| format!("{name} of {pid}"))
}

/// A field of `/proc/PID/stat` by its number in proc(5).
fn stat(text: &str, number: usize) -> Result<i64> {
    let (_, fields) = text.rsplit_once(") ").context("no name")?;
    Ok(fields.split(' ').nth(number - 3).context("too short")?.parse()?)
}

/// What follows a label of `/proc/PID/status`.
pub(crate) fn status(pid: u32, label: &str) -> Result<String> {
    let text = proc_file(pid, "status")?;
    let value = text.lines().find_map(|line| line.strip_prefix(label));
    Ok(value.with_context(|| format!("no {label}"))?.trim().to_owned())
}

/// Nice value, processors and name, at the start and after a reload, for all threads.
pub(crate) fn of_the_process() -> Result<()> {
    let lab = Lab::new()?;
    let globals =
        "vrrp_priority 4\n vrrp_cpu_affinity 0\n vrrp_process_name ka_vrrp\n process_name ka_parent";
    let mut daemon = lab.master(&[], &configuration(globals, ""))?;
    let pid = vrrp_pid(&mut daemon)?;
    ensure!(all_nice(pid)? == [4], "{:?}", all_nice(pid)?);
    ensure!(status(pid, "Cpus_allowed_list:")? == "0", "it may run elsewhere");
    ensure!(proc_file(pid, "comm")?.trim() == "ka_vrrp");
    let parent = daemon.process().pid().as_raw().unsigned_abs();
    ensure!(proc_file(parent, "comm")?.trim() == "ka_parent");
    let globals = "vrrp_priority 7\n vrrp_process_name ka_new";
    daemon.reload(&configuration(globals, ""))?;
    daemon.process().wait_line("Reload complete", PATIENCE)?;
    ensure!(all_nice(pid)? == [7], "{:?}", all_nice(pid)?);
    ensure!(status(pid, "Cpus_allowed_list:")? == status(parent, "Cpus_allowed_list:")?);
    ensure!(proc_file(pid, "comm")?.trim() == "ka_new");
    daemon.stop()?;
    Ok(())
}

/// The nice values of the threads, each once.
fn all_nice(pid: u32) -> Result<Vec<i64>> {
    let mut values = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        values.push(stat(&fs::read_to_string(entry?.path().join("stat"))?, 19)?);
    }
    values.sort_unstable();
    values.dedup();
    Ok(values)
}

/// Real-time priority of the loop alone, its limit, locked memory. What scripts are started with stays as it was. A daemon
/// that may not have them says so and runs.
pub(crate) fn in_real_time() -> Result<()> {
    let lab = Lab::new()?;
    let globals = "vrrp_rt_priority 5\n vrrp_rlimit_rttime 200000\n vrrp_no_swap\n max_auto_priority -1\n script_user root\n \
                   enable_script_security";
    let script = "notify_master \"/bin/cp /proc/self/limits /proc/self/stat /run/tmp\"";
    let mut daemon = lab.master(&[], &configuration(globals, script))?;
    let pid = vrrp_pid(&mut daemon)?;
    if is_root_outside()? {
        let text = proc_file(pid, "stat")?;
        ensure!(
            (stat(&text, 40)?, stat(&text, 41)?) == (5, 2),
            "not SCHED_RR with 5"
        );
        let limits = proc_file(pid, "limits")?;
        let limit = limits
            .lines()
            .find(|line| line.starts_with("Max realtime timeout"));
        let words: Vec<_> = limit.context("no limit")?.split_whitespace().collect();
        ensure!(words[3..5] == ["100000", "200000"], "{words:?}");
        ensure!(status(pid, "VmLck:")? != "0 kB", "nothing is locked");
        let mut real_time = 0;
        for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
            real_time += stat(&fs::read_to_string(entry?.path().join("stat"))?, 41)?;
        }
        ensure!(real_time == 2, "not only the loop is real-time");
    } else {
        daemon
            .process()
            .wait_line("setting the real-time priority 5: ", PATIENCE)?;
    }
    daemon.wait_address("eth0", VIP, Presence::There)?;
    // The end of the daemon would end a script that still runs.
    let script = lab.written_by_script("tmp/stat")?;
    daemon.stop()?;
    ensure!(
        (stat(&script, 19)?, stat(&script, 41)?) == (0, 0),
        "a script is scheduled as the daemon is"
    );
    let limits = lab.router.read("tmp/limits")?;
    let limit = limits
        .lines()
        .find(|line| line.starts_with("Max realtime timeout"));
    ensure!(
        limit.is_some_and(|line| line.contains("unlimited")),
        "a script has the limit of the daemon"
    );
    Ok(())
}

/// Whether the first user namespace is the one that this runs in.
pub(crate) fn is_root_outside() -> Result<bool> {
    let map = fs::read_to_string("/proc/self/uid_map")?;
    Ok(map.split_whitespace().eq(["0", "0", "4294967295"]))
}

/// A process that was not scheduled for too long raises its priority, up to the ceiling and not beyond.
pub(crate) fn after_lateness() -> Result<()> {
    let lab = Lab::new()?;
    let globals = "max_auto_priority 2\n min_auto_priority_delay 1";
    let mut daemon = lab.master(&[], &configuration(globals, ""))?;
    let pid = vrrp_pid(&mut daemon)?;
    if !is_root_outside()? {
        daemon
            .process()
            .wait_line("setting the real-time priority 1: ", PATIENCE)?;
        daemon.stop()?;
        return Ok(());
    }
    // A microsecond late is every deadline.
    for priority in 1..=2 {
        let line = format!("Set realtime priority {priority}");
        daemon.process().wait_line(&line, PATIENCE)?;
    }
    let text = proc_file(pid, "stat")?;
    ensure!(
        (stat(&text, 40)?, stat(&text, 41)?) == (2, 2),
        "not SCHED_RR with 2"
    );
    daemon.stop()?;
    let lines = daemon.process().lines();
    ensure!(
        !lines
            .iter()
            .any(|line| line.text.contains("Set realtime priority 3"))
    );
    Ok(())
}

/// The sizes of receive buffers that the keywords make, as the data shows them.
pub(crate) fn of_the_buffers() -> Result<()> {
    for (globals, more, bytes) in [
        ("vrrp_rx_bufs_policy 30000", "", 30_000),
        ("vrrp_rx_bufs_policy MTU\n vrrp_rx_bufs_multiplier 4", "", 6_000),
        ("vrrp_rx_bufs_policy MTU", "kernel_rx_buf_size 40000", 40_000),
        ("vrrp_rx_bufs_policy mtu", "kernel_rx_buf_size 0", 4_500),
    ] {
        let lab = Lab::new()?;
        let mut daemon = lab.master(&[], &configuration(globals, more))?;
        let data = ask(&lab, &mut daemon, DATA, "tmp", "keepalived.data")?;
        let line = format!("   Rx buf size = {bytes}");
        ensure!(
            data.lines().any(|shown| shown == line),
            "{globals:?} {more:?}: no {bytes} in {data}"
        );
        daemon.stop()?;
    }
    Ok(())
}

/// The line about `max_auto_priority` is there where nothing is said about it.
pub(crate) fn notice() -> Result<()> {
    const NOTICE: &str =
        "NOTICE: setting config option max_auto_priority should result in better keepalived performance";
    for (globals, is_there) in [
        ("", true),
        ("max_auto_priority -1", false),
        ("max_auto_priority 20", false),
    ] {
        let lab = Lab::new()?;
        let mut daemon = lab.master(&[], &configuration(globals, ""))?;
        if is_there {
            daemon.process().wait_line(NOTICE, PATIENCE)?;
        } else {
            let lines = daemon.process().lines();
            ensure!(
                !lines.iter().any(|line| line.text.contains(NOTICE)),
                "{globals:?}"
            );
        }
        daemon.stop()?;
    }
    Ok(())
}

/// `vrrp_startup_delay` holds back the first advert after the start, and not after a reload.
pub(crate) fn startup_delay() -> Result<()> {
    let mut lab = Lab::new()?;
    let text = configuration("vrrp_startup_delay 1.5", "");
    let mut daemon = lab.start(&[], &text)?;
    daemon.wait_state("V", State::Master, PATIENCE)?;
    let lines = daemon.process().lines();
    let position = |text: &str| lines.iter().position(|line| line.text.contains(text));
    let (begin, over) = (
        position("Delaying startup for 1.5 seconds"),
        position("Delayed start completed"),
    );
    let master = position("(V) Entering MASTER STATE");
    ensure!(
        begin.is_some() && begin < over && over < master,
        "{begin:?} {over:?} {master:?}"
    );
    lab.expect_adverts(1)?;
    let mark = daemon.process().mark();
    daemon.reload(&text.replace("priority 100", "priority 120"))?;
    daemon
        .process()
        .wait_line_from(mark, "Reload complete", PATIENCE)?;
    let again = &daemon.process().lines()[mark..];
    ensure!(
        !again.iter().any(|line| line.text.contains("Delaying startup")),
        "a reload delays"
    );
    ensure!(!daemon.left_master_since(mark), "the reload cost the mastership");
    daemon.stop()?;
    Ok(())
}
