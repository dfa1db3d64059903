//! Which children are hung.
//!
//! Each second every child is asked for an answer. A child that has left three questions unanswered is hung, but only
//! if the supervisor itself asked on time: when the machine was suspended, the container frozen or the processor
//! overloaded, the child had no chance to answer either, and the count starts anew.

use model::{Micros, Time};

/// Time between two questions.
const INTERVAL: Micros = Micros::SECOND;

/// How much later than planned a question may be asked.
const SLACK: Micros = Micros::from_millis(500);

/// Questions that may go unanswered.
const PATIENCE: u32 = 3;

/// How long a start or a reload may take. A large configuration keeps a main loop busy, a broken one for ever.
const WORK: Micros = Micros::from_secs(60);

/// When to ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watchdog {
    due: Time,
    suspended: Micros,
}

/// A moment to ask at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// As planned.
    OnTime,
    /// Late, so that missing answers say nothing.
    Late,
}

impl Watchdog {
    /// A watchdog that asks for the first time a second from now.
    pub(super) const fn new(now: Time, since_boot: Time) -> Self {
        Self {
            due: Time(now.0.saturating_add(INTERVAL.0)),
            suspended: since_boot.since(now),
        }
    }

    /// When to ask next.
    pub(super) const fn due(&self) -> Time {
        self.due
    }

    /// Whether it is time to ask. `since_boot` is the clock that also counts while the machine is suspended.
    pub(super) fn beat(&mut self, now: Time, since_boot: Time) -> Option<Beat> {
        if now < self.due {
            return None;
        }
        let suspended = since_boot.since(now);
        let was_suspended = suspended.saturating_sub(self.suspended) > SLACK;
        let is_late = now.since(self.due) > SLACK;
        self.suspended = suspended;
        self.due = if is_late { now } else { self.due } + INTERVAL;
        Some(if was_suspended || is_late {
            Beat::Late
        } else {
            Beat::OnTime
        })
    }
}

/// What to do with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask it.
    Ask {
        /// Number of the question.
        sequence: u64,
    },
    /// It is hung.
    Hung,
}

/// The answers of one child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulse {
    asked: u64,
    answered: u64,
    /// The child works on a start or a reload since then.
    busy_since: Option<Time>,
}

impl Pulse {
    /// A child that has just been started.
    pub(super) const fn starting(now: Time) -> Self {
        Self {
            asked: 0,
            answered: 0,
            busy_since: Some(now),
        }
    }

    /// The child was given a configuration to take over.
    pub(super) const fn busy(&mut self, now: Time) {
        self.busy_since = Some(now);
    }

    /// The child has taken its configuration over.
    pub(super) const fn settled(&mut self) {
        self.busy_since = None;
        self.answered = self.asked;
    }

    /// The child answered.
    pub(super) fn answered(&mut self, sequence: u64) {
        self.answered = self.answered.max(sequence);
    }

    /// What follows at a moment to ask.
    pub(super) fn judge(&mut self, beat: Beat, now: Time) -> Verdict {
        match self.busy_since {
            Some(since) if now.since(since) >= WORK && beat == Beat::OnTime => return Verdict::Hung,
            Some(_) => self.answered = self.asked,
            None if beat == Beat::Late => self.answered = self.asked,
            None if self.asked.saturating_sub(self.answered) >= u64::from(PATIENCE) => return Verdict::Hung,
            None => {}
        }
        self.asked += 1;
        Verdict::Ask { sequence: self.asked }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Time {
        Time(millis * 1_000)
    }

    /// A child that answers every question up to a time.
    fn hung_at(
        mut answers_until: u64,
        pulse: &mut Pulse,
        beats: impl Iterator<Item = (u64, Beat)>,
    ) -> Option<u64> {
        for (now, beat) in beats {
            match pulse.judge(beat, at(now)) {
                Verdict::Hung => return Some(now),
                Verdict::Ask { sequence } if now <= answers_until => pulse.answered(sequence),
                Verdict::Ask { .. } => answers_until = 0,
            }
        }
        None
    }

    fn settled() -> Pulse {
        let mut pulse = Pulse::starting(at(0));
        pulse.settled();
        pulse
    }

    #[test]
    fn three_unanswered_questions_mean_hung() {
        let seconds = (1..20).map(|second| (second * 1_000, Beat::OnTime));
        // Hung right after its answer at 5 s: asked at 6, 7 and 8, found at 9.
        assert_eq!(hung_at(5_000, &mut settled(), seconds.clone()), Some(9_000));
        assert_eq!(hung_at(60_000, &mut settled(), seconds), None);
    }

    #[test]
    fn a_late_supervisor_blames_nobody() {
        let seconds = (1..20).map(|second| {
            (
                second * 1_000,
                if second % 3 == 0 { Beat::Late } else { Beat::OnTime },
            )
        });
        assert_eq!(hung_at(0, &mut settled(), seconds), None);
    }

    #[test]
    fn a_reload_may_take_long_but_not_for_ever() {
        let seconds = (1..90).map(|second| (second * 1_000, Beat::OnTime));
        let mut pulse = settled();
        pulse.busy(at(10_000));
        assert_eq!(hung_at(0, &mut pulse, seconds.clone()), Some(70_000));
        // Settled again after 30 s, it is judged from then on.
        let mut pulse = settled();
        pulse.busy(at(0));
        assert_eq!(hung_at(0, &mut pulse, seconds.clone().take(30)), None);
        pulse.settled();
        assert_eq!(hung_at(0, &mut pulse, seconds.skip(30)), Some(34_000));
    }

    #[test]
    fn beats_are_late_after_a_pause_or_a_suspension() {
        let mut watchdog = Watchdog::new(at(0), at(100));
        assert_eq!(watchdog.beat(at(999), at(1_099)), None);
        assert_eq!(watchdog.beat(at(1_001), at(1_101)), Some(Beat::OnTime));
        assert_eq!(watchdog.due(), at(2_000));
        assert_eq!(watchdog.beat(at(2_501), at(2_601)), Some(Beat::Late));
        assert_eq!(watchdog.due(), at(3_501));
        // The monotonic clock stood still for a minute.
        assert_eq!(watchdog.beat(at(3_501), at(63_601)), Some(Beat::Late));
        assert_eq!(watchdog.beat(at(4_501), at(64_601)), Some(Beat::OnTime));
    }
}
