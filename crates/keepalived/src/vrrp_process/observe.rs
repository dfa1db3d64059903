//! From what the monitor reports to inputs of the router.

use super::VrrpProcess;
use super::report::AddressLines;
use super::requests::Loss;
use kernel::monitor::{Change, Monitor};
use kernel::operation::Object;
use model::IfIndex;
use model::interface::InterfaceAddress;
use std::io;
use vrrp::{Input, Now};

/// Rounds of notifications of one turn, 64 each: about half a millisecond.
const ROUNDS: usize = 4;

/// Whether the kernel's notifications have all been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// All that there are.
    Complete,
    /// There may be more.
    Partial,
}

impl VrrpProcess {
    /// Takes in what the monitor reports, up to a limit.
    pub(super) fn observe(&mut self, now: Now) -> io::Result<Reading> {
        let mut changes = std::mem::take(&mut self.changes);
        let mut reading = Reading::Partial;
        for _ in 0..ROUNDS {
            let more = self.monitor.read(&mut changes)?;
            for change in changes.drain(..) {
                self.note(now, &change);
            }
            if !more {
                reading = Reading::Complete;
                break;
            }
        }
        self.changes = changes;
        for index in std::mem::take(&mut self.touched) {
            if let Some(interface) = self.monitor.interface(index) {
                self.assigned.look_at(interface);
            }
            self.to_retry.insert(index);
        }
        Ok(reading)
    }

    fn note(&mut self, now: Now, change: &Change) {
        // The account of the writer has to hear of every removal, also of its own.
        let loss = change.removed().map(|key| self.requests.lost(&key));
        match change {
            Change::LinkAdded(index) => {
                self.touched.insert(*index);
                self.interface_changed(now, *index);
            }
            Change::LinkChanged { before } => {
                self.touched.insert(before.index);
                self.interface_changed(now, before.index);
            }
            Change::LinkRemoved { before } => {
                self.forget_interface(before.index);
                self.handle(now, Input::InterfaceRemoved(before.index));
            }
            Change::AddressAdded(index, address) | Change::AddressChanged(index, address) => {
                self.touched.insert(*index);
                if matches!(change, Change::AddressAdded(..)) {
                    self.log_address(*index, address, "added to");
                }
                let input = Input::AddressAdded {
                    interface: *index,
                    address: *address,
                };
                self.handle(now, input);
            }
            Change::AddressRemoved(index, address) => {
                self.touched.insert(*index);
                if !matches!(loss, Some(Loss::Ours)) {
                    self.log_address(*index, address, "removed from");
                    if has_still(&self.monitor, *index, address) {
                        return;
                    }
                }
                let input = Input::AddressRemoved {
                    interface: *index,
                    address: address.prefix.address,
                };
                self.handle(now, input);
            }
            Change::RouteRemoved(_) | Change::RuleRemoved(_) => match loss {
                Some(Loss::Taken(Object::Route(route))) => {
                    self.handle(now, Input::RouteRemoved(&route.line));
                }
                Some(Loss::Taken(Object::Rule(rule))) => {
                    self.handle(now, Input::RuleRemoved(&rule.0));
                }
                _ => {}
            },
            Change::RouteAdded(_) | Change::RuleAdded(_) => {}
            Change::Resynchronised => self.requests.resynchronised(),
        }
    }

    fn interface_changed(&mut self, now: Now, index: IfIndex) {
        if let Some(interface) = self.monitor.interface(index) {
            self.router
                .handle(now, Input::InterfaceChanged(interface), &mut self.outbox);
        }
    }

    fn forget_interface(&mut self, index: IfIndex) {
        self.touched.remove(&index);
        self.assigned.forget(index);
        if self.blocked.remove(&index)
            && let Some(descriptor) = self.announcements.descriptor(index)
            && let Err(error) = self.poller.remove(descriptor)
        {
            tracing::warn!("no longer waiting for room on an interface that is gone: {error}");
        }
        self.announcements.forget(index);
    }

    /// `--address-monitoring`: a line for each address that comes or goes and is not our own doing.
    fn log_address(&self, index: IfIndex, address: &InterfaceAddress, what: &str) {
        if self.address_lines == AddressLines::OfMonitor
            && let Some(interface) = self.monitor.interface(index)
            && !self.requests.wants(index, address)
        {
            log_reflected(address, what, &interface.name);
        }
    }
}

/// The line of `--address-monitoring`.
pub(super) fn log_reflected(address: &InterfaceAddress, what: &str, interface: &model::IfName) {
    let address = address.prefix.address;
    tracing::info!("Netlink reflector reports IP {address} {what} {interface}");
}

/// Whether the interface has the address still, with another prefix length.
fn has_still(monitor: &Monitor, index: IfIndex, address: &InterfaceAddress) -> bool {
    monitor.interface(index).is_some_and(|interface| {
        interface
            .addresses
            .iter()
            .any(|other| other.prefix.address == address.prefix.address)
    })
}
