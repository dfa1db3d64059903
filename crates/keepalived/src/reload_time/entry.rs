//! What stands in the file: `HH:MM:SS`, `YY-MM-DD HH:MM:SS` or `YYYY-MM-DD HH:MM:SS`, local time or with a `Z` for UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use model::Micros;
use std::fmt;

/// A time to reload at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Time since 1970.
    pub(super) at: Micros,
    /// Whether the file names the day.
    pub(super) has_date: bool,
}

/// What is wrong with the content of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EntryError {
    /// Not one of the three forms.
    #[error("not HH:MM:SS, optionally after YY-MM-DD or YYYY-MM-DD, optionally followed by Z")]
    Format,
    /// A local time that is left out when the clocks go forward.
    #[error("a time that the clocks leave out on that day")]
    LeftOut,
    /// A day and time that have been.
    #[error("in the past")]
    Past,
}

impl Entry {
    /// Reads a line at the time `now` in the time zone `local`.
    pub(super) fn parse(line: &str, now: Micros, local: &TimeZone) -> Result<Self, EntryError> {
        let (line, zone) = match line.strip_suffix('Z') {
            Some(line) => (line, TimeZone::UTC),
            None => (line, local.clone()),
        };
        let (date, time) = match line.split_once(' ') {
            Some((date, time)) => (Some(parse_date(date).ok_or(EntryError::Format)?), time),
            None => (None, line),
        };
        let time = parse_time(time).ok_or(EntryError::Format)?;
        if let Some(date) = date {
            let at = instant(date.to_datetime(time), &zone)?;
            return if at > now {
                Ok(Self { at, has_date: true })
            } else {
                Err(EntryError::Past)
            };
        }
        let micros = i64::try_from(now.0).map_err(|_| EntryError::Format)?;
        let now_there = Timestamp::from_microsecond(micros).map_err(|_| EntryError::Format)?;
        let today = zone.to_datetime(now_there).date();
        let mut at = instant(today.to_datetime(time), &zone);
        if matches!(at, Ok(at) if at <= now) {
            let tomorrow = today.tomorrow().map_err(|_| EntryError::Format)?;
            at = instant(tomorrow.to_datetime(time), &zone);
        }
        Ok(Self {
            at: at?,
            has_date: false,
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = i64::try_from(self.at.0).unwrap_or(i64::MAX);
        let at = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX);
        let local = at.to_zoned_datetime(TimeZone::system());
        write!(f, "{}", local.strftime("%Y-%m-%d %H:%M:%S"))
    }
}

/// `13:05:00`, exactly.
fn parse_time(text: &str) -> Option<Time> {
    let [hour, minute, second] = numbers(text, ':', &[&[2], &[2], &[2]])?;
    Time::new(
        hour.try_into().ok()?,
        minute.try_into().ok()?,
        second.try_into().ok()?,
        0,
    )
    .ok()
}

/// `2026-11-24` or `26-11-24`, exactly.
fn parse_date(text: &str) -> Option<Date> {
    let [year, month, day] = numbers(text, '-', &[&[2, 4], &[2], &[2]])?;
    let year = if year < 100 && text.len() == 8 {
        2000 + year
    } else {
        year
    };
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Three numbers of so many digits.
fn numbers(text: &str, separator: char, widths: &[&[usize]; 3]) -> Option<[i16; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, widths) in numbers.iter_mut().zip(widths) {
        let part = parts.next()?;
        let is_number = widths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = is_number.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

/// The moment of a civil time. Of two, when the clocks go back, the first.
fn instant(at: DateTime, zone: &TimeZone) -> Result<Micros, EntryError> {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
        return Err(EntryError::LeftOut);
    }
    let timestamp = ambiguous.compatible().map_err(|_| EntryError::Format)?;
    u64::try_from(timestamp.as_microsecond())
        .map(Micros)
        .map_err(|_| EntryError::Past)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24 15:00:00 UTC.
    const NOW: Micros = Micros::from_secs(1_795_532_400);

    /// Central Europe by its rule, so that the test needs no time zone files.
    fn europe() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn seconds_from_now(line: &str) -> Result<u64, EntryError> {
        Entry::parse(line, NOW, &europe()).map(|entry| entry.at.saturating_sub(NOW).as_secs())
    }

    #[test]
    fn times_are_today_or_tomorrow() {
        // Local time is 16:00:00.
        for (line, seconds) in [
            ("16:00:01", 1),
            ("16:00:00", 86_400),
            ("15:59:59", 86_399),
            ("15:00:01Z", 1),
            ("15:00:00Z", 86_400),
        ] {
            assert_eq!(seconds_from_now(line), Ok(seconds), "{line}");
            assert!(!Entry::parse(line, NOW, &europe()).unwrap().has_date);
        }
    }

    #[test]
    fn dates_have_two_or_four_digits_of_a_year() {
        for (line, seconds) in [
            ("2026-11-24 16:00:01", Ok(1)),
            ("26-11-24 16:00:01", Ok(1)),
            ("26-11-25 15:00:00Z", Ok(86_400)),
            ("2026-11-24 16:00:00", Err(EntryError::Past)),
            ("1969-01-01 00:00:00Z", Err(EntryError::Past)),
        ] {
            assert_eq!(seconds_from_now(line), seconds, "{line}");
        }
        assert!(
            Entry::parse("26-11-25 00:00:00", NOW, &europe())
                .unwrap()
                .has_date
        );
    }

    #[test]
    fn local_times_may_be_left_out_or_come_twice() {
        assert_eq!(seconds_from_now("2027-03-28 02:30:00"), Err(EntryError::LeftOut));
        assert!(seconds_from_now("2027-03-28 02:30:00Z").is_ok());
        // 00:30 UTC is the first 02:30 of that night.
        let first = seconds_from_now("2027-10-31 00:30:00Z");
        assert_eq!(seconds_from_now("2027-10-31 02:30:00"), first);
    }

    #[test]
    fn anything_else_is_refused() {
        for line in [
            "",
            "Z",
            "1:00:00",
            "01:00",
            "01:00:00 ",
            " 01:00:00",
            "01:00:00z",
            "24:00:00",
            "01:60:00",
            "026-11-24 01:00:00",
            "2026-13-01 01:00:00",
            "2026-02-30 01:00:00",
            "2026-11-24  01:00:00",
            "2026/11/24 01:00:00",
            "+1:00:00",
            "2026-11-24T01:00:00",
        ] {
            assert_eq!(seconds_from_now(line), Err(EntryError::Format), "{line:?}");
        }
    }
}
