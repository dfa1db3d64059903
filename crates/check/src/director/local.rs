//! `ha_suspend`: checks run only where the address is (`spec/config-virtual-server.md` section 4.1).

use super::Director;
use crate::event::{Activation, Cause, ServerNews};
use crate::layout::{Layout, VirtualServerId};
use crate::outbox::{Outbox, Output};
use model::{AddressRange, Frontend, GroupEntry, Time};
use std::collections::HashMap;
use std::net::IpAddr;

/// The addresses of this machine, and who waits for them.
#[derive(Debug, Default)]
pub(super) struct LocalAddresses {
    /// On how many interfaces each address is.
    counts: HashMap<IpAddr, u32>,
    /// Virtual servers with `ha_suspend` by address. A server that has an address twice is listed once.
    waiting: HashMap<IpAddr, Vec<VirtualServerId>>,
    /// Those whose group has real ranges; few, so an address is compared with each.
    ranges: Vec<(AddressRange, VirtualServerId)>,
}

impl LocalAddresses {
    /// Learns from a configuration who waits for what.
    pub(super) fn index(&mut self, layout: &Layout) {
        self.waiting.clear();
        self.ranges.clear();
        for id in layout.virtual_server_ids() {
            if !layout.virtual_server(id).ha_suspend {
                continue;
            }
            if let Frontend::Address(address) = &layout.virtual_server(id).frontend {
                self.wait(address.ip(), id);
            }
            // compat: keepalived 2.4.3 never finds an address of a group, so that the checks never run. Any
            // address of the group counts here.
            for entry in layout.group(id).map_or(&[][..], |group| &group.entries) {
                match entry {
                    GroupEntry::Addresses { range, .. } if range.first() == range.last() => {
                        self.wait(range.first(), id);
                    }
                    GroupEntry::Addresses { range, .. } => self.ranges.push((*range, id)),
                    GroupEntry::Fwmark { .. } => {}
                }
            }
        }
    }

    fn wait(&mut self, address: IpAddr, id: VirtualServerId) {
        let waiting = self.waiting.entry(address).or_default();
        if waiting.last() != Some(&id) {
            waiting.push(id);
        }
    }

    /// The virtual servers that wait for an address.
    fn concerned(&self, address: IpAddr) -> Vec<VirtualServerId> {
        let mut concerned = self.waiting.get(&address).cloned().unwrap_or_default();
        concerned.extend(
            self.ranges
                .iter()
                .filter(|(range, _)| range.contains(address))
                .map(|(_, id)| *id),
        );
        concerned.sort_unstable();
        concerned.dedup();
        concerned
    }

    /// How many times each virtual server's addresses are on an interface.
    pub(super) fn tally(&self) -> HashMap<VirtualServerId, u32> {
        let mut tally = HashMap::new();
        if self.waiting.is_empty() && self.ranges.is_empty() {
            return tally;
        }
        for (address, count) in &self.counts {
            for id in self.concerned(*address) {
                *tally.entry(id).or_default() += count;
            }
        }
        tally
    }
}

impl Director {
    /// Whether the checks of a virtual server do not run.
    pub(super) fn is_suspended(&self, id: VirtualServerId) -> bool {
        self.layout.virtual_server(id).ha_suspend && self.virtual_servers[id.index()].addresses == 0
    }

    pub(super) fn add_address(&mut self, address: IpAddr, out: &mut Outbox) {
        *self.local.counts.entry(address).or_default() += 1;
        for id in self.local.concerned(address) {
            self.virtual_servers[id.index()].addresses += 1;
            if self.virtual_servers[id.index()].addresses == 1 {
                self.announce_checks(id, Activation::Activating, out);
            }
        }
    }

    pub(super) fn remove_address(&mut self, now: Time, address: IpAddr, out: &mut Outbox) {
        match self.local.counts.get_mut(&address) {
            None => return,
            Some(1) => {
                self.local.counts.remove(&address);
            }
            Some(count) => *count -= 1,
        }
        for id in self.local.concerned(address) {
            self.virtual_servers[id.index()].addresses -= 1;
            if self.virtual_servers[id.index()].addresses == 0 {
                self.announce_checks(id, Activation::Suspending, out);
                self.abandon_runs(now, id, out);
            }
        }
    }

    /// A suspended check changes nothing, so the result of a run under way is not waited for.
    fn abandon_runs(&mut self, now: Time, id: VirtualServerId, out: &mut Outbox) {
        for server in self.layout.servers_of(id) {
            for check in self.layout.checks_of(server) {
                if let Some(run) = self.checks[check.index()].run.take() {
                    self.runs.remove(&run.id);
                    out.push(Output::Cancel(run.id));
                    self.timers
                        .set(check.0, now + self.layout.checker(check).schedule.delay_loop);
                }
            }
        }
    }

    fn announce_checks(&self, id: VirtualServerId, activation: Activation, out: &mut Outbox) {
        for server in self.layout.servers_of(id) {
            for check in self.layout.checks_of(server) {
                if self.layout.checker(check).kind.is_scheduled() {
                    self.server_event(server, ServerNews::Checking(activation), &Cause::Start, out);
                }
            }
        }
    }
}
