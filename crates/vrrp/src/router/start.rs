//! The beginning: from a configuration to instances in their first state (`spec/vrrp-protocol.md` section 6.1).

use super::{Router, Slot, Stopping};
use crate::alarm::Alarm;
use crate::context::Tickets;
use crate::garp::Announcer;
use crate::instance::Noticed;
use crate::links::Links;
use crate::rhythm::Rhythm;
use crate::router::claims::Claims;
use crate::router::static_objects::Statics;
use crate::sockets::Sockets;
use crate::timers::{Alarms, Deadlines};
use crate::track::Trackers;
use crate::{
    Cause, Event, GroupEvent, GroupId, Instance, InstanceId, LinkPlan, Notice, NotifiedState, Now, Outbox,
    RouterEvent, State, SyncGroup,
};
use model::interface::Interfaces;
use model::{InitialState, Micros, VrrpConfiguration, VrrpGlobals};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// What a tracker says before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// The value of a track file; files that are not named here have 0.
    File(&'a str, i32),
    /// How many processes match a `vrrp_track_process`; those that are not named here have none.
    Processes(&'a str, u32),
    /// Whether a BFD session is up; those that are not named here are down.
    Bfd(&'a str, bool),
}

/// What a router is made of.
#[derive(Clone, Debug)]
pub struct Setup<'a> {
    /// The configuration.
    pub configuration: VrrpConfiguration,
    /// The globals.
    pub globals: VrrpGlobals,
    /// The interfaces at this moment, with the links of the [`LinkPlan`] among them.
    pub interfaces: Interfaces,
    /// For this long adverts are neither sent nor heard; see [`startup_delay`](Self::startup_delay).
    pub startup_delay: Micros,
    /// What the trackers say.
    pub readings: &'a [Reading<'a>],
}

impl Setup<'_> {
    /// The delay that `vrrp_startup_delay` and `vrrp_delay_after_boot` make together, `uptime` after the boot.
    #[must_use]
    pub fn startup_delay(globals: &VrrpGlobals, uptime: Micros) -> Micros {
        globals
            .startup_delay
            .max(globals.delay_after_boot.saturating_sub(uptime))
    }
}

impl Router {
    /// Makes the router and starts all instances.
    pub fn new(now: Now, setup: Setup<'_>, out: &mut Outbox) -> Self {
        let plan = LinkPlan::new(&setup.configuration.instances, &setup.globals, &setup.interfaces);
        let mut router = Self {
            slots: Vec::new(),
            order: Vec::new(),
            groups: Vec::new(),
            waiting_groups: Vec::new(),
            leaving: BTreeSet::new(),
            free: VecDeque::new(),
            source_trackers: HashMap::new(),
            links: Links::new(setup.interfaces),
            trackers: Trackers::new(&setup.configuration),
            sockets: Sockets::default(),
            claims: Claims::default(),
            statics: Statics::default(),
            deadlines: Deadlines::default(),
            alarms: Alarms::default(),
            rhythm: Rhythm::default(),
            announcer: Announcer::new(&setup.configuration.garp_groups),
            tickets: Tickets::default(),
            configuration: Arc::new(setup.configuration),
            globals: setup.globals,
            quiet_until: None,
            in_maintenance: false,
            stopping: Stopping::Running,
            stop_cursor: 0,
        };
        router.trackers.take_readings(setup.readings);
        for (position, names) in plan.instances.into_iter().enumerate() {
            let id = router.allocate(out);
            let config = &router.configuration.instances[position];
            router.slots[id.index()].instance = Some(Instance::new(id, config, names, now));
            router.order.push(id);
        }
        router.make_groups();
        router.resolve_all(&BTreeSet::new());
        if !setup.startup_delay.is_zero() {
            let until = now.time + setup.startup_delay;
            router.quiet_until = Some(until);
            router.alarms.set(Alarm::StartupDelay, until);
            out.event(Event::Router(RouterEvent::StartupDelayed(setup.startup_delay)));
        }
        router.start_statics(out);
        let ids = router.order.clone();
        for id in &ids {
            router.clean_up(now, *id, out);
        }
        router.start_groups(out);
        for id in ids {
            router.start_instance(now, id, out);
        }
        router.start_scripts(now, out);
        router
    }

    /// The startup delay is over. All deadlines were set with it in mind.
    pub(super) fn startup_delay_over(&mut self, out: &mut Outbox) {
        self.quiet_until = None;
        out.event(Event::Router(RouterEvent::StartupDelayOver));
    }

    /// A free number for an instance.
    pub(super) fn allocate(&mut self, out: &Outbox) -> InstanceId {
        // A number that became free in this outbox is still in use there.
        if let Some((id, epoch)) = self.free.front().copied()
            && epoch != out.epoch
        {
            self.free.pop_front();
            return id;
        }
        let number = u32::try_from(self.slots.len()).expect("fewer than 2^32 instances");
        self.slots.push(Slot {
            instance: None,
            tracks: Vec::new(),
        });
        InstanceId(number)
    }

    /// Makes the sync groups of the configuration, and tells their members.
    pub(super) fn make_groups(&mut self) {
        let ids: HashMap<Arc<str>, InstanceId> = self
            .instances()
            .map(|instance| (Arc::clone(instance.name()), instance.id()))
            .collect();
        self.groups = (0..)
            .map(GroupId)
            .zip(&self.configuration.sync_groups)
            .map(|(id, config)| {
                let members = config
                    .members
                    .iter()
                    .filter_map(|name| ids.get(name.as_str()).copied());
                SyncGroup::new(id, config, members.collect())
            })
            .collect();
        let of: HashMap<InstanceId, GroupId> = (0..)
            .map(GroupId)
            .zip(&self.groups)
            .flat_map(|(group, config)| config.members().iter().map(move |member| (*member, group)))
            .collect();
        for slot in &mut self.slots {
            if let Some(instance) = &mut slot.instance {
                instance.set_group(of.get(&instance.id()).copied());
            }
        }
    }

    /// Works out what depends on what, and whose the addresses are. Those of instances that did not change are known.
    pub(super) fn resolve_all(&mut self, same: &BTreeSet<InstanceId>) {
        self.links.reset_configuration();
        let ids = self.order.clone();
        for id in &ids {
            self.resolve(*id);
        }
        for delays in self.configuration.interface_delays.clone() {
            let link = self.links.intern(&delays.interface);
            self.links.set_delays(link, delays);
        }
        for polled in self.configuration.polled_links(&self.globals) {
            let link = self.links.intern(&polled.interface);
            self.links.set_polled(link);
        }
        self.source_trackers.clear();
        for id in &ids {
            let config = self.get(*id).config();
            if let (true, Some(source)) = (config.track_src_ip, config.source) {
                self.source_trackers.entry(source).or_default().push(*id);
            }
        }
        // First all, then their placement: an address is only taken for an interface's own if no instance claims it.
        for id in ids.into_iter().filter(|id| !same.contains(id)) {
            self.claim_addresses(id);
        }
    }

    /// Removes what a former run left behind, and opens the sockets.
    pub(super) fn clean_up(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        if let Some((placement, permanent)) = self.new_placement(id) {
            self.with(now, out, id, |instance, cx| {
                instance.clean_up(cx, placement, permanent);
            });
        }
        self.update_transport(now, id, out);
    }

    /// The first state of each group; its notification comes before those of the members.
    fn start_groups(&mut self, out: &mut Outbox) {
        for position in 0..self.groups.len() {
            let state = self.first_group_state(position);
            let group = &mut self.groups[position];
            group.set_state(state);
            if let Some(state) = NotifiedState::of(state) {
                group.notify(Notice::Entered(state), Some(Cause::Startup), out);
            }
        }
    }

    /// FAULT if any member is in FAULT; INIT while one waits, or if all are owners that are to be master at once.
    fn first_group_state(&self, position: usize) -> State {
        let members = self.groups[position].members();
        let health = || members.iter().filter_map(|member| self.evaluate(*member));
        if health().any(|health| !health.faults.is_empty()) {
            State::Fault
        } else if health().any(|health| health.waits_for_scripts)
            || members
                .iter()
                .all(|member| starts_as_master(self.get(*member).config()))
        {
            State::Init
        } else {
            State::Backup
        }
    }

    /// The first state of an instance.
    pub(super) fn start_instance(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        let Some(health) = self.evaluate(id) else { return };
        self.with(now, out, id, |instance, cx| {
            instance.update_health(cx, health);
        });
        let instance = self.get(id);
        let group = instance.group().map(|group| &self.groups[group.index()]);
        if let Some(reason) = instance.faults().first().cloned() {
            let cause = Cause::Fault(reason);
            self.with(now, out, id, |instance, cx| {
                instance.enter_fault(cx, cause, Noticed::Here);
            });
            return;
        }
        match group.map(SyncGroup::state) {
            Some(State::Fault) => {
                let group = group.expect("its state was just looked at");
                let member = Arc::clone(instance.name());
                group.event(GroupEvent::SyncingMemberAtStart(member), out);
                let cause = Cause::Group {
                    group: Arc::clone(group.name()),
                    member: self.faulty_member(group),
                };
                self.with(now, out, id, |instance, cx| {
                    instance.enter_fault(cx, cause, Noticed::InGroup);
                });
            }
            Some(State::Backup) => self.start_listening(now, id, out),
            group => {
                let all_owners = group.is_none() || self.group_of_owners(id);
                if instance.waits_for_scripts() {
                    return;
                }
                if all_owners && starts_as_master(instance.config()) {
                    self.with(now, out, id, Instance::start_as_owner);
                } else if group.is_none() {
                    self.start_listening(now, id, out);
                }
            }
        }
    }

    fn start_listening(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        self.with(now, out, id, |instance, cx| {
            instance.enter_backup(cx, Cause::Startup);
        });
    }

    /// Whether all members of an instance's group are owners and none of them waits.
    pub(super) fn group_of_owners(&self, id: InstanceId) -> bool {
        let members = self
            .group_of(id)
            .map_or(&[][..], |group| self.groups[group.index()].members());
        members
            .iter()
            .all(|member| starts_as_master(self.get(*member).config()))
            && members
                .iter()
                .filter_map(|member| self.evaluate(*member))
                .all(|health| !health.waits_for_scripts)
    }

    fn faulty_member(&self, group: &SyncGroup) -> Arc<str> {
        let is_faulty = |member: &&InstanceId| {
            self.evaluate(**member)
                .is_some_and(|health| !health.faults.is_empty())
        };
        let member = group
            .members()
            .iter()
            .find(is_faulty)
            .unwrap_or(&group.members()[0]);
        Arc::clone(self.get(*member).name())
    }
}

/// Whether an instance does not wait for the master-down timer at start: only the owner of the address, whatever
/// `state` says.
fn starts_as_master(config: &model::Instance) -> bool {
    config.priority.is_owner() && config.initial_state == InitialState::Master
}
