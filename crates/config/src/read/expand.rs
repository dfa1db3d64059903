//! Conditions, definitions, generators and substitution, in their order (`spec/config-language.md` section 2).

use super::Reader;
use crate::condition::{Selection, select};
use crate::diagnostics::{Class, Code, Diagnostic, nearest};
use crate::generate::{Passes, parse as parse_generator};
use crate::include::parse as parse_include;
use crate::lex::{first_brace, restart, strip};
use crate::limits::EXPANSION_DEPTH;
use crate::source::Span;
use crate::substitute::builtin::Builtins;
use crate::substitute::{Definition, Outcome, Substitution, Value};
use crate::text::{Came, Text};
use std::ops::Range;
use std::sync::Arc;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// A file.
    File,
    /// A pass of a loop, or a line of a multi-line value behind its first.
    Expansion,
    /// The first line of a multi-line value, put in place of the reference.
    FirstOfValue,
}

impl Reader<'_> {
    /// Processes a line without comments: one of a file, of a multi-line value, or of a pass of a generator.
    pub(super) fn logical_line(&mut self, line: Text, from: From) {
        let mut rest = Some(line);
        while let Some(line) = rest.take().filter(|line| !self.ended && !line.is_empty()) {
            rest = self.up_to_restart(line, from);
        }
    }

    /// Processes a line, or its beginning up to a brace. Gives what is a line of its own behind that.
    fn up_to_restart(&mut self, mut line: Text, from: From) -> Option<Text> {
        if select(&mut line, self.input.config_id) == Selection::Skipped {
            return None;
        }
        if self.define(&line, from) || self.generate(&line) {
            return None;
        }
        // compat: comments are removed after each round, and rounds go on until nothing is replaced any more.
        let mut more = line.bytes().first() != Some(&b'~');
        let mut stopped = !more;
        let mut changed = from == From::FirstOfValue;
        while more && !self.ended {
            match self.substitute(&mut line) {
                Outcome::Same => {
                    more = changed;
                    if changed {
                        strip_again(&mut line);
                    }
                    changed = false;
                }
                Outcome::Changed => {
                    strip_again(&mut line);
                    changed = false;
                }
                Outcome::Stopped => {
                    strip_again(&mut line);
                    (more, stopped) = (false, true);
                }
                Outcome::Lines {
                    reference,
                    definition,
                } => {
                    self.value_lines(&line, &reference, &definition);
                    return None;
                }
            }
        }
        if let Some(include) = parse_include(line.bytes()) {
            let span = line.span(&(0..line.bytes().len()), &mut self.sources);
            let pattern = String::from_utf8_lossy(include.pattern).into_owned();
            let at = line.span(&(include.at..line.bytes().len()), &mut self.sources);
            self.include(&pattern, include.checks, span, at);
            return None;
        }
        // What was not substituted because of a `~` is, if it stands behind a brace.
        let at = if stopped {
            first_brace(line.bytes())
        } else {
            restart(line.bytes())
        };
        let rest = at.map(|at| {
            let mut rest = line.clone();
            rest.advance(at);
            line.truncate(at);
            rest
        });
        self.final_line(&line);
        rest
    }

    /// Cuts a line that needs no further processing into words.
    fn final_line(&mut self, line: &Text) {
        let first = self.stream.len();
        let unresolved = if line.is_plain() {
            let span = line.span(&(0..0), &mut self.sources);
            self.stream
                .push_plain(span.source, span.start, line.bytes(), line.reported)
        } else {
            self.stream.push_text(line, &mut self.sources)
        };
        self.pushed(first, unresolved, line.reported);
    }

    fn substitute(&mut self, line: &mut Text) -> Outcome {
        let outcome = Substitution {
            parameters: &self.parameters,
            builtins: &mut self.builtins,
            sources: &mut self.sources,
            report: &mut self.report,
            left: &mut self.expansions_left,
        }
        .line(line);
        if self.expansions_left == 0 {
            self.too_many_expansions(line);
        }
        outcome
    }

    fn too_many_expansions(&mut self, line: &Text) {
        let span = line.span(&(0..line.bytes().len()), &mut self.sources);
        let limit = self.input.limits.expansions;
        self.exhausted(
            Some(span),
            format!("more than {limit} lines and substitutions come from parameters and loops"),
        );
    }

    /// Counts a line that comes from a value or a loop. Gives whether there may be more of them.
    fn may_expand(&mut self, line: &Text) -> bool {
        self.expansions_left = self.expansions_left.saturating_sub(1);
        if self.expansions_left == 0 {
            self.too_many_expansions(line);
        } else if self.expansion_depth >= EXPANSION_DEPTH {
            let span = line.span(&(0..line.bytes().len()), &mut self.sources);
            let message =
                format!("more than {EXPANSION_DEPTH} multi-line values and loops within each other");
            self.exhausted(Some(span), message);
        }
        !self.ended
    }

    /// Processes the lines of a multi-line value in place of the reference at the end of a line.
    fn value_lines(&mut self, line: &Text, reference: &Range<usize>, definition: &Definition) {
        let Value::Lines(values) = &definition.value else {
            return;
        };
        let parent = line.span(reference, &mut self.sources).origin;
        for (index, value) in values.iter().enumerate() {
            if !self.may_expand(line) {
                return;
            }
            let came = Came::Parameter {
                name: definition.name.clone(),
                definition: value.place,
                parent,
            };
            let mut text = line.clone();
            text.replace(reference.clone(), &value.bytes, came);
            let from = if index == 0 {
                From::FirstOfValue
            } else {
                From::Expansion
            };
            if index > 0 {
                text.remove(0..reference.start);
            }
            self.expansion_depth += 1;
            self.logical_line(text, from);
            self.expansion_depth -= 1;
        }
    }

    /// Runs the loop that a line begins with, if it begins with one.
    fn generate(&mut self, line: &Text) -> bool {
        if line.bytes().first() != Some(&b'~') {
            return false;
        }
        let parsed = parse_generator(line, |mut numbers| match self.substitute(&mut numbers) {
            Outcome::Same | Outcome::Changed | Outcome::Stopped => Some(numbers),
            Outcome::Lines { .. } => None,
        });
        let generator = match parsed {
            None => return false,
            Some(Ok(generator)) => generator,
            Some(Err(error)) => {
                let span = line.span(&(0..line.bytes().len()), &mut self.sources);
                self.report.push(
                    Diagnostic::error(Code::GENERATOR, Class::GeneralError, error.to_string())
                        .at(span, "the line is dropped"),
                );
                return true;
            }
        };
        let place = line.span(&(0..generator.text), &mut self.sources);
        let mut text = line.clone();
        text.advance(generator.text);
        match generator.passes {
            Passes::Sequence {
                name,
                from,
                step,
                to,
                hex,
            } => {
                let mut value = Some(from);
                while let Some(now) = value.filter(|now| if step > 0 { *now <= to } else { *now >= to }) {
                    let shown = if hex { format!("{now:x}") } else { now.to_string() };
                    self.set_variable(&name, shown.as_bytes().into(), place);
                    if !self.pass(&text) {
                        break;
                    }
                    value = now.checked_add(step);
                }
            }
            Passes::List { names, sets } => {
                for set in sets {
                    for (name, value) in names.iter().zip(set) {
                        self.set_variable(name, value, place);
                    }
                    if !self.pass(&text) {
                        break;
                    }
                }
            }
        }
        true
    }

    fn set_variable(&mut self, name: &Arc<str>, bytes: Arc<[u8]>, generator: Span) {
        let value = Value::Generated { bytes, generator };
        self.parameters.define(Definition {
            name: name.clone(),
            place: generator,
            value,
        });
    }

    fn pass(&mut self, text: &Text) -> bool {
        if !self.may_expand(text) {
            return false;
        }
        self.expansion_depth += 1;
        self.logical_line(text.clone(), From::Expansion);
        self.expansion_depth -= 1;
        !self.ended
    }

    /// Reports a `${…}` outside quotes that nothing is known for. The original splits the line at its braces.
    pub(super) fn unresolved(&mut self, span: Span, written: &str) {
        let name = written.trim_start_matches("${").trim_end_matches('}');
        let name = name.split([' ', '\t']).next().unwrap_or(name);
        let diagnostic = Diagnostic::error(
            Code::UNDEFINED_PARAMETER,
            Class::GeneralError,
            format!("`{written}` is not defined"),
        )
        .at(span, "nothing to put in its place");
        let names = self.parameters.names().chain(Builtins::NAMES);
        let diagnostic = match nearest(name, names).filter(|near| *near != name) {
            Some(near) => diagnostic.help(format!("did you mean `${{{near}}}`?")),
            None => diagnostic.help("define it before this line, or put the word into double quotes"),
        };
        self.report.push(diagnostic);
    }
}

/// compat: a value may have brought a comment.
fn strip_again(line: &mut Text) {
    let found = strip(line.bytes());
    line.truncate(found.end());
    for range in found.removed() {
        line.remove(range);
    }
    line.advance(0);
}
