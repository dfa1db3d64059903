//! All reports of one reading, and what follows from them.

use super::{Class, Diagnostic, Severity, Stop};

/// All reports of one reading, in the order they were made.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Takes a report in. One with the same code at the same place as an earlier one is the same mistake and dropped.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// The reports in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Whether there is no report at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether any report is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The highest class reported.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        self.diagnostics
            .iter()
            .filter_map(|diagnostic| diagnostic.class)
            .max()
    }

    /// Exit status of `--config-test` (`spec/config-language.md` section 10.3).
    #[must_use]
    pub fn test_status(&self) -> u8 {
        match (self.first_stop(), self.class()) {
            (Some(Stop::MissingGlobalParameter | Stop::MissingParameter), _) => 2,
            (Some(Stop::Include | Stop::NoConfiguration), _) | (_, Some(Class::SecurityError)) => 6,
            (_, None) => 0,
            (_, Some(Class::FileNotFound | Class::BadIf | Class::Fatal)) => 4,
            (_, Some(_)) => 5,
        }
    }

    /// Status with which the daemon ends because of the reports; nothing if it runs.
    #[must_use]
    pub fn daemon_status(&self) -> Option<u8> {
        self.first_stop().map(|stop| match stop {
            Stop::MissingGlobalParameter | Stop::MissingParameter | Stop::Permanent => 2,
            Stop::Include | Stop::NoConfiguration => 6,
        })
    }

    /// The stop that the original's processes meet first: the parent's before those of its children.
    fn first_stop(&self) -> Option<Stop> {
        self.diagnostics
            .iter()
            .filter_map(|diagnostic| diagnostic.stop)
            .min()
    }
}
