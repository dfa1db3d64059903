//! Addresses of this host and of its peers, as a configuration copied from the other router has them wrong.

use super::places::{entry, keyword};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use crate::tree::Statement;
use crate::values::address::peer_address;
use model::{Instance, Transport, VirtualLink};
use std::net::IpAddr;

pub(super) fn look(instance: &Instance, block: Statement<'_>, cx: &mut Context<'_>) {
    let is_here = |ip: IpAddr| {
        let mut addresses = cx.env.interfaces.0.iter().flat_map(|own| &own.addresses);
        addresses.any(|own| own.prefix.address == ip)
    };
    let mut hints = Vec::new();
    if let Transport::Unicast { peers, .. } = &instance.transport
        && let Some(own) = peers.iter().find(|peer| is_here(peer.address))
    {
        let message = format!(
            "({}) the peer {} is this host: it would send adverts to itself",
            instance.name, own.address
        );
        let at = entry(block, &["unicast_peer"], |word| {
            peer_address(word) == Some(own.address)
        });
        hints.push(
            Diagnostic::note(Code::PEER_IS_THIS_HOST, message).at(at.unwrap_or_else(|| block.span()), ""),
        );
    }
    let made_here = matches!(instance.virtual_link, Some(VirtualLink::Ipvlan { .. }));
    if let Some(source) = instance.source
        && !made_here
        && !instance.track_src_ip
        && !cx.dynamic_interfaces
        && !is_here(source)
    {
        let message = format!(
            "({}) the source address {source} is on no interface of this host",
            instance.name
        );
        let at = keyword(block, &["unicast_src_ip", "mcast_src_ip"]);
        hints.push(
            Diagnostic::note(Code::SOURCE_NOT_HERE, message).at(at.unwrap_or_else(|| block.span()), ""),
        );
    }
    for hint in hints {
        cx.hint(hint);
    }
}
