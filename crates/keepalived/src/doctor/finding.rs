//! What a check says.

use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As it should be.
    Good,
    /// It could not be examined.
    Unknown,
    /// Worth knowing; it may be as it is wanted.
    Note,
    /// It keeps keepalived, or those who want to reach its addresses, from working.
    Problem,
}

/// The result of one check for one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The check, a word that does not change from version to version.
    pub(crate) check: &'static str,
    /// The object it is about: an instance, an interface; empty for the machine.
    pub(crate) subject: String,
    /// How it ended.
    pub(crate) verdict: Verdict,
    /// What was found.
    pub(crate) reason: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remedy: Option<String>,
}

impl Finding {
    fn new(
        check: &'static str,
        subject: &str,
        verdict: Verdict,
        reason: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            check,
            subject: subject.to_owned(),
            verdict,
            reason: reason.into(),
            remedy,
        }
    }

    /// All is well.
    pub(crate) fn good(check: &'static str, subject: &str, reason: impl Into<String>) -> Self {
        Self::new(check, subject, Verdict::Good, reason, None)
    }

    /// Something that may be wanted.
    pub(crate) fn note(
        check: &'static str,
        subject: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, subject, Verdict::Note, reason, Some(remedy.into()))
    }

    /// Something that is wrong.
    pub(crate) fn problem(
        check: &'static str,
        subject: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, subject, Verdict::Problem, reason, Some(remedy.into()))
    }

    /// Something that could not be examined.
    pub(crate) fn unknown(
        check: &'static str,
        subject: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, subject, Verdict::Unknown, reason, Some(remedy.into()))
    }
}
