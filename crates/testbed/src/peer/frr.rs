//! FRR's `vrrpd`, with the `zebra` that it needs.
//!
//! FRR makes no interface itself: the virtual addresses sit on a macvlan with the virtual router's MAC address, which has
//! to be there before and which `vrrpd` then sets up and down.

use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::Peers;
use crate::netns::{Node, PATIENCE};
use crate::process::Process;

/// A virtual router of FRR, version 3.
#[derive(Clone, Debug)]
pub struct Router {
    /// The interface that sends the adverts.
    pub interface: String,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Interval in milliseconds, a multiple of 10.
    pub interval_ms: u16,
    /// Virtual addresses with their prefix lengths.
    pub addresses: Vec<(IpAddr, u8)>,
}

/// A running FRR.
#[derive(Debug)]
pub struct Frr {
    vrrpd: Process,
    zebra: Process,
}

impl Frr {
    /// Makes the macvlans and starts both programs.
    pub fn start(node: &Node, peers: &Peers, router: &Router) -> Result<Self> {
        // FRR looks this group up, which its package would have made.
        let groups = fs::read_to_string("/etc/group").context("reading /etc/group")?;
        node.shadow("/etc/group", &(groups + "frrvty:x:0:\n"))?;
        remove_macvlans(node, router)?;
        make_macvlans(node, router)?;
        let configuration = node.write("frr.conf", &configuration(router))?;
        let nothing = node.write("zebra.conf", "")?;
        let mut zebra = start(node, peers, "zebra", &nothing)?;
        // vrrpd learns the macvlans from zebra, which has to listen first.
        zebra.wait_line(" starting: ", PATIENCE)?;
        let vrrpd = start(node, peers, "vrrpd", &configuration)?;
        Ok(Self { vrrpd, zebra })
    }

    /// The process of `vrrpd`, which logs each change of state.
    pub fn vrrpd(&mut self) -> &mut Process {
        &mut self.vrrpd
    }

    /// The process of `zebra`.
    pub fn zebra(&mut self) -> &mut Process {
        &mut self.zebra
    }
}

fn start(node: &Node, peers: &Peers, program: &str, configuration: &Path) -> Result<Process> {
    let mut command = peers.frr_program(program);
    command.args([
        "--log",
        "stdout",
        "--log-level",
        "debug",
        "-u",
        "root",
        "-g",
        "root",
        "-P",
        "0",
    ]);
    command.args(["--vty_socket", "/run", "-z", "/run/zserv.api"]);
    command
        .args(["-i", &format!("/run/{program}.pid"), "-f"])
        .arg(configuration);
    Process::start(node, &format!("FRR's {program} of {}", node.name()), command)
}

/// Those of an earlier run in this node.
fn remove_macvlans(node: &Node, router: &Router) -> Result<()> {
    let mut show = Command::new("ip");
    show.args(["-j", "link", "show", "type", "macvlan"]);
    let found = node.json(show)?;
    let names = found
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .filter_map(|link| link["ifname"].as_str());
    let suffix = format!("-{}", router.vrid);
    let lines: Vec<_> = names
        .filter(|name| name.ends_with(&suffix))
        .map(|name| format!("link delete dev {name}"))
        .collect();
    node.ip(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

fn make_macvlans(node: &Node, router: &Router) -> Result<()> {
    let Router { interface, vrid, .. } = router;
    for (family, octet) in [("4", "01"), ("6", "02")] {
        let addresses = router
            .addresses
            .iter()
            .filter(|(address, _)| address.is_ipv4() == (family == "4"));
        let macvlan = format!("vrrp{family}-{vrid}");
        let mut lines = vec![
            format!("link add name {macvlan} link {interface} type macvlan mode bridge"),
            // vrrpd wants its link-local address to be another than the base interface's.
            format!("link set dev {macvlan} addrgenmode random"),
            format!("link set dev {macvlan} address 00:00:5e:00:{octet}:{vrid:02x}"),
        ];
        let before = lines.len();
        lines.extend(
            addresses.map(|(address, prefix)| format!("address add {address}/{prefix} dev {macvlan}")),
        );
        if lines.len() == before {
            continue;
        }
        lines.push(format!("link set dev {macvlan} up"));
        node.ip(&lines.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn configuration(router: &Router) -> String {
    let Router {
        interface,
        vrid,
        priority,
        interval_ms,
        addresses,
    } = router;
    let mut text = format!(
        "debug vrrp protocol\ninterface {interface}\n vrrp {vrid} version 3\n \
         vrrp {vrid} priority {priority}\n vrrp {vrid} advertisement-interval {interval_ms}\n"
    );
    for (address, _) in addresses {
        let family = if address.is_ipv4() { "ip" } else { "ipv6" };
        writeln!(text, " vrrp {vrid} {family} {address}").expect("a String takes all text");
    }
    text
}
