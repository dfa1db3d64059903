//! `static_ipaddress`, `static_routes`, `static_rules`: in the kernel as long as the daemon runs, put back when somebody
//! removes them; and `track_group`, whose instances are in FAULT while one of its objects cannot be put back.

use super::Router;
use crate::links::LinkId;
use crate::{Change, InstanceId, Now, Object, Outbox, Outcome, Owner, PlacedAddress, Presence, Want};
use model::{IfIndex, IfName, StaticObjects, TrackGroup};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// The static objects.
#[derive(Debug, Default)]
pub(super) struct Statics {
    objects: Vec<StaticObject>,
    groups: Vec<(Arc<str>, Vec<String>)>,
    /// Objects that a ticket is about.
    pending: HashMap<u64, Vec<usize>>,
    asked: u64,
    confirmed: u64,
}

/// One line of the configuration.
#[derive(Debug)]
struct StaticObject {
    line: Line,
    /// The interfaces that it needs.
    links: Vec<LinkId>,
    group: Option<Arc<str>>,
    /// What has been asked to be in the kernel.
    wanted: Option<Arc<Object>>,
    /// It is gone, and could not be put back.
    lost: bool,
}

#[derive(Debug)]
enum Line {
    Address(model::VirtualAddress),
    Route(model::Route),
    Rule(model::Rule),
}

impl Statics {
    /// The track groups of an instance that miss an object.
    pub(super) fn lost_groups<'a>(&'a self, instance: &'a str) -> impl Iterator<Item = &'a Arc<str>> {
        self.groups
            .iter()
            .filter(move |(name, members)| {
                members.iter().any(|member| member == instance)
                    && self
                        .objects
                        .iter()
                        .any(|o| o.lost && o.group.as_ref() == Some(name))
            })
            .map(|(name, _)| name)
    }

    pub(super) const fn is_outstanding(&self) -> bool {
        self.confirmed < self.asked
    }
}

impl StaticObject {
    fn is_address(&self, index: IfIndex, ip: IpAddr) -> bool {
        matches!(self.wanted.as_deref(), Some(Object::Address(placed)) if (placed.index, placed.ip()) == (index, ip))
    }
}

impl Router {
    /// Asks for the static objects at start.
    pub(super) fn start_statics(&mut self, out: &mut Outbox) {
        let lines = self.configuration.static_objects.clone();
        let groups = self.configuration.track_groups.clone();
        self.statics.objects = self.static_lines(&lines);
        self.statics.groups = track_groups(&groups);
        let all = (0..self.statics.objects.len()).collect();
        self.want_statics(all, Vec::new(), out);
    }

    /// Asks for the difference at a reload.
    pub(super) fn reload_statics(&mut self, out: &mut Outbox) {
        let lines = self.configuration.static_objects.clone();
        let groups = self.configuration.track_groups.clone();
        let before = std::mem::take(&mut self.statics.objects);
        self.statics.objects = self.static_lines(&lines);
        self.statics.groups = track_groups(&groups);
        self.statics.pending.clear();
        let had: HashMap<_, _> = before
            .iter()
            .filter_map(|old| Some((Arc::clone(old.wanted.as_ref()?), old.lost)))
            .collect();
        let mut kept = BTreeSet::new();
        let mut new = Vec::new();
        for position in 0..self.statics.objects.len() {
            let Some(object) = self.static_object(position) else {
                continue;
            };
            match had.get_key_value(&object) {
                Some((old, lost)) => {
                    let entry = &mut self.statics.objects[position];
                    (entry.wanted, entry.lost) = (Some(Arc::clone(old)), *lost);
                    kept.insert(Arc::as_ptr(old) as usize);
                }
                None => new.push(position),
            }
        }
        let gone = before.into_iter().filter_map(|old| old.wanted);
        let gone = gone
            .filter(|old| !kept.contains(&(Arc::as_ptr(old) as usize)))
            .collect();
        self.want_statics(new, gone, out);
    }

    /// Asks for the removal of everything static.
    pub(super) fn remove_statics(&mut self, out: &mut Outbox) {
        let gone = self
            .statics
            .objects
            .iter_mut()
            .rev()
            .filter_map(|object| object.wanted.take())
            .collect();
        self.want_statics(Vec::new(), gone, out);
    }

    /// An interface came, went, or changed between up and down: the kernel dropped what was on it.
    pub(super) fn statics_on_link(&mut self, now: Now, link: LinkId, out: &mut Outbox) {
        if self.stopping != super::Stopping::Running {
            return;
        }
        let on_link = |object: &StaticObject| object.links.contains(&link);
        let objects = self.statics.objects.iter().enumerate();
        let concerned: Vec<_> = objects
            .filter(|(_, object)| on_link(object))
            .map(|(position, _)| position)
            .collect();
        if concerned.is_empty() {
            return;
        }
        if self.links.is_up(link) {
            self.want_statics(concerned, Vec::new(), out);
        } else if self.links.known(link).is_none() {
            for position in concerned {
                self.statics.objects[position].wanted = None;
                self.statics.objects[position].lost = true;
            }
            self.examine_track_groups(now, out);
        }
    }

    /// An address appeared: it is not lost, whoever put it there.
    pub(super) fn static_address_found(&mut self, now: Now, index: IfIndex, ip: IpAddr, out: &mut Outbox) {
        let is_it = |object: &&mut StaticObject| object.lost && object.is_address(index, ip);
        if let Some(object) = self.statics.objects.iter_mut().find(is_it) {
            object.lost = false;
            self.examine_track_groups(now, out);
        }
    }

    pub(super) fn static_address_removed(&mut self, now: Now, index: IfIndex, ip: IpAddr, out: &mut Outbox) {
        let objects = self.statics.objects.iter().enumerate();
        let lost = objects
            .filter(|(_, object)| object.is_address(index, ip))
            .map(|(p, _)| p)
            .collect();
        self.statics_lost(now, lost, out);
    }

    pub(super) fn static_object_removed(&mut self, now: Now, object: &Object, out: &mut Outbox) {
        let objects = self.statics.objects.iter().enumerate();
        let lost = objects
            .filter(|(_, own)| own.wanted.as_deref() == Some(object))
            .map(|(p, _)| p)
            .collect();
        self.statics_lost(now, lost, out);
    }

    pub(super) fn static_confirmed(&mut self, now: Now, number: u64, outcome: Outcome, out: &mut Outbox) {
        self.statics.confirmed = self.statics.confirmed.max(number);
        for position in self.statics.pending.remove(&number).unwrap_or_default() {
            if let Some(object) = self.statics.objects.get_mut(position) {
                object.lost = outcome == Outcome::Failed;
            }
        }
        self.examine_track_groups(now, out);
    }

    /// Puts back what somebody removed. While its interface is down it cannot be put back.
    fn statics_lost(&mut self, now: Now, lost: Vec<usize>, out: &mut Outbox) {
        if lost.is_empty() || self.stopping != super::Stopping::Running {
            return;
        }
        let is_possible = |position: &usize| {
            self.statics.objects[*position]
                .links
                .iter()
                .all(|link| self.links.is_up(*link))
        };
        let (possible, impossible): (Vec<_>, Vec<_>) = lost.into_iter().partition(is_possible);
        self.want_statics(possible, Vec::new(), out);
        for position in &impossible {
            self.statics.objects[*position].lost = true;
        }
        if !impossible.is_empty() {
            self.examine_track_groups(now, out);
        }
    }

    fn want_statics(&mut self, positions: Vec<usize>, gone: Vec<Arc<Object>>, out: &mut Outbox) {
        let mut changes: Vec<_> = gone
            .into_iter()
            .map(|object| Change {
                presence: Presence::Absent,
                object,
            })
            .collect();
        let mut asked = Vec::new();
        for position in positions {
            let Some(object) = self.static_object(position) else {
                continue;
            };
            self.statics.objects[position].wanted = Some(Arc::clone(&object));
            changes.push(Change {
                presence: Presence::Present,
                object,
            });
            asked.push(position);
        }
        if !changes.is_empty() {
            let ticket = self.tickets.next(Owner::Static);
            self.statics.asked = ticket.number;
            self.statics.pending.insert(ticket.number, asked);
            out.wants.push(Want { ticket, changes });
        }
    }

    /// The object of a line, if its interfaces exist.
    fn static_object(&self, position: usize) -> Option<Arc<Object>> {
        let StaticObject { line, links, .. } = &self.statics.objects[position];
        if links.iter().any(|link| self.links.known(*link).is_none()) {
            return None;
        }
        Some(Arc::new(match line {
            Line::Address(address) => {
                let known = self.links.known(*links.first()?)?;
                Object::Address(PlacedAddress {
                    index: known.index(),
                    interface: known.info.name.clone(),
                    address: address.clone(),
                })
            }
            Line::Route(route) => Object::Route(route.clone()),
            Line::Rule(rule) => Object::Rule(rule.clone()),
        }))
    }

    fn static_lines(&mut self, config: &StaticObjects) -> Vec<StaticObject> {
        let mut objects = Vec::new();
        let mut add = |line, names: Vec<&IfName>, group: &Option<String>| {
            let links = names.into_iter().map(|name| self.links.intern(name)).collect();
            let group = group.as_deref().map(Arc::from);
            objects.push(StaticObject {
                line,
                links,
                group,
                wanted: None,
                lost: false,
            });
        };
        for address in &config.addresses {
            add(
                Line::Address(address.clone()),
                address.dev.iter().collect(),
                &address.track_group,
            );
        }
        for route in &config.routes {
            let hops = route.nexthops.iter().filter_map(|hop| hop.dev.as_ref());
            let devices = route.dev.iter().chain(hops).collect();
            add(Line::Route(route.clone()), devices, &route.track_group);
        }
        for rule in &config.rules {
            // A rule may name interfaces that do not exist.
            add(Line::Rule(rule.clone()), Vec::new(), &rule.track_group);
        }
        objects
    }

    fn examine_track_groups(&mut self, now: Now, out: &mut Outbox) {
        if self.statics.groups.is_empty() {
            return;
        }
        let members: BTreeSet<&str> = self
            .statics
            .groups
            .iter()
            .flat_map(|(_, members)| members)
            .map(String::as_str)
            .collect();
        let ids: Vec<InstanceId> = self
            .instances()
            .filter(|instance| members.contains(&**instance.name()))
            .map(crate::Instance::id)
            .collect();
        for id in ids {
            self.examine(now, id, out);
        }
    }
}

fn track_groups(groups: &[TrackGroup]) -> Vec<(Arc<str>, Vec<String>)> {
    groups
        .iter()
        .map(|group| (Arc::from(group.name.as_str()), group.members.clone()))
        .collect()
}
