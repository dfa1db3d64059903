//! How closely deadlines are kept.

use model::{Micros, VrrpConfiguration};

/// Shortest time between two wake-ups for deadlines, whatever is configured.
const SHORTEST: Micros = Micros(100);

/// The longest one.
const LONGEST: Micros = Micros(1_000);

/// The time between two wake-ups for deadlines that the intervals of a configuration allow: a hundredth of the
/// shortest one, within 100 µs and 1 ms.
///
/// Adverts of hundreds of instances then leave several with a system call, and none of them is late by more than a
/// hundredth of its interval for that.
pub(super) fn floor(configuration: &VrrpConfiguration) -> Micros {
    let shortest = configuration
        .instances
        .iter()
        .map(|instance| instance.advert_int)
        .min();
    shortest.map_or(LONGEST, |interval| (interval / 100).clamp(SHORTEST, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Family, Vrid};

    fn floor_of(intervals: &[Micros]) -> Micros {
        let instances = intervals
            .iter()
            .map(|advert_int| model::Instance {
                advert_int: *advert_int,
                ..model::Instance::new("V", Family::Ipv4, Vrid::try_from(51).unwrap())
            })
            .collect();
        floor(&VrrpConfiguration {
            instances,
            ..VrrpConfiguration::default()
        })
    }

    #[test]
    fn the_shortest_interval_decides_within_limits() {
        assert_eq!(floor_of(&[]), LONGEST);
        assert_eq!(floor_of(&[Micros::SECOND]), LONGEST);
        assert_eq!(floor_of(&[Micros::SECOND, Micros::from_millis(50)]), Micros(500));
        assert_eq!(floor_of(&[Micros::from_millis(10)]), SHORTEST);
    }
}
