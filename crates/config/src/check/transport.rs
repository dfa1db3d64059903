//! How adverts travel (`spec/config-vrrp.md` sections 1.2 and 4.2).

use super::instance::Facts;
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::lower::{Context, InstanceDraft};
use model::interface::{Interface, is_link_local};
use model::{ConfigFault, Family, IfName, Transport, VrrpGlobals};
use std::net::IpAddr;

/// The transport of an instance. Peers decide between unicast and multicast.
pub(super) fn complete(
    draft: &mut InstanceDraft,
    facts: &mut Facts,
    globals: &VrrpGlobals,
    interface: Option<&Interface>,
    cx: &mut Context<'_>,
) -> Transport {
    let default_group = match facts.family {
        Family::Ipv4 => IpAddr::V4(globals.mcast_group4),
        Family::Ipv6 => IpAddr::V6(globals.mcast_group6),
    };
    let group = draft.mcast_dst_ip.map_or(default_group, |group| group.value);
    let peers: Vec<_> = draft.peers.iter().map(|peer| peer.value).collect();
    if peers.is_empty() {
        without_peers(draft, facts, interface, cx);
        return Transport::Multicast { group };
    }
    let name = &facts.name;
    if let Some(group) = draft.mcast_dst_ip {
        let message = format!("({name}) `mcast_dst_ip` beside unicast peers is ignored");
        cx.error(Code::CONFLICT, group.span, message);
    }
    if facts.strict && interface.is_some_and(|interface| interface.multicast) {
        let message =
            format!("({name}) strict mode does not allow unicast peers on an interface that can multicast");
        let at = draft.peers.first().map_or(draft.name.span, |peer| peer.span);
        cx.push(
            Diagnostic::error(Code::STRICT_MODE, Class::GeneralError, message)
                .at(at, "")
                .stops(Stop::Permanent),
        );
    }
    Transport::Unicast {
        peers,
        check_source: draft.check_unicast_src || globals.check_unicast_src,
        ttl: draft.unicast_ttl.map(|ttl| ttl.value),
        checksum: draft.unicast_checksum,
        old_checksum_group: group,
    }
}

fn without_peers(
    draft: &InstanceDraft,
    facts: &mut Facts,
    interface: Option<&Interface>,
    cx: &mut Context<'_>,
) {
    let name = &facts.name;
    if let Some(keyword) = draft.unicast_keyword {
        if draft.unicast_fault_no_peer {
            cx.log(
                Code::NO_PEERS,
                keyword,
                format!("({name}) stays in FAULT: it is meant for unicast and has no peer"),
            );
            facts.faults.push(ConfigFault::NoUnicastPeer);
        } else {
            let message = format!("({name}) is meant for unicast and has no peer; multicast is used");
            cx.push(
                Diagnostic::warning(Code::NO_PEERS, Class::Deprecated, message)
                    .at(keyword, "")
                    .help("`unicast_fault_no_peer` keeps it in FAULT instead"),
            );
        }
    }
    if let Some(interface) = interface
        && !interface.multicast
        && !facts.faults.contains(&ConfigFault::NoUnicastPeer)
    {
        let at = draft
            .interface
            .as_ref()
            .map_or(draft.name.span, |interface| interface.span);
        let message = format!(
            "({name}) interface {} cannot multicast and there is no unicast peer; the instance stays in FAULT",
            interface.name
        );
        cx.error(Code::NO_MULTICAST, at, message);
        facts.faults.push(ConfigFault::NoMulticast);
    }
}

/// The VRF of an instance, which only unicast without interface can use.
pub(super) fn vrf(draft: &mut InstanceDraft, facts: &Facts, cx: &mut Context<'_>) -> Option<IfName> {
    let vrf = draft.vrf.take()?;
    let why = if draft.interface.is_some() {
        "beside `interface`"
    } else if draft.peers.is_empty() {
        "without unicast peers"
    } else {
        return Some(vrf.value);
    };
    cx.error(
        Code::CONFLICT,
        vrf.span,
        format!("({}) `vrf` {why} is ignored", facts.name),
    );
    None
}

/// What an instance without interface lacks to send anything.
pub(super) fn source(draft: &InstanceDraft, facts: &Facts, cx: &mut Context<'_>) -> bool {
    if draft.interface.is_some() {
        return true;
    }
    let (span, why) = match draft.source {
        None => (draft.name.span, "has neither an interface nor a source address"),
        Some(source) => match source.value {
            IpAddr::V6(address) if is_link_local(address) => (
                source.span,
                "needs an interface for its link-local source address",
            ),
            _ => return true,
        },
    };
    let message = format!("({}) {why}", facts.name);
    cx.push(
        Diagnostic::error(Code::NO_INTERFACE, Class::GeneralError, message)
            .at(span, "")
            .stops(Stop::Permanent),
    );
    false
}
