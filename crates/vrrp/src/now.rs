//! The two clocks of a call.

use model::{Micros, Time};

/// A point of the real-time clock in microseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub u64);

impl WallTime {
    /// Whole seconds since 1970, as the `auth_hmac` trailer carries them: modulo 2^32.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the field of the trailer has 32 bits"
        )]
        {
            (self.0 / 1_000_000) as u32
        }
    }

    /// The rest of the second in microseconds, 0 to 999,999.
    #[must_use]
    pub const fn micros(self) -> u32 {
        (self.0 % 1_000_000) as u32
    }
}

/// When an input happened, on both clocks.
///
/// Everything that waits does so on the monotonic clock. The real-time clock, which may jump, only dates the history
/// and the `auth_hmac` trailer; a caller whose configuration has neither may leave it at its default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock.
    pub time: Time,
    /// The real-time clock.
    pub wall: WallTime,
}

impl Now {
    /// The wall clock time of a moment of the monotonic clock, as far as the present says.
    #[must_use]
    pub const fn wall_of(self, time: Time) -> WallTime {
        if time.0 >= self.time.0 {
            WallTime(self.wall.0.saturating_add(time.0 - self.time.0))
        } else {
            WallTime(self.wall.0.saturating_sub(self.time.0 - time.0))
        }
    }

    /// The same moment moved on by a duration.
    #[must_use]
    pub const fn after(self, duration: Micros) -> Self {
        Self {
            time: Time(self.time.0.saturating_add(duration.0)),
            wall: WallTime(self.wall.0.saturating_add(duration.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dated_from_the_present() {
        let now = Now {
            time: Time(5_000_000),
            wall: WallTime(1_000_000_000_000),
        };
        assert_eq!(now.wall_of(Time(4_000_000)), WallTime(999_999_000_000));
        assert_eq!(now.wall_of(Time(6_500_000)), WallTime(1_000_001_500_000));
        assert_eq!(WallTime(1_795_533_458_350_040).seconds(), 1_795_533_458);
        assert_eq!(WallTime(1_795_533_458_350_040).micros(), 350_040);
    }
}
