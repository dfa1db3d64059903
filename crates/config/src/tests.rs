//! Whole configurations, from text to model.

mod groups;
mod hints;
mod instance;
mod lines;
mod mistakes;
mod notification;
mod properties;
mod samples;
mod seed;
mod services;
mod statuses;
mod virtual_servers;
mod wants;

use crate::testing::{messages, test};
use std::fmt::Write as _;

/// Reads each text, compares the status of the test, and gives all messages for a snapshot.
fn table(rows: &[(&str, u8)], text: impl Fn(&str) -> String) -> String {
    let mut said = String::new();
    for (row, status) in rows {
        let reading = test(&text(row));
        let messages = messages(&reading);
        assert_eq!(reading.test_status(), *status, "{row}: {messages:#?}");
        let _ = writeln!(said, "{status} {}", row.trim_end().replace('\n', "; "));
        for message in messages {
            let _ = writeln!(said, "    {message}");
        }
    }
    said
}
