//! Watching the machine: the kernel's notifications as typed changes, and a picture of the interfaces that is kept up
//! to date with them.
//!
//! Add the monitor to the poller and [`read`](Monitor::read) it when it is readable. The notification of a removal
//! arrives before its confirmation, so read the monitor before collecting the writer's progress. That of an addition
//! does too for IPv4; the kernel tells of an IPv6 address a little later.
//! [`Writer::removed`](crate::writer::Writer::removed) says whether a removal is our own.
//!
//! Of routes and rules only those of keepalived's protocol (18) are watched, and only if asked for: the kernel filters
//! routes before they reach us, so that a machine that takes part in BGP does not wake us for every route.

mod mirror;

pub use crate::change::Change;

use crate::datagram::Name;
use crate::netlink::message::{Message, messages};
use crate::netlink::{Connection, address, link, route, rule};
use crate::operation::RouteKey;
use crate::receive_buffer::ReceiveBuffer;
use crate::snapshot;
use crate::sys::Inbox;
use mirror::Mirror;
use model::interface::{Interface, Interfaces};
use model::{Family, IfIndex, Route};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{RouteHeader, RouteMessage, RouteProtocol};
use netlink_packet_route::rule::RuleMessage;
use netlink_sys::{Socket, SocketAddr};
use nix::errno::Errno;
use socket2::{SockFilter, SockRef};
use std::collections::HashSet;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// What is watched beside interfaces and addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// Routes of keepalived's protocol.
    pub routes: bool,
    /// Rules of keepalived's protocol.
    pub rules: bool,
}

/// A socket with the kernel's notifications, and what they add up to.
pub struct Monitor {
    socket: Socket,
    inbox: Inbox,
    connection: Connection,
    watch: Watch,
    mirror: Mirror,
    /// Notifications were lost and the picture has to be made anew.
    lost: bool,
}

impl Monitor {
    /// Notifications of one round, and the longest one: a link with all its attributes.
    const ROUND: usize = 64;
    const LONGEST: usize = 8 * 1024;

    /// Subscribes to the notifications and then looks at what is there, so nothing in between is missed.
    pub fn open(watch: Watch, buffer: ReceiveBuffer) -> io::Result<Self> {
        let mut socket = Socket::new(libc::NETLINK_ROUTE as isize)?;
        buffer.apply(&socket)?;
        if watch.routes {
            SockRef::from(&socket).attach_filter(&only_our_routes())?;
        }
        socket.set_non_blocking(true)?;
        socket.bind(&SocketAddr::new(0, groups(watch)))?;
        let mut connection = Connection::open(libc::NETLINK_ROUTE)?;
        let mirror = look(&mut connection, watch)?;
        Ok(Self {
            socket,
            inbox: Inbox::new(Self::ROUND, Self::LONGEST),
            connection,
            watch,
            mirror,
            lost: false,
        })
    }

    /// One interface.
    #[must_use]
    pub fn interface(&self, index: IfIndex) -> Option<&Interface> {
        self.mirror.interface(index)
    }

    /// All interfaces, in the order of their indexes. Their addresses are in the kernel's order, those that came later
    /// behind them.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.mirror.interfaces()
    }

    /// A copy of all interfaces, for the reading of a configuration.
    #[must_use]
    pub fn snapshot(&self) -> Interfaces {
        Interfaces(self.mirror.interfaces().cloned().collect())
    }

    /// Takes one round of notifications and appends what they change to `changes`. Never waits. Returns whether there may
    /// be more.
    ///
    /// Where the kernel could not keep up with telling, the picture is made anew; what differed is reported, followed
    /// by [`Change::Resynchronised`].
    pub fn read(&mut self, changes: &mut Vec<Change>) -> io::Result<bool> {
        let count = match self.inbox.receive(self.socket.as_fd()) {
            Ok(count) => count,
            Err(Errno::EAGAIN) if self.lost => {
                self.resynchronise(changes)?;
                return Ok(true);
            }
            Err(Errno::EAGAIN) => return Ok(false),
            Err(Errno::EINTR) => return Ok(true),
            // From here on the kernel drops notifications, and does not say so again, until the queue is empty. So a
            // fresh look before that would miss some.
            Err(Errno::ENOBUFS) => {
                self.lost = true;
                return Ok(true);
            }
            Err(errno) => return Err(errno.into()),
        };
        for position in 0..count {
            let datagram = self.inbox.get(position);
            self.lost |= datagram.truncated;
            if !is_from_kernel(datagram.name) {
                continue;
            }
            for message in messages(datagram.bytes) {
                note(&mut self.mirror, &message, changes);
            }
        }
        self.mirror.sweep();
        Ok(self.lost || count == self.inbox.len())
    }

    /// Looks at everything again.
    fn resynchronise(&mut self, changes: &mut Vec<Change>) -> io::Result<()> {
        let fresh = look(&mut self.connection, self.watch)?;
        self.lost = false;
        self.mirror.replace(fresh, changes);
        changes.push(Change::Resynchronised);
        Ok(())
    }
}

impl AsFd for Monitor {
    /// Readable when there are notifications.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The multicast groups as a mask.
fn groups(watch: Watch) -> u32 {
    let always = [
        libc::RTNLGRP_LINK,
        libc::RTNLGRP_IPV4_IFADDR,
        libc::RTNLGRP_IPV6_IFADDR,
    ];
    let routes = [libc::RTNLGRP_IPV4_ROUTE, libc::RTNLGRP_IPV6_ROUTE];
    let rules = [libc::RTNLGRP_IPV4_RULE, libc::RTNLGRP_IPV6_RULE];
    let routes = routes.into_iter().filter(|_| watch.routes);
    let rules = rules.into_iter().filter(|_| watch.rules);
    always
        .into_iter()
        .chain(routes)
        .chain(rules)
        .fold(0, |mask, group| mask | 1 << (group - 1))
}

/// A socket filter that lets everything through but routes of other protocols.
fn only_our_routes() -> [SockFilter; 7] {
    /// `BPF_LD | BPF_H | BPF_ABS`
    const LOAD_HALF: u16 = 0x28;
    /// `BPF_LD | BPF_B | BPF_ABS`
    const LOAD_BYTE: u16 = 0x30;
    /// `BPF_JMP | BPF_JEQ | BPF_K`
    const JUMP_IF_EQUAL: u16 = 0x15;
    /// `BPF_RET | BPF_K`
    const RETURN: u16 = 0x06;
    const TYPE_AT: u32 = 4;
    /// `rtm_protocol`, after the message header of 16 bytes.
    const PROTOCOL_AT: u32 = 16 + 5;
    // The filter loads in network order what the kernel wrote in its own.
    let kind = |kind: u16| u32::from(u16::from_be_bytes(kind.to_ne_bytes()));
    [
        SockFilter::new(LOAD_HALF, 0, 0, TYPE_AT),
        SockFilter::new(JUMP_IF_EQUAL, 1, 0, kind(libc::RTM_NEWROUTE)),
        SockFilter::new(JUMP_IF_EQUAL, 0, 2, kind(libc::RTM_DELROUTE)),
        SockFilter::new(LOAD_BYTE, 0, 0, PROTOCOL_AT),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, u32::from(Route::PROTOCOL)),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// Port 0 is the kernel; other processes can send to us as well.
fn is_from_kernel(name: &Name) -> bool {
    name.netlink_port() == Some(0)
}

/// Applies one notification.
fn note(mirror: &mut Mirror, message: &Message<'_>, changes: &mut Vec<Change>) {
    let payload = message.payload;
    match message.kind {
        libc::RTM_NEWLINK => {
            if let Some(interface) = link::decode(payload) {
                mirror.put_link(interface, changes);
            }
        }
        libc::RTM_DELLINK => {
            if let Some(index) = link::index(payload) {
                mirror.take_link(index, changes);
            }
        }
        libc::RTM_NEWADDR => {
            if let Some((index, address)) = address::decode(payload) {
                mirror.put_address(index, address, changes);
            }
        }
        libc::RTM_DELADDR => {
            if let Some((index, address)) = address::decode(payload) {
                mirror.take_address(index, address, changes);
            }
        }
        libc::RTM_NEWROUTE => {
            if let Some(route) = route::decode_ours(payload) {
                mirror.put_route(route, changes);
            }
        }
        libc::RTM_DELROUTE => {
            if let Some(route) = route::decode_ours(payload) {
                mirror.take_route(route, changes);
            }
        }
        libc::RTM_NEWRULE => {
            if let Some(rule) = rule::decode_ours(payload) {
                mirror.put_rule(rule, changes);
            }
        }
        libc::RTM_DELRULE => {
            if let Some(rule) = rule::decode_ours(payload) {
                mirror.take_rule(rule, changes);
            }
        }
        _ => {}
    }
}

/// The machine as it is now.
fn look(connection: &mut Connection, watch: Watch) -> io::Result<Mirror> {
    let interfaces = snapshot::dump(connection)?;
    let mut routes = HashSet::new();
    let mut rules = HashSet::new();
    if watch.routes {
        connection.filter_dumps()?;
        for family in [Family::Ipv4, Family::Ipv6] {
            routes.extend(dump_routes(connection, family)?);
        }
    }
    if watch.rules {
        connection.dump(
            libc::RTM_GETRULE,
            &RuleMessage::default(),
            &mut rules,
            HashSet::clear,
            |rules, message| rules.extend(rule::decode_ours(message.payload)),
        )?;
    }
    Ok(Mirror::new(interfaces, routes, rules))
}

fn dump_routes(connection: &mut Connection, family: Family) -> io::Result<HashSet<RouteKey>> {
    let mut request = RouteMessage::default();
    request.header = RouteHeader {
        address_family: match family {
            Family::Ipv4 => AddressFamily::Inet,
            Family::Ipv6 => AddressFamily::Inet6,
        },
        protocol: RouteProtocol::KeepAlived,
        ..RouteHeader::default()
    };
    let mut routes = HashSet::new();
    connection.dump(
        libc::RTM_GETROUTE,
        &request,
        &mut routes,
        HashSet::clear,
        |routes, message| {
            // Kernels without filtered dumps answer with all of them.
            routes.extend(route::decode_ours(message.payload));
        },
    )?;
    Ok(routes)
}

#[cfg(test)]
mod tests;
