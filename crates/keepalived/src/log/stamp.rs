//! The date before a line.

use super::queue::Line;
use crate::clock::local;
use model::Micros;

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
