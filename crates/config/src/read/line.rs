//! Physical lines (`spec/config-language.md` sections 2 and 5.3).

use super::expand::From;
use super::{Pending, Reader};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lex::{first_line, restart, strip};
use crate::limits::LINE;
use crate::source::{SourceId, Span};
use crate::substitute::{Definition, Value, ValueLine, definition};
use crate::text::{Stretch, Text, trimmed_len};
use std::sync::Arc;

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("reading limits the size of files")
}

impl Reader<'_> {
    /// Reads all lines of a file.
    pub(super) fn lines(&mut self, source: SourceId, text: &[u8]) {
        let mut start = 0;
        while start < text.len() && !self.ended {
            let first = first_line(&text[start..]);
            let end = start + first.length;
            let mut line = &text[start..end];
            while let Some(shorter) = line.strip_suffix(b"\r") {
                line = shorter;
            }
            if first.has_signs || line.len() > LINE || self.pending.is_some() {
                self.physical_line(source, offset(start), line);
            } else {
                self.words(source, offset(start), line);
            }
            start = end + 1;
        }
        self.end_definition();
    }

    /// A line of nothing but words.
    fn words(&mut self, source: SourceId, start: u32, line: &[u8]) {
        let blanks = line
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let text = &line[blanks..trimmed_len(line).max(blanks)];
        let start = start + offset(blanks);
        self.copy.begin_line(text, b"\n");
        if text.starts_with(b"include") {
            self.logical_line(Text::plain(source, start, text), From::File);
        } else if !text.is_empty() {
            let first = self.stream.len();
            let unresolved = self.stream.push_plain(source, start, text, false);
            self.pushed(first, unresolved, false);
        }
    }

    fn physical_line(&mut self, source: SourceId, start: u32, line: &[u8]) {
        let span = |from: usize, to: usize| Span {
            source,
            start: start + offset(from),
            end: start + offset(to),
            origin: None,
        };
        if line.len() > LINE {
            self.report.push(
                Diagnostic::error(
                    Code::LINE_TOO_LONG,
                    Class::GeneralError,
                    format!("the line has {} bytes, more than {LINE}", line.len()),
                )
                .at(
                    span(LINE, LINE + 1),
                    "the first byte too many; the whole line is ignored",
                )
                .help("split the line, or use a definition of several lines (`$NAME=\\`)"),
            );
            self.copy.blank_line();
            return;
        }
        if let Some(at) = line.iter().position(|byte| *byte == 0) {
            self.report.push(
                Diagnostic::error(Code::NUL, Class::GeneralError, "the line contains a NUL byte")
                    .at(span(at, at + 1), "the whole line is ignored"),
            );
            self.copy.blank_line();
            return;
        }
        let found = strip(line);
        let end: &[u8] = if found.backslash.is_some() { b"\\\n" } else { b"\n" };
        self.copy.begin_line(&line[found.text.clone()], end);
        let reported = found.open_quote.is_some();
        if let Some(at) = found.open_quote {
            self.report.push(
                Diagnostic::error(
                    Code::OPEN_QUOTE,
                    Class::GeneralError,
                    "this quotation is never closed",
                )
                .at(span(at, at + 1), "opened here; the rest of the line is lost")
                .help("add the closing `\"`"),
            );
            self.report.poison(span(at, line.len()));
        }
        let text = &line[found.text.start..found.end()];
        if text.is_empty() {
            self.end_definition_empty();
            return;
        }
        let text_start = start + offset(found.text.start);
        let plain = self.pending.is_none()
            && !found.is_cut()
            && !matches!(text[0], b'$' | b'@' | b'~')
            && !text.contains(&b'$')
            && !text.starts_with(b"include")
            && restart(text).is_none();
        if plain {
            let first = self.stream.len();
            let unresolved = self.stream.push_plain(source, text_start, text, reported);
            self.pushed(first, unresolved, reported);
            return;
        }
        let mut line = Text::plain(source, text_start, text);
        line.reported = reported;
        for range in found.removed() {
            line.remove(range.start - found.text.start..range.end - found.text.start);
        }
        if self.pending.is_some() {
            self.continue_definition(&line);
        } else {
            self.logical_line(line, From::File);
        }
    }

    /// Takes a line as a definition, if it is one.
    pub(super) fn define(&mut self, line: &Text, from: From) -> bool {
        let Some((name, start)) = definition(line) else {
            return false;
        };
        let bytes = line.bytes();
        let place = line.span(&(0..bytes.len()), &mut self.sources);
        if bytes[start..].last() == Some(&b'\\') {
            self.pending = Some(Pending {
                name,
                place,
                lines: Vec::new(),
            });
            self.collect(line, start);
            if from != From::File {
                // There is no following line to take from within a value or a loop.
                self.end_definition();
            }
        } else {
            let value = self.value_line(line, start, bytes.len());
            self.parameters.define(Definition {
                name,
                place,
                value: Value::Line(value),
            });
        }
        true
    }

    /// A line after one that ended in `\`.
    fn continue_definition(&mut self, line: &Text) {
        let more = line.bytes().last() == Some(&b'\\');
        self.collect(line, 0);
        if !more {
            self.end_definition();
        }
    }

    /// Ends a definition with a line that holds nothing.
    ///
    /// compat: the line counts, so what was one line so far may only be used at the end of a line.
    fn end_definition_empty(&mut self) {
        if let Some(pending) = &mut self.pending {
            let place = Stretch {
                span: pending.place,
                exact: false,
            };
            pending.lines.push(ValueLine {
                bytes: Arc::default(),
                place,
            });
        }
        self.end_definition();
    }

    /// Adds a line, from `start` on, to the definition being collected.
    fn collect(&mut self, line: &Text, start: usize) {
        let bytes = line.bytes();
        let without = bytes.strip_suffix(b"\\").unwrap_or(bytes);
        let end = trimmed_len(without);
        if end > start {
            let value = self.value_line(line, start, end);
            self.pending
                .as_mut()
                .expect("a definition is being collected")
                .lines
                .push(value);
        }
    }

    fn value_line(&mut self, line: &Text, start: usize, end: usize) -> ValueLine {
        ValueLine {
            bytes: line.bytes()[start..end].into(),
            place: line.stretch(&(start..end), &mut self.sources),
        }
    }

    fn end_definition(&mut self) {
        if let Some(Pending { name, place, lines }) = self.pending.take() {
            let value = match <[ValueLine; 1]>::try_from(lines) {
                Ok([line]) => Value::Line(line),
                Err(lines) => Value::Lines(lines.into()),
            };
            self.parameters.define(Definition { name, place, value });
        }
    }
}
