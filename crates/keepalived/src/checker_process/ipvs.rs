//! The kernel's IPVS table, changed from a thread of its own.
//!
//! The kernel takes its time with thousands of services, and no check waits for that. What the loop wants done in a turn is
//! one batch; its [`Ticket`] comes back when it is done. What the kernel refuses is in the log, and asked for again later
//! ([`repairs`]): the director goes by what should be there.

mod keeper;
mod marking;
pub(super) mod repairs;

use crate::runtime::inbox::{Inbox, Poster, Senders};
use keeper::Keeper;
use kernel::ipvs::Backend;
use marking::Marking;
use model::Globals;
use model::ipvs::{Change, MapChange, Table};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// So many changes are not kept for the end of the turn.
const LARGE: usize = 1_000;

/// What the thread is asked for.
#[derive(Debug)]
enum Order {
    /// Change the table, in this order.
    Apply(Vec<Change>),
    /// Change the marks of groups, in this order.
    Mark(Vec<MapChange>),
    /// Compare the table with this one, and put in what is missing.
    Repair(Table, Leftovers),
    /// Go by these settings.
    Configure(Arc<Globals>),
    /// Give back what was changed beside the table.
    Restore,
}

/// What a comparison does about destinations that a service of ours has and should not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftovers {
    /// They are others'.
    Stay,
    /// They are a killed predecessor's.
    Go,
}

/// Names an order; a later one has a larger number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// An order that is carried out.
#[derive(Clone, Copy, Debug)]
struct Done {
    ticket: Ticket,
    /// Part of it was refused.
    is_refused: bool,
}

/// What has been carried out since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The last order.
    pub(super) ticket: Ticket,
    /// Part of the table was refused.
    pub(super) is_refused: bool,
}

/// The thread, and the batch that is being put together.
#[derive(Debug)]
pub(super) struct Writer {
    orders: Option<Poster<(Ticket, Order)>>,
    done: Inbox<Done>,
    thread: Option<JoinHandle<()>>,
    collecting: Vec<Change>,
    marks: Vec<MapChange>,
    /// Handed over last, and done last.
    last: Ticket,
    finished: Ticket,
    arrived: Vec<Done>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(backend: Box<dyn Backend>) -> io::Result<Self> {
        let (orders, inbox) = Inbox::new()?;
        let (poster, done) = Inbox::new()?;
        let thread = Builder::new()
            .name("ipvs".to_owned())
            .spawn(move || live(Keeper::new(backend), &inbox, &poster))?;
        Ok(Self {
            orders: Some(orders),
            done,
            thread: Some(thread),
            collecting: Vec::new(),
            marks: Vec::new(),
            last: Ticket::default(),
            finished: Ticket::default(),
            arrived: Vec::new(),
        })
    }

    /// Adds to the batch. One that is large is handed over at once: a new configuration has much more to do than that.
    pub(super) fn add(&mut self, mut changes: Vec<Change>) {
        if self.collecting.is_empty() {
            self.collecting = changes;
        } else {
            self.collecting.append(&mut changes);
        }
        if self.collecting.len() >= LARGE {
            self.send();
        }
    }

    /// Adds a change of the marks to the batch; they are changed after the table.
    pub(super) fn mark(&mut self, change: MapChange) {
        self.marks.push(change);
    }

    /// The order after which everything that was added so far is done.
    pub(super) fn ticket(&self) -> Ticket {
        let batches = [self.collecting.is_empty(), self.marks.is_empty()];
        let batches = batches.into_iter().map(|is_empty| u64::from(!is_empty));
        Ticket(self.last.0 + batches.sum::<u64>())
    }

    /// Hands the batch over.
    pub(super) fn send(&mut self) {
        if !self.collecting.is_empty() {
            let batch = std::mem::take(&mut self.collecting);
            self.order(Order::Apply(batch));
        }
        if !self.marks.is_empty() {
            let batch = std::mem::take(&mut self.marks);
            self.order(Order::Mark(batch));
        }
    }

    /// Has the table compared with what it should be.
    pub(super) fn repair(&mut self, wanted: Table, leftovers: Leftovers) {
        self.send();
        self.order(Order::Repair(wanted, leftovers));
    }

    /// Goes by the settings of a configuration.
    pub(super) fn configure(&mut self, globals: Arc<Globals>) {
        self.send();
        self.order(Order::Configure(globals));
    }

    /// Gives back what was changed beside the table.
    pub(super) fn restore(&mut self) {
        self.send();
        self.order(Order::Restore);
    }

    fn order(&mut self, order: Order) {
        self.last.0 += 1;
        if let Some(orders) = &self.orders {
            orders.post((self.last, order));
        }
    }

    /// What has been carried out since the last call. An error means that the thread is gone.
    pub(super) fn collect(&mut self) -> io::Result<Option<News>> {
        if self.done.collect(&mut self.arrived) == Senders::Gone {
            return Err(io::Error::other("its thread panicked"));
        }
        let mut news = None;
        for Done { ticket, is_refused } in self.arrived.drain(..) {
            self.finished = ticket;
            let earlier = news.is_some_and(|news: News| news.is_refused);
            news = Some(News {
                ticket,
                is_refused: is_refused || earlier,
            });
        }
        Ok(news)
    }

    /// Whether everything that was asked for is done.
    pub(super) fn is_idle(&self) -> bool {
        self.finished == self.ticket()
    }
}

impl AsFd for Writer {
    /// Readable when an order is carried out.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.done.as_fd()
    }
}

impl Drop for Writer {
    /// Waits for what has been handed over.
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been logged as one.
            let _ = thread.join();
        }
    }
}

/// The thread.
fn live(mut keeper: Keeper, orders: &Inbox<(Ticket, Order)>, done: &Poster<Done>) {
    let mut marking = Marking::default();
    let mut waiting = Vec::new();
    loop {
        let mut descriptors = [PollFd::new(orders.as_fd(), PollFlags::POLLIN)];
        // A wait that fails is a wait that ends early.
        let _ = poll(&mut descriptors, PollTimeout::NONE);
        let senders = orders.collect(&mut waiting);
        for (ticket, order) in waiting.drain(..) {
            let is_refused = match order {
                Order::Apply(changes) => keeper.apply(&changes),
                Order::Mark(changes) => marking.apply(&changes),
                Order::Repair(wanted, leftovers) => {
                    // Both, whatever comes of the first.
                    keeper.repair(&wanted, leftovers) | marking.repair()
                }
                Order::Configure(globals) => {
                    keeper.configure(&globals.lvs);
                    marking.configure(&globals)
                }
                Order::Restore => {
                    keeper.restore();
                    marking.finish();
                    false
                }
            };
            done.post(Done { ticket, is_refused });
        }
        if senders == Senders::Gone {
            return;
        }
    }
}
