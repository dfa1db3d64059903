//! Short pieces of work that may wait for a disk, one after the other on a thread of their own.

use kernel::sys::set_nice;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

/// How many may wait. They are asked for by hand, so more mean that the disk stands still.
const WAITING: usize = 8;

/// The nice value of the thread: on a busy machine the loop comes first.
const PATIENT: i8 = 19;

type Errand = Box<dyn FnOnce() + Send>;

/// The thread, started with the first errand, and the way to it. Dropping it waits until everything is done.
#[derive(Debug, Default)]
pub(crate) struct Errands(Option<Running>);

#[derive(Debug)]
struct Running {
    sender: SyncSender<Errand>,
    thread: JoinHandle<()>,
}

impl Errands {
    /// Has something done. Never waits.
    pub(crate) fn ask(&mut self, errand: impl FnOnce() + Send + 'static) -> Result<(), ErrandError> {
        let running = match &self.0 {
            Some(running) => running,
            None => self.0.insert(Running::start().map_err(ErrandError::Start)?),
        };
        match running.sender.try_send(Box::new(errand)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(ErrandError::Busy),
        }
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let (sender, receiver) = sync_channel::<Errand>(WAITING);
        let thread = Builder::new().name("errands".to_owned()).spawn(move || {
            for errand in receiver {
                // Each time, since a reload sets it for all threads. Without it, the errand is done all the same.
                let _ = set_nice(PATIENT);
                errand();
            }
        })?;
        Ok(Self { sender, thread })
    }
}

impl Drop for Errands {
    fn drop(&mut self) {
        if let Some(Running { sender, thread }) = self.0.take() {
            drop(sender);
            // A panic in there has been logged as one.
            let _ = thread.join();
        }
    }
}

/// Writes a document into a pipe, and closes it.
pub(crate) fn write_json(document: &impl Serialize, pipe: OwnedFd) {
    let written = serde_json::to_vec(document)
        .map_err(io::Error::from)
        .and_then(|text| File::from(pipe).write_all(&text));
    match written {
        // Whoever asked has waited for long enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => tracing::warn!("telling the status: {error}"),
        Ok(()) => {}
    }
}

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ErrandError {
    /// Too much waits already.
    #[error("{WAITING} requests before it are still being worked on")]
    Busy,
    /// There is no thread for it.
    #[error("starting a thread: {0}")]
    Start(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn errands_are_done_in_order_and_all_before_the_end() {
        let (sender, done) = channel();
        let mut errands = Errands::default();
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
        let mut errands = Errands::default();
        errands.ask(move || wait.recv().unwrap_or_default()).unwrap();
        let asked = (0..=WAITING).map(|_| errands.ask(|| ())).collect::<Vec<_>>();
        assert!(matches!(asked.last(), Some(Err(ErrandError::Busy))));
        drop(go);
    }
}
