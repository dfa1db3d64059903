//! The monitor's picture of the machine, and how it changes.

use super::Change;
use crate::map::Set;
use crate::operation::{AddressKey, RouteKey, RuleKey};
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{Family, IfIndex};
use std::collections::{BTreeMap, HashSet};

/// Interfaces with their addresses, and the routes and rules of keepalived's protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mirror {
    links: BTreeMap<IfIndex, Link>,
    pub(super) routes: HashSet<RouteKey>,
    pub(super) rules: HashSet<RuleKey>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    interface: Interface,
    /// The keys of its addresses, so that the list need not be searched for each of thousands.
    keys: Set<AddressKey>,
    /// Addresses that are gone and still have to leave the list: all at once, for the same reason.
    leaving: Set<AddressKey>,
}

impl Link {
    fn new(mut interface: Interface) -> Self {
        let addresses = std::mem::take(&mut interface.addresses);
        let mut link = Self {
            interface,
            keys: Set::default(),
            leaving: Set::default(),
        };
        for address in addresses {
            link.put(address);
        }
        link
    }

    fn key(&self, address: &InterfaceAddress) -> AddressKey {
        AddressKey::new(self.interface.index, address.prefix)
    }

    /// Adds or updates an address; what that changes.
    fn put(&mut self, address: InterfaceAddress) -> Option<Change> {
        let index = self.interface.index;
        let key = self.key(&address);
        if self.leaving.contains(&key) {
            self.sweep();
        }
        if self.keys.insert(key) {
            self.interface.addresses.push(address);
            return Some(Change::AddressAdded(index, address));
        }
        let present = self
            .interface
            .addresses
            .iter_mut()
            .find(|present| AddressKey::new(index, present.prefix) == key)?;
        if *present == address {
            return None;
        }
        *present = address;
        Some(Change::AddressChanged(index, address))
    }

    fn take(&mut self, address: InterfaceAddress) -> Option<Change> {
        let key = self.key(&address);
        if !self.keys.remove(&key) {
            return None;
        }
        self.leaving.insert(key);
        Some(Change::AddressRemoved(self.interface.index, address))
    }

    /// Takes the addresses that are gone out of the list.
    fn sweep(&mut self) {
        if self.leaving.is_empty() {
            return;
        }
        let index = self.interface.index;
        let leaving = std::mem::take(&mut self.leaving);
        self.interface
            .addresses
            .retain(|address| !leaving.contains(&AddressKey::new(index, address.prefix)));
    }
}

impl Mirror {
    pub(super) fn new(interfaces: Interfaces, routes: HashSet<RouteKey>, rules: HashSet<RuleKey>) -> Self {
        let links = interfaces
            .0
            .into_iter()
            .map(|interface| (interface.index, Link::new(interface)))
            .collect();
        Self { links, routes, rules }
    }

    pub(super) fn interface(&self, index: IfIndex) -> Option<&Interface> {
        self.links.get(&index).map(|link| &link.interface)
    }

    pub(super) fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.links.values().map(|link| &link.interface)
    }

    pub(super) fn put_link(&mut self, mut interface: Interface, changes: &mut Vec<Change>) {
        let index = interface.index;
        let Some(link) = self.links.get_mut(&index) else {
            self.links.insert(index, Link::new(interface));
            changes.push(Change::LinkAdded(index));
            return;
        };
        let addresses = std::mem::take(&mut link.interface.addresses);
        if interface == link.interface {
            link.interface.addresses = addresses;
            return;
        }
        let went_down = link.interface.up && !interface.up;
        std::mem::swap(&mut link.interface, &mut interface);
        link.interface.addresses = addresses;
        changes.push(Change::LinkChanged {
            before: Box::new(interface),
        });
        if went_down {
            self.drop_routes_of(index, changes);
        }
    }

    /// The kernel drops the IPv4 routes of an interface that is taken down without telling.
    fn drop_routes_of(&mut self, index: IfIndex, changes: &mut Vec<Change>) {
        let gone = self
            .routes
            .extract_if(|route| route.family == Family::Ipv4 && route.interface == Some(index));
        changes.extend(gone.map(Change::RouteRemoved));
    }

    pub(super) fn take_link(&mut self, index: IfIndex, changes: &mut Vec<Change>) {
        let Some(mut link) = self.links.remove(&index) else {
            return;
        };
        link.sweep();
        for address in &link.interface.addresses {
            changes.push(Change::AddressRemoved(index, *address));
        }
        self.drop_routes_of(index, changes);
        changes.push(Change::LinkRemoved {
            before: Box::new(link.interface),
        });
    }

    pub(super) fn put_address(
        &mut self,
        index: IfIndex,
        address: InterfaceAddress,
        changes: &mut Vec<Change>,
    ) {
        if let Some(link) = self.links.get_mut(&index) {
            changes.extend(link.put(address));
        }
    }

    pub(super) fn take_address(
        &mut self,
        index: IfIndex,
        address: InterfaceAddress,
        changes: &mut Vec<Change>,
    ) {
        if let Some(link) = self.links.get_mut(&index) {
            changes.extend(link.take(address));
        }
    }

    pub(super) fn put_route(&mut self, route: RouteKey, changes: &mut Vec<Change>) {
        if self.routes.insert(route) {
            changes.push(Change::RouteAdded(route));
        }
    }

    pub(super) fn take_route(&mut self, route: RouteKey, changes: &mut Vec<Change>) {
        if self.routes.remove(&route) {
            changes.push(Change::RouteRemoved(route));
        }
    }

    pub(super) fn put_rule(&mut self, rule: RuleKey, changes: &mut Vec<Change>) {
        if self.rules.insert(rule.clone()) {
            changes.push(Change::RuleAdded(rule));
        }
    }

    pub(super) fn take_rule(&mut self, rule: RuleKey, changes: &mut Vec<Change>) {
        if self.rules.remove(&rule) {
            changes.push(Change::RuleRemoved(rule));
        }
    }

    /// Finishes what a round of notifications has left half done.
    pub(super) fn sweep(&mut self) {
        for link in self.links.values_mut() {
            link.sweep();
        }
    }

    /// Becomes `fresh`, reporting what that changes.
    pub(super) fn replace(&mut self, fresh: Self, changes: &mut Vec<Change>) {
        self.sweep();
        let gone: Vec<IfIndex> = self
            .links
            .keys()
            .filter(|index| !fresh.links.contains_key(index))
            .copied()
            .collect();
        for index in gone {
            self.take_link(index, changes);
        }
        for (index, link) in &fresh.links {
            let mut bare = link.interface.clone();
            let addresses = std::mem::take(&mut bare.addresses);
            self.put_link(bare, changes);
            let lost: Vec<InterfaceAddress> = self
                .links
                .get(index)
                .into_iter()
                .flat_map(|known| &known.interface.addresses)
                .filter(|address| !link.keys.contains(&AddressKey::new(*index, address.prefix)))
                .copied()
                .collect();
            for address in lost {
                self.take_address(*index, address, changes);
            }
            for address in addresses {
                self.put_address(*index, address, changes);
            }
        }
        let lost: Vec<RouteKey> = self.routes.difference(&fresh.routes).copied().collect();
        for route in lost {
            self.take_route(route, changes);
        }
        for route in &fresh.routes {
            self.put_route(*route, changes);
        }
        let lost: Vec<RuleKey> = self.rules.difference(&fresh.rules).cloned().collect();
        for rule in lost {
            self.take_rule(rule, changes);
        }
        for rule in &fresh.rules {
            self.put_rule(rule.clone(), changes);
        }
        // The order of the addresses is the kernel's again.
        *self = fresh;
    }
}
