//! Laboratories: nodes, segments, cables.
//!
//! A [`Node`] is a network namespace and a mount namespace with a `/run` of its own, held by one thread that lives in
//! both. Code and programs run in the node when that thread runs them. A [`Segment`] is a bridge in a namespace of its
//! own, a cable one veth pair. Nothing has a name on the host, so laboratories cannot collide; when the last handle of a
//! node is gone and its processes have ended, the kernel removes its links with it.
//!
//! Use it after [`isolate::enter`](crate::isolate::enter).

mod changes;
mod node;

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

pub use changes::Changes;
pub use node::Node;

/// How long a link may take to come up, an address to appear, a program to answer.
///
/// A bound for broken cases only: everything is awaited by its event.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// An Ethernet segment: a bridge without spanning tree and without multicast snooping.
#[derive(Debug)]
pub struct Segment {
    switch: Node,
}

impl Segment {
    /// Makes an empty segment.
    pub fn new(name: &str) -> Result<Self> {
        let switch = Node::new(name)?;
        switch.ip(&[
            "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
            "link set br0 up",
        ])?;
        Ok(Self { switch })
    }

    /// The node that holds the bridge: a capture in it sees the frames of every port.
    #[must_use]
    pub fn switch(&self) -> &Node {
        &self.switch
    }

    /// Plugs interface `ifname` of `node`, which it creates, into the segment, gives it `addresses` (with prefix) and
    /// waits until it is up.
    pub fn plug(&self, node: &Node, ifname: &str, addresses: &[&str]) -> Result<()> {
        let port = Self::port(node);
        self.switch.ip(&[
            &format!(
                "link add name {port} type veth peer name {ifname} netns {}",
                node.thread_id()
            ),
            &format!("link set dev {port} master br0 up"),
        ])?;
        configure(node, ifname, addresses)
    }

    /// Pulls the plug of `node`: its interface loses the carrier.
    pub fn unplug(&self, node: &Node) -> Result<()> {
        self.switch
            .ip(&[&format!("link set dev {} down", Self::port(node))])
    }

    /// Puts the plug of `node` back.
    pub fn replug(&self, node: &Node) -> Result<()> {
        self.switch
            .ip(&[&format!("link set dev {} up", Self::port(node))])
    }

    /// Puts the plug of `node` back and waits until its interface `ifname` knows.
    pub fn replug_and_wait(&self, node: &Node, ifname: &str) -> Result<()> {
        let changes = Changes::watch(node)?;
        self.replug(node)?;
        await_up(node, ifname, &changes)
    }

    fn port(node: &Node) -> &str {
        node.name()
    }
}

/// One end of a cable: the interface it makes, in which node, with which addresses.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// Where the interface is made.
    pub node: &'a Node,
    /// Its name.
    pub ifname: &'a str,
    /// Its addresses, with prefix lengths.
    pub addresses: &'a [&'a str],
}

/// Connects two nodes by a cable without a switch.
pub fn connect(one: End<'_>, other: End<'_>) -> Result<()> {
    one.node.ip(&[&format!(
        "link add name {} type veth peer name {} netns {}",
        one.ifname,
        other.ifname,
        other.node.thread_id()
    )])?;
    other.node.ip(&[&format!("link set dev {} up", other.ifname)])?;
    configure(one.node, one.ifname, one.addresses)?;
    configure(other.node, other.ifname, other.addresses)
}

fn configure(node: &Node, ifname: &str, addresses: &[&str]) -> Result<()> {
    let changes = Changes::watch(node)?;
    let mut batch = vec![format!("link set dev {ifname} up")];
    batch.extend(
        addresses
            .iter()
            .map(|address| format!("address add {address} dev {ifname}")),
    );
    node.ip(&batch.iter().map(String::as_str).collect::<Vec<_>>())?;
    await_up(node, ifname, &changes)
}

fn await_up(node: &Node, ifname: &str, changes: &Changes) -> Result<()> {
    changes
        .wait(PATIENCE, || Ok(is_up(node, ifname)?.then_some(())))
        .with_context(|| format!("waiting for {ifname} of {} to come up", node.name()))
}

fn is_up(node: &Node, ifname: &str) -> Result<bool> {
    let mut show = Command::new("ip");
    show.args(["-j", "link", "show", "dev", ifname]);
    let links = node.json(show)?;
    Ok(links[0]["operstate"] == "UP")
}
