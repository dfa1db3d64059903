//! MASTER: sending adverts, and what is heard of others meanwhile (`spec/vrrp-protocol.md` section 6.3).

use super::Instance;
use super::hear::{Heard, Reaction};
use crate::auth::Auth;
use crate::context::Context;
use crate::log_once::Complaint;
use crate::{Cause, InstanceEvent, Sender, State};
use model::{Micros, Time};
use std::cmp::Ordering;

impl Instance {
    /// The next advert is due.
    pub(crate) fn advert_due(&mut self, cx: &mut Context<'_>, due: Time) -> Reaction {
        if let Some(silence) = self.overslept(cx.now.time) {
            self.event(cx, InstanceEvent::NotScheduled { silence });
            return Reaction::Yield(Cause::NotScheduled { silence });
        }
        self.send_advert(cx);
        self.set_next_advert(cx, due);
        Reaction::None
    }

    /// Sends one advert now and restarts the interval.
    pub(super) fn send_advert_early(&mut self, cx: &mut Context<'_>) {
        self.send_advert(cx);
        self.begin_rhythm(cx);
    }

    pub(super) fn send_advert(&mut self, cx: &mut Context<'_>) {
        let (Some(socket), Some(buffer)) = (self.socket, &mut self.buffer) else {
            return;
        };
        buffer.send(self.id, socket, &mut self.auth, cx.now, cx.out);
        self.stats.advert_sent += 1;
        self.sent_at = Some(cx.now.time);
        self.owner_sent_advert(cx);
    }

    /// Tells the others that there is no master any more.
    pub(super) fn send_priority_zero(&mut self, cx: &mut Context<'_>) {
        let priority = self.effective_priority();
        let (Some(socket), Some(buffer)) = (self.socket, &mut self.buffer) else {
            return;
        };
        buffer.set_priority(0);
        buffer.send(self.id, socket, &mut self.auth, cx.now, cx.out);
        buffer.set_priority(priority);
        self.stats.advert_sent += 1;
        self.stats.pri_zero_sent += 1;
    }

    /// A master that is to give up asks the others to take over.
    pub(crate) fn say_that_it_stops(&mut self, cx: &mut Context<'_>) {
        if self.state == State::Master {
            self.send_priority_zero(cx);
        }
    }

    /// An advert of somebody else was accepted.
    pub(super) fn master_heard(&mut self, cx: &mut Context<'_>, heard: Heard) -> Reaction {
        let (from, ours) = (heard.sender, self.effective_priority());
        if from.priority == 0 {
            // Answered at once, so that nobody who waits for the skew time takes over.
            self.event(cx, InstanceEvent::MasterReceivedPriorityZero);
            self.send_advert_early(cx);
            return Reaction::None;
        }
        if self.is_owner_rival(from) {
            return self.owner_heard_in_master(cx, heard);
        }
        let address = self
            .source
            .map_or(Ordering::Greater, |own| from.address.cmp(&own));
        match from.priority.cmp(&ours).then(address) {
            Ordering::Greater => {
                if from.priority > ours {
                    self.event(cx, InstanceEvent::MasterReceivedHigher { from, ours });
                    self.yield_to(cx, heard, Cause::HigherPriority { from, ours })
                } else {
                    self.event(cx, InstanceEvent::MasterReceivedHigherAddress(from));
                    self.yield_to(cx, heard, Cause::HigherAddress { from })
                }
            }
            Ordering::Equal => {
                if self.logged.complaint(Complaint::OwnAddress) {
                    self.event(cx, InstanceEvent::OwnAddressHeard);
                }
                Reaction::None
            }
            Ordering::Less => self.force_election(cx, heard),
        }
    }

    /// Somebody worse believes to be master: our advert tells them better.
    pub(super) fn force_election(&mut self, cx: &mut Context<'_>, heard: Heard) -> Reaction {
        let (from, ours) = (heard.sender, self.effective_priority());
        let election = !self.config.lower_prio_no_advert;
        self.event(cx, InstanceEvent::MasterReceivedLower { from, ours, election });
        if let (Auth::Ah(ah), Some(sequence)) = (&mut self.auth, heard.ah_sequence) {
            // They drop what is not beyond their own number.
            ah.overtake(sequence);
            self.event(cx, InstanceEvent::AhSequenceSynced);
        }
        if election {
            self.send_advert_early(cx);
        }
        self.report_lower_priority(cx);
        Reaction::Reassert
    }

    /// Somebody better is master.
    pub(super) fn yield_to(&mut self, cx: &mut Context<'_>, heard: Heard, cause: Cause) -> Reaction {
        if self.config.higher_prio_send_advert {
            self.send_advert(cx);
        }
        self.learn_master(cx, heard);
        Reaction::Yield(cause)
    }

    /// `timer_expired_backup`: how long we were silent, if that is so long that another router must have taken over.
    fn overslept(&self, now: Time) -> Option<Micros> {
        let others = self.config.timer_expired_backup?;
        let silence = now.since(self.sent_at?);
        let limit = self.config.advert_int * 3 + self.skew_time_at(others.value());
        (silence > limit).then_some(silence)
    }

    /// Whether the sender claims to own the address as we do.
    fn is_owner_rival(&self, from: Sender) -> bool {
        let owner = model::Priority::OWNER.value();
        from.priority == owner && self.effective_priority() == owner
    }
}
