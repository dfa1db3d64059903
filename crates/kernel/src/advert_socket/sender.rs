//! Sending adverts.

use super::{CHECKSUM_OFFSET, TRAFFIC_CLASS};
use crate::datagram::{Control, Name, Outgoing};
use crate::sys::{Outbox, set_ipv6_checksum};
use model::{Family, IfIndex, IfName};
use nix::errno::Errno;
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

/// An advert to one destination.
#[derive(Clone, Copy, Debug)]
pub struct Advert<'a> {
    /// The interface that it leaves by; nothing lets the routes decide, for unicast.
    pub interface: Option<IfIndex>,
    /// Our address.
    pub source: IpAddr,
    /// A group or a peer.
    pub destination: IpAddr,
    /// Hop limit of an IPv6 packet; nothing is 255 for multicast and the kernel's default for unicast.
    pub hop_limit: Option<u8>,
    /// The packet: with its IP header for IPv4, whose checksum the kernel fills in; from the VRRP header on for IPv6,
    /// whose checksum the kernel fills in.
    pub bytes: &'a [u8],
}

/// Where the adverts of a sender go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cast {
    /// To groups, on the link whatever the routes say.
    Multicast,
    /// To peers, by the routes.
    Unicast,
}

/// A raw socket that adverts leave by. It receives nothing.
pub struct AdvertSender {
    socket: Socket,
    outbox: Outbox,
    flags: i32,
}

impl AdvertSender {
    /// A sender for a family. `protocol` matters to IPv6 only. `device` binds it to an interface.
    ///
    /// One sender can serve all interfaces, but should not: where the queue of one interface stands still, its adverts
    /// fill the send buffer (some 290 do), and then none leaves by any other.
    pub fn open(family: Family, protocol: u8, cast: Cast, device: Option<&IfName>) -> io::Result<Self> {
        let socket = match family {
            Family::Ipv4 => ipv4()?,
            Family::Ipv6 => ipv6(protocol)?,
        };
        if let Some(device) = device {
            socket.bind_device(Some(device.as_str().as_bytes()))?;
        }
        Ok(Self {
            socket,
            outbox: Outbox::default(),
            flags: match cast {
                Cast::Multicast => libc::MSG_DONTROUTE,
                Cast::Unicast => 0,
            },
        })
    }

    /// Sends all adverts, with one system call for each 1024 of them. Those that could not be sent are put into
    /// `failures` with their position and the reason; `EAGAIN` is a queue that stands still. An advert is not worth a
    /// second attempt, the next one is better.
    pub fn send<'a>(
        &mut self,
        adverts: &(impl Iterator<Item = Advert<'a>> + Clone),
        failures: &mut Vec<(usize, Errno)>,
    ) {
        let mut position = 0;
        loop {
            let rest = adverts.clone().skip(position).map(outgoing);
            match self.outbox.send(self.socket.as_fd(), rest, self.flags) {
                Ok(sent) => {
                    position += sent;
                    if sent < Outbox::MOST && sent == self.outbox.len() {
                        break;
                    }
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    let rest = adverts.clone().enumerate().skip(position);
                    failures.extend(rest.map(|(position, _)| (position, Errno::EAGAIN)));
                    break;
                }
                Err(errno) => {
                    failures.push((position, errno));
                    position += 1;
                }
            }
        }
    }
}

impl AsFd for AdvertSender {
    /// Only for messages: it is never readable, and adverts do not wait until it is writable.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn ipv4() -> io::Result<Socket> {
    // Protocol 255 takes the header, and with it the protocol, from the packet.
    let socket = Socket::new(
        Domain::IPV4,
        Type::RAW.nonblocking(),
        Some(Protocol::from(libc::IPPROTO_RAW)),
    )?;
    socket.set_multicast_loop_v4(false)?;
    Ok(socket)
}

fn ipv6(protocol: u8) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::IPV6,
        Type::RAW.nonblocking(),
        Some(Protocol::from(i32::from(protocol))),
    )?;
    socket.attach_filter(&[RECEIVE_NOTHING])?;
    set_ipv6_checksum(socket.as_fd(), CHECKSUM_OFFSET)?;
    // The source is as the router says, as in a header of IPv4: also an owner's address that is not there yet, or is being looked for
    // on the link.
    socket.set_freebind_v6(true)?;
    socket.set_multicast_hops_v6(255)?;
    socket.set_multicast_loop_v6(false)?;
    socket.set_tclass_v6(TRAFFIC_CLASS)?;
    Ok(socket)
}

/// A socket filter of one instruction.
const RECEIVE_NOTHING: SockFilter = SockFilter::new(0x06, 0, 0, 0);

fn outgoing(advert: Advert<'_>) -> Outgoing<'_> {
    let zone = advert.interface.map_or(0, IfIndex::value);
    let mut control = Control::EMPTY;
    let control_len = match advert.source {
        IpAddr::V4(source) => {
            let mut info = [0; 12];
            info[..4].copy_from_slice(&zone.to_ne_bytes());
            info[4..8].copy_from_slice(&source.octets());
            control.push(0, libc::SOL_IP, libc::IP_PKTINFO, &info)
        }
        IpAddr::V6(source) => {
            let mut info = [0; 20];
            info[..16].copy_from_slice(&source.octets());
            info[16..].copy_from_slice(&zone.to_ne_bytes());
            let used = control.push(0, libc::SOL_IPV6, libc::IPV6_PKTINFO, &info);
            match advert.hop_limit {
                Some(limit) => {
                    let limit = i32::from(limit).to_ne_bytes();
                    control.push(used, libc::SOL_IPV6, libc::IPV6_HOPLIMIT, &limit)
                }
                None => used,
            }
        }
    };
    Outgoing {
        bytes: advert.bytes,
        name: Name::ip(advert.destination, zone),
        control,
        control_len,
    }
}
