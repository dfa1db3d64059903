//! The clock of the laboratories: nanoseconds of the realtime clock.
//!
//! Realtime, because the kernel stamps captured packets with it, and a kill must be comparable with a packet.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment: nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

impl Stamp {
    /// This moment.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place of the testbed that reads a clock"
    )]
    pub fn now() -> Self {
        Self::from_epoch(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// The moment that lies `since_epoch` after the epoch.
    #[must_use]
    pub fn from_epoch(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long ago `earlier` was at this moment; zero when it was not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Nanoseconds from `earlier` to this moment; negative when this moment comes first.
    #[must_use]
    pub fn nanos_since(self, earlier: Self) -> i64 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// How much time is left until this moment; zero once it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.since(Self::now())
    }
}

/// Seconds and microseconds of the minute, enough to compare moments of one run.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}.{:06}",
            self.0 / 1_000_000_000 % 60,
            self.0 / 1_000 % 1_000_000
        )
    }
}

impl Add<Duration> for Stamp {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Duration> for Stamp {
    type Output = Self;

    fn sub(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX)),
        )
    }
}

/// A duration as a person reads it: `812 µs`, `3.412 ms`, `3.612 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Readable(pub Duration);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        let text = match micros {
            0..1_000 => format!("{micros} µs"),
            1_000..1_000_000 => format!("{} ms", thousandths(micros)),
            _ => format!("{} s", thousandths(micros / 1_000)),
        };
        f.pad(&text)
    }
}

/// `count` thousandths as a decimal fraction, without one where there is none.
fn thousandths(count: u128) -> String {
    let (whole, rest) = (count / 1_000, count % 1_000);
    if rest == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{rest:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_durations_keep_three_digits_or_none() {
        let shown = |micros| Readable(Duration::from_micros(micros)).to_string();
        assert_eq!(shown(7), "7 µs");
        assert_eq!(shown(3_041), "3.041 ms");
        assert_eq!(shown(3_609_375), "3.609 s");
        assert_eq!(shown(5_000), "5 ms");
    }

    #[test]
    fn stamps_order_and_subtract() {
        let early = Stamp::from_epoch(Duration::from_secs(5));
        let late = early + Duration::from_millis(2);
        assert_eq!(late.since(early), Duration::from_millis(2));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(early.nanos_since(late), -2_000_000);
    }
}
