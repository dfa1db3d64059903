//! Routes of an instance.

use crate::lab::{INTERFACE, Lab, VIP, configuration};
use anyhow::{Context as _, Result, ensure};
use std::process::Command;
use testbed::daemon::Presence;
use testbed::netns::{Node, PATIENCE};

const ROUTE: &str = "198.51.100.0/24";

fn has_route(node: &Node) -> Result<bool> {
    let mut show = Command::new("ip");
    show.args(["-j", "route", "show", ROUTE]);
    Ok(!node
        .json(show)?
        .as_array()
        .context("a list of routes")?
        .is_empty())
}

/// A reload brings the first route: it is there, it is watched from then on, and it goes with the daemon.
pub(crate) fn are_put_back() -> Result<()> {
    let lab = Lab::new()?;
    let mut daemon = lab.master(&[], &configuration("", ""))?;
    let mark = daemon.process().mark();
    let routes = format!("virtual_routes {{\n {ROUTE} via 192.0.2.2 dev {INTERFACE}\n }}");
    daemon.reload(&configuration("", &routes))?;
    daemon
        .process()
        .wait_line_from(mark, "Reload complete", PATIENCE)?;
    // The line comes when the route is asked for; that it is there is told by nothing that could be waited for but the
    // removal of what comes after it, so another address is added behind it.
    let mark = daemon.process().mark();
    let more = configuration("", &routes).replace(VIP, &format!("{VIP}\n 192.0.2.12"));
    daemon.reload(&more)?;
    daemon.wait_address(INTERFACE, "192.0.2.12", Presence::There)?;
    ensure!(has_route(&lab.router)?, "the route is not there");
    lab.router.ip(&[&format!("route delete {ROUTE}")])?;
    daemon
        .process()
        .wait_line_from(mark, "putting back route to 198.51.100.0/24", PATIENCE)?;
    daemon.stop()?;
    ensure!(!has_route(&lab.router)?, "the route stays");
    ensure!(
        !daemon.left_master_since(mark),
        "it was no reason to leave the state MASTER"
    );
    Ok(())
}
