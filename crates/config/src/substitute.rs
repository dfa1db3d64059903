//! `$NAME` and `${NAME}` (`spec/config-language.md` section 5).

pub(crate) mod builtin;
mod parameters;
mod reference;

pub(crate) use parameters::{Definition, Parameters, Value, ValueLine, definition};

use crate::diagnostics::{Class, Code, Diagnostic, Report};
use crate::lex::{Token, tokens};
use crate::limits::{SUBSTITUTED, SUBSTITUTIONS_OF_LINE};
use crate::source::{Origin, Sources};
use crate::text::{Came, Text};
use builtin::Builtins;
use reference::{Reference, next};
use std::ops::Range;

/// What substitution works with.
pub(crate) struct Substitution<'a, 'b> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) builtins: &'a mut Builtins<'b>,
    pub(crate) sources: &'a mut Sources,
    pub(crate) report: &'a mut Report,
    /// Substitutions that are left to the whole reading.
    pub(crate) left: &'a mut u32,
}

/// What became of a line.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing was replaced.
    Same,
    /// Something was replaced. When comments have been removed, there may be more to replace.
    Changed,
    /// Something was replaced by a value that begins with `~`: nothing more is replaced.
    Stopped,
    /// The line ends with a reference to a definition of several lines.
    Lines {
        reference: Range<usize>,
        definition: Definition,
    },
}

impl Substitution<'_, '_> {
    /// Replaces the references in a line, from left to right; what is put in is looked through too. A value may complete a
    /// reference before it, so that there is more to replace afterwards.
    pub(crate) fn line(&mut self, line: &mut Text) -> Outcome {
        let original = line.clone();
        let mut steps = 0;
        let mut at = 0;
        let mut failed = false;
        while let Some(reference) = next(line.bytes(), at) {
            at = reference.whole.start + 1;
            let Some((value, came)) = (match self.value(line, &reference, &mut failed) {
                Found::Nothing => None,
                Found::Value(value, came) => Some((value, came)),
                Found::Lines(definition) => {
                    if self.is_cycle(line, &reference) {
                        *line = original;
                        line.reported = true;
                        return Outcome::Same;
                    }
                    return Outcome::Lines {
                        reference: reference.whole,
                        definition,
                    };
                }
            }) else {
                continue;
            };
            if self.is_cycle(line, &reference) || self.is_endless(line, &reference, &mut steps) {
                *line = original;
                line.reported = true;
                return Outcome::Same;
            }
            if line.bytes().len() - reference.whole.len() + value.len() >= SUBSTITUTED {
                self.too_long(line, &reference, original);
                return Outcome::Same;
            }
            let start = reference.whole.start;
            line.replace(reference.whole, &value, came);
            at = start;
            if value.first() == Some(&b'~') {
                return Outcome::Stopped;
            }
        }
        if steps == 0 {
            Outcome::Same
        } else {
            Outcome::Changed
        }
    }

    fn value(&mut self, line: &mut Text, reference: &Reference, failed: &mut bool) -> Found {
        let bytes = line.bytes();
        let name = String::from_utf8_lossy(&bytes[reference.name.clone()]).into_owned();
        if reference.arguments.is_none()
            && let Some(definition) = self.parameters.find(&name)
        {
            return match &definition.value {
                Value::Lines(_) if reference.whole.end == bytes.len() => Found::Lines(definition.clone()),
                Value::Lines(_) => {
                    if reference.braced && !*failed && outside_quotes(bytes, reference.whole.start) {
                        *failed = true;
                        self.in_the_middle(line, reference, &definition.clone());
                    }
                    Found::Nothing
                }
                Value::Line(value) => {
                    let parent = line.span(&reference.whole, self.sources).origin;
                    let came = Came::Parameter {
                        name: definition.name.clone(),
                        definition: value.place,
                        parent,
                    };
                    Found::Value(value.bytes.to_vec(), came)
                }
                Value::Generated { bytes, generator } => {
                    let parent = line.span(&reference.whole, self.sources).origin;
                    let origin = self.sources.add_origin(Origin::Generated {
                        name: definition.name.clone(),
                        value: String::from_utf8_lossy(bytes).into(),
                        generator: *generator,
                        parent,
                    });
                    Found::Value(bytes.to_vec(), Came::Known(origin))
                }
            };
        }
        let arguments = reference
            .arguments
            .clone()
            .map(|range| String::from_utf8_lossy(&bytes[range]).into_owned());
        let arguments: Vec<&str> = arguments
            .iter()
            .flat_map(|text| text.split_ascii_whitespace())
            .collect();
        match self.builtins.value(&name, &arguments) {
            None => Found::Nothing,
            Some(Ok(value)) => {
                if Builtins::random_is_reversed(&name, &arguments) {
                    let span = line.span(&reference.whole, self.sources);
                    self.report.push(
                        Diagnostic::warning(
                            Code::BUILTIN_ARGUMENTS,
                            Class::GeneralError,
                            "the smallest number of `_RANDOM` is greater than the greatest",
                        )
                        .at(span, "gives the first of them"),
                    );
                }
                let parent = line.span(&reference.whole, self.sources).origin;
                let origin = self.sources.add_origin(Origin::Builtin {
                    name: name.into(),
                    parent,
                });
                Found::Value(value, Came::Known(origin))
            }
            Some(Err(error)) => {
                if !*failed {
                    *failed = true;
                    line.reported = true;
                    let span = line.span(&reference.whole, self.sources);
                    self.report.push(
                        Diagnostic::error(Code::BUILTIN_ARGUMENTS, Class::GeneralError, error.message)
                            .at(span, "used as written")
                            .help(error.help),
                    );
                }
                Found::Nothing
            }
        }
    }

    /// Whether the reference stands in text that came from the very parameter; reports it.
    fn is_cycle(&mut self, line: &Text, reference: &Reference) -> bool {
        let name = String::from_utf8_lossy(&line.bytes()[reference.name.clone()]).into_owned();
        let mut way = Vec::new();
        let mut found = false;
        for (passed, definition) in line.came_through(reference.whole.start, self.sources) {
            way.push((passed.to_owned(), definition));
            if passed == name {
                found = true;
                break;
            }
        }
        if found {
            way.reverse();
            let span = line.span(&reference.whole, self.sources);
            let mut diagnostic = Diagnostic::error(
                Code::PARAMETER_CYCLE,
                Class::GeneralError,
                format!("the definition of `${name}` contains itself"),
            )
            .at(span, "used here, and left as it is written");
            for (index, (passed, definition)) in way.iter().enumerate() {
                let next = way.get(index + 1).map_or(&name, |(next, _)| next);
                diagnostic = diagnostic.and_at(*definition, format!("`${passed}` contains `${next}`"));
            }
            self.report.push(diagnostic);
        }
        found
    }

    /// Counts a substitution; reports when there are too many of them.
    fn is_endless(&mut self, line: &Text, reference: &Reference, steps: &mut u32) -> bool {
        *steps += 1;
        *self.left = self.left.saturating_sub(1);
        if *steps <= SUBSTITUTIONS_OF_LINE {
            return false;
        }
        let span = line.span(&reference.whole, self.sources);
        self.report.push(
            Diagnostic::error(
                Code::TOO_MANY_SUBSTITUTIONS,
                Class::GeneralError,
                format!("more than {SUBSTITUTIONS_OF_LINE} substitutions in one line"),
            )
            .at(span, "the line is left as it is written")
            .help("look for definitions that contain others several times"),
        );
        true
    }

    /// compat: the original logs this and uses the line as it is written, so it counts only where that breaks the braces.
    fn too_long(&mut self, line: &mut Text, reference: &Reference, original: Text) {
        let span = line.span(&reference.whole, self.sources);
        *line = original;
        let mut broken = false;
        tokens(line.bytes(), |token| {
            broken |= matches!(token, Token::Unresolved(_));
        });
        line.reported |= broken;
        let message = format!(
            "substitution would make the line longer than {} bytes",
            SUBSTITUTED - 1
        );
        let diagnostic = if broken {
            Diagnostic::error(Code::SUBSTITUTION_TOO_LONG, Class::GeneralError, message)
        } else {
            Diagnostic::logged(Code::SUBSTITUTION_TOO_LONG, message)
        };
        self.report.push(
            diagnostic
                .at(span, "with this value; the line is used as it is written")
                .help("split the line, or use a definition of several lines"),
        );
    }

    fn in_the_middle(&mut self, line: &mut Text, reference: &Reference, definition: &Definition) {
        line.reported = true;
        let span = line.span(&reference.whole, self.sources);
        self.report.push(
            Diagnostic::error(
                Code::LINES_IN_THE_MIDDLE,
                Class::GeneralError,
                format!(
                    "`${}` has several lines and is not the last thing on the line",
                    definition.name
                ),
            )
            .at(span, "not replaced")
            .and_at(definition.place, "defined here"),
        );
    }
}

enum Found {
    Nothing,
    Value(Vec<u8>, Came),
    Lines(Definition),
}

fn outside_quotes(line: &[u8], at: usize) -> bool {
    line[..at]
        .iter()
        .fold(true, |outside, byte| outside != (*byte == b'"'))
}
