//! Interfaces and addresses come and go.

use super::Router;
use crate::alarm::Alarm;
use crate::instance::Reaction;
use crate::links::{LinkChange, LinkId};
use crate::{Event, InstanceId, InterfaceEvent, Now, Object, Outbox, Outcome, State};
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{Family, IfIndex, IfName, Micros, Route, Rule};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// In the order in which sources are compared.
const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

impl Router {
    pub(super) fn interface_changed(&mut self, now: Now, interface: &Interface, out: &mut Outbox) {
        let known = self.links.known_by_index(interface.index);
        let before = known.map(|known| known.info.name.clone());
        let comes_up = known.is_some_and(|known| !known.info.up) && interface.up;
        let changes = self.links.update(interface);
        if let Some(name) = before
            && name != interface.name
            && changes.iter().any(|(_, change)| *change == LinkChange::Replaced)
        {
            let event = InterfaceEvent::Renamed(interface.name.clone());
            out.event(Event::Interface { name, event });
        }
        self.links_changed(now, &changes, out);
        if comes_up {
            self.raise_links(now, interface.index, out);
        }
    }

    pub(super) fn interface_removed(&mut self, now: Now, index: IfIndex, out: &mut Outbox) {
        let name = self
            .links
            .known_by_index(index)
            .map(|known| known.info.name.clone());
        let changes = self.links.remove(index);
        if let (Some(name), false) = (name, changes.is_empty()) {
            out.event(Event::Interface {
                name,
                event: InterfaceEvent::Removed,
            });
        }
        self.links_changed(now, &changes, out);
    }

    fn links_changed(&mut self, now: Now, changes: &[(LinkId, LinkChange)], out: &mut Outbox) {
        // Whether a link is up is a matter of health, and of what was lost with it; anything else may move sockets, sources
        // and addresses.
        let (mut affected, mut flapped) = (BTreeSet::new(), BTreeSet::new());
        for (link, change) in changes {
            let alarm = Alarm::Link(*link);
            match change {
                LinkChange::Nothing => {}
                LinkChange::Delayed(delay) => {
                    if self.alarms.due(alarm).is_none() {
                        let delay = (*delay).min(self.delay_limit(*link));
                        self.alarms.set(alarm, now.time + delay);
                    }
                }
                LinkChange::DelayCancelled => {
                    if self.alarms.due(alarm).is_some() {
                        self.alarms.cancel(alarm);
                        self.link_event(*link, InterfaceEvent::DelayCancelled, out);
                    }
                }
                LinkChange::UpDown => {
                    self.alarms.cancel(alarm);
                    self.report_up_down(*link, out);
                    flapped.extend(self.links.users(*link));
                    self.statics_on_link(now, *link, out);
                }
                LinkChange::Replaced => {
                    self.alarms.cancel(alarm);
                    if self.links.known(*link).is_some() {
                        self.report_up_down(*link, out);
                    }
                    affected.extend(self.links.users(*link));
                    self.statics_on_link(now, *link, out);
                }
                LinkChange::Properties => affected.extend(self.links.users(*link)),
            }
        }
        self.refresh_all(now, &affected, out);
        for id in flapped.difference(&affected) {
            self.make_links(now, *id, out);
            self.examine(now, *id, out);
        }
    }

    pub(super) fn link_delay_over(&mut self, now: Now, link: LinkId, out: &mut Outbox) {
        let change = self.links.delay_over(link);
        self.links_changed(now, &[(link, change)], out);
    }

    pub(super) fn link_polled(&mut self, now: Now, name: &IfName, up: bool, out: &mut Outbox) {
        let changes = self.links.take_beat(name, up);
        self.links_changed(now, &changes, out);
    }

    pub(super) fn address_added(
        &mut self,
        now: Now,
        index: IfIndex,
        address: InterfaceAddress,
        out: &mut Outbox,
    ) {
        let ip = address.prefix.address;
        let before = self.sources(index);
        self.links.add_address(index, address);
        for id in self.claims.of_address(index, ip).to_vec() {
            let ours = self.with(now, out, id, |instance, _| {
                instance.address_found(index, ip);
                instance.is_outstanding() || instance.state() == State::Master
            });
            if ours == Some(false) {
                // Somebody else put it there: it may be the interface's own, which is not for us to remove.
                self.refresh(now, id, out);
            }
        }
        self.static_address_found(now, index, ip, out);
        self.sources_changed(now, index, before, ip, out);
    }

    pub(super) fn address_removed(&mut self, now: Now, index: IfIndex, ip: IpAddr, out: &mut Outbox) {
        let before = self.sources(index);
        let was_there = self
            .links
            .known_by_index(index)
            .is_some_and(|known| known.address(ip).is_some());
        self.links.remove_address(index, ip);
        for id in self.claims.of_address(index, ip).to_vec() {
            let (wants, reports) = (out.wants.len(), out.events.len());
            let reaction = self.with(now, out, id, |instance, cx| instance.address_lost(cx, index, ip));
            let reaction = reaction.unwrap_or_default();
            if was_there && (out.wants.len() > wants || reaction != Reaction::None) {
                self.address_event(index, InterfaceEvent::AddressRemoved(ip), reports, out);
            }
            self.react(now, id, reaction, out);
        }
        self.static_address_removed(now, index, ip, out);
        self.sources_changed(now, index, before, ip, out);
    }

    pub(super) fn route_removed(&mut self, now: Now, route: &Route, out: &mut Outbox) {
        self.object_removed(now, &Object::Route(route.clone()), out);
    }

    pub(super) fn rule_removed(&mut self, now: Now, rule: &Rule, out: &mut Outbox) {
        self.object_removed(now, &Object::Rule(rule.clone()), out);
    }

    fn object_removed(&mut self, now: Now, object: &Object, out: &mut Outbox) {
        if let Some((object, owners)) = self.claims.of_object(object) {
            for id in owners {
                let object = object.clone();
                let reaction = self.with(now, out, id, |instance, cx| instance.object_lost(cx, object));
                self.react(now, id, reaction.unwrap_or_default(), out);
            }
        }
        self.static_object_removed(now, object, out);
    }

    pub(super) fn instance_confirmed(
        &mut self,
        now: Now,
        id: InstanceId,
        number: u64,
        outcome: Outcome,
        out: &mut Outbox,
    ) {
        let reaction = self.with(now, out, id, |instance, cx| {
            instance.confirmed(cx, number, outcome)
        });
        self.react(now, id, reaction.unwrap_or_default(), out);
        self.free_if_gone(id, out);
    }

    /// Compares the whole picture with what is known, and takes the differences in one by one.
    pub(super) fn resynchronised(&mut self, now: Now, interfaces: &Interfaces, out: &mut Outbox) {
        for index in self.links.indexes() {
            if interfaces.by_index(index).is_none() {
                self.interface_removed(now, index, out);
            }
        }
        for interface in &interfaces.0 {
            let index = interface.index;
            self.interface_changed(now, interface, out);
            // Additions first: an instance whose address changed is not to be without one in between.
            for address in &interface.addresses {
                let known = self.links.known_by_index(index);
                if known.and_then(|known| known.address(address.prefix.address)) != Some(address) {
                    self.address_added(now, index, *address, out);
                }
            }
            let known = self
                .links
                .known_by_index(index)
                .map(crate::links::Known::to_interface);
            for old in known.into_iter().flat_map(|known| known.addresses) {
                let ip = old.prefix.address;
                if !interface
                    .addresses
                    .iter()
                    .any(|address| address.prefix.address == ip)
                {
                    self.address_removed(now, index, ip, out);
                }
            }
        }
    }

    /// The addresses that adverts may come from, for each family.
    fn sources(&self, index: IfIndex) -> [Option<IpAddr>; 2] {
        let source = |family| {
            self.links
                .known_by_index(index)
                .and_then(|known| known.source(family))
        };
        FAMILIES.map(source)
    }

    /// Instances whose adverts come from another address now, or that track their own source, are looked at again.
    fn sources_changed(
        &mut self,
        now: Now,
        index: IfIndex,
        before: [Option<IpAddr>; 2],
        changed: IpAddr,
        out: &mut Outbox,
    ) {
        let after = self.sources(index);
        let names = self.links.names_of(index).iter();
        let users: Vec<_> = names.flat_map(|link| self.links.users(*link)).copied().collect();
        for (family, (before, after)) in FAMILIES.into_iter().zip(before.into_iter().zip(after)) {
            let is_source = || users.iter().any(|id| self.get(*id).config().family == family);
            if before == after || !is_source() {
                continue;
            }
            let end = out.events.len();
            if let Some(before) = before {
                self.address_event(index, InterfaceEvent::AddressRemoved(before), end, out);
            }
            if let Some(after) = after {
                let end = out.events.len();
                self.address_event(index, InterfaceEvent::AddressAdded(after), end, out);
            }
        }
        let mut affected: BTreeSet<_> = self
            .source_trackers
            .get(&changed)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        if before != after {
            affected.extend(users);
        }
        self.refresh_all(now, &affected, out);
    }

    fn refresh_all(&mut self, now: Now, affected: &BTreeSet<InstanceId>, out: &mut Outbox) {
        for id in affected {
            self.refresh(now, *id, out);
        }
    }

    /// A link that flaps is not to be taken for up so long that the master-down timer passes meanwhile.
    fn delay_limit(&self, link: LinkId) -> Micros {
        let limit = |id: &InstanceId| {
            let instance = self.get(*id);
            let config = instance.config();
            let intervals = u64::from(config.down_timer_adverts) - 1;
            (instance.master_advert_int() * intervals).saturating_sub(config.advert_int / 256)
        };
        self.links
            .users(link)
            .iter()
            .map(limit)
            .min()
            .unwrap_or(Micros(u64::MAX))
    }

    fn report_up_down(&self, link: LinkId, out: &mut Outbox) {
        let event = match (self.links.is_polled(link), self.links.is_up(link)) {
            (false, true) => InterfaceEvent::Up,
            (false, false) => InterfaceEvent::Down,
            (true, true) => InterfaceEvent::BeatHeard,
            (true, false) => InterfaceEvent::BeatLost,
        };
        self.link_event(link, event, out);
    }

    fn link_event(&self, link: LinkId, event: InterfaceEvent, out: &mut Outbox) {
        let name: &IfName = self.links.name(link);
        out.event(Event::Interface {
            name: name.clone(),
            event,
        });
    }

    /// Says what happened to an address, before the events that came of it.
    fn address_event(&self, index: IfIndex, event: InterfaceEvent, at: usize, out: &mut Outbox) {
        if let Some(known) = self.links.known_by_index(index) {
            let name = known.info.name.clone();
            out.events.insert(at, Event::Interface { name, event });
        }
    }
}
