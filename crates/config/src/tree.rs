//! Blocks and statements: the logical lines, nested.
//!
//! Whether `{` … `}` belongs to a keyword depends on the keyword (`spec/config-language.md` section 7.2), so building a
//! [`Tree`] asks the table of keywords, beginning with the [`Level`] of the root, what each first word is.
//!
//! A tree owns its text. [`Statement`] and [`Word`] are small handles into it, cheap to copy.

mod command;
mod known;
mod nest;
mod repair;
mod reports;
mod want;

pub use command::{CommandError, CommandLine, CommandWord};

use crate::diagnostics::Report;
use crate::keywords::{Entry, Form, Level};
use crate::read::Reading;
use crate::source::{Sources, Span};
use crate::stream::{Line, Stream};
use std::sync::Arc;
use want::Misspelt;

/// One logical line and, for a block, what is in it.
#[derive(Clone, Copy)]
pub struct Statement<'t> {
    tree: &'t Tree,
    index: u32,
}

/// One word of a logical line, quotes removed.
#[derive(Clone, Copy)]
pub struct Word<'t> {
    tree: &'t Tree,
    index: u32,
}

/// The configuration as nested statements.
#[derive(Clone)]
pub struct Tree {
    sources: Arc<Sources>,
    stream: Stream,
    /// In the order of the text; the statements inside one follow it at once.
    nodes: Vec<Node>,
    misspelt: Vec<Misspelt>,
}

/// A statement. Lines are indices into the stream.
#[derive(Clone)]
struct Node {
    line: u32,
    entry: Option<&'static Entry>,
    /// Index after the last node inside.
    end: u32,
    /// The line of its `}`, or [`NEVER`](Node::NEVER).
    closed: u32,
    /// The next line is its `{`.
    opened: bool,
}

impl Node {
    /// No line.
    const NEVER: u32 = u32::MAX;
}

impl Reading {
    /// Nests the lines, asking the levels from `root` down what each keyword is, and adds what is wrong with keywords and
    /// braces to the report.
    #[must_use]
    pub fn tree(self, root: &'static dyn Level) -> (Tree, Report) {
        let Self {
            sources,
            mut report,
            stream,
            ..
        } = self;
        let (nodes, misspelt) = nest::nest(&stream, &sources, root, &mut report);
        (
            Tree {
                sources,
                stream,
                nodes,
                misspelt,
            },
            report,
        )
    }
}

impl Tree {
    /// The statements at the root.
    pub fn statements(&self) -> impl Iterator<Item = Statement<'_>> {
        self.siblings(0, u32::try_from(self.nodes.len()).unwrap_or(u32::MAX))
    }

    /// The files, for resolving spans.
    #[must_use]
    pub fn sources(&self) -> &Arc<Sources> {
        &self.sources
    }

    /// Every word of the text, wherever it ended up.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.stream.word_count()).map(|word| self.stream.text(word, &self.sources))
    }

    fn siblings(&self, start: u32, end: u32) -> impl Iterator<Item = Statement<'_>> {
        let mut next = start;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let statement = Statement {
                    tree: self,
                    index: next,
                };
                next = statement.node().end;
                statement
            })
        })
    }
}

impl<'t> Statement<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.index as usize]
    }

    fn line(self) -> Line {
        self.tree.stream.line(self.node().line as usize)
    }

    fn brace(self, line: u32) -> Span {
        let stream = &self.tree.stream;
        stream.span(stream.line(line as usize).first)
    }

    /// The table's entry for the keyword; nothing for an entry of a list. (A statement with an unknown keyword is
    /// reported and not part of the tree.)
    #[must_use]
    pub fn entry(self) -> Option<&'static Entry> {
        self.node().entry
    }

    /// What stands behind the keyword; [`Form::Words`] for an entry of a list.
    #[must_use]
    pub fn form(self) -> Form {
        self.entry().map_or(Form::Words, |entry| entry.form)
    }

    /// All words, the keyword first. There is always at least one.
    #[must_use]
    pub fn words(self) -> impl ExactSizeIterator<Item = Word<'t>> + DoubleEndedIterator {
        let tree = self.tree;
        (self.line().first..self.line().end).map(move |index| Word { tree, index })
    }

    /// The first word.
    #[must_use]
    pub fn name(self) -> Word<'t> {
        Word {
            tree: self.tree,
            index: self.line().first,
        }
    }

    /// The words after the first.
    #[must_use]
    pub fn arguments(self) -> impl ExactSizeIterator<Item = Word<'t>> + DoubleEndedIterator {
        let tree = self.tree;
        (self.line().first + 1..self.line().end).map(move |index| Word { tree, index })
    }

    /// The word after the keyword and `index` others.
    #[must_use]
    pub fn argument(self, index: usize) -> Option<Word<'t>> {
        self.arguments().nth(index)
    }

    /// The statements of a block, or the entries of a list.
    pub fn children(self) -> impl Iterator<Item = Statement<'t>> {
        self.tree.siblings(self.index + 1, self.node().end)
    }

    /// The entries of a list that can be used: those without a `${…}` that nothing is known for.
    pub fn entries(self) -> impl Iterator<Item = Statement<'t>> {
        self.children().filter(|entry| !entry.is_unresolved())
    }

    /// From the first to the last word.
    #[must_use]
    pub fn span(self) -> Span {
        let first = self.name().span();
        let last = self.words().next_back().map_or(first, Word::span);
        if last.source == first.source {
            Span {
                end: last.end.max(first.end),
                ..first
            }
        } else {
            first
        }
    }

    /// The `{` of the block.
    #[must_use]
    pub fn opened(self) -> Option<Span> {
        let node = self.node();
        node.opened.then(|| self.brace(node.line + 1))
    }

    /// The `}` of the block; nothing also if it is missing at the end of the text.
    #[must_use]
    pub fn closed(self) -> Option<Span> {
        let closed = self.node().closed;
        (closed != Node::NEVER).then(|| self.brace(closed))
    }

    /// Whether the line has a `${…}` that nothing is known for, which has been reported: nothing can be made of it.
    #[must_use]
    pub fn is_unresolved(self) -> bool {
        self.line().unresolved
    }
}

impl<'t> Word<'t> {
    /// The bytes, after substitution and without quotes.
    #[must_use]
    pub fn bytes(self) -> &'t [u8] {
        self.tree.stream.bytes(self.index, &self.tree.sources)
    }

    /// As text; bytes that are no UTF-8 read as U+FFFD.
    #[must_use]
    pub fn text(self) -> &'t str {
        self.tree.stream.text(self.index, &self.tree.sources)
    }

    /// Where it stands.
    #[must_use]
    pub fn span(self) -> Span {
        self.tree.stream.span(self.index)
    }

    /// Where bytes `start..end` of the word stand; the whole word if it is a result of substitution.
    #[must_use]
    pub fn part(self, start: usize, end: usize) -> Span {
        let span = self.span();
        if self.tree.stream.is_expanded(self.index) {
            return span;
        }
        let part = |offset: usize| {
            span.start
                .saturating_add(u32::try_from(offset).unwrap_or(u32::MAX))
                .min(span.end)
        };
        Span {
            start: part(start),
            end: part(end),
            ..span
        }
    }
}

#[cfg(test)]
mod tests;
