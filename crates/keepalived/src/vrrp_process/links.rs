//! Macvlans and ipvlans of the instances, made before the router needs them.
//!
//! The router plans and wants its links like everything else. But an instance whose interface does not exist yet starts in
//! FAULT, so the links of a new configuration are asked for before the router sees it, by an owner of their own, which
//! gives them up when the instances have them.

use super::objects;
use super::requests::{Receipt, Requests};
use kernel::monitor::{Change, Monitor};
use kernel::operation::{Object, Operation};
use model::interface::Interfaces;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd;
use vrrp::{LinkPlan, WantedLink};

/// Makes the links of a plan, and waits until the monitor has them: nobody else waits yet. Links that are there are given
/// what they lack.
pub(super) fn make(requests: &mut Requests, monitor: &mut Monitor, plan: &LinkPlan) -> io::Result<()> {
    let interfaces = monitor.snapshot();
    let removals = plan
        .misshapen(&interfaces)
        .map(|link| (link, Operation::Remove as fn(Object) -> _));
    let additions = plan.links().map(|link| (link, Operation::Add as fn(Object) -> _));
    let operations = removals
        .chain(additions)
        .filter_map(|(link, operation)| Some(operation(object(link, requests, &interfaces)?)))
        .collect();
    if !requests.prepare(operations) {
        return Ok(());
    }
    let mut receipts = Vec::new();
    while !receipts.contains(&Receipt::Prepared) {
        wait(requests)?;
        requests.collect(&mut receipts);
    }
    // The kernel has told the monitor of a link before it confirmed the link.
    let mut changes = Vec::new();
    while monitor.read(&mut changes)? {}
    for change in changes {
        if let Some(key) = change.removed() {
            requests.lost(&key);
        }
        if change == Change::Resynchronised {
            requests.resynchronised();
        }
    }
    Ok(())
}

/// The links of a plan that do not exist, although the interface below does.
pub(super) fn missing(plan: &LinkPlan, requests: &Requests, interfaces: &Interfaces) -> Vec<Operation> {
    plan.links()
        .filter(|link| interfaces.by_name(link.name.as_str()).is_none())
        .filter_map(|link| object(link, requests, interfaces))
        .map(Operation::Add)
        .collect()
}

/// What is asked of the kernel; nothing without an interface below.
fn object(link: &WantedLink, requests: &Requests, interfaces: &Interfaces) -> Option<Object> {
    let link = objects::link(link, interfaces, requests.firewall());
    link.ok().map(Object::from)
}

fn wait(requests: &Requests) -> io::Result<()> {
    let mut ready = [PollFd::new(requests.as_fd(), PollFlags::POLLIN)];
    match poll(&mut ready, PollTimeout::NONE) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
