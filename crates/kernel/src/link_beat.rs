//! Asking for the state of a link, for drivers that do not tell of its changes.

use crate::sys;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

pub use model::LinkMethod;

/// Something to ask with, in the network namespace of the thread that opens it.
#[derive(Debug)]
pub struct LinkBeat {
    socket: OwnedFd,
}

impl LinkBeat {
    /// Opens a socket for it.
    pub fn open() -> io::Result<Self> {
        let any = socket(
            AddressFamily::Inet,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        Ok(Self { socket: any })
    }

    /// Whether an interface has a link. Waits for its driver.
    ///
    /// # Errors
    /// `ENODEV`: there is no such interface. Others: the driver does not know this method.
    pub fn ask(&self, interface: &str, method: LinkMethod) -> nix::Result<bool> {
        let socket = self.socket.as_fd();
        match method {
            LinkMethod::Mii => sys::mii_link(socket, interface),
            LinkMethod::Ethtool => sys::ethtool_link(socket, interface),
            LinkMethod::Ioctl => sys::is_running(socket, interface),
        }
    }

    /// The first method that an interface knows, beginning with the preferred one; the last one is known to all.
    ///
    /// # Errors
    /// `ENODEV`: there is no such interface.
    pub fn find(&self, interface: &str, preferred: Option<LinkMethod>) -> nix::Result<LinkMethod> {
        let others = LinkMethod::ALL
            .into_iter()
            .filter(|method| Some(*method) != preferred);
        for method in preferred.into_iter().chain(others) {
            match self.ask(interface, method) {
                Ok(_) => return Ok(method),
                Err(Errno::ENODEV) => return Err(Errno::ENODEV),
                Err(_) => {}
            }
        }
        Ok(LinkMethod::Ioctl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_knows_no_transceiver() {
        let beat = LinkBeat::open().unwrap();
        assert_eq!(beat.find("lo", Some(LinkMethod::Mii)), Ok(LinkMethod::Ethtool));
        assert_eq!(beat.find("lo", Some(LinkMethod::Ioctl)), Ok(LinkMethod::Ioctl));
        assert_eq!(beat.find("lo", None), Ok(LinkMethod::Ethtool));
        assert_eq!(beat.find("nonesuch0", None), Err(Errno::ENODEV));
    }
}
