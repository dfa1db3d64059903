//! What an operator asks for: to give up mastership once, and to stay out of it.

use super::Router;
use crate::{Cause, InstanceId, Now, Outbox, State};
use model::Micros;

impl Router {
    /// Whether all instances are kept in FAULT by an operator.
    #[must_use]
    pub const fn is_in_maintenance(&self) -> bool {
        self.in_maintenance
    }

    /// A master and its group tell the others to take over, and for some time let masters of lower priority be.
    pub(super) fn give_up(&mut self, now: Now, id: InstanceId, hold: Micros, out: &mut Outbox) {
        if self.state(id) != State::Master {
            return;
        }
        let members = match self.group_of(id) {
            Some(group) => self.groups[group.index()].members().to_vec(),
            None => vec![id],
        };
        // All of them before any leaves: the others' groups wait for the last of their members.
        for member in &members {
            self.with(now, out, *member, crate::Instance::say_that_it_stops);
        }
        self.step_down(now, id, Cause::Operator, out);
        for member in members {
            self.with(now, out, member, |instance, _| {
                instance.hold_until(now.time + hold);
            });
        }
    }

    pub(super) fn set_maintenance(&mut self, now: Now, on: bool, out: &mut Outbox) {
        if std::mem::replace(&mut self.in_maintenance, on) == on {
            return;
        }
        for id in self.order.clone() {
            self.examine(now, id, out);
        }
    }
}
