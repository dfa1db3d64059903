//! How well the times of checks keep to their interval.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use anyhow::Result;
use testbed::capture::Dial;
use testbed::clock::Stamp;

use super::report::percentile;
use super::steady::nanos;

/// What the beginnings of checks within a while say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Punctuality {
    /// How many there were.
    pub(super) count: u64,
    /// Thousandths of a percent of those that were due.
    pub(super) share_of_due: u64,
    /// Nanoseconds by which 99 of 100 checks follow the one before later than after the interval, at most.
    pub(super) lateness_p99: u64,
}

impl Punctuality {
    /// Of the checks of these servers, each of which is due every `interval`, within `window`.
    ///
    /// The interval begins when a check has ended, so that a check that takes 2 ms counts as late by 2 ms here.
    pub(super) fn of(
        servers: impl Iterator<Item = Ipv4Addr>,
        dials: &[Dial],
        interval: Duration,
        window: Duration,
    ) -> Result<Self> {
        let mut times: HashMap<Ipv4Addr, Vec<Stamp>> = servers.map(|server| (server, Vec::new())).collect();
        for Dial { at, to } in dials {
            if let Some(times) = times.get_mut(SocketAddrV4::ip(to)) {
                times.push(*at);
            }
        }
        let (mut count, mut gaps, mut watched) = (0, 0_u128, 0_u128);
        let mut lateness = Vec::new();
        for times in times.values() {
            count += u64::try_from(times.len())?;
            let (Some(first), Some(last)) = (times.first(), times.last()) else {
                watched += window.as_nanos();
                continue;
            };
            // From first to last check, so that the ends of the window do not matter.
            watched += last.since(*first).as_nanos();
            for pair in times.windows(2) {
                gaps += 1;
                lateness.push(nanos(pair[1].since(pair[0]).saturating_sub(interval))?);
            }
        }
        let share_of_due = (gaps * interval.as_nanos() * 100_000).checked_div(watched);
        Ok(Self {
            count,
            share_of_due: share_of_due.map_or(Ok(0), u64::try_from)?,
            lateness_p99: percentile(&lateness, 99).unwrap_or(0),
        })
    }
}

/// The longest time without any of these, in nanoseconds, from `begin` on.
pub(super) fn longest_pause(begin: Stamp, dials: &[Dial]) -> Result<u64> {
    let times = std::iter::once(begin).chain(dials.iter().map(|dial| dial.at).filter(|at| *at >= begin));
    let times: Vec<Stamp> = times.collect();
    let mut pauses = times.windows(2).map(|pair| nanos(pair[1].since(pair[0])));
    pauses.try_fold(0, |longest, pause| Ok(pause?.max(longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(server: u8, millis: u64) -> Dial {
        Dial {
            at: Stamp::from_epoch(Duration::from_millis(millis)),
            to: SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, server), 80),
        }
    }

    #[test]
    fn lateness_is_what_exceeds_the_interval() {
        let dials = [dial(1, 500), dial(1, 1_500), dial(1, 2_750), dial(9, 3_000)];
        let servers = || [Ipv4Addr::LOCALHOST].into_iter();
        let (second, window) = (Duration::from_secs(1), Duration::from_secs(3));
        let found = Punctuality::of(servers(), &dials, second, window).unwrap();
        let expected = Punctuality {
            count: 3,
            share_of_due: 88_888,
            lateness_p99: 250_000_000,
        };
        assert_eq!(found, expected);
        // One that is never checked takes all of its checks away.
        let both = servers().chain([Ipv4Addr::new(127, 0, 0, 2)]);
        let found = Punctuality::of(both, &dials, second, window).unwrap();
        assert_eq!(found.share_of_due, 38_095);
    }

    #[test]
    fn a_pause_begins_with_the_moment_that_is_asked_about() {
        let dials = [dial(1, 500), dial(1, 1_500), dial(2, 1_700)];
        let pause = |from| longest_pause(Stamp::from_epoch(Duration::from_millis(from)), &dials).unwrap();
        assert_eq!(pause(900), 600_000_000);
        assert_eq!(pause(1_500), 200_000_000);
    }
}
