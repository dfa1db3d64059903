//! How IPVS spreads connections and how it carries packets to the servers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Transport protocol of a virtual service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// TCP, protocol number 6.
    Tcp,
    /// UDP, protocol number 17.
    Udp,
    /// SCTP, protocol number 132.
    Sctp,
}

impl Protocol {
    /// The number of the IP header.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }

    /// The word in logs, mails and FIFO lines: `tcp`, `udp`, `sctp`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `lb_algo`: the scheduler of a virtual service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheduler {
    /// Round robin.
    RoundRobin,
    /// Weighted round robin.
    WeightedRoundRobin,
    /// Least connections.
    LeastConnections,
    /// Weighted least connections.
    #[default]
    WeightedLeastConnections,
    /// Locality-based least connections.
    LocalityLeastConnections,
    /// Source hashing.
    SourceHashing,
    /// Maglev hashing.
    MaglevHashing,
    /// Destination hashing.
    DestinationHashing,
    /// Weighted fail-over.
    FailOver,
    /// Weighted overflow.
    Overflow,
    /// Locality-based least connections with replication.
    LocalityReplication,
    /// Shortest expected delay.
    ShortestExpectedDelay,
    /// Never queue.
    NeverQueue,
    /// Power of two random choices.
    TwoRandomChoices,
}

impl Scheduler {
    /// All schedulers in the order of the manual.
    pub const ALL: [Self; 14] = [
        Self::RoundRobin,
        Self::WeightedRoundRobin,
        Self::LeastConnections,
        Self::WeightedLeastConnections,
        Self::LocalityLeastConnections,
        Self::SourceHashing,
        Self::MaglevHashing,
        Self::DestinationHashing,
        Self::FailOver,
        Self::Overflow,
        Self::LocalityReplication,
        Self::ShortestExpectedDelay,
        Self::NeverQueue,
        Self::TwoRandomChoices,
    ];

    /// The word of the configuration, which is the kernel's name too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "rr",
            Self::WeightedRoundRobin => "wrr",
            Self::LeastConnections => "lc",
            Self::WeightedLeastConnections => "wlc",
            Self::LocalityLeastConnections => "lblc",
            Self::SourceHashing => "sh",
            Self::MaglevHashing => "mh",
            Self::DestinationHashing => "dh",
            Self::FailOver => "fo",
            Self::Overflow => "ovf",
            Self::LocalityReplication => "lblcr",
            Self::ShortestExpectedDelay => "sed",
            Self::NeverQueue => "nq",
            Self::TwoRandomChoices => "twos",
        }
    }

    /// The scheduler of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheduler| scheduler.as_str() == name)
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The switches of a virtual service (`spec/ipvs.md` section 1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceFlags {
    /// `ops`: one-packet scheduling.
    pub one_packet: bool,
    /// `flag-1`, `sh-fallback`, `mh-fallback`.
    pub flag_1: bool,
    /// `flag-2`, `sh-port`, `mh-port`.
    pub flag_2: bool,
    /// `flag-3`.
    pub flag_3: bool,
}

/// Checksums of a tunnel that has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TunnelChecksum {
    /// `nocsum`: none.
    #[default]
    None,
    /// `csum`.
    Plain,
    /// `remcsum`: remote checksum offload; GUE only.
    Remote,
}

/// `TUN type …`: the encapsulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tunnel {
    /// IP in IP.
    #[default]
    Ipip,
    /// Generic UDP encapsulation.
    Gue {
        /// UDP port of the tunnel; never 0.
        port: u16,
        /// Checksums.
        checksum: TunnelChecksum,
    },
    /// Generic routing encapsulation; never `TunnelChecksum::Remote`.
    Gre {
        /// Checksums.
        checksum: TunnelChecksum,
    },
}

/// `lb_kind`: how packets reach a server (`spec/config-virtual-server.md` section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Forwarding {
    /// `NAT`: masquerading.
    #[default]
    Nat,
    /// `DR`: direct routing.
    DirectRouting,
    /// `TUN`: tunnelling.
    Tunnel(Tunnel),
}

impl Forwarding {
    /// Whether the server may have another family than the virtual server.
    #[must_use]
    pub const fn is_tunnel(self) -> bool {
        matches!(self, Self::Tunnel(_))
    }

    /// Whether the server sees the packets with the service's own port.
    #[must_use]
    pub const fn keeps_port(self) -> bool {
        !matches!(self, Self::Nat)
    }
}

impl fmt::Display for Forwarding {
    /// The word of the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nat => "NAT",
            Self::DirectRouting => "DR",
            Self::Tunnel(_) => "TUN",
        })
    }
}

/// Weight of a destination, 0 to 2147483647; 0 gives it no new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerWeight(u32);

impl ServerWeight {
    /// No new connections.
    pub const ZERO: Self = Self(0);
    /// `weight` where the configuration names none.
    pub const ONE: Self = Self(1);
    /// The largest weight.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// The weight nearest to `value` that is in range.
    #[must_use]
    pub fn clamp(value: i64) -> Self {
        u32::try_from(value.max(0)).map_or(Self::MAX, |value| Self(value.min(Self::MAX.0)))
    }

    /// The weight as the kernel's number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0
    }
}

impl Default for ServerWeight {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for ServerWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheduler_is_found_by_its_name() {
        for scheduler in Scheduler::ALL {
            assert_eq!(Scheduler::named(scheduler.as_str()), Some(scheduler));
        }
        assert_eq!(Scheduler::named("WLC"), None);
    }

    #[test]
    fn weights_are_clamped_to_what_the_kernel_takes() {
        assert_eq!(ServerWeight::clamp(-1), ServerWeight::ZERO);
        assert_eq!(ServerWeight::clamp(7).value(), 7);
        assert_eq!(ServerWeight::clamp(1 << 40), ServerWeight::MAX);
    }
}
