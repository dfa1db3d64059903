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
///
/// An address that has not been announced yet is more urgent than a repetition, so that the last of a thousand does not wait
/// for four more frames of each of the others.
pub(super) struct Queue {
    announcer: Announcer,
    firsts: VecDeque<Announcement>,
    repeats: VecDeque<Announcement>,
    failures: Vec<(usize, Errno)>,
    /// Why the last frame could not leave, so that the same is said once.
    failure: Option<Errno>,
    overflowed: bool,
}

impl Queue {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            announcer: Announcer::open()?,
            firsts: VecDeque::new(),
            repeats: VecDeque::new(),
            failures: Vec::new(),
            failure: None,
            overflowed: false,
        })
    }

    pub(super) fn push(&mut self, announcement: Announcement) {
        if self.firsts.len() + self.repeats.len() < MOST {
            let waiting = if announcement.is_repeat {
                &mut self.repeats
            } else {
                &mut self.firsts
            };
            waiting.push_back(announcement);
        } else if !self.overflowed {
            self.overflowed = true;
            tracing::warn!(
                "{} takes no gratuitous ARPs: new ones are dropped",
                announcement.interface
            );
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(IpAddr) -> bool) {
        for waiting in [&mut self.firsts, &mut self.repeats] {
            waiting.retain(|waiting| keep(waiting.address));
        }
    }

    pub(super) fn clear(&mut self) {
        self.firsts.clear();
        self.repeats.clear();
        self.failure = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.firsts.is_empty() && self.repeats.is_empty()
    }

    /// Sends up to `portion` frames; how many are done with, and what comes next.
    pub(super) fn send(&mut self, portion: usize, role: Role) -> (usize, State) {
        let waiting = if self.firsts.is_empty() {
            &mut self.repeats
        } else {
            &mut self.firsts
        };
        let frames = waiting
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
        self.failure = report(waiting.iter().take(done), &self.failures, self.failure);
        waiting.drain(..done);
        let state = if self.is_empty() {
            self.overflowed = false;
            State::Empty
        } else if done < wanted {
            State::Blocked
        } else {
            State::Ready
        };
        (done, state)
    }
}

/// Logs frames that are done with, of which those at the positions of `failures` did not leave. Takes and gives why the last one
/// before them and the last one of them could not leave.
fn report<'a>(
    frames: impl Iterator<Item = &'a Announcement>,
    failures: &[(usize, Errno)],
    mut last: Option<Errno>,
) -> Option<Errno> {
    let mut failures = failures.iter().copied().peekable();
    for (position, frame) in frames.enumerate() {
        let failure = failures.next_if(|(failed, _)| *failed == position);
        let failure = failure.map(|(_, errno)| errno);
        let (kind, interface) = (kind(frame.address), &frame.interface);
        match failure {
            None => {
                tracing::info!(target: log::DETAIL, "Sending {kind} on {interface} for {}", frame.address);
            }
            Some(errno) if last != failure => {
                tracing::warn!("sending {kind} on {interface}: {}", errno.desc());
            }
            Some(_) => {}
        }
        last = failure;
    }
    last
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
