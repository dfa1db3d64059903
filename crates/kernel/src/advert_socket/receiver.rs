//! Receiving adverts.

use super::{CHECKSUM_OFFSET, Endpoint, Listen};
use crate::datagram::control_items;
use crate::sys::{Inbox, Incoming, set_ipv6_checksum};
use model::{Family, IfIndex};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd};

/// A datagram that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival<'a> {
    /// IPv4: the bytes begin with the IP header, which says the rest.
    Ipv4(&'a [u8]),
    /// IPv6.
    Ipv6 {
        /// Sender.
        source: Ipv6Addr,
        /// Destination.
        destination: Ipv6Addr,
        /// Hop limit.
        hop_limit: u8,
        /// What follows the IPv6 header; the kernel has verified its checksum.
        payload: &'a [u8],
    },
}

/// Room for the datagrams of one call, shared by all receivers.
pub struct Arrivals {
    inbox: Inbox,
    count: usize,
    family: Family,
}

impl Arrivals {
    /// Datagrams of one call.
    pub const BATCH: usize = 64;
    /// More than the longest advert there can be: 255 IPv6 addresses and a trailer. What is longer is cut off, and so
    /// has a wrong length.
    const LONGEST: usize = 4608;

    /// Room for [`BATCH`](Self::BATCH) datagrams.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inbox: Inbox::new(Self::BATCH, Self::LONGEST),
            count: 0,
            family: Family::Ipv4,
        }
    }

    /// The datagrams of the last call, in order. An IPv6 datagram without the data that the kernel always gives is left
    /// out.
    pub fn iter(&self) -> impl Iterator<Item = Arrival<'_>> {
        (0..self.count).filter_map(|position| {
            let incoming = self.inbox.get(position);
            match self.family {
                Family::Ipv4 => Some(Arrival::Ipv4(incoming.bytes)),
                Family::Ipv6 => ipv6_arrival(&incoming),
            }
        })
    }
}

impl Default for Arrivals {
    fn default() -> Self {
        Self::new()
    }
}

fn ipv6_arrival<'a>(incoming: &Incoming<'a>) -> Option<Arrival<'a>> {
    let Some(SocketAddr::V6(source)) = incoming.name.as_ip() else {
        return None;
    };
    let (mut destination, mut hop_limit) = (None, None);
    for (level, kind, data) in control_items(incoming.control) {
        match (level, kind) {
            (libc::SOL_IPV6, libc::IPV6_PKTINFO) => destination = data.first_chunk::<16>(),
            (libc::SOL_IPV6, libc::IPV6_HOPLIMIT) => hop_limit = data.first_chunk::<4>(),
            _ => {}
        }
    }
    Some(Arrival::Ipv6 {
        source: *source.ip(),
        destination: Ipv6Addr::from(*destination?),
        hop_limit: u8::try_from(i32::from_ne_bytes(*hop_limit?)).ok()?,
        payload: incoming.bytes,
    })
}

/// A raw socket that adverts arrive at.
#[derive(Debug)]
pub struct AdvertReceiver {
    socket: Socket,
    family: Family,
}

impl AdvertReceiver {
    /// Opens the socket, joins the group and binds.
    pub fn open(endpoint: &Endpoint) -> io::Result<Self> {
        let domain = match endpoint.family {
            Family::Ipv4 => Domain::IPV4,
            Family::Ipv6 => Domain::IPV6,
        };
        let protocol = Protocol::from(i32::from(endpoint.protocol));
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        endpoint.buffer.apply(&socket)?;
        if let Some((_, name)) = &endpoint.interface {
            socket.bind_device(Some(name.as_str().as_bytes()))?;
        }
        let interface = endpoint.interface.as_ref().map(|(index, _)| *index);
        match endpoint.listen {
            Listen::Multicast(IpAddr::V4(group)) => join_v4(&socket, group, interface)?,
            Listen::Multicast(IpAddr::V6(group)) => join_v6(&socket, group, interface)?,
            Listen::Unicast(IpAddr::V4(_)) => socket.set_freebind_v4(true)?,
            Listen::Unicast(IpAddr::V6(_)) => socket.set_freebind_v6(true)?,
        }
        if endpoint.family == Family::Ipv6 {
            setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
            socket.set_recv_hoplimit_v6(true)?;
            set_ipv6_checksum(socket.as_fd(), CHECKSUM_OFFSET)?;
        }
        let (Listen::Multicast(address) | Listen::Unicast(address)) = endpoint.listen;
        socket.bind(&bind_address(address, interface))?;
        Ok(Self {
            socket,
            family: endpoint.family,
        })
    }

    /// Receives what has arrived, up to [`Arrivals::BATCH`] datagrams, in one system call. Fewer mean that no more are
    /// there.
    pub fn receive(&self, arrivals: &mut Arrivals) -> io::Result<usize> {
        arrivals.family = self.family;
        arrivals.count = match arrivals.inbox.receive(self.socket.as_fd()) {
            Ok(count) => count,
            Err(Errno::EAGAIN) => 0,
            Err(errno) => {
                arrivals.count = 0;
                return Err(errno.into());
            }
        };
        Ok(arrivals.count)
    }
}

impl AsFd for AdvertReceiver {
    /// Readable when datagrams have arrived.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn join_v4(socket: &Socket, group: Ipv4Addr, interface: Option<IfIndex>) -> io::Result<()> {
    // Otherwise the socket also gets what other programs have joined on other interfaces.
    socket.set_multicast_all_v4(false)?;
    let index = interface.map_or(0, IfIndex::value);
    socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
}

fn join_v6(socket: &Socket, group: Ipv6Addr, interface: Option<IfIndex>) -> io::Result<()> {
    socket.set_multicast_all_v6(false)?;
    socket.join_multicast_v6(&group, interface.map_or(0, IfIndex::value))
}

/// A link-local address is one only together with its link.
fn bind_address(address: IpAddr, interface: Option<IfIndex>) -> SockAddr {
    match address {
        IpAddr::V4(v4) => SocketAddr::from((v4, 0)).into(),
        IpAddr::V6(v6) => SocketAddrV6::new(v6, 0, 0, interface.map_or(0, IfIndex::value)).into(),
    }
}
