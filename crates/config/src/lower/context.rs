//! What the reading functions of the keywords share: the machine, the report, and the common steps of a line.

use super::At;
use super::claims::{Claims, Lost, Targets};
use super::lines::FIRST_PREFERENCE;
use crate::diagnostics::{Class, Code, Diagnostic, Report, Stop};
use crate::keywords::{Duration, Entry, Form, Integer, Strictness};
use crate::source::{Sources, Span};
use crate::tree::{Statement, Word};
use crate::values::iproute2::Iproute2;
use crate::values::number::{self, Flaw, Parsed, Trailing};
use crate::values::switch::switch;
use crate::{Environment, Purpose};
use model::interface::Interface;
use model::{IfName, Micros};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

/// Most hints of a kind: thousands of instances may share one oddity.
const HINTS: usize = 10;

/// The surroundings of a keyword that is read.
pub(crate) struct Context<'e> {
    pub(crate) env: Environment<'e>,
    pub(crate) purpose: Purpose,
    pub(crate) report: &'e mut Report,
    pub(crate) iproute2: Iproute2<'e>,
    /// `dynamic_interfaces`: an interface may be absent.
    pub(crate) dynamic_interfaces: bool,
    interfaces: HashMap<&'e str, &'e Interface>,
    /// Keywords that were noted to have no effect yet.
    noted: HashSet<&'static str>,
    /// Hints given so far, by code.
    hints: BTreeMap<Code, usize>,
    /// The keyword of the block that is being read has no effect yet and was noted.
    inside_noted: bool,
    /// Global keywords are read, which the parent process does.
    pub(crate) global: bool,
    pub(crate) targets: Targets,
    pub(crate) claims: Claims,
    pub(crate) lost: Lost,
    /// Preference for the next IPv4 and IPv6 rule that names none.
    pub(crate) next_preference: (u32, u32),
    pub(super) sources: &'e Sources,
}

impl<'e> Context<'e> {
    pub(crate) fn new(
        env: Environment<'e>,
        purpose: Purpose,
        sources: &'e Sources,
        report: &'e mut Report,
    ) -> Self {
        let mut interfaces = HashMap::new();
        for interface in &env.interfaces.0 {
            for name in &interface.alt_names {
                interfaces.entry(name.as_str()).or_insert(interface);
            }
        }
        // A real name counts before an alternative name of another interface.
        for interface in &env.interfaces.0 {
            interfaces.insert(interface.name.as_str(), interface);
        }
        Self {
            env,
            purpose,
            report,
            iproute2: Iproute2::new(env.files),
            dynamic_interfaces: false,
            interfaces,
            noted: HashSet::new(),
            hints: BTreeMap::new(),
            inside_noted: false,
            global: false,
            targets: Targets::default(),
            claims: Claims::default(),
            lost: Lost::default(),
            next_preference: (FIRST_PREFERENCE, FIRST_PREFERENCE),
            sources,
        }
    }

    /// Reports something written that is not used.
    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::error(code, Class::GeneralError, message).at(span, ""));
    }

    /// Reports something that is used otherwise than written.
    pub(crate) fn correct(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::warning(code, Class::GeneralError, message).at(span, ""));
    }

    /// Reports a mistake that is at no single place of the text.
    pub(crate) fn error_anywhere(&mut self, code: Code, message: impl Into<String>) {
        self.push(Diagnostic::error(code, Class::GeneralError, message));
    }

    /// Tells what the original only logs.
    pub(crate) fn log(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.push(Diagnostic::logged(code, message).at(span, ""));
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Runs `read` for what is inside a keyword.
    pub(crate) fn inside(&mut self, entry: &Entry, read: impl FnOnce(&mut Self)) {
        let before = self.inside_noted;
        self.inside_noted = before || self.noted.contains(entry.name);
        read(self);
        self.inside_noted = before;
    }

    /// Notes, once for each keyword, that it is accepted and does nothing yet. Keywords inside a block that was noted
    /// itself are not worth a line of their own.
    pub(crate) fn note_no_effect(&mut self, entry: &Entry, reason: &str, span: Span) {
        if !self.inside_noted && self.noted.insert(entry.name) {
            self.push(
                Diagnostic::note(
                    Code::NO_EFFECT_YET,
                    format!("`{}` is accepted, but has no effect yet", entry.name),
                )
                .at(span, reason),
            );
        }
    }

    /// Gives a hint, unless there have been many of its kind.
    pub(crate) fn hint(&mut self, hint: Diagnostic) {
        let given = self.hints.entry(hint.code).or_default();
        *given += 1;
        if *given <= HINTS {
            self.push(hint);
        }
    }

    /// Says how many hints there would have been more.
    pub(crate) fn finish_hints(&mut self) {
        for (code, given) in std::mem::take(&mut self.hints) {
            if given > HINTS {
                let message = format!("{} more hints {code} are not shown", given - HINTS);
                self.push(Diagnostic::note(code, message));
            }
        }
    }

    /// The word at `index` behind the keyword. Without it the process stops (`spec/config-language.md` section 7.4).
    pub(crate) fn required<'t>(&mut self, statement: Statement<'t>, index: usize) -> Option<Word<'t>> {
        let word = statement.argument(index);
        if word.is_none() {
            // A command behind an open quote is no word, but not missing either.
            if let (Form::Command, Err(error)) = (statement.form(), statement.split_command()) {
                self.push(error.diagnostic());
                return None;
            }
            let name = statement.name();
            let stop = if self.global {
                Stop::MissingGlobalParameter
            } else {
                Stop::MissingParameter
            };
            self.push(
                Diagnostic::error(
                    Code::MISSING_PARAMETER,
                    Class::MissingParameter,
                    format!("`{}` is missing a parameter", name.text()),
                )
                .at(statement.span(), format!("word {} is missing", index + 2))
                .stops(stop),
            );
        }
        word
    }

    /// Reports a missing parameter of a keyword that does without it.
    pub(crate) fn missing(&mut self, statement: Statement<'_>, arguments: &str) {
        let name = statement.name().text();
        self.error(
            Code::MISSING_PARAMETER,
            statement.span(),
            format!("`{name}` needs {arguments}; the line is ignored"),
        );
    }

    /// Reports words behind the last one that a keyword takes.
    pub(crate) fn extra_words(&mut self, statement: Statement<'_>, taken: usize) {
        if let Some(word) = statement.argument(taken) {
            let name = statement.name().text();
            self.correct(
                Code::EXTRA_WORDS,
                word.span(),
                format!("`{name}` takes no '{}'; the word is ignored", word.text()),
            );
        }
    }

    /// `[<BOOL>]`.
    pub(crate) fn switch(&mut self, statement: Statement<'_>) -> Option<At<bool>> {
        let Some(word) = statement.argument(0) else {
            return Some(At::new(true, statement.span()));
        };
        let value = switch(word.text());
        if value.is_none() {
            let message = format!(
                "'{}' is no switch for `{}`; the line is ignored",
                word.text(),
                statement.name().text()
            );
            self.push(
                Diagnostic::error(Code::INVALID_VALUE, Class::GeneralError, message)
                    .at(word.span(), "true, on, yes, false, off or no"),
            );
        }
        value.map(|value| At::new(value, word.span()))
    }

    /// Whether text behind a number is refused.
    pub(crate) fn trailing(&self, strictness: Strictness) -> Trailing {
        match (strictness, self.purpose) {
            (Strictness::Strict, _) | (Strictness::Lenient, Purpose::Test) => Trailing::Refuse,
            (Strictness::Lenient, Purpose::Start | Purpose::Reload) => Trailing::Ignore,
        }
    }

    /// A whole number of the keyword or option `what`.
    pub(crate) fn integer(&mut self, what: &str, word: Word<'_>, integer: Integer) -> Option<At<i64>> {
        let parsed = number::integer(word.text(), integer.range, self.trailing(integer.strictness));
        self.number(what, word, parsed)
    }

    /// A number in C notation of the keyword or option `what`.
    pub(crate) fn based(&mut self, what: &str, word: Word<'_>, range: number::Range) -> Option<At<i64>> {
        let parsed = number::based(word.text(), range).map(|value| Parsed { value, flaw: None });
        self.number(what, word, parsed)
    }

    /// A duration of the keyword or option `what`.
    pub(crate) fn duration(&mut self, what: &str, word: Word<'_>, duration: Duration) -> Option<At<Micros>> {
        // Decimals are lenient in a test too.
        let trailing = match duration.strictness {
            Strictness::Strict => Trailing::Refuse,
            Strictness::Lenient => Trailing::Ignore,
        };
        let parsed = number::decimal(word.text(), duration.range, trailing);
        self.number(what, word, parsed)
            .map(|units| At::new(Micros(units.value * duration.scale), units.span))
    }

    fn number<T>(
        &mut self,
        what: &str,
        word: Word<'_>,
        parsed: Result<Parsed<T>, number::NumberError>,
    ) -> Option<At<T>> {
        match parsed {
            Ok(Parsed { value, flaw }) => {
                let flaw = flaw.map(|flaw| match flaw {
                    Flaw::Trailing => "the text behind the number is ignored",
                    Flaw::Rounded => "there are more decimals than the unit has; the value is rounded",
                });
                if let Some(flaw) = flaw {
                    let message = format!("`{what} {}`: {flaw}", word.text());
                    self.push(
                        Diagnostic::warning(Code::INVALID_NUMBER, Class::InvalidNumber, message)
                            .at(word.span(), ""),
                    );
                }
                Some(At::new(value, word.span()))
            }
            Err(error) => {
                let code = match error {
                    number::NumberError::OutOfRange { .. } => Code::OUT_OF_RANGE,
                    number::NumberError::NotANumber(_) | number::NumberError::Negative(_) => {
                        Code::INVALID_NUMBER
                    }
                };
                self.push(
                    Diagnostic::error(code, Class::InvalidNumber, format!("`{what}`: {error}"))
                        .at(word.span(), ""),
                );
                None
            }
        }
    }

    /// The interface with this name or alternative name, if it exists.
    pub(crate) fn find_interface(&self, name: &str) -> Option<&'e Interface> {
        self.interfaces.get(name).copied()
    }

    /// An interface that is named by a word. One that does not exist is reported and ends the start, unless interfaces
    /// may be absent.
    pub(crate) fn interface(&mut self, what: &str, word: Word<'_>) -> Option<At<IfName>> {
        let name = self.interface_name(what, word)?;
        if self.dynamic_interfaces || self.find_interface(name.value.as_str()).is_some() {
            return Some(name);
        }
        let diagnostic = self
            .absent_interface(Class::GeneralError, what, &name)
            .stops(Stop::Permanent);
        self.push(diagnostic);
        None
    }

    /// A word that is to be the name of an interface, whether there is one or not.
    pub(crate) fn interface_name(&mut self, what: &str, word: Word<'_>) -> Option<At<IfName>> {
        match IfName::new(word.text()) {
            Ok(name) => Some(At::new(name, word.span())),
            Err(error) => {
                self.error(Code::INVALID_VALUE, word.span(), format!("`{what}`: {error}"));
                None
            }
        }
    }

    /// The report about an interface that does not exist, with those that do.
    pub(crate) fn absent_interface(&self, class: Class, what: &str, name: &At<IfName>) -> Diagnostic {
        const SHOWN: usize = 12;
        let names: Vec<&str> = self
            .env
            .interfaces
            .0
            .iter()
            .map(|interface| interface.name.as_str())
            .collect();
        let mut existing = names[..names.len().min(SHOWN)].join(", ");
        if names.len() > SHOWN {
            let _ = write!(existing, " and {} more", names.len() - SHOWN);
        }
        Diagnostic::error(
            Code::ABSENT_INTERFACE,
            class,
            format!("`{what}`: interface {} does not exist", name.value),
        )
        .at(name.span, "no such interface")
        .help(format!("there are {existing}"))
        .suggest(name.value.as_str(), names)
        .help("`dynamic_interfaces` in `global_defs` lets it come later")
    }
}
