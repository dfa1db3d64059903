//! Work on a thread of its own, whose result wakes the loop.

use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::Builder;

/// One piece of work. Dropping it abandons the result, not the work.
#[derive(Debug)]
pub(crate) struct Background<T> {
    result: Receiver<T>,
    done: Arc<EventFd>,
}

/// How far the work is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress<T> {
    /// It is still going on.
    Working,
    /// This has come of it.
    Done(T),
    /// It panicked, and has been logged as a panic.
    Lost,
}

impl<T: Send + 'static> Background<T> {
    /// Starts `work` on a thread that is called `name` in `ps -L`.
    pub(crate) fn start(name: &str, work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (sender, result) = sync_channel(1);
        let done = Arc::new(EventFd::from_flags(
            EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK,
        )?);
        let wake = Wake(Arc::clone(&done));
        Builder::new().name(name.to_owned()).spawn(move || {
            // Dropped last, so that whoever it wakes finds the result or a closed channel.
            let _wake = wake;
            let sender = sender;
            // The channel has room for the one result; without a receiver nobody wants it any more.
            let _ = sender.send(work());
        })?;
        Ok(Self { result, done })
    }

    /// What has come of it, if it is done. Never waits.
    pub(crate) fn poll(&self) -> Progress<T> {
        match self.result.try_recv() {
            Ok(result) => Progress::Done(result),
            Err(TryRecvError::Empty) => Progress::Working,
            Err(TryRecvError::Disconnected) => Progress::Lost,
        }
    }
}

impl<T> AsFd for Background<T> {
    /// Readable once the work is done.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.done.as_fd()
    }
}

/// Wakes when the thread ends, whichever way.
struct Wake(Arc<EventFd>);

impl Drop for Wake {
    fn drop(&mut self) {
        // The counter cannot overflow by one.
        let _ = self.0.write(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    fn wait<T: Send + 'static>(work: &Background<T>) -> Progress<T> {
        let mut descriptors = [PollFd::new(work.as_fd(), PollFlags::POLLIN)];
        poll(&mut descriptors, PollTimeout::NONE).unwrap();
        work.poll()
    }

    #[test]
    fn the_result_wakes_the_loop() {
        let (go, wait_for_it) = sync_channel::<u32>(0);
        let work = Background::start("test", move || wait_for_it.recv().unwrap() + 1).unwrap();
        assert_eq!(work.poll(), Progress::Working);
        go.send(6).unwrap();
        assert_eq!(wait(&work), Progress::Done(7));
    }

    #[test]
    fn a_panic_is_told_from_work_that_goes_on() {
        let (go, wait_for_it) = sync_channel::<()>(0);
        let work = Background::start("test", move || wait_for_it.recv().unwrap()).unwrap();
        drop(go);
        assert_eq!(wait(&work), Progress::Lost);
    }
}
