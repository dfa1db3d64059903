//! The user's guide on a fresh system, as an administrator follows it, and what it calls common issues, each caused and named.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use testbed::netns::{Changes, Node, PATIENCE, Segment};
use testbed::ping::Ping;
use testbed::system::System;

use super::super::World;
use super::{CONFIGURATION, PING_INTERVAL};

/// A name that no sample has, as predictable interface names are.
const INTERFACE: &str = "ens160";
const VIRTUAL_ADDRESS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(192, 0, 2, 200);
/// How the guide finds the name of the adapter.
const ADAPTER: &str = "ADAPTER=$(ip -oneline link | awk -F'[ :@]+' '/link.ether/{print $2; exit}')";

/// A host on which the guide is followed.
struct Host {
    node: Node,
    system: System,
}

impl Host {
    fn has_address(&self, wanted: bool) -> Result<()> {
        let address = VIRTUAL_ADDRESS.to_string();
        let changes = Changes::watch(&self.node)?;
        changes.wait(PATIENCE, || {
            Ok((self.node.has_address(INTERFACE, &address)? == wanted).then_some(()))
        })
    }

    /// What the doctor calls a problem: check and reason.
    fn problems(&self) -> Result<Vec<(String, String)>> {
        // A problem is its exit status too.
        let text = self
            .system
            .run("keepalived doctor --json --listen 1 || test $? = 1")?;
        let document: Value = serde_json::from_str(&text).with_context(|| text.clone())?;
        let findings = document["findings"].as_array().context("no findings")?;
        let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        Ok(findings
            .iter()
            .filter(|finding| finding["verdict"] == "problem")
            .map(|finding| (word(finding, "check"), word(finding, "reason")))
            .collect())
    }

    /// Fails unless the doctor names this, and nothing else.
    fn ensure_named(&self, issue: &str, check: &str, words: &str) -> Result<()> {
        let problems = self.problems()?;
        ensure!(
            problems
                .iter()
                .any(|(name, reason)| name == check && reason.contains(words)),
            "{issue}: the doctor does not name {words:?} but {problems:#?}"
        );
        ensure!(
            problems.iter().all(|(name, _)| name == check),
            "{issue}: the doctor names more: {problems:#?}"
        );
        Ok(())
    }

    fn ensure_healthy(&self) -> Result<()> {
        let problems = self.problems()?;
        ensure!(
            problems.is_empty(),
            "on a healthy host the doctor names {problems:#?}"
        );
        Ok(())
    }
}

/// Install, copy the sample, adapt the interface, start, verify; then break it.
pub(in crate::cases) fn guide(world: &World) -> Result<()> {
    let segment = Segment::new("segment")?;
    let (node, client) = (Node::new("guide")?, Node::new("client")?);
    segment.plug(&node, INTERFACE, &["192.0.2.1/24"])?;
    segment.plug(&client, "eth0", &["192.0.2.9/24"])?;
    let system = System::new(&node)?;
    let package = system.bring(world.package()?)?;
    let host = Host { node, system };
    let run = |line: &str| host.system.run(line);

    run(&format!(
        "apt-get install --yes --no-install-recommends {package}"
    ))?;
    run(&format!(
        "cp /usr/share/doc/keepalived/samples/keepalived.conf.sample {CONFIGURATION}"
    ))?;
    wrong_interface(&host)?;
    run(&format!(
        "{ADAPTER}; sed -i \"s/interface eth0/interface $ADAPTER/\" {CONFIGURATION} && keepalived --config-test"
    ))?;
    run("/etc/init.d/keepalived start")?;
    host.has_address(true)?;
    verify(&host, &client)?;
    unreachable(&host)?;
    left_over(&host)?;
    run("apt-get purge --yes keepalived")?;
    Ok(())
}

/// "Service fails to start after package installation": the sample names an interface that does not exist.
fn wrong_interface(host: &Host) -> Result<()> {
    let refused = host.system.run("/etc/init.d/keepalived start");
    ensure!(
        refused.is_err() || host.system.read("/run/keepalived.pid").is_none(),
        "it runs on an interface that does not exist"
    );
    host.ensure_named(
        "a wrong interface",
        "configuration",
        "interface eth0 does not exist",
    )?;
    let report = host.system.run("keepalived --config-test || true")?;
    ensure!(report.contains(INTERFACE), "the right name is not in:\n{report}");
    Ok(())
}

/// What the guide has its reader look at.
fn verify(host: &Host, client: &Node) -> Result<()> {
    let run = |line: &str| host.system.run(line);
    run("/etc/init.d/keepalived status")?;
    let shown = run(&format!("ip addr show {INTERFACE}"))?;
    ensure!(shown.contains(&VIRTUAL_ADDRESS.to_string()), "{shown}");
    Ping::start(client, VIRTUAL_ADDRESS, PING_INTERVAL)?.wait_answers(3, PATIENCE)?;
    let tree = run("pstree $(pgrep -o keepalived) || ps -e -o args=")?;
    ensure!(
        tree.matches("keepalived").count() >= 2,
        "no parent with its child in {tree}"
    );
    let rules = run("nft list ruleset")?;
    ensure!(!rules.contains("drop"), "the firewall is not empty:\n{rules}");
    host.ensure_healthy()
}

/// "VIP unreachable": by keepalived's own entries, and by those of others.
fn unreachable(host: &Host) -> Result<()> {
    let run = |line: &str| host.system.run(line);
    run(&format!(
        "cp {CONFIGURATION} /tmp/good.conf && sed -i '1i global_defs {{\\n    vrrp_strict\\n}}' {CONFIGURATION} && keepalived reload"
    ))?;
    host.ensure_named("strict mode", "accept", "192.0.2.200")?;
    run(&format!("cp /tmp/good.conf {CONFIGURATION} && keepalived reload"))?;
    host.has_address(true)?;
    host.ensure_healthy()?;
    run(&format!(
        "nft 'add table inet filter; add chain inet filter input {{ type filter hook input priority 0; }}; add rule inet filter input ip \
         daddr {VIRTUAL_ADDRESS} drop'"
    ))?;
    host.ensure_named("a rule that drops", "reach", "192.0.2.200 are dropped")?;
    run("nft flush ruleset")?;
    host.ensure_healthy()
}

/// "Restart issues": what an old service manager leaves running or behind.
fn left_over(host: &Host) -> Result<()> {
    let run = |line: &str| host.system.run(line);
    run("kill -KILL $(pgrep keepalived) && rm -f /run/keepalived.pid")?;
    let problems = host.problems()?;
    let Some((_, reason)) = problems.iter().find(|(check, _)| check == "daemon") else {
        bail!("the doctor does not name what a killed daemon left: {problems:#?}");
    };
    ensure!(reason.contains("192.0.2.200"), "{reason}");
    // A start is all that is needed: it takes over what is there.
    run("/etc/init.d/keepalived restart")?;
    host.has_address(true)?;
    host.ensure_healthy()
}
