//! Raw sockets for adverts (`spec/vrrp-protocol.md` section 2.3).
//!
//! [`AdvertSender`] and [`AdvertReceiver`] move many datagrams with one system call and allocate nothing for it. They
//! never wait: what cannot be sent now is reported, what has not arrived is not there.

mod receiver;
mod sender;

pub use receiver::{AdvertReceiver, Arrival, Arrivals};
pub use sender::{Advert, AdvertSender, Cast};

use crate::receive_buffer::ReceiveBuffer;
use model::{Family, IfIndex, IfName};
use std::net::IpAddr;

/// What a receiver listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listen {
    /// To a group on the interface: it is joined, and the socket is bound to its address.
    Multicast(IpAddr),
    /// To what peers send to this address of ours, whether or not the kernel has it already.
    Unicast(IpAddr),
}

/// Everything that tells one receiver from another. Instances that agree in it share one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Family.
    pub family: Family,
    /// IP protocol: 112, or 51 behind an authentication header.
    pub protocol: u8,
    /// The interface that packets come in by; only unicast can do without.
    pub interface: Option<(IfIndex, IfName)>,
    /// Group or own address.
    pub listen: Listen,
    /// Receive buffer.
    pub buffer: ReceiveBuffer,
}

/// The traffic class or type of service of adverts: internetwork control.
const TRAFFIC_CLASS: u32 = 0xc0;
/// Where the checksum is in a VRRP message.
const CHECKSUM_OFFSET: i32 = 6;
