//! When the table is to be compared with what it should be: because the kernel refused a part of it, or regularly
//! (`lvs_repair_interval`).

use model::{Micros, Time};

/// The first pause, which doubles with each refusal that follows, and the longest.
const FIRST: Micros = Micros::from_secs(5);
const LONGEST: Micros = Micros::from_secs(320);

/// The next repair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::checker_process) struct Repairs {
    due: Option<Time>,
    pause: Option<Micros>,
    /// `lvs_repair_interval`.
    interval: Option<Micros>,
    /// A repair is under way.
    is_trying: bool,
}

impl Repairs {
    /// Goes by a configuration. What the kernel has refused stays due.
    pub(in crate::checker_process) fn configure(&mut self, now: Time, interval: Option<Micros>) {
        if self.interval != interval {
            self.interval = interval;
            if self.pause.is_none() {
                self.due = interval.map(|interval| now + interval);
            }
        }
    }

    /// Notes what came of orders.
    pub(in crate::checker_process) fn note(&mut self, now: Time, is_refused: bool) {
        if is_refused {
            let pause = self.pause.map_or(FIRST, |pause| (pause * 2).min(LONGEST));
            self.pause = Some(pause);
            self.due = Some(now + pause);
        } else if self.is_trying {
            self.pause = None;
            self.due = self.interval.map(|interval| now + interval);
        }
        self.is_trying = false;
    }

    /// When the next one is due.
    pub(in crate::checker_process) const fn deadline(self) -> Option<Time> {
        self.due
    }

    /// Whether one is to be begun now.
    pub(in crate::checker_process) fn begin(&mut self, now: Time) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            self.due = None;
            self.is_trying = true;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_a_repair_succeeds() {
        let mut repairs = Repairs::default();
        let mut now = Time(0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            repairs.note(now, true);
            let due = repairs.deadline().unwrap();
            pauses.push(due.since(now).as_secs());
            assert!(!repairs.begin(now));
            now = due;
            assert!(repairs.begin(now));
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 320]);
        repairs.note(now, false);
        assert_eq!(repairs, Repairs::default());
        // What succeeds beside a repair says nothing about it.
        repairs.note(now, true);
        repairs.note(now, false);
        assert!(repairs.deadline().is_some());
    }

    #[test]
    fn regular_comparisons_go_on_after_a_refusal() {
        let minute = Micros::from_secs(60);
        let mut repairs = Repairs::default();
        repairs.configure(Time(0), Some(minute));
        assert_eq!(repairs.deadline(), Some(Time(0) + minute));
        // A reload that changes nothing does not put it off.
        repairs.configure(Time(7), Some(minute));
        let mut now = Time(0) + minute;
        assert!(repairs.begin(now));
        repairs.note(now, true);
        assert_eq!(repairs.deadline(), Some(now + FIRST));
        repairs.configure(now, None);
        assert_eq!(repairs.deadline(), Some(now + FIRST));
        repairs.configure(now, Some(minute));
        now += FIRST;
        assert!(repairs.begin(now));
        repairs.note(now, false);
        assert_eq!(repairs.deadline(), Some(now + minute));
        repairs.configure(now, None);
        assert_eq!(repairs.deadline(), None);
    }
}
