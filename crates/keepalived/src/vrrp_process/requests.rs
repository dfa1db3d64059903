//! What the router has asked of the kernel's writer, and what has come of it.

use super::firewall::Firewall;
use super::objects;
use crate::notify::KernelWork;
use kernel::ledger::{self, Removal};
use kernel::operation::{AddressKey, Key, Object, Operation, OperationError, Verdict};
use kernel::writer::{self, Progress, Standby, Writer};
use model::IfIndex;
use model::interface::{InterfaceAddress, Interfaces};
use std::cell::LazyCell;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use vrrp::{Outcome, Owner, Ticket, Want};

/// How many refusals of one request are logged one by one; a request for thousands of addresses on an interface that
/// is just going away is one mishap.
const SHOWN: usize = 5;

/// The owner of what this process removes on its own account.
const PREDECESSOR: ledger::Owner = ledger::Owner(u32::MAX);
/// The owner of links that are made before their instances know of them.
const PREPARATION: ledger::Owner = ledger::Owner(u32::MAX - 1);
/// The owner of settings of the whole machine.
const ENVIRONMENT: ledger::Owner = ledger::Owner(u32::MAX - 2);

/// The writer with the receipts of the router.
#[derive(Debug)]
pub(super) struct Requests {
    writer: Writer,
    firewall: Firewall,
    /// What has been made in advance, and is not taken over yet.
    prepared: Vec<Operation>,
    /// Requests that have not finished, by their numbers: the first one has the number `base`. Nothing stands for one that
    /// has finished before an earlier one of another owner.
    open: VecDeque<Option<Open>>,
    base: u64,
    progress: Vec<Progress>,
}

#[derive(Debug)]
struct Open {
    ticket: Ticket,
    refusals: usize,
}

/// What has become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Receipt {
    /// These addresses are there; the rest of the request is under way.
    Progressed(Ticket, Vec<(IfIndex, IpAddr)>),
    /// The request is finished.
    Confirmed(Ticket, Outcome),
    /// The links that were asked for in advance are there, as far as they can be.
    Prepared,
}

/// What the disappearance of an object means.
#[derive(Debug)]
pub(super) enum Loss {
    /// We have removed it ourselves.
    Ours,
    /// Nobody here has asked for it.
    Foreign,
    /// Somebody else has removed this, which we have asked for.
    Taken(Object),
}

impl Requests {
    pub(super) fn new(writer: Writer, firewall: Firewall) -> Self {
        Self {
            writer,
            firewall,
            prepared: Vec::new(),
            open: VecDeque::new(),
            base: 0,
            progress: Vec::new(),
        }
    }

    /// Whether the writer has something to do.
    pub(super) fn work(&self) -> KernelWork {
        if self.open.is_empty() {
            KernelWork::Done
        } else {
            KernelWork::UnderWay
        }
    }

    /// The number of the next request; the writer's own ones count too.
    pub(super) fn count(&self) -> u64 {
        self.base + self.open.len() as u64
    }

    /// Removes what a predecessor left behind.
    pub(super) fn clean_up(&mut self, removals: Vec<Operation>) {
        if !removals.is_empty() {
            self.writer.change(PREDECESSOR, removals);
        }
    }

    /// Makes links before their instances ask for them; [`Receipt::Prepared`] follows. Says whether there is anything to
    /// be made.
    pub(super) fn prepare(&mut self, operations: Vec<Operation>) -> bool {
        if operations.is_empty() {
            return false;
        }
        let added = |operation: &&Operation| matches!(operation, Operation::Add(_));
        self.prepared.extend(operations.iter().filter(added).cloned());
        self.writer.change(PREPARATION, operations);
        true
    }

    /// The instances have asked for their links: what none of them wants goes.
    pub(super) fn hand_over(&mut self) {
        if !self.prepared.is_empty() {
            let removals = self.prepared.drain(..).map(|operation| operation.undo());
            let removals = removals.collect();
            self.writer.change(PREPARATION, removals);
        }
    }

    /// Changes settings of the whole machine.
    pub(super) fn set(&mut self, operations: Vec<Operation>) {
        if !operations.is_empty() {
            self.writer.change(ENVIRONMENT, operations);
        }
    }

    /// The firewall that requests are made with.
    pub(super) const fn firewall(&self) -> &Firewall {
        &self.firewall
    }

    pub(super) const fn firewall_mut(&mut self) -> &mut Firewall {
        &mut self.firewall
    }

    /// Waits until everything is carried out and the writer's thread has ended.
    pub(super) fn finish(self) {
        for part in self.writer.finish() {
            for error in part
                .ended
                .iter()
                .filter_map(|(_, verdict)| verdict.as_ref().err())
            {
                tracing::warn!("{error}");
            }
        }
    }

    /// Passes a wish of the router on to the writer. `interfaces` gives the names in a route their meaning.
    pub(super) fn want(
        &mut self,
        want: &Want,
        interfaces: &LazyCell<Interfaces, impl FnOnce() -> Interfaces>,
    ) {
        let owner = number(want.ticket.owner());
        let mut operations = Vec::with_capacity(want.changes.len());
        let mut refusals = 0;
        for change in &want.changes {
            match objects::operation(change, interfaces, &self.firewall) {
                Ok(operation) => operations.extend(operation),
                Err(error) => {
                    refusals += 1;
                    tracing::warn!("{}: {error}", change.object);
                }
            }
        }
        let writer::Ticket(number) = self.writer.change(owner, operations);
        if self.open.is_empty() {
            self.base = number;
        }
        // The writer numbers all requests one after the other, also those without a receipt.
        while self.base + (self.open.len() as u64) < number {
            self.open.push_back(None);
        }
        self.open.push_back(Some(Open {
            ticket: want.ticket,
            refusals,
        }));
    }

    /// Has the writer stay awake, or sleep again.
    pub(super) fn stand_by(&self, on: Standby) {
        self.writer.stand_by(on);
    }

    /// Whether there is something to collect.
    pub(super) fn has_progress(&mut self) -> bool {
        self.writer.has_progress()
    }

    /// The place of a request.
    fn open_mut(&mut self, request: writer::Ticket) -> Option<&mut Option<Open>> {
        let place = request.0.checked_sub(self.base)?;
        self.open.get_mut(usize::try_from(place).ok()?)
    }

    /// Takes what the writer has done since the last call and appends the receipts to `receipts`.
    /// Never waits.
    ///
    /// Read the monitor between this call and the use of the receipts: the kernel has told the monitor of a change
    /// before it confirmed the change, so a removal that precedes an addition is then known first.
    pub(super) fn collect(&mut self, receipts: &mut Vec<Receipt>) {
        let mut progress = std::mem::take(&mut self.progress);
        self.writer.collect(&mut progress);
        for part in progress.drain(..) {
            self.take(&part, receipts);
        }
        self.progress = progress;
        while matches!(self.open.front(), Some(None)) {
            self.open.pop_front();
            self.base += 1;
        }
    }

    fn take(&mut self, part: &Progress, receipts: &mut Vec<Receipt>) {
        let refused = part
            .ended
            .iter()
            .filter_map(|(_, verdict)| verdict.as_ref().err());
        if part.owner == PREPARATION {
            // What is refused here is refused again when the instance asks for it.
            if part.finished {
                receipts.push(Receipt::Prepared);
            }
            return;
        }
        if [PREDECESSOR, ENVIRONMENT].contains(&part.owner) {
            refused.for_each(|error| tracing::warn!("{error}"));
            return;
        }
        let Some(place) = self.open_mut(part.ticket) else {
            return;
        };
        let Some(open) = place else {
            return;
        };
        open.note(refused);
        if part.finished {
            receipts.push(Receipt::Confirmed(open.ticket, open.outcome()));
            *place = None;
        } else {
            let addresses: Vec<_> = part.ended.iter().filter_map(added_address).collect();
            if !addresses.is_empty() {
                receipts.push(Receipt::Progressed(open.ticket, addresses));
            }
        }
    }

    /// Says what it means that the monitor reports an object as gone.
    pub(super) fn lost(&mut self, key: &Key) -> Loss {
        match self.writer.removed(key) {
            Removal::Ours => Loss::Ours,
            Removal::Unwanted => Loss::Foreign,
            // Several owners share it, and the router knows which of its own do.
            Removal::Others(owners) => {
                let first = owners.into_iter().next();
                first.map_or(Loss::Foreign, |(_, object)| Loss::Taken(object))
            }
        }
    }

    /// Takes note that the monitor has lost notifications.
    pub(super) fn resynchronised(&mut self) {
        self.writer.resynchronised();
    }

    /// Whether the router has asked for this address of an interface.
    pub(super) fn wants(&self, index: IfIndex, address: &InterfaceAddress) -> bool {
        let key = AddressKey::new(index, address.prefix);
        self.writer.is_wanted(&Key::Address(key))
    }
}

impl AsFd for Requests {
    /// Readable when there is something to collect.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.writer.as_fd()
    }
}

impl Open {
    /// Counts refusals and logs the first ones.
    fn note<'a>(&mut self, refused: impl Iterator<Item = &'a OperationError>) {
        for error in refused {
            self.refusals += 1;
            if self.refusals <= SHOWN {
                tracing::warn!("{error}");
            }
        }
    }

    fn outcome(&self) -> Outcome {
        if self.refusals > SHOWN {
            tracing::warn!("and {} more changes refused", self.refusals - SHOWN);
        }
        if self.refusals == 0 {
            Outcome::Applied
        } else {
            Outcome::Failed
        }
    }
}

/// The address that an operation has put there.
fn added_address((operation, verdict): &(Operation, Verdict)) -> Option<(IfIndex, IpAddr)> {
    match (operation, verdict) {
        (
            Operation::Add(Object::Address(address)),
            Ok(kernel::operation::Outcome::Done | kernel::operation::Outcome::WasSo),
        ) => Some((address.interface, address.prefix.address)),
        _ => None,
    }
}

/// The owner as the writer numbers it.
fn number(owner: Owner) -> ledger::Owner {
    match owner {
        Owner::Static => ledger::Owner(0),
        Owner::Instance(id) => {
            ledger::Owner(u32::try_from(id.index() + 1).expect("fewer than 2^32 - 2 instances"))
        }
    }
}

#[cfg(test)]
mod tests;
