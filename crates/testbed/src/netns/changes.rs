//! Waiting for something to change in a node.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket,
};

use super::Node;
use crate::clock::Stamp;

/// Multicast groups of rtnetlink, as bits: links; addresses, routes and rules of IPv4 and IPv6.
const GROUPS: u32 = 1 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 18;

/// A subscription to changes of links, addresses, routes and rules in a node.
///
/// What changed is not looked at: each wake-up asks the question again. A change after [`Changes::watch`] is never missed.
#[derive(Debug)]
pub struct Changes {
    socket: OwnedFd,
}

impl Changes {
    /// Starts to watch `node`.
    pub fn watch(node: &Node) -> Result<Self> {
        node.run(|| {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let socket = socket(
                AddressFamily::Netlink,
                SockType::Raw,
                flags,
                SockProtocol::NetlinkRoute,
            )
            .context("opening a netlink socket")?;
            bind(socket.as_raw_fd(), &NetlinkAddr::new(0, GROUPS)).context("subscribing to changes")?;
            Ok(Self { socket })
        })
    }

    /// Asks `question` now and after every change, until it has an answer.
    ///
    /// # Errors
    /// An error of the question, or no answer after `patience`.
    pub fn wait<T>(&self, patience: Duration, mut question: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        let deadline = Stamp::now() + patience;
        loop {
            if let Some(answer) = question()? {
                return Ok(answer);
            }
            let left = PollTimeout::try_from(deadline.remaining()).unwrap_or(PollTimeout::MAX);
            let mut waiting = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            if left == PollTimeout::ZERO || poll(&mut waiting, left).context("waiting for a change")? == 0 {
                bail!("nothing of that kind happened within {patience:?}");
            }
            self.drain();
        }
    }

    /// Forgets what was reported so far; an overrun means only that there is even more to look at.
    fn drain(&self) {
        let mut message = [0_u8; 8192];
        while recv(self.socket.as_raw_fd(), &mut message, MsgFlags::empty()).is_ok() {}
    }
}
