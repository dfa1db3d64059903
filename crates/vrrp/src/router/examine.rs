//! What interfaces, addresses and trackers mean for an instance.

use super::Router;
use crate::instance::{Health, Reconciled};
use crate::links::Links;
use crate::placement::Placement;
use crate::track::{Effect, Track, TrackerId, Trackers, file_status};
use crate::virtual_links::InstanceLinks;
use crate::{
    Cause, FaultReason, Instance, InstanceId, Listen, Now, Object, Outbox, Protocol, SocketKey, State,
};
use model::{Authentication, Family, IfIndex, IfName, Sense, TrackEntry, Transport, VirtualLink, Weight};
use std::net::IpAddr;
use std::sync::Arc;

impl Router {
    /// Everything about an instance that depends on interfaces is looked at again: its socket and source address, what
    /// a master has where, and whether it can take part.
    pub(super) fn refresh(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        if self.instance(id).is_none() {
            return;
        }
        self.make_links(now, id, out);
        self.claim_addresses(id);
        self.place(now, id, out);
        if self.loses_source(id) {
            // A master that lost its address can still tell the others that it stops; IPv6 would not let it.
            self.examine(now, id, out);
            self.update_transport(now, id, out);
        } else {
            self.update_transport(now, id, out);
            self.examine(now, id, out);
        }
    }

    /// Looks at the health of an instance, and draws the conclusions.
    pub(super) fn examine(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        if self.stopping != super::Stopping::Running {
            return;
        }
        let Some(health) = self.evaluate(id) else { return };
        let changed = self.with(now, out, id, |instance, cx| instance.update_health(cx, health));
        let (new, gone) = changed.unwrap_or_default();
        let instance = self.get(id);
        match instance.state() {
            State::Fault if instance.is_healthy() => {
                let cause = gone.map_or(Cause::Reload, Cause::Recovered);
                self.recover(now, id, cause, out);
            }
            State::Init if instance.is_healthy() && !instance.wants_master() => {
                self.recover(now, id, Cause::ScriptsReported, out);
            }
            State::Fault => {}
            _ => {
                let first = || instance.faults().first().cloned();
                if let Some(reason) = new.or_else(first) {
                    self.fail(now, id, Cause::Fault(reason), out);
                }
            }
        }
    }

    /// What interfaces, addresses and trackers say about an instance.
    pub(super) fn evaluate(&self, id: InstanceId) -> Option<Health> {
        let instance = self.instance(id)?;
        let config = instance.config();
        let mut health = Health::default();
        for fault in &config.config_faults {
            health.add(FaultReason::Config(fault.clone()));
        }
        if self.in_maintenance {
            health.add(FaultReason::Maintenance);
        }
        self.examine_interfaces(instance, &mut health);
        for track in &self.slots[id.index()].tracks {
            match track.effect(self.trackers.status(track.target, &self.links)) {
                Effect::Priority(change) => health.weight += change,
                Effect::Unknown => health.waits_for_scripts = true,
                Effect::Fault => health.add(self.tracker_fault(track)),
            }
        }
        for group in self.statics.lost_groups(instance.name()) {
            health.add(FaultReason::TrackGroup {
                group: Arc::clone(group),
            });
        }
        Some(health)
    }

    /// The interface of the adverts, and the address that they come from.
    fn examine_interfaces(&self, instance: &Instance, health: &mut Health) {
        let (config, names) = (instance.config(), instance.links());
        let mut exists = true;
        for name in [&names.base, &names.own].into_iter().flatten() {
            let Some(link) = self.links.id_of(name) else {
                continue;
            };
            if self.links.known(link).is_none() {
                exists = false;
                health.add(FaultReason::InterfaceAbsent(name.clone()));
            } else if !self.links.is_up(link) && !config.dont_track_primary {
                health.add(FaultReason::InterfaceDown(name.clone()));
            }
        }
        if let (true, Some(source)) = (config.track_src_ip, config.source) {
            let has_it = |name: &IfName| {
                let known = self.links.id_of(name).and_then(|link| self.links.known(link));
                known.is_some_and(|known| known.address(source).is_some())
            };
            let present = match &names.base {
                Some(base) => has_it(base) || names.own.as_ref().is_some_and(has_it),
                None => self.links.has_address(source),
            };
            if !present {
                health.add(FaultReason::SourceAddressAbsent(source));
            }
        } else if let (true, None, Some(interface)) = (exists, self.source_of(instance), &names.base) {
            health.add(FaultReason::NoAddress {
                family: config.family,
                interface: interface.clone(),
            });
        }
    }

    fn tracker_fault(&self, track: &Track) -> FaultReason {
        match track.target {
            TrackerId::Interface(link) => {
                let name = self.links.name(link).clone();
                if self.links.known(link).is_some() {
                    FaultReason::InterfaceDown(name)
                } else {
                    FaultReason::InterfaceAbsent(name)
                }
            }
            TrackerId::Script(script) => {
                let script = self.trackers.get_script(script);
                FaultReason::Script {
                    script: Arc::clone(&script.name),
                    result: script.last(),
                }
            }
            TrackerId::File(file) => {
                let file = self.trackers.file_at(file);
                let status = file_status(track, file.value);
                FaultReason::File {
                    file: Arc::clone(&file.name),
                    status,
                }
            }
            TrackerId::Process(process) => FaultReason::Process {
                process: Arc::clone(&self.trackers.process_at(process).name),
            },
            TrackerId::Bfd(bfd) => FaultReason::Bfd {
                session: Arc::clone(self.trackers.bfd_name(bfd)),
            },
        }
    }

    /// The address that the adverts of an instance come from.
    fn source_of(&self, instance: &Instance) -> Option<IpAddr> {
        let config = instance.config();
        if config.source.is_some() {
            return config.source;
        }
        if let Some(VirtualLink::Ipvlan {
            address: Some(address),
            ..
        }) = &config.virtual_link
        {
            return Some(address.address);
        }
        let links = instance.links();
        let from = match config.virtual_link {
            // It has a link-local address of its own.
            Some(VirtualLink::Ipvlan { .. }) => &links.own,
            _ => &links.base,
        };
        self.links
            .source(self.links.id_of(from.as_ref()?)?, config.family)
    }

    fn loses_source(&self, id: InstanceId) -> bool {
        self.instance(id).is_some_and(|instance| {
            let has_interface = self.socket_key(instance, instance.source()).is_some();
            let is_ipv4 = instance.config().family == Family::Ipv4;
            is_ipv4 && has_interface && instance.source().is_some() && self.source_of(instance).is_none()
        })
    }

    /// Gives an instance the socket and the source address that go with its interface.
    pub(super) fn update_transport(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        let Some(instance) = self.instance(id) else { return };
        let source = self.source_of(instance);
        let key = self.socket_key(instance, source);
        let (vrid, old) = (instance.config().vrid.value(), instance.socket());
        let socket = if old.and_then(|old| self.sockets.key(old)) == key {
            old
        } else {
            let new = key.map(|key| self.sockets.join(key, vrid, id, out));
            if let Some(old) = old {
                self.sockets.leave(old, vrid, id, out);
            }
            new
        };
        self.with(now, out, id, |instance, _| instance.set_transport(source, socket));
    }

    fn socket_key(&self, instance: &Instance, source: Option<IpAddr>) -> Option<SocketKey> {
        let config = instance.config();
        let interface = match &instance.links().transmit {
            Some(name) => Some(self.links.index(self.links.id_of(name)?)?),
            None => None,
        };
        let listen = match &config.transport {
            Transport::Multicast { group } => Listen::Multicast { group: *group },
            Transport::Unicast { .. } => Listen::Unicast { source: source? },
        };
        let protocol = match config.authentication {
            Authentication::Ah(_) => Protocol::Ah,
            _ => Protocol::Vrrp,
        };
        Some(SocketKey {
            family: config.family,
            protocol,
            interface,
            listen,
        })
    }

    /// Declares the addresses of an instance to be virtual ones, on the interfaces that exist.
    pub(super) fn claim_addresses(&mut self, id: InstanceId) {
        self.claims.release(id, &mut self.links);
        let Some(instance) = self.instance(id) else { return };
        let addresses = addresses(instance, &self.links);
        self.claims.claim(id, &addresses, &mut self.links);
    }

    /// Places what a master has, and asks the kernel for the difference if the instance is one.
    pub(super) fn place(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        let Some((placement, permanent)) = self.new_placement(id) else {
            return;
        };
        let reconciled = self.with(now, out, id, |instance, cx| {
            instance.reconcile(cx, placement, permanent)
        });
        if reconciled == Some(Reconciled::AddressesAdded) {
            self.with(now, out, id, Instance::announce_all_when_confirmed);
        }
    }

    /// What a master has where, and what is there in every state. Addresses that turn out to be an interface's own are
    /// given back.
    pub(super) fn new_placement(&mut self, id: InstanceId) -> Option<(Placement, Vec<Arc<Object>>)> {
        let instance = self.instance(id)?;
        let (config, names) = (Arc::clone(instance.config()), instance.links().clone());
        let placement = Placement::new(&config, &names, &self.links, instance.wanted());
        let permanent = self.permanent(&config, &names);
        for (name, address) in &placement.own {
            let index = self.links.id_of(name).and_then(|link| self.links.index(link));
            if let Some(index) = index {
                self.claims.renounce(id, index, *address, &mut self.links);
            }
        }
        self.claims.claim_objects(id, &placement.parts);
        Some((placement, permanent))
    }

    /// Interns the interfaces of an instance, and notes what it depends on.
    pub(super) fn resolve(&mut self, id: InstanceId) {
        let Some(instance) = self.instance(id) else { return };
        let (config, names) = (Arc::clone(instance.config()), instance.links().clone());
        let group = instance
            .group()
            .map(|group| Arc::clone(self.groups[group.index()].config()));
        let own = [&names.base, &names.own, &names.transmit];
        let wanted = names.wanted.iter().flat_map(|link| [&link.name, &link.base]);
        for name in own.into_iter().flatten().chain(wanted) {
            let link = self.links.intern(name);
            self.links.add_user(link, id);
        }
        let mut tracks = Tracks {
            list: Vec::new(),
            links: &mut self.links,
            trackers: &self.trackers,
        };
        tracks.add_objects(&config, &names);
        tracks.add_entries(&config.tracking, config.priority.is_owner());
        if let Some(group) = &group {
            tracks.merge_entries(&group.tracking, config.priority.is_owner());
        }
        let list = tracks.list;
        for track in &list {
            match track.target {
                TrackerId::Interface(link) => self.links.add_user(link, id),
                other => self.trackers.add_user(other, id),
            }
        }
        self.slots[id.index()].tracks = list;
        // Addresses that are not tracked have to be placed anew all the same when their interface comes or goes.
        for address in config.virtual_addresses.iter().chain(&config.excluded_addresses) {
            if let Some(name) = names.of(&config, address) {
                let link = self.links.intern(name);
                self.links.add_user(link, id);
            }
        }
        for dev in route_devices(&config) {
            let link = self.links.intern(dev);
            self.links.add_user(link, id);
        }
    }
}

/// The addresses of an instance on the interfaces that exist.
fn addresses(instance: &Instance, links: &Links) -> Vec<(IfIndex, IpAddr)> {
    let (config, names) = (instance.config(), instance.links());
    config
        .virtual_addresses
        .iter()
        .chain(&config.excluded_addresses)
        .filter_map(|address| {
            let index = links.index(links.id_of(names.of(config, address)?)?)?;
            Some((index, address.prefix.address))
        })
        .collect()
}

fn route_devices(config: &model::Instance) -> impl Iterator<Item = &IfName> {
    config.routes.iter().flat_map(|route| {
        route
            .dev
            .iter()
            .chain(route.nexthops.iter().filter_map(|hop| hop.dev.as_ref()))
    })
}

/// Collects the trackers of one instance, each target once.
struct Tracks<'a> {
    list: Vec<Track>,
    links: &'a mut Links,
    trackers: &'a Trackers,
}

impl Tracks<'_> {
    /// The interfaces of addresses, routes and rules: without them a master would be none.
    fn add_objects(&mut self, config: &model::Instance, names: &InstanceLinks) {
        let mut needed: Vec<&IfName> = Vec::new();
        let addresses = config.virtual_addresses.iter().chain(&config.excluded_addresses);
        needed.extend(
            addresses
                .filter(|a| !a.no_track)
                .filter_map(|a| names.of(config, a)),
        );
        for route in config.routes.iter().filter(|route| !route.no_track) {
            needed.extend(&route.dev);
            needed.extend(route.nexthops.iter().filter_map(|hop| hop.dev.as_ref()));
        }
        for rule in config.rules.iter().filter(|rule| !rule.no_track) {
            needed.extend(rule.iif.iter().chain(&rule.oif));
        }
        for name in needed {
            // The instance's own interface is looked at anyway, unless it is told not to.
            if Some(name) != names.own.as_ref() && Some(name) != names.base.as_ref() {
                let target = TrackerId::Interface(self.links.intern(name));
                self.add(Track {
                    target,
                    weight: Weight::FAULT,
                    sense: Sense::Normal,
                });
            }
        }
    }

    fn add_entries(&mut self, tracking: &model::Tracking, is_owner: bool) {
        for track in self.resolve(tracking) {
            // An owner's priority is fixed.
            if !is_owner || track.weight.is_fault() {
                self.add(track);
            }
        }
    }

    /// The trackers of the sync group: its weight is used for a target that the member tracks too, unless there a
    /// failure is a fault. For an owner every failure is.
    fn merge_entries(&mut self, tracking: &model::Tracking, is_owner: bool) {
        for mut track in self.resolve(tracking) {
            if is_owner {
                track.weight = Weight::FAULT;
            }
            match self.list.iter_mut().find(|own| own.target == track.target) {
                Some(own) if own.weight.is_fault() => {}
                Some(own) => *own = track,
                None => self.list.push(track),
            }
        }
    }

    fn add(&mut self, track: Track) {
        match self.list.iter_mut().find(|own| own.target == track.target) {
            None => self.list.push(track),
            // Needed for an address and tracked with a weight: without it there is no master all the same.
            Some(own) if own.weight.is_fault() && own.sense == Sense::Normal => {}
            Some(own) => *own = track,
        }
    }

    fn resolve(&mut self, tracking: &model::Tracking) -> Vec<Track> {
        let mut list = Vec::new();
        for entry in &tracking.interfaces {
            list.push(track(
                TrackerId::Interface(self.links.intern(&entry.target)),
                entry,
            ));
        }
        let trackers = self.trackers;
        resolve_names(&tracking.scripts, |name| trackers.script(name), &mut list);
        resolve_names(&tracking.files, |name| trackers.file(name), &mut list);
        resolve_names(&tracking.processes, |name| trackers.process(name), &mut list);
        resolve_names(&tracking.bfd, |name| trackers.bfd(name), &mut list);
        list
    }
}

fn resolve_names(
    entries: &[TrackEntry<String>],
    find: impl Fn(&str) -> Option<TrackerId>,
    list: &mut Vec<Track>,
) {
    list.extend(
        entries
            .iter()
            .filter_map(|entry| Some(track(find(&entry.target)?, entry))),
    );
}

fn track<T>(target: TrackerId, entry: &TrackEntry<T>) -> Track {
    Track {
        target,
        weight: entry.weight,
        sense: entry.sense,
    }
}
