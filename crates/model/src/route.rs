//! Routes of `virtual_routes` and `static_routes` (`spec/config-vrrp.md` section 3.2).

use crate::{Family, IfName, Prefix};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How a route is put beside equal ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RouteMode {
    /// Before equal routes, like `ip route prepend`.
    #[default]
    Prepend,
    /// After equal routes.
    Append,
    /// Fail if an equal route exists.
    Add,
}

/// Next router of a route; its family may differ from the route's (RFC 8950).
pub type Gateway = IpAddr;

/// A route metric with its `lock` word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LockableMetric {
    /// The value in the kernel's unit of the metric.
    pub value: u32,
    /// `lock`: the kernel may not change it.
    pub locked: bool,
}

/// Metrics of a route (`RTAX_*`), in the kernel's own units.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RouteMetrics {
    /// `mtu` in bytes.
    pub mtu: Option<LockableMetric>,
    /// `advmss` in bytes.
    pub advmss: Option<LockableMetric>,
    /// `reordering` in packets.
    pub reordering: Option<LockableMetric>,
    /// `cwnd` in packets.
    pub cwnd: Option<LockableMetric>,
    /// `ssthresh` in packets.
    pub ssthresh: Option<LockableMetric>,
    /// `rtt` in 1/8 milliseconds.
    pub rtt: Option<LockableMetric>,
    /// `rttvar` in 1/4 milliseconds.
    pub rttvar: Option<LockableMetric>,
    /// `rto_min` in milliseconds.
    pub rto_min: Option<LockableMetric>,
    /// `window` in bytes.
    pub window: Option<u32>,
    /// `initcwnd` in packets.
    pub initcwnd: Option<u32>,
    /// `initrwnd` in packets.
    pub initrwnd: Option<u32>,
    /// `hoplimit`, 0 to 255.
    pub hoplimit: Option<u8>,
    /// `congctl` and whether it is locked.
    pub congctl: Option<(String, bool)>,
    /// `features ecn`.
    pub ecn: bool,
    /// `quickack`.
    pub quickack: Option<bool>,
    /// `fastopen_no_cookie`.
    pub fastopen_no_cookie: Option<bool>,
}

/// Tunnel encapsulation of a route or next hop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encap {
    /// `encap ip`.
    Ip {
        /// Tunnel key.
        id: Option<u64>,
        /// Tunnel destination.
        dst: Option<Ipv4Addr>,
        /// Tunnel source.
        src: Option<Ipv4Addr>,
        /// Type of service.
        tos: Option<u8>,
        /// Time to live.
        ttl: Option<u8>,
        /// Tunnel flags.
        flags: Option<u16>,
    },
    /// `encap ip6`.
    Ip6 {
        /// Tunnel key.
        id: Option<u64>,
        /// Tunnel destination.
        dst: Option<Ipv6Addr>,
        /// Tunnel source.
        src: Option<Ipv6Addr>,
        /// Traffic class.
        tc: Option<u8>,
        /// Hop limit.
        hoplimit: Option<u8>,
        /// Tunnel flags.
        flags: Option<u16>,
    },
    /// `encap mpls`: labels of 20 bits, outermost first.
    Mpls(Vec<u32>),
    /// `encap ila`: the locator, `A:B:C:D`.
    Ila(u64),
}

/// One next hop of a multipath route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NextHop {
    /// Next router.
    pub via: Option<Gateway>,
    /// Outgoing interface.
    pub dev: Option<IfName>,
    /// Share of the traffic, 1 to 256.
    pub weight: Option<u16>,
    /// The gateway is on the link although no address says so.
    pub onlink: bool,
    /// Encapsulation.
    pub encap: Option<Encap>,
    /// Realms, `FROM << 16 | TO`.
    pub realms: Option<u32>,
}

/// One route line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Route {
    /// Family of the destination.
    pub family: Family,
    /// Route type as the kernel's number (`RTN_*`); 1 is unicast.
    pub kind: u8,
    /// Destination; nothing is the default route.
    pub destination: Option<Prefix>,
    /// `from`: source prefix, IPv6 only.
    pub source: Option<Prefix>,
    /// `src`: preferred source address.
    pub preferred_source: Option<IpAddr>,
    /// `via`: next router.
    pub via: Option<Gateway>,
    /// `dev`: outgoing interface.
    pub dev: Option<IfName>,
    /// `onlink`.
    pub onlink: bool,
    /// `tos`.
    pub tos: u8,
    /// `table`; nothing is the main table (of the VRF of the interface, if it is in one).
    pub table: Option<u32>,
    /// `protocol`; 18 is keepalived.
    pub protocol: u8,
    /// `scope`; nothing lets the kernel's rules decide.
    pub scope: Option<u8>,
    /// `metric`.
    pub metric: Option<u32>,
    /// Metrics.
    pub metrics: RouteMetrics,
    /// `realms`, `FROM << 16 | TO`, IPv4 only.
    pub realms: Option<u32>,
    /// `expires` in seconds, IPv6 only.
    pub expires: Option<u32>,
    /// `pref`, IPv6 only.
    pub pref: Option<u8>,
    /// `ttl-propagate`.
    pub ttl_propagate: Option<bool>,
    /// `encap`.
    pub encap: Option<Encap>,
    /// `nexthop` entries; empty for a route with one next hop.
    pub nexthops: Vec<NextHop>,
    /// `add`, `append` or `prepend`.
    pub mode: RouteMode,
    /// `no_track`.
    pub no_track: bool,
    /// `track_group`, static routes only.
    pub track_group: Option<String>,
}

impl Route {
    /// `RTPROT_KEEPALIVED`, the protocol of everything that keepalived adds.
    pub const PROTOCOL: u8 = 18;
    /// `RTN_UNICAST`.
    pub const UNICAST: u8 = 1;

    /// A unicast route to `destination` with every option at its default.
    #[must_use]
    pub fn new(family: Family, destination: Option<Prefix>) -> Self {
        Self {
            family,
            kind: Self::UNICAST,
            destination,
            source: None,
            preferred_source: None,
            via: None,
            dev: None,
            onlink: false,
            tos: 0,
            table: None,
            protocol: Self::PROTOCOL,
            scope: None,
            metric: None,
            metrics: RouteMetrics::default(),
            realms: None,
            expires: None,
            pref: None,
            ttl_propagate: None,
            encap: None,
            nexthops: Vec::new(),
            mode: RouteMode::default(),
            no_track: false,
            track_group: None,
        }
    }
}
