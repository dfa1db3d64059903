//! Deadlines: one that moves with every advert for each instance, and rare ones for everything else.

use model::{Micros, Time};
use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// How far ahead entries are corrected.
const LOOK_AHEAD: Micros = Micros::from_millis(20);

/// One deadline for each small number, made for deadlines that are moved far more often than they pass.
///
/// A backup moves its deadline with every advert that it hears. So moving one to a later time only writes the time
/// down: the entry in the heap keeps the earlier time and is corrected when it surfaces. A deadline thus costs a heap
/// operation for each time that passes, not for each advert.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    heap: BinaryHeap<Reverse<(Time, u32)>>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    due: Option<Time>,
    /// Time of the one valid entry in the heap; never later than `due`. Entries with other times are stale.
    armed: Option<Time>,
}

impl Deadlines {
    /// Sets, moves or (with nothing) cancels the deadline of `key`.
    pub(crate) fn set(&mut self, key: u32, due: Option<Time>) {
        let index = key as usize;
        if index >= self.slots.len() {
            self.slots.resize(index + 1, Slot::default());
        }
        let slot = &mut self.slots[index];
        slot.due = due;
        if let Some(due) = due
            && slot.armed.is_none_or(|armed| armed > due)
        {
            slot.armed = Some(due);
            self.heap.push(Reverse((due, key)));
        }
    }

    /// The deadline of `key`.
    pub(crate) fn due(&self, key: u32) -> Option<Time> {
        self.slots.get(key as usize).and_then(|slot| slot.due)
    }

    /// A time that is not later than the earliest deadline, nothing if there is none.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((time, _))| *time)
    }

    /// The earliest deadline and whose it is, unless it has been moved to a later time since.
    pub(crate) fn next(&self) -> Option<(u32, Time)> {
        let Reverse((time, key)) = *self.heap.peek()?;
        (self.due(key) == Some(time)).then_some((key, time))
    }

    /// Takes the earliest deadline that is due at `now`, with its time.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<(u32, Time)> {
        while let Some(mut top) = self.heap.peek_mut() {
            let Reverse((time, key)) = *top;
            let slot = &mut self.slots[key as usize];
            match slot.due {
                _ if time > now + LOOK_AHEAD => return None,
                // A later entry for the same deadline was made earlier, or the deadline was cancelled.
                _ if slot.armed != Some(time) => {}
                None => slot.armed = None,
                Some(due) if due <= now => {
                    *slot = Slot::default();
                    PeekMut::pop(top);
                    return Some((key, due));
                }
                // Nobody has to be woken for an entry that is only to be corrected, so that is done now.
                Some(due) if due > time => {
                    slot.armed = Some(due);
                    *top = Reverse((due, key));
                    continue;
                }
                Some(_) => return None,
            }
            PeekMut::pop(top);
        }
        None
    }
}

/// Deadlines of rare things, by key; exact.
#[derive(Debug)]
pub(crate) struct Alarms<K> {
    by_time: BTreeSet<(Time, K)>,
    by_key: BTreeMap<K, Time>,
}

impl<K> Default for Alarms<K> {
    fn default() -> Self {
        Self {
            by_time: BTreeSet::new(),
            by_key: BTreeMap::new(),
        }
    }
}

impl<K: Copy + Ord> Alarms<K> {
    /// Sets or moves the alarm of `key`.
    pub(crate) fn set(&mut self, key: K, due: Time) {
        self.cancel(key);
        self.by_key.insert(key, due);
        self.by_time.insert((due, key));
    }

    /// Takes the alarm of `key` back.
    pub(crate) fn cancel(&mut self, key: K) {
        if let Some(due) = self.by_key.remove(&key) {
            self.by_time.remove(&(due, key));
        }
    }

    /// The time of the alarm of `key`.
    pub(crate) fn due(&self, key: K) -> Option<Time> {
        self.by_key.get(&key).copied()
    }

    /// The earliest alarm.
    pub(crate) fn earliest(&self) -> Option<Time> {
        self.by_time.first().map(|(time, _)| *time)
    }

    /// Takes the earliest alarm that is due at `now`, with its time.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<(K, Time)> {
        let (time, key) = *self.by_time.first()?;
        if time > now {
            return None;
        }
        self.cancel(key);
        Some((key, time))
    }
}

#[cfg(test)]
mod tests;
