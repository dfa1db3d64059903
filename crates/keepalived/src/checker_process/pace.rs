//! How closely deadlines are kept, and how soon sockets are looked at.

use kernel::poll::Pace;
use model::{Micros, Time};

/// Shortest time between two turns while there is much to do: what comes meanwhile is taken together. A check is late by no
/// more than that.
const FLOOR: Micros = Micros(1_000);

/// Events of a turn from which on there is much to do.
const MANY: usize = 3;

/// The turns of the loop.
///
/// Each wake-up costs about as much as a check, so that those which come closely one after the other are taken together.
/// Where there is little to do, everything is taken at once.
#[derive(Debug)]
pub(super) struct Turns {
    pace: Pace,
    last: Time,
    is_busy: bool,
}

impl Turns {
    pub(super) const fn new() -> Self {
        Self {
            pace: Pace::new(FLOOR),
            last: Time::ZERO,
            is_busy: false,
        }
    }

    /// A turn begins with this many events.
    pub(super) fn begin(&mut self, now: Time, events: usize) {
        self.is_busy = events >= MANY || (self.is_busy && events > 0);
        self.last = now;
        self.pace.handled(now, now);
    }

    /// How long to let events gather before the next turn.
    pub(super) fn pause(&self, now: Time) -> Option<Micros> {
        let pause = (self.last + FLOOR).since(now);
        (self.is_busy && !pause.is_zero()).then_some(pause)
    }

    /// How long to wait for a deadline.
    pub(super) fn until(&self, deadline: Time, now: Time) -> Micros {
        self.pace.until(deadline, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busy_loop_lets_events_gather() {
        let mut turns = Turns::new();
        turns.begin(Time(10_000), MANY - 1);
        assert_eq!(turns.pause(Time(10_100)), None);
        turns.begin(Time(20_000), MANY);
        assert_eq!(turns.pause(Time(20_100)), Some(Micros(900)));
        assert_eq!(turns.pause(Time(21_000)), None);
        turns.begin(Time(21_000), 1);
        assert_eq!(turns.pause(Time(21_100)), Some(Micros(900)));
        turns.begin(Time(22_000), 0);
        assert_eq!(turns.pause(Time(22_100)), None);
    }
}
