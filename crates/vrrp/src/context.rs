//! What a call of the router lends to the instance that it is about.

use crate::alarm::Alarm;
use crate::garp::Announcer;
use crate::links::Links;
use crate::rhythm::Rhythm;
use crate::timers::{Alarms, Deadlines};
use crate::{Now, Outbox, Owner, Ticket};
use model::Time;

/// The present, and the parts of the router that instances use but do not own.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Now,
    pub(crate) out: &'a mut Outbox,
    pub(crate) deadlines: &'a mut Deadlines,
    pub(crate) alarms: &'a mut Alarms<Alarm>,
    pub(crate) rhythm: &'a mut Rhythm,
    pub(crate) announcer: &'a mut Announcer,
    pub(crate) links: &'a Links,
    pub(crate) tickets: &'a mut Tickets,
    /// End of the startup delay, while it lasts.
    pub(crate) quiet_until: Option<Time>,
}

impl Context<'_> {
    /// The moment from which timers count: now, or the end of the startup delay.
    pub(crate) fn timers_from(&self) -> Time {
        self.quiet_until
            .map_or(self.now.time, |until| until.max(self.now.time))
    }
}

/// Gives out receipt numbers.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    last: u64,
}

impl Tickets {
    pub(crate) const fn next(&mut self, owner: Owner) -> Ticket {
        self.last += 1;
        Ticket {
            owner,
            number: self.last,
        }
    }
}
