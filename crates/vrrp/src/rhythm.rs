//! How the adverts of many masters lie in time.
//!
//! Instances that become master in one moment would send all their adverts in one moment for ever after. The longer such
//! a burst is, the less punctual is each of its adverts: whatever holds the sender up meanwhile makes all the rest of it
//! late. So one interval of some of them is shortened, the second one, and from then on each keeps its own moment.

use model::{Micros, Time};

/// What counts as one moment.
const MOMENT: Micros = Micros(1_000);

/// So many instances may have one moment in common: their adverts take the kernel a quarter of it.
const TOGETHER: u64 = 64;

/// The masters whose rhythm begins, counted by the moment in which it does.
#[derive(Debug, Default)]
pub(crate) struct Rhythm {
    moment: u64,
    begun: u64,
}

impl Rhythm {
    /// An instance begins to send every `interval` at `start`: by how much that first one is to be shorter. That is nothing
    /// for the first 64 of a moment, and never more than half the interval.
    pub(crate) fn lead(&mut self, start: Time, interval: Micros) -> Micros {
        let moment = start.0 / MOMENT.0;
        if moment != self.moment {
            *self = Self { moment, begun: 0 };
        }
        let group = self.begun / TOGETHER;
        self.begun += 1;
        let groups = interval.0 / 2 / MOMENT.0 + 1;
        MOMENT * (group % groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(rhythm: &mut Rhythm, start: u64, interval: Micros, count: usize) -> Vec<u64> {
        (0..count).map(|_| rhythm.lead(Time(start), interval).0).collect()
    }

    #[test]
    fn those_beyond_64_of_a_moment_are_moved_apart() {
        let mut rhythm = Rhythm::default();
        let all = leads(&mut rhythm, 5_000_100, Micros::from_millis(100), 200);
        assert!(all[..64].iter().all(|lead| *lead == 0));
        assert!(all[64..128].iter().all(|lead| *lead == 1_000));
        assert!(all[192..].iter().all(|lead| *lead == 3_000));
        // A microsecond later is the same moment, a millisecond later another.
        assert_eq!(
            leads(&mut rhythm, 5_000_101, Micros::from_millis(100), 1),
            [3_000]
        );
        assert_eq!(leads(&mut rhythm, 5_001_101, Micros::from_millis(100), 1), [0]);
    }

    #[test]
    fn no_interval_is_shortened_by_more_than_half() {
        let mut rhythm = Rhythm::default();
        let all = leads(&mut rhythm, 0, Micros::from_millis(10), 1_000);
        assert_eq!(all.iter().max(), Some(&5_000));
        let all = leads(&mut rhythm, 50_000, Micros(900), 1_000);
        assert_eq!(all.iter().max(), Some(&0));
    }
}
