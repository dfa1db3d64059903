//! What happens to the router.

use crate::{InstanceId, RunId, SocketId, Ticket};
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{IfIndex, IfName, Micros, Route, Rule};
use std::net::{IpAddr, Ipv6Addr};

/// One datagram as a socket delivers it.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// The socket pair whose receiver delivered it.
    pub socket: SocketId,
    /// The packet.
    pub packet: Received<'a>,
}

/// The bytes of a received packet with what the kernel says beside them.
#[derive(Clone, Copy, Debug)]
pub enum Received<'a> {
    /// From a raw IPv4 socket: the bytes begin with the IP header, which says the rest.
    Ipv4(&'a [u8]),
    /// From a raw IPv6 socket, whose kernel has checked the checksum already.
    Ipv6 {
        /// Sender.
        source: Ipv6Addr,
        /// Destination (`IPV6_PKTINFO`).
        destination: Ipv6Addr,
        /// Hop limit (`IPV6_HOPLIMIT`).
        hop_limit: u8,
        /// What follows the IPv6 header.
        payload: &'a [u8],
    },
}

/// How a run of a track script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptResult {
    /// It exited with this status; 0 is success.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
}

/// How the kernel writer fared with a [`Want`](crate::Want).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Everything is as wanted.
    Applied,
    /// At least one change was refused; the writer has logged which and why.
    Failed,
}

/// What a stop leaves in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Release {
    /// Nothing: adverts of priority 0 leave and everything is removed.
    Everything,
    /// Everything (`--dont-release-vrrp`): no advert of priority 0, nothing is removed.
    Nothing,
}

/// One thing that happened. Borrowed, so that the caller can hand in its own buffers.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The time that [`Router::deadline`](crate::Router::deadline) named has come (or may have: an early call does
    /// no harm). A call does a portion of what is due, the earliest first: call until the deadline is in the future.
    DeadlineReached,
    /// A datagram arrived.
    AdvertReceived(Datagram<'a>),
    /// An interface appeared, or anything about it but its addresses changed: flags, name, MAC, MTU, parent. Its
    /// `addresses` are only looked at when the interface is new.
    InterfaceChanged(&'a Interface),
    /// An interface is gone. The kernel has closed nothing: the sockets on it are closed by the outbox.
    InterfaceRemoved(IfIndex),
    /// An interface has a new address, or a flag of an address changed.
    AddressAdded {
        /// The interface.
        interface: IfIndex,
        /// The address.
        address: InterfaceAddress,
    },
    /// An interface lost an address.
    AddressRemoved {
        /// The interface.
        interface: IfIndex,
        /// The address.
        address: IpAddr,
    },
    /// A route that an earlier [`Want`](crate::Want) asked for is gone, and not because we removed it.
    RouteRemoved(&'a Route),
    /// A rule that an earlier [`Want`](crate::Want) asked for is gone, and not because we removed it.
    RuleRemoved(&'a Rule),
    /// The whole picture, after messages of the kernel were lost; it is compared with what is known.
    Resynchronised(&'a Interfaces),
    /// The kernel has these addresses of a [`Want`](crate::Want) that is not finished yet. A new master announces them
    /// at once, so that the first of thousands does not wait for the last.
    Progressed {
        /// The request.
        ticket: Ticket,
        /// The addresses with their interfaces; none is named twice.
        addresses: &'a [(IfIndex, IpAddr)],
    },
    /// The kernel writer has done what a [`Want`](crate::Want) asked for. What the kernel's monitor has to tell about it
    /// is to be handed in before: an address that is missing then was removed by somebody else.
    Confirmed(Ticket, Outcome),
    /// A run of a track script, about to be reported as ended, has printed something. It changes nothing; the log and the
    /// status show it.
    ScriptPrinted {
        /// The run.
        run: RunId,
        /// The end of what it printed, without control characters.
        output: &'a str,
    },
    /// A run of a track script ended.
    ScriptFinished {
        /// The run, as [`ScriptCommand::Start`](crate::ScriptCommand::Start) named it.
        run: RunId,
        /// How it ended.
        result: ScriptResult,
    },
    /// The value of a track file; 0 when the file is absent.
    FileRead {
        /// `track_file NAME`.
        file: &'a str,
        /// The value.
        value: i32,
    },
    /// How many processes match a `vrrp_track_process` now.
    ProcessesCounted {
        /// `vrrp_track_process NAME`.
        process: &'a str,
        /// Number of processes.
        count: u32,
    },
    /// The driver of an interface whose link is asked for its state
    /// ([`polled_links`](model::VrrpConfiguration::polled_links)) says what it is.
    LinkPolled {
        /// The interface, as the configuration names it.
        interface: &'a IfName,
        /// Whether it has a link.
        up: bool,
    },
    /// A BFD session changed.
    BfdChanged {
        /// `bfd_instance NAME`.
        session: &'a str,
        /// Whether it is up now.
        up: bool,
    },
    /// Somebody asks for one round of gratuitous ARPs (D-Bus `SendGarp`).
    GarpRequested(InstanceId),
    /// An operator has an instance give up mastership, with its sync group. Nothing happens unless it is master.
    GiveUp {
        /// The instance.
        instance: InstanceId,
        /// For this long it does not take mastership back from routers of lower priority. From none that has died.
        hold: Micros,
    },
    /// An operator begins or ends maintenance: all instances are kept in FAULT meanwhile, also those of a reload.
    Maintenance(bool),
    /// The daemon stops. Ends with [`RouterEvent::Stopped`](crate::RouterEvent::Stopped) when the kernel has confirmed
    /// the removals.
    Stop(Release),
}
