//! `keepalived status` and `keepalived history` of a running daemon.

use crate::lab::{INTERFACE, Lab, VIP, configuration, implementation};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use testbed::daemon::{Daemon, State};
use testbed::netns::{Node, PATIENCE};

/// What a command says in a node.
fn command(node: &Node, words: &[&str]) -> Result<Output> {
    let mut command = Command::new(implementation()?.program());
    command.args(words);
    node.output(command)
}

fn json(node: &Node, words: &[&str]) -> Result<Value> {
    let output = command(node, words)?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn ensure_exit(node: &Node, words: &[&str], code: i32, reason: &str) -> Result<()> {
    let output = command(node, words)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.code() == Some(code) && said.contains(reason),
        "{words:?}: {} {said}",
        output.status
    );
    Ok(())
}

/// What a status says of the VRRP process.
fn process(status: &Value) -> &Value {
    let mut processes = status["processes"].as_array().into_iter().flatten();
    processes
        .find(|process| process["name"] == "vrrp")
        .unwrap_or(&Value::Null)
}

/// The document tells state, cause, priorities with their reasons, and the addresses that the kernel has.
pub(crate) fn of_a_master() -> Result<()> {
    let lab = Lab::new()?;
    let script = "vrrp_script good {\nscript \"/bin/echo all is well\"\ninterval 1\nweight 7\n}\n";
    let text = configuration("router_id lb1\nscript_user root", "track_script {\ngood\n}");
    let mut daemon = lab.master(&[], &format!("{script}{text}"))?;
    daemon
        .process()
        .wait_line("VRRP_Script(good) succeeded", PATIENCE)?;
    let status = json(&lab.router, &["status", "--json"])?;
    ensure!(status["version"] == 1, "{status}");
    ensure!(status["daemon"]["router_id"] == "lb1", "{}", status["daemon"]);
    let instance = &status["vrrp"]["instances"][0];
    ensure!(instance["state"] == "MASTER", "{instance}");
    let cause = instance["cause"].as_str().context("no cause")?;
    ensure!(cause.starts_with("no advert heard for"), "{cause}");
    let priority = &instance["priority"];
    ensure!(
        priority["base"] == 100 && priority["effective"] == 107,
        "{priority}"
    );
    ensure!(priority["adjustments"][0]["name"] == "good", "{priority}");
    let address = &instance["addresses"][0];
    ensure!(address["address"] == format!("{VIP}/32"), "{address}");
    ensure!(address["present"] == true, "{address}");
    ensure!(instance["counters"]["become_master"] == 1, "{instance}");
    let tracker = &status["vrrp"]["trackers"][0];
    ensure!(
        tracker["state"] == "up" && tracker["result"] == "exit 0" && tracker["output"] == "all is well",
        "{tracker}"
    );
    let lateness = &status["vrrp"]["lateness"];
    ensure!(lateness["count"].as_u64() > Some(0), "{lateness}");
    ensure!(status["lvs"].is_null(), "{status}");

    ensure_exit(&lab.router, &["status", "--live"], 0, "")?;
    ensure_exit(&lab.router, &["status", "--ready"], 0, "")?;
    let shown = command(&lab.router, &["status"])?.stdout;
    let shown = String::from_utf8(shown)?;
    ensure!(shown.contains("MASTER") && !shown.contains('\x1b'), "{shown}");

    lab.router.ip(&[&format!("link set {INTERFACE} down")])?;
    daemon.wait_state("V", State::Fault, PATIENCE)?;
    ensure_exit(&lab.router, &["status", "--live"], 0, "")?;
    ensure_exit(
        &lab.router,
        &["status", "--ready"],
        3,
        "V is in FAULT interface eth0 down",
    )?;
    let history = json(&lab.router, &["history", "--json", "V"])?;
    let causes: Vec<_> = history
        .as_array()
        .context("no list")?
        .iter()
        .filter_map(|entry| entry["cause"].as_str())
        .collect();
    ensure!(causes.len() == 3 && causes[0] == "startup", "{causes:?}");
    ensure!(causes[2] == "interface eth0 down", "{causes:?}");
    ensure_exit(&lab.router, &["history", "W"], 1, "there are: V")?;
    daemon.stop()?;
    ensure_exit(&lab.router, &["status"], 1, "no running daemon")
}

/// A process that hangs is shown as one that does not answer, and holds nobody up for ever.
pub(crate) fn of_a_process_that_hangs() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let child = Child::of(&mut daemon)?;
    child.signal("STOP")?;
    let output = command(&lab.router, &["status", "--live", "--json"]);
    child.signal("CONT")?;
    let output = output?;
    // Either it was silent, or it had been found hung and was being replaced.
    ensure!(output.status.code() == Some(2), "{}", output.status);
    let status: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(status["vrrp"].is_null(), "{status}");
    ensure!(process(&status)["answers"] == false, "{status}");
    Ok(())
}

/// What an operator orders holds through a reload and for the next process, and is undone by a command.
pub(crate) fn of_maintenance() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let mark = daemon.process().mark();
    let output = command(&lab.router, &["maintenance", "on"])?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
    ensure_exit(&lab.router, &["status", "--ready"], 3, "maintenance")?;
    ensure_exit(&lab.router, &["failover", "V"], 1, "V is in FAULT")?;
    ensure_exit(&lab.router, &["failover", "W"], 1, "the instances are: V")?;
    let mark = daemon.process().mark();
    Child::of(&mut daemon)?.signal("KILL")?;
    // The next one is told before it takes part.
    daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
    let status = json(&lab.router, &["status", "--json"])?;
    ensure!(process(&status)["restarts"] == 1, "{status}");
    let history = json(&lab.router, &["history", "--json"])?;
    let cause = history.as_array().and_then(|entries| entries.last());
    let cause = cause.context("no history")?["cause"].clone();
    ensure!(cause == "maintenance asked by operator", "{history}");
    let mark = daemon.process().mark();
    ensure_exit(&lab.router, &["maintenance", "off"], 0, "")?;
    daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
    daemon.stop()?;
    Ok(())
}

/// Only who may speaks to the daemon: root, and the members of the group.
pub(crate) fn of_the_group() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let socket = daemon.node().directory().join("keepalived.sock");
    let mode = || -> Result<u32> { Ok(fs::metadata(&socket)?.permissions().mode() & 0o777) };
    ensure!(mode()? == 0o600, "{:o}", mode()?);
    let mark = daemon.process().mark();
    daemon.reload(&configuration("control_group 0", ""))?;
    daemon
        .process()
        .wait_line_from(mark, "Reload complete", PATIENCE)?;
    ensure!(mode()? == 0o660, "{:o}", mode()?);
    daemon.stop()?;
    Ok(())
}

/// The VRRP process of a daemon.
struct Child(String);

impl Child {
    fn of(daemon: &mut Daemon) -> Result<Self> {
        let parent = daemon.process().pid();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
        let child = children.split_whitespace().next().context("no child")?;
        Ok(Self(child.to_owned()))
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args(["-s", signal, &self.0])
            .status()
            .context("kill")?;
        // A child that was found hung has gone.
        ensure!(status.success() || signal == "CONT", "{status}");
        Ok(())
    }
}
