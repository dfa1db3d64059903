//! Seconds as C's `%g` prints them.

use model::Micros;
use std::fmt;

/// Digits that `%g` keeps.
const DIGITS: usize = 6;

/// A duration in seconds with at most six significant digits, as `%g` prints a number: `1`, `0.5`, `3609.38`, `2e-05`.
///
/// Programs that read a whole number fail on `5.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Significant(pub(crate) Micros);

impl fmt::Display for Significant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.0;
        let length = micros.checked_ilog10().map_or(1, |log| log as usize + 1);
        let dropped = u32::try_from(length.saturating_sub(DIGITS)).unwrap_or(u32::MAX);
        let unit = 10_u64.pow(dropped);
        // In microseconds, rounded half up to six digits.
        let rounded = (micros / unit + u64::from(micros % unit >= unit.div_ceil(2) && unit > 1)) * unit;
        if rounded > 0 && rounded < 100 {
            // Below a ten-thousandth `%g` writes an exponent.
            return match (rounded / 10, rounded % 10) {
                (0, micros) => write!(f, "{micros}e-06"),
                (tens, 0) => write!(f, "{tens}e-05"),
                (tens, rest) => write!(f, "{tens}.{rest}e-05"),
            };
        }
        let (seconds, rest) = (rounded / 1_000_000, rounded % 1_000_000);
        if rest == 0 {
            return write!(f, "{seconds}");
        }
        let decimals = format!("{rest:06}");
        write!(f, "{seconds}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_printf() {
        // printf '%g' of the number of seconds.
        for (micros, printed) in [
            (0, "0"),
            (1, "1e-06"),
            (20, "2e-05"),
            (25, "2.5e-05"),
            (100, "0.0001"),
            (10_000, "0.01"),
            (500_000, "0.5"),
            (1_000_000, "1"),
            (5_000_000, "5"),
            (1_234_567, "1.23457"),
            (9_999_999, "10"),
            (12_345_678, "12.3457"),
            (4_294_967_295, "4294.97"),
            (999_999_500_000, "1000000"),
        ] {
            assert_eq!(Significant(Micros(micros)).to_string(), printed, "{micros} µs");
        }
    }
}
