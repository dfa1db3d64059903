//! Reports for programs.

use super::render::shown;
use super::{Class, Code, Diagnostic, Severity};
use crate::source::{Sources, Span};
use serde::Serialize;
use std::sync::Arc;

/// A report with every place resolved. Its serialised form is the line of `--message-format json`: fields are added, and
/// never renamed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Described {
    /// Stable code, such as `KA0301`.
    pub code: Code,
    /// `error`, `warning` or `note`.
    pub severity: Severity,
    /// The original's class, such as `GENERAL_ERROR`; nothing for what does not count for the exit status.
    pub class: Option<Class>,
    /// One sentence without a full stop.
    pub message: String,
    /// File of the mistake; nothing where it is in no text.
    pub file: Option<Arc<str>>,
    /// Line from 1.
    pub line: Option<u32>,
    /// Column in bytes from 1.
    pub column: Option<u32>,
    /// All places that have to do with it, the one of the mistake first.
    pub spans: Vec<Place>,
    /// How the text got there: the include lines on the way.
    pub notes: Vec<String>,
    /// What to do about it, a sentence each. Never empty.
    pub help: Vec<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// Line from 1.
    pub line: u32,
    /// Column in bytes from 1.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column after the last byte.
    pub end_column: u32,
    /// Whether this is where the mistake is; the others explain it.
    pub primary: bool,
    /// What is to be said about it; may be empty.
    pub label: String,
}

impl Diagnostic {
    /// The report with its places resolved, for programs. Secrets are in none of its texts.
    #[must_use]
    pub fn describe(&self, sources: &Sources) -> Described {
        let mut notes = Vec::new();
        let spans: Vec<Place> = self
            .marks(sources, &mut notes)
            .into_iter()
            .map(|mark| place(mark.span, mark.is_primary, &mark.text, sources))
            .collect();
        let at = spans.first().filter(|place| place.primary);
        Described {
            code: self.code,
            severity: self.severity,
            class: self.class,
            message: shown(self.message.as_bytes()),
            file: at.map(|place| place.file.clone()),
            line: at.map(|place| place.line),
            column: at.map(|place| place.column),
            help: self
                .ways_out()
                .into_iter()
                .map(|help| shown(help.as_bytes()))
                .collect(),
            notes: notes.iter().map(|note| shown(note.as_bytes())).collect(),
            spans,
        }
    }
}

fn place(span: Span, primary: bool, label: &str, sources: &Sources) -> Place {
    let start = sources.locate(span);
    let end = sources.locate(Span {
        start: span.end,
        ..span
    });
    Place {
        file: start.file,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        primary,
        label: shown(label.as_bytes()),
    }
}
