//! Questions to the children whose answers are long: each writes its part of the status into a pipe, off its loop.

use crate::control::{ClientId, Detail};
use crate::handover::Kind;
use crate::protocol::ToChild;
use model::{Micros, Time};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags};
use nix::unistd::{pipe2, read};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// How long a child may take.
pub(super) const PATIENCE: Micros = Micros::from_secs(4);

/// Longest answer in bytes: some hundred thousand servers.
const LONGEST: usize = 256 << 20;

/// Read at once.
const PORTION: usize = 16 * 1024;

/// One question of one client.
#[derive(Debug)]
pub(super) struct Inquiry {
    pub(super) client: ClientId,
    pub(super) deadline: Time,
    parts: Vec<Part>,
}

/// What a child answers.
#[derive(Debug)]
struct Part {
    kind: Kind,
    bytes: Vec<u8>,
    /// The pipe, until it is at its end.
    pipe: Option<OwnedFd>,
    is_whole: bool,
}

impl Inquiry {
    pub(super) const fn new(client: ClientId, now: Time) -> Self {
        Self {
            client,
            deadline: Time(now.0 + PATIENCE.0),
            parts: Vec::new(),
        }
    }

    /// Asks a child by means of `send`.
    pub(super) fn ask(
        &mut self,
        kind: Kind,
        detail: Detail,
        send: impl FnOnce(&ToChild, OwnedFd),
    ) -> io::Result<()> {
        let (ours, theirs) = pipe2(OFlag::O_CLOEXEC)?;
        // Only this end: the child's thread may wait for it.
        nix::fcntl::fcntl(&ours, nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        send(&ToChild::Status { detail }, theirs);
        self.parts.push(Part {
            kind,
            bytes: Vec::new(),
            pipe: Some(ours),
            is_whole: false,
        });
        Ok(())
    }

    /// What to wait for.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = PollFd<'_>> {
        let pipes = self.parts.iter().filter_map(|part| part.pipe.as_ref());
        pipes.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN))
    }

    /// Reads what has come. Says whether nothing more is waited for.
    pub(super) fn read(&mut self, now: Time) -> bool {
        for part in &mut self.parts {
            part.read();
        }
        now >= self.deadline || self.parts.iter().all(|part| part.pipe.is_none())
    }

    /// The answer of a child, if it is whole.
    pub(super) fn take(&mut self, kind: Kind) -> Option<Vec<u8>> {
        let part = self.parts.iter_mut().find(|part| part.kind == kind)?;
        part.is_whole.then(|| std::mem::take(&mut part.bytes))
    }
}

impl Part {
    fn read(&mut self) {
        let Some(pipe) = &self.pipe else { return };
        let mut buffer = [0; PORTION];
        loop {
            match read(pipe, &mut buffer) {
                // A child that could not answer closes the pipe without a word.
                Ok(0) => self.is_whole = !self.bytes.is_empty(),
                Ok(length) if self.bytes.len() + length <= LONGEST => {
                    self.bytes.extend_from_slice(&buffer[..length]);
                    continue;
                }
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR) => continue,
                Ok(_) | Err(_) => {}
            }
            self.pipe = None;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::ClientId;
    use std::fs::File;
    use std::io::Write;

    fn asked(kinds: &[Kind]) -> (Inquiry, Vec<File>) {
        let mut inquiry = Inquiry::new(ClientId::default(), Time(0));
        let mut ends = Vec::new();
        for kind in kinds {
            inquiry
                .ask(*kind, Detail::Present, |_, pipe| ends.push(File::from(pipe)))
                .unwrap();
        }
        (inquiry, ends)
    }

    #[test]
    fn an_answer_is_whole_at_the_end_of_the_pipe() {
        let (mut inquiry, mut ends) = asked(&[Kind::Vrrp, Kind::Checker]);
        ends[0].write_all(b"{\"a\":").unwrap();
        assert!(!inquiry.read(Time(1)));
        ends[0].write_all(b"1}").unwrap();
        // The checker process has nothing to say.
        drop(ends);
        assert!(inquiry.read(Time(2)));
        assert_eq!(inquiry.take(Kind::Vrrp).unwrap(), b"{\"a\":1}");
        assert_eq!(inquiry.take(Kind::Checker), None);
        assert_eq!(inquiry.take(Kind::Bfd), None);
    }

    #[test]
    fn a_child_that_hangs_holds_nobody_up_for_ever() {
        let (mut inquiry, mut ends) = asked(&[Kind::Vrrp]);
        ends[0].write_all(b"{").unwrap();
        assert!(!inquiry.read(Time(PATIENCE.0 - 1)));
        assert!(inquiry.read(Time(PATIENCE.0)));
        assert_eq!(inquiry.take(Kind::Vrrp), None);
    }
}
