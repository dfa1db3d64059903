//! Changes of state, and what they mean for the sync group.

use super::Router;
use crate::instance::{Noticed, Reaction};
use crate::{Cause, GroupId, Instance, InstanceId, Now, Outbox, State};
use std::sync::Arc;

impl Router {
    /// The deadline of a backup has passed: it becomes master, if its group allows.
    pub(super) fn elect(&mut self, now: Now, id: InstanceId, cause: Cause, out: &mut Outbox) {
        let Some(group) = self.group_of(id) else {
            self.with(now, out, id, |instance, cx| instance.enter_master(cx, cause));
            return;
        };
        let is_ready = |member: &InstanceId| {
            let member = self.get(*member);
            member.wants_master() || member.state() == State::Master
        };
        let members = &self.groups[group.index()];
        let others_ready = members
            .members()
            .iter()
            .filter(|member| **member != id)
            .all(is_ready);
        if members.state() != State::Master && !others_ready {
            self.with(now, out, id, Instance::wait_for_group);
            return;
        }
        self.with(now, out, id, |instance, cx| {
            instance.enter_master(cx, cause.clone());
        });
        self.enter_group(group, State::Master, cause, out);
        self.lead(now, group, id, out, |instance, cx, cause| {
            if instance.state() != State::Master {
                instance.enter_master(cx, cause);
            }
        });
    }

    /// Does what an instance cannot do alone.
    pub(super) fn react(&mut self, now: Now, id: InstanceId, reaction: Reaction, out: &mut Outbox) {
        match reaction {
            Reaction::None => {}
            Reaction::Yield(cause) => self.step_down(now, id, cause, out),
            Reaction::Reassert => {
                let members = match self.group_of(id) {
                    Some(group) => self.groups[group.index()].members().to_vec(),
                    None => vec![id],
                };
                for member in members {
                    self.with(now, out, member, Instance::reassert);
                }
            }
        }
    }

    /// An instance goes to BACKUP, and its group with it.
    pub(super) fn step_down(&mut self, now: Now, id: InstanceId, cause: Cause, out: &mut Outbox) {
        self.with(now, out, id, |instance, cx| {
            instance.enter_backup(cx, cause.clone());
        });
        if let Some(group) = self.group_of(id) {
            self.enter_group(group, State::Backup, cause, out);
            self.lead(now, group, id, out, |instance, cx, cause| {
                if instance.state() != State::Backup {
                    instance.enter_backup(cx, cause);
                }
            });
        }
    }

    /// An instance goes to FAULT, and its group with it.
    pub(super) fn fail(&mut self, now: Now, id: InstanceId, cause: Cause, out: &mut Outbox) {
        self.with(now, out, id, |instance, cx| {
            instance.enter_fault(cx, cause.clone(), Noticed::Here);
        });
        if let Some(group) = self.group_of(id) {
            self.enter_group(group, State::Fault, cause, out);
            self.lead(now, group, id, out, |instance, cx, cause| {
                if instance.state() != State::Fault {
                    instance.enter_fault(cx, cause, Noticed::InGroup);
                }
            });
        }
    }

    /// An instance has no reason to be in FAULT any more, or to wait: to BACKUP, when its group is all well.
    pub(super) fn recover(&mut self, now: Now, id: InstanceId, cause: Cause, out: &mut Outbox) {
        let well = match self.group_of(id) {
            Some(group) => {
                let mut members = self.groups[group.index()].members().iter();
                members.all(|member| self.get(*member).is_healthy())
            }
            None => self.get(id).is_healthy(),
        };
        if well {
            self.step_down(now, id, cause, out);
        }
    }

    /// Notifies the groups whose members have notified.
    pub(super) fn notify_groups(&mut self, out: &mut Outbox) {
        let (groups, slots) = (&mut self.groups, &self.slots);
        self.waiting_groups.retain(|group| {
            let Some(group) = groups.get_mut(group.index()) else {
                return false;
            };
            let waits = |member: &InstanceId| {
                slots[member.index()]
                    .instance
                    .as_ref()
                    .is_some_and(Instance::has_reports_waiting)
            };
            if group.members().iter().any(waits) {
                return true;
            }
            group.notify_waiting(out);
            false
        });
    }

    fn enter_group(&mut self, group: GroupId, state: State, cause: Cause, out: &mut Outbox) {
        self.groups[group.index()].enter(state, cause, out);
        self.waiting_groups.push(group);
    }

    pub(super) fn group_of(&self, id: InstanceId) -> Option<GroupId> {
        self.instance(id)?.group()
    }

    /// Lets the other members of a group follow one of them.
    pub(super) fn lead(
        &mut self,
        now: Now,
        group: GroupId,
        leader: InstanceId,
        out: &mut Outbox,
        mut follow: impl FnMut(&mut Instance, &mut crate::context::Context<'_>, Cause),
    ) {
        let group = &self.groups[group.index()];
        let cause = Cause::Group {
            group: Arc::clone(group.name()),
            member: Arc::clone(self.get(leader).name()),
        };
        for member in group.members().to_vec() {
            if member != leader {
                self.with(now, out, member, |instance, cx| {
                    follow(instance, cx, cause.clone());
                });
            }
        }
    }
}
