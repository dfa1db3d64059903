//! When a quorum is gained and lost (`spec/config-virtual-server.md` section 7).

use crate::schedule::Verdict;
use model::Quorum;

/// What becomes of a quorum at this total weight; nothing if it stays as it is.
pub(crate) fn decide(quorum: Quorum, up: bool, weight: u64) -> Option<Verdict> {
    if up {
        (weight == 0 || weight < quorum.lost_below()).then_some(Verdict::Down)
    } else {
        // Without any weight the quorum would be lost again at once; a quorum of 0 must not come and go for ever.
        (weight > 0 && weight >= quorum.gained_at()).then_some(Verdict::Up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hysteresis_stands_between_gaining_and_losing() {
        let quorum = Quorum {
            quorum: 3,
            hysteresis: 1,
        };
        let rows = [
            (false, 3, None),
            (false, 4, Some(Verdict::Up)),
            (true, 2, None),
            (true, 1, Some(Verdict::Down)),
        ];
        for (up, weight, expected) in rows {
            assert_eq!(decide(quorum, up, weight), expected, "{up} {weight}");
        }
    }

    #[test]
    fn without_weight_there_is_no_quorum() {
        let none = Quorum {
            quorum: 1,
            hysteresis: 1,
        };
        assert_eq!(decide(none, true, 0), Some(Verdict::Down));
        assert_eq!(decide(none, true, 1), None);
    }

    #[test]
    fn a_quorum_of_zero_needs_some_weight() {
        // All configured weights are 0; the weight can grow by misc_dynamic only.
        let zero = Quorum {
            quorum: 0,
            hysteresis: 0,
        };
        assert_eq!(decide(zero, false, 0), None);
        assert_eq!(decide(zero, false, 1), Some(Verdict::Up));
        assert_eq!(decide(zero, true, 0), Some(Verdict::Down));
    }
}
