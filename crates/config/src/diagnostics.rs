//! Reports as values: code, severity, class, spans, help. One mistake is one [`Diagnostic`].

mod code;
mod described;
mod render;
mod report;
mod suggest;

pub use code::{Code, CodeSpec};
pub use described::{Described, Place};
pub use render::Style;
pub use report::Report;
pub use suggest::nearest;

use crate::source::Span;
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A hint beyond the original's reports. Never has a class, so never changes an exit status.
    Note,
    /// Something is used otherwise than written, or will not be accepted for ever.
    Warning,
    /// Something written is not used.
    Error,
}

/// The classes of report of `spec/config-language.md` section 10.2, the highest rank first. The highest class of all
/// reports decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(
    missing_docs,
    reason = "the names are the specification's and say all there is"
)]
pub enum Class {
    FileNotFound = 1,
    /// A missing interface.
    BadIf,
    Fatal,
    MultipleFiles,
    UnknownKeyword,
    /// `{` where none is expected.
    UnexpectedBob,
    /// `{` missing.
    MissingBob,
    /// `}` where none is expected.
    UnexpectedEob,
    /// `}` missing.
    MissingEob,
    UnmatchedQuote,
    MissingParameter,
    InvalidNumber,
    GeneralError,
    Warning,
    Deprecated,
    SecurityError,
}

/// A report that ends the daemon (`spec/config-language.md` sections 7.4 and 10.4), apart from its class. In the order in
/// which the original's processes meet them: the parent while it reads, then its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// A required parameter of a global keyword is missing: the parent itself stops at once, status 2, also in a test.
    MissingGlobalParameter,
    /// An include check in force is violated: status 6 after reading, nothing else is validated, also in a test.
    Include,
    /// No usable main file: status 6. (The original gives 0 in a test.)
    NoConfiguration,
    /// A required parameter of any other keyword is missing: status 2, also in a test.
    MissingParameter,
    /// A configuration that a process refuses to run with: status 2 of the daemon. In a test the class decides.
    Permanent,
}

/// A marked place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said there; may be empty for a plain mark.
    pub text: String,
}

/// One report.
///
/// Built with [`error`](Self::error), [`warning`](Self::warning) or [`note`](Self::note) and completed by the methods
/// that take `self`:
///
/// ```
/// # use config::diagnostics::{Class, Code, Diagnostic};
/// # fn example(span: config::source::Span) -> Diagnostic {
/// Diagnostic::error(Code::UNKNOWN_KEYWORD, Class::UnknownKeyword, "unknown keyword `virtual_routerid`")
///     .at(span, "not a keyword of `vrrp_instance`")
///     .help("did you mean `virtual_router_id`?")
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code, such as `KA0301`.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The class that counts for the exit status; nothing for notes and for what the original only logs.
    pub class: Option<Class>,
    /// Whether it ends the daemon.
    pub stop: Option<Stop>,
    /// One sentence without a full stop, naming the object.
    pub message: String,
    /// The place of the mistake; nothing where it is in no text (a missing main file).
    pub primary: Option<Label>,
    /// Other places that explain it.
    pub secondary: Vec<Label>,
    /// What to do about it, a sentence each.
    pub help: Vec<String>,
    /// The keyword that the block at the primary place lacks: not a mistake of its own if it is there, but wrong.
    pub wants: Option<&'static str>,
}

impl Diagnostic {
    /// Something written is not used.
    #[must_use]
    pub fn error(code: Code, class: Class, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(class), message)
    }

    /// Something is used otherwise than written. The class still counts.
    #[must_use]
    pub fn warning(code: Code, class: Class, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(class), message)
    }

    /// What the original only logs: shown as a warning, without a class.
    #[must_use]
    pub fn logged(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, None, message)
    }

    /// A hint that never changes an exit status.
    #[must_use]
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, None, message)
    }

    fn new(code: Code, severity: Severity, class: Option<Class>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            class,
            stop: None,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            help: Vec::new(),
            wants: None,
        }
    }

    /// Marks the place of the mistake.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Marks another place that explains it.
    #[must_use]
    pub fn and_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// What to do about it: what was said for this report, or else what holds for its code.
    #[must_use]
    pub fn ways_out(&self) -> Vec<&str> {
        if self.help.is_empty() {
            vec![self.code.help()]
        } else {
            self.help.iter().map(String::as_str).collect()
        }
    }

    /// Adds ``did you mean `…`?`` if one of the candidates is near to what was written.
    #[must_use]
    pub fn suggest<'c>(self, written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Self {
        match nearest(written, candidates) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Says that the block at the primary place, one of the words before its `{`, lacks a keyword. The report is not shown
    /// where the keyword is there but wrong, or misspelt: then that is the mistake.
    #[must_use]
    pub fn for_want_of(mut self, keyword: &'static str) -> Self {
        self.wants = Some(keyword);
        self
    }

    /// Makes it end the daemon.
    #[must_use]
    pub fn stops(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }
}
