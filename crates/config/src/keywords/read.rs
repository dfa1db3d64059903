//! Reading the parameters of a keyword by its row.

use super::entry::Effect;
use super::keyword::{Keyword, Missing, Read, Wrong};
use crate::lower::{At, Context};
use crate::tree::Statement;
use model::Micros;

impl<D> Keyword<D> {
    /// Reads one occurrence into the draft; what is wrong with it is reported.
    pub(crate) fn read(&self, draft: &mut D, statement: Statement<'_>, cx: &mut Context<'_>) {
        if statement.is_unresolved() {
            return;
        }
        if let Effect::Later(reason) = self.entry.effect {
            cx.note_no_effect(&self.entry, reason, statement.name().span());
        }
        let name = self.entry.name;
        match &self.read {
            Read::Flag(set) => set(draft, statement.span()),
            Read::Switch(set) => {
                if let Some(value) = cx.switch(statement) {
                    set(draft, value);
                }
            }
            Read::Integer(integer, wrong, set) => {
                let number = self
                    .parameter(statement, cx)
                    .and_then(|word| cx.integer(name, word, *integer));
                match (number, wrong) {
                    (Some(number), _) => set(draft, number),
                    (None, Wrong::Use(value)) => set(draft, At::new(*value, statement.span())),
                    (None, Wrong::Ignore) => {}
                }
            }
            Read::Duration(duration, wrong, set) => {
                let micros = self
                    .parameter(statement, cx)
                    .and_then(|word| cx.duration(name, word, *duration));
                match (micros, wrong) {
                    (Some(micros), _) => set(draft, micros),
                    (None, Wrong::Use(value)) => {
                        set(draft, At::new(Micros(value.unsigned_abs()), statement.span()));
                    }
                    (None, Wrong::Ignore) => {}
                }
            }
            Read::Word(set) => {
                if let Some(word) = self.parameter(statement, cx) {
                    set(draft, At::new(word.text().to_owned(), word.span()));
                }
            }
            Read::Line(read) => cx.inside(&self.entry, |cx| read(draft, statement, cx)),
        }
    }

    /// The first word after the keyword, its absence reported as the row says.
    fn parameter<'t>(&self, statement: Statement<'t>, cx: &mut Context<'_>) -> Option<crate::tree::Word<'t>> {
        match (statement.argument(0), self.missing) {
            (Some(word), _) => Some(word),
            (None, Missing::Stops) => cx.required(statement, 0),
            (None, Missing::Reported) => {
                cx.missing(statement, self.entry.arguments);
                None
            }
            (None, Missing::Silent) => None,
        }
    }
}
