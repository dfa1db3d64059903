//! Entries of the firewall's sets (`spec/vrrp-protocol.md` section 13).

use model::{Family, IfIndex, IfName};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// One entry. The tables, sets and chains around it are made with the first entry that needs them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FirewallEntry {
    /// Packets to and from this address are dropped: a VIP of an instance with `no_accept`.
    Vip(IpAddr),
    /// The same for an IPv6 link-local address, which is one only together with its interface.
    LinkLocalVip {
        /// The address.
        address: Ipv6Addr,
        /// Index of its interface.
        interface: IfIndex,
        /// Name of its interface.
        name: IfName,
    },
    /// Group membership reports of a VMAC leave by the interface below it, with that one's MAC.
    Vmac {
        /// IGMP or MLD.
        family: Family,
        /// Index of the VMAC.
        vmac: IfIndex,
        /// Index of the interface below.
        base: IfIndex,
    },
    /// A VMAC does not advertise the link-local address that it shares with the interface below it.
    ParentLinkLocal {
        /// The shared address.
        address: Ipv6Addr,
        /// Name of the VMAC.
        vmac: IfName,
    },
}

impl FirewallEntry {
    /// The table that it belongs to.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Vip(address) => Family::of(*address),
            Self::Vmac { family, .. } => *family,
            Self::LinkLocalVip { .. } | Self::ParentLinkLocal { .. } => Family::Ipv6,
        }
    }
}

impl fmt::Display for FirewallEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vip(address) => write!(f, "firewall entry for {address}"),
            Self::LinkLocalVip { address, name, .. } => write!(f, "firewall entry for {address} on {name}"),
            Self::Vmac { family, vmac, .. } => write!(f, "firewall entry for the {family} VMAC {vmac}"),
            Self::ParentLinkLocal { address, vmac } => {
                write!(f, "firewall entry for {address} shared by {vmac}")
            }
        }
    }
}
