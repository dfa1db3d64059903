//! When a burst of takeovers is over.
//!
//! Instances that take over together do so in several turns, and the kernel may be idle between two of them. Scripts and mails
//! that began there would delay the addresses of the next.

use crate::notify::KernelWork;
use model::{Micros, Time};

/// Requests to the kernel that make a burst. Fewer are over when the kernel is done.
const MANY: u64 = 16;
/// A burst is over when nothing was under way for so long. With the usual three intervals of `down_timer_adverts` a backup that
/// hears its master, be it every 10 ms, is further from a takeover.
pub(super) const QUIET: Micros = Micros::from_millis(5);

/// What is known of the present burst.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// Requests that had been made when everything was done the last time.
    before: u64,
    /// When something was under way the last time.
    busy: Time,
    until: Option<Time>,
}

impl Burst {
    /// What scripts and mails are to wait for, at the end of a turn: `work` is what goes on now, `requests` the number of the
    /// next request.
    pub(super) fn judge(&mut self, now: Time, work: KernelWork, requests: u64) -> KernelWork {
        self.until = None;
        let end = match work {
            KernelWork::UnderWay => {
                self.busy = now;
                return KernelWork::UnderWay;
            }
            KernelWork::Done => self.busy + QUIET,
        };
        if requests.saturating_sub(self.before) >= MANY && now < end {
            self.until = Some(end);
            KernelWork::UnderWay
        } else {
            self.before = requests;
            KernelWork::Done
        }
    }

    /// When to [`judge`](Self::judge) again at the latest.
    pub(super) const fn deadline(&self) -> Option<Time> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_within_a_burst_is_not_its_end() {
        let mut burst = Burst::default();
        let at = |millis: u64| Time(1_000_000 + millis * 1_000);
        let mut judge = |millis, work, requests| {
            let judgement = burst.judge(at(millis), work, requests);
            (judgement, burst.deadline())
        };
        let (under_way, done) = (KernelWork::UnderWay, KernelWork::Done);
        assert_eq!(judge(0, under_way, MANY), (under_way, None));
        assert_eq!(judge(2, done, MANY), (under_way, Some(at(5))));
        assert_eq!(judge(4, under_way, 2 * MANY), (under_way, None));
        assert_eq!(judge(8, done, 2 * MANY), (under_way, Some(at(9))));
        assert_eq!(judge(9, done, 2 * MANY), (done, None));
        // A single instance waits for itself alone.
        assert_eq!(judge(10, under_way, 2 * MANY + 1), (under_way, None));
        assert_eq!(judge(11, done, 2 * MANY + 1), (done, None));
    }
}
