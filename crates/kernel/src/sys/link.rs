//! What a driver says about its link.

use nix::errno::Errno;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The register of an MII transceiver with its status, and the bit in it that says that there is a link.
const STATUS_REGISTER: u16 = 1;
const LINK: u16 = 1 << 2;

/// `ETHTOOL_GLINK` of `linux/ethtool.h`.
const LINK_OF_ETHTOOL: u32 = 0x0a;

/// A `struct ifreq` with the union in one of its meanings. It is as long as the kernel's on every architecture, or longer.
#[repr(C)]
struct Request<T> {
    name: [u8; libc::IFNAMSIZ],
    value: T,
    _room: [u64; 2],
}

impl<T> Request<T> {
    /// Nothing if the name is too long for one.
    fn new(name: &str, value: T) -> nix::Result<Self> {
        let mut bytes = [0; libc::IFNAMSIZ];
        if name.len() >= bytes.len() {
            return Err(Errno::ENODEV);
        }
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self {
            name: bytes,
            value,
            _room: [0; 2],
        })
    }

    /// `value` has to be what the kernel reads and writes for the request of this number.
    fn send(&mut self, socket: BorrowedFd<'_>, number: libc::c_ulong) -> nix::Result<()> {
        // SAFETY: the structure has the size and the layout that the kernel reads and writes, and outlives the call; the
        // callers below see to it that a pointer in it is one to what the kernel expects there.
        let result = unsafe { libc::ioctl(socket.as_raw_fd(), number as _, std::ptr::from_mut(self)) };
        Errno::result(result).map(drop)
    }
}

/// `struct mii_ioctl_data`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct MiiRegister {
    transceiver: u16,
    register: u16,
    to_write: u16,
    content: u16,
}

/// `SIOCGMIIREG`: whether the transceiver of an interface has a link. `socket` is any socket of the network namespace.
pub(crate) fn mii_link(socket: BorrowedFd<'_>, interface: &str) -> nix::Result<bool> {
    let mut request = Request::new(interface, MiiRegister::default())?;
    request.send(socket, libc::SIOCGMIIPHY)?;
    request.value.register = STATUS_REGISTER;
    // The bit remembers a loss of the link until it is read.
    request.send(socket, libc::SIOCGMIIREG)?;
    request.send(socket, libc::SIOCGMIIREG)?;
    Ok(request.value.content & LINK != 0)
}

/// `struct ethtool_value`.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// `SIOCETHTOOL` with `ETHTOOL_GLINK`: whether the driver of an interface has a link.
pub(crate) fn ethtool_link(socket: BorrowedFd<'_>, interface: &str) -> nix::Result<bool> {
    let mut value = EthtoolValue {
        command: LINK_OF_ETHTOOL,
        data: 0,
    };
    let mut request = Request::new(interface, &raw mut value)?;
    request.send(socket, libc::SIOCETHTOOL)?;
    Ok(value.data != 0)
}

/// `SIOCGIFFLAGS`: whether an interface is up and running.
pub(crate) fn is_running(socket: BorrowedFd<'_>, interface: &str) -> nix::Result<bool> {
    const UP: i32 = libc::IFF_UP | libc::IFF_RUNNING;
    let mut request: Request<libc::c_short> = Request::new(interface, 0)?;
    request.send(socket, libc::SIOCGIFFLAGS)?;
    Ok(i32::from(request.value) & UP == UP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    use std::os::fd::AsFd;

    #[test]
    fn requests_are_as_long_as_the_kernels() {
        assert!(size_of::<Request<MiiRegister>>() >= size_of::<libc::ifreq>());
        assert!(size_of::<Request<*mut EthtoolValue>>() >= size_of::<libc::ifreq>());
        assert!(size_of::<Request<libc::c_short>>() >= size_of::<libc::ifreq>());
        assert_eq!(
            std::mem::offset_of!(Request<*mut EthtoolValue>, value),
            libc::IFNAMSIZ
        );
    }

    #[test]
    fn errors_of_the_kernel_come_back() {
        let any = socket(
            AddressFamily::Inet,
            SockType::Datagram,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
        .unwrap();
        for question in [mii_link, ethtool_link, is_running] {
            assert_eq!(question(any.as_fd(), "nonesuch0"), Err(Errno::ENODEV));
            assert_eq!(question(any.as_fd(), "longer-than-any-name"), Err(Errno::ENODEV));
        }
        assert_eq!(mii_link(any.as_fd(), "lo"), Err(Errno::EOPNOTSUPP));
    }
}
