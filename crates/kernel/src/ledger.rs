//! What has been asked of the kernel, by whom, and what of it is on its way.
//!
//! The ledger is ahead of the kernel: it knows what will be there when everything queued has been carried out. So a
//! MASTER transition that is followed by a BACKUP transition before the kernel has answered removes exactly what was
//! just added. It also tells whether the disappearance of an object that the monitor reports is our own doing.

use crate::difference::difference;
use crate::map::Map;
use crate::operation::{Key, Object, Operation, Outcome, RouteKey, Verdict};
use std::collections::BTreeMap;

/// Who wants something in the kernel: an instance, the static objects, the process itself. Numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u32);

/// Why an object is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// We removed it.
    Ours,
    /// Somebody else removed what these owners want, in the order in which they asked for it, each with the object as
    /// it asked for it.
    Others(Vec<(Owner, Object)>),
    /// Nobody here wants it.
    Unwanted,
}

/// The wanted state of all owners.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: Map<Key, Entry>,
    /// Counts additions, for their order.
    clock: u64,
}

/// What is known of one object of the kernel.
#[derive(Debug, Default)]
struct Entry {
    /// Who wants it. Most objects have one owner, which takes no list.
    first: Option<Holding>,
    others: Vec<Holding>,
    /// Removals that have not ended.
    in_flight: u32,
    /// Notifications of removals that the monitor has still to report.
    expected: u32,
}

/// What an owner wants.
#[derive(Debug)]
struct Holding {
    owner: Owner,
    object: Object,
    added: u64,
    /// It could not be added, or was removed by others.
    gone: bool,
}

impl Entry {
    fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.first.iter().chain(&self.others)
    }

    fn holding_of(&mut self, owner: Owner) -> Option<&mut Holding> {
        let mut all = self.first.iter_mut().chain(&mut self.others);
        all.find(|holding| holding.owner == owner)
    }

    fn is_wanted(&self) -> bool {
        self.holdings().any(|holding| !holding.gone)
    }

    fn is_leaving(&self) -> bool {
        self.in_flight > 0 || self.expected > 0
    }

    /// Adds or replaces what an owner wants. Who has it longest is first.
    fn hold(&mut self, holding: Holding) {
        if let Some(before) = self.holding_of(holding.owner) {
            *before = holding;
        } else if self.first.is_none() {
            self.first = Some(holding);
        } else {
            self.others.push(holding);
        }
    }

    fn release(&mut self, owner: Owner) {
        self.others.retain(|holding| holding.owner != owner);
        if self.first.as_ref().is_some_and(|first| first.owner == owner) {
            self.first = (!self.others.is_empty()).then(|| self.others.remove(0));
        }
    }
}

impl Ledger {
    /// Makes `wanted` the whole of what `owner` wants, and says which operations that takes.
    pub fn want(&mut self, owner: Owner, wanted: &[Object]) -> Vec<Operation> {
        let present: BTreeMap<u64, Object> = self
            .entries
            .values()
            .flat_map(Entry::holdings)
            .filter(|holding| holding.owner == owner && !holding.gone)
            .map(|holding| (holding.added, holding.object.clone()))
            .collect();
        let present: Vec<Object> = present.into_values().collect();
        self.change(owner, difference(&present, wanted))
    }

    /// Notes what `owner` asks for and returns what of it the kernel has to do; that must be sent to it now.
    ///
    /// An object that another owner still wants is not removed. One that another owner has already is added
    /// nevertheless, so that its presence is confirmed to this owner too.
    pub fn change(&mut self, owner: Owner, mut operations: Vec<Operation>) -> Vec<Operation> {
        operations.retain(|operation| match operation {
            Operation::Add(object) => {
                self.clock += 1;
                let holding = Holding {
                    owner,
                    object: object.clone(),
                    added: self.clock,
                    gone: false,
                };
                self.entries.entry(object.key()).or_default().hold(holding);
                true
            }
            Operation::Remove(object) => self.give_up(owner, object),
        });
        operations
    }

    /// Whether the object is to be removed, since nobody else wants it.
    fn give_up(&mut self, owner: Owner, object: &Object) -> bool {
        let entry = self.entries.entry(object.key()).or_default();
        entry.release(owner);
        let last = !entry.is_wanted();
        if last {
            entry.in_flight += 1;
            entry.expected += 1;
        }
        last
    }

    /// Whether any owner has asked for an object with this key.
    #[must_use]
    pub fn is_wanted(&self, key: &Key) -> bool {
        self.entries.get(key).is_some_and(Entry::is_wanted)
    }

    /// Notes how an operation of `owner` ended. What could not be added is not there, and a later
    /// [`want`](Self::want) tries it again.
    pub fn settled(&mut self, owner: Owner, operation: &Operation, verdict: &Verdict) {
        let key = operation.object().key();
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        match operation {
            Operation::Add(_) => {
                let superseded = matches!(verdict, Ok(Outcome::Superseded));
                if let Some(holding) = entry.holding_of(owner).filter(|_| !superseded) {
                    // Also back: an earlier attempt failed, or others removed the object in between.
                    holding.gone = verdict.is_err();
                }
            }
            Operation::Remove(_) => {
                let reported = matches!(verdict, Ok(Outcome::Done));
                entry.in_flight = entry.in_flight.saturating_sub(1);
                entry.expected = entry.expected.saturating_sub(u32::from(!reported));
                self.forget_if_done(&key);
            }
        }
    }

    /// Says why the object that the monitor reports as removed is gone, and remembers that it is.
    pub fn removed(&mut self, key: &Key) -> Removal {
        let asked = match key {
            // The kernel names the interface also of a route that was asked for without one.
            Key::Route(route) if !self.knows(key) => Key::Route(Box::new(RouteKey {
                interface: None,
                ..**route
            })),
            _ => key.clone(),
        };
        let Some(entry) = self.entries.get_mut(&asked) else {
            return Removal::Unwanted;
        };
        if entry.expected > 0 {
            entry.expected -= 1;
            self.forget_if_done(&asked);
            return Removal::Ours;
        }
        let wanted: Vec<_> = entry
            .first
            .iter_mut()
            .chain(&mut entry.others)
            .filter(|holding| !holding.gone)
            .map(|holding| {
                holding.gone = true;
                (holding.owner, holding.object.clone())
            })
            .collect();
        if wanted.is_empty() {
            return Removal::Unwanted;
        }
        Removal::Others(wanted)
    }

    /// Notes that notifications were lost: removals that are confirmed will not be reported any more.
    pub fn resynchronised(&mut self) {
        self.entries.retain(|_, entry| {
            entry.expected = entry.expected.min(entry.in_flight);
            entry.first.is_some() || entry.is_leaving()
        });
    }

    fn knows(&self, key: &Key) -> bool {
        let entry = self.entries.get(key);
        entry.is_some_and(|entry| entry.is_leaving() || entry.is_wanted())
    }

    fn forget_if_done(&mut self, key: &Key) {
        let entry = self.entries.get(key);
        if entry.is_some_and(|entry| entry.first.is_none() && !entry.is_leaving()) {
            self.entries.remove(key);
        }
    }
}

#[cfg(test)]
mod tests;
