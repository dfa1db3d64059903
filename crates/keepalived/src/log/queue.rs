//! A queue of log lines that is bounded in bytes and never makes its writer wait.

use crate::clock;
use model::Micros;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};

/// Bytes that may wait for one output: some ten thousand lines.
pub(super) const CAPACITY: usize = 4 * 1024 * 1024;

/// Bytes that a line takes beside its text.
const OVERHEAD: usize = 64;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When it was logged: time since 1970.
    pub(super) at: Micros,
    /// Severity by syslog's numbers.
    pub(super) severity: u8,
    /// The text without a line end.
    pub(super) text: String,
}

impl Line {
    /// The line that stands for lines that are missing.
    pub(super) fn about_lost(lost: u64) -> Self {
        Self {
            at: clock::wall(),
            severity: 4,
            text: format!("{lost} log lines lost"),
        }
    }

    const fn size(&self) -> usize {
        self.text.len() + OVERHEAD
    }
}

/// What comes out of the queue.
pub(super) enum Entry {
    /// A line to be written.
    Line(Arc<Line>),
    /// Everything before has to be written; then say so.
    Flush(SyncSender<()>),
}

#[derive(Debug, Default)]
struct Fill {
    bytes: AtomicUsize,
    lost: AtomicU64,
}

/// The writing end.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    entries: mpsc::Sender<Entry>,
    fill: Arc<Fill>,
    capacity: usize,
}

/// The reading end.
#[derive(Debug)]
pub(super) struct Receiver {
    entries: mpsc::Receiver<Entry>,
    fill: Arc<Fill>,
}

/// A queue for `capacity` bytes.
pub(super) fn bounded(capacity: usize) -> (Sender, Receiver) {
    let (sender, receiver) = mpsc::channel();
    let fill = Arc::new(Fill::default());
    (
        Sender {
            entries: sender,
            fill: Arc::clone(&fill),
            capacity,
        },
        Receiver {
            entries: receiver,
            fill,
        },
    )
}

impl Sender {
    /// Adds a line, or counts it as lost when there is no room.
    pub(super) fn push(&self, line: &Arc<Line>) {
        let lost = self.fill.lost.swap(0, Ordering::Relaxed);
        if lost > 0 && !self.offer(Arc::new(Line::about_lost(lost))) {
            self.fill.lost.fetch_add(lost + 1, Ordering::Relaxed);
            return;
        }
        if !self.offer(Arc::clone(line)) {
            self.fill.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn offer(&self, line: Arc<Line>) -> bool {
        let size = line.size();
        if self.fill.bytes.fetch_add(size, Ordering::Relaxed) + size > self.capacity {
            self.fill.bytes.fetch_sub(size, Ordering::Relaxed);
            return false;
        }
        // The receiver is gone when its output could not be opened: such lines are nobody's.
        let _ = self.entries.send(Entry::Line(line));
        true
    }

    /// Asks for a word on `done` once everything before is written.
    pub(super) fn flush(&self, done: SyncSender<()>) {
        let lost = self.fill.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            // Beyond the capacity: the very last line says what is missing.
            let _ = self.entries.send(Entry::Line(Arc::new(Line::about_lost(lost))));
        }
        let _ = self.entries.send(Entry::Flush(done));
    }
}

impl Receiver {
    /// The next entry; `idle` runs before a wait for one. Nothing when all senders are gone.
    pub(super) fn next(&self, idle: impl FnOnce()) -> Option<Entry> {
        let entry = match self.entries.try_recv() {
            Ok(entry) => entry,
            Err(mpsc::TryRecvError::Empty) => {
                idle();
                self.entries.recv().ok()?
            }
            Err(mpsc::TryRecvError::Disconnected) => return None,
        };
        if let Entry::Line(line) = &entry {
            // A wrap-around by the line about lost ones, which is not counted at a flush, would be harmless here, but
            // saturate all the same: the number is a bound.
            let size = line.size();
            let _ = self
                .fill
                .bytes
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bytes| {
                    Some(bytes.saturating_sub(size))
                });
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Arc<Line> {
        Arc::new(Line {
            at: Micros::ZERO,
            severity: 6,
            text: text.to_owned(),
        })
    }

    fn texts(receiver: &Receiver, count: usize) -> Vec<String> {
        (0..count)
            .map(|_| match receiver.next(|| ()) {
                Some(Entry::Line(line)) => line.text.clone(),
                _ => panic!("a line was expected"),
            })
            .collect()
    }

    #[test]
    fn what_does_not_fit_is_counted_where_it_is_missing() {
        let (sender, receiver) = bounded(2 * (OVERHEAD + 1));
        for text in ["a", "b", "c", "d", "e"] {
            sender.push(&line(text));
        }
        assert_eq!(texts(&receiver, 2), ["a", "b"]);
        // The notice is longer than one line of this queue, so it takes the room of two.
        let (sender, receiver) = bounded(200);
        for text in ["a", "b", "c", "d", "e"] {
            sender.push(&line(text));
        }
        assert_eq!(texts(&receiver, 3), ["a", "b", "c"]);
        sender.push(&line("f"));
        assert_eq!(texts(&receiver, 2), ["2 log lines lost", "f"]);
    }

    #[test]
    fn a_flush_says_what_is_missing_at_the_end() {
        let (sender, receiver) = bounded(OVERHEAD + 1);
        for text in ["a", "b", "c"] {
            sender.push(&line(text));
        }
        let (done, wait) = mpsc::sync_channel(1);
        sender.flush(done);
        assert_eq!(texts(&receiver, 2), ["a", "2 log lines lost"]);
        let Some(Entry::Flush(done)) = receiver.next(|| ()) else {
            panic!("a flush was expected")
        };
        done.send(()).unwrap();
        wait.recv().unwrap();
    }

    #[test]
    fn a_queue_whose_reader_is_gone_takes_lines_without_end() {
        let (sender, receiver) = bounded(200);
        drop(receiver);
        for _ in 0..10 {
            sender.push(&line("a"));
        }
    }
}
