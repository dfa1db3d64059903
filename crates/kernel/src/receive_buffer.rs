//! Receive buffers of sockets.

use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use std::io;
use std::os::fd::AsFd;

/// Size of the socket's receive buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiveBuffer {
    /// The system's.
    Default,
    /// So many bytes, at most `net.core.rmem_max`.
    Limited(usize),
    /// So many bytes, beyond `net.core.rmem_max` if the process may (`CAP_NET_ADMIN` in the first user namespace).
    Forced(usize),
}

impl ReceiveBuffer {
    /// The size that is asked for; 0 is the system's.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Default => 0,
            Self::Limited(bytes) | Self::Forced(bytes) => bytes,
        }
    }

    pub(crate) fn apply(self, socket: &impl AsFd) -> io::Result<()> {
        match self {
            Self::Default => Ok(()),
            Self::Limited(bytes) => Ok(setsockopt(socket, sockopt::RcvBuf, &bytes)?),
            Self::Forced(bytes) => match setsockopt(socket, sockopt::RcvBufForce, &bytes) {
                Err(Errno::EPERM) => Ok(setsockopt(socket, sockopt::RcvBuf, &bytes)?),
                other => Ok(other?),
            },
        }
    }
}
