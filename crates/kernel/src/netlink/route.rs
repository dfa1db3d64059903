//! `RTM_NEWROUTE`, `RTM_DELROUTE`.

use super::message::{attributes, ip, u32_at};
use crate::operation::{Route, RouteKey, network, route_metric};
use model::{Encap, Family, IfIndex, LockableMetric, NextHop, Prefix, RouteMetrics, RouteMode};
use netlink_packet_core::{DefaultNla, Nla};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{
    MplsLabel, RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteIp6Tunnel, RouteIp6TunnelFlags,
    RouteIpTunnel, RouteIpTunnelFlags, RouteLwEnCapType, RouteLwTunnelEncap, RouteMessage, RouteMetric,
    RouteMplsIpTunnel, RouteMplsTtlPropagation, RouteNextHop, RouteNextHopFlags, RoutePreference,
    RouteProtocol, RouteRealm, RouteScope, RouteType, RouteVia,
};
use std::net::IpAddr;

/// Bytes of `struct rtmsg`.
const HEADER_LEN: usize = 12;

const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;

/// The flags of the request that adds a route.
pub(crate) const fn addition_flags(mode: RouteMode) -> u16 {
    match mode {
        RouteMode::Prepend => NLM_F_CREATE,
        RouteMode::Append => NLM_F_CREATE | NLM_F_APPEND,
        RouteMode::Add => NLM_F_CREATE | NLM_F_EXCL,
    }
}

/// The request body that adds a route.
pub(crate) fn addition(route: &Route) -> RouteMessage {
    let line = &route.line;
    let mut message = identification(route);
    message.header.scope = line.scope.map_or_else(|| default_scope(line), RouteScope::from);
    let attributes = &mut message.attributes;
    if let Some(source) = line.preferred_source {
        attributes.push(RouteAttribute::PrefSource(source.into()));
    }
    let metrics = metrics(&line.metrics);
    if !metrics.is_empty() {
        attributes.push(RouteAttribute::Metrics(metrics));
    }
    if let Some(realms) = line.realms {
        attributes.push(RouteAttribute::Realm(realm(realms)));
    }
    if let Some(seconds) = line.expires {
        attributes.push(RouteAttribute::Expires(seconds));
    }
    if let Some(preference) = line.pref {
        attributes.push(RouteAttribute::Preference(RoutePreference::from(preference)));
    }
    if let Some(propagate) = line.ttl_propagate {
        attributes.push(RouteAttribute::TtlPropagate(if propagate {
            RouteMplsTtlPropagation::Enabled
        } else {
            RouteMplsTtlPropagation::Disabled
        }));
    }
    if let Some(encapsulation) = &line.encap {
        attributes.extend(encap(encapsulation));
    }
    message
}

/// The request body that removes a route. A scope that is not given matches every one.
pub(crate) fn removal(route: &Route) -> RouteMessage {
    let mut message = identification(route);
    message.header.scope = route.line.scope.map_or(RouteScope::NoWhere, RouteScope::from);
    message
}

/// What both requests have: destination, table, metric, next hops.
fn identification(route: &Route) -> RouteMessage {
    let line = &route.line;
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: match line.family {
            Family::Ipv4 => AddressFamily::Inet,
            Family::Ipv6 => AddressFamily::Inet6,
        },
        destination_prefix_length: line.destination.map_or(0, |destination| destination.len),
        source_prefix_length: line.source.map_or(0, |source| source.len),
        tos: line.tos,
        // Larger numbers are in the attribute only.
        table: u8::try_from(route.table).unwrap_or(0),
        protocol: RouteProtocol::from(line.protocol),
        kind: RouteType::from(line.kind),
        flags: if line.onlink {
            RouteFlags::Onlink
        } else {
            RouteFlags::empty()
        },
        ..RouteHeader::default()
    };
    let attributes = &mut message.attributes;
    attributes.push(RouteAttribute::Table(route.table));
    if let Some(destination) = line.destination.and_then(network) {
        attributes.push(RouteAttribute::Destination(destination.address.into()));
    }
    if let Some(source) = line.source.and_then(network) {
        attributes.push(RouteAttribute::Source(source.address.into()));
    }
    if let Some(metric) = line.metric {
        attributes.push(RouteAttribute::Priority(metric));
    }
    if let Some(via) = line.via {
        attributes.push(gateway(line.family, via));
    }
    if let Some(interface) = route.interface {
        attributes.push(RouteAttribute::Oif(interface.value()));
    }
    if !line.nexthops.is_empty() {
        attributes.push(RouteAttribute::MultiPath(
            line.nexthops
                .iter()
                .zip(&route.nexthop_interfaces)
                .map(|(nexthop, interface)| next_hop(line.family, nexthop, *interface))
                .collect(),
        ));
    }
    message
}

/// The scope that `ip route add` would choose.
fn default_scope(line: &model::Route) -> RouteScope {
    let direct = line.via.is_none() && line.nexthops.is_empty();
    match RouteType::from(line.kind) {
        _ if line.family == Family::Ipv6 => RouteScope::Universe,
        RouteType::Local | RouteType::Nat => RouteScope::Host,
        RouteType::Broadcast | RouteType::Multicast | RouteType::Anycast => RouteScope::Link,
        RouteType::Unicast | RouteType::Unspec if direct => RouteScope::Link,
        _ => RouteScope::Universe,
    }
}

fn gateway(family: Family, via: IpAddr) -> RouteAttribute {
    if Family::of(via) == family {
        RouteAttribute::Gateway(RouteAddress::from(via))
    } else {
        RouteAttribute::Via(RouteVia::from(via))
    }
}

fn realm(realms: u32) -> RouteRealm {
    let [source, destination] =
        [realms >> 16, realms & 0xffff].map(|half| u16::try_from(half).expect("half of 32 bits"));
    RouteRealm { source, destination }
}

fn next_hop(family: Family, line: &NextHop, interface: Option<IfIndex>) -> RouteNextHop {
    let mut nexthop = RouteNextHop::default();
    nexthop.interface_index = interface.map_or(0, IfIndex::value);
    // The kernel counts from 0, the configuration from 1.
    nexthop.hops = line
        .weight
        .and_then(|weight| u8::try_from(weight.saturating_sub(1)).ok())
        .unwrap_or(0);
    if line.onlink {
        nexthop.flags = RouteNextHopFlags::Onlink;
    }
    if let Some(via) = line.via {
        nexthop.attributes.push(gateway(family, via));
    }
    if let Some(realms) = line.realms {
        nexthop.attributes.push(RouteAttribute::Realm(realm(realms)));
    }
    if let Some(encapsulation) = &line.encap {
        nexthop.attributes.extend(encap(encapsulation));
    }
    nexthop
}

fn metrics(metrics: &RouteMetrics) -> Vec<RouteMetric> {
    const FEATURE_ECN: u32 = 1;
    let mut list = Vec::new();
    let mut locked = 0;
    let mut lockable = |metric: Option<LockableMetric>, make: fn(u32) -> RouteMetric| {
        if let Some(metric) = metric {
            let metric_of = make(metric.value);
            if metric.locked {
                locked |= 1 << metric_of.kind();
            }
            list.push(metric_of);
        }
    };
    lockable(metrics.mtu, RouteMetric::Mtu);
    lockable(metrics.advmss, RouteMetric::Advmss);
    lockable(metrics.reordering, RouteMetric::Reordering);
    lockable(metrics.cwnd, RouteMetric::Cwnd);
    lockable(metrics.ssthresh, RouteMetric::SsThresh);
    lockable(metrics.rtt, RouteMetric::Rtt);
    lockable(metrics.rttvar, RouteMetric::RttVar);
    lockable(metrics.rto_min, RouteMetric::RtoMin);
    if let Some((algorithm, lock)) = &metrics.congctl {
        let metric = RouteMetric::CcAlgo(algorithm.clone());
        if *lock {
            locked |= 1 << metric.kind();
        }
        list.push(metric);
    }
    list.extend(metrics.window.map(RouteMetric::Window));
    list.extend(metrics.initcwnd.map(RouteMetric::InitCwnd));
    list.extend(metrics.initrwnd.map(RouteMetric::InitRwnd));
    list.extend(metrics.hoplimit.map(u32::from).map(RouteMetric::Hoplimit));
    list.extend(metrics.ecn.then_some(RouteMetric::Features(FEATURE_ECN)));
    list.extend(metrics.quickack.map(u32::from).map(RouteMetric::QuickAck));
    list.extend(
        metrics
            .fastopen_no_cookie
            .map(u32::from)
            .map(RouteMetric::FastopenNoCookie),
    );
    if locked != 0 {
        list.push(RouteMetric::Lock(locked));
    }
    list
}

fn encap(encap: &Encap) -> [RouteAttribute; 2] {
    let (kind, parts): (_, Vec<RouteLwTunnelEncap>) = match encap {
        Encap::Ip {
            id,
            dst,
            src,
            tos,
            ttl,
            flags,
        } => (
            RouteLwEnCapType::Ip,
            [
                id.map(RouteIpTunnel::Id),
                dst.map(RouteIpTunnel::Destination),
                src.map(RouteIpTunnel::Source),
                tos.map(RouteIpTunnel::Tos),
                ttl.map(RouteIpTunnel::Ttl),
                flags.map(|flags| RouteIpTunnel::Flags(RouteIpTunnelFlags::from_bits_retain(flags))),
            ]
            .into_iter()
            .flatten()
            .map(RouteLwTunnelEncap::Ip)
            .collect(),
        ),
        Encap::Ip6 {
            id,
            dst,
            src,
            tc,
            hoplimit,
            flags,
        } => (
            RouteLwEnCapType::Ip6,
            [
                id.map(RouteIp6Tunnel::Id),
                dst.map(RouteIp6Tunnel::Destination),
                src.map(RouteIp6Tunnel::Source),
                tc.map(RouteIp6Tunnel::Tc),
                hoplimit.map(RouteIp6Tunnel::Hoplimit),
                flags.map(|flags| RouteIp6Tunnel::Flags(RouteIp6TunnelFlags::from_bits_retain(flags))),
            ]
            .into_iter()
            .flatten()
            .map(RouteLwTunnelEncap::Ip6)
            .collect(),
        ),
        Encap::Mpls(labels) => (RouteLwEnCapType::Mpls, vec![mpls(labels)]),
        Encap::Ila(locator) => {
            const LOCATOR: u16 = 1;
            let locator = DefaultNla::new(LOCATOR, locator.to_be_bytes().to_vec());
            (RouteLwEnCapType::Ila, vec![RouteLwTunnelEncap::Other(locator)])
        }
    };
    [RouteAttribute::EncapType(kind), RouteAttribute::Encap(parts)]
}

fn mpls(labels: &[u32]) -> RouteLwTunnelEncap {
    let last = labels.len().saturating_sub(1);
    RouteLwTunnelEncap::Mpls(RouteMplsIpTunnel::Destination(
        labels
            .iter()
            .enumerate()
            .map(|(position, label)| MplsLabel {
                label: *label,
                traffic_class: 0,
                bottom_of_stack: position == last,
                ttl: 0,
            })
            .collect(),
    ))
}

/// The key of the route that a dump or a notification names; nothing for a route of another protocol than
/// keepalived's.
pub(crate) fn decode_ours(payload: &[u8]) -> Option<RouteKey> {
    const PROTOCOL_AT: usize = 5;
    (*payload.get(PROTOCOL_AT)? == model::Route::PROTOCOL)
        .then(|| decode(payload))
        .flatten()
}

fn decode(payload: &[u8]) -> Option<RouteKey> {
    let header = payload.get(..HEADER_LEN)?;
    let family = match i32::from(header[0]) {
        libc::AF_INET => Family::Ipv4,
        libc::AF_INET6 => Family::Ipv6,
        _ => return None,
    };
    let mut key = RouteKey {
        family,
        table: u32::from(header[4]),
        destination: None,
        source: None,
        tos: header[3],
        metric: 0,
        kind: header[7],
        via: None,
        interface: None,
    };
    for (kind, value) in attributes(&payload[HEADER_LEN..]) {
        let prefix = |len: u8| ip(value).and_then(|address| network(Prefix { address, len }));
        match kind {
            libc::RTA_DST => key.destination = prefix(header[1]),
            libc::RTA_SRC => key.source = prefix(header[2]),
            libc::RTA_TABLE => key.table = u32_at(value, 0).unwrap_or(key.table),
            libc::RTA_PRIORITY => key.metric = u32_at(value, 0).unwrap_or(0),
            libc::RTA_GATEWAY => key.via = ip(value),
            libc::RTA_VIA => key.via = value.get(2..).and_then(ip),
            libc::RTA_OIF => key.interface = u32_at(value, 0).and_then(IfIndex::new),
            libc::RTA_MULTIPATH => (key.via, key.interface) = first_next_hop(value),
            _ => {}
        }
    }
    key.metric = route_metric(family, Some(key.metric));
    Some(key)
}

/// Next router and interface of the first `struct rtnexthop`.
fn first_next_hop(value: &[u8]) -> (Option<IpAddr>, Option<IfIndex>) {
    const NEXT_HOP_LEN: usize = 8;
    let interface = u32_at(value, 4).and_then(IfIndex::new);
    let len = super::message::u16_at(value, 0).map_or(0, usize::from);
    let via = value
        .get(NEXT_HOP_LEN..len)
        .into_iter()
        .flat_map(attributes)
        .find_map(|(kind, value)| match kind {
            libc::RTA_GATEWAY => ip(value),
            libc::RTA_VIA => value.get(2..).and_then(ip),
            _ => None,
        });
    (via, interface)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable;

    /// The attributes of the encapsulation in a request, as bytes.
    fn encoded(encapsulation: &Encap) -> Vec<u8> {
        let attributes = encap(encapsulation);
        let mut bytes = vec![0; attributes.as_slice().buffer_len()];
        attributes.as_slice().emit(&mut bytes);
        bytes
    }

    /// Encapsulations that many kernels do not have, so that only the bytes can be looked at: `linux/mpls_iptunnel.h`,
    /// `linux/ila.h`.
    #[test]
    fn rare_encapsulations_are_as_the_kernel_reads_them() {
        let [mpls, ila] = [1, 3].map(|kind| [6, 0, 21, 0, kind, 0, 0, 0]);
        let labels = encoded(&Encap::Mpls(vec![100, 200]));
        assert_eq!(labels[..8], mpls);
        // 20 bits of label, and the bottom of the stack at the last one.
        assert_eq!(labels[12..], [12, 0, 1, 0, 0, 0x06, 0x40, 0, 0, 0x0c, 0x81, 0]);
        let locator = encoded(&Encap::Ila(0x0001_0002_0003_0004));
        assert_eq!(locator[..8], ila);
        assert_eq!(locator[12..], [12, 0, 1, 0, 0, 1, 0, 2, 0, 3, 0, 4]);
    }
}
