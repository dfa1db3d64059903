//! A packet socket that sees ARP, VRRP and AH as they are on the wire, before a firewall has its say.
//!
//! For diagnosis: the daemon itself listens by [`advert_socket`](crate::advert_socket).

use crate::datagram::{Control, Name, Outgoing};
use crate::sys::Outbox;
use model::{IfIndex, MacAddr};
use nix::errno::Errno;
use nix::sys::socket::{LinkAddr, SockProtocol, recvfrom};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use wire::arp;

/// Longer frames are cut here: the longest advert of one Ethernet frame.
const SNAP_LEN: usize = 1_600;
/// `PACKET_OUTGOING` (`linux/if_packet.h`).
const PACKET_OUTGOING: u8 = 4;
/// `PACKET_OTHERHOST`: to another hardware address.
const PACKET_OTHERHOST: u8 = 3;

/// Where a frame was going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To this host or to a group.
    Incoming,
    /// Sent by this host.
    Outgoing,
    /// To another host.
    Passing,
}

/// A frame that was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The interface that saw it.
    pub interface: IfIndex,
    /// Where it was going.
    pub direction: Direction,
    /// The frame, Ethernet header first.
    pub frame: &'a [u8],
}

/// The socket. It sees every interface of the network namespace.
pub struct Sniffer {
    socket: Socket,
    outbox: Outbox,
    buffer: [u8; SNAP_LEN],
}

impl Sniffer {
    /// Opens the socket; needs `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        let every_protocol = Protocol::from(SockProtocol::EthAll as i32);
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking(), Some(every_protocol))?;
        socket.attach_filter(&filter())?;
        Ok(Self {
            socket,
            outbox: Outbox::default(),
            buffer: [0; SNAP_LEN],
        })
    }

    /// The next frame that has been seen; nothing if there is none now.
    pub fn receive(&mut self) -> io::Result<Option<Seen<'_>>> {
        loop {
            let (length, from) = match recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut self.buffer) {
                Ok(received) => received,
                Err(Errno::EAGAIN) => return Ok(None),
                // An interface went down; the socket goes on.
                Err(Errno::EINTR | Errno::ENETDOWN) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let index = from.and_then(|from| {
                let interface = IfIndex::new(u32::try_from(from.ifindex()).ok()?)?;
                Some((interface, from.pkttype()))
            });
            let Some((interface, kind)) = index else {
                continue;
            };
            let direction = match kind {
                PACKET_OUTGOING => Direction::Outgoing,
                PACKET_OTHERHOST => Direction::Passing,
                _ => Direction::Incoming,
            };
            return Ok(Some(Seen {
                interface,
                direction,
                frame: &self.buffer[..length],
            }));
        }
    }

    /// Asks on an interface with this hardware address who has an address, without claiming one.
    pub fn probe(&mut self, interface: IfIndex, mac: MacAddr, address: Ipv4Addr) -> io::Result<()> {
        let mut frame = [0; arp::FRAME_LEN];
        arp::probe(&mut frame, mac.0, address);
        let outgoing = Outgoing {
            bytes: &frame,
            name: Name::link(interface),
            control: Control::EMPTY,
            control_len: 0,
        };
        self.outbox.send(self.socket.as_fd(), [outgoing].into_iter(), 0)?;
        Ok(())
    }
}

impl AsFd for Sniffer {
    /// Readable when a frame has been seen.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Lets ARP, VRRP and AH through (classic BPF).
fn filter() -> [SockFilter; 12] {
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let load_half = |offset| SockFilter::new(LOAD_HALF, 0, 0, offset);
    let load_byte = |offset| SockFilter::new(LOAD_BYTE, 0, 0, offset);
    let jump = |value, equal, other| SockFilter::new(JUMP_IF_EQUAL, equal, other, value);
    let give_back = |length| SockFilter::new(RETURN, 0, 0, length);
    [
        load_half(12),
        jump(u32::from(wire::ethernet::ARP), 9, 0),
        jump(0x0800, 0, 3),
        load_byte(23),
        jump(u32::from(wire::advert::PROTOCOL), 6, 0),
        jump(51, 5, 4),
        jump(u32::from(wire::ethernet::IPV6), 0, 3),
        load_byte(20),
        jump(u32::from(wire::advert::PROTOCOL), 2, 0),
        jump(51, 1, 0),
        give_back(0),
        give_back(u32::MAX),
    ]
}
