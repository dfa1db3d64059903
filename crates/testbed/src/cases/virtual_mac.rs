//! `use_vmac`: the macvlan of an instance, what goes with it, and what becomes of it.

use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testbed::capture::Frame;
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Changes, Node, PATIENCE};
use testbed::ping::Ping;

use super::World;
use super::lone::{Lone, VIRTUAL_ADDRESS, configuration};
use super::router::{INSTANCE, INTERFACE, VIRTUAL_INTERFACE};

const VIRTUAL_MAC: &str = "00:00:5e:00:01:33";
const VIRTUAL_MAC_OCTETS: [u8; 6] = [0, 0, 0x5e, 0, 1, 0x33];

/// A configuration of one instance whose addresses name no interface.
fn with_vmac(more: &str) -> String {
    configuration(&format!("use_vmac\n    {more}")).replace(&format!(" dev {INTERFACE}"), "")
}

impl Lone {
    /// Starts a daemon and waits until it is master and has the address on its macvlan.
    fn virtual_master(&self, world: &World, configuration: &str) -> Result<Daemon> {
        let mut daemon = Daemon::start(&self.router, &world.ours, configuration)?;
        daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
        daemon.wait_address(VIRTUAL_INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
        Ok(daemon)
    }
}

fn link(node: &Node, name: &str) -> Result<Value> {
    let found = node.link(name)?;
    found.with_context(|| format!("{} has no {name}", node.name()))
}

/// Waits until the link exists, or does not any more.
fn wait_link(node: &Node, name: &str, wanted: Presence) -> Result<()> {
    let changes = Changes::watch(node)?;
    let question = || Ok((node.link(name)?.is_some() == (wanted == Presence::There)).then_some(()));
    changes
        .wait(PATIENCE, question)
        .with_context(|| format!("waiting for {name} to be {wanted:?}"))
}

/// Settings by path, for a comparison.
fn settings(node: &Node, paths: &[&str]) -> Result<Vec<String>> {
    paths
        .iter()
        .map(|path| Ok(format!("{path}={}", node.sysctl_value(path)?)))
        .collect()
}

/// The macvlan and every setting that goes with it; the stop takes all of it back.
pub(super) fn with_settings(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let node = &lone.router;
    node.sysctl("net/ipv4/conf/all/rp_filter", "1")?;
    node.sysctl("net/ipv4/conf/eth0/arp_ignore", "0")?;
    let shared = [
        "net/ipv4/conf/all/rp_filter",
        "net/ipv4/conf/default/rp_filter",
        "net/ipv4/conf/lo/rp_filter",
        "net/ipv4/conf/eth0/rp_filter",
        "net/ipv4/conf/eth0/arp_ignore",
        "net/ipv4/conf/eth0/arp_filter",
    ];
    let before = settings(node, &shared)?;
    let mut daemon = lone.virtual_master(world, &with_vmac(""))?;
    let vmac = link(node, VIRTUAL_INTERFACE)?;
    ensure!(
        vmac["address"] == VIRTUAL_MAC && vmac["link"] == INTERFACE,
        "the macvlan is {vmac}"
    );
    let mode = &vmac["linkinfo"]["info_data"]["mode"];
    ensure!(mode == "private", "the mode is {mode}");
    ensure!(vmac["inet6_addr_gen_mode"] == "none", "the macvlan is {vmac}");
    let own = [
        "net/ipv4/conf/vrrp.51/arp_ignore",
        "net/ipv4/conf/vrrp.51/accept_local",
        "net/ipv4/conf/vrrp.51/rp_filter",
        "net/ipv4/conf/vrrp.51/promote_secondaries",
        "net/ipv6/conf/vrrp.51/disable_ipv6",
    ];
    let found = settings(node, &own)?;
    ensure!(
        found
            .iter()
            .map(|line| line.ends_with("=1"))
            .eq([true, true, false, true, true]),
        "the settings are {found:?}"
    );
    let raised = settings(node, &shared)?;
    ensure!(
        raised
            .iter()
            .map(|line| line.ends_with("=1"))
            .eq([false, true, true, true, true, true]),
        "the settings are {raised:?}"
    );
    let rules = node.ruleset()?;
    let expected = "table ip keepalived { map vmac_map { type iface_index : iface_index elements = { \"vrrp.51\" : \
         \"eth0\" } } chain out { type filter hook output priority filter - 1; policy accept; ip protocol igmp meta oifkind \
         \"macvlan\" dup to ip daddr device oif map @vmac_map drop } chain in { type filter hook input priority filter - 1; \
         policy accept; } }";
    ensure!(rules == expected, "the rules are {rules}");
    daemon.stop()?;
    ensure!(
        node.link(VIRTUAL_INTERFACE)?.is_none(),
        "the stop left the macvlan"
    );
    let after = settings(node, &shared)?;
    ensure!(before == after, "the stop left {after:?} instead of {before:?}");
    let left = node.ruleset()?;
    ensure!(left.is_empty(), "the stop left {left}");
    Ok(())
}

/// `use_vmac_addr`: addresses of another interface and of the other family have macvlans of their own, with the addresses
/// and rules that belong to them.
pub(super) fn other_addresses(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let node = &lone.router;
    node.ip(&[
        "link add eth1 type veth peer name eth1p",
        "link set eth1 up",
        "link set eth1p up",
        "address add 10.1.0.1/24 dev eth1",
    ])?;
    let text = with_vmac(
        "use_vmac_addr\n    virtual_ipaddress_excluded {\n        10.1.0.200/24 dev eth1\n        2001:db8::200\n    }",
    );
    let mut daemon = lone.virtual_master(world, &text)?;
    daemon.wait_address("vrrp1.51", "10.1.0.200", Presence::There)?;
    daemon.wait_address("vrrp6.51", "2001:db8::200", Presence::There)?;
    let (other, six) = (link(node, "vrrp1.51")?, link(node, "vrrp6.51")?);
    ensure!(
        other["address"] == VIRTUAL_MAC && other["link"] == "eth1",
        "it is {other}"
    );
    ensure!(
        six["address"] == "00:00:5e:00:02:33" && six["link"] == "eth0",
        "it is {six}"
    );
    let of_base: Vec<_> = node
        .addresses(INTERFACE)?
        .iter()
        .filter(|address| address["scope"] == "link")
        .map(|address| address["local"].as_str().unwrap_or_default().to_owned())
        .collect();
    ensure!(
        of_base.len() == 1 && node.has_address("vrrp6.51", &of_base[0])?,
        "the macvlan lacks the link-local address of {of_base:?}"
    );
    let rules = node.ruleset()?;
    for part in [
        format!("elements = {{ {} . \"vrrp6.51\" }}", of_base[0]),
        "set vmac_set { type iface_index elements = { \"vrrp6.51\" } }".to_owned(),
        "\"vrrp1.51\" : \"eth1\"".to_owned(),
    ] {
        ensure!(rules.contains(&part), "{part} is missing in {rules}");
    }
    daemon.stop()?;
    for name in [VIRTUAL_INTERFACE, "vrrp1.51", "vrrp6.51"] {
        ensure!(node.link(name)?.is_none(), "the stop left {name}");
    }
    let left = node.ruleset()?;
    ensure!(left.is_empty(), "the stop left {left}");
    Ok(())
}

/// A client that asks for the address is told the virtual MAC address, and reaches it.
pub(super) fn resolved(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.virtual_master(world, &with_vmac(""))?;
    // What announcements have taught is forgotten, so that the client asks.
    lone.neighbour.ip(&["neigh flush all"])?;
    let mark = lone.capture.mark();
    let address: Ipv4Addr = VIRTUAL_ADDRESS.parse()?;
    let ping = Ping::start(&lone.neighbour, address, Duration::from_millis(20))?;
    let answer = lone
        .capture
        .wait_from(mark, "answer to the client", PATIENCE, |frame| {
            arp_answer(frame, address)
        })?;
    ensure!(
        answer == [VIRTUAL_MAC_OCTETS; 2],
        "the answer comes from and names {answer:x?}"
    );
    ping.wait_answers(3, PATIENCE)?;
    daemon.stop()?;
    Ok(())
}

/// Where the frame comes from and which MAC address it names, if it answers an ARP request for this address.
fn arp_answer(frame: &Frame, address: Ipv4Addr) -> Option<[[u8; 6]; 2]> {
    const ANSWER: [u8; 10] = [8, 6, 0, 1, 8, 0, 6, 4, 0, 2];
    let bytes = frame.bytes();
    let is_meant = bytes.get(12..22)? == ANSWER && bytes.get(28..32)? == address.octets();
    is_meant.then_some([frame.source_mac()?, bytes.get(22..28)?.try_into().ok()?])
}

/// Somebody deletes the macvlan: it is made anew, and the router becomes master again.
pub(super) fn deleted(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut daemon = lone.virtual_master(world, &with_vmac(""))?;
    let mark = daemon.process().mark();
    lone.router.ip(&[&format!("link delete {VIRTUAL_INTERFACE}")])?;
    daemon.wait_state_from(mark, INSTANCE, State::Fault, PATIENCE)?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(VIRTUAL_INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    let rules = lone.router.ruleset()?;
    ensure!(
        rules.contains("{ \"vrrp.51\" : \"eth0\" }"),
        "the rules are {rules}"
    );
    daemon.stop()?;
    ensure!(lone.router.link(VIRTUAL_INTERFACE)?.is_none(), "the stop left it");
    Ok(())
}

/// The macvlan of a killed daemon is used again, the address on it is not kept.
pub(super) fn crash(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let mut killed = lone.virtual_master(world, &with_vmac(""))?;
    killed.crash()?;
    killed.wait_exit()?;
    let before = link(&lone.router, VIRTUAL_INTERFACE)?["ifindex"].clone();
    let slow = with_vmac("").replace("advert_int 0.1", "advert_int 5");
    let mut daemon = Daemon::start(&lone.router, &world.ours, &slow)?;
    daemon.wait_state(INSTANCE, State::Backup, PATIENCE)?;
    daemon.wait_address(VIRTUAL_INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)?;
    let after = link(&lone.router, VIRTUAL_INTERFACE)?["ifindex"].clone();
    ensure!(before == after, "the macvlan had index {before} and has {after}");
    daemon.stop()?;
    ensure!(lone.router.link(VIRTUAL_INTERFACE)?.is_none(), "the stop left it");
    Ok(())
}

/// A reload that keeps the macvlan does not touch it, one that takes it away or brings it does that.
pub(super) fn reload(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.virtual_master(world, &with_vmac(""))?;
    let before = link(&lone.router, VIRTUAL_INTERFACE)?["ifindex"].clone();
    let mark = daemon.process().mark();
    daemon.reload(&with_vmac("").replace("priority 100", "priority 120"))?;
    lone.next_advert("advert with priority 120", |advert| advert.priority == 120)?;
    let after = link(&lone.router, VIRTUAL_INTERFACE)?["ifindex"].clone();
    ensure!(before == after, "the reload made the macvlan anew");
    ensure!(!daemon.left_master_since(mark), "the reload cost the mastership");

    let mark = daemon.process().mark();
    daemon.reload(&configuration(""))?;
    wait_link(&lone.router, VIRTUAL_INTERFACE, Presence::Gone)?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;

    let mark = daemon.process().mark();
    daemon.reload(&with_vmac(""))?;
    daemon.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(VIRTUAL_INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    daemon.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)?;
    let lines = daemon.process().lines();
    ensure!(
        !lines[mark..].iter().any(|line| line.text.contains("FAULT")),
        "the instance had to wait for its macvlan"
    );
    daemon.stop()?;
    ensure!(lone.router.link(VIRTUAL_INTERFACE)?.is_none(), "the stop left it");
    Ok(())
}

/// The interface below is down at the start: the macvlan comes up with it.
pub(super) fn base_down(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    lone.router.ip(&[&format!("link set {INTERFACE} down")])?;
    let mut daemon = Daemon::start(&lone.router, &world.ours, &with_vmac(""))?;
    daemon.wait_state(INSTANCE, State::Fault, PATIENCE)?;
    lone.router.ip(&[&format!("link set {INTERFACE} up")])?;
    daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
    daemon.wait_address(VIRTUAL_INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;
    daemon.stop()?;
    Ok(())
}
