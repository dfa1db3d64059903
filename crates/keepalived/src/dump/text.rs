//! Text in sections and lines.

use model::{Command, Credentials};
use nix::unistd::{getgid, getuid};
use std::fmt::{self, Write};

/// A dump that is being put together. Readers of the files go by headings, indentation and `Key = value`.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a section: `------< NAME >------`.
    pub(crate) fn section(&mut self, name: &str) {
        put!(self, "------< {name} >------");
    }

    /// Adds a line; use [`put!`](put).
    pub(crate) fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing into a string cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }

    /// The text as a whole.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Adds a line to a [`Text`].
macro_rules! put {
    ($text:expr, $($words:tt)+) => { $text.line(format_args!($($words)+)) };
}
pub(crate) use put;

/// The words of a command: `'/usr/bin/true' 'a b'`.
pub(crate) fn quoted(command: &Command) -> String {
    let words: Vec<_> = command.argv.iter().map(|word| format!("'{word}'")).collect();
    words.join(" ")
}

/// The words of a command and as whom it runs: `'/usr/bin/true', uid:gid 0:0`.
pub(crate) fn quoted_with_user(command: &Command) -> String {
    format!(
        "{}, uid:gid {}",
        quoted(command),
        user(command.credentials.as_ref())
    )
}

/// User and group; without a setting those of this process.
pub(crate) fn user(credentials: Option<&Credentials>) -> String {
    let (uid, gid) = credentials.map_or_else(
        || (getuid().as_raw(), getgid().as_raw()),
        |credentials| (credentials.uid, credentials.gid),
    );
    format!("{uid}:{gid}")
}
