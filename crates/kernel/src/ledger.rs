//! What has been asked of the kernel, by whom, and what of it is on its way.
//!
//! The ledger is ahead of the kernel: it knows what will be there when everything queued has been carried out. So a
//! MASTER transition that is followed by a BACKUP transition before the kernel has answered removes exactly what was
//! just added. It also tells whether the disappearance of an object that the monitor reports is our own doing.

use crate::difference::difference;
use crate::operation::{Key, Object, Operation, Outcome, RouteKey, Verdict};
use std::collections::{BTreeMap, HashMap};

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
    holdings: HashMap<Owner, HashMap<Key, Holding>>,
    /// The owners of each object that is there or on its way.
    holders: HashMap<Key, Vec<Owner>>,
    /// Objects that we are removing.
    leaving: HashMap<Key, Leaving>,
    /// Counts additions, for their order.
    clock: u64,
}

/// An object that an owner wants.
#[derive(Debug)]
struct Holding {
    object: Object,
    added: u64,
    /// It could not be added, or was removed by others.
    gone: bool,
}

#[derive(Debug, Default)]
struct Leaving {
    /// Removals that have not ended.
    in_flight: u32,
    /// Notifications of removals that the monitor has still to report.
    expected: u32,
}

impl Ledger {
    /// Makes `wanted` the whole of what `owner` wants, and says which operations that takes.
    pub fn want(&mut self, owner: Owner, wanted: &[Object]) -> Vec<Operation> {
        let present: BTreeMap<u64, Object> = self
            .holdings
            .get(&owner)
            .into_iter()
            .flat_map(HashMap::values)
            .filter(|holding| !holding.gone)
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
                self.hold(owner, object);
                true
            }
            Operation::Remove(object) => self.give_up(owner, object),
        });
        operations
    }

    fn hold(&mut self, owner: Owner, object: &Object) {
        let key = object.key();
        self.clock += 1;
        let holding = Holding {
            object: object.clone(),
            added: self.clock,
            gone: false,
        };
        let before = self
            .holdings
            .entry(owner)
            .or_default()
            .insert(key.clone(), holding);
        if before.is_none_or(|before| before.gone) {
            self.holders.entry(key).or_default().push(owner);
        }
    }

    /// Whether the object is to be removed, since nobody else wants it.
    fn give_up(&mut self, owner: Owner, object: &Object) -> bool {
        let key = object.key();
        if let Some(holdings) = self.holdings.get_mut(&owner) {
            holdings.remove(&key);
            if holdings.is_empty() {
                self.holdings.remove(&owner);
            }
        }
        self.release(owner, &key);
        let last = !self.holders.contains_key(&key);
        if last {
            let leaving = self.leaving.entry(key).or_default();
            leaving.in_flight += 1;
            leaving.expected += 1;
        }
        last
    }

    fn release(&mut self, owner: Owner, key: &Key) {
        if let Some(holders) = self.holders.get_mut(key) {
            holders.retain(|holder| *holder != owner);
            if holders.is_empty() {
                self.holders.remove(key);
            }
        }
    }

    /// Whether any owner has asked for an object with this key.
    #[must_use]
    pub fn is_wanted(&self, key: &Key) -> bool {
        self.holders.contains_key(key)
    }

    /// Notes how an operation of `owner` ended. What could not be added is not there, and a later
    /// [`want`](Self::want) tries it again.
    pub fn settled(&mut self, owner: Owner, operation: &Operation, verdict: &Verdict) {
        match operation {
            Operation::Add(object) => self.added(owner, object.key(), verdict),
            Operation::Remove(object) => {
                let reported = matches!(verdict, Ok(Outcome::Done));
                self.update_leaving(&object.key(), |leaving| {
                    leaving.in_flight = leaving.in_flight.saturating_sub(1);
                    if !reported {
                        leaving.expected = leaving.expected.saturating_sub(1);
                    }
                });
            }
        }
    }

    fn added(&mut self, owner: Owner, key: Key, verdict: &Verdict) {
        let holding = self
            .holdings
            .get_mut(&owner)
            .and_then(|holdings| holdings.get_mut(&key));
        let Some(holding) = holding else {
            return;
        };
        match verdict {
            Err(_) => {
                holding.gone = true;
                self.release(owner, &key);
            }
            // An earlier attempt failed, or the object was removed by others in between.
            Ok(Outcome::Done | Outcome::WasSo | Outcome::Created(_)) if holding.gone => {
                holding.gone = false;
                self.holders.entry(key).or_default().push(owner);
            }
            Ok(_) => {}
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
        let mut ours = false;
        self.update_leaving(&asked, |leaving| {
            ours = leaving.expected > 0;
            leaving.expected = leaving.expected.saturating_sub(1);
        });
        if ours {
            return Removal::Ours;
        }
        let Some(owners) = self.holders.remove(&asked) else {
            return Removal::Unwanted;
        };
        let mut wanted = Vec::with_capacity(owners.len());
        for owner in owners {
            let holding = self
                .holdings
                .get_mut(&owner)
                .and_then(|holdings| holdings.get_mut(&asked));
            if let Some(holding) = holding {
                holding.gone = true;
                wanted.push((owner, holding.object.clone()));
            }
        }
        Removal::Others(wanted)
    }

    /// Notes that notifications were lost: removals that are confirmed will not be reported any more.
    pub fn resynchronised(&mut self) {
        self.leaving.retain(|_, leaving| {
            leaving.expected = leaving.expected.min(leaving.in_flight);
            leaving.in_flight > 0
        });
    }

    fn knows(&self, key: &Key) -> bool {
        self.leaving.contains_key(key) || self.holders.contains_key(key)
    }

    fn update_leaving(&mut self, key: &Key, update: impl FnOnce(&mut Leaving)) {
        if let Some(leaving) = self.leaving.get_mut(key) {
            update(leaving);
            if leaving.in_flight == 0 && leaving.expected == 0 {
                self.leaving.remove(key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
