//! The unit under a running systemd: an upgrade from Debian's package, reloads, deaths, mistakes, and the way back.

use anyhow::{Context as _, Result, ensure};
use testbed::netns::{Changes, Node, PATIENCE, Segment};
use testbed::system::System;

use super::super::World;
use super::{CONFIGURATION, INTERFACE, VIRTUAL_ADDRESS, bring_debians, configuration};

/// A host whose process 1 is systemd.
struct Host {
    node: Node,
    system: System,
}

impl Host {
    fn run(&self, line: &str) -> Result<String> {
        self.system.run(line)
    }

    /// A property of the unit.
    fn property(&self, name: &str) -> Result<String> {
        let value = self.run(&format!("systemctl show --value -p {name} keepalived"))?;
        Ok(value.trim().to_owned())
    }

    fn ensure(&self, what: &str, properties: &[(&str, &str)]) -> Result<()> {
        for (name, expected) in properties {
            let value = self.property(name)?;
            if value != *expected {
                let status = self.run("systemctl --no-pager --full status keepalived || :")?;
                anyhow::bail!("{what}: {name} is {value:?}, not {expected:?}\n{status}");
            }
        }
        Ok(())
    }

    fn wait_address(&self, what: &str) -> Result<()> {
        let changes = Changes::watch(&self.node)?;
        let address = VIRTUAL_ADDRESS.to_string();
        changes
            .wait(PATIENCE, || {
                Ok(self.node.has_address(INTERFACE, &address)?.then_some(()))
            })
            .with_context(|| format!("{what}: waiting for the virtual address"))
    }
}

const RUNS: [(&str, &str); 2] = [("ActiveState", "active"), ("SubState", "running")];

/// What an operator sees of the service.
pub(in crate::cases) fn systemd(world: &World) -> Result<()> {
    let segment = Segment::new("segment")?;
    let node = Node::new("systemd")?;
    segment.plug(&node, INTERFACE, &["10.0.0.10/24"])?;
    let system = System::with_systemd(&node)?;
    system.write(CONFIGURATION, &configuration(100))?;
    let debians = bring_debians(world, &system)?;
    let ours = system.bring(world.package()?)?;
    let host = Host { node, system };

    host.run(&format!("dpkg --install {debians}"))?;
    host.run("systemctl start keepalived || { journalctl --no-pager -u keepalived; exit 1; }")?;
    host.wait_address("Debian's keepalived")?;
    let before = host.property("MainPID")?;
    host.run(&format!("apt-get install --yes --no-install-recommends {ours}"))?;
    host.ensure("after the upgrade", &RUNS)?;
    host.ensure(
        "after the upgrade",
        &[("StatusText", "running"), ("UnitFileState", "enabled")],
    )?;
    ensure!(host.property("MainPID")? != before, "the daemon was not replaced");
    host.wait_address("after the upgrade")?;

    reloads(&host)?;
    ends(&host)?;
    without_root(&host)?;

    host.run(&format!("dpkg --install {debians}"))?;
    host.ensure("back to Debian's", &RUNS)?;
    host.wait_address("back to Debian's")?;
    host.run("systemctl stop keepalived && apt-get purge --yes keepalived")?;
    Ok(())
}

/// systemd hears how a reload went, and the daemon runs on.
fn reloads(host: &Host) -> Result<()> {
    let daemon = host.property("MainPID")?;
    host.run("systemctl reload keepalived")?;
    host.run(&format!(
        "sed -i s/interface/interfice/ {CONFIGURATION} && ! systemctl reload keepalived"
    ))?;
    host.ensure("after a refused reload", &RUNS)?;
    let refused = "reload refused, the running configuration stays in force";
    host.ensure(
        "after a refused reload",
        &[("StatusText", refused), ("MainPID", &daemon)],
    )?;
    let address = VIRTUAL_ADDRESS.to_string();
    ensure!(
        host.node.has_address(INTERFACE, &address)?,
        "a refused reload cost the address"
    );
    host.run(&format!(
        "sed -i s/interfice/interface/ {CONFIGURATION} && systemctl reload keepalived"
    ))?;
    host.ensure(
        "after a reload",
        &[("StatusText", "running"), ("MainPID", &daemon)],
    )
}

/// The drop-in of the documentation for a daemon without root.
fn without_root(host: &Host) -> Result<()> {
    const DROP_IN: &str = "/etc/systemd/system/keepalived.service.d/user.conf";
    let text = include_str!("../../../../../docs/security.md");
    let mut examples = text
        .split("```ini\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let example = examples.find(|example| example.contains("AmbientCapabilities="));
    host.system
        .write(DROP_IN, example.context("no drop-in in docs/security.md")?)?;
    host.run("useradd --system keepalived && systemctl daemon-reload && systemctl restart keepalived")?;
    host.ensure("without root", &RUNS)?;
    host.wait_address("without root")?;
    let user = host.run("ps -o user= -p $(systemctl show --value -p MainPID keepalived)")?;
    ensure!(
        user.trim() == "keepali+" || user.trim() == "keepalived",
        "it runs as {user}"
    );
    host.run("systemctl reload keepalived")?;
    host.run(&format!(
        "rm {DROP_IN} && systemctl daemon-reload && systemctl restart keepalived"
    ))?;
    host.wait_address("with root again")
}

/// A restart, a death, and a start that cannot succeed.
fn ends(host: &Host) -> Result<()> {
    host.run("systemctl restart keepalived")?;
    host.ensure("after a restart", &RUNS)?;
    host.wait_address("after a restart")?;
    host.run("kill -KILL $(systemctl show --value -p MainPID keepalived)")?;
    host.run(
        "timeout 30 sh -c 'until [ $(systemctl show --value -p NRestarts keepalived) = 1 ] && systemctl --quiet is-active keepalived; do \
         sleep 0.1; done'",
    )?;
    host.wait_address("after a death")?;
    // Trying again would not help, so systemd does not.
    host.run(&format!(
        "sed -i s/{INTERFACE}/ens9/ {CONFIGURATION} && ! systemctl restart keepalived"
    ))?;
    host.ensure(
        "with a wrong interface",
        &[
            ("ActiveState", "failed"),
            ("ExecMainStatus", "2"),
            ("NRestarts", "0"),
        ],
    )?;
    host.run(&format!(
        "sed -i s/ens9/{INTERFACE}/ {CONFIGURATION} && systemctl reset-failed keepalived && systemctl start keepalived"
    ))?;
    host.ensure("after the mistake was mended", &RUNS)
}
