//! Addresses as `virtual_ipaddress`, `virtual_ipaddress_excluded` and `static_ipaddress` name them.

use crate::{Family, IfName};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address with a prefix length (`192.0.2.0/24`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Prefix {
    /// The address; host bits are kept as written.
    pub address: IpAddr,
    /// Prefix length, 0 to 32 or 128.
    pub len: u8,
}

impl Prefix {
    /// The family of the address.
    #[must_use]
    pub const fn family(self) -> Family {
        Family::of(self.address)
    }

    /// Whether the prefix names one host.
    #[must_use]
    pub const fn is_host(self) -> bool {
        self.len == self.family().bits()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

/// Broadcast address of an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Broadcast {
    /// `brd +`: all host bits set.
    HostBitsSet,
    /// `brd -`: all host bits cleared.
    HostBitsCleared,
    /// `brd A.B.C.D`.
    Address(Ipv4Addr),
}

/// Preferred lifetime of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PreferredLifetime {
    /// Never deprecated.
    Forever,
    /// Deprecated after this many seconds; 0 is deprecated from the start.
    Seconds(u32),
}

/// IPv6 flags of an address line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AddressFlags {
    /// `home`: Mobile IPv6 home address.
    pub home: bool,
    /// `-nodad`: leave duplicate address detection to the kernel's setting.
    pub leave_dad: bool,
    /// `mngtmpaddr`: template for temporary addresses.
    pub mngtmpaddr: bool,
    /// `noprefixroute`: no route for the prefix.
    pub noprefixroute: bool,
    /// `autojoin`: join the multicast address on the interface.
    pub autojoin: bool,
}

/// One address line (`spec/config-vrrp.md` section 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// Address and prefix length; the length defaults to /32 or /128.
    pub prefix: Prefix,
    /// `dev`: the interface, where it is not the instance's own.
    pub dev: Option<IfName>,
    /// `label`, IPv4 only, at most 15 bytes.
    pub label: Option<String>,
    /// `scope` as the kernel's number; 0 is global.
    pub scope: u8,
    /// `brd`, IPv4 only.
    pub broadcast: Option<Broadcast>,
    /// `peer`: the other end of a point-to-point link, with its prefix length.
    pub peer: Option<Prefix>,
    /// `preferred_lft` where given; the default is 0 for an IPv6 /128 and forever otherwise.
    pub preferred_lft: Option<PreferredLifetime>,
    /// Flags of the line.
    pub flags: AddressFlags,
    /// `no_track`: neither the address nor its interface is watched.
    pub no_track: bool,
    /// `use_vmac`: a VMAC on the address' own interface.
    pub use_vmac: bool,
    /// `track_group`, static addresses only.
    pub track_group: Option<String>,
}

impl VirtualAddress {
    /// An address with every option at its default.
    #[must_use]
    pub const fn new(prefix: Prefix) -> Self {
        Self {
            prefix,
            dev: None,
            label: None,
            scope: 0,
            broadcast: None,
            peer: None,
            preferred_lft: None,
            flags: AddressFlags {
                home: false,
                leave_dad: false,
                mngtmpaddr: false,
                noprefixroute: false,
                autojoin: false,
            },
            no_track: false,
            use_vmac: false,
            track_group: None,
        }
    }

    /// The family of the address.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.prefix.family()
    }
}
