//! The kernel's IPVS table as plain data: what should be there, what is there, and what has to change.
//!
//! The checking core says what should be there, `kernel` reads and writes it (`spec/ipvs.md` section 1).

use crate::{
    AddressRange, ConnectionLimits, Family, Forwarding, Granularity, Protocol, Scheduler, ServerWeight,
    ServiceFlags,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

/// What tells one virtual service from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServiceKey {
    /// Packets to an address.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// The address.
        address: IpAddr,
        /// The port; 0 is any.
        port: u16,
    },
    /// Packets with a firewall mark.
    Fwmark {
        /// Their family.
        family: Family,
        /// The mark.
        mark: NonZeroU32,
    },
}

impl ServiceKey {
    /// The family of the service.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    /// The port of the service; 0 for any and for a mark.
    #[must_use]
    pub const fn port(&self) -> u16 {
        match self {
            Self::Address { port, .. } => *port,
            Self::Fwmark { .. } => 0,
        }
    }
}

impl fmt::Display for ServiceKey {
    /// `10.0.0.1:tcp:80`, `[fd00::1]:tcp:80`, `Fwm 5`, `Fwm 5 inet6`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address {
                protocol,
                address: IpAddr::V4(address),
                port,
            } => {
                write!(f, "{address}:{protocol}:{port}")
            }
            Self::Address {
                protocol,
                address: IpAddr::V6(address),
                port,
            } => {
                write!(f, "[{address}]:{protocol}:{port}")
            }
            Self::Fwmark { family, mark } => {
                write!(
                    f,
                    "Fwm {mark}{}",
                    if *family == Family::Ipv6 { " inet6" } else { "" }
                )
            }
        }
    }
}

/// Everything else about a virtual service.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceSettings {
    /// The scheduler.
    pub scheduler: Scheduler,
    /// Its switches, without the one for persistence.
    pub flags: ServiceFlags,
    /// Persistence in seconds; 0 is none.
    pub timeout: u32,
    /// Which bits of a client's address count; all of them unless configured otherwise.
    pub netmask: Granularity,
    /// Persistence engine; only where there is persistence.
    pub engine: Option<String>,
}

/// What tells one destination of a service from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DestinationKey(pub SocketAddr);

impl fmt::Display for DestinationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Everything else about a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DestinationSettings {
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Its weight.
    pub weight: ServerWeight,
    /// Connection limits.
    pub limits: ConnectionLimits,
}

/// One destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Destination {
    /// Which one.
    pub key: DestinationKey,
    /// How it is served.
    pub settings: DestinationSettings,
}

/// One virtual service with its destinations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Service {
    /// Which one.
    pub key: ServiceKey,
    /// How it is served.
    pub settings: ServiceSettings,
    /// Its destinations; no key twice.
    pub destinations: Vec<Destination>,
}

/// All virtual services; no key twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table(pub Vec<Service>);

/// One command for the kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Change {
    /// Remove every service, whoever made it.
    Flush,
    /// Add a service.
    AddService(ServiceKey, ServiceSettings),
    /// Change a service that exists.
    SetService(ServiceKey, ServiceSettings),
    /// Remove a service and with it its destinations.
    RemoveService(ServiceKey),
    /// Add a destination to a service.
    AddDestination(ServiceKey, Destination),
    /// Change a destination that exists.
    SetDestination(ServiceKey, Destination),
    /// Remove a destination from a service.
    RemoveDestination(ServiceKey, DestinationKey),
}

/// One element of an nftables map (`nftables_ipvs`, `spec/config-virtual-server.md` section 12): packets to these addresses and this port get the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MapElement {
    /// The map of this protocol.
    pub protocol: Protocol,
    /// The addresses; their family selects the table.
    pub range: AddressRange,
    /// The port; 0 where the group names none.
    pub port: u16,
    /// The mark.
    pub mark: NonZeroU32,
}

impl MapElement {
    /// The family of the table.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.range.family()
    }
}

/// A change of nftables' maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MapChange {
    /// Add an element.
    Add(MapElement),
    /// Remove an element.
    Remove(MapElement),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_print_as_in_error_messages() {
        let address = |text: &str| ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: text.parse().unwrap(),
            port: 80,
        };
        assert_eq!(address("10.0.0.1").to_string(), "10.0.0.1:tcp:80");
        assert_eq!(address("fd00::1").to_string(), "[fd00::1]:tcp:80");
        let mark = |family| ServiceKey::Fwmark {
            family,
            mark: NonZeroU32::MIN,
        };
        assert_eq!(mark(Family::Ipv4).to_string(), "Fwm 1");
        assert_eq!(mark(Family::Ipv6).to_string(), "Fwm 1 inet6");
    }
}
