//! Routers on interfaces that the host's kernel may not have.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::daemon::{Daemon, Presence, State};
use testbed::netns::{Node, PATIENCE, Segment};
use testbed::ping::Ping;

use super::super::World;
use super::super::router::{INSTANCE, INTERFACE, VRID};

const VIRTUAL_ADDRESS: &str = "10.9.0.200";

fn configuration(priority: u8, interface: &str) -> String {
    format!(
        "vrrp_instance {INSTANCE} {{\n    state BACKUP\n    interface {interface}\n    virtual_router_id {VRID}\n    version 3\n    \
         priority {priority}\n    advert_int 0.1\n    virtual_ipaddress {{\n        {VIRTUAL_ADDRESS}/24 dev {interface}\n    }}\n}}\n"
    )
}

/// Waits until the virtual address answers a node.
fn await_answer(node: &Node) -> Result<()> {
    let target = VIRTUAL_ADDRESS.parse().context("the virtual address")?;
    Ping::start(node, target, Duration::from_millis(100))?
        .wait_answer(PATIENCE)
        .with_context(|| format!("asking {VIRTUAL_ADDRESS} from {}", node.name()))?;
    Ok(())
}

/// Debian's leads, ours follows, and takes over when it crashes.
fn takes_over(world: &World, one: &Node, two: &Node, interface: &str) -> Result<Daemon> {
    let (follower, leader) = (configuration(100, interface), configuration(150, interface));
    takes_over_with(world, (one, &follower), (two, &leader), interface)
}

/// The same with these configurations: ours, Debian's, and the interface on which ours has the address.
fn takes_over_with(
    world: &World,
    (one, follower): (&Node, &str),
    (two, leader): (&Node, &str),
    interface: &str,
) -> Result<Daemon> {
    let debians = &world.foreign()?.debians;
    let mut ours = Daemon::start(one, &world.ours, follower)?;
    ours.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mut debian = Daemon::start(two, debians, leader)?;
    debian.wait_state(INSTANCE, State::Master, PATIENCE)?;
    ours.wait_state_from(0, INSTANCE, State::Backup, PATIENCE)?;
    ours.wait_address(interface, VIRTUAL_ADDRESS, Presence::Gone)?;
    let mark = ours.process().mark();
    debian.crash()?;
    ours.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    ours.wait_address(interface, VIRTUAL_ADDRESS, Presence::There)?;
    ours.ensure_no_complaint()?;
    Ok(ours)
}

/// Instances on a tagged VLAN.
pub(super) fn vlan(world: &World) -> Result<()> {
    const VLAN: &str = "eth0.10";
    let segment = Segment::new("segment")?;
    let mut nodes = Vec::new();
    for (name, host) in [("one", 1), ("two", 2), ("client", 9)] {
        let node = Node::new(name)?;
        segment.plug(&node, INTERFACE, &[])?;
        node.ip(&[
            &format!("link add link {INTERFACE} name {VLAN} type vlan id 10"),
            &format!("link set {VLAN} up"),
            &format!("address add 10.9.0.{host}/24 dev {VLAN}"),
        ])?;
        nodes.push(node);
    }
    let mut ours = takes_over(world, &nodes[0], &nodes[1], VLAN)?;
    await_answer(&nodes[2])?;
    ours.stop()?;
    ours.wait_address(VLAN, VIRTUAL_ADDRESS, Presence::Gone)
}

/// Instances on an interface of a VRF: adverts arrive, and the address is in the VRF's table.
pub(super) fn vrf(world: &World) -> Result<()> {
    const TABLE: &str = "100";
    let segment = Segment::new("segment")?;
    let mut nodes = Vec::new();
    for (name, host) in [("one", 1), ("two", 2)] {
        let node = Node::new(name)?;
        segment.plug(&node, INTERFACE, &[])?;
        node.ip(&[
            &format!("link add red type vrf table {TABLE}"),
            "link set red up",
            &format!("link set {INTERFACE} master red"),
            &format!("address add 10.9.0.{host}/24 dev {INTERFACE}"),
        ])?;
        nodes.push(node);
    }
    let client = Node::new("client")?;
    segment.plug(&client, INTERFACE, &["10.9.0.9/24"])?;
    let mut ours = takes_over(world, &nodes[0], &nodes[1], INTERFACE)?;
    let mut show = Command::new("ip");
    show.args([
        "-j",
        "route",
        "show",
        "table",
        TABLE,
        "type",
        "local",
        VIRTUAL_ADDRESS,
    ]);
    let routes = nodes[0].json(show)?;
    ensure!(
        routes[0]["dst"] == VIRTUAL_ADDRESS,
        "the address is not in the table of the VRF: {routes}"
    );
    await_answer(&client)?;
    ours.stop()?;
    ours.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)
}

/// Alone on a dummy interface, with its address there.
pub(super) fn dummy(world: &World) -> Result<()> {
    const DUMMY: &str = "dummy0";
    let node = Node::new("one")?;
    node.ip(&[
        &format!("link add {DUMMY} type dummy"),
        // The kernel makes it without, and VRRP wants it.
        &format!("link set {DUMMY} multicast on"),
        &format!("link set {DUMMY} up"),
        &format!("address add 10.9.0.1/24 dev {DUMMY}"),
    ])?;
    let mut ours = Daemon::start(&node, &world.ours, &configuration(100, DUMMY))?;
    ours.wait_state(INSTANCE, State::Master, PATIENCE)?;
    ours.wait_address(DUMMY, VIRTUAL_ADDRESS, Presence::There)?;
    let mark = ours.process().mark();
    node.ip(&[&format!("link set {DUMMY} down")])?;
    ours.wait_state_from(mark, INSTANCE, State::Fault, PATIENCE)?;
    let mark = ours.process().mark();
    node.ip(&[&format!("link set {DUMMY} up")])?;
    ours.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    ours.stop()?;
    ours.wait_address(DUMMY, VIRTUAL_ADDRESS, Presence::Gone)
}

/// Instances that run on an ipvlan of their own, made and taken away by the daemon, with the address and adverts on it.
pub(super) fn ipvlan(world: &World) -> Result<()> {
    const IPVLAN: &str = "ipv.51";
    let segment = Segment::new("segment")?;
    let nodes = [Node::new("one")?, Node::new("two")?];
    for node in &nodes {
        segment.plug(node, INTERFACE, &[])?;
    }
    let client = Node::new("client")?;
    segment.plug(&client, INTERFACE, &["10.9.0.9/24"])?;
    let with_ipvlan = |priority, host| {
        configuration(priority, INTERFACE)
            .replace(&format!(" dev {INTERFACE}"), "")
            .replace(
                "    virtual_ipaddress",
                &format!("    use_ipvlan {IPVLAN} 10.9.0.{host}/24\n    virtual_ipaddress"),
            )
    };
    let (follower, leader) = (with_ipvlan(100, 1), with_ipvlan(150, 2));
    let mut ours = takes_over_with(world, (&nodes[0], &follower), (&nodes[1], &leader), IPVLAN)?;
    let link = nodes[0].link(IPVLAN)?.context("there is no ipvlan")?;
    ensure!(
        link["linkinfo"]["info_kind"] == "ipvlan" && link["linkinfo"]["info_data"]["mode"] == "l2",
        "it is {link}"
    );
    await_answer(&client)?;
    ours.stop()?;
    ensure!(nodes[0].link(IPVLAN)?.is_none(), "the stop left the ipvlan");
    Ok(())
}
