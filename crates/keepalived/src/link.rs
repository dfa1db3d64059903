//! The two ends of the connection between the supervisor and a child.

use crate::control::Detail;
use crate::memory;
use crate::orders::Action;
use crate::protocol::{Dump, Generation, ToChild, ToParent};
use kernel::sys::receive_with_descriptors;
use model::Configuration;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, socketpair};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Longest message in bytes. Only texts have no fixed size, and they are cut to fit.
const LONGEST: usize = 8 * 1024;

/// Longest text in a message, in bytes.
const LONGEST_TEXT: usize = 4 * 1024;

/// What can go wrong on a link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The other process has gone.
    #[error("the other end of the link is closed")]
    Closed,
    /// The other process does not read, and the queue of the socket is full.
    #[error("the queue of the link is full")]
    Full,
    /// The kernel refused.
    #[error("link: {0}")]
    Io(#[from] io::Error),
    /// A message that this program cannot have sent.
    #[error("link: a message that cannot be decoded: {0}")]
    Message(#[from] postcard::Error),
    /// A message came without the descriptor that belongs to it.
    #[error("link: a message without its descriptor")]
    Descriptor,
}

/// A connected pair: the supervisor's end, not blocking, and the descriptor for the child.
pub fn pair() -> io::Result<(ChildLink, OwnedFd)> {
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
    )?;
    Ok((ChildLink(Packets(ours)), theirs))
}

/// A socket of typed messages.
#[derive(Debug)]
struct Packets(OwnedFd);

impl Packets {
    fn send(&self, message: &impl Serialize, descriptors: &[BorrowedFd<'_>]) -> Result<(), LinkError> {
        let bytes = postcard::to_stdvec(message)?;
        let numbers: Vec<_> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&numbers)];
        let control = if numbers.is_empty() { &[][..] } else { &rights[..] };
        let sent = sendmsg::<()>(
            self.0.as_raw_fd(),
            &[IoSlice::new(&bytes)],
            control,
            MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT,
            None,
        );
        match sent {
            Ok(_) => Ok(()),
            Err(Errno::EAGAIN | Errno::ENOBUFS) => Err(LinkError::Full),
            Err(Errno::EPIPE | Errno::ECONNRESET) => Err(LinkError::Closed),
            Err(errno) => Err(LinkError::Io(errno.into())),
        }
    }

    /// The next message with its descriptors, or nothing when there is none yet.
    fn receive<M: DeserializeOwned>(&self) -> Result<Option<(M, Vec<OwnedFd>)>, LinkError> {
        let mut buffer = [0; LONGEST];
        match receive_with_descriptors(&self.0, &mut buffer) {
            Ok((0, _)) => Err(LinkError::Closed),
            Ok((length, descriptors)) => Ok(Some((postcard::from_bytes(&buffer[..length])?, descriptors))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(LinkError::Closed),
            Err(error) => Err(error.into()),
        }
    }
}

/// The supervisor's end.
#[derive(Debug)]
pub struct ChildLink(Packets);

impl ChildLink {
    /// Sends a message, with the descriptors that belong to it, without waiting.
    pub fn send(&self, message: &ToChild, descriptors: &[BorrowedFd<'_>]) -> Result<(), LinkError> {
        self.0.send(message, descriptors)
    }

    /// The next message of the child, or nothing when there is none yet.
    pub fn receive(&self) -> Result<Option<ToParent>, LinkError> {
        Ok(self.0.receive()?.map(|(message, _)| message))
    }
}

impl AsFd for ChildLink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

/// What the supervisor asks of a child.
#[derive(Debug)]
pub enum Request {
    /// Take over this configuration; answer with [`ParentLink::in_force`] or [`ParentLink::refused`].
    Reload(SealedConfiguration),
    /// Run scripts by the launcher at the other end of this connection.
    Launcher(OwnedFd),
    /// Write a file.
    Dump(Dump),
    /// Do this, and say with [`ParentLink::acted`] under this number what has come of it.
    Act(u64, Action),
    /// Write the status into this pipe.
    Status(Detail, OwnedFd),
}

/// A configuration in its memory file. Opening a large one takes some milliseconds, which a loop that sends adverts may
/// not have.
#[derive(Debug)]
pub struct SealedConfiguration(OwnedFd);

impl SealedConfiguration {
    /// Reads it.
    pub fn open(self) -> io::Result<Configuration> {
        memory::open(self.0)
    }
}

/// The child's end.
///
/// It is not blocking; its descriptor belongs into the main loop. When [`receive`](Self::receive) says
/// [`LinkError::Closed`] the supervisor has been killed, and the child takes its addresses away and leaves.
#[derive(Debug)]
pub struct ParentLink {
    packets: Packets,
    generation: Generation,
}

impl ParentLink {
    /// The child's end over an inherited descriptor, for which the first message is still to come.
    pub(crate) const fn new(descriptor: OwnedFd) -> Self {
        Self {
            packets: Packets(descriptor),
            generation: Generation(0),
        }
    }

    /// The first message with its descriptors, or nothing when it has not come.
    pub(crate) fn receive_first(&mut self) -> Result<Option<(ToChild, Vec<OwnedFd>)>, LinkError> {
        let first = self.packets.receive()?;
        if let Some((ToChild::Handover { generation, .. }, _)) = first {
            self.generation = generation;
        }
        Ok(first)
    }

    /// The next request, or nothing when there is none. Pings are answered here, so call it from the main loop and
    /// from nowhere else: the answer means that the loop turns.
    pub fn receive(&mut self) -> Result<Option<Request>, LinkError> {
        while let Some((message, descriptors)) = self.packets.receive()? {
            match message {
                ToChild::Ping { sequence } => match self.packets.send(&ToParent::Pong { sequence }, &[]) {
                    // A supervisor that does not read is its own problem; it takes no child for hung then.
                    Ok(()) | Err(LinkError::Full) => {}
                    Err(error) => return Err(error),
                },
                ToChild::Act { number, action } => return Ok(Some(Request::Act(number, action))),
                ToChild::Dump(dump) => return Ok(Some(Request::Dump(dump))),
                ToChild::Status { detail } => {
                    let pipe = descriptors.into_iter().next().ok_or(LinkError::Descriptor)?;
                    return Ok(Some(Request::Status(detail, pipe)));
                }
                ToChild::Reload { generation } => {
                    let descriptor = descriptors.into_iter().next().ok_or(LinkError::Descriptor)?;
                    self.generation = generation;
                    return Ok(Some(Request::Reload(SealedConfiguration(descriptor))));
                }
                ToChild::Launcher => {
                    let descriptor = descriptors.into_iter().next().ok_or(LinkError::Descriptor)?;
                    return Ok(Some(Request::Launcher(descriptor)));
                }
                ToChild::Handover { .. } => {
                    return Err(LinkError::Message(postcard::Error::DeserializeBadEnum));
                }
            }
        }
        Ok(None)
    }

    /// Says that the configuration received last is in force. The first call ends the start.
    pub fn in_force(&self) -> Result<(), LinkError> {
        self.packets.send(
            &ToParent::InForce {
                generation: self.generation,
            },
            &[],
        )
    }

    /// Says that the configuration received last cannot be taken over and the one before stays.
    pub fn refused(&self, reason: &str) -> Result<(), LinkError> {
        let reason = cut(reason);
        self.packets.send(
            &ToParent::Refused {
                generation: self.generation,
                reason,
            },
            &[],
        )
    }

    /// Says what has come of an action: what was done, or why not.
    pub fn acted(&self, number: u64, outcome: Result<String, String>) -> Result<(), LinkError> {
        let outcome = match outcome {
            Ok(report) => Ok(cut(&report)),
            Err(reason) => Err(cut(&reason)),
        };
        self.packets.send(&ToParent::Acted { number, outcome }, &[])
    }

    /// Asks the supervisor for a reload, as a `SIGHUP` to it does.
    pub fn request_reload(&self) -> Result<(), LinkError> {
        self.packets.send(&ToParent::ReloadRequested, &[])
    }
}

/// As much of a text as fits into a message.
fn cut(text: &str) -> String {
    let mut end = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

impl AsFd for ParentLink {
    /// Readable when there is a request or the supervisor has gone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.packets.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ToParent;

    fn ends() -> (ChildLink, ParentLink) {
        let (ours, theirs) = pair().unwrap();
        (ours, ParentLink::new(theirs))
    }

    #[test]
    fn pings_are_answered_by_the_main_loop_alone() {
        let (supervisor, mut child) = ends();
        supervisor.send(&ToChild::Ping { sequence: 7 }, &[]).unwrap();
        assert!(supervisor.receive().unwrap().is_none());
        assert!(child.receive().unwrap().is_none());
        assert_eq!(
            supervisor.receive().unwrap(),
            Some(ToParent::Pong { sequence: 7 })
        );
    }

    #[test]
    fn a_configuration_travels_with_its_number() {
        let (supervisor, mut child) = ends();
        let mut configuration = Configuration::default();
        configuration.globals.identity.router_id = "new".to_owned();
        let sealed = memory::seal("test", &configuration).unwrap();
        let generation = Generation(2);
        supervisor
            .send(&ToChild::Reload { generation }, &[sealed.as_fd()])
            .unwrap();
        let Some(Request::Reload(received)) = child.receive().unwrap() else {
            panic!("no reload")
        };
        assert_eq!(received.open().unwrap(), configuration);
        child.in_force().unwrap();
        assert_eq!(
            supervisor.receive().unwrap(),
            Some(ToParent::InForce { generation })
        );
        child.refused(&"é".repeat(LONGEST)).unwrap();
        let Some(ToParent::Refused { reason, .. }) = supervisor.receive().unwrap() else {
            panic!("no refusal")
        };
        assert!(reason.len() <= LONGEST_TEXT && reason.chars().all(|c| c == 'é'));
    }

    #[test]
    fn each_end_sees_that_the_other_is_gone() {
        let (supervisor, mut child) = ends();
        drop(supervisor);
        assert!(matches!(child.receive(), Err(LinkError::Closed)));
        let (supervisor, child) = ends();
        drop(child);
        assert!(matches!(supervisor.receive(), Err(LinkError::Closed)));
        assert!(matches!(
            supervisor.send(&ToChild::Ping { sequence: 1 }, &[]),
            Err(LinkError::Closed)
        ));
    }

    #[test]
    fn a_child_that_does_not_read_never_blocks_the_supervisor() {
        let (supervisor, _child) = ends();
        let filled = (0..100_000).any(|sequence| {
            matches!(
                supervisor.send(&ToChild::Ping { sequence }, &[]),
                Err(LinkError::Full)
            )
        });
        assert!(filled);
    }
}
