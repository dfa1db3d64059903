//! The interfaces as the kernel has them, and those that the configuration names, whether or not they exist.

mod known;

pub(crate) use known::Known;

use crate::InstanceId;
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{Family, IfIndex, IfName, InterfaceDelays, Micros};
use std::collections::HashMap;
use std::net::IpAddr;

/// Position of an interface name of the configuration in [`Links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LinkId(u32);

/// An interface that the configuration names.
#[derive(Debug)]
pub(crate) struct Link {
    /// The name that the configuration uses; it may be an alternative name of the interface.
    name: IfName,
    /// The interface of that name, if there is one.
    index: Option<IfIndex>,
    /// Whether the instances are to take it for up: the kernel's state after the delays.
    up: bool,
    /// Whether it has been up since it appeared; delays only count from then on.
    seen_up: bool,
    delays: Option<InterfaceDelays>,
    /// Whether somebody asks its driver for its state, instead of hearing it from the kernel (`linkbeat_interfaces`).
    is_polled: bool,
    /// What the driver said last.
    beat: Option<bool>,
    /// Instances whose health or placement depends on it.
    users: Vec<InstanceId>,
}

/// What a change of the kernel's state means for an interface that the configuration names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkChange {
    /// Nothing that matters.
    Nothing,
    /// It is another interface than before, or none: everything on it is to be looked at again.
    Replaced,
    /// It went up or down.
    UpDown,
    /// It went up or down, but that is to be taken for true only after this time.
    Delayed(Micros),
    /// It is back in the state that it is taken for, before a delay was over.
    DelayCancelled,
    /// Other properties changed (name, MAC, addresses that adverts may come from).
    Properties,
}

/// All interfaces.
#[derive(Debug, Default)]
pub(crate) struct Links {
    known: HashMap<IfIndex, Known>,
    named: Vec<Link>,
    by_name: HashMap<IfName, LinkId>,
    by_index: HashMap<IfIndex, Vec<LinkId>>,
    /// Names and alternative names of the kernel's interfaces.
    kernel_names: HashMap<String, IfIndex>,
    /// Macvlans and ipvlans by the interface below them.
    stacked: HashMap<IfIndex, Vec<IfIndex>>,
}

impl Links {
    pub(crate) fn new(interfaces: Interfaces) -> Self {
        let mut links = Self::default();
        for interface in interfaces.0 {
            links.insert(Known::new(interface));
        }
        links
    }

    /// The interface of this name in the configuration.
    pub(crate) fn intern(&mut self, name: &IfName) -> LinkId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = LinkId(u32::try_from(self.named.len()).expect("fewer than 2^32 interfaces"));
        let index = self.kernel_names.get(name.as_str()).copied();
        self.named.push(Link {
            name: name.clone(),
            index,
            up: false,
            seen_up: false,
            delays: None,
            is_polled: false,
            beat: None,
            users: Vec::new(),
        });
        self.by_name.insert(name.clone(), id);
        if let Some(index) = index {
            self.by_index.entry(index).or_default().push(id);
            let up = self.is_up_in_kernel(id);
            let link = &mut self.named[id.0 as usize];
            (link.up, link.seen_up) = (up, up);
        }
        id
    }

    /// The id of a name that has been interned.
    pub(crate) fn id_of(&self, name: &IfName) -> Option<LinkId> {
        self.by_name.get(name).copied()
    }

    /// Forgets which instances depend on what, and the delays, before a new configuration is taken in.
    pub(crate) fn reset_configuration(&mut self) {
        for link in &mut self.named {
            link.users.clear();
            link.delays = None;
            link.is_polled = false;
        }
    }

    /// Declares that the state of a link is asked for. Until the first answer it is what the kernel says.
    pub(crate) fn set_polled(&mut self, id: LinkId) {
        self.named[id.0 as usize].is_polled = true;
    }

    pub(crate) fn is_polled(&self, id: LinkId) -> bool {
        self.named[id.0 as usize].is_polled
    }

    /// A driver said what the state of its link is. Says what that means for the link and for what is stacked on it.
    pub(crate) fn take_beat(&mut self, name: &IfName, up: bool) -> Vec<(LinkId, LinkChange)> {
        let Some(id) = self.id_of(name) else {
            return Vec::new();
        };
        let link = &mut self.named[id.0 as usize];
        link.beat = Some(up);
        let Some(index) = link.index else {
            return Vec::new();
        };
        let concerned = self.concerned(index);
        let changes = concerned.into_iter().map(|id| (id, self.follow(id)));
        changes
            .filter(|(_, change)| *change != LinkChange::Nothing)
            .collect()
    }

    pub(crate) fn set_delays(&mut self, id: LinkId, delays: InterfaceDelays) {
        self.named[id.0 as usize].delays = Some(delays);
    }

    /// Notes that an instance depends on an interface.
    pub(crate) fn add_user(&mut self, id: LinkId, instance: InstanceId) {
        let users = &mut self.named[id.0 as usize].users;
        if users.last() != Some(&instance) && !users.contains(&instance) {
            users.push(instance);
        }
    }

    /// The instances that depend on an interface.
    pub(crate) fn users(&self, id: LinkId) -> &[InstanceId] {
        &self.named[id.0 as usize].users
    }

    /// The name in the configuration.
    pub(crate) fn name(&self, id: LinkId) -> &IfName {
        &self.named[id.0 as usize].name
    }

    /// Whether the instances are to take it for up.
    pub(crate) fn is_up(&self, id: LinkId) -> bool {
        self.named[id.0 as usize].up
    }

    /// The interface in the kernel.
    pub(crate) fn known(&self, id: LinkId) -> Option<&Known> {
        self.known.get(&self.named[id.0 as usize].index?)
    }

    pub(crate) fn known_by_index(&self, index: IfIndex) -> Option<&Known> {
        self.known.get(&index)
    }

    pub(crate) fn known_by_index_mut(&mut self, index: IfIndex) -> Option<&mut Known> {
        self.known.get_mut(&index)
    }

    pub(crate) fn index(&self, id: LinkId) -> Option<IfIndex> {
        self.named[id.0 as usize].index
    }

    /// The interface that actually sends: the one below a macvlan or ipvlan, or the interface itself.
    pub(crate) fn base(&self, index: IfIndex) -> IfIndex {
        match self.known.get(&index) {
            Some(known) if known.is_stacked() => known.info.base.unwrap_or(index),
            _ => index,
        }
    }

    /// The address that adverts of a family come from, unless one is configured.
    pub(crate) fn source(&self, id: LinkId, family: Family) -> Option<IpAddr> {
        self.known(id)?.source(family)
    }

    /// Whether any interface has this address.
    pub(crate) fn has_address(&self, address: IpAddr) -> bool {
        self.known.values().any(|known| known.address(address).is_some())
    }

    /// Every interface of the kernel, with its addresses.
    pub(crate) fn snapshot(&self) -> Interfaces {
        let mut all: Vec<_> = self.known.values().map(Known::to_interface).collect();
        all.sort_unstable_by_key(|interface| interface.index);
        Interfaces(all)
    }

    /// The indexes of all interfaces of the kernel.
    pub(crate) fn indexes(&self) -> Vec<IfIndex> {
        self.known.keys().copied().collect()
    }

    /// An interface appeared or changed. Says what that means for each name that is concerned.
    pub(crate) fn update(&mut self, interface: &Interface) -> Vec<(LinkId, LinkChange)> {
        let index = interface.index;
        let properties = if let Some(mut known) = self.take_out(index) {
            let changed = known.update(interface);
            self.insert(known);
            changed
        } else {
            self.insert(Known::new(interface.clone()));
            true
        };
        let mut changes = self.rebind(index);
        for id in self.concerned(index) {
            if !changes.iter().any(|(other, _)| *other == id) {
                changes.push((id, self.follow(id)));
                if properties {
                    changes.push((id, LinkChange::Properties));
                }
            }
        }
        changes.retain(|(_, change)| *change != LinkChange::Nothing);
        changes
    }

    /// An interface is gone.
    pub(crate) fn remove(&mut self, index: IfIndex) -> Vec<(LinkId, LinkChange)> {
        self.take_out(index);
        let mut changes = Vec::new();
        for id in self.by_index.remove(&index).unwrap_or_default() {
            let link = &mut self.named[id.0 as usize];
            (link.index, link.up, link.seen_up, link.beat) = (None, false, false, None);
            changes.push((id, LinkChange::Replaced));
            // Another interface may have taken the name before this one went.
            let other = self
                .kernel_names
                .get(self.named[id.0 as usize].name.as_str())
                .copied();
            if let Some(other) = other {
                self.bind(id, other);
            }
        }
        changes
    }

    /// A delay of a link is over: its state is what the kernel says.
    pub(crate) fn delay_over(&mut self, id: LinkId) -> LinkChange {
        let up = self.is_up_in_kernel(id);
        let link = &mut self.named[id.0 as usize];
        if link.up == up {
            return LinkChange::Nothing;
        }
        link.up = up;
        LinkChange::UpDown
    }

    /// An address appeared or changed. Says whether it is one that adverts may come from.
    pub(crate) fn add_address(&mut self, index: IfIndex, address: InterfaceAddress) -> bool {
        self.known
            .get_mut(&index)
            .is_some_and(|known| known.add_address(address))
    }

    /// An address is gone. Says whether it is one that adverts may come from.
    pub(crate) fn remove_address(&mut self, index: IfIndex, address: IpAddr) -> bool {
        self.known
            .get_mut(&index)
            .is_some_and(|known| known.remove_address(address))
    }

    /// The names that an interface has in the configuration.
    pub(crate) fn names_of(&self, index: IfIndex) -> &[LinkId] {
        self.by_index.get(&index).map_or(&[], Vec::as_slice)
    }

    /// Gives and takes names after an interface appeared or was renamed.
    fn rebind(&mut self, index: IfIndex) -> Vec<(LinkId, LinkChange)> {
        let mut changes = Vec::new();
        let Some(known) = self.known.get(&index) else {
            return changes;
        };
        let has = |name: &IfName| known.names().any(|own| own == name.as_str());
        let lost: Vec<_> = self
            .by_index
            .get(&index)
            .into_iter()
            .flatten()
            .filter(|id| !has(&self.named[id.0 as usize].name))
            .copied()
            .collect();
        let gained: Vec<_> = known
            .names()
            .filter_map(|name| IfName::new(name).ok())
            .filter_map(|name| self.by_name.get(&name).copied())
            .filter(|id| self.named[id.0 as usize].index.is_none())
            .collect();
        for id in lost {
            if let Some(ids) = self.by_index.get_mut(&index) {
                ids.retain(|other| *other != id);
            }
            let link = &mut self.named[id.0 as usize];
            (link.index, link.up, link.seen_up, link.beat) = (None, false, false, None);
            changes.push((id, LinkChange::Replaced));
        }
        for id in gained {
            self.bind(id, index);
            changes.push((id, LinkChange::Replaced));
        }
        changes
    }

    fn bind(&mut self, id: LinkId, index: IfIndex) {
        self.by_index.entry(index).or_default().push(id);
        self.named[id.0 as usize].index = Some(index);
        let up = self.is_up_in_kernel(id);
        let link = &mut self.named[id.0 as usize];
        (link.up, link.seen_up) = (up, up);
    }

    /// The names whose state depends on an interface: its own, and those of what is stacked on it.
    fn concerned(&self, index: IfIndex) -> Vec<LinkId> {
        let stacked = self.stacked.get(&index).into_iter().flatten();
        std::iter::once(&index)
            .chain(stacked)
            .flat_map(|index| self.names_of(*index))
            .copied()
            .collect()
    }

    /// Compares what a link is taken for with what the kernel says.
    fn follow(&mut self, id: LinkId) -> LinkChange {
        let now_up = self.is_up_in_kernel(id);
        let delays = self.delays(id);
        let delay = delays.map_or(
            Micros::ZERO,
            |delays| if now_up { delays.up } else { delays.down },
        );
        let has_delays = delays.is_some();
        let link = &mut self.named[id.0 as usize];
        if link.up == now_up {
            return if has_delays {
                LinkChange::DelayCancelled
            } else {
                LinkChange::Nothing
            };
        }
        if link.seen_up && !delay.is_zero() {
            return LinkChange::Delayed(delay);
        }
        link.up = now_up;
        link.seen_up |= now_up;
        LinkChange::UpDown
    }

    /// The delays of a link; a macvlan or ipvlan has those of the interface below it.
    fn delays(&self, id: LinkId) -> Option<&InterfaceDelays> {
        let own = self.named[id.0 as usize].delays.as_ref();
        own.or_else(|| {
            let base = self.known(id).filter(|known| known.is_stacked())?.info.base?;
            self.names_of(base)
                .iter()
                .find_map(|base| self.named[base.0 as usize].delays.as_ref())
        })
    }

    fn is_up_in_kernel(&self, id: LinkId) -> bool {
        let Some(known) = self.known(id) else { return false };
        let base_up = || known.info.base.is_none_or(|base| self.carries(base));
        self.carries(known.index()) && (!known.is_stacked() || base_up())
    }

    /// Whether an interface can carry packets: as its driver says where that is asked for, otherwise as the kernel says.
    /// One that is not there is taken for one that can.
    fn carries(&self, index: IfIndex) -> bool {
        let Some(known) = self.known.get(&index) else {
            return true;
        };
        let mut links = self.names_of(index).iter().map(|id| &self.named[id.0 as usize]);
        match links.find_map(|link| link.beat.filter(|_| link.is_polled)) {
            Some(beat) => known.info.up && beat,
            None => known.info.is_up(),
        }
    }

    fn insert(&mut self, known: Known) {
        let index = known.index();
        for name in known.names() {
            self.kernel_names.insert(name.to_owned(), index);
        }
        if let (true, Some(base)) = (known.is_stacked(), known.info.base) {
            self.stacked.entry(base).or_default().push(index);
        }
        self.known.insert(index, known);
    }

    fn take_out(&mut self, index: IfIndex) -> Option<Known> {
        let known = self.known.remove(&index)?;
        for name in known.names() {
            // A name that another interface has taken in the meantime is not ours to remove.
            if self.kernel_names.get(name) == Some(&index) {
                self.kernel_names.remove(name);
            }
        }
        if let Some(siblings) = known.info.base.and_then(|base| self.stacked.get_mut(&base)) {
            siblings.retain(|other| *other != index);
        }
        Some(known)
    }
}

#[cfg(test)]
pub(crate) mod tests;
