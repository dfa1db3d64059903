//! What others are told when the kernel has been changed: a script that connects to a server finds it in IPVS.

use super::ipvs::Ticket;
use super::outside::Outside;
use check::event::{Mail, Notice};
use std::collections::VecDeque;

/// What is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// Scripts and FIFOs.
    Notice(Box<Notice>),
    /// A mail.
    Mail(Box<Mail>),
}

/// Tellings in their order, each with the last batch that precedes it.
#[derive(Debug, Default)]
pub(super) struct Later {
    queue: VecDeque<(Ticket, Telling)>,
    done: Ticket,
}

impl Later {
    /// Tells, as soon as the batch is done.
    pub(super) fn tell(&mut self, after: Ticket, telling: Telling, outside: &Outside) {
        if self.queue.is_empty() && after <= self.done {
            outside.tell(telling);
        } else {
            self.queue.push_back((after, telling));
        }
    }

    /// Everything up to this batch is done.
    pub(super) fn done(&mut self, ticket: Ticket, outside: &Outside) {
        self.done = self.done.max(ticket);
        while self.queue.front().is_some_and(|(after, _)| *after <= ticket)
            && let Some((_, telling)) = self.queue.pop_front()
        {
            outside.tell(telling);
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
