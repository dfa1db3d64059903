//! The clocks of the machine; the one place of this crate that reads them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use model::{Micros, Time};
use nix::time::{ClockId, clock_gettime};
use std::fs;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The time since the machine was started, without the time that it was suspended.
#[must_use]
pub fn monotonic() -> Time {
    read(ClockId::CLOCK_MONOTONIC)
}

/// The time since the machine was started, suspension included.
#[must_use]
pub fn since_boot() -> Time {
    read(ClockId::CLOCK_BOOTTIME)
}

/// The time of day: time since the start of 1970, UTC.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "log lines and dumps carry the time of day"
)]
pub fn wall() -> Micros {
    let since_epoch = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Micros(u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX))
}

/// A time of day as the machine shows it.
pub(crate) fn local(at: Micros) -> ZonedDateTime {
    let micros = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(micros)
        .unwrap_or(Timestamp::MAX)
        .to_zoned_datetime(zone())
}

/// The time zone of the machine.
///
/// Where `TZ` does not name another one it is read from `/etc/localtime` itself. The library would look for the name of
/// the zone in a list of all zones, hundreds of files that every process would read at its start.
fn zone() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let read = || {
        if std::env::var_os("TZ").is_some() {
            return TimeZone::system();
        }
        let local = fs::read("/etc/localtime").ok();
        local
            .and_then(|data| TimeZone::tzif("Local", &data).ok())
            .unwrap_or(TimeZone::UTC)
    };
    ZONE.get_or_init(read).clone()
}

fn read(clock: ClockId) -> Time {
    let now = clock_gettime(clock).expect("Linux has had this clock since 2.6.39");
    let secs = u64::try_from(now.tv_sec()).expect("the clock counts from the start of the machine");
    let nanos = u64::try_from(now.tv_nsec()).expect("nanoseconds are not negative");
    Time(secs * 1_000_000 + nanos / 1_000)
}
