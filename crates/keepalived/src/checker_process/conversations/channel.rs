//! What a conversation goes over: a stream, a stream with TLS, datagrams.

use super::super::socket::classify;
use super::super::tls::TlsStream;
use check::failure::{ConnectFailure, TlsFailure};
use nix::libc::{SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use socket2::Socket;
use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// ICMP type "destination unreachable" (RFC 792).
const ICMP_DEST_UNREACH: u8 = 3;

/// Type of `ICMPv6`, "destination unreachable" (RFC 4443 section 3.1).
const ICMP6_DEST_UNREACH: u8 = 1;

/// Errors of the queue that are looked at in a row.
const ERRORS: usize = 8;

/// The way to the server.
#[derive(Debug)]
pub(super) enum Channel {
    /// A TCP connection.
    Stream(Socket),
    /// A TCP connection with TLS.
    Secure(Box<TlsStream>),
    /// Datagrams to and from the one server.
    Datagrams(Socket),
}

/// What came of reading.
#[derive(Debug)]
pub(in crate::checker_process) enum Reading {
    /// So many bytes. Whether there may be more at once.
    Bytes(usize, More),
    /// Nothing now.
    Nothing,
    /// The server has closed the connection.
    Closed,
    /// An error.
    Failed(ConnectFailure),
}

/// Whether there may be more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::checker_process) enum More {
    /// There may be.
    Perhaps,
    /// What was there has been read.
    No,
}

/// What came of writing.
#[derive(Debug)]
pub(in crate::checker_process) enum Written {
    /// So many bytes.
    Bytes(usize),
    /// There is no room.
    Nothing,
    /// An error.
    Failed(ConnectFailure),
}

/// What the error queue of a datagram socket says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueuedError {
    /// The datagram did not arrive.
    Unreachable,
    /// Something else.
    Other,
}

/// What came of the handshake so far.
#[derive(Debug)]
pub(in crate::checker_process) enum Handshake {
    /// It is done.
    Done,
    /// It waits for the server.
    Waiting,
    /// It failed.
    Failed(TlsFailure),
}

impl Channel {
    fn socket(&self) -> &Socket {
        match self {
            Self::Stream(socket) | Self::Datagrams(socket) => socket,
            Self::Secure(stream) => stream.socket(),
        }
    }

    /// The error that a socket which was connecting has got.
    pub(super) fn take_error(&self) -> Option<io::Error> {
        match self.socket().take_error() {
            Ok(error) => error,
            Err(error) => Some(error),
        }
    }

    /// Reads what is there, as far as `buffer` has room.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Reading {
        let room = buffer.len();
        let result = match self {
            Self::Secure(stream) => return stream.read(buffer),
            Self::Stream(socket) | Self::Datagrams(socket) => socket.read(buffer),
        };
        match result {
            // An empty datagram is one.
            Ok(0) if matches!(self, Self::Stream(_)) => Reading::Closed,
            // A stream has given all that it has when it fills the buffer only in part.
            Ok(length) if matches!(self, Self::Stream(_)) && length < room => {
                Reading::Bytes(length, More::No)
            }
            Ok(length) => Reading::Bytes(length, More::Perhaps),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Reading::Nothing,
                _ => Reading::Failed(classify(&error).unwrap_or(ConnectFailure::Other)),
            },
        }
    }

    /// Writes what there is room for.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Written {
        let result = match self {
            Self::Secure(stream) => return stream.write(bytes),
            Self::Stream(socket) | Self::Datagrams(socket) => socket.write(bytes),
        };
        match result {
            Ok(length) => Written::Bytes(length),
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Written::Nothing,
                _ => Written::Failed(classify(&error).unwrap_or(ConnectFailure::Other)),
            },
        }
    }

    /// Does the next steps of the TLS handshake.
    pub(super) fn secure(&mut self) -> Handshake {
        match self {
            Self::Secure(stream) => stream.handshake(),
            Self::Stream(_) | Self::Datagrams(_) => Handshake::Done,
        }
    }

    /// Takes the errors of the queue, and says the worst of them.
    pub(super) fn queued_error(&self) -> Option<QueuedError> {
        let mut found = None;
        for _ in 0..ERRORS {
            match next_error(self.socket()) {
                Ok(QueuedError::Unreachable) => return Some(QueuedError::Unreachable),
                Ok(QueuedError::Other) => found = Some(QueuedError::Other),
                Err(_) => break,
            }
        }
        found
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

/// The next error of the queue (`IP_RECVERR`, `IPV6_RECVERR`).
fn next_error(socket: &Socket) -> nix::Result<QueuedError> {
    let mut datagram = [0; 64];
    let mut room = nix::cmsg_space!([u8; 64], [u8; 64]);
    let mut parts = [IoSliceMut::new(&mut datagram)];
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut room),
        MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
    )?;
    let is_unreachable = message.cmsgs()?.any(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, _) => {
            error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH
        }
        ControlMessageOwned::Ipv6RecvErr(error, _) => {
            error.ee_origin == SO_EE_ORIGIN_ICMP6 && error.ee_type == ICMP6_DEST_UNREACH
        }
        _ => false,
    });
    Ok(if is_unreachable {
        QueuedError::Unreachable
    } else {
        QueuedError::Other
    })
}
