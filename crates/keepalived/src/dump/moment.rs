//! Moments of the real-time clock in dumps.

use crate::clock::local;
use model::Micros;
use std::fmt;
use vrrp::WallTime;

/// `1795534822.612109`: seconds since 1970 with all six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) WallTime);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0.0 / 1_000_000, self.0.micros())
    }
}

/// `1795534822.612109 (Tue Nov 24 15:40:22.612109 2026)`: the same and the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DatedMoment(pub(crate) WallTime);

impl fmt::Display for DatedMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = local(Micros(self.0.0));
        let micros = self.0.micros();
        write!(
            f,
            "{} ({}.{micros:06} {})",
            Moment(self.0),
            date.strftime("%a %b %e %H:%M:%S"),
            date.strftime("%Y")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_all_its_decimals() {
        assert_eq!(
            Moment(WallTime(1_795_534_822_000_109)).to_string(),
            "1795534822.000109"
        );
        let dated = DatedMoment(WallTime(1_795_534_822_612_109)).to_string();
        // The date is that of the time zone of the machine.
        assert!(
            dated.starts_with("1795534822.612109 (Tue Nov 24 ") || dated.contains(" Wed "),
            "{dated}"
        );
        assert!(dated.ends_with(":22.612109 2026)"), "{dated}");
    }
}
