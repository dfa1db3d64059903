//! What tells two sockets apart.

use model::{Family, IfIndex};
use std::net::IpAddr;

/// IP protocol of the adverts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// 112.
    Vrrp,
    /// 51: VRRP behind an IPsec authentication header (`auth_type AH`).
    Ah,
}

impl Protocol {
    /// The number in the IP header.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Vrrp => 112,
            Self::Ah => 51,
        }
    }
}

/// What a socket listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listen {
    /// To a group: it joins the group on the interface and is bound to the group's address.
    Multicast {
        /// The group.
        group: IpAddr,
    },
    /// To unicast peers: it is bound to the address that our adverts come from, whether or not the kernel has it
    /// (`IP_FREEBIND`).
    Unicast {
        /// Our address.
        source: IpAddr,
    },
}

impl Listen {
    /// Whether this is multicast.
    #[must_use]
    pub const fn is_multicast(self) -> bool {
        matches!(self, Self::Multicast { .. })
    }
}

/// A pair of raw sockets; instances that agree in all of this share one (`spec/vrrp-protocol.md` section 2.3).
///
/// IPv4 sends with `IP_HDRINCL`: the packets of the outbox begin with the IP header, whose checksum is left to the
/// kernel. IPv6 packets begin with the VRRP header and the kernel computes their checksum (`IPV6_CHECKSUM`, offset 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketKey {
    /// Family.
    pub family: Family,
    /// Protocol.
    pub protocol: Protocol,
    /// The interface that the adverts leave by and come in by; only unicast can do without.
    pub interface: Option<IfIndex>,
    /// Multicast or unicast.
    pub listen: Listen,
}
