//! Durations and points in time, both in whole microseconds.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// A duration in microseconds.
///
/// Every interval of `keepalived.conf` is kept in this unit; no floating point is involved anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Micros(pub u64);

impl Micros {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// One second.
    pub const SECOND: Self = Self(1_000_000);

    /// A duration of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * 1_000_000)
    }

    /// A duration of whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// The whole seconds of the duration, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// The whole milliseconds of the duration, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whether the duration is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The difference, or zero when `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Micros {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Micros {
    type Output = Self;
    fn div(self, divisor: u64) -> Self {
        Self(self.0 / divisor)
    }
}

impl From<Micros> for std::time::Duration {
    fn from(micros: Micros) -> Self {
        Self::from_micros(micros.0)
    }
}

impl fmt::Display for Micros {
    /// Seconds with as many decimals as are needed: `1s`, `0.5s`, `3.609375s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, rest) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if rest == 0 {
            return write!(f, "{secs}s");
        }
        let digits = format!("{rest:06}");
        write!(f, "{secs}.{}s", digits.trim_end_matches('0'))
    }
}

/// A point on a monotonic clock, in microseconds since an origin that the caller chooses.
///
/// The cores never read a clock: each call carries the time at which its input happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub u64);

impl Time {
    /// The origin of the clock.
    pub const ZERO: Self = Self(0);

    /// The time that has passed since `earlier`, or zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Micros> for Time {
    type Output = Self;
    fn add(self, duration: Micros) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl AddAssign<Micros> for Time {
    fn add_assign(&mut self, duration: Micros) {
        *self = *self + duration;
    }
}

impl Sub<Micros> for Time {
    type Output = Self;
    fn sub(self, duration: Micros) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_print_the_decimals_they_need() {
        assert_eq!(Micros(3_609_375).to_string(), "3.609375s");
        assert_eq!(Micros(500_000).to_string(), "0.5s");
        assert_eq!(Micros::from_secs(7).to_string(), "7s");
    }

    #[test]
    fn arithmetic_never_wraps() {
        assert_eq!(Time(u64::MAX) + Micros::SECOND, Time(u64::MAX));
        assert_eq!(Time(5).since(Time(9)), Micros::ZERO);
        assert_eq!(Micros(u64::MAX) * 2, Micros(u64::MAX));
    }
}
