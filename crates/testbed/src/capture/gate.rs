//! What keeps the thread that captures from reading for a while.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::clock::Stamp;

/// A gate between the thread that captures and its socket.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    closed: bool,
    /// When the thread looked last and found nothing: everything from before has been collected.
    empty: Stamp,
}

impl Gate {
    /// One that lets the thread pass.
    pub(super) fn open() -> Self {
        Self {
            state: Mutex::new(State {
                closed: false,
                empty: Stamp::from_epoch(Duration::ZERO),
            }),
            changed: Condvar::new(),
        }
    }

    /// For the thread: waits until the gate is open.
    pub(super) fn pass(&self) {
        let mut state = self.state();
        while state.closed {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// For the thread: everything that came before this has been collected.
    pub(super) fn tell_empty(&self, looked: Stamp) {
        self.state().empty = looked;
        self.changed.notify_all();
    }

    /// For the thread: it ends, so that nobody is to wait for it.
    pub(super) fn leave(&self) {
        self.tell_empty(Stamp::from_epoch(Duration::MAX));
    }

    /// Closes the gate for so long, opens it and waits until everything of that time has been collected.
    #[expect(clippy::disallowed_methods, reason = "it is time that is waited for")]
    pub(super) fn close_for(&self, duration: Duration) {
        self.state().closed = true;
        thread::sleep(duration);
        let end = Stamp::now();
        let mut state = self.state();
        state.closed = false;
        self.changed.notify_all();
        while state.empty < end {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
