//! All reports of one reading, and what follows from them.

use super::{Class, Diagnostic, Severity, Stop};
use crate::source::{OriginId, SourceId, Sources, Span};
use std::collections::{HashMap, HashSet};

/// All reports of one reading, in the order they were made.
///
/// One mistake is one message: what is reported about a place that is known to be wrong already is a consequence. It is
/// not shown, but its class and stop count as they do for the original.
#[derive(Clone, Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<(super::Code, Option<Span>, String)>,
    /// Places that are known to be wrong.
    poisoned: HashMap<Origin, Vec<(u32, u32)>>,
    class: Option<Class>,
    stop: Option<Stop>,
}

impl Report {
    /// Takes a report in. It is not shown if the same one has been made already or if it is about a poisoned place.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.class = self.class.max(diagnostic.class);
        self.stop = match (self.stop, diagnostic.stop) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        let place = diagnostic.primary.as_ref().map(|label| label.span);
        if place.is_some_and(|span| self.is_poisoned(span)) {
            return;
        }
        if self
            .seen
            .insert((diagnostic.code, place, diagnostic.message.clone()))
        {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Takes in all reports of another one.
    pub fn append(&mut self, other: Self) {
        for diagnostic in other.diagnostics {
            self.push(diagnostic);
        }
        self.class = self.class.max(other.class);
        self.stop = match (self.stop, other.stop) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
        for (key, places) in other.poisoned {
            self.poisoned.entry(key).or_default().extend(places);
        }
    }

    /// Makes whatever is reported about a place from now on a consequence of what has been reported.
    pub fn poison(&mut self, span: Span) {
        self.poisoned
            .entry((span.source, span.origin))
            .or_default()
            .push((span.start, span.end));
    }

    /// Keeps only some reports to be shown. The classes of the others count on.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    fn is_poisoned(&self, span: Span) -> bool {
        self.poisoned
            .get(&(span.source, span.origin))
            .is_some_and(|places| {
                places
                    .iter()
                    .any(|(start, end)| span.start <= *end && *start <= span.end)
            })
    }

    /// The reports in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// The reports as they are to be shown: in the order of the text, those about no place last. A mistake in a
    /// definition or a loop is made wherever that is used, and shown once.
    #[must_use]
    pub fn distinct(&self, sources: &Sources) -> Vec<Diagnostic> {
        let mut all: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        all.sort_by_key(|diagnostic| {
            let place = diagnostic
                .primary
                .as_ref()
                .map(|label| (label.span.source, label.span.start));
            (place.is_none(), place)
        });
        let mut shown: Vec<(Diagnostic, u32)> = Vec::new();
        let mut known: HashMap<(super::Code, Span), Vec<usize>> = HashMap::new();
        for diagnostic in all {
            let origin = diagnostic
                .primary
                .as_ref()
                .map(|label| label.span)
                .filter(|span| span.origin.is_some());
            if let Some(span) = origin {
                let same = known
                    .entry((diagnostic.code, sources.written_at(span)))
                    .or_default();
                let equal = same
                    .iter()
                    .find(|index| shown[**index].0.message == diagnostic.message);
                let kept = if same.len() < VALUES_SHOWN {
                    equal
                } else {
                    equal.or(same.last())
                };
                if let Some(index) = kept {
                    shown[*index].1 += 1;
                    continue;
                }
                same.push(shown.len());
            }
            let mut diagnostic = diagnostic.clone();
            diagnostic.help.extend(unreplaced(&diagnostic, sources));
            shown.push((diagnostic, 0));
        }
        let counted = |(diagnostic, more): (Diagnostic, u32)| match more {
            0 => diagnostic,
            1 => diagnostic.help("once more where the same text is used"),
            more => diagnostic.help(format!("{more} times more where the same text is used")),
        };
        shown.into_iter().map(counted).collect()
    }

    /// Whether there is no report at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Number of reports.
    #[must_use]
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether any report is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether the daemon cannot run with what was read so far.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// The highest class reported, consequences counted.
    #[must_use]
    pub const fn class(&self) -> Option<Class> {
        self.class
    }

    /// Exit status of `--config-test` (`spec/config-language.md` section 10.3).
    #[must_use]
    pub const fn test_status(&self) -> u8 {
        match (self.stop, self.class) {
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
        self.stop.map(|stop| match stop {
            Stop::MissingGlobalParameter | Stop::MissingParameter | Stop::Permanent => 2,
            Stop::Include | Stop::NoConfiguration => 6,
        })
    }
}

/// Reports about one place with different values of a loop's variable that are shown.
const VALUES_SHOWN: usize = 3;

/// What there is to say about a report on a word that looks like a parameter.
fn unreplaced(diagnostic: &Diagnostic, sources: &Sources) -> Option<String> {
    let label = diagnostic
        .primary
        .as_ref()
        .filter(|_| diagnostic.class.is_some())?;
    let written = std::str::from_utf8(sources.written(label.span)).ok()?;
    let name = written
        .strip_prefix('$')
        .filter(|_| label.span.origin.is_none())?;
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then(|| {
        format!(
            "`{written}` was not replaced: define it before this line, or, within quotes, write `${{{name}}}`"
        )
    })
}

/// What spans must share for one to be a part of the other.
type Origin = (SourceId, Option<OriginId>);

#[cfg(test)]
mod tests;
