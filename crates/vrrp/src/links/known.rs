//! One interface of the kernel with its addresses.

use model::interface::{Interface, InterfaceAddress, LinkKind, is_link_local};
use model::{Family, IfIndex};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// An interface. Its addresses are kept in two parts: those that are virtual addresses of ours, of which there may be
/// thousands, and the others, of which adverts may come.
#[derive(Debug)]
pub(crate) struct Known {
    /// Everything but the addresses, which are empty here.
    pub(crate) info: Interface,
    others: Vec<InterfaceAddress>,
    ours: HashMap<IpAddr, InterfaceAddress>,
    /// Addresses that instances put here when they are master.
    claimed: HashSet<IpAddr>,
}

impl Known {
    pub(super) fn new(mut info: Interface) -> Self {
        let others = std::mem::take(&mut info.addresses);
        Self {
            info,
            others,
            ours: HashMap::new(),
            claimed: HashSet::new(),
        }
    }

    /// Declares an address to be a virtual one: it is no source of adverts.
    pub(crate) fn claim(&mut self, address: IpAddr) {
        self.claimed.insert(address);
        if let Some(position) = self
            .others
            .iter()
            .position(|other| other.prefix.address == address)
        {
            let address = self.others.remove(position);
            self.ours.insert(address.prefix.address, address);
        }
    }

    /// Takes that back.
    pub(crate) fn disclaim(&mut self, address: IpAddr) {
        if self.claimed.remove(&address)
            && let Some(address) = self.ours.remove(&address)
        {
            self.others.push(address);
        }
    }

    /// The address as the interface has it.
    pub(crate) fn address(&self, address: IpAddr) -> Option<&InterfaceAddress> {
        self.ours
            .get(&address)
            .or_else(|| self.others.iter().find(|other| other.prefix.address == address))
    }

    /// Addresses that are not virtual ones of ours.
    pub(crate) fn others(&self) -> &[InterfaceAddress] {
        &self.others
    }

    /// The best source of adverts: the first IPv4 address, or the first usable IPv6 link-local one.
    pub(crate) fn source(&self, family: Family) -> Option<IpAddr> {
        self.others
            .iter()
            .find(|address| match address.prefix.address {
                IpAddr::V4(_) => family == Family::Ipv4,
                IpAddr::V6(v6) => family == Family::Ipv6 && is_link_local(v6) && !address.tentative,
            })
            .map(|address| address.prefix.address)
    }

    /// Whether it is a macvlan or ipvlan, which carries packets only as long as its base does.
    pub(crate) const fn is_stacked(&self) -> bool {
        matches!(
            self.info.kind,
            LinkKind::PrivateMacvlan | LinkKind::Macvlan | LinkKind::Ipvlan
        )
    }

    /// Name and alternative names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.info.name.as_str()).chain(self.info.alt_names.iter().map(String::as_str))
    }

    /// Takes over everything but the addresses. Says whether anything but the flags changed.
    pub(super) fn update(&mut self, interface: &Interface) -> bool {
        let before = &self.info;
        let changed = before.name != interface.name
            || before.mac != interface.mac
            || before.base != interface.base
            || before.kind != interface.kind
            || before.noarp != interface.noarp;
        self.info = Interface {
            addresses: Vec::new(),
            ..interface.clone()
        };
        changed
    }

    pub(super) fn add_address(&mut self, address: InterfaceAddress) -> bool {
        let ip = address.prefix.address;
        if self.claimed.contains(&ip) {
            self.ours.insert(ip, address);
            return false;
        }
        match self.others.iter_mut().find(|other| other.prefix.address == ip) {
            Some(other) => *other = address,
            None => self.others.push(address),
        }
        true
    }

    pub(super) fn remove_address(&mut self, address: IpAddr) -> bool {
        if self.claimed.contains(&address) {
            self.ours.remove(&address);
            return false;
        }
        let before = self.others.len();
        self.others.retain(|other| other.prefix.address != address);
        self.others.len() != before
    }

    pub(crate) fn to_interface(&self) -> Interface {
        let addresses = self.others.iter().chain(self.ours.values()).copied().collect();
        Interface {
            addresses,
            ..self.info.clone()
        }
    }

    /// Index, for messages and placement.
    pub(crate) const fn index(&self) -> IfIndex {
        self.info.index
    }
}
