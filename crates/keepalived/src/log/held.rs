//! Lines that a thread keeps back until it has nothing more urgent to do.
//!
//! Handing a line to an output wakes a thread, which takes time, and perhaps the processor, from what has to follow at
//! once: the gratuitous ARP after the line about the new master. And lines handed over together wake it once.

use super::queue::{Line, Sender};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a thread keeps back.
struct Held {
    /// How many [`Hold`]s the thread has.
    holds: usize,
    lines: Vec<Arc<Line>>,
    /// Where they go.
    outputs: Vec<Sender>,
}

thread_local! {
    static HELD: RefCell<Held> = const {
        RefCell::new(Held {
            holds: 0,
            lines: Vec::new(),
            outputs: Vec::new(),
        })
    };
}

/// Keeps the lines of this thread back until it is dropped.
#[derive(Debug)]
#[must_use = "lines are kept back as long as it lives"]
pub struct Hold {
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Hold {
    /// Lines of this thread wait from now on.
    pub fn new() -> Self {
        HELD.with_borrow_mut(|held| held.holds += 1);
        Self { thread: PhantomData }
    }
}

impl Default for Hold {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Hold {
    /// Hands the lines over, also when the thread panics.
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| {
            held.holds -= 1;
            if held.holds == 0 {
                let outputs = &held.outputs;
                held.lines.drain(..).for_each(|line| send(&line, outputs));
            }
        });
    }
}

/// Hands a line over to its outputs, or keeps it back.
pub(super) fn pass(line: Arc<Line>, outputs: &[Sender]) {
    HELD.with_borrow_mut(|held| {
        if held.holds == 0 {
            send(&line, outputs);
            return;
        }
        if held.outputs.is_empty() {
            held.outputs = outputs.to_vec();
        }
        held.lines.push(line);
    });
}

fn send(line: &Arc<Line>, outputs: &[Sender]) {
    for output in outputs {
        output.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::{self, Entry};
    use super::*;
    use model::Micros;

    fn log(text: &str, output: &Sender) {
        let line = Line {
            at: Micros::ZERO,
            severity: 6,
            text: text.to_owned(),
        };
        pass(Arc::new(line), std::slice::from_ref(output));
    }

    #[test]
    fn lines_wait_for_the_end_of_the_last_hold_of_their_thread() {
        let (sender, receiver) = queue::bounded(queue::CAPACITY);
        let outer = Hold::new();
        let inner = Hold::new();
        log("held first", &sender);
        drop(inner);
        log("held second", &sender);
        std::thread::scope(|scope| {
            scope.spawn(|| log("of another thread", &sender));
        });
        drop(outer);
        log("not held", &sender);
        drop(sender);
        HELD.with_borrow_mut(|held| held.outputs.clear());
        let mut texts = Vec::new();
        while let Some(Entry::Line(line)) = receiver.next(|| ()) {
            texts.push(line.text.clone());
        }
        assert_eq!(
            texts,
            ["of another thread", "held first", "held second", "not held"]
        );
    }

    #[test]
    fn a_panic_hands_lines_over() {
        let (sender, receiver) = queue::bounded(queue::CAPACITY);
        let ended = std::thread::spawn(move || {
            let _hold = Hold::new();
            log("before the end", &sender);
            std::panic::resume_unwind(Box::new(()));
        });
        assert!(ended.join().is_err());
        assert!(matches!(receiver.next(|| ()), Some(Entry::Line(line)) if line.text == "before the end"));
    }
}
