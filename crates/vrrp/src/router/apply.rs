//! A reload: the difference between two configurations (`spec/runtime.md` section 9).
//!
//! An instance is the same as before if VRID, family, interface and the way of its adverts are the same, whatever its
//! name. It keeps its state, counters, sequences, what it knows of the master, and every timer that runs: no advert is
//! missed and nobody takes over. (The reference starts the timers anew and forgets the master.)

use super::Router;
use crate::alarm::Alarm;
use crate::garp::{Announcer, Wake};
use crate::instance::Reconciled;
use crate::track::Trackers;
use crate::virtual_links::{InstanceLinks, LinkPlan};
use crate::{
    Cause, Change, Event, Instance, InstanceId, Notice, NotifiedState, Now, Object, Outbox, Presence,
    ScriptCommand, State, Want,
};
use model::{Family, IfName, Transport, VirtualLink, Vrid, VrrpConfiguration, VrrpGlobals};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// What makes two instances the same virtual router.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Identity {
    vrid: Vrid,
    family: Family,
    interface: Option<IfName>,
    way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Way {
    Unicast { source: Option<IpAddr> },
    Multicast { group: IpAddr, vmac: Option<Vmac> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Vmac {
    Vmac { xmit_base: bool },
    Ipvlan,
}

impl Identity {
    fn of(config: &model::Instance) -> Self {
        let way = match &config.transport {
            Transport::Unicast { .. } => Way::Unicast {
                source: config.source,
            },
            Transport::Multicast { group } => Way::Multicast {
                group: *group,
                vmac: config.virtual_link.as_ref().map(|link| match link {
                    VirtualLink::Vmac { xmit_base, .. } => Vmac::Vmac {
                        xmit_base: *xmit_base,
                    },
                    VirtualLink::Ipvlan { .. } => Vmac::Ipvlan,
                }),
            },
        };
        let interface = config.interface.clone().or_else(|| config.vrf.clone());
        Self {
            vrid: config.vrid,
            family: config.family,
            interface,
            way,
        }
    }
}

/// What became of the instances.
#[derive(Debug, Default)]
struct Changes {
    /// Nothing about them changed, not even their links.
    same: BTreeSet<InstanceId>,
    /// Changed, with the state before.
    kept: Vec<(InstanceId, State)>,
    new: Vec<InstanceId>,
}

impl Router {
    /// Takes a new configuration in. The links of its [`LinkPlan`] exist already.
    pub fn apply(
        &mut self,
        now: Now,
        configuration: VrrpConfiguration,
        globals: VrrpGlobals,
        out: &mut Outbox,
    ) {
        if self.stopping != super::Stopping::Running {
            return;
        }
        let first_want = out.wants.len();
        self.configuration = Arc::new(configuration);
        self.globals = globals;
        self.reload_trackers(now, out);
        let group_states: HashMap<_, _> = self
            .groups
            .iter()
            .map(|group| (Arc::clone(group.name()), group.state()))
            .collect();
        let changes = self.match_instances(now, out);
        self.make_groups();
        self.resolve_all(&changes.same);
        let announcer = Announcer::new(&self.configuration.garp_groups);
        let before = std::mem::replace(&mut self.announcer, announcer);
        let mut wake = Wake {
            now: now.time,
            alarms: &mut self.alarms,
            out,
        };
        self.announcer.inherit(before, &self.links, &mut wake);

        self.reload_statics(out);
        let mut announce = BTreeSet::new();
        for (id, _) in &changes.kept {
            if self.place_again(now, *id, out) == Some(Reconciled::AddressesAdded) {
                announce.insert(*id);
            }
            self.update_transport(now, *id, out);
        }
        for id in &changes.new {
            self.clean_up(now, *id, out);
        }
        let new = changes.new.iter().copied().collect();
        self.regroup(now, &group_states, &new, out);
        for id in &changes.new {
            self.start_added(now, *id, out);
        }
        for id in self.order.clone() {
            self.examine(now, id, out);
        }
        for id in &changes.same {
            self.with(now, out, *id, Instance::report_kept);
        }
        for (id, before) in &changes.kept {
            let announce = announce.contains(id);
            self.with(now, out, *id, |instance, cx| {
                instance.reload_done(cx, *before, announce);
            });
        }
        self.keep_moved(&mut out.wants[first_want..]);
        self.start_scripts(now, out);
        self.notify_groups(out);
    }

    /// An address that moved from one master to another one must not be removed for the former, whichever of the two
    /// the kernel writer serves first.
    fn keep_moved(&self, wants: &mut [Want]) {
        for want in wants {
            for change in &mut want.changes {
                let Object::Address(placed) = &*change.object else {
                    continue;
                };
                if change.presence == Presence::Present {
                    continue;
                }
                let (index, address) = (placed.index, placed.ip());
                let owners = self.claims.of_address(index, address).iter();
                let wanted = |id: &InstanceId| self.instance(*id)?.wanted().address(index, address);
                if let Some(object) = owners.clone().find_map(wanted) {
                    *change = Change {
                        presence: Presence::Present,
                        object: Arc::clone(object),
                    };
                }
            }
        }
    }

    /// Trackers with the same name keep what is known of them; runs of scripts that are gone are ended.
    fn reload_trackers(&mut self, now: Now, out: &mut Outbox) {
        let mut trackers = Trackers::new(&self.configuration);
        let (events, orphans) = trackers.inherit(&self.trackers);
        let before = std::mem::replace(&mut self.trackers, trackers);
        for (name, event) in events {
            out.event(Event::Script { name, event });
        }
        out.scripts
            .extend(orphans.into_iter().map(ScriptCommand::Terminate));
        // Alarms go by position, which may have changed.
        let mut running = HashMap::new();
        for (id, script) in before.scripts() {
            let due = self.alarms.due(Alarm::ScriptDue(id));
            let overdue = self.alarms.due(Alarm::ScriptOverdue(id));
            self.alarms.cancel(Alarm::ScriptDue(id));
            self.alarms.cancel(Alarm::ScriptOverdue(id));
            running.insert(
                Arc::clone(&script.name),
                (Arc::clone(&script.config), due, overdue),
            );
        }
        let mut restored = Vec::new();
        for (id, script) in self.trackers.scripts() {
            let Some((config, due, overdue)) = running.get(&script.name) else {
                continue;
            };
            if config.kind != script.config.kind {
                continue;
            }
            let due = due.map(|due| due.min(now.time + script.config.interval));
            restored.push((Alarm::ScriptDue(id), due));
            restored.push((Alarm::ScriptOverdue(id), *overdue));
        }
        for (alarm, due) in restored {
            if let Some(due) = due {
                self.alarms.set(alarm, due);
            }
        }
        self.reset_process_alarms(before.process_count());
    }

    fn reset_process_alarms(&mut self, count: usize) {
        for process in 0..count {
            self.alarms.cancel(Alarm::Process(process));
        }
    }

    /// Finds the old instance of each new one. Those without a successor are deleted.
    fn match_instances(&mut self, now: Now, out: &mut Outbox) -> Changes {
        let configs = std::mem::take(&mut Arc::make_mut(&mut self.configuration).instances);
        let plan = LinkPlan::new(&configs, &self.globals, &self.links.snapshot()).instances;
        let (found, gone) = self.predecessors(&configs);
        for id in gone {
            self.delete(now, id, out);
        }
        let mut changes = Changes::default();
        self.order.clear();
        for ((config, names), found) in configs.iter().zip(plan).zip(found) {
            let id = match found {
                Some(id) if self.get(id).is_configured_as(config, &names) => {
                    changes.same.insert(id);
                    id
                }
                Some(id) => {
                    changes.kept.push((id, self.state(id)));
                    self.with(now, out, id, |instance, cx| {
                        instance.reconfigure(cx, config, names);
                    });
                    id
                }
                None => self.add(now, config, names, &mut changes, out),
            };
            self.order.push(id);
        }
        Arc::make_mut(&mut self.configuration).instances = configs;
        changes
    }

    /// The old instance of each new one, and the old ones that have no successor.
    fn predecessors(&self, configs: &[model::Instance]) -> (Vec<Option<InstanceId>>, BTreeSet<InstanceId>) {
        let by_name: HashMap<&str, &Instance> = self
            .instances()
            .map(|instance| (&**instance.name(), instance))
            .collect();
        let mut left: BTreeSet<_> = self.order.iter().copied().collect();
        // Several instances may be alike but for their peers: those with the same name first.
        let mut found: Vec<_> = configs
            .iter()
            .map(|config| {
                let same_name = by_name.get(config.name.as_str())?;
                let same = Identity::of(same_name.config()) == Identity::of(config);
                (same && left.remove(&same_name.id())).then_some(same_name.id())
            })
            .collect();
        let mut by_identity: HashMap<Identity, Vec<InstanceId>> = HashMap::new();
        for id in left.iter().rev() {
            by_identity
                .entry(Identity::of(self.get(*id).config()))
                .or_default()
                .push(*id);
        }
        for (config, found) in configs.iter().zip(&mut found) {
            if found.is_none()
                && let Some(id) = by_identity.get_mut(&Identity::of(config)).and_then(Vec::pop)
            {
                *found = Some(id);
                left.remove(&id);
            }
        }
        (found, left)
    }

    fn add(
        &mut self,
        now: Now,
        config: &model::Instance,
        names: InstanceLinks,
        changes: &mut Changes,
        out: &Outbox,
    ) -> InstanceId {
        let id = self.allocate(out);
        self.slots[id.index()].instance = Some(Instance::new(id, config, names, now));
        changes.new.push(id);
        id
    }

    /// An instance is gone from the configuration. Its number is free when the kernel has nothing of it any more.
    fn delete(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        self.with(now, out, id, |instance, cx| {
            let was_fault = instance.state() == State::Fault;
            let state = if instance.config().notifications.report_deleted {
                Some(NotifiedState::Deleted)
            } else {
                (!was_fault).then_some(NotifiedState::Fault)
            };
            instance.stop(cx, crate::Release::Everything);
            if let Some(state) = state {
                instance.report(cx, state, Cause::Reload);
            }
            instance.set_group(None);
        });
        self.claims.release(id, &mut self.links);
        self.close_socket(id, out);
        self.slots[id.index()].tracks.clear();
        self.leaving.insert(id);
        self.free_if_gone(id, out);
    }

    /// Frees the number of a deleted instance.
    pub(super) fn free_if_gone(&mut self, id: InstanceId, out: &Outbox) {
        let gone = self.leaving.contains(&id) && !self.get(id).is_outstanding();
        if gone {
            self.leaving.remove(&id);
            self.slots[id.index()].instance = None;
            self.free.push_back((id, out.epoch));
        }
    }

    fn place_again(&mut self, now: Now, id: InstanceId, out: &mut Outbox) -> Option<Reconciled> {
        let (placement, permanent) = self.new_placement(id)?;
        self.with(now, out, id, |instance, cx| {
            instance.reconcile(cx, placement, permanent)
        })
    }

    /// The states of the new groups: a group that was in the same state before says nothing. Members that disagree,
    /// because the groups changed, agree on BACKUP; new members of a group that is master become master with it.
    fn regroup(
        &mut self,
        now: Now,
        before: &HashMap<Arc<str>, State>,
        new: &BTreeSet<InstanceId>,
        out: &mut Outbox,
    ) {
        for position in 0..self.groups.len() {
            let group = &self.groups[position];
            let old = || group.members().iter().filter(|member| !new.contains(member));
            let all = |state| old().all(|member| self.state(*member) == state);
            let waits = |member: &InstanceId| self.evaluate(*member).is_some_and(|h| h.waits_for_scripts);
            let state = if old().any(|member| self.state(*member) == State::Fault) {
                State::Fault
            } else if old().next().is_some() && all(State::Master) {
                State::Master
            } else if all(State::Init) && group.members().iter().any(waits) {
                State::Init
            } else {
                State::Backup
            };
            let (name, members) = (Arc::clone(group.name()), group.members().to_vec());
            self.groups[position].set_state(state);
            for member in members.into_iter().filter(|member| !new.contains(member)) {
                if !self.group_of_owners(member) {
                    self.with(now, out, member, Instance::cancel_start_as_owner);
                }
                self.align(now, member, state, &name, out);
            }
            let Some(notified) = NotifiedState::of(state) else {
                continue;
            };
            if before.get(&name) == Some(&state) {
                self.groups[position].notify(Notice::Kept(notified), None, out);
            } else {
                self.groups[position].notify_after_members(notified, Cause::Reload);
                self.waiting_groups.push(self.groups[position].id());
            }
        }
    }

    /// Brings a member to the state of its group.
    fn align(&mut self, now: Now, id: InstanceId, state: State, group: &Arc<str>, out: &mut Outbox) {
        let cause = Cause::Group {
            group: Arc::clone(group),
            member: Arc::clone(self.get(id).name()),
        };
        self.with(now, out, id, |instance, cx| match state {
            State::Backup if matches!(instance.state(), State::Master | State::Init) => {
                instance.enter_backup(cx, cause);
            }
            State::Fault if instance.state() != State::Fault => {
                instance.enter_fault(cx, cause, crate::instance::Noticed::InGroup);
            }
            _ => {}
        });
    }

    /// The first state of an instance that a reload brought.
    fn start_added(&mut self, now: Now, id: InstanceId, out: &mut Outbox) {
        let Some(health) = self.evaluate(id) else {
            return;
        };
        self.with(now, out, id, |instance, cx| {
            instance.update_health(cx, health);
        });
        if let Some(reason) = self.get(id).faults().first().cloned() {
            self.fail(now, id, Cause::Fault(reason), out);
            return;
        }
        let group = self.group_of(id).map(|group| &self.groups[group.index()]);
        match group {
            Some(group) if group.state() == State::Master => {
                let member = Arc::clone(self.get(id).name());
                let cause = Cause::Group {
                    group: Arc::clone(group.name()),
                    member,
                };
                self.with(now, out, id, |instance, cx| instance.enter_master(cx, cause));
            }
            _ => self.start_instance(now, id, out),
        }
    }
}
