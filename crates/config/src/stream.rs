//! The flat sequence of logical lines and braces that reading produces.

use crate::lex::{Token, tokens};
use crate::source::{SourceId, Sources, Span};
use crate::text::{Piece, Text, place};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;

/// Logical lines, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    pub(crate) lines: Vec<Line>,
    pub(crate) words: Vec<Word>,
    /// Text that stands in no file as it is: lines with results of substitution.
    pub(crate) expanded: Vec<u8>,
    /// For lines in `expanded`, where their bytes came from.
    pieces: Vec<Piece>,
    expansions: Vec<Expansion>,
    /// For lines with an open quote, by index, where it is.
    pub(crate) open_quotes: HashMap<u32, Span>,
    /// Words, by index, whose bytes are not UTF-8, as text.
    pub(crate) replaced: HashMap<u32, Box<str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    Words,
    Open,
    Close,
}

/// A logical line or a brace.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    /// Index of the first word; a brace is one word.
    pub(crate) first: u32,
    /// Index after the last word.
    pub(crate) end: u32,
    pub(crate) raw: Raw,
    /// A mistake in it has been reported.
    pub(crate) reported: bool,
    /// It has a `${…}` that nothing is known for.
    pub(crate) unresolved: bool,
    /// A `"` that nothing closes, not reported yet: whether it is a mistake depends on the keyword.
    pub(crate) open_quote: bool,
}

/// The text of a logical line, for splitting it again.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    source: SourceId,
    range: Range<u32>,
    /// For text in `Stream::expanded`, the number of its expansion, from 1.
    expansion: Option<NonZeroU32>,
}

/// A line in `Stream::expanded`.
#[derive(Clone, Debug)]
struct Expansion {
    /// Where it begins.
    base: u32,
    /// Where its bytes came from.
    pieces: Range<u32>,
}

/// A word of a logical line.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) span: Span,
    /// Start and end in `Stream::expanded`, where the word is not what stands at the span.
    pub(crate) expanded: Option<(u32, u32)>,
}

fn index(value: usize) -> u32 {
    u32::try_from(value).expect("reading limits the size of everything")
}

impl Stream {
    /// Takes in a line of a file that needed no change. Gives each `${…}` that nothing is known for.
    pub(crate) fn push_plain(
        &mut self,
        source: SourceId,
        start: u32,
        line: &[u8],
        reported: bool,
    ) -> Vec<(Span, String)> {
        let span = |range: Range<usize>| Span {
            source,
            start: start + index(range.start),
            end: start + index(range.end),
            origin: None,
        };
        let raw = |range: Range<usize>| Raw {
            source,
            range: start + index(range.start)..start + index(range.end),
            expansion: None,
        };
        let mut splitter = Splitter::new(self, line, reported, span, raw);
        tokens(line, |token| splitter.take(token, |_| None));
        splitter.finish()
    }

    /// Takes in a line that substitution may have changed. Gives each `${…}` that nothing is known for.
    pub(crate) fn push_text(&mut self, text: &Text, sources: &mut Sources) -> Vec<(Span, String)> {
        let base = index(self.expanded.len());
        let first_piece = index(self.pieces.len());
        self.expanded.extend_from_slice(text.bytes());
        self.pieces.extend_from_slice(text.pieces());
        self.expansions.push(Expansion {
            base,
            pieces: first_piece..index(self.pieces.len()),
        });
        let expansion = NonZeroU32::new(index(self.expansions.len()));
        let source = text.span(&(0..0), sources).source;
        let raw = |range: Range<usize>| Raw {
            source,
            range: base + index(range.start)..base + index(range.end),
            expansion,
        };
        let span = |range: Range<usize>| text.span(&range, sources);
        let mut splitter = Splitter::new(self, text.bytes(), text.reported, span, raw);
        let expanded = |range: &Range<usize>| Some((base + index(range.start), base + index(range.end)));
        tokens(text.bytes(), |token| splitter.take(token, expanded));
        splitter.finish()
    }

    /// The bytes of a word.
    pub(crate) fn bytes<'a>(&'a self, word: &'a Word, sources: &'a Sources) -> &'a [u8] {
        match word.expanded {
            Some((start, end)) => &self.expanded[start as usize..end as usize],
            None => sources.written(word.span),
        }
    }

    /// A word, by index, as text; bytes that are no UTF-8 read as U+FFFD.
    pub(crate) fn text<'a>(&'a self, word: u32, sources: &'a Sources) -> &'a str {
        let bytes = self.bytes(&self.words[word as usize], sources);
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => self.replaced.get(&word).map_or("", |text| text),
        }
    }

    /// The text of a logical line.
    pub(crate) fn raw<'a>(&'a self, raw: &Raw, sources: &'a Sources) -> &'a [u8] {
        let whole = if raw.expansion.is_some() {
            &self.expanded
        } else {
            sources.source(raw.source).text()
        };
        &whole[raw.range.start as usize..raw.range.end as usize]
    }

    /// Where a part of the text of a logical line stands. The origin is that of the line's words.
    pub(crate) fn raw_span(&self, line: &Line, part: Range<usize>) -> Span {
        let raw = &line.raw;
        let start = raw.range.start as usize;
        let range = start + part.start..start + part.end;
        let (start, end) = match raw.expansion {
            None => (index(range.start), index(range.end)),
            Some(number) => {
                let Expansion { base, pieces } = &self.expansions[number.get() as usize - 1];
                let base = *base as usize;
                let pieces = &self.pieces[pieces.start as usize..pieces.end as usize];
                place(pieces, &(range.start - base..range.end - base))
            }
        };
        let touching = |word: &&Word| {
            word.expanded.is_some_and(|(start, end)| {
                (start as usize) < range.end.max(range.start + 1) && range.start <= end as usize
            })
        };
        let words = &self.words[line.first as usize..line.end as usize];
        let origin = words.iter().find(touching).and_then(|word| word.span.origin);
        Span {
            source: raw.source,
            start,
            end,
            origin,
        }
    }
}

/// Builds lines out of tokens.
struct Splitter<'s, 't, S, R> {
    stream: &'s mut Stream,
    text: &'t [u8],
    reported: bool,
    span: S,
    raw: R,
    /// First word of the line being built.
    first: u32,
    /// Where that line begins.
    start: Option<usize>,
    end: usize,
    unresolved: Vec<(Span, String)>,
}

impl<'s, 't, S, R> Splitter<'s, 't, S, R>
where
    S: FnMut(Range<usize>) -> Span,
    R: Fn(Range<usize>) -> Raw,
{
    fn new(stream: &'s mut Stream, text: &'t [u8], reported: bool, span: S, raw: R) -> Self {
        let first = index(stream.words.len());
        Self {
            stream,
            text,
            reported,
            span,
            raw,
            first,
            start: None,
            end: 0,
            unresolved: Vec::new(),
        }
    }

    fn take(&mut self, token: Token, expanded: impl Fn(&Range<usize>) -> Option<(u32, u32)>) {
        match token {
            Token::Word(range) => {
                // A quote before the word belongs to the text of the line, one after it too.
                let quoted = range.start > 0 && self.text[range.start - 1] == b'"';
                self.start.get_or_insert(range.start - usize::from(quoted));
                self.end = range.end + usize::from(quoted && self.text.get(range.end) == Some(&b'"'));
                self.word(range, expanded);
            }
            Token::Unresolved(range) => {
                let written = String::from_utf8_lossy(&self.text[range.clone()]).into_owned();
                let span = (self.span)(range);
                self.unresolved.push((span, written));
            }
            Token::OpenQuote(at) => {
                self.start.get_or_insert(at);
                self.end = self.text.len();
                let span = (self.span)(at..at + 1);
                self.line(LineKind::Words, Some(span));
            }
            Token::Open(at) => self.brace(LineKind::Open, at, expanded),
            Token::Close(at) => self.brace(LineKind::Close, at, expanded),
        }
    }

    fn word(&mut self, range: Range<usize>, expanded: impl Fn(&Range<usize>) -> Option<(u32, u32)>) {
        let bytes = &self.text[range.clone()];
        if std::str::from_utf8(bytes).is_err() {
            let text = String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
            self.stream.replaced.insert(index(self.stream.words.len()), text);
        }
        let expanded = expanded(&range);
        let span = (self.span)(range);
        self.stream.words.push(Word { span, expanded });
    }

    fn brace(&mut self, kind: LineKind, at: usize, expanded: impl Fn(&Range<usize>) -> Option<(u32, u32)>) {
        self.line(LineKind::Words, None);
        self.word(at..at + 1, expanded);
        self.start = Some(at);
        self.end = at + 1;
        self.line(kind, None);
    }

    /// Ends the line that is being built, if there is one.
    fn line(&mut self, kind: LineKind, open_quote: Option<Span>) {
        let end = index(self.stream.words.len());
        if let Some(start) = self.start.take()
            && (end > self.first || open_quote.is_some())
        {
            let raw = (self.raw)(start..self.end);
            if let Some(span) = open_quote {
                self.stream
                    .open_quotes
                    .insert(index(self.stream.lines.len()), span);
            }
            let reported = self.reported || !self.unresolved.is_empty();
            self.stream.lines.push(Line {
                kind,
                first: self.first,
                end,
                raw,
                reported,
                unresolved: !self.unresolved.is_empty(),
                open_quote: open_quote.is_some(),
            });
        }
        self.first = end;
    }

    fn finish(mut self) -> Vec<(Span, String)> {
        self.line(LineKind::Words, None);
        self.unresolved
    }
}
