//! What processes do: the process connector of Linux.
//!
//! The kernel tells of every fork, exec, exit and change of name on the machine. A filter in the kernel drops what is about
//! threads, users and sessions, so that nobody is woken for it. Only the first network and process namespace hear it
//! ([`Unavailable`] elsewhere).

mod decode;
mod filter;

use crate::ReceiveBuffer;
use crate::sys::Inbox;
use decode::{ACKNOWLEDGED, listen_request};
use netlink_sys::protocols::NETLINK_CONNECTOR;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};
use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// The group of the connector that processes are told to.
const GROUP: u32 = 1;

/// Longest message in bytes, with room.
const LONGEST: usize = 256;

/// Something that a process did. Threads are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEvent {
    /// It was forked, and is like its parent for now.
    Forked {
        /// The process that forked.
        parent: u32,
        /// The new one.
        child: u32,
    },
    /// It executes another program.
    Executed(u32),
    /// It gave itself another name.
    Renamed(u32),
    /// It has ended.
    Exited(u32),
}

/// Why there are no events.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The kernel does not tell this namespace, or this user.
    #[error("the kernel tells of processes only in its first namespaces")]
    Namespace,
    /// Anything else.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Unavailable {
    /// The number of the error; that of a namespace is the one that the kernel would give.
    #[must_use]
    pub fn errno(&self) -> i32 {
        match self {
            Self::Namespace => Errno::ECONNREFUSED as i32,
            Self::Io(error) => error.raw_os_error().unwrap_or_default(),
        }
    }
}

/// Whether events were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// None was.
    Complete,
    /// Some were: look at all processes again.
    Lost,
}

/// The socket on which events arrive.
pub struct ProcessEvents {
    socket: Socket,
    inbox: Inbox,
}

impl fmt::Debug for ProcessEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessEvents").finish_non_exhaustive()
    }
}

impl ProcessEvents {
    /// Events that are read by one system call; mostly there is one.
    const ROUND: usize = 16;

    /// Begins to listen, in the network namespace of the calling thread.
    pub fn open(buffer: ReceiveBuffer) -> Result<Self, Unavailable> {
        let mut socket = Socket::new(NETLINK_CONNECTOR)?;
        socket.bind(&SocketAddr::new(0, GROUP))?;
        socket.set_non_blocking(true)?;
        buffer.apply(&socket)?;
        match socket.send_to(&listen_request(), &SocketAddr::new(0, 0), 0) {
            Err(error) if error.raw_os_error() == Some(Errno::ECONNREFUSED as i32) => {
                return Err(Unavailable::Namespace);
            }
            sent => drop(sent?),
        }
        let mut events = Self {
            socket,
            inbox: Inbox::new(Self::ROUND, LONGEST),
        };
        if !events.is_acknowledged()? {
            return Err(Unavailable::Namespace);
        }
        filter::attach(&events.socket)?;
        Ok(events)
    }

    /// The kernel acknowledges the request before the call that sends it returns. It is silent where it does not mean to tell.
    fn is_acknowledged(&mut self) -> io::Result<bool> {
        let mut buffer = [0; LONGEST];
        loop {
            match recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) if decode::kind(&buffer[..length]) == Some(ACKNOWLEDGED) => return Ok(true),
                // Events are there already, or the first ones did not fit.
                Ok(_) | Err(Errno::ENOBUFS | Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(false),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Appends what has happened. Never waits; reads about `most` messages at most.
    pub fn read(&mut self, events: &mut Vec<ProcessEvent>, most: usize) -> io::Result<Completeness> {
        let mut completeness = Completeness::Complete;
        for _ in 0..most.div_ceil(Self::ROUND) {
            match self.inbox.receive(self.socket.as_fd()) {
                Ok(count) => {
                    let messages = (0..count).map(|position| self.inbox.get(position));
                    events.extend(messages.filter_map(|message| decode::event(message.bytes)));
                    // Fewer than fit: no more are there.
                    if count < Self::ROUND {
                        break;
                    }
                }
                Err(Errno::ENOBUFS) => completeness = Completeness::Lost,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(completeness)
    }
}

impl AsFd for ProcessEvents {
    /// Readable when something has happened.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests;
