//! `keepalived.data`, `keepalived.json` and their keywords.

use crate::lab::{INTERFACE, Lab, VIP, configuration};
use crate::requests::{DATA, JSON, STATS, ask};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::process::Command;
use testbed::netns::PATIENCE;

/// `SIGUSR1` writes one file for each process, each with the permissions that the umask leaves.
pub(crate) fn of_the_data() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let data = ask(&lab, &mut daemon, DATA, "tmp", "keepalived.data")?;
    for line in [
        "------< Global definitions >------",
        " VRRP Instance = V",
        "   State = MASTER",
        "   Interface = eth0",
        &format!("     {VIP} dev {INTERFACE} scope global set"),
        "------< Interfaces >------",
        " Name = eth0",
    ] {
        ensure!(
            data.lines().any(|shown| shown == line),
            "no line {line:?} in\n{data}"
        );
    }
    let descriptors = data.lines().find_map(|line| line.strip_prefix("   fd_in "));
    ensure!(
        descriptors.is_some_and(|open| !open.contains("-1")),
        "{descriptors:?}"
    );
    let parent = ask(&lab, &mut daemon, DATA, "tmp", "keepalived_parent.data")?;
    ensure!(
        parent.starts_with("------< Global definitions >------\n"),
        "{parent}"
    );
    ensure!(
        !parent.contains("VRRP Topology"),
        "the parent shows more than the globals"
    );
    ensure!(mode(&lab, "tmp/keepalived.data")? == "600", "others may read it");
    daemon
        .process()
        .wait_line("Printing VRRP data for process(", PATIENCE)?;
    daemon
        .process()
        .wait_line("Printing parent data for process(", PATIENCE)?;
    daemon.stop()?;
    Ok(())
}

/// The JSON signal writes a file whose final name is closed after writing, without a line in the log; version 2 says why
/// the instance is master.
pub(crate) fn of_json() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("json_version 2", ""))?;
    let mark = daemon.process().mark();
    let text = ask(&lab, &mut daemon, JSON, "tmp", "keepalived.json")?;
    let json: Value = serde_json::from_str(&text)?;
    let instance = &json["vrrp"][0];
    let address = format!("{VIP} dev {INTERFACE} scope global set");
    ensure!(instance["data"]["vips"] == Value::from(vec![address]), "{text}");
    ensure!(instance["data"]["state"] == 2, "{text}");
    let last = instance["transitions"].as_array().and_then(|all| all.last());
    let cause = last.and_then(|last| last["cause"].as_str()).context("no cause")?;
    ensure!(cause.starts_with("no advert heard for "), "{cause}");
    let said = &daemon.process().lines()[mark..];
    ensure!(
        !said.iter().any(|line| line.text.contains("rinting")),
        "a line in the log"
    );
    let why = format!("(V) from BACKUP to MASTER: {cause}");
    daemon.process().wait_line(&why, PATIENCE)?;
    daemon.stop()?;
    Ok(())
}

/// The keywords that say where the files are, and `umask`, also after a reload.
pub(crate) fn in_other_places() -> Result<()> {
    let lab = Lab::new()?;
    fs::create_dir(lab.router.directory().join("other"))?;
    let globals = "umask 022\n state_dump_file /run/other/state.txt\n stats_dump_file /run/other/\n \
                   json_dump_file own.json\n data_use_instance";
    let text = format!("instance I\n{}", configuration(globals, ""));
    let mut daemon = lab.master(&[], &text)?;
    ask(&lab, &mut daemon, DATA, "other", "state.I.txt")?;
    ask(&lab, &mut daemon, DATA, "other", "state_parent.I.txt")?;
    ask(&lab, &mut daemon, STATS, "other", "keepalived.stats")?;
    ask(&lab, &mut daemon, JSON, "tmp", "own.json")?;
    ensure!(mode(&lab, "other/state.I.txt")? == "644", "umask 022 leaves 0644");
    let changed = globals
        .replace("umask 022", "umask IRWXO")
        .replace("own.json", "new.json");
    daemon.reload(&format!("instance I\n{}", configuration(&changed, "")))?;
    daemon.process().wait_line("Reload complete", PATIENCE)?;
    ask(&lab, &mut daemon, JSON, "tmp", "new.json")?;
    ensure!(mode(&lab, "tmp/new.json")? == "660", "umask 07 leaves 0660");
    daemon.stop()?;
    Ok(())
}

/// `-d` logs the data; `config_save_dir` keeps it from before and after a reload.
pub(crate) fn without_a_signal() -> Result<()> {
    let lab = Lab::new()?;
    let text = configuration("config_save_dir /run/saved", "");
    let mut daemon = lab.master(&["-d"], &text)?;
    daemon
        .process()
        .wait_line("------< Global definitions >------", PATIENCE)?;
    daemon.process().wait_line(" VRRP Instance = V", PATIENCE)?;
    daemon.reload(&text.replace("priority 100", "priority 120"))?;
    daemon.process().wait_line("Reload complete", PATIENCE)?;
    // The end of the daemon waits for what is being written.
    daemon.stop()?;
    let mut find = Command::new("sh");
    find.args([
        "-c",
        "cat /run/saved/keepalived_vrrp.*.1.pre; echo; cat /run/saved/keepalived_vrrp.*.1.post",
    ]);
    let saved = lab.router.stdout(find)?;
    let priorities: Vec<_> = saved
        .lines()
        .filter(|line| line.starts_with("   Priority = "))
        .collect();
    ensure!(
        priorities == ["   Priority = 100", "   Priority = 120"],
        "{priorities:?}"
    );
    Ok(())
}

fn mode(lab: &Lab, file: &str) -> Result<String> {
    let mut stat = Command::new("stat");
    stat.args(["-c", "%a", &format!("/run/{file}")]);
    Ok(lab.router.stdout(stat)?.trim().to_owned())
}
