//! Staying awake around a transition.
//!
//! A thread that sleeps takes some ten to hundred microseconds to wake up, most of all on a virtual machine: longer than
//! the kernel needs for a few addresses. A takeover would meet that three times: at the end of the master-down timer, when
//! the writer is asked, and when it answers. So the loop and the writer wake up a little before an instance takes over,
//! and the loop looks for the kernel's answer for a moment before it sleeps again. Both are bounded, and not done again
//! soon.

use super::{ProcessError, VrrpProcess, now};
use crate::clock;
use kernel::writer::Standby;
use model::{Micros, Time};
use std::thread;

/// How long before a takeover loop and writer wake up.
const EARLY: Micros = Micros(200);

/// How long the loop looks for the kernel's answer. No deadline can be kept meanwhile.
const LONGEST: Micros = Micros(200);

/// Shortest time between two transitions with such care, so that it takes little of the processor's time, however many
/// there are.
const REST: Micros = Micros::from_millis(20);

/// Whether the loop is to wait for the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Linger {
    asked: bool,
    not_before: Time,
}

impl Linger {
    /// Something was asked of the kernel that others wait for.
    pub(super) const fn asked(&mut self) {
        self.asked = true;
    }

    /// Whether a transition may be waited for again.
    fn is_rested(self, now: Time) -> bool {
        now >= self.not_before
    }

    /// Until when to wait; nothing if nothing was asked, or it has been waited only recently.
    fn begin(&mut self, now: impl FnOnce() -> Time) -> Option<Time> {
        if !std::mem::take(&mut self.asked) {
            return None;
        }
        let now = now();
        if !self.is_rested(now) {
            return None;
        }
        self.not_before = now + REST;
        Some(now + LONGEST)
    }
}

impl VrrpProcess {
    /// How long to wait, where it would be `timeout` without a takeover that comes near.
    pub(super) fn until_takeover(&self, now: Time, timeout: Option<Micros>) -> Option<Micros> {
        let takeover = self.router.next_takeover();
        let left = match takeover.map(|due| due.since(now)) {
            Some(left) if self.linger.is_rested(now) => left,
            _ => {
                self.requests.stand_by(Standby::Asleep);
                return timeout;
            }
        };
        let early = left.saturating_sub(EARLY);
        self.requests.stand_by(if early.is_zero() {
            Standby::Awake
        } else {
            Standby::Asleep
        });
        Some(timeout.map_or(early, |timeout| timeout.min(early)))
    }

    /// Waits a moment for the answer to what was asked of the kernel in this turn, and does what follows from it.
    pub(super) fn linger(&mut self) -> Result<(), ProcessError> {
        let Some(end) = self.linger.begin(clock::monotonic) else {
            return Ok(());
        };
        while !self.requests.has_progress() {
            if clock::monotonic() >= end {
                return Ok(());
            }
            // On a machine with one processor the writer needs it.
            thread::yield_now();
        }
        self.requests.collect(&mut self.receipts);
        let now = now();
        self.hear_kernel(now)?;
        self.work_off(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_waits_for_a_moment_when_it_has_asked_and_not_again_soon() {
        let mut linger = Linger::default();
        let start = Time(50_000);
        assert_eq!(linger.begin(|| start), None);
        linger.asked();
        assert_eq!(linger.begin(|| start), Some(start + LONGEST));
        assert_eq!(linger.begin(|| start + REST), None);
        linger.asked();
        assert_eq!(linger.begin(|| start + LONGEST), None);
        linger.asked();
        assert_eq!(linger.begin(|| start + REST), Some(start + REST + LONGEST));
    }
}
