//! The date before a line.

use super::queue::Line;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};
use model::Micros;
use std::fs;
use std::sync::OnceLock;

/// `Tue Nov 24 15:16:41 2026: text` with its line end, as on the console and in files.
pub(super) fn console_line(line: &Line) -> String {
    format!(
        "{}: {}\n",
        local(line.at).strftime("%a %b %e %H:%M:%S %Y"),
        line.text
    )
}

/// `Nov 24 15:16:41`, as in a syslog datagram.
pub(super) fn syslog_date(at: Micros) -> String {
    local(at).strftime("%b %e %H:%M:%S").to_string()
}

fn local(at: Micros) -> ZonedDateTime {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_width_of_asctime() {
        // The hour depends on where the test runs; day and year of this moment do not, and neither does the width.
        let line = Line {
            at: Micros::from_secs(1_794_052_801),
            severity: 6,
            text: "text".to_owned(),
        };
        let console = console_line(&line);
        assert!(console.ends_with(" 2026: text\n"), "{console}");
        assert!(
            console.contains(" Nov  7 ") || console.contains(" Nov  6 ") || console.contains(" Nov  8 "),
            "{console}"
        );
        assert_eq!(console.len(), "Tue Nov 24 15:16:41 2026: text\n".len());
        assert_eq!(syslog_date(line.at).len(), "Nov 24 15:16:41".len());
    }
}
