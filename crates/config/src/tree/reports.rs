//! What is said about keywords and braces.

use super::nest::{Fault, Text};
use crate::diagnostics::{Class, Code, Diagnostic, Report, nearest};
use crate::keywords::Level;
use crate::source::Span;

impl Text<'_> {
    /// Reports a fault.
    pub(super) fn report(&self, fault: &Fault, report: &mut Report) {
        match *fault {
            Fault::Unknown {
                line, level, block, ..
            } => report.push(self.unknown(line, level, block)),
            Fault::MissingOpen { line } => report.push(self.missing_open(line)),
            Fault::UnexpectedOpen { line, after } => report.push(self.unexpected_open(line, after)),
            Fault::ExtraClose { line, closed } => report.push(self.extra_close(line, closed)),
            Fault::NeverClosed { line, before } => report.push(self.never_closed(line, before)),
            Fault::ExtraWords { line } => report.push(self.extra_words(line)),
            Fault::OpenQuote { line } => self.open_quote(line, report),
        }
    }

    fn word_span(&self, line: usize) -> Span {
        self.stream.span(self.stream.line(line).first)
    }

    fn unknown(&self, line: usize, level: &'static dyn Level, block: bool) -> Diagnostic {
        let keyword = self.keyword(line);
        let label = match level.name() {
            "" => "not a keyword".to_owned(),
            name => format!("not a keyword of `{name}`"),
        };
        let diagnostic = Diagnostic::error(
            Code::UNKNOWN_KEYWORD,
            Class::UnknownKeyword,
            format!("unknown keyword `{keyword}`"),
        )
        .at(self.word_span(line), label);
        let diagnostic = match self.advice(keyword, level) {
            Some(advice) => diagnostic.help(advice),
            None => diagnostic,
        };
        if block {
            diagnostic.help("its block is skipped")
        } else {
            diagnostic
        }
    }

    fn advice(&self, keyword: &str, level: &'static dyn Level) -> Option<String> {
        let blocks = self.known().blocks(keyword);
        if !blocks.is_empty() {
            let named: Vec<String> = blocks
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| format!("`{name}`"))
                .collect();
            return Some(match &named[..] {
                [] => format!("`{keyword}` stands outside of all blocks"),
                [name] => format!("`{keyword}` belongs into {name}"),
                [others @ .., last] => format!("`{keyword}` belongs into {} or {last}", others.join(", ")),
            });
        }
        let names = level.entries();
        nearest(keyword, names.iter().map(|entry| entry.name)).map(|name| format!("did you mean `{name}`?"))
    }

    fn missing_open(&self, line: usize) -> Diagnostic {
        let keyword = self.keyword(line);
        Diagnostic::error(
            Code::MISSING_OPEN,
            Class::MissingBob,
            format!("the block of `{keyword}` has no `{{`"),
        )
        .at(self.word_span(line), "`{` expected after this line")
        .help("the lines up to the next `}` are taken as the block")
    }

    fn unexpected_open(&self, line: usize, after: Option<usize>) -> Diagnostic {
        let diagnostic = Diagnostic::error(Code::UNEXPECTED_OPEN, Class::UnexpectedBob, "unexpected `{`")
            .at(self.word_span(line), "ignored, with its `}`");
        match after {
            Some(after) => diagnostic.and_at(
                self.word_span(after),
                format!("`{}` has no block", self.keyword(after)),
            ),
            None => diagnostic,
        }
    }

    fn extra_close(&self, line: usize, closed: Option<usize>) -> Diagnostic {
        let diagnostic =
            Diagnostic::error(Code::EXTRA_CLOSE, Class::UnexpectedEob, "there is a `}` too many")
                .at(self.word_span(line), "ignored");
        match closed {
            Some(keyword) => diagnostic.and_at(
                self.word_span(keyword),
                format!("the block of `{}` is closed already", self.keyword(keyword)),
            ),
            None => diagnostic,
        }
    }

    fn never_closed(&self, line: usize, before: Option<usize>) -> Diagnostic {
        let keyword = self.keyword(line);
        let message = if keyword == "{" {
            "this `{` is never closed".to_owned()
        } else {
            format!("the block of `{keyword}` is never closed")
        };
        let diagnostic = Diagnostic::error(Code::MISSING_CLOSE, Class::MissingEob, message)
            .at(self.word_span(line), "opened here");
        match before {
            Some(before) => {
                let line = self.sources.locate(self.word_span(before)).line;
                diagnostic
                    .and_at(self.word_span(before), "a `}` is missing before this")
                    .help(format!("add a `}}` before line {line}"))
            }
            None => diagnostic.help("a `}` is missing at the end of the file"),
        }
    }

    fn extra_words(&self, line: usize) -> Diagnostic {
        let span = self.stream.span(self.stream.line(line).first + 1);
        let keyword = self.keyword(line);
        Diagnostic::warning(
            Code::EXTRA_WORDS,
            Class::GeneralError,
            format!("`{keyword}` takes nothing before its `{{`"),
        )
        .at(span, "ignored, with all that follows on the line")
    }

    fn open_quote(&self, line: usize, report: &mut Report) {
        let words = self.stream.line(line);
        let Some(span) = u32::try_from(line)
            .ok()
            .and_then(|line| self.stream.open_quotes.get(&line))
        else {
            return;
        };
        report.push(
            Diagnostic::error(
                Code::OPEN_QUOTE,
                Class::UnmatchedQuote,
                "this quotation is never closed",
            )
            .at(*span, "opened here; the rest of the line is lost")
            .help("add the closing `\"`"),
        );
        for word in words.first..words.end {
            report.poison(self.stream.span(word));
        }
    }
}
