//! The date before a line.

use super::queue::Line;
use crate::clock::local;
use model::Micros;

/// Dates in one form. A date is made once a second, however many lines have it.
#[derive(Debug)]
pub(super) struct Dates {
    form: &'static str,
    second: Option<u64>,
    text: String,
}

impl Dates {
    /// `Tue Nov 24 15:16:41 2026`, as on the console and in files.
    pub(super) const fn of_console() -> Self {
        Self::new("%a %b %e %H:%M:%S %Y")
    }

    /// `Nov 24 15:16:41`, as in a syslog datagram.
    pub(super) const fn of_syslog() -> Self {
        Self::new("%b %e %H:%M:%S")
    }

    const fn new(form: &'static str) -> Self {
        Self {
            form,
            second: None,
            text: String::new(),
        }
    }

    /// The date of a moment: time since 1970.
    pub(super) fn at(&mut self, at: Micros) -> &str {
        if self.second != Some(at.as_secs()) {
            self.second = Some(at.as_secs());
            self.text = local(at).strftime(self.form).to_string();
        }
        &self.text
    }

    /// Appends a line with its date and its end.
    pub(super) fn append(&mut self, line: &Line, to: &mut String) {
        to.push_str(self.at(line.at));
        to.push_str(": ");
        to.push_str(&line.text);
        to.push('\n');
    }
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
        let mut console = String::new();
        Dates::of_console().append(&line, &mut console);
        assert!(console.ends_with(" 2026: text\n"), "{console}");
        assert!(
            console.contains(" Nov  7 ") || console.contains(" Nov  6 ") || console.contains(" Nov  8 "),
            "{console}"
        );
        assert_eq!(console.len(), "Tue Nov 24 15:16:41 2026: text\n".len());
        assert_eq!(Dates::of_syslog().at(line.at).len(), "Nov 24 15:16:41".len());
    }

    #[test]
    fn a_date_changes_with_its_second() {
        let mut dates = Dates::of_console();
        let second = |dates: &mut Dates, at: u64| dates.at(Micros(at)).get(17..19).map(str::to_owned);
        assert_eq!(second(&mut dates, 1_794_052_801_000_000).as_deref(), Some("01"));
        assert_eq!(second(&mut dates, 1_794_052_801_999_999).as_deref(), Some("01"));
        assert_eq!(second(&mut dates, 1_794_052_802_000_000).as_deref(), Some("02"));
    }
}
