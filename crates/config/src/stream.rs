//! The flat sequence of logical lines and braces that reading produces.

use crate::lex::{Token, tokens};
use crate::source::{SourceId, Sources, Span};
use crate::text::{Piece, Text, place};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;

/// Logical lines, in the order of the text.
///
/// There may be millions, so each word and line takes a few bytes; what only some of them have is kept beside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// For each line, the index of its first word.
    firsts: Vec<u32>,
    /// For each line, [`Line`] but for its words.
    marks: Vec<Marks>,
    /// For each word, where it begins in its file; of a [`Special`] one, its number.
    starts: Vec<u32>,
    /// For each word, its length, or [`SPECIAL`].
    lengths: Vec<u16>,
    specials: Vec<Special>,
    /// From which word on the plain ones are of which file.
    runs: Vec<(u32, SourceId)>,
    /// The text of lines, by index in rising order, where it does not simply go from the first to the last word.
    raws: Vec<(u32, Raw)>,
    /// Text that stands in no file as it is: lines with results of substitution.
    expanded: Vec<u8>,
    /// For lines in `expanded`, where their bytes came from.
    pieces: Vec<Piece>,
    expansions: Vec<Expansion>,
    /// For lines with an open quote, by index, where it is.
    pub(crate) open_quotes: HashMap<u32, Span>,
    /// Words, by index, whose bytes are not UTF-8, as text.
    replaced: HashMap<u32, Box<str>>,
}

/// The length of a word that has an entry in `specials`.
const SPECIAL: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    Words,
    Open,
    Close,
}

#[derive(Clone, Copy, Debug)]
struct Marks {
    kind: LineKind,
    reported: bool,
    unresolved: bool,
    open_quote: bool,
}

/// A logical line or a brace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) kind: LineKind,
    /// Index of the first word; a brace is one word.
    pub(crate) first: u32,
    /// Index after the last word.
    pub(crate) end: u32,
    /// A mistake in it has been reported.
    pub(crate) reported: bool,
    /// It has a `${…}` that nothing is known for.
    pub(crate) unresolved: bool,
    /// A `"` that nothing closes, not reported yet: whether it is a mistake depends on the keyword.
    pub(crate) open_quote: bool,
}

/// The text of a logical line, for splitting it again.
#[derive(Clone, Debug)]
struct Raw {
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

/// A word that is not what stands at its place, or is very long.
#[derive(Clone, Debug)]
struct Special {
    span: Span,
    /// Start and end in `Stream::expanded`, where the word is not what stands at the span.
    expanded: Option<(u32, u32)>,
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

    /// Makes room for the lines of a file of so many bytes.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        // A guess; memory that is not used in the end costs nothing.
        self.starts.reserve(bytes / 6);
        self.lengths.reserve(bytes / 6);
        self.firsts.reserve(bytes / 10);
        self.marks.reserve(bytes / 10);
    }

    /// Number of lines.
    pub(crate) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Number of words.
    pub(crate) fn word_count(&self) -> u32 {
        index(self.starts.len())
    }

    /// A line.
    pub(crate) fn line(&self, at: usize) -> Line {
        let Marks {
            kind,
            reported,
            unresolved,
            open_quote,
        } = self.marks[at];
        Line {
            kind,
            first: self.firsts[at],
            end: self
                .firsts
                .get(at + 1)
                .copied()
                .unwrap_or_else(|| self.word_count()),
            reported,
            unresolved,
            open_quote,
        }
    }

    /// What a line is.
    pub(crate) fn kind(&self, at: usize) -> Option<LineKind> {
        self.marks.get(at).map(|marks| marks.kind)
    }

    /// All lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line> {
        (0..self.len()).map(|at| self.line(at))
    }

    fn special(&self, word: u32) -> Option<&Special> {
        let word = word as usize;
        (self.lengths[word] == SPECIAL).then(|| &self.specials[self.starts[word] as usize])
    }

    /// Where a word stands.
    pub(crate) fn span(&self, word: u32) -> Span {
        if let Some(special) = self.special(word) {
            return special.span;
        }
        let start = self.starts[word as usize];
        Span {
            source: self.source(word),
            start,
            end: start + u32::from(self.lengths[word as usize]),
            origin: None,
        }
    }

    /// The file of a plain word.
    fn source(&self, word: u32) -> SourceId {
        let after = self.runs.partition_point(|(first, _)| *first <= word);
        self.runs[after - 1].1
    }

    /// Whether the bytes of a word are not those that stand at its span.
    pub(crate) fn is_expanded(&self, word: u32) -> bool {
        self.special(word)
            .is_some_and(|special| special.expanded.is_some())
    }

    /// The bytes of a word.
    pub(crate) fn bytes<'a>(&'a self, word: u32, sources: &'a Sources) -> &'a [u8] {
        match self.special(word).map(|special| special.expanded) {
            Some(Some((start, end))) => &self.expanded[start as usize..end as usize],
            _ => sources.written(self.span(word)),
        }
    }

    /// A word as text; bytes that are no UTF-8 read as U+FFFD.
    pub(crate) fn text<'a>(&'a self, word: u32, sources: &'a Sources) -> &'a str {
        let bytes = self.bytes(word, sources);
        match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => self.replaced.get(&word).map_or("", |text| text),
        }
    }

    /// The text of a logical line.
    fn raw_of(&self, at: usize, sources: &Sources) -> Raw {
        let number = index(at);
        if let Ok(place) = self.raws.binary_search_by_key(&number, |(line, _)| *line) {
            return self.raws[place].1.clone();
        }
        // From the first to the last word, with their quotes.
        let line = self.line(at);
        let (first, last) = (self.span(line.first), self.span(line.end - 1));
        let text = sources.source(first.source).text();
        let is_quote = |at: Option<usize>| at.and_then(|at| text.get(at)) == Some(&b'"');
        let quoted = |span: Span| is_quote((span.start as usize).checked_sub(1));
        let closed = quoted(last) && is_quote(Some(last.end as usize));
        Raw {
            source: first.source,
            range: first.start - u32::from(quoted(first))..last.end + u32::from(closed),
            expansion: None,
        }
    }

    /// The text of a logical line.
    pub(crate) fn raw<'a>(&'a self, at: usize, sources: &'a Sources) -> &'a [u8] {
        let raw = self.raw_of(at, sources);
        let whole = if raw.expansion.is_some() {
            &self.expanded
        } else {
            sources.source(raw.source).text()
        };
        &whole[raw.range.start as usize..raw.range.end as usize]
    }

    /// Where a part of the text of a logical line stands. The origin is that of the line's words.
    pub(crate) fn raw_span(&self, at: usize, part: Range<usize>, sources: &Sources) -> Span {
        let raw = self.raw_of(at, sources);
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
        let touching = |special: &&Special| {
            special.expanded.is_some_and(|(start, end)| {
                (start as usize) < range.end.max(range.start + 1) && range.start <= end as usize
            })
        };
        let line = self.line(at);
        let origin = (line.first..line.end)
            .filter_map(|word| self.special(word))
            .find(touching)
            .and_then(|special| special.span.origin);
        Span {
            source: raw.source,
            start,
            end,
            origin,
        }
    }

    fn push_word(&mut self, span: Span, expanded: Option<(u32, u32)>) {
        let length = u16::try_from(span.end - span.start).unwrap_or(SPECIAL);
        if length == SPECIAL || expanded.is_some() || span.origin.is_some() {
            self.starts.push(index(self.specials.len()));
            self.lengths.push(SPECIAL);
            self.specials.push(Special { span, expanded });
            return;
        }
        if self.runs.last().is_none_or(|(_, source)| *source != span.source) {
            self.runs.push((self.word_count(), span.source));
        }
        self.starts.push(span.start);
        self.lengths.push(length);
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
        let first = stream.word_count();
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
            self.stream.replaced.insert(self.stream.word_count(), text);
        }
        let expanded = expanded(&range);
        let span = (self.span)(range);
        self.stream.push_word(span, expanded);
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
        let end = self.stream.word_count();
        if let Some(start) = self.start.take()
            && (end > self.first || open_quote.is_some())
        {
            let number = index(self.stream.len());
            let raw = (self.raw)(start..self.end);
            if raw.expansion.is_some() || open_quote.is_some() {
                self.stream.raws.push((number, raw));
            }
            if let Some(span) = open_quote {
                self.stream.open_quotes.insert(number, span);
            }
            self.stream.firsts.push(self.first);
            self.stream.marks.push(Marks {
                kind,
                reported: self.reported || !self.unresolved.is_empty(),
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
