//! Reports as people read them: with the line they are about, or as one line.

mod mask;

use super::{Diagnostic, Label, Severity};
use crate::source::{Origin, SourceId, Sources, Span};
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

/// Where the text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A file, a pipe, a log.
    Plain,
    /// A terminal.
    Coloured,
}

/// Places further apart than this many lines are shown separately.
const APART: u32 = 100;
/// Bytes of a line that are shown behind the marked place.
const BEHIND: usize = 160;

impl Diagnostic {
    /// With the lines it is about, places marked, and the way of included and substituted text. Ends in a newline.
    #[must_use]
    pub fn render(&self, sources: &Sources, style: Style) -> String {
        let (level, renderer) = (
            match self.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
                Severity::Note => Level::NOTE,
            },
            match style {
                Style::Plain => Renderer::plain(),
                Style::Coloured => Renderer::styled(),
            },
        );
        let title = format!("{}{}", self.prefix(sources), self.message);
        let mut group = Group::with_title(
            level
                .primary_title(shown(title.as_bytes()))
                .id(self.code.to_string()),
        );
        let mut notes = Vec::new();
        for window in windows(&self.marks(sources, &mut notes), sources) {
            group = group.element(window);
        }
        for note in notes {
            group = group.element(Level::NOTE.message(shown(note.as_bytes())));
        }
        for help in self.ways_out() {
            group = group.element(Level::HELP.message(shown(help.as_bytes())));
        }
        let mut text = renderer.render(&[group]);
        text.push('\n');
        text
    }

    /// In one line, for a log: `(FILE: Line N) text`.
    #[must_use]
    pub fn line(&self, sources: &Sources) -> String {
        let mut line = format!("{}{}", self.prefix(sources), self.message);
        for help in &self.help {
            line.push_str(" - ");
            line.push_str(help);
        }
        shown(line.as_bytes())
    }

    /// `(FILE: Line N) `, or nothing for a report without a place.
    fn prefix(&self, sources: &Sources) -> String {
        self.primary.as_ref().map_or(String::new(), |label| {
            let location = sources.locate(label.span);
            format!("({}: Line {}) ", location.file, location.line)
        })
    }

    /// All places to be marked, the primary one first.
    pub(super) fn marks(&self, sources: &Sources, notes: &mut Vec<String>) -> Vec<Mark> {
        let labels: Vec<&Label> = self.primary.iter().chain(&self.secondary).collect();
        let mut marks: Vec<Mark> = Vec::new();
        for (index, label) in labels.iter().enumerate() {
            marks.push(Mark {
                is_primary: index == 0 && self.primary.is_some(),
                span: label.span,
                text: label.text.clone(),
            });
        }
        for label in labels {
            for mark in way_of(label, sources, notes) {
                // What is marked already needs no second mark.
                let same = |other: &Mark| {
                    Span {
                        origin: None,
                        ..other.span
                    } == Span {
                        origin: None,
                        ..mark.span
                    }
                };
                if !marks.iter().any(same) {
                    marks.push(mark);
                }
            }
        }
        notes.dedup();
        marks
    }
}

/// A place to be shown, and what is to be said there.
pub(super) struct Mark {
    pub(super) is_primary: bool,
    pub(super) span: Span,
    pub(super) text: String,
}

/// How the text of a label got to its place.
fn way_of(label: &Label, sources: &Sources, notes: &mut Vec<String>) -> Vec<Mark> {
    let mut marks = Vec::new();
    let context = |span: Span, text: String| Mark {
        is_primary: false,
        span,
        text,
    };
    // The definition of a password is as secret as the password.
    let mut next = label.span.origin.filter(|_| !is_secret(label.span, sources));
    while let Some(id) = next {
        let origin = sources.origin(id);
        match origin {
            Origin::Parameter { name, definition, .. } => {
                marks.push(context(*definition, format!("expanded from `${name}`")));
            }
            Origin::Generated {
                name,
                value,
                generator,
                ..
            } => {
                marks.push(context(*generator, format!("with `{name}` = `{value}`")));
            }
            Origin::Builtin { name, .. } => notes.push(format!("the value comes from `${{{name}}}`")),
        }
        next = origin.parent();
    }
    let mut included_at = sources.source(label.span.source).included_at();
    while let Some(span) = included_at {
        let location = sources.locate(span);
        notes.push(format!("included from {}:{}", location.file, location.line));
        included_at = sources.source(span.source).included_at();
    }
    marks
}

/// Whether a place is one of a password or a key.
fn is_secret(span: Span, sources: &Sources) -> bool {
    let source = sources.source(span.source);
    let first = source.line_of(span.start);
    let (start, end) = (
        source.start_of_line(first),
        source.start_of_line(first.saturating_add(1)),
    );
    let (start, end) = (start as usize, end as usize);
    let piece = (span.start as usize).saturating_sub(start)..(span.end as usize).saturating_sub(start);
    mask::is_secret(&source.text()[start..end.max(start)], piece)
}

/// The marks as pieces of the files, nearby ones together.
fn windows<'a>(marks: &[Mark], sources: &'a Sources) -> Vec<Snippet<'a, Annotation<'a>>> {
    let mut windows: Vec<(SourceId, u32, u32, Vec<&Mark>)> = Vec::new();
    for mark in marks {
        let source = sources.source(mark.span.source);
        let (first, last) = (source.line_of(mark.span.start), source.line_of(mark.span.end));
        let near = windows.iter_mut().find(|(id, from, to, _)| {
            *id == mark.span.source
                && first <= to.saturating_add(APART)
                && last.saturating_add(APART) >= *from
        });
        match near {
            Some((_, from, to, inside)) => {
                (*from, *to) = ((*from).min(first), (*to).max(last));
                inside.push(mark);
            }
            None => windows.push((mark.span.source, first, last, vec![mark])),
        }
    }
    windows
        .into_iter()
        .map(|(id, first, last, marks)| {
            let source = sources.source(id);
            let start = source.start_of_line(first) as usize;
            let furthest = marks
                .iter()
                .map(|mark| mark.span.end as usize)
                .max()
                .unwrap_or(start);
            let end = (source.start_of_line(last.saturating_add(1)) as usize).min(furthest + BEHIND);
            let text = shown(&mask::masked(&source.text()[start..end.max(start)]));
            let length = text.len();
            let annotations = marks.into_iter().map(move |mark| {
                let from = (mark.span.start as usize).saturating_sub(start).min(length);
                let to = (mark.span.end as usize).saturating_sub(start).clamp(from, length);
                let kind = if mark.is_primary {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                let annotation = kind.span(from..to);
                if mark.text.is_empty() {
                    annotation
                } else {
                    annotation.label(shown(mark.text.as_bytes()))
                }
            });
            Snippet::source(text)
                .line_start(first as usize)
                .path(source.name())
                .annotations(annotations)
        })
        .collect()
}

/// Bytes as text of the same length: what is no UTF-8, or would move a terminal's cursor, reads as `?`.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() && !matches!(char, '\n' | '\t') {
                text.extend(std::iter::repeat_n('?', char.len_utf8()));
            } else {
                text.push(char);
            }
        }
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

#[cfg(test)]
mod tests;
