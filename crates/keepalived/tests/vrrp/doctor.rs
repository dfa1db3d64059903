//! `keepalived doctor` on hosts that are broken in known ways: it names what is wrong, and nothing else.

use crate::lab::{INTERFACE, Lab, VIP, configuration, implementation};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use testbed::daemon::Daemon;
use testbed::netns::{Node, PATIENCE};

/// What the doctor says in a node, the configuration being one that is not running there.
fn examine(node: &Node, file: &Path) -> Result<Value> {
    let mut command = Command::new(implementation()?.program());
    command
        .args(["doctor", "--json", "--listen", "2", "--use-file"])
        .arg(file);
    let output = node.output(command)?;
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn examine_with(node: &Node, text: &str) -> Result<Value> {
    examine(node, &node.write("doctor.conf", text)?)
}

/// The findings with this verdict: check, reason, remedy.
fn findings(document: &Value, verdict: &str) -> Result<Vec<(String, String, String)>> {
    let word = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let all = document["findings"].as_array().context("no findings")?;
    Ok(all
        .iter()
        .filter(|finding| finding["verdict"] == verdict)
        .map(|finding| {
            (
                word(finding, "check"),
                word(finding, "reason"),
                word(finding, "remedy"),
            )
        })
        .collect())
}

/// Fails unless this check has a problem with these words in it.
fn ensure_problem(document: &Value, check: &str, words: &[&str]) -> Result<()> {
    let problems = findings(document, "problem")?;
    let found = problems.iter().any(|(name, reason, remedy)| {
        name == check
            && words
                .iter()
                .all(|word| reason.contains(word) || remedy.contains(word))
    });
    ensure!(found, "no problem of {check} with {words:?} among {problems:#?}");
    Ok(())
}

fn v2(more: &str) -> String {
    configuration("", more)
        .replace("version 3", "version 2")
        .replace("advert_int 0.1", "advert_int 1")
}

/// A master on a healthy host has no problem, and knows who is master.
pub(crate) fn finds_nothing_on_a_healthy_host() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    let problems = findings(&document, "problem")?;
    ensure!(problems.is_empty(), "{problems:#?}");
    ensure!(document["version"] == 1, "{document}");
    let good = findings(&document, "good")?;
    for (check, words) in [
        ("addresses", "this host is master and has all virtual addresses"),
        ("interface", "eth0 is up"),
        ("firewall", "no rule drops adverts"),
        ("daemon", "it is running as process"),
    ] {
        ensure!(
            good.iter()
                .any(|(name, reason, _)| name == check && reason.contains(words)),
            "{check} lacks {words:?} in {good:#?}"
        );
    }
    daemon.stop()?;
    Ok(())
}

/// A peer whose adverts a firewall drops: the rule is named, and so is that they were on the wire, and the split brain.
pub(crate) fn names_a_firewall_and_the_split_brain() -> Result<()> {
    let lab = Lab::new()?;
    let rules = "table inet filter { chain input { type filter hook input priority 0; policy drop;\n\
                 ct state established,related accept\n iifname lo accept\n ip protocol icmp accept\n }\n }\n";
    let file = lab.router.write("rules.nft", rules)?;
    let mut nft = Command::new("nft");
    nft.arg("-f").arg(file);
    lab.router.stdout(nft)?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let other = configuration("", "")
        .replace(INTERFACE, "wire")
        .replace("priority 100", "priority 90");
    // It hears the first one's adverts, but the first one's priority must not hold it back here.
    let block = lab
        .neighbour
        .write("rules.nft", &rules.replace("ip protocol icmp accept\n", ""))?;
    let mut nft = Command::new("nft");
    nft.arg("-f").arg(block);
    lab.neighbour.stdout(nft)?;
    let mut second = Daemon::start_with(&lab.neighbour, &implementation()?, &[], &other)?;
    second.wait_state("V", testbed::daemon::State::Master, PATIENCE)?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    ensure_problem(
        &document,
        "firewall",
        &["policy drop of chain inet filter input", "224.0.0.18", "112"],
    )?;
    ensure_problem(&document, "firewall", &["192.0.2.2", "none reached a socket"])?;
    ensure_problem(&document, "peers", &["split brain", "192.0.2.2"])?;
    second.stop()?;
    daemon.stop()?;
    Ok(())
}

/// A stranger with our number, and a peer that is configured otherwise.
pub(crate) fn tells_a_stranger_from_a_peer() -> Result<()> {
    let lab = Lab::new()?;
    let stranger = v2("").replace(INTERFACE, "wire").replace(VIP, "192.0.2.77");
    let mut other = Daemon::start_with(&lab.neighbour, &implementation()?, &[], &stranger)?;
    other.wait_state("V", testbed::daemon::State::Master, PATIENCE)?;
    let document = examine_with(&lab.router, &v2(""))?;
    ensure_problem(
        &document,
        "peers",
        &[
            "a stranger, 192.0.2.2",
            "VRID 51",
            "192.0.2.77",
            "52 was not heard",
        ],
    )?;
    let peer = stranger.replace("192.0.2.77", &format!("{VIP}\n 192.0.2.77"));
    other.reload(&peer)?;
    other.wait_address("wire", VIP, testbed::daemon::Presence::There)?;
    let document = examine_with(
        &lab.router,
        &v2(" authentication {\n auth_type PASS\n auth_pass x\n }"),
    )?;
    ensure_problem(
        &document,
        "peers",
        &["the list of virtual addresses of 192.0.2.2", "192.0.2.77"],
    )?;
    ensure_problem(
        &document,
        "peers",
        &["`auth_type` of 192.0.2.2 is none, ours is PASS"],
    )?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    ensure_problem(
        &document,
        "peers",
        &["the VRRP version of 192.0.2.2 is 2, ours is 3"],
    )?;
    other.stop()?;
    Ok(())
}

/// Somebody has our address without any VRRP, and somebody has it beside us.
pub(crate) fn finds_who_else_answers() -> Result<()> {
    let lab = Lab::new()?;
    lab.neighbour.ip(&[&format!("address add {VIP}/24 dev wire")])?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    ensure_problem(&document, "addresses", &[VIP, "answers for it too"])?;
    daemon.stop()?;
    Ok(())
}

/// What the guide calls common: a wrong interface name, an address that strict mode closes, something left running or
/// behind.
pub(crate) fn knows_the_common_mistakes() -> Result<()> {
    let lab = Lab::new()?;
    let document = examine_with(&lab.router, &configuration("", "").replace(INTERFACE, "ens33"))?;
    ensure_problem(&document, "configuration", &["ens33"])?;
    ensure!(document["verdict"] == "problem", "{document}");

    let document = examine_with(
        &lab.router,
        &v2("").replace("global_defs {", "global_defs {\n vrrp_strict"),
    )?;
    ensure_problem(&document, "accept", &[VIP, "also pings"])?;

    let mut killed = lab.master(&[], &configuration("", ""))?;
    killed.crash()?;
    killed.wait_exit()?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    ensure_problem(&document, "daemon", &[VIP, "although keepalived does not run"])?;

    lab.router.ip(&[&format!("link set {INTERFACE} down")])?;
    let document = examine_with(&lab.router, &configuration("", ""))?;
    ensure_problem(&document, "interface", &["eth0 is down"])?;
    Ok(())
}

/// People get words, and the exit status says whether there is a problem.
pub(crate) fn speaks_to_people_too() -> Result<()> {
    let lab = Lab::new()?;
    let file = lab.router.write("doctor.conf", &configuration("", "no_accept"))?;
    let mut command = Command::new(implementation()?.program());
    command.args(["doctor", "--listen", "1", "-f"]).arg(file);
    let output = lab.router.output(command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(1), "{}: {text}", output.status);
    let Some(line) = text.lines().find(|line| line.starts_with("PROBLEM  accept")) else {
        bail!("no line about accept in:\n{text}");
    };
    ensure!(line.contains("`no_accept`"), "{line}");
    ensure!(text.contains("-> write `accept` into the instance"), "{text}");
    Ok(())
}
