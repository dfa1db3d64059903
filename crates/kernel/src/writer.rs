//! The thread that changes the kernel, so that the one that sends adverts never waits for it.
//!
//! An owner says what it wants ([`Writer::want`]) and gets a [`Ticket`]. What differs from what is there or on its way
//! goes into the queue, and the thread carries it out in small batches: in order for one owner, in turns among
//! owners, so that an instance with thousands of addresses does not hold up the others. [`Progress`] comes back
//! after every batch, long before a large request is finished, so that gratuitous ARPs can follow their addresses
//! closely; the writer's descriptor is readable then.
//!
//! The thread works in the network namespace of the back end. [`Writer::finish`] waits for it: nothing that was
//! asked for is lost at a stop.

mod queue;
mod requests;

use crate::ledger::{Ledger, Owner, Removal};
use crate::operation::{Backend, Key, Object, Operation, Verdict};
use nix::sys::eventfd::{EfdFlags, EventFd};
use queue::Queue;
use requests::{Incoming, Requests};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

/// Names a request to the writer. Later requests have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Operations of one request that have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Who asked.
    pub owner: Owner,
    /// The request.
    pub ticket: Ticket,
    /// The operations with their ends, in order.
    pub ended: Vec<(Operation, Verdict)>,
    /// Whether the request is finished with these. Requests of one owner finish in their order.
    pub finished: bool,
}

/// What the thread does while it has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standby {
    /// It sleeps.
    Asleep,
    /// It looks for requests all the time.
    Awake,
}

/// What is sent to the thread.
struct Request {
    owner: Owner,
    ticket: Ticket,
    operations: Vec<Operation>,
}

/// The handle of the writer's thread, and the account of what has been asked of it.
#[derive(Debug)]
pub struct Writer {
    ledger: Ledger,
    tickets: u64,
    requests: Requests,
    progress: Receiver<Vec<Progress>>,
    /// Progress that was found but not collected.
    early: Option<Vec<Progress>>,
    wake: Arc<EventFd>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread, which carries out operations by `backend`.
    ///
    /// Blocked signals stay blocked in the new thread, so block those that the event loop takes before.
    pub fn start(backend: impl Backend + 'static) -> io::Result<Self> {
        let (requests, incoming) = requests::channel()?;
        let (outgoing, progress) = channel();
        let wake = Arc::new(EventFd::from_flags(
            EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
        )?);
        let waker = Arc::clone(&wake);
        let thread = Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(backend, &incoming, &outgoing, &waker))?;
        Ok(Self {
            ledger: Ledger::default(),
            tickets: 0,
            requests,
            progress,
            early: None,
            wake,
            thread,
        })
    }

    /// Makes `wanted` the whole of what `owner` has in the kernel. The request finishes also if nothing is to be done.
    pub fn want(&mut self, owner: Owner, wanted: &[Object]) -> Ticket {
        let operations = self.ledger.want(owner, wanted);
        self.send(owner, operations)
    }

    /// Adds to what `owner` has in the kernel and takes from it, in this order. What it does not have, like a
    /// predecessor's leftovers, can be removed as well.
    ///
    /// An object that another owner has too stays, and its removal is not among the operations that are reported.
    pub fn change(&mut self, owner: Owner, operations: Vec<Operation>) -> Ticket {
        let operations = self.ledger.change(owner, operations);
        self.send(owner, operations)
    }

    fn send(&mut self, owner: Owner, operations: Vec<Operation>) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let request = Request {
            owner,
            ticket,
            operations,
        };
        self.requests.send(request);
        ticket
    }

    /// Appends what has ended since the last call to `progress`. Never blocks.
    pub fn collect(&mut self, progress: &mut Vec<Progress>) {
        // Reading resets the descriptor; that it is not readable is no error.
        let _ = self.wake.read();
        while let Some(parts) = self.early.take().or_else(|| self.progress.try_recv().ok()) {
            self.settle(&parts);
            progress.extend(parts);
        }
    }

    /// Has the thread stay awake, so that it takes the next request up at once, or lets it sleep again. To be asked for
    /// moments only: it occupies a processor.
    pub fn stand_by(&self, on: Standby) {
        self.requests.stand_by(on);
    }

    /// Whether there is something to collect. For a caller that looks again and again: unlike its descriptor this costs no
    /// system call.
    pub fn has_progress(&mut self) -> bool {
        if self.early.is_none() {
            self.early = self.progress.try_recv().ok();
        }
        self.early.is_some()
    }

    fn settle(&mut self, parts: &[Progress]) {
        for part in parts {
            for (operation, verdict) in &part.ended {
                self.ledger.settled(part.owner, operation, verdict);
            }
        }
    }

    /// Says why the object that the monitor reports as removed is gone. Those whose owners want it are told, and
    /// their next [`want`](Self::want) puts it back.
    pub fn removed(&mut self, key: &Key) -> Removal {
        self.ledger.removed(key)
    }

    /// Whether anybody has asked for an object with this key.
    #[must_use]
    pub fn is_wanted(&self, key: &Key) -> bool {
        self.ledger.is_wanted(key)
    }

    /// Takes note that the monitor has lost notifications.
    pub fn resynchronised(&mut self) {
        self.ledger.resynchronised();
    }

    /// Waits until everything asked for is carried out, ends the thread and returns the progress not yet collected.
    #[must_use]
    pub fn finish(self) -> Vec<Progress> {
        drop(self.requests);
        let all = self.early.into_iter().chain(&self.progress).flatten().collect();
        if let Err(panic) = self.thread.join() {
            std::panic::resume_unwind(panic);
        }
        all
    }
}

impl AsFd for Writer {
    /// Readable when there is progress to collect.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

fn run(mut backend: impl Backend, incoming: &Incoming, outgoing: &Sender<Vec<Progress>>, wake: &EventFd) {
    let mut queue = Queue::default();
    let mut verdicts = Vec::new();
    while let Some(request) = incoming.wait() {
        queue.push(request);
        loop {
            while let Some(request) = incoming.next() {
                queue.push(request);
            }
            let Some(chunk) = queue.next_chunk() else {
                break;
            };
            verdicts.clear();
            if !chunk.operations.is_empty() {
                backend.apply(&chunk.operations, &mut verdicts);
            }
            // Without a receiver nobody wants to know any more; what was asked for is done nevertheless.
            let _ = outgoing.send(chunk.progress(verdicts.drain(..)));
            // The counter saturates at a value that still wakes.
            let _ = wake.write(1);
        }
    }
    backend.finish();
}

#[cfg(test)]
mod tests;
