//! What the core wants done, in order.

use crate::event::{Event, Mail, Notice};
use crate::layout::CheckId;
use crate::schedule::RunId;
use model::ipvs::{Change, MapChange};

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Run a check; its outcome is to come back as [`Input::Finished`](crate::Input::Finished) with the same run.
    Start {
        /// Which check, for [`Director::checker`](crate::Director::checker). Valid until the next configuration.
        check: CheckId,
        /// The run.
        run: RunId,
        /// Index of the URL of `HTTP_GET` and `SSL_GET`; 0 for the other kinds.
        url: usize,
    },
    /// Abandon a run: close its connection, end its script. Its outcome is of no interest any more.
    Cancel(RunId),
    /// Change the kernel's IPVS table, in this order.
    Ipvs(Vec<Change>),
    /// Change the maps of `nftables_ipvs`.
    Map(MapChange),
    /// Write a log line.
    Event(Event),
    /// Run a script, write FIFO lines, send a trap; not before the changes of the kernel that precede it are done.
    Notice(Box<Notice>),
    /// Send a mail.
    Mail(Box<Mail>),
}

/// Collects what is to be done. Whoever owns it empties it after each call.
#[derive(Debug, Default)]
pub struct Outbox(Vec<Output>);

impl Outbox {
    /// Takes everything out, oldest first.
    pub fn drain(&mut self) -> impl Iterator<Item = Output> {
        self.0.drain(..)
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.0.push(output);
    }

    pub(crate) fn event(&mut self, event: impl Into<Event>) {
        self.0.push(Output::Event(event.into()));
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.0.push(Output::Notice(Box::new(notice)));
    }

    pub(crate) fn mail(&mut self, mail: Mail) {
        self.0.push(Output::Mail(Box::new(mail)));
    }

    /// Puts what was collected elsewhere, which is a lot, behind what is here.
    pub(crate) fn append(&mut self, mut other: Self) {
        other.0.splice(..0, self.0.drain(..));
        self.0 = other.0;
    }
}
