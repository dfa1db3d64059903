//! Addresses as the kernel takes them.

use model::interface::{Interface, InterfaceAddress};
use model::{Broadcast, Family, IfIndex, IfName, PreferredLifetime, Prefix, VirtualAddress};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address on an interface, every default resolved (`spec/vrrp-protocol.md` section 11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Index of the interface.
    pub interface: IfIndex,
    /// Its name, for messages.
    pub interface_name: IfName,
    /// Address and prefix length.
    pub prefix: Prefix,
    /// The other end of a point-to-point link. Its length is the one that the kernel uses.
    pub peer: Option<Prefix>,
    /// Broadcast address, IPv4 only.
    pub broadcast: Option<Ipv4Addr>,
    /// Label, IPv4 only, at most 15 bytes.
    pub label: Option<Box<str>>,
    /// Scope, IPv4 only; the kernel derives that of an IPv6 address.
    pub scope: u8,
    /// Preferred lifetime.
    pub preferred_lft: PreferredLifetime,
    /// `IFA_F_*`.
    pub flags: u32,
}

/// What the kernel tells two addresses apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey {
    /// Index of the interface.
    pub interface: IfIndex,
    /// The address.
    pub address: IpAddr,
    /// Its prefix length; always 128 for IPv6, where an interface has an address only once.
    pub len: u8,
}

impl AddressKey {
    /// The key of an address that a dump or a notification names.
    #[must_use]
    pub const fn new(interface: IfIndex, prefix: Prefix) -> Self {
        let len = match prefix.address {
            IpAddr::V4(_) => prefix.len,
            IpAddr::V6(_) => 128,
        };
        Self {
            interface,
            address: prefix.address,
            len,
        }
    }
}

impl Address {
    /// No duplicate address detection.
    pub const NODAD: u32 = 0x02;
    /// Mobile IPv6 home address.
    pub const HOMEADDRESS: u32 = 0x10;
    /// Template for temporary addresses.
    pub const MANAGETEMPADDR: u32 = 0x100;
    /// No route for the prefix.
    pub const NOPREFIXROUTE: u32 = 0x200;
    /// Join the multicast address.
    pub const MCAUTOJOIN: u32 = 0x400;

    /// The address that a line of the configuration asks for, on the interface with this index and name.
    ///
    /// IPv6 has `NODAD` unless the line says `-nodad`, and a /128 is deprecated from the start unless it says how
    /// long it is preferred, so that the machine does not choose it as the source of its own connections.
    #[must_use]
    pub fn new(interface: IfIndex, interface_name: IfName, line: &VirtualAddress) -> Self {
        let family = line.family();
        let forever = family == Family::Ipv4 || !line.prefix.is_host();
        Self {
            interface,
            interface_name,
            prefix: line.prefix,
            peer: line.peer,
            broadcast: match (line.prefix.address, line.broadcast) {
                (IpAddr::V4(address), Some(broadcast)) => {
                    Some(resolve_broadcast(address, line.prefix.len, broadcast))
                }
                _ => None,
            },
            label: match family {
                Family::Ipv4 => line.label.as_deref().map(Into::into),
                Family::Ipv6 => None,
            },
            scope: line.scope,
            preferred_lft: line.preferred_lft.unwrap_or(if forever {
                PreferredLifetime::Forever
            } else {
                PreferredLifetime::Seconds(0)
            }),
            flags: flags_of(line),
        }
    }

    /// An address that `interface` already has, for its removal.
    #[must_use]
    pub fn present(interface: &Interface, address: &InterfaceAddress) -> Self {
        Self {
            interface: interface.index,
            interface_name: interface.name.clone(),
            prefix: address.prefix,
            peer: address.peer.map(|peer| Prefix {
                address: peer,
                len: address.prefix.len,
            }),
            broadcast: None,
            label: None,
            scope: 0,
            preferred_lft: PreferredLifetime::Forever,
            flags: 0,
        }
    }

    /// The family.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.prefix.family()
    }

    /// The prefix length that the kernel gets: that of the peer, where there is one.
    #[must_use]
    pub const fn kernel_len(&self) -> u8 {
        match self.peer {
            Some(peer) => peer.len,
            None => self.prefix.len,
        }
    }

    /// What identifies it.
    #[must_use]
    pub const fn key(&self) -> AddressKey {
        AddressKey::new(
            self.interface,
            Prefix {
                address: self.prefix.address,
                len: self.kernel_len(),
            },
        )
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            Some(peer) => write!(f, "{} peer {peer}", self.prefix.address),
            None => self.prefix.fmt(f),
        }
    }
}

fn flags_of(line: &VirtualAddress) -> u32 {
    let ipv6 = line.family() == Family::Ipv6;
    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
    flag(ipv6 && !line.flags.leave_dad, Address::NODAD)
        | flag(ipv6 && line.flags.home, Address::HOMEADDRESS)
        | flag(ipv6 && line.flags.mngtmpaddr, Address::MANAGETEMPADDR)
        | flag(line.flags.noprefixroute, Address::NOPREFIXROUTE)
        | flag(line.flags.autojoin, Address::MCAUTOJOIN)
}

fn resolve_broadcast(address: Ipv4Addr, len: u8, broadcast: Broadcast) -> Ipv4Addr {
    let host_bits = u32::MAX.checked_shr(u32::from(len)).unwrap_or(0);
    match broadcast {
        Broadcast::HostBitsSet => Ipv4Addr::from_bits(address.to_bits() | host_bits),
        Broadcast::HostBitsCleared => Ipv4Addr::from_bits(address.to_bits() & !host_bits),
        Broadcast::Address(address) => address,
    }
}
