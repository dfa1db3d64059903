//! How late a loop handles its deadlines.

use crate::status::document::LatenessStatus;
use model::Micros;

/// Upper limits of the classes, in microseconds.
const LIMITS: [u64; 12] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000,
];

/// Counts in classes; taking one in costs some comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lateness {
    classes: [u64; LIMITS.len()],
    count: u64,
    sum: u64,
    latest: u64,
}

impl Lateness {
    /// Takes in how late one deadline was handled.
    pub(crate) fn note(&mut self, late: Micros) {
        self.count += 1;
        self.sum = self.sum.saturating_add(late.0);
        self.latest = self.latest.max(late.0);
        if let Some(class) = LIMITS.iter().position(|limit| late.0 <= *limit) {
            self.classes[class] += 1;
        }
    }

    pub(crate) fn status(&self) -> LatenessStatus {
        let mut total = 0;
        let at_most_us = LIMITS.iter().zip(self.classes).map(|(limit, number)| {
            total += number;
            (*limit, total)
        });
        LatenessStatus {
            at_most_us: at_most_us.collect(),
            count: self.count,
            sum_us: self.sum,
            max_us: self.latest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_add_up() {
        let mut lateness = Lateness::default();
        for micros in [0, 100, 101, 3_000, 2_000_000] {
            lateness.note(Micros(micros));
        }
        let status = lateness.status();
        assert_eq!(
            (status.count, status.sum_us, status.max_us),
            (5, 2_003_201, 2_000_000)
        );
        assert_eq!(status.at_most_us[0], (100, 2));
        assert_eq!(status.at_most_us[1], (200, 3));
        assert_eq!(status.at_most_us[5], (5_000, 4));
        assert_eq!(status.at_most_us.last(), Some(&(1_000_000, 4)));
    }
}
