//! A channel whose receiver can be waited for together with descriptors.

use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// The sending end. Sending never waits.
#[derive(Debug)]
pub(crate) struct Poster<T> {
    sender: Sender<T>,
    wake: Wake,
}

impl<T> Clone for Poster<T> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            wake: self.wake.clone(),
        }
    }
}

impl<T> Poster<T> {
    /// Sends. Where the receiver is gone nobody wants it any more.
    pub(crate) fn post(&self, value: T) {
        self.leave(value);
        self.wake();
    }

    /// Sends without waking the receiver, which may find it anyway. [`wake`](Self::wake) does that.
    pub(crate) fn leave(&self, value: T) {
        let _ = self.sender.send(value);
    }

    /// Wakes the receiver.
    pub(crate) fn wake(&self) {
        self.wake.wake();
    }
}

/// Wakes when a sender goes, so that the receiver finds that it was the last one.
#[derive(Clone, Debug)]
struct Wake(Arc<EventFd>);

impl Wake {
    fn wake(&self) {
        // The counter saturates at a value that still wakes.
        let _ = self.0.write(1);
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.wake();
    }
}

/// The receiving end.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    receiver: Receiver<T>,
    wake: Arc<EventFd>,
}

/// What an inbox says when it is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Senders {
    /// There may be more.
    Remain,
    /// Nobody is left who could send.
    Gone,
}

impl<T> Inbox<T> {
    /// A new channel.
    pub(crate) fn new() -> io::Result<(Poster<T>, Self)> {
        let (sender, receiver) = channel();
        let wake = Arc::new(EventFd::from_flags(
            EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
        )?);
        let poster = Poster {
            sender,
            wake: Wake(Arc::clone(&wake)),
        };
        Ok((poster, Self { receiver, wake }))
    }

    /// Appends what has arrived. Never waits.
    pub(crate) fn collect(&self, values: &mut Vec<T>) -> Senders {
        // Reading resets the descriptor; that it is not readable is no error.
        let _ = self.wake.read();
        loop {
            match self.receiver.try_recv() {
                Ok(value) => values.push(value),
                Err(TryRecvError::Empty) => return Senders::Remain,
                Err(TryRecvError::Disconnected) => return Senders::Gone,
            }
        }
    }
}

impl<T> AsFd for Inbox<T> {
    /// Readable when something has arrived, or the last sender has gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    fn is_readable<T>(inbox: &Inbox<T>) -> bool {
        let mut descriptors = [PollFd::new(inbox.as_fd(), PollFlags::POLLIN)];
        poll(&mut descriptors, PollTimeout::ZERO).unwrap() == 1
    }

    #[test]
    fn arrivals_and_the_end_of_the_senders_wake() {
        let (poster, inbox) = Inbox::new().unwrap();
        poster.leave(0);
        assert!(!is_readable(&inbox));
        poster.wake();
        assert!(is_readable(&inbox));
        let mut values = Vec::new();
        inbox.collect(&mut values);
        assert_eq!(values, [0]);
        let other = poster.clone();
        other.post(1);
        poster.post(2);
        assert!(is_readable(&inbox));
        values.clear();
        assert_eq!(inbox.collect(&mut values), Senders::Remain);
        assert_eq!(values, [1, 2]);
        assert!(!is_readable(&inbox));
        drop((poster, other));
        assert!(is_readable(&inbox));
        assert_eq!(inbox.collect(&mut values), Senders::Gone);
    }
}
