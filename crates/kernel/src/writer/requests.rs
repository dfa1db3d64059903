//! The way of requests to the thread.
//!
//! A channel of the standard library holds a lock while it wakes its reader. A reader that runs at once, in the place of
//! the thread that wakes it, then has to wait for that thread in turn: several switches before a new master's address is
//! asked for. So here the reader sleeps outside of the channel.

use super::{Request, Standby};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread;

#[derive(Debug)]
struct Bell {
    rung: EventFd,
    /// Whether the reader sleeps or is about to.
    asleep: AtomicBool,
    /// Whether it is to stay awake.
    stand_by: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        if self.asleep.swap(false, Ordering::SeqCst) {
            // The counter saturates at a value that still wakes.
            let _ = self.rung.write(1);
        }
    }
}

/// The end of the caller. The thread ends when it is dropped and everything is done.
#[derive(Debug)]
pub(super) struct Requests {
    /// Taken only at the end.
    sender: Option<Sender<Request>>,
    bell: Arc<Bell>,
}

/// The end of the thread.
pub(super) struct Incoming {
    receiver: Receiver<Request>,
    bell: Arc<Bell>,
}

pub(super) fn channel() -> io::Result<(Requests, Incoming)> {
    let (sender, receiver) = mpsc::channel();
    let bell = Arc::new(Bell {
        rung: EventFd::from_flags(EfdFlags::EFD_CLOEXEC)?,
        asleep: AtomicBool::new(false),
        stand_by: AtomicBool::new(false),
    });
    let requests = Requests {
        sender: Some(sender),
        bell: Arc::clone(&bell),
    };
    Ok((requests, Incoming { receiver, bell }))
}

impl Requests {
    /// Passes a request on. Never blocks.
    pub(super) fn send(&self, request: Request) {
        let sender = self.sender.as_ref().expect("it is taken at the end");
        sender
            .send(request)
            .expect("the thread lives until the handle is finished");
        self.bell.ring();
    }

    /// Has the reader stay awake, or sleep again.
    pub(super) fn stand_by(&self, on: Standby) {
        let awake = on == Standby::Awake;
        if self.bell.stand_by.swap(awake, Ordering::SeqCst) != awake && awake {
            self.bell.ring();
        }
    }
}

impl Drop for Requests {
    fn drop(&mut self) {
        drop(self.sender.take());
        self.bell.ring();
    }
}

impl Incoming {
    /// The next request, if there is one already.
    pub(super) fn next(&self) -> Option<Request> {
        self.receiver.try_recv().ok()
    }

    /// Waits for the next request. Nothing when there will be none any more.
    pub(super) fn wait(&self) -> Option<Request> {
        loop {
            while self.bell.stand_by.load(Ordering::SeqCst) {
                match self.receiver.try_recv() {
                    Ok(request) => return Some(request),
                    Err(TryRecvError::Disconnected) => return None,
                    // On a machine with one processor the caller needs it.
                    Err(TryRecvError::Empty) => thread::yield_now(),
                }
            }
            // Before looking: what is sent after the look rings.
            self.bell.asleep.store(true, Ordering::SeqCst);
            match self.receiver.try_recv() {
                Ok(request) => {
                    self.bell.asleep.store(false, Ordering::SeqCst);
                    return Some(request);
                }
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => match self.bell.rung.read() {
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(errno) => unreachable!("reading an event descriptor: {errno}"),
                },
            }
        }
    }
}
