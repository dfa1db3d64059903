//! Routes with their interfaces and table resolved.

use super::UnknownInterface;
use model::interface::{Interfaces, LinkKind};
use model::{Family, IfIndex, IfName, Prefix};
use std::fmt;
use std::net::IpAddr;

/// A route of the configuration and what its names mean at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The route as configured.
    pub line: model::Route,
    /// Number of the table.
    pub table: u32,
    /// Index of `dev`.
    pub interface: Option<IfIndex>,
    /// Index of `dev` of each next hop.
    pub nexthop_interfaces: Vec<Option<IfIndex>>,
}

/// What the kernel's notification of a route and a configured route have in common.
///
/// IPv4 allows equal destinations with other next hops side by side, so the first next hop is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteKey {
    /// Family.
    pub family: Family,
    /// Number of the table.
    pub table: u32,
    /// Destination with the host bits cleared; nothing is the default route.
    pub destination: Option<Prefix>,
    /// Source prefix, IPv6 only.
    pub source: Option<Prefix>,
    /// Type of service.
    pub tos: u8,
    /// Metric; 0 and, for IPv6, 1024 are what a route without one gets.
    pub metric: u32,
    /// `RTN_*`.
    pub kind: u8,
    /// Next router, of the first next hop.
    pub via: Option<IpAddr>,
    /// Outgoing interface of the first next hop, where it is known.
    pub interface: Option<IfIndex>,
}

impl Route {
    /// `RT_TABLE_MAIN`.
    pub const MAIN: u32 = 254;

    /// Resolves the names of a route.
    ///
    /// A route without table goes into the main table, or into that of the VRF that its interface belongs to.
    pub fn resolve(line: &model::Route, interfaces: &Interfaces) -> Result<Self, UnknownInterface> {
        let index_of = |name: &Option<IfName>| -> Result<Option<IfIndex>, UnknownInterface> {
            name.as_ref()
                .map(|name| {
                    interfaces
                        .by_name(name.as_str())
                        .map(|interface| interface.index)
                        .ok_or_else(|| UnknownInterface(name.clone()))
                })
                .transpose()
        };
        let interface = index_of(&line.dev)?;
        let nexthop_interfaces = line
            .nexthops
            .iter()
            .map(|nexthop| index_of(&nexthop.dev))
            .collect::<Result<Vec<_>, _>>()?;
        let vrf_table = || {
            let first = interface.or_else(|| nexthop_interfaces.iter().copied().flatten().next())?;
            let vrf = interfaces.by_index(interfaces.by_index(first)?.master?)?;
            match vrf.kind {
                LinkKind::Vrf { table } => Some(table),
                _ => None,
            }
        };
        Ok(Self {
            table: line.table.or_else(vrf_table).unwrap_or(Self::MAIN),
            interface,
            nexthop_interfaces,
            line: line.clone(),
        })
    }

    /// What identifies it.
    #[must_use]
    pub fn key(&self) -> RouteKey {
        let first = self.line.nexthops.first();
        RouteKey {
            family: self.line.family,
            table: self.table,
            destination: self.line.destination.and_then(network),
            source: self.line.source.and_then(network),
            tos: self.line.tos,
            metric: route_metric(self.line.family, self.line.metric),
            kind: self.line.kind,
            via: self.line.via.or_else(|| first.and_then(|nexthop| nexthop.via)),
            interface: self
                .interface
                .or_else(|| self.nexthop_interfaces.first().copied().flatten()),
        }
    }
}

impl RouteKey {
    /// Whether a route with this key, as the kernel reports it, is the one that was asked for with `wanted`.
    ///
    /// The kernel reports the outgoing interface also where only a next router was asked for.
    #[must_use]
    pub fn is(&self, wanted: &Self) -> bool {
        let interface = wanted.interface.and(self.interface);
        Self { interface, ..*self } == *wanted
    }
}

/// The metric that the kernel gives a route.
pub(crate) fn route_metric(family: Family, metric: Option<u32>) -> u32 {
    match family {
        Family::Ipv4 => metric.unwrap_or(0),
        // IP6_RT_PRIO_USER stands for both "none" and 0.
        Family::Ipv6 => metric.filter(|metric| *metric != 0).unwrap_or(1024),
    }
}

/// The prefix with its host bits cleared, or nothing for a prefix of no bits, which is the default. A length beyond the
/// address, which only a garbled message has, means all of it.
pub(crate) fn network(prefix: Prefix) -> Option<Prefix> {
    if prefix.len == 0 {
        return None;
    }
    let address = match prefix.address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX << 32_u32.saturating_sub(u32::from(prefix.len));
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX << 128_u32.saturating_sub(u32::from(prefix.len));
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    };
    Some(Prefix {
        address,
        len: prefix.len,
    })
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = &self.line;
        f.write_str("route ")?;
        match line.destination {
            Some(destination) => write!(f, "{destination}")?,
            None => f.write_str("default")?,
        }
        if let Some(via) = line.via {
            write!(f, " via {via}")?;
        }
        if let Some(dev) = &line.dev {
            write!(f, " dev {dev}")?;
        }
        for nexthop in &line.nexthops {
            f.write_str(" nexthop")?;
            if let Some(via) = nexthop.via {
                write!(f, " via {via}")?;
            }
            if let Some(dev) = &nexthop.dev {
                write!(f, " dev {dev}")?;
            }
        }
        if let Some(metric) = line.metric {
            write!(f, " metric {metric}")?;
        }
        if self.table != Self::MAIN {
            write!(f, " table {}", self.table)?;
        }
        Ok(())
    }
}
