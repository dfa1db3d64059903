//! How long to wait before a dead child is replaced.

use model::Micros;

/// A child that has run this long is replaced at once.
const SETTLED: Micros = Micros::from_secs(60);

/// Longest delay in seconds.
const LONGEST: u64 = 60;

/// The delays of one child: 0, 1, 2, 4, … 32, 60, 60, … seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Respawn {
    next: u64,
}

impl Respawn {
    /// The seconds to wait after a child has died that had run for `age`; nothing when it had run long enough for the
    /// rate not to matter.
    pub(super) fn delay(&mut self, age: Micros) -> Option<u64> {
        if age >= SETTLED {
            *self = Self::default();
            return None;
        }
        let delay = self.next;
        self.next = match delay {
            0 => 1,
            1..32 => delay * 2,
            _ => LONGEST,
        };
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_minute_and_start_again_after_a_settled_child() {
        let mut respawn = Respawn::default();
        let short = Micros::from_secs(59);
        let delays: Vec<_> = (0..10).filter_map(|_| respawn.delay(short)).collect();
        assert_eq!(delays, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(respawn.delay(SETTLED), None);
        assert_eq!(respawn.delay(short), Some(0));
    }
}
