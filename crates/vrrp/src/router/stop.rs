//! The end.

use super::{Router, Stopping};
use crate::timers::{Alarms, Deadlines};
use crate::{
    Cause, Event, Instance, InstanceId, NotifiedState, Now, Outbox, Release, RouterEvent, ScriptCommand,
};

impl Router {
    /// Every master says that it stops; everything is taken out of the kernel. STOP is notified when that is done, first
    /// for the instances, then for the groups.
    pub(super) fn stop(&mut self, now: Now, release: Release, out: &mut Outbox) {
        if self.stopping != Stopping::Running {
            return;
        }
        self.stopping = Stopping::Removing;
        self.quiet_until = None;
        out.scripts
            .extend(self.trackers.runs().into_iter().map(ScriptCommand::Terminate));
        let ids = self.order.clone();
        for id in &ids {
            self.with(now, out, *id, |instance, cx| instance.stop(cx, release));
        }
        for id in ids {
            self.with(now, out, id, |instance, cx| {
                instance.report(cx, NotifiedState::Stop, Cause::Stop);
            });
            self.close_socket(id, out);
        }
        // They wait for the members of all groups, and for instances that are in none.
        self.waiting_groups.clear();
        for group in &mut self.groups {
            group.notify_after_members(NotifiedState::Stop, Cause::Stop);
        }
        if release == Release::Everything {
            self.remove_statics(out);
        }
        self.deadlines = Deadlines::default();
        self.alarms = Alarms::default();
    }

    /// Whether everything is done that a stop waits for.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopping == Stopping::Stopped
    }

    pub(super) fn finish_stop(&mut self, out: &mut Outbox) {
        if self.stopping != Stopping::Removing {
            return;
        }
        // What has been confirmed once stays so: the search goes on where it ended.
        let is_outstanding =
            |slot: &super::Slot| slot.instance.as_ref().is_some_and(Instance::is_outstanding);
        while self
            .slots
            .get(self.stop_cursor)
            .is_some_and(|slot| !is_outstanding(slot))
        {
            self.stop_cursor += 1;
        }
        if self.stop_cursor == self.slots.len() && !self.statics.is_outstanding() {
            self.stopping = Stopping::Stopped;
            for group in &mut self.groups {
                group.notify_waiting(out);
            }
            out.event(Event::Router(RouterEvent::Stopped));
        }
    }

    pub(super) fn close_socket(&mut self, id: InstanceId, out: &mut Outbox) {
        let Some(instance) = self.slots[id.index()].instance.as_mut() else {
            return;
        };
        let vrid = instance.config().vrid.value();
        if let Some(socket) = instance.take_socket() {
            self.sockets.leave(socket, vrid, id, out);
        }
    }
}
