//! The marks of groups (`nftables_ipvs`) beside the table.

use crate::lab::{Lab, configuration, virtual_server};
use anyhow::{Result, ensure};
use model::{
    AddressRange, Configuration, Frontend, GroupEntry, Protocol, RealServer, VirtualServer,
    VirtualServerGroup,
};
use nix::mount::{MsFlags, mount};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;
use testbed::clock::Stamp;
use testbed::netns::{Node, PATIENCE};

const PAUSE: Duration = Duration::from_millis(10);

/// A group of these ranges of addresses, for two protocols.
fn marked(ranges: &[(&str, &str)]) -> Result<Configuration> {
    let mut whole = configuration(Vec::new());
    whole.globals.firewall.ipvs_table = Some("marks".to_owned());
    whole.globals.firewall.ipvs_start_fwmark = Some(700);
    let mut entries = Vec::new();
    for (first, last) in ranges {
        let range = AddressRange::new(first.parse()?, last.parse()?).unwrap();
        entries.push(GroupEntry::Addresses { range, port: 80 });
    }
    whole.lvs.groups = vec![VirtualServerGroup {
        name: "WEB".to_owned(),
        entries,
    }];
    let servers = || vec![RealServer::new(([127, 0, 0, 1], 80).into())];
    let of = |protocol, index| VirtualServer {
        frontend: Frontend::Group {
            name: "WEB".to_owned(),
            index,
        },
        protocol: Some(protocol),
        ..virtual_server("10.0.0.1:80", servers())
    };
    whole.lvs.virtual_servers = vec![of(Protocol::Tcp, 0), of(Protocol::Udp, 1)];
    Ok(whole)
}

/// Waits until `nft` shows this and nothing else; blanks do not count.
fn await_rules(node: &Node, wanted: &str) -> Result<()> {
    let deadline = Stamp::now() + PATIENCE;
    loop {
        let mut nft = Command::new("nft");
        nft.args(["list", "ruleset"]);
        let shown = node.stdout(nft)?;
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        if shown == wanted {
            return Ok(());
        }
        ensure!(!deadline.remaining().is_zero(), "nft shows {shown}, not {wanted}");
        thread::park_timeout(PAUSE);
    }
}

fn rules(priority: &str, [tcp, udp]: [&str; 2]) -> String {
    let map = |name, elements| {
        format!(
            "map {name}_map {{ type ipv4_addr . inet_service : mark flags interval \
             elements = {{ {elements} }} }}"
        )
    };
    let rule = |name| format!("meta mark set ip daddr . {name} dport map @{name}_map return");
    format!(
        "table ip marks {{ {} {} chain in {{ type filter hook input priority filter {priority}; \
         policy accept; {} {} }} }}",
        map("tcp", tcp),
        map("udp", udp),
        rule("tcp"),
        rule("udp")
    )
}

pub(crate) fn of_groups() -> Result<()> {
    let lab = Lab::new()?;
    let range = ("10.0.0.1", "10.0.0.3");
    let mut director = lab.start(&marked(&[range])?)?;
    director.expect("ipvs add Fwm 700")?;
    director.expect("ipvs add Fwm 701")?;
    let before = [
        "10.0.0.1-10.0.0.3 . 80 : 0x000002bc",
        "10.0.0.1-10.0.0.3 . 80 : 0x000002bd",
    ];
    await_rules(&lab.node, &rules("- 1", before))?;

    let mut next = marked(&[range, ("10.0.0.9", "10.0.0.9")])?;
    director.reload(&next)?;
    let after = before.map(|element| {
        let (_, mark) = element.split_once(" : ").unwrap();
        format!("{element}, 10.0.0.9 . 80 : {mark}")
    });
    let after = [after[0].as_str(), after[1].as_str()];
    await_rules(&lab.node, &rules("- 1", after))?;
    // Everything is put into a chain of another priority.
    next.globals.firewall.ipvs_priority = Some(-5);
    director.reload(&next)?;
    await_rules(&lab.node, &rules("- 5", after))?;
    // Groups of which nothing is left.
    next.lvs.virtual_servers.pop();
    director.reload(&next)?;
    director.expect("ipvs remove Fwm 701")?;
    director.stop()?;
    await_rules(&lab.node, "")
}

/// `net_namespace_ipvs`: the marks are where the table is, and not in the daemon's own network.
pub(crate) fn elsewhere() -> Result<()> {
    let lab = Lab::new()?;
    let balancer = Node::new("balancer")?;
    let namespace = format!("/proc/{}/ns/net", balancer.thread_id());
    lab.make(move || {
        let place = Path::new("/run/netns/balancer");
        fs::create_dir_all("/run/netns")?;
        fs::write(place, "")?;
        let none = None::<&str>;
        Ok(mount(
            Some(namespace.as_str()),
            place,
            none,
            MsFlags::MS_BIND,
            none,
        )?)
    })?;
    let mut configured = marked(&[("10.0.0.1", "10.0.0.3")])?;
    configured.globals.identity.net_namespace_ipvs = Some("balancer".to_owned());
    let mut director = lab.start(&configured)?;
    director.expect("ipvs add Fwm 701")?;
    let elements = [
        "10.0.0.1-10.0.0.3 . 80 : 0x000002bc",
        "10.0.0.1-10.0.0.3 . 80 : 0x000002bd",
    ];
    await_rules(&balancer, &rules("- 1", elements))?;
    await_rules(&lab.node, "")?;
    director.stop()?;
    await_rules(&balancer, "")
}
