//! Short pieces of work that may wait for a disk, one after the other on a thread of their own.

use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

/// How many may wait. They are asked for by hand, so more mean that the disk stands still.
const WAITING: usize = 8;

type Errand = Box<dyn FnOnce() + Send>;

/// The thread and the way to it. Dropping it waits until everything is done.
#[derive(Debug)]
pub(crate) struct Errands {
    sender: Option<SyncSender<Errand>>,
    thread: Option<JoinHandle<()>>,
}

impl Errands {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, receiver) = sync_channel::<Errand>(WAITING);
        let thread = Builder::new()
            .name("errands".to_owned())
            .spawn(move || receiver.into_iter().for_each(|errand| errand()))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Has something done. Never waits; says so if too much waits already.
    pub(crate) fn ask(&self, errand: impl FnOnce() + Send + 'static) -> Result<(), Busy> {
        let sender = self.sender.as_ref().expect("it is there until the drop");
        match sender.try_send(Box::new(errand)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Busy),
        }
    }
}

impl Drop for Errands {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been logged as one.
            let _ = thread.join();
        }
    }
}

/// Too much waits already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{WAITING} requests before it are still being worked on")]
pub(crate) struct Busy;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn errands_are_done_in_order_and_all_before_the_end() {
        let (sender, done) = channel();
        let errands = Errands::start().unwrap();
        for number in 0..WAITING {
            let sender = sender.clone();
            errands.ask(move || sender.send(number).unwrap()).unwrap();
        }
        drop((errands, sender));
        assert!(done.iter().eq(0..WAITING));
    }

    #[test]
    fn the_queue_is_bounded() {
        let (go, wait) = channel::<()>();
        let errands = Errands::start().unwrap();
        errands.ask(move || wait.recv().unwrap_or_default()).unwrap();
        let asked = (0..=WAITING).map(|_| errands.ask(|| ())).collect::<Vec<_>>();
        assert_eq!(asked.last(), Some(&Err(Busy)));
        drop(go);
    }
}
