//! Socket addresses and control data as the bytes that the kernel reads and writes.

use model::IfIndex;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// A socket address: IPv4, IPv6 or a network interface.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Name(pub(crate) [u8; Self::ROOM]);

/// Control data (`struct cmsghdr` and what follows, several times).
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Control(pub(crate) [u8; Self::LEN]);

/// A datagram to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) name: Name,
    pub(crate) control: Control,
    /// Bytes of `control` that are used.
    pub(crate) control_len: usize,
}

impl Name {
    /// More than the longest address of the families in use.
    const ROOM: usize = 32;
    pub(crate) const EMPTY: Self = Self([0; Self::ROOM]);
    /// Its size, as the kernel wants it told.
    pub(crate) const LEN_FIELD: u32 = 32;

    /// An IP address without port; the zone of an IPv6 address is the interface of its link.
    pub(crate) fn ip(address: IpAddr, zone: u32) -> Self {
        let mut name = Self::EMPTY;
        match address {
            IpAddr::V4(v4) => {
                name.set_family(libc::AF_INET);
                name.0[4..8].copy_from_slice(&v4.octets());
            }
            IpAddr::V6(v6) => {
                name.set_family(libc::AF_INET6);
                name.0[8..24].copy_from_slice(&v6.octets());
                name.0[24..28].copy_from_slice(&zone.to_ne_bytes());
            }
        }
        name
    }

    /// The interface through which a frame leaves (`struct sockaddr_ll`).
    pub(crate) fn link(interface: IfIndex) -> Self {
        let mut name = Self::EMPTY;
        name.set_family(libc::AF_PACKET);
        name.0[4..8].copy_from_slice(&interface.value().to_ne_bytes());
        name
    }

    fn set_family(&mut self, family: i32) {
        let family = u16::try_from(family).expect("families are small numbers");
        self.0[..2].copy_from_slice(&family.to_ne_bytes());
    }

    fn family(&self) -> i32 {
        i32::from(u16::from_ne_bytes([self.0[0], self.0[1]]))
    }

    /// The port of a netlink socket (`struct sockaddr_nl`); the kernel's own is 0.
    pub(crate) fn netlink_port(&self) -> Option<u32> {
        let port: [u8; 4] = self.0[4..8].try_into().expect("four bytes");
        (self.family() == libc::AF_NETLINK).then(|| u32::from_ne_bytes(port))
    }

    /// The IP address in it.
    pub(crate) fn as_ip(&self) -> Option<SocketAddr> {
        match self.family() {
            libc::AF_INET => {
                let octets: [u8; 4] = self.0[4..8].try_into().expect("four bytes");
                Some((Ipv4Addr::from(octets), 0).into())
            }
            libc::AF_INET6 => {
                let octets: [u8; 16] = self.0[8..24].try_into().expect("sixteen bytes");
                let zone: [u8; 4] = self.0[24..28].try_into().expect("four bytes");
                let zone = u32::from_ne_bytes(zone);
                Some(SocketAddrV6::new(Ipv6Addr::from(octets), 0, 0, zone).into())
            }
            _ => None,
        }
    }
}

impl Control {
    /// Room for the interface and the hop limit of an IPv6 datagram, which is the most that is used.
    pub(crate) const LEN: usize = 2 * HEADER_LEN + 24 + 8;
    pub(crate) const EMPTY: Self = Self([0; Self::LEN]);

    /// Appends an item after the first `used` bytes; how many are used then.
    pub(crate) fn push(&mut self, used: usize, level: i32, kind: i32, data: &[u8]) -> usize {
        let len = HEADER_LEN + data.len();
        let item = &mut self.0[used..used + len];
        item[..WORD].copy_from_slice(&len.to_ne_bytes());
        item[WORD..WORD + 4].copy_from_slice(&level.to_ne_bytes());
        item[WORD + 4..HEADER_LEN].copy_from_slice(&kind.to_ne_bytes());
        item[HEADER_LEN..].copy_from_slice(data);
        used + len.next_multiple_of(WORD)
    }
}

const WORD: usize = size_of::<usize>();
/// Bytes of `struct cmsghdr`.
const HEADER_LEN: usize = WORD + 8;

/// The items of control data that has arrived: level, kind and contents.
pub(crate) fn control_items(mut control: &[u8]) -> impl Iterator<Item = (i32, i32, &[u8])> {
    std::iter::from_fn(move || {
        let number = |at: usize| {
            let bytes = control.get(at..at + 4)?;
            bytes.try_into().ok().map(i32::from_ne_bytes)
        };
        let len = usize::from_ne_bytes(control.get(..WORD)?.try_into().ok()?);
        let (level, kind) = (number(WORD)?, number(WORD + 4)?);
        let data = control.get(HEADER_LEN..len)?;
        control = control.get(len.next_multiple_of(WORD)..).unwrap_or_default();
        Some((level, kind, data))
    })
}

impl Outgoing<'_> {
    /// Length of the name, as the kernel wants it for the family.
    pub(crate) fn name_len(&self) -> u32 {
        match self.name.family() {
            libc::AF_INET => 16,
            libc::AF_INET6 => 28,
            _ => 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_data_is_read_as_it_is_written() {
        let mut control = Control::EMPTY;
        let used = control.push(0, 41, 50, &[1; 20]);
        let used = control.push(used, 41, 52, &[2; 4]);
        assert!(used <= Control::LEN);
        let items: Vec<_> = control_items(&control.0[..used]).collect();
        assert_eq!(items, [(41, 50, [1; 20].as_slice()), (41, 52, [2; 4].as_slice())]);
        assert_eq!(control_items(&control.0[..used - 8]).count(), 1);
        assert_eq!(control_items(&[0; 64]).count(), 0);
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for address in ["192.0.2.1", "fe80::1"] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Name::ip(address, 3).as_ip().unwrap().ip(), address);
        }
        assert_eq!(Name::link(IfIndex::new(3).unwrap()).as_ip(), None);
    }
}
