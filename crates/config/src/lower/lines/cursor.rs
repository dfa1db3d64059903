//! Walking over the words of a line.

use super::{Dropped, Step};
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::keywords::Integer;
use crate::lower::{At, Context};
use crate::tree::{Statement, Word};
use crate::values::iproute2::Names;
use crate::values::number::Range;
use model::IfName;
use std::net::IpAddr;

/// The words of one line, and what the line is called in messages.
pub(super) struct Cursor<'t> {
    pub(super) what: &'static str,
    words: Vec<Word<'t>>,
    next: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(what: &'static str, line: Statement<'t>) -> Self {
        Self {
            what,
            words: line.words().collect(),
            next: 0,
        }
    }

    pub(super) fn next(&mut self) -> Option<Word<'t>> {
        let word = self.words.get(self.next).copied();
        self.next += usize::from(word.is_some());
        word
    }

    pub(super) fn peek(&self) -> Option<&'t str> {
        self.words.get(self.next).map(|word| word.text())
    }

    /// Takes the next word if it is this one.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.peek() == Some(text);
        self.next += usize::from(found);
        found
    }

    /// The value of an option. Without one the process stops (`spec/config-language.md` section 7.4).
    pub(super) fn value(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<Word<'t>> {
        self.next().ok_or_else(|| {
            let message = format!("{}: `{}` is missing its value", self.what, option.text());
            cx.push(
                Diagnostic::error(Code::MISSING_PARAMETER, Class::MissingParameter, message)
                    .at(option.span(), "")
                    .stops(Stop::MissingParameter),
            );
            Dropped
        })
    }

    /// The value of an option of an address line, whose absence is only reported.
    pub(super) fn reported_value(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Option<Word<'t>> {
        let value = self.next();
        if value.is_none() {
            let message = format!("{}: `{}` is missing its value", self.what, option.text());
            cx.error(Code::MISSING_PARAMETER, option.span(), message);
        }
        value
    }

    /// Reports why the line is dropped.
    pub(super) fn drop(&self, code: Code, word: Word<'_>, why: &str, cx: &mut Context<'_>) -> Dropped {
        let message = format!("{} is dropped: {why}", self.what);
        cx.error(code, word.span(), message);
        Dropped
    }

    pub(super) fn number(
        &mut self,
        option: Word<'t>,
        integer: Integer,
        cx: &mut Context<'_>,
    ) -> Step<At<i64>> {
        let word = self.value(option, cx)?;
        cx.integer(option.text(), word, integer).ok_or(Dropped)
    }

    pub(super) fn based(&mut self, option: Word<'t>, range: Range, cx: &mut Context<'_>) -> Step<At<i64>> {
        let word = self.value(option, cx)?;
        cx.based(option.text(), word, range).ok_or(Dropped)
    }

    /// A name of iproute2 or a number.
    pub(super) fn name(
        &mut self,
        option: Word<'t>,
        names: Names,
        max: u32,
        cx: &mut Context<'_>,
    ) -> Step<u32> {
        let word = self.value(option, cx)?;
        cx.iproute2.number(names, word.text(), max).ok_or_else(|| {
            let why = format!("'{}' is unknown as `{}`", word.text(), option.text());
            self.drop(Code::UNKNOWN_NAME, word, &why, cx)
        })
    }

    /// An 8-bit name of iproute2 or a number.
    pub(super) fn byte_name(&mut self, option: Word<'t>, names: Names, cx: &mut Context<'_>) -> Step<u8> {
        let value = self.name(option, names, u32::from(u8::MAX), cx)?;
        Ok(u8::try_from(value).unwrap_or_default())
    }

    /// `[FROM/]TO`, as `FROM << 16 | TO`.
    pub(super) fn realms(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<u32> {
        let word = self.value(option, cx)?;
        let (from, to) = match word.text().split_once('/') {
            Some((from, to)) => (Some(from), to),
            None => (None, word.text()),
        };
        let max = u32::from(u16::MAX);
        let from = from.map_or(Some(0), |from| cx.iproute2.number(Names::Realms, from, max));
        if let (Some(from), Some(to)) = (from, cx.iproute2.number(Names::Realms, to, max)) {
            Ok(from << 16 | to)
        } else {
            let why = format!("'{}' is no realm", word.text());
            Err(self.drop(Code::UNKNOWN_NAME, word, &why, cx))
        }
    }

    pub(super) fn interface(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<IfName> {
        let word = self.value(option, cx)?;
        cx.interface(option.text(), word)
            .map(|name| name.value)
            .ok_or(Dropped)
    }

    pub(super) fn address(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<At<IpAddr>> {
        let word = self.value(option, cx)?;
        if let Some(address) = crate::values::address::address(word.text()) {
            Ok(At::new(address, word.span()))
        } else {
            let why = format!("`{}`: '{}' is no address", option.text(), word.text());
            Err(self.drop(Code::INVALID_ADDRESS, word, &why, cx))
        }
    }
}
