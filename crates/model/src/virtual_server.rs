//! `virtual_server` (`spec/config-virtual-server.md`), checked and completed.

use crate::{
    CheckDefaults, Command, Family, Forwarding, Protocol, RealServer, Scheduler, Secret, ServerName,
    ServerWeight, ServiceFlags, TrackFile, VirtualServerGroup, VirtualServerName,
};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::num::NonZeroU32;

/// What the checker process needs beside the globals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsConfiguration {
    /// `virtual_server`, in file order.
    pub virtual_servers: Vec<VirtualServer>,
    /// `virtual_server_group`, those that are used.
    pub groups: Vec<VirtualServerGroup>,
    /// `track_file`, those that a `FILE_CHECK` follows.
    pub track_files: Vec<TrackFile>,
    /// `SSL { … }`.
    pub ssl: SslIdentity,
}

impl LvsConfiguration {
    /// Whether there is nothing that would make a checker process useful.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.virtual_servers.is_empty()
    }
}

/// `SSL { … }`: the client's side of every `SSL_GET` (`spec/checkers.md` section 5.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SslIdentity {
    /// `password` of the private key.
    pub password: Option<Secret>,
    /// `ca`: file of trusted certificates.
    pub ca: Option<String>,
    /// `certificate`: file of the client's certificate chain.
    pub certificate: Option<String>,
    /// `key`: file of the private key.
    pub key: Option<String>,
}

/// What clients address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Frontend {
    /// One address; port 0 is any port and needs persistence.
    Address(SocketAddr),
    /// Packets with a firewall mark.
    Fwmark(NonZeroU32),
    /// Every entry of a group.
    Group {
        /// Name of the group, which exists.
        name: String,
        /// Place of this server among those that use the group, from 0.
        index: u32,
    },
}

/// `persistence_…`: one client stays with one server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Persistence {
    /// `persistence_timeout`, 1 to 2678400 s.
    pub timeout: u32,
    /// `persistence_granularity` as prefix length; nothing is the whole address. A netmask with holes is kept
    /// as it is.
    pub granularity: Option<Granularity>,
    /// `persistence_engine`, at most 16 bytes.
    pub engine: Option<String>,
}

/// Which bits of the client's address count for persistence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Granularity {
    /// An IPv4 netmask in the bit order of [`std::net::Ipv4Addr::to_bits`].
    Netmask(u32),
    /// An IPv6 prefix length, 1 to 128.
    PrefixLength(u8),
}

/// `quorum` and `hysteresis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Quorum {
    /// Least total weight of the servers that are alive.
    pub quorum: u32,
    /// Distance between gaining and losing the quorum; less than `quorum` unless that is 0.
    pub hysteresis: u32,
}

impl Default for Quorum {
    fn default() -> Self {
        Self {
            quorum: 1,
            hysteresis: 0,
        }
    }
}

impl Quorum {
    /// Total weight at which a lost quorum is gained.
    #[must_use]
    pub fn gained_at(self) -> u64 {
        u64::from(self.quorum) + u64::from(self.hysteresis)
    }

    /// Total weight below which a gained quorum is lost; a weight of 0 loses it in any case.
    #[must_use]
    pub fn lost_below(self) -> u64 {
        u64::from(self.quorum.saturating_sub(self.hysteresis))
    }
}

/// `sorry_server`: serves while the quorum is lost; its weight is always 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SorryServer {
    /// Address and port; the port may be 0.
    pub address: SocketAddr,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// `sorry_server_inhibit`: stays in IPVS with weight 0 while it is not needed.
    pub inhibit_on_failure: bool,
}

/// One `virtual_server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// What clients address.
    pub frontend: Frontend,
    /// The family of its services; nothing for a group with addresses of both, which has services of both.
    pub family: Option<Family>,
    /// `protocol`; nothing for a service of firewall marks alone.
    pub protocol: Option<Protocol>,
    /// `lb_algo`.
    pub scheduler: Scheduler,
    /// `ops`, `flag-…`.
    pub flags: ServiceFlags,
    /// `persistence_…`.
    pub persistence: Option<Persistence>,
    /// `lb_kind`; has been copied into the servers.
    pub forwarding: Forwarding,
    /// `quorum`, `hysteresis`.
    pub quorum: Quorum,
    /// `quorum_up`.
    pub quorum_up: Option<Box<Command>>,
    /// `quorum_down`.
    pub quorum_down: Option<Box<Command>>,
    /// `ha_suspend`: checks run only while the address is on a local interface.
    pub ha_suspend: bool,
    /// `omega`: notifications of a stop are issued.
    pub omega: bool,
    /// `inhibit_on_failure`; has been copied into the servers.
    pub inhibit_on_failure: bool,
    /// `smtp_alert`, resolved over the global defaults: mails when the quorum is gained or lost.
    pub smtp_alert: bool,
    /// `weight`; has been copied into the servers.
    pub weight: ServerWeight,
    /// `virtualhost`; has been copied into the checkers.
    pub virtual_host: Option<String>,
    /// `snmp_name`.
    pub snmp_name: Option<String>,
    /// Defaults of the checks; have been copied into the checkers.
    pub defaults: CheckDefaults,
    /// `sorry_server`.
    pub sorry_server: Option<Box<SorryServer>>,
    /// `real_server`, in file order; never empty, no address and port twice.
    pub real_servers: Vec<RealServer>,
}

impl VirtualServer {
    /// A server of `frontend` with every setting at its default and no real server yet.
    #[must_use]
    pub fn new(frontend: Frontend) -> Self {
        let (family, protocol) = match frontend {
            Frontend::Address(address) => (Some(Family::of(address.ip())), Some(Protocol::Udp)),
            Frontend::Fwmark(_) => (Some(Family::Ipv4), None),
            Frontend::Group { .. } => (None, Some(Protocol::Udp)),
        };
        Self {
            frontend,
            family,
            protocol,
            scheduler: Scheduler::default(),
            flags: ServiceFlags::default(),
            persistence: None,
            forwarding: Forwarding::default(),
            quorum: Quorum::default(),
            quorum_up: None,
            quorum_down: None,
            ha_suspend: false,
            omega: false,
            inhibit_on_failure: false,
            smtp_alert: false,
            weight: ServerWeight::default(),
            virtual_host: None,
            snmp_name: None,
            defaults: CheckDefaults::default(),
            sorry_server: None,
            real_servers: Vec::new(),
        }
    }

    /// The name in logs, mails and FIFO lines.
    #[must_use]
    pub fn name(&self) -> VirtualServerName {
        match &self.frontend {
            Frontend::Address(address) => VirtualServerName::Address(ServerName {
                address: *address,
                protocol: self.protocol,
            }),
            Frontend::Fwmark(mark) => VirtualServerName::Fwmark(*mark),
            Frontend::Group { name, index } => VirtualServerName::Group {
                name: name.as_str().into(),
                index: *index,
            },
        }
    }

    /// The name of one of its servers.
    #[must_use]
    pub const fn server_name(&self, address: SocketAddr) -> ServerName {
        ServerName {
            address,
            protocol: self.protocol,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_stand_on_both_sides_of_the_quorum() {
        let quorum = Quorum {
            quorum: 2,
            hysteresis: 1,
        };
        assert_eq!((quorum.gained_at(), quorum.lost_below()), (3, 1));
        assert_eq!(
            Quorum {
                quorum: 0,
                hysteresis: 0
            }
            .lost_below(),
            0
        );
        assert_eq!(
            Quorum {
                quorum: u32::MAX,
                hysteresis: u32::MAX
            }
            .gained_at(),
            u64::from(u32::MAX) * 2
        );
    }
}
