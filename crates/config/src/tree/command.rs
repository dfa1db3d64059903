//! The command of a script keyword, split into words.

use super::Statement;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lex::{Escapes, SplitError, split};
use crate::source::Span;
use std::ops::Range;

/// A command line and what follows it (`spec/config-language.md` section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// Program and arguments, escapes resolved; empty if the command is an empty string.
    pub words: Vec<CommandWord>,
    /// The command as a whole, with its quotes.
    pub span: Span,
    /// The words after the command: user and group, for keywords that take them.
    pub rest: Vec<CommandWord>,
}

/// A word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandWord {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub span: Span,
}

/// A command line that cannot be split; the command is not to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A quote without its partner.
    #[error("the {} is never closed", if *quote == '"' { "`\"`" } else { "`'`" })]
    OpenQuote {
        /// `"` or `'`.
        quote: char,
        /// Where it stands.
        at: Span,
    },
    /// A `\` with nothing after it.
    #[error("the command ends with a lone `\\`")]
    LoneBackslash {
        /// Where it stands.
        at: Span,
    },
}

impl CommandError {
    /// The report about it.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let (at, help) = match self {
            Self::OpenQuote { at, .. } => (
                *at,
                "within the quotes of the command, write `\\'` or `\\\"` for the character itself",
            ),
            Self::LoneBackslash { at } => (*at, "write `\\\\` for the character itself"),
        };
        Diagnostic::error(Code::COMMAND, Class::GeneralError, self.to_string())
            .at(at, "the command is not used")
            .help(help)
    }
}

impl<'t> Statement<'t> {
    /// The text of the line, quotes and all, after substitution.
    #[must_use]
    pub fn raw(self) -> &'t [u8] {
        self.tree
            .stream
            .raw(self.node().line as usize, &self.tree.sources)
    }

    fn raw_span(self, part: Range<usize>) -> Span {
        let line = self.node().line as usize;
        self.tree.stream.raw_span(line, part, &self.tree.sources)
    }

    /// The words behind the keyword, quoted as those of a command are, each backslash kept.
    ///
    /// # Errors
    ///
    /// An open quote or a trailing backslash.
    pub fn quoted_arguments(self) -> Result<Vec<CommandWord>, CommandError> {
        let span = |range: Range<usize>| self.raw_span(range);
        let parts =
            split(self.raw(), Escapes::Keep).map_err(|error| located(error, |at| span(at..at + 1)))?;
        let words = parts.into_iter().skip(1).map(|part| CommandWord {
            span: span(part.range),
            bytes: part.text,
        });
        Ok(words.collect())
    }

    /// Splits the line again, as script keywords are: the second word is the command, which is split once more with its
    /// escapes resolved. Gives nothing if there is no second word.
    ///
    /// # Errors
    ///
    /// An open quote or a trailing backslash, in either pass.
    pub fn split_command(self) -> Result<Option<CommandLine>, CommandError> {
        let span = |range: Range<usize>| self.raw_span(range);
        let parts =
            split(self.raw(), Escapes::Keep).map_err(|error| located(error, |at| span(at..at + 1)))?;
        let mut parts = parts.into_iter().skip(1);
        let Some(command) = parts.next() else {
            return Ok(None);
        };
        let place = |at: usize| command.places.get(at).copied().unwrap_or(command.range.start);
        let words = split(&command.text, Escapes::Resolve)
            .map_err(|error| located(error, |at| span(place(at)..place(at) + 1)))?;
        let words = words
            .into_iter()
            .map(|part| CommandWord {
                span: span(place(part.range.start)..place(part.range.end - 1) + 1),
                bytes: part.text,
            })
            .collect();
        let rest = parts
            .map(|part| CommandWord {
                span: span(part.range),
                bytes: part.text,
            })
            .collect();
        Ok(Some(CommandLine {
            words,
            span: span(command.range.clone()),
            rest,
        }))
    }
}

fn located(error: SplitError, span: impl Fn(usize) -> Span) -> CommandError {
    match error {
        SplitError::OpenQuote { quote, at } => CommandError::OpenQuote {
            quote: char::from(quote),
            at: span(at),
        },
        SplitError::LoneBackslash { at } => CommandError::LoneBackslash { at: span(at) },
    }
}
