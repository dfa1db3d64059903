//! One deadline for each of many things, numbered from 0.
//!
//! Moving a deadline to a later time costs nothing but a store: the entry in the heap stays and is put back when
//! it comes up early. That is what timeouts do that are set for each check and almost never fire.

use model::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The deadlines.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    /// For each number: when it is due, and the time of the one entry of the heap that counts.
    slots: Vec<Slot>,
    heap: BinaryHeap<Reverse<(Time, u32)>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    due: Option<Time>,
    queued: Option<Time>,
}

impl Timers {
    /// No deadline yet for the numbers below `count`.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            slots: vec![Slot::default(); count],
            heap: BinaryHeap::with_capacity(count),
        }
    }

    /// Sets the deadline of a number in place of any earlier one. Numbers beyond the count extend it.
    pub fn set(&mut self, number: u32, due: Time) {
        let place = number as usize;
        if place >= self.slots.len() {
            self.slots.resize(place + 1, Slot::default());
        }
        let slot = &mut self.slots[place];
        slot.due = Some(due);
        if slot.queued.is_none_or(|queued| due < queued) {
            slot.queued = Some(due);
            self.heap.push(Reverse((due, number)));
        }
    }

    /// Takes the deadline of a number away.
    pub fn clear(&mut self, number: u32) {
        if let Some(slot) = self.slots.get_mut(number as usize) {
            slot.due = None;
        }
    }

    /// The deadline of a number.
    #[must_use]
    pub fn due(&self, number: u32) -> Option<Time> {
        self.slots.get(number as usize).and_then(|slot| slot.due)
    }

    /// When [`Self::expire`] has something to do at the latest: the first deadline, or earlier.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((time, _))| *time)
    }

    /// Takes one number whose deadline is not after `now`, the earliest first; equal ones in numerical order.
    pub fn expire(&mut self, now: Time) -> Option<u32> {
        while let Some(Reverse((time, number))) =
            self.heap.peek().copied().filter(|Reverse((t, _))| *t <= now)
        {
            self.heap.pop();
            let slot = &mut self.slots[number as usize];
            if slot.queued != Some(time) {
                continue; // an earlier entry took its place
            }
            slot.queued = None;
            match slot.due {
                Some(due) if due <= now && due == time => {
                    slot.due = None;
                    return Some(number);
                }
                Some(due) => self.set(number, due),
                None => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u64),
        Clear(u32),
        Expire(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..8u32, 0..60u64).prop_map(|(number, time)| Step::Set(number, time)),
            (0..8u32).prop_map(Step::Clear),
            (0..60u64).prop_map(Step::Expire),
        ]
    }

    proptest! {
        #[test]
        fn behaves_as_a_map_of_deadlines(steps in prop::collection::vec(step(), 0..200)) {
            let mut timers = Timers::default();
            let mut naive: [Option<u64>; 8] = [None; 8];
            for step in steps {
                match step {
                    Step::Set(number, time) => {
                        timers.set(number, Time(time));
                        naive[number as usize] = Some(time);
                    }
                    Step::Clear(number) => {
                        timers.clear(number);
                        naive[number as usize] = None;
                    }
                    Step::Expire(now) => {
                        let mut expired = Vec::new();
                        while let Some(number) = timers.expire(Time(now)) {
                            expired.push(number);
                        }
                        let mut due: Vec<(u64, u32)> = (0..8)
                            .filter_map(|n| naive[n as usize].filter(|t| *t <= now).map(|t| (t, n)))
                            .collect();
                        due.sort_unstable();
                        for (_, number) in &due {
                            naive[*number as usize] = None;
                        }
                        prop_assert_eq!(expired, due.into_iter().map(|(_, n)| n).collect::<Vec<_>>());
                    }
                }
                let first = naive.iter().flatten().min().copied();
                prop_assert!(timers.next().map_or(u64::MAX, |t| t.0) <= first.unwrap_or(u64::MAX));
            }
        }
    }

    #[test]
    fn postponing_leaves_one_entry_in_the_heap() {
        let mut timers = Timers::new(1);
        for time in 1..1000 {
            timers.set(0, Time(time));
        }
        assert_eq!(timers.heap.len(), 1);
        assert_eq!(timers.expire(Time(998)), None);
        assert_eq!(timers.expire(Time(999)), Some(0));
        assert_eq!(timers.next(), None);
    }
}
