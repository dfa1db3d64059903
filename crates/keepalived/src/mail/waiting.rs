//! Letters that wait for the server, and when to try again.

use super::Letter;
use model::{Micros, Time};
use std::collections::VecDeque;

/// Most letters that wait: about four megabytes.
const CAPACITY: usize = 4_096;
/// The first pause, and the longest.
const FIRST: Micros = Micros::from_secs(1);
const LONGEST: Micros = Micros::from_secs(300);

/// When to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// There is nothing to send.
    None,
    /// At once.
    Now,
    /// After this time.
    In(Micros),
}

/// The queue.
#[derive(Debug)]
pub(super) struct Waiting {
    letters: VecDeque<Letter>,
    /// Letters that were dropped since the server took one.
    dropped: usize,
    pause: Option<(Time, Micros)>,
}

impl Waiting {
    pub(super) const fn new() -> Self {
        Self {
            letters: VecDeque::new(),
            dropped: 0,
            pause: None,
        }
    }

    /// Adds a letter; the oldest one goes where there is no room.
    pub(super) fn push(&mut self, letter: Letter) {
        if self.letters.len() == CAPACITY {
            self.letters.pop_front();
            self.dropped += 1;
            if self.dropped == 1 {
                tracing::error!("{CAPACITY} mails wait for the server: the oldest are dropped");
            }
        }
        self.letters.push_back(letter);
    }

    /// The letter that is next.
    pub(super) fn front(&self) -> Option<&Letter> {
        self.letters.front()
    }

    /// The first letter is sent, or cannot be.
    pub(super) fn pop(&mut self) {
        self.letters.pop_front();
    }

    pub(super) fn len(&self) -> usize {
        self.letters.len()
    }

    pub(super) fn clear(&mut self) {
        self.letters.clear();
    }

    /// When to try to send.
    pub(super) fn until_attempt(&self, now: Time) -> Attempt {
        match self.pause {
            _ if self.letters.is_empty() => Attempt::None,
            Some((until, _)) if until > now => Attempt::In(until.since(now)),
            _ => Attempt::Now,
        }
    }

    /// The server took all that it was given.
    pub(super) fn succeeded(&mut self) {
        self.pause = None;
        if self.dropped > 0 {
            tracing::error!(
                "{} mails were dropped while the server was out of reach",
                self.dropped
            );
            self.dropped = 0;
        }
    }

    /// The server is out of reach, or asks to come again later. Returns the pause until the next attempt.
    pub(super) fn failed(&mut self, now: Time) -> Micros {
        let pause = self
            .pause
            .map_or(FIRST, |(_, pause)| Micros(pause.0 * 2).min(LONGEST));
        self.pause = Some((now + pause, pause));
        pause
    }

    /// Nothing is known of the server any more.
    pub(super) const fn try_again(&mut self) {
        self.pause = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::letter::Envelope;

    fn letter(text: &str) -> Letter {
        Letter {
            envelope: Envelope {
                from: String::new(),
                to: Vec::new(),
            },
            text: text.into(),
        }
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let mut waiting = Waiting::new();
        let now = Time(1_000_000);
        assert_eq!(waiting.until_attempt(now), Attempt::None);
        waiting.push(letter("a"));
        assert_eq!(waiting.until_attempt(now), Attempt::Now);
        let pauses: Vec<u64> = (0..11).map(|_| waiting.failed(now).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(waiting.until_attempt(now), Attempt::In(LONGEST));
        assert_eq!(waiting.until_attempt(now + LONGEST), Attempt::Now);
        waiting.succeeded();
        assert_eq!(waiting.failed(now), FIRST);
        waiting.try_again();
        assert_eq!(waiting.until_attempt(now), Attempt::Now);
    }

    #[test]
    fn the_oldest_are_dropped_and_counted() {
        let mut waiting = Waiting::new();
        for number in 0..CAPACITY + 3 {
            waiting.push(letter(&number.to_string()));
        }
        assert_eq!((waiting.len(), waiting.dropped), (CAPACITY, 3));
        assert_eq!(waiting.front(), Some(&letter("3")));
        waiting.succeeded();
        assert_eq!(waiting.dropped, 0);
    }
}
