//! The sequence of the trailer.

/// A point in the sequence of a sender: seconds of Unix time, a fraction of a second and a counter, as one number
/// of 64 bits.
///
/// Numbers are compared by their distance (RFC 1982), so there is no total order: [`is_after`](Self::is_after)
/// says which of two is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence with this value of the wire.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The value of the wire.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The sequence of a time of day, in microseconds since the Unix epoch, with a counter of 0. The seconds wrap
    /// around in 2106.
    #[must_use]
    pub const fn from_unix_micros(micros: u64) -> Self {
        let seconds = micros / 1_000_000;
        let fraction = ((micros % 1_000_000) << 16) / 1_000_000;
        Self(seconds << 32 | fraction << 16)
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_be_bytes();
        u32::from_be_bytes([a, b, c, d])
    }

    /// Whether this one is later than `other`: less than half of all numbers ahead of it.
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() > 0
    }

    /// What is sent after this one, at the time `clock`: that time, or, if it is not later, the next number. The
    /// counter's carry runs into the time.
    #[must_use]
    pub const fn successor(self, clock: Self) -> Self {
        if clock.is_after(self) {
            clock
        } else {
            Self(self.0.wrapping_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_time_of_day_is_split_as_captured() {
        let sequence = Sequence::from_unix_micros(1_795_533_458_350_037);
        assert_eq!(sequence.to_bits(), 0x6b05_aa92_599c_0000);
        assert_eq!(sequence.seconds(), 1_795_533_458);
    }

    #[test]
    fn the_fraction_never_reaches_a_second() {
        assert_eq!(Sequence::from_unix_micros(999_999).to_bits(), 0xffff_0000);
        assert_eq!(Sequence::from_unix_micros(1_000_000).to_bits(), 1 << 32);
    }

    #[test]
    fn it_follows_the_clock_but_never_goes_back() {
        let last = Sequence::from_bits(0x0000_0001_0000_ffff);
        let later = Sequence::from_bits(0x0000_0002_0000_0000);
        assert_eq!(last.successor(later), later);
        assert_eq!(last.successor(last).to_bits(), 0x0000_0001_0001_0000);
        assert_eq!(later.successor(last).to_bits(), later.to_bits() + 1);
    }

    proptest! {
        #[test]
        fn a_successor_is_after(last: u64, clock: u64) {
            let (last, clock) = (Sequence::from_bits(last), Sequence::from_bits(clock));
            prop_assert!(last.successor(clock).is_after(last));
            prop_assert!(!last.is_after(last.successor(clock)));
            prop_assert!(!last.is_after(last));
        }
    }
}
