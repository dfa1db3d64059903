//! Static addresses, routes and rules: put back when somebody removes them, and `track_group` while that is impossible.

use crate::lab::{INTERFACE, Lab, configuration};
use anyhow::{Context as _, Result, ensure};
use std::process::Command;
use testbed::daemon::{Daemon, State};
use testbed::netns::{Changes, Node, PATIENCE};

const ADDRESS: &str = "203.0.113.1";
const ROUTE: &str = "198.51.100.0/24";
const RULE: &str = "1234";

/// The group is named by the objects, so it comes first.
const STATICS: &str = "track_group T {\n group {\n V\n }\n}\n\
                       static_ipaddress {\n 203.0.113.1/24 dev eth0 track_group T\n}\n\
                       static_routes {\n 198.51.100.0/24 via 192.0.2.2 dev eth0 track_group T\n}\n\
                       static_rules {\n from 192.0.2.0/24 iif eth0 table 100 priority 1234 track_group T\n}\n";

/// What of it is there: address, route, rule.
fn present(node: &Node) -> Result<[bool; 3]> {
    let is_listed = |arguments: &[&str]| -> Result<bool> {
        let mut show = Command::new("ip");
        show.arg("-j").args(arguments);
        let list = node.json(show)?;
        Ok(!list.as_array().context("a list")?.is_empty())
    };
    let mut link = Command::new("ip");
    link.args(["-j", "address", "show", "to", ADDRESS]);
    let addresses = node.json(link)?;
    let has_address = addresses
        .as_array()
        .context("a list")?
        .iter()
        .any(|link| link["addr_info"].as_array().is_some_and(|list| !list.is_empty()));
    Ok([
        has_address,
        is_listed(&["route", "show", ROUTE])?,
        is_listed(&["rule", "show", "priority", RULE])?,
    ])
}

fn wait_present(node: &Node, wanted: [bool; 3]) -> Result<()> {
    let changes = Changes::watch(node)?;
    let question = || Ok((present(node)? == wanted).then_some(()));
    changes.wait(PATIENCE, question).or_else(|error| {
        let found = present(node)?;
        Err(error.context(format!(
            "address, route, rule: {wanted:?} wanted, {found:?} found"
        )))
    })
}

fn with_statics(lab: &Lab, globals: &str) -> Result<Daemon> {
    let text = format!("{}{STATICS}", configuration(globals, ""));
    let mut daemon = lab.start(&[], &text)?;
    daemon.wait_state("V", State::Master, PATIENCE)?;
    Ok(daemon)
}

/// One after the other is removed, and comes back; all go with the daemon. The instance does not care.
pub(crate) fn are_put_back() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = with_statics(&lab, "")?;
    let mark = daemon.process().mark();
    wait_present(&lab.router, [true; 3])?;
    for removal in [
        format!("address delete {ADDRESS}/24 dev {INTERFACE}"),
        format!("route delete {ROUTE}"),
        format!("rule delete priority {RULE}"),
    ] {
        lab.router.ip(&[&removal])?;
        wait_present(&lab.router, [true; 3]).with_context(|| format!("after `ip {removal}`"))?;
    }
    ensure!(
        !daemon.left_master_since(mark),
        "what was put back moved the instance"
    );
    daemon.stop()?;
    wait_present(&lab.router, [false; 3])
}

/// Routes that the kernel drops with the link come back with it.
pub(crate) fn come_back_with_the_link() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = with_statics(&lab, "")?;
    wait_present(&lab.router, [true; 3])?;
    for _ in 0..2 {
        let mark = daemon.process().mark();
        lab.router.ip(&[&format!("link set {INTERFACE} down")])?;
        daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
        wait_present(&lab.router, [true, false, true])?;
        lab.router.ip(&[&format!("link set {INTERFACE} up")])?;
        daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
        wait_present(&lab.router, [true; 3])?;
    }
    daemon.stop()?;
    wait_present(&lab.router, [false; 3])
}

/// Without the interface of its objects the track group has its instances in FAULT, and says why.
pub(crate) fn keep_instances_in_fault() -> Result<()> {
    let lab = Lab::new()?;
    lab.router.ip(&[
        "link add other type veth peer name rehto",
        "link set other up",
        "link set rehto up",
    ])?;
    let text = format!(
        "{}track_group T {{\n group {{\n V\n }}\n}}\nstatic_routes {{\n {ROUTE} dev other track_group T\n}}\n",
        configuration("dynamic_interfaces", "")
    );
    let mut daemon = lab.start(&[], &text)?;
    daemon.wait_state("V", State::Master, PATIENCE)?;
    for _ in 0..2 {
        let mark = daemon.process().mark();
        lab.router.ip(&["link delete other"])?;
        daemon.wait_state_from(mark, "V", State::Fault, PATIENCE)?;
        let cause = "(V): entering FAULT state (static object of track group T lost)";
        daemon.process().wait_line_from(mark, cause, PATIENCE)?;
        let mark = daemon.process().mark();
        lab.router.ip(&[
            "link add other type veth peer name rehto",
            "link set other up",
            "link set rehto up",
        ])?;
        daemon.wait_state_from(mark, "V", State::Master, PATIENCE)?;
    }
    daemon.stop()?;
    Ok(())
}
