//! How closely deadlines are kept, and how soon adverts are heard.

use model::{Micros, Time, VrrpConfiguration};

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

/// How long to leave the sockets alone after adverts have arrived.
///
/// Each wake-up for a single advert costs several times what the advert costs. Where adverts come closely one after the
/// other, those of a pace are taken together; after some silence the first one is taken at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hearing {
    last: Time,
    deaf_until: Time,
}

/// Adverts that are no more than this many paces apart come closely one after the other.
const CLOSE: u64 = 4;

impl Hearing {
    /// Notes that adverts were taken.
    pub(super) fn heard(&mut self, now: Time, floor: Micros) {
        let is_close = now.since(self.last) <= floor * CLOSE;
        self.deaf_until = if is_close { now + floor } else { now };
        self.last = now;
    }

    /// How long to leave the sockets alone.
    pub(super) fn pause(&self, now: Time) -> Micros {
        self.deaf_until.since(now)
    }
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
    fn adverts_that_come_closely_are_taken_together() {
        let (mut hearing, floor) = (Hearing::default(), Micros(1_000));
        hearing.heard(Time(50_000), floor);
        assert_eq!(hearing.pause(Time(50_010)), Micros::ZERO);
        hearing.heard(Time(50_400), floor);
        assert_eq!(hearing.pause(Time(50_450)), Micros(950));
        hearing.heard(Time(51_500), floor);
        assert_eq!(hearing.pause(Time(51_500)), Micros(1_000));
        // After a silence the first one is heard at once again.
        hearing.heard(Time(150_000), floor);
        assert_eq!(hearing.pause(Time(150_000)), Micros::ZERO);
    }

    #[test]
    fn the_shortest_interval_decides_within_limits() {
        assert_eq!(floor_of(&[]), LONGEST);
        assert_eq!(floor_of(&[Micros::SECOND]), LONGEST);
        assert_eq!(floor_of(&[Micros::SECOND, Micros::from_millis(50)]), Micros(500));
        assert_eq!(floor_of(&[Micros::from_millis(10)]), SHORTEST);
    }
}
