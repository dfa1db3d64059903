//! A snapshot of the machine's interfaces: what the checks of a configuration and the cores need to know of them.

use crate::{Family, IfIndex, IfName, MacAddr, Prefix};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv6Addr};

/// What an interface is made of, as far as VRRP cares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkKind {
    /// Anything not named below.
    #[default]
    Other,
    /// A macvlan in mode private: what a VMAC is.
    PrivateMacvlan,
    /// A macvlan in another mode.
    Macvlan,
    /// An ipvlan.
    Ipvlan,
    /// A VRF with its routing table.
    Vrf {
        /// Number of the table.
        table: u32,
    },
}

/// An address that an interface has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceAddress {
    /// Address and prefix length.
    pub prefix: Prefix,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    /// `IFA_F_SECONDARY` of an IPv4 address.
    pub secondary: bool,
    /// Duplicate address detection of an IPv6 address is still running or has failed.
    pub tentative: bool,
    /// `IFA_PROTO`: who added the address; 18 is keepalived, 0 unknown.
    pub protocol: u8,
}

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Index.
    pub index: IfIndex,
    /// Name.
    pub name: IfName,
    /// Alternative names.
    pub alt_names: Vec<String>,
    /// What it is made of.
    pub kind: LinkKind,
    /// `IFF_UP`.
    pub up: bool,
    /// `IFF_RUNNING`.
    pub running: bool,
    /// `IFF_LOOPBACK`.
    pub loopback: bool,
    /// `IFF_MULTICAST`.
    pub multicast: bool,
    /// `IFF_BROADCAST`.
    pub broadcast: bool,
    /// `IFF_NOARP`.
    pub noarp: bool,
    /// `ARPHRD_ETHER`.
    pub ethernet: bool,
    /// MTU in bytes.
    pub mtu: u32,
    /// Hardware address, where it has six bytes.
    pub mac: Option<MacAddr>,
    /// The interface below a macvlan, ipvlan or VLAN, in the same namespace.
    pub base: Option<IfIndex>,
    /// The bridge, bond or VRF that the interface belongs to.
    pub master: Option<IfIndex>,
    /// Link group.
    pub group: u32,
    /// Its addresses in the kernel's order.
    pub addresses: Vec<InterfaceAddress>,
}

impl Interface {
    /// An Ethernet interface that is up and has no address.
    #[must_use]
    pub fn ethernet(index: IfIndex, name: IfName, mac: MacAddr) -> Self {
        Self {
            index,
            name,
            alt_names: Vec::new(),
            kind: LinkKind::Other,
            up: true,
            running: true,
            loopback: false,
            multicast: true,
            broadcast: true,
            noarp: false,
            ethernet: true,
            mtu: 1500,
            mac: Some(mac),
            base: None,
            master: None,
            group: 0,
            addresses: Vec::new(),
        }
    }

    /// Whether the link can carry packets: `IFF_UP` and `IFF_RUNNING`.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.up && self.running
    }

    /// Addresses that can be the source of adverts, best first: the kernel's first IPv4 address, or the IPv6
    /// link-local address that is not tentative.
    pub fn source_candidates(&self, family: Family) -> impl Iterator<Item = IpAddr> + '_ {
        self.addresses
            .iter()
            .filter(move |address| match address.prefix.address {
                IpAddr::V4(_) => family == Family::Ipv4,
                IpAddr::V6(v6) => family == Family::Ipv6 && is_link_local(v6) && !address.tentative,
            })
            .map(|address| address.prefix.address)
    }
}

/// Whether an address is in `fe80::/10`.
#[must_use]
pub const fn is_link_local(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xffc0 == 0xfe80
}

/// All interfaces of a network namespace at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interfaces(pub Vec<Interface>);

impl InterfaceAddress {
    /// A usable address of unknown origin, without peer.
    #[must_use]
    pub const fn new(prefix: Prefix) -> Self {
        Self {
            prefix,
            peer: None,
            secondary: false,
            tentative: false,
            protocol: 0,
        }
    }
}

impl Interfaces {
    /// The interface with this name or alternative name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Interface> {
        self.0
            .iter()
            .find(|interface| interface.name.as_str() == name)
            .or_else(|| {
                self.0
                    .iter()
                    .find(|interface| interface.alt_names.iter().any(|alt| alt == name))
            })
    }

    /// The interface with this index.
    #[must_use]
    pub fn by_index(&self, index: IfIndex) -> Option<&Interface> {
        self.0.iter().find(|interface| interface.index == index)
    }

    /// The interface below a macvlan or ipvlan, or the interface itself.
    #[must_use]
    pub fn base_of<'a>(&'a self, interface: &'a Interface) -> &'a Interface {
        match interface.kind {
            LinkKind::PrivateMacvlan | LinkKind::Macvlan | LinkKind::Ipvlan => interface
                .base
                .and_then(|base| self.by_index(base))
                .unwrap_or(interface),
            LinkKind::Other | LinkKind::Vrf { .. } => interface,
        }
    }
}
