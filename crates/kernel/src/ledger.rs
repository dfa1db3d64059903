//! What has been asked of the kernel, by whom, and what of it is on its way.
//!
//! The ledger is ahead of the kernel: it knows what will be there when everything queued has been carried out. So a
//! MASTER transition that is followed by a BACKUP transition before the kernel has answered removes exactly what was
//! just added. It also tells whether the disappearance of an object that the monitor reports is our own doing.

use crate::difference::difference;
use crate::operation::{Key, Object, Operation, Outcome, RouteKey, Verdict};
use std::collections::{HashMap, HashSet};

/// Who wants something in the kernel: an instance, the static objects, the process itself. Numbered by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(pub u32);

/// Why an object is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// We removed it.
    Ours,
    /// Somebody else removed what these owners want, in the order in which they asked for it.
    Others(Vec<Owner>),
    /// Nobody here wants it.
    Unwanted,
}

/// The wanted state of all owners.
#[derive(Debug, Default)]
pub struct Ledger {
    holdings: HashMap<Owner, Holding>,
    /// The owners of each object.
    holders: HashMap<Key, Vec<Owner>>,
    /// Objects that we are removing.
    leaving: HashMap<Key, Leaving>,
}

#[derive(Debug, Default)]
struct Leaving {
    /// Removals that have not ended.
    in_flight: u32,
    /// Notifications of removals that the monitor has still to report.
    expected: u32,
}

#[derive(Debug, Default)]
struct Holding {
    objects: Vec<Object>,
    /// Those of `objects` that failed to be added or were removed by others.
    gone: HashSet<Key>,
}

impl Ledger {
    /// Makes `wanted` the whole of what `owner` wants, and says which operations that takes.
    ///
    /// An object that another owner still wants is not removed. One that another owner has already is added
    /// nevertheless, so that its presence is confirmed to this owner too.
    pub fn want(&mut self, owner: Owner, wanted: &[Object]) -> Vec<Operation> {
        let holding = self.holdings.remove(&owner).unwrap_or_default();
        let mut present = holding.objects;
        if !holding.gone.is_empty() {
            present.retain(|object| !holding.gone.contains(&object.key()));
        }
        let mut operations = difference(&present, wanted);
        operations.retain(|operation| match operation {
            Operation::Remove(object) => self.release(owner, &object.key()),
            Operation::Add(object) => {
                self.holders.entry(object.key()).or_default().push(owner);
                true
            }
        });
        if !wanted.is_empty() {
            self.holdings.insert(
                owner,
                Holding {
                    objects: wanted.to_vec(),
                    gone: HashSet::new(),
                },
            );
        }
        operations
    }

    /// Takes `owner` from the holders of an object; whether it was the last one.
    fn release(&mut self, owner: Owner, key: &Key) -> bool {
        let Some(holders) = self.holders.get_mut(key) else {
            return true;
        };
        holders.retain(|holder| *holder != owner);
        let last = holders.is_empty();
        if last {
            self.holders.remove(key);
        }
        last
    }

    /// Notes that `operation` is on its way. Every operation goes through here before the kernel sees it.
    pub fn queued(&mut self, operation: &Operation) {
        if let Operation::Remove(object) = operation {
            let leaving = self.leaving.entry(object.key()).or_default();
            leaving.in_flight += 1;
            leaving.expected += 1;
        }
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
        let Some(holding) = self.holdings.get_mut(&owner) else {
            return;
        };
        match verdict {
            Err(_) => {
                holding.gone.insert(key.clone());
                self.release(owner, &key);
            }
            // An earlier attempt failed, or the object was removed by others in between.
            Ok(Outcome::Done | Outcome::WasSo | Outcome::Created(_)) => {
                if holding.gone.remove(&key) {
                    self.holders.entry(key).or_default().push(owner);
                }
            }
            Ok(Outcome::Superseded) => {}
        }
    }

    /// Says why the object that the monitor reports as removed is gone, and remembers that it is.
    pub fn removed(&mut self, key: &Key) -> Removal {
        let asked = match key {
            // The kernel names the interface also of a route that was asked for without one.
            Key::Route(route) if !self.knows(key) => Key::Route(RouteKey {
                interface: None,
                ..*route
            }),
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
        for owner in &owners {
            if let Some(holding) = self.holdings.get_mut(owner) {
                holding.gone.insert(asked.clone());
            }
        }
        Removal::Others(owners)
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
