//! Searching a body while it arrives, as one text whatever the pieces (`spec/checkers.md` section 5.6).

use super::pcre2::{self, Found, Pattern, Rest, Search};
use check::dialogue::BodyMatcher;
use model::RegexCheck;
use std::sync::Arc;

/// How much of a match that may become one is kept.
const LONGEST_TAIL: usize = 4095;

/// Bytes of the longest character in UTF-8.
const CHARACTER: usize = 4;

/// The search through one body.
pub(super) struct Matcher {
    search: Search,
    /// The text is UTF-8.
    utf: bool,
    min_offset: u64,
    max_offset: Option<u64>,
    /// The end of what has come: what a match to come may begin in or look back at.
    text: Vec<u8>,
    /// Where in the body `text` begins.
    base: u64,
    /// Where in `text` the search goes on.
    next: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Searching,
    Matched,
    /// There will be no match.
    Hopeless,
}

impl Matcher {
    pub(super) fn new(pattern: Arc<Pattern>, regex: &RegexCheck) -> Option<Self> {
        Some(Self {
            search: Search::new(pattern)?,
            utf: regex.options.names().any(|name| name == "utf"),
            min_offset: regex.min_offset,
            max_offset: regex.max_offset,
            text: Vec::new(),
            base: 0,
            next: 0,
            state: State::Searching,
        })
    }

    /// Searches what is there.
    fn go_on(&mut self, rest: Rest) {
        let complete = match rest {
            Rest::MayFollow if self.utf => self.text.len() - unfinished_character(&self.text),
            _ => self.text.len(),
        };
        let least = usize::try_from(self.min_offset.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let start = self.boundary_after(self.next.max(least));
        let limit = self.max_offset.map(|limit| limit.checked_sub(self.base));
        let limit = match limit {
            // What is searched from here on is beyond the limit.
            Some(None) => return self.state = State::Hopeless,
            Some(Some(limit)) => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
            None => None,
        };
        if limit.is_some_and(|limit| start > limit) {
            self.state = State::Hopeless;
            return;
        }
        let found = self.search.find(&self.text[..complete], start, limit, rest);
        match found {
            // The limit holds back the search, and not quite: machine code looks one place further.
            Found::Match(place) | Found::Partial(place) if limit.is_some_and(|limit| place > limit) => {
                self.state = State::Hopeless;
            }
            Found::Match(_) => self.state = State::Matched,
            Found::Partial(place) => self.keep_from(place),
            Found::Nothing => self.keep_from(complete.max(start.min(self.text.len()))),
            Found::GivenUp(error) => {
                tracing::warn!(
                    "regex: {}; the body counts as one without a match",
                    pcre2::message(error)
                );
                self.state = State::Hopeless;
            }
        }
    }

    /// A match begins here or later; drops what it cannot look back at.
    fn keep_from(&mut self, place: usize) {
        self.next = place;
        if self.text.len() - place > LONGEST_TAIL {
            tracing::info!("regex: a match of more than {LONGEST_TAIL} bytes is given up");
            self.next = self.text.len();
        }
        let width = if self.utf { CHARACTER } else { 1 };
        // At least one character, so that the beginning of the text is that of the body alone.
        let behind = self.search.pattern().lookbehind().max(1).saturating_mul(width);
        let mut first = self.next.saturating_sub(behind);
        while self.utf && first > 0 && is_continuation(self.text[first]) {
            first -= 1;
        }
        self.text.drain(..first);
        self.next -= first;
        self.base += first as u64;
    }

    /// The next beginning of a character.
    fn boundary_after(&self, mut place: usize) -> usize {
        while self.utf && self.text.get(place).is_some_and(|byte| is_continuation(*byte)) {
            place += 1;
        }
        place
    }
}

impl BodyMatcher for Matcher {
    fn feed(&mut self, piece: &[u8]) -> bool {
        if self.state == State::Searching && !piece.is_empty() {
            self.text.extend_from_slice(piece);
            self.go_on(Rest::MayFollow);
        }
        self.state == State::Matched
    }

    fn finish(&mut self) -> bool {
        // compat: an empty body has no match, not even of an empty pattern.
        let is_empty = self.base == 0 && self.text.is_empty();
        if self.state == State::Searching && !is_empty {
            self.go_on(Rest::None);
        }
        self.state == State::Matched
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// How many bytes at the end are the beginning of a character.
fn unfinished_character(text: &[u8]) -> usize {
    let tail = text.iter().rev().take(CHARACTER - 1).enumerate();
    for (position, byte) in tail {
        let length = match byte {
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..=0xff => 4,
            _ if is_continuation(*byte) => continue,
            _ => return 0,
        };
        return if position + 1 < length { position + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests;
