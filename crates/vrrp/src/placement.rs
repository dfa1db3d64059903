//! What an instance has in the kernel while it is master, as objects on interfaces that exist.

use crate::links::{Known, Links};
use crate::virtual_links::InstanceLinks;
use crate::{Announcement, Change, InstanceId, Object, Part, PlacedAddress, Presence};
use model::interface::InterfaceAddress;
use model::{IfIndex, IfName, Instance, MacAddr, Route, VirtualAddress};
use std::net::IpAddr;
use std::sync::Arc;

/// The objects of a master, by part, in the order in which they are put into the kernel.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    pub(crate) parts: Parts,
    /// Addresses to announce: virtual ones, then excluded ones.
    pub(crate) targets: Vec<Target>,
    /// Addresses that the interface has by itself: they are neither added nor removed.
    pub(crate) own: Vec<(IfName, IpAddr)>,
    /// Addresses that a former run left behind.
    pub(crate) leftovers: Vec<Arc<Object>>,
}

/// Objects by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) refuse: Vec<Arc<Object>>,
    pub(crate) vips: Vec<Arc<Object>>,
    pub(crate) excluded: Vec<Arc<Object>>,
    pub(crate) routes: Vec<Arc<Object>>,
    pub(crate) rules: Vec<Arc<Object>>,
}

/// An address to announce and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) index: IfIndex,
    pub(crate) interface: IfName,
    pub(crate) mac: MacAddr,
    pub(crate) address: IpAddr,
    /// Whether this is an interface other than the instance's own (`garp_extra_if all`).
    pub(crate) extra: bool,
    /// Whether it is a VMAC made for addresses on another interface (`garp_extra_if`).
    pub(crate) extra_vmac: bool,
}

impl Target {
    /// The first announcement of a round, or one of those that repeat it.
    pub(crate) fn announcement(&self, instance: InstanceId, is_repeat: bool) -> Announcement {
        Announcement {
            instance,
            index: self.index,
            interface: self.interface.clone(),
            mac: self.mac,
            address: self.address,
            is_repeat,
        }
    }
}

impl Parts {
    /// The parts with their objects in the order in which they are added.
    pub(crate) fn in_order(&self) -> [(Part, &[Arc<Object>]); 5] {
        [
            (Part::Firewall, &self.refuse),
            (Part::Vips, &self.vips),
            (Part::ExcludedVips, &self.excluded),
            (Part::Routes, &self.routes),
            (Part::Rules, &self.rules),
        ]
    }

    /// The parts in the order in which they are removed.
    pub(crate) fn in_removal_order(&self) -> [(Part, &[Arc<Object>]); 5] {
        [
            (Part::Rules, &self.rules),
            (Part::Routes, &self.routes),
            (Part::Vips, &self.vips),
            (Part::ExcludedVips, &self.excluded),
            (Part::Firewall, &self.refuse),
        ]
    }

    /// All addresses.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &PlacedAddress> {
        self.vips
            .iter()
            .chain(&self.excluded)
            .filter_map(|object| match &**object {
                Object::Address(placed) => Some(placed),
                _ => None,
            })
    }

    /// The object of an address.
    pub(crate) fn address(&self, index: IfIndex, ip: IpAddr) -> Option<&Arc<Object>> {
        self.vips
            .iter()
            .chain(&self.excluded)
            .find(|object| match &***object {
                Object::Address(placed) => (placed.index, placed.ip()) == (index, ip),
                _ => false,
            })
    }

    /// The changes that lead from `before` to `self`, removals first, each in its order.
    pub(crate) fn changes_from(&self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        let missing = |objects: &[Arc<Object>], others: &[Arc<Object>]| -> Vec<Arc<Object>> {
            let others: std::collections::HashSet<_> = others.iter().collect();
            objects
                .iter()
                .filter(|object| !others.contains(object))
                .cloned()
                .collect()
        };
        let of = |parts: &Self, part| {
            parts
                .in_order()
                .into_iter()
                .find(|(other, _)| *other == part)
                .map_or(&[][..], |(_, o)| o)
                .to_vec()
        };
        for (part, objects) in before.in_removal_order() {
            for object in missing(objects, &of(self, part)) {
                changes.push(Change {
                    presence: Presence::Absent,
                    object,
                });
            }
        }
        for (part, objects) in self.in_order() {
            for object in missing(objects, &of(before, part)) {
                changes.push(Change {
                    presence: Presence::Present,
                    object,
                });
            }
        }
        changes
    }
}

impl Placement {
    /// Places what the configuration names. What needs an interface that does not exist is left out; it is placed when
    /// the interface appears. `ours` are the objects that are in the kernel because we put them there.
    pub(crate) fn new(config: &Instance, names: &InstanceLinks, links: &Links, ours: &Parts) -> Self {
        let mut placement = Self::default();
        let refuse = !config.accept && !config.priority.is_owner();
        let ours: std::collections::HashSet<_> = ours
            .addresses()
            .map(|placed| (placed.index, placed.ip()))
            .collect();
        let lists = [
            (&config.virtual_addresses, false),
            (&config.excluded_addresses, true),
        ];
        for (address, excluded) in lists
            .into_iter()
            .flat_map(|(list, excluded)| list.iter().map(move |a| (a, excluded)))
        {
            let Some(name) = names.of(config, address) else {
                continue;
            };
            let Some(known) = links.id_of(name).and_then(|id| links.known(id)) else {
                continue;
            };
            let (index, ip) = (known.index(), address.prefix.address);
            let placed = PlacedAddress {
                index,
                interface: known.info.name.clone(),
                address: address.clone(),
            };
            placement.announce(known, &placed, names);
            if refuse {
                placement
                    .parts
                    .refuse
                    .push(Arc::new(Object::Refuse(placed.clone())));
            }
            let object = Arc::new(Object::Address(placed));
            if let Some(present) = known.address(ip)
                && !ours.contains(&(index, ip))
            {
                if is_own(known, present, address) {
                    placement.own.push((known.info.name.clone(), ip));
                    continue;
                }
                placement.leftovers.push(Arc::clone(&object));
            }
            if excluded {
                placement.parts.excluded.push(object);
            } else {
                placement.parts.vips.push(object);
            }
        }
        let exists = |dev: &IfName| links.id_of(dev).is_none_or(|id| links.known(id).is_some());
        let placed = |route: &&Route| {
            let hops = route.nexthops.iter().filter_map(|hop| hop.dev.as_ref());
            route.dev.iter().chain(hops).all(exists)
        };
        let route = |route: &Route| Arc::new(Object::Route(route.clone()));
        placement.parts.routes = config.routes.iter().filter(placed).map(route).collect();
        placement.parts.rules = config
            .rules
            .iter()
            .map(|rule| Arc::new(Object::Rule(rule.clone())))
            .collect();
        placement
    }

    fn announce(&mut self, known: &Known, placed: &PlacedAddress, names: &InstanceLinks) {
        // There is nobody to tell on an interface without ARP, and nothing to say without a hardware address.
        let Some(mac) = known
            .info
            .mac
            .filter(|_| !known.info.noarp && !known.info.loopback)
        else {
            return;
        };
        let name = &known.info.name;
        let extra = names.own.as_ref() != Some(name) && names.base.as_ref() != Some(name);
        let extra_vmac = extra && names.wanted.iter().any(|link| link.name == *name);
        self.targets.push(Target {
            index: placed.index,
            interface: name.clone(),
            mac,
            address: placed.ip(),
            extra,
            extra_vmac,
        });
    }
}

/// Whether an address that is there before we put it there is the interface's own, rather than left over from a former
/// run that was killed.
///
/// The kernel notes who added an address: 18 is keepalived. Kernels before 5.18 and keepalived before 2.3 leave 0: then
/// an address with exactly the configured prefix length is a leftover, unless the interface would be left without any.
/// (The reference takes every such address for a leftover, which can take an owner's only address away.)
fn is_own(known: &Known, present: &InterfaceAddress, wanted: &VirtualAddress) -> bool {
    match present.protocol {
        Route::PROTOCOL => false,
        0 => {
            let family = wanted.family();
            let others = known
                .others()
                .iter()
                .any(|o| o.prefix.family() == family && o.prefix != present.prefix);
            present.prefix.len != wanted.prefix.len || !others
        }
        _ => true,
    }
}
