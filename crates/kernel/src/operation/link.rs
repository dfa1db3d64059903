//! VMACs and ipvlans (`spec/vrrp-protocol.md` section 12).

use super::Sysctl;
use model::{Family, IfIndex, IfName, MacAddr};
use std::fmt;

/// Mode flag of an ipvlan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IpvlanMode {
    /// Neighbours on the same interface reach each other.
    Bridge,
    /// They do not.
    Private,
    /// They do by way of the switch.
    Vepa,
}

/// What a virtual interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkShape {
    /// A macvlan in mode private with this MAC address: a VMAC.
    Vmac(MacAddr),
    /// An ipvlan in mode L2.
    Ipvlan(IpvlanMode),
}

/// A virtual interface to be created: up, and a VMAC without addresses of its own making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub name: IfName,
    /// What it is.
    pub shape: LinkShape,
    /// Index of the interface below.
    pub base: IfIndex,
    /// Name of the interface below, for messages.
    pub base_name: IfName,
    /// Link group.
    pub group: u32,
    /// The VRF that it is enslaved to.
    pub vrf: Option<IfIndex>,
    /// Settings of its own, made before it is up. They go with it.
    pub settings: Vec<Sysctl>,
    /// Of which family group memberships are reported by way of the interface below, with that one's MAC address: the
    /// firewall's entry for that is made before the link is up, and goes after it.
    pub reports: Option<Family>,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.shape {
            LinkShape::Vmac(_) => "VMAC",
            LinkShape::Ipvlan(_) => "ipvlan",
        };
        write!(f, "{kind} {} on {}", self.name, self.base_name)
    }
}
