//! The frames of one interface.

use crate::log;
use kernel::announcer::{self, Announcer};
use nix::errno::Errno;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use vrrp::Announcement;
use wire::ndp::Role;

/// Most frames that may wait. Far more than any configuration asks for at once: reached only when the interface takes no
/// frames at all, and then what is asked for later is as good.
const MOST: usize = 1 << 17;

/// How a queue stands after a portion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing waits.
    Empty,
    /// The next portion can leave.
    Ready,
    /// The socket takes no frames until it is writable again.
    Blocked,
}

/// A packet socket and what waits for it.
pub(super) struct Queue {
    announcer: Announcer,
    waiting: VecDeque<Announcement>,
    failures: Vec<(usize, Errno)>,
    /// Why the last frame could not leave, so that the same is said once.
    failure: Option<Errno>,
    overflowed: bool,
}

impl Queue {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            announcer: Announcer::open()?,
            waiting: VecDeque::new(),
            failures: Vec::new(),
            failure: None,
            overflowed: false,
        })
    }

    pub(super) fn push(&mut self, announcement: Announcement) {
        if self.waiting.len() < MOST {
            self.waiting.push_back(announcement);
        } else if !self.overflowed {
            self.overflowed = true;
            tracing::warn!(
                "{} takes no gratuitous ARPs: new ones are dropped",
                announcement.interface
            );
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(IpAddr) -> bool) {
        self.waiting.retain(|waiting| keep(waiting.address));
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.failure = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Sends up to `portion` frames; how many are done with, and what comes next.
    pub(super) fn send(&mut self, portion: usize, role: Role) -> (usize, State) {
        let frames = self
            .waiting
            .iter()
            .take(portion)
            .map(|waiting| announcer::Announcement {
                interface: waiting.index,
                mac: waiting.mac,
                address: waiting.address,
                role,
            });
        let wanted = frames.len();
        self.failures.clear();
        let done = self.announcer.send(&frames, &mut self.failures);
        self.report(done);
        self.waiting.drain(..done);
        let state = if self.waiting.is_empty() {
            self.overflowed = false;
            State::Empty
        } else if done < wanted {
            State::Blocked
        } else {
            State::Ready
        };
        (done, state)
    }

    /// Logs the first frames that wait, which are done with.
    fn report(&mut self, done: usize) {
        let mut failures = self.failures.iter().copied().peekable();
        for (position, frame) in self.waiting.iter().take(done).enumerate() {
            let failure = failures.next_if(|(failed, _)| *failed == position);
            let failure = failure.map(|(_, errno)| errno);
            let (kind, interface) = (kind(frame.address), &frame.interface);
            match failure {
                None => {
                    tracing::info!(target: log::DETAIL, "Sending {kind} on {interface} for {}", frame.address);
                }
                Some(errno) if self.failure != failure => {
                    tracing::warn!("sending {kind} on {interface}: {}", errno.desc());
                }
                Some(_) => {}
            }
            self.failure = failure;
        }
    }
}

impl AsFd for Queue {
    /// Writable when there is room for frames.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.announcer.as_fd()
    }
}

/// What the log calls a frame.
const fn kind(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARP",
        IpAddr::V6(_) => "unsolicited Neighbour Advert",
    }
}
