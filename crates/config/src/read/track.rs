//! What reading itself has to know of the lines it has produced: mistakes in them, and the two keywords that steer it.

use super::Reader;
use crate::include::apply;
use crate::source::Span;
use crate::stream::LineKind;
use crate::substitute::builtin::Random;

/// How deep the braces are, and whether that is inside `global_defs`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    depth: usize,
    globals: bool,
}

impl Reader<'_> {
    /// Looks at the lines from `first` on, which have just been produced out of one line.
    pub(super) fn pushed(&mut self, first: usize, unresolved: Vec<(Span, String)>, reported: bool) {
        if !reported {
            for (span, written) in unresolved {
                self.unresolved(span, &written);
            }
        }
        for index in first..self.stream.len() {
            let line = self.stream.line(index);
            if line.reported {
                self.poison(index);
            }
            match line.kind {
                LineKind::Open => self.block.depth += 1,
                LineKind::Close => self.block.depth = self.block.depth.saturating_sub(1),
                LineKind::Words if self.block.depth == 0 => {
                    self.block.globals = self.word(index, 0) == Some(b"global_defs");
                }
                LineKind::Words if self.block.depth == 1 && self.block.globals => self.global_keyword(index),
                LineKind::Words => {}
            }
        }
    }

    /// Other reports about the line are consequences of the one that was made.
    fn poison(&mut self, index: usize) {
        let line = self.stream.line(index);
        let spans: Vec<Span> = (line.first..line.end)
            .map(|word| self.stream.span(word))
            .collect();
        if let [first, .., last] = spans[..]
            && first.origin.is_none()
            && last.origin.is_none()
        {
            self.report.poison(Span {
                end: last.end,
                ..first
            });
        }
        for span in spans {
            self.report.poison(span);
        }
    }

    fn word(&self, index: usize, word: u32) -> Option<&[u8]> {
        let line = self.stream.line(index);
        let at = line.first + word;
        (at < line.end).then(|| self.stream.bytes(at, &self.sources))
    }

    /// `include_check` steers the include lines that follow. `random_seed` makes `${_RANDOM}` repeat, which the original
    /// documents and does not do.
    fn global_keyword(&mut self, index: usize) {
        match self.word(index, 0) {
            Some(b"include_check") => {
                let line = self.stream.line(index);
                let words = (line.first + 1..line.end).map(|word| self.stream.bytes(word, &self.sources));
                self.checks = apply(self.checks, words);
            }
            Some(b"random_seed") => {
                let text = self
                    .word(index, 1)
                    .and_then(|word| std::str::from_utf8(word).ok());
                if let Some(seed) = text.and_then(|text| text.parse::<u32>().ok()) {
                    self.builtins.random = Random::new(seed.into());
                }
            }
            _ => {}
        }
    }
}
