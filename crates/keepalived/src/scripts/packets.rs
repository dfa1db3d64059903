//! Messages in packets between a process and its launcher.

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// Longest message in bytes. The longest line of a configuration has 1023, a list of all groups that Linux allows a user
/// fewer than 2^18 bytes in this form; the buffer of a socket takes 2^17 at least.
const LONGEST: usize = 128 * 1024;

/// One end of a connection.
#[derive(Debug)]
pub(super) struct Packets {
    socket: OwnedFd,
    buffer: Vec<u8>,
}

/// What was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received<M> {
    /// A message.
    Message(M),
    /// There is none at the moment.
    Nothing,
    /// The other end is closed.
    Closed,
}

/// What became of a message that was sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is on its way.
    Yes,
    /// There is no room for it at the moment.
    Full,
    /// The other end is closed.
    Closed,
}

impl From<Packets> for OwnedFd {
    fn from(packets: Packets) -> Self {
        packets.socket
    }
}

impl Packets {
    /// Both ends of a new connection.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(
            AddressFamily::Unix,
            SockType::SeqPacket,
            None,
            SockFlag::SOCK_CLOEXEC,
        )?;
        Ok((Self::new(ours), theirs))
    }

    pub(super) fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            buffer: vec![0; LONGEST],
        }
    }

    /// Puts a message into bytes.
    pub(super) fn encode(message: &impl Serialize) -> io::Result<Vec<u8>> {
        let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
        if bytes.len() > LONGEST {
            return Err(Errno::E2BIG.into());
        }
        Ok(bytes)
    }

    /// Sends a message without waiting.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<Sent> {
        self.send_with(bytes, MsgFlags::MSG_DONTWAIT)
    }

    /// Sends a message, and waits for room.
    pub(super) fn send_waiting(&self, bytes: &[u8]) -> io::Result<Sent> {
        self.send_with(bytes, MsgFlags::empty())
    }

    fn send_with(&self, bytes: &[u8], flags: MsgFlags) -> io::Result<Sent> {
        loop {
            match send(self.socket.as_raw_fd(), bytes, flags | MsgFlags::MSG_NOSIGNAL) {
                Ok(_) => return Ok(Sent::Yes),
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN | Errno::ENOBUFS) => return Ok(Sent::Full),
                Err(Errno::EPIPE | Errno::ECONNRESET) => return Ok(Sent::Closed),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// The next message, without waiting.
    pub(super) fn receive<M: DeserializeOwned>(&mut self) -> io::Result<Received<M>> {
        loop {
            match recv(self.socket.as_raw_fd(), &mut self.buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(0) | Err(Errno::ECONNRESET) => return Ok(Received::Closed),
                Ok(length) => {
                    return postcard::from_bytes(&self.buffer[..length])
                        .map(Received::Message)
                        .map_err(io::Error::other);
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(Received::Nothing),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for Packets {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_in_order_and_whole() {
        let (mut ours, theirs) = Packets::pair().unwrap();
        let mut theirs = Packets::new(theirs);
        let long = "x".repeat(LONGEST - 8);
        for text in ["a", &long] {
            let bytes = Packets::encode(&text).unwrap();
            assert_eq!(ours.send(&bytes).unwrap(), Sent::Yes);
        }
        assert_eq!(theirs.receive().unwrap(), Received::Message("a".to_owned()));
        assert_eq!(theirs.receive().unwrap(), Received::Message(long));
        assert_eq!(theirs.receive::<String>().unwrap(), Received::Nothing);
        drop(theirs);
        assert_eq!(ours.receive::<String>().unwrap(), Received::Closed);
        assert_eq!(ours.send(b"x").unwrap(), Sent::Closed);
        assert!(Packets::encode(&"x".repeat(LONGEST)).is_err());
    }

    #[test]
    fn a_sender_never_waits() {
        let (ours, _theirs) = Packets::pair().unwrap();
        let full = (0..1_000_000).find(|_| ours.send(b"message").unwrap() == Sent::Full);
        assert!(full.is_some());
    }
}
