//! Processor time as the last lines of processes tell it.

use nix::sys::time::TimeVal;
use std::fmt;

/// A duration with six decimals.
pub(crate) struct Seconds(pub(crate) TimeVal);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0.tv_sec(), self.0.tv_usec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_six_decimals() {
        assert_eq!(Seconds(TimeVal::new(1, 42)).to_string(), "1.000042");
    }
}
