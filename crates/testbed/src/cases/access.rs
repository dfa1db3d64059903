//! Who may ask the daemon: strangers on the network the process that serves metrics, users the control socket.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testbed::daemon::{Daemon, State};
use testbed::netns::{Node, PATIENCE};

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration};
use super::operator::{METRICS, eventually, metrics};
use super::router::{INSTANCE, INTERFACE};

/// What `ps` calls the process that serves metrics.
const NAME: &str = "keepalived_prom";

/// A user without an entry.
const STRANGER: &str = "54321";

fn with_globals(lines: &str) -> String {
    format!("global_defs {{\n{lines}\n}}\n{}", configuration(""))
}

fn parent(node: &Node) -> Result<Pid> {
    let text = node.read("keepalived.pid")?;
    Ok(Pid::from_raw(text.trim().parse().context("reading the pid")?))
}

/// The lines of `/proc/PID/status`, if there is such a process.
fn status(pid: Pid) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(text.lines().map(|line| line.replace('\t', " ")).collect())
}

/// The process that serves the metrics of a daemon.
fn server(parent: Pid) -> Result<Option<Pid>> {
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let pid = Pid::from_raw(pid);
        let is_it = |lines: Vec<String>| {
            let has = |line: String| lines.contains(&line);
            has(format!("Name: {NAME}")) && has(format!("PPid: {parent}"))
        };
        if status(pid).is_some_and(is_it) {
            return Ok(Some(pid));
        }
    }
    Ok(None)
}

/// Whether all users of the machine exist here.
fn has_users() -> Result<bool> {
    Ok(fs::read_to_string("/proc/self/uid_map")?.contains("4294967295"))
}

/// Metrics are served by a process without any right, which a crowd does not stop, which is replaced, and which goes.
pub(super) fn metrics_process(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let router = &lone.router;
    router.ip(&["link set lo up"])?;
    let text = with_globals(&format!("metrics_address {METRICS}"));
    let mut daemon = lone.master(&world.ours, &text)?;
    metrics(router, "text/plain")?;
    let parent = parent(router)?;
    let first = server(parent)?.context("no process serves metrics")?;
    let lines = status(first).context("it has gone")?;
    let nothing = "0000000000000000";
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        ensure!(lines.contains(&format!("{set}: {nothing}")), "{lines:#?}");
    }
    ensure!(lines.contains(&"NoNewPrivs: 1".to_owned()), "{lines:#?}");
    if has_users()? {
        let user = lines.iter().find(|line| line.starts_with("Uid:"));
        ensure!(user.is_some_and(|line| !line.contains(" 0")), "{lines:#?}");
        let groups = lines.iter().find(|line| line.starts_with("Groups:"));
        ensure!(groups.is_some_and(|line| line.trim() == "Groups:"), "{lines:#?}");
    }

    let crowd = router.run(|| -> Result<Vec<TcpStream>> {
        let mut crowd = Vec::new();
        for request in ["", "GET /met", "\r\n\r\n", "POST / HTTP/1.1\r\n\r\n"].repeat(8) {
            let mut client = TcpStream::connect(METRICS)?;
            client.write_all(request.as_bytes())?;
            crowd.push(client);
        }
        Ok(crowd)
    })?;
    metrics(router, "text/plain")?;
    ensure!(server(parent)? == Some(first), "the crowd ended the process");
    drop(crowd);

    let mark = daemon.process().mark();
    kill(first, Signal::SIGKILL).context("killing the process")?;
    // Whoever asks meanwhile waits for the next one.
    metrics(router, "text/plain")?;
    daemon
        .process()
        .wait_line_from(mark, "metrics process", PATIENCE)?;
    let second = server(parent)?.context("it was not replaced")?;
    ensure!(second != first, "the number of a process that has gone");

    daemon.reload(&with_globals(""))?;
    eventually("an end of the metrics", || {
        Ok(status(second).is_none() && metrics(router, "text/plain").is_err())
    })?;
    daemon.reload(&text)?;
    eventually("metrics", || Ok(metrics(router, "text/plain").is_ok()))?;
    let third = server(parent)?.context("it was not started by the reload")?;
    ensure!(
        router.has_address(INTERFACE, VIRTUAL_ADDRESS)?,
        "the reloads took the address away"
    );
    daemon.stop()?;
    ensure!(status(third).is_none(), "the process outlives its daemon");
    Ok(())
}

/// Our keepalived with these words as a stranger with one more group; status and what it says.
fn stranger(world: &World, node: &Node, group: &str, words: &[&str]) -> Result<(bool, String)> {
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", STRANGER, "--regid", STRANGER, "--groups", group])
        .arg(world.ours.program())
        .args(words);
    let output = node.output(command)?;
    let text = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

/// Members of `control_group` may do all that root may over the control socket; others learn that they may not, and why.
pub(super) fn control_group(world: &World) -> Result<()> {
    if !has_users()? {
        println!("control_group is not tried: there are no other users here");
        return Ok(());
    }
    let lone = Lone::new()?;
    let router = &lone.router;
    let mut daemon = lone.master(&world.ours, &with_globals("control_group adm"))?;
    for (words, expected) in [
        (&["status"][..], INSTANCE),
        (&["reload"], ""),
        (&["failover", INSTANCE], ""),
    ] {
        let mark = daemon.process().mark();
        let (is_done, text) = stranger(world, router, "adm", words)?;
        ensure!(is_done && text.contains(expected), "a member, {words:?}: {text}");
        let (is_done, text) = stranger(world, router, "users", words)?;
        ensure!(
            !is_done && text.contains("Permission denied") && text.contains("keepalived.sock"),
            "no member, {words:?}: {text}"
        );
        if words[0] == "failover" {
            daemon
                .process()
                .wait_line_from(mark, &format!("asked for by user {STRANGER}"), PATIENCE)?;
            daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
        }
    }
    // Without the keyword the group is out again.
    daemon.reload(&with_globals(""))?;
    let (is_done, text) = stranger(world, router, "adm", &["status"])?;
    ensure!(!is_done && text.contains("Permission denied"), "{text}");
    daemon.stop()?;
    Ok(())
}

/// A start with a configuration that cannot run is refused, with the status and the line that the C program ends with.
pub(super) fn refused_start(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let text = configuration("").replace(INTERFACE, "nonesuch0");
    let mut daemon = Daemon::start(&lone.router, &world.ours, &text)?;
    daemon
        .process()
        .wait_line("exited with permanent error CONFIG. Terminating", PATIENCE)?;
    let (_, status) = daemon.wait_exit()?;
    ensure!(status.code() == Some(2), "the refused start ended with {status}");
    Ok(())
}
