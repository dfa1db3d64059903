//! The metrics as a real Prometheus reads them, and our alert rules in it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testbed::daemon::{Daemon, State};
use testbed::netns::{Node, PATIENCE};
use testbed::peer::Peers;
use testbed::process::Process;

use super::World;
use super::operator::{METRICS, eventually, metrics};
use super::router::{INTERFACE, Pair};

/// Where Prometheus answers in its node.
const ADDRESS: &str = "127.0.0.1:9090";
const RULES: &str = include_str!("../../../../dist/prometheus/keepalived.rules.yml");
/// Counters whose names an exporter before us gave away.
const NOT_OURS: [&str; 2] = ["keepalived_vrrp_", "keepalived_lvs_"];
/// What promtool has against them.
const WORD: &str = "counter metrics should have \"_total\" suffix";

fn keepalived() -> String {
    format!(
        "global_defs {{\n    metrics_address {METRICS}\n}}\nvrrp_script chk {{\n    script /bin/true\n    interval 1\n}}\n\
         vrrp_instance VI {{\n    interface {INTERFACE}\n    virtual_router_id 51\n    version 3\n    advert_int 0.1\n    \
         track_script {{\n        chk\n    }}\n    virtual_ipaddress {{\n        10.0.0.200/24\n    }}\n}}\n"
    )
}

fn prometheus(rules: &str) -> String {
    format!(
        "global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  evaluation_interval: 200ms\nrule_files: [{rules}]\n\
         scrape_configs:\n  - job_name: keepalived\n    static_configs:\n      - targets: ['{METRICS}']\n"
    )
}

/// Prometheus scrapes the daemon, finds nothing wrong with what it reads, and our alert rules work on it.
pub(super) fn scraped(world: &World) -> Result<()> {
    let peers = &world.foreign()?.peers;
    let pair = Pair::new()?;
    let node = &pair.one;
    node.ip(&["link set lo up"])?;
    let mut daemon = Daemon::start(node, &world.ours, &keepalived())?;
    daemon.wait_state("VI", State::Master, PATIENCE)?;
    lint(peers, &metrics(node, "text/plain")?)?;

    let rules = node.write("keepalived.rules.yml", RULES)?;
    let file = node.write("prometheus.yml", &prometheus(&rules.display().to_string()))?;
    let mut command = peers.prometheus();
    command
        .arg(format!("--config.file={}", file.display()))
        .arg(format!(
            "--storage.tsdb.path={}",
            node.directory().join("tsdb").display()
        ))
        .arg(format!("--web.listen-address={ADDRESS}"));
    let mut server = Process::start(node, "prometheus", command)?;
    server.wait_line("Server is ready to receive web requests", PATIENCE)?;

    eventually("the first samples in Prometheus", || {
        Ok(value(node, "keepalived_instance_state{iname=\"VI\"}")? == Some("2".to_owned()))
    })?;
    let targets = ask(node, "/api/v1/targets")?;
    let target = &targets["data"]["activeTargets"][0];
    ensure!(target["health"] == "up" && target["lastError"] == "", "{target}");
    for (expression, wanted) in [
        ("up", "1"),
        ("keepalived_up", "1"),
        ("keepalived_script_status{name=\"chk\"}", "1"),
        ("keepalived_instance_addresses_present", "1"),
    ] {
        let found = value(node, expression)?;
        ensure!(found.as_deref() == Some(wanted), "{expression} is {found:?}");
    }
    let sent = value(node, "keepalived_advertisements_sent_total")?;
    let sent: u64 = sent.context("no adverts counted")?.parse()?;
    ensure!(sent > 0, "no adverts counted");
    alerts(node)?;
    daemon.stop()?;
    eventually("the end of the target", || {
        Ok(value(node, "up")?.as_deref() == Some("0"))
    })
}

/// Each of our alert rules is evaluated without an error.
fn alerts(node: &Node) -> Result<()> {
    let mut rules = Value::Null;
    eventually("the evaluation of the rules", || {
        rules = ask(node, "/api/v1/rules")?["data"]["groups"][0]["rules"].take();
        let rules = rules.as_array().context("no rules")?;
        Ok(rules.iter().all(|rule| rule["health"] != "unknown"))
    })?;
    let rules = rules.as_array().context("no rules")?;
    ensure!(rules.len() == RULES.matches("alert:").count(), "{rules:#?}");
    for rule in rules {
        ensure!(rule["health"] == "ok", "{rule:#}");
        ensure!(
            rule["state"] == "inactive",
            "an alert of a healthy router: {rule:#}"
        );
    }
    Ok(())
}

/// promtool finds nothing wrong with metrics in the text format but names that are not ours.
pub(super) fn lint(peers: &Peers, text: &str) -> Result<()> {
    let mut child = peers
        .promtool()
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting promtool")?;
    let mut input = child.stdin.take().context("promtool without input")?;
    input.write_all(text.as_bytes()).context("writing to promtool")?;
    drop(input);
    let output = child.wait_with_output().context("waiting for promtool")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let strangers: Vec<_> = said
        .lines()
        .filter(|line| !line.ends_with(WORD) || !NOT_OURS.iter().any(|name| line.starts_with(name)))
        .collect();
    ensure!(strangers.is_empty(), "promtool: {}", strangers.join("\n"));
    Ok(())
}

/// The value of an expression now.
fn value(node: &Node, expression: &str) -> Result<Option<String>> {
    let expression: String = expression
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect::<Vec<_>>()
        .concat();
    let answer = ask(node, &format!("/api/v1/query?query={expression}"))?;
    let value = &answer["data"]["result"][0]["value"][1];
    Ok(value.as_str().map(str::to_owned))
}

/// What Prometheus answers.
fn ask(node: &Node, path: &str) -> Result<Value> {
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    let answer = node.run(move || -> Result<String> {
        let mut client = TcpStream::connect(ADDRESS)?;
        client.set_read_timeout(Some(Duration::from_secs(20)))?;
        client.write_all(request.as_bytes())?;
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        Ok(answer)
    })?;
    let (_, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    serde_json::from_str(body).with_context(|| answer.clone())
}
