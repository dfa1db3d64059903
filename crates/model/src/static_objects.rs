//! What is configured while the daemon runs, whatever the state of the instances.

use crate::{IfName, Micros, Route, Rule, VirtualAddress};
use serde::{Deserialize, Serialize};

/// `static_ipaddress`, `static_routes`, `static_rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaticObjects {
    /// Addresses; each names its interface.
    pub addresses: Vec<VirtualAddress>,
    /// Routes.
    pub routes: Vec<Route>,
    /// Rules.
    pub rules: Vec<Rule>,
}

impl StaticObjects {
    /// Whether there is nothing static.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.routes.is_empty() && self.rules.is_empty()
    }
}

/// `track_group`: instances that go to FAULT when a static object of the group is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackGroup {
    /// Name; unique.
    pub name: String,
    /// Names of the instances; each exists.
    pub members: Vec<String>,
}

/// One line of `interface_up_down_delays`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDelays {
    /// The interface.
    pub interface: IfName,
    /// Wait before a link that went down counts as down.
    pub down: Micros,
    /// Wait before a link that came up counts as up.
    pub up: Micros,
}

/// One line of `linkbeat_interfaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkPolling {
    /// The interface.
    pub interface: IfName,
    /// The method that is tried first.
    pub method: Option<LinkMethod>,
}

/// How the state of a link is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkMethod {
    /// The status register of the transceiver.
    Mii,
    /// The driver.
    Ethtool,
    /// The flags of the interface.
    Ioctl,
}

impl LinkMethod {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Mii, Self::Ethtool, Self::Ioctl];

    /// As in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mii => "MII",
            Self::Ethtool => "ETHTOOL",
            Self::Ioctl => "IOCTL",
        }
    }
}
