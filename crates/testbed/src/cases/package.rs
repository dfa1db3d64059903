//! The Debian package: installed, swapped with Debian's keepalived and back, removed, on a system with a running daemon.

mod guide;
mod systemd;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::clock::{Readable, Stamp};
use testbed::daemon::{Daemon, State};
use testbed::netns::{Changes, Node, PATIENCE, Segment};
use testbed::ping::{Echo, Ping};
use testbed::system::System;

use super::World;
pub(super) use guide::guide;
pub(super) use systemd::systemd;

const INTERFACE: &str = "eth0";
const VIRTUAL_ADDRESS: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 0, 0, 200);
const CONFIGURATION: &str = "/etc/keepalived/keepalived.conf";
const OPTIONS: &str = "/etc/default/keepalived";
/// What the administrator made of the latter: neither package's text.
const OPTIONS_IN_USE: &str = "DAEMON_ARGS=\"--log-detail\"\n";
/// From the crash of a master with `advert_int 1` until a router of priority 50 is master.
const ONE_FAILOVER: Duration = Duration::from_millis(3_805);
const PING_INTERVAL: Duration = Duration::from_millis(10);

fn configuration(priority: u8) -> String {
    format!(
        "vrrp_instance VI_1 {{\n    interface {INTERFACE}\n    virtual_router_id 51\n    priority {priority}\n    \
         virtual_ipaddress {{\n        {VIRTUAL_ADDRESS}/24\n    }}\n}}\n"
    )
}

/// The guide's flow with the package alone.
pub(super) fn fresh(world: &World) -> Result<()> {
    let segment = Segment::new("segment")?;
    let node = Node::new("fresh")?;
    segment.plug(&node, INTERFACE, &["192.0.2.1/24"])?;
    let system = System::new(&node)?;
    let package = system.bring(world.package()?)?;
    system.run(&format!(
        "apt-get install --yes --no-install-recommends {package}"
    ))?;
    ensure!(
        system.read("/run/keepalived.pid").is_none(),
        "a daemon runs without a configuration"
    );
    system.run("getent passwd keepalived_script && test -z \"$(dpkg --verify keepalived)\"")?;
    system.run(&format!(
        "cp /usr/share/doc/keepalived/samples/keepalived.conf.sample {CONFIGURATION} && keepalived --config-test"
    ))?;
    let changes = Changes::watch(&node)?;
    system.run("/etc/init.d/keepalived start")?;
    let there = |wanted: bool| {
        let question = || Ok((node.has_address(INTERFACE, "192.0.2.200")? == wanted).then_some(()));
        changes.wait(PATIENCE, question)
    };
    there(true).context("waiting for the sample's address")?;
    system.run("/etc/init.d/keepalived status && keepalived reload && /etc/init.d/keepalived reload")?;
    system.run("apt-get remove --yes keepalived")?;
    there(false).context("waiting for the removal of the sample's address")?;
    ensure!(
        system.read(CONFIGURATION).is_some() && system.read(OPTIONS).is_some(),
        "removing the package removed the configuration"
    );
    system.run("apt-get purge --yes keepalived")?;
    ensure!(system.read(OPTIONS).is_none(), "purging left {OPTIONS} behind");
    ensure!(
        system.read(CONFIGURATION).is_some(),
        "purging removed a file that no package brought"
    );
    Ok(())
}

/// Debian's keepalived, then ours, then Debian's again.
pub(super) fn swap(world: &World) -> Result<()> {
    let segment = Segment::new("segment")?;
    let [host, peer, client] = ["host", "peer", "client"].map(Node::new);
    let (host, peer, client) = (host?, peer?, client?);
    for (node, address) in [
        (&host, "10.0.0.10/24"),
        (&peer, "10.0.0.20/24"),
        (&client, "10.0.0.9/24"),
    ] {
        segment.plug(node, INTERFACE, &[address])?;
    }
    let system = System::new(&host)?;
    system.write(CONFIGURATION, &configuration(100))?;
    let debians = bring_debians(world, &system)?;
    let ours = system.bring(world.package()?)?;
    system.run(&format!("dpkg --install {debians}"))?;

    let mut second = Daemon::start(&peer, &world.ours, &configuration(50))?;
    second.wait_state("VI_1", State::Backup, PATIENCE)?;
    let mut life = Life {
        system: &system,
        host: &host,
        ping: Ping::start(&client, VIRTUAL_ADDRESS, PING_INTERVAL)?,
        answers: Vec::new(),
    };
    life.settle().context("Debian's keepalived, installed")?;
    system.write(OPTIONS, OPTIONS_IN_USE)?;

    life.change(
        "2.4.3",
        &format!("apt-get install --yes --no-install-recommends {ours}"),
    )
    .context("from Debian's to ours")?;
    life.change("2.2.7", &format!("dpkg --install {debians}"))
        .context("back to Debian's")?;
    second.stop()?;
    system.run("apt-get purge --yes keepalived")?;
    Ok(())
}

/// Installs what Debian's keepalived needs, and returns where its package is.
fn bring_debians(world: &World, system: &System) -> Result<String> {
    let mut debians = None;
    let mut libraries = Vec::new();
    for file in world.foreign()?.peers.packages()? {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("keepalived_") {
            debians = Some(system.bring(&file)?);
        } else if !["frr", "nginx", "prometheus"]
            .iter()
            .any(|other| name.starts_with(other))
        {
            libraries.push(system.bring(&file)?);
        }
    }
    if !libraries.is_empty() {
        system.run(&format!("dpkg --install --force-depends {}", libraries.join(" ")))?;
    }
    debians.context("the package of Debian's keepalived was not fetched")
}

/// A host with a virtual address while its packages change.
struct Life<'a> {
    system: &'a System,
    host: &'a Node,
    ping: Ping,
    answers: Vec<Stamp>,
}

impl Life<'_> {
    /// Installs something, and looks at what stayed, and at how long the address was silent.
    fn change(&mut self, version: &str, command: &str) -> Result<()> {
        let daemon = self.system.read("/run/keepalived.pid");
        self.collect();
        let from = self.answers.len().saturating_sub(1);
        let output = self.system.run(command)?;
        ensure!(
            self.system
                .run("keepalived -v")?
                .contains(&format!("v{version} ")),
            "the program is not {version} after {command}:\n{output}"
        );
        self.settle()?;
        ensure!(
            self.system.read("/run/keepalived.pid") != daemon,
            "the daemon was not replaced:\n{output}"
        );
        ensure!(
            self.system.read(CONFIGURATION) == Some(configuration(100)),
            "the configuration has changed:\n{output}"
        );
        ensure!(
            self.system.read(OPTIONS).as_deref() == Some(OPTIONS_IN_USE),
            "the options of the service have changed:\n{output}"
        );
        let silence = self.answers[from..]
            .windows(2)
            .map(|pair| pair[1].since(pair[0]))
            .max()
            .unwrap_or(Duration::MAX);
        ensure!(
            silence < ONE_FAILOVER,
            "the address was silent for {}, a failover takes {}:\n{output}",
            Readable(silence),
            Readable(ONE_FAILOVER)
        );
        Ok(())
    }

    /// Waits until the host has the address and the client an answer since then.
    fn settle(&mut self) -> Result<()> {
        let changes = Changes::watch(self.host)?;
        let address = VIRTUAL_ADDRESS.to_string();
        changes
            .wait(PATIENCE, || {
                Ok(self.host.has_address(INTERFACE, &address)?.then_some(()))
            })
            .context("waiting for the virtual address")?;
        let now = Stamp::now();
        let deadline = now + PATIENCE;
        while self.answers.last().is_none_or(|last| *last < now) {
            ensure!(
                !deadline.remaining().is_zero(),
                "the virtual address does not answer"
            );
            self.answers
                .extend(self.ping.next(deadline.remaining()).and_then(answer));
        }
        Ok(())
    }

    fn collect(&mut self) {
        self.answers
            .extend(self.ping.take().into_iter().filter_map(answer));
    }
}

fn answer(echo: Echo) -> Option<Stamp> {
    match echo {
        Echo::Answered { at, .. } => Some(at),
        Echo::Sent { .. } => None,
    }
}

impl World {
    /// Our package.
    fn package(&self) -> Result<&Path> {
        self.package.as_deref().context("our package was not made")
    }
}
