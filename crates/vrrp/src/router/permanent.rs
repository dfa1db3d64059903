//! What an instance has in every state: its macvlans and ipvlans, what is on them beside virtual addresses, and settings of
//! the interfaces below (`spec/vrrp-protocol.md` section 12).

use super::Router;
use crate::links::Known;
use crate::virtual_links::InstanceLinks;
use crate::{InstanceId, InterfaceSetting, Now, Object, Outbox, PlacedAddress, Presence, WantedLinkKind};
use model::{Family, IfIndex, IfName, Prefix, VirtualAddress};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Router {
    /// What is there in every state: the links on interfaces that exist, with the addresses on them that are no virtual
    /// ones, and the settings of the interfaces below.
    pub(super) fn permanent(&self, config: &model::Instance, names: &InstanceLinks) -> Vec<Arc<Object>> {
        let known = |name: &IfName| self.known(name);
        let mut objects = Vec::new();
        if let (true, Some(interface)) = (config.promote_secondaries, &config.interface)
            && known(interface).is_some()
        {
            objects.push(switched_on(interface, "promote_secondaries"));
        }
        for link in &names.wanted {
            let Some(base) = known(&link.base) else { continue };
            let is_vmac = matches!(link.kind, WantedLinkKind::Vmac { .. });
            if is_vmac && link.family == Family::Ipv4 {
                // What is on the VMAC is not to be answered for by the interface below.
                objects.extend(["arp_ignore", "arp_filter"].map(|name| switched_on(&link.base, name)));
            }
            objects.push(Object::Link(link.clone()));
            let Some(index) = known(&link.name).map(Known::index) else {
                continue;
            };
            let placed = |prefix| PlacedAddress {
                index,
                interface: link.name.clone(),
                address: VirtualAddress::new(prefix),
            };
            match (link.kind, link.family) {
                (WantedLinkKind::Vmac { .. }, Family::Ipv6) => {
                    if let Some(address) = base.source(Family::Ipv6) {
                        let shared = placed(Prefix { address, len: 64 });
                        objects.push(Object::Unadvertised(shared.clone()));
                        objects.push(Object::Address(shared));
                    }
                }
                (WantedLinkKind::Ipvlan { address, .. }, _) => {
                    objects.extend(address.map(placed).map(Object::Address));
                }
                (WantedLinkKind::Vmac { .. }, Family::Ipv4) => {}
            }
        }
        objects.into_iter().map(Arc::new).collect()
    }

    /// Has the links of an instance made anew that somebody removed, if the interface below is there, and put back what
    /// is on them in every state.
    pub(super) fn make_links(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        for object in self.get(id).permanent().to_vec() {
            let Some(presence) = self.presence(&object) else {
                continue;
            };
            if presence == Presence::Present {
                self.with(now, out, id, |instance, _| instance.object_found(&object));
            } else {
                let reaction = self.with(now, out, id, |instance, cx| instance.object_lost(cx, object));
                self.react(now, id, reaction.unwrap_or_default(), out);
            }
        }
    }

    /// Whether a link, or an address on one, is there. Nothing where it cannot be, or where nobody tells.
    fn presence(&self, object: &Object) -> Option<Presence> {
        let known = |name: &IfName| self.known(name);
        let is_there = match object {
            Object::Link(link) => {
                known(&link.base)?;
                known(&link.name).is_some()
            }
            Object::Address(placed) => {
                let on = known(&placed.interface).filter(|on| on.index() == placed.index && on.info.up)?;
                on.address(placed.ip()).is_some()
            }
            _ => return None,
        };
        Some(if is_there {
            Presence::Present
        } else {
            Presence::Absent
        })
    }

    /// An interface came up: a link on it that was made while it was down is still down.
    pub(super) fn raise_links(&mut self, now: Now, base: IfIndex, out: &mut Outbox) {
        let users: BTreeSet<_> = self
            .links
            .names_of(base)
            .iter()
            .flat_map(|link| self.links.users(*link))
            .copied()
            .collect();
        for id in users {
            for object in self.get(id).permanent().to_vec() {
                let Object::Link(link) = &*object else { continue };
                let known = |name: &IfName| self.known(name);
                let is_on_it = known(&link.base).is_some_and(|below| below.index() == base);
                if is_on_it && self.known(&link.name).is_some_and(|link| !link.info.up) {
                    self.with(now, out, id, |instance, cx| instance.want_again(cx, &object));
                }
            }
        }
    }

    /// The interface of this name, if the kernel has it.
    fn known(&self, name: &IfName) -> Option<&Known> {
        self.links.known(self.links.id_of(name)?)
    }
}

fn switched_on(interface: &IfName, name: &'static str) -> Object {
    Object::Setting(InterfaceSetting {
        interface: interface.clone(),
        name,
        value: 1,
    })
}
