//! How adverts travel (`spec/config-vrrp.md` section 1.2).

use super::super::{Keyword, strict};
use super::fix_family;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, InstanceDraft};
use crate::tree::{Statement, Word};
use crate::values::address::{address, peer_address};
use model::{Family, Peer, UnicastChecksum};
use std::net::IpAddr;

type Row = Keyword<InstanceDraft>;

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::line("mcast_src_ip", "ADDR", source)
        .default("the first address of the interface")
        .means("Source of adverts"),
    Row::line("unicast_src_ip", "ADDR", |i, line, cx| {
        i.unicast_keyword.get_or_insert(line.span());
        source(i, line, cx);
    })
    .default("the first address of the interface")
    .means("Source of unicast adverts"),
    Row::flag("track_src_ip", |i, _| i.track_src_ip = true)
        .default("off")
        .means("FAULT while the configured source address is absent"),
    Row::line("mcast_dst_ip", "ADDR", mcast_dst_ip)
        .default("vrrp_mcast_group4 or vrrp_mcast_group6")
        .means("Multicast group of the adverts"),
    Row::lines("unicast_peer", "ADDR [min_ttl N] [max_ttl N]", |i, block, cx| {
        // An empty block asks for unicast too.
        i.unicast_keyword.get_or_insert(block.span());
        for line in block.entries() {
            peer(i, line, cx);
        }
    })
    .range("TTLs 0 to 255")
    .means("Send adverts to these routers instead of a multicast group"),
    Row::flag("check_unicast_src", |i, span| {
        i.unicast_keyword.get_or_insert(span);
        i.check_unicast_src = true;
    })
    .default("vrrp_check_unicast_src")
    .means("Accept adverts of the configured peers only"),
    Row::flag("unicast_fault_no_peer", |i, span| {
        i.unicast_keyword.get_or_insert(span);
        i.unicast_fault_no_peer = true;
    })
    .default("off")
    .means("Without any peer go to FAULT instead of using multicast"),
    Row::integer("unicast_ttl", "N", strict(0, 255), |i, n| {
        i.unicast_ttl = Some(n.narrow());
    })
    .default("255 for IPv4, the kernel's for IPv6")
    .means("TTL or hop limit of unicast adverts"),
    Row::line("old_unicast_checksum", "[never]", |i, line, cx| {
        i.unicast_keyword.get_or_insert(line.span());
        match line.argument(0) {
            None => i.unicast_checksum = UnicastChecksum::Old,
            Some(word) if word.text() == "never" => i.unicast_checksum = UnicastChecksum::Never,
            Some(word) => cx.unknown_option("old_unicast_checksum", word, &["never"]),
        }
    })
    .default("detected")
    .means("Use, or never detect, the checksum of unicast adverts over IPv4 before version 1.3.7"),
];

fn malformed(i: &InstanceDraft, what: &str, word: Word<'_>, cx: &mut Context<'_>) {
    let message = format!("({}) `{what}`: '{}' is no address", i.name.value, word.text());
    cx.error(Code::INVALID_ADDRESS, word.span(), message);
}

fn source(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let what = line.name().text();
    let Some(source) = peer_address(word.text()) else {
        return malformed(i, what, word, cx);
    };
    let object = format!("source address {source}");
    if fix_family(i, Family::of(source), word.span(), &object, cx) {
        i.source = Some(At::new(source, word.span()));
    }
}

fn mcast_dst_ip(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(group) = address(word.text()) else {
        return malformed(i, "mcast_dst_ip", word, cx);
    };
    let usable = match group {
        IpAddr::V4(group) => group.is_multicast(),
        IpAddr::V6(group) => group.is_multicast() && group.octets()[1] & 0x0f == 2,
    };
    if !usable {
        let message = format!(
            "({}) {group} is no multicast group for VRRP; the line is skipped",
            i.name.value
        );
        return cx.push(
            Diagnostic::error(Code::INVALID_ADDRESS, Class::GeneralError, message)
                .at(word.span(), "IPv6 groups have to be link-local"),
        );
    }
    if fix_family(
        i,
        Family::of(group),
        word.span(),
        &format!("multicast group {group}"),
        cx,
    ) {
        i.mcast_dst_ip = Some(At::new(group, word.span()));
    }
}

fn peer(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let word = line.name();
    let Some(address) = peer_address(word.text()) else {
        return malformed(i, "unicast_peer", word, cx);
    };
    if !fix_family(
        i,
        Family::of(address),
        word.span(),
        &format!("peer {address}"),
        cx,
    ) {
        return;
    }
    if let Some(first) = i.peers.iter().find(|peer| peer.value.address == address) {
        let message = format!(
            "({}) peer {address} is named twice; the second is skipped",
            i.name.value
        );
        return cx.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(first.span, "the first"),
        );
    }
    let mut peer = Peer {
        address,
        min_ttl: 0,
        max_ttl: 255,
    };
    let mut words = line.arguments();
    while let Some(option) = words.next() {
        let slot = match option.text() {
            "min_ttl" => &mut peer.min_ttl,
            "max_ttl" => &mut peer.max_ttl,
            _ => {
                cx.unknown_option("unicast_peer", option, &["min_ttl", "max_ttl"]);
                break;
            }
        };
        let Some(value) = words.next() else {
            let message = format!("`unicast_peer`: '{}' is missing its value", option.text());
            cx.error(Code::MISSING_PARAMETER, option.span(), message);
            break;
        };
        // The TTL of adverts can only be checked where the sender is.
        i.check_unicast_src = true;
        if let Some(ttl) = cx.integer("unicast_peer", value, strict(0, 255)) {
            *slot = ttl.number();
        }
    }
    if peer.min_ttl > peer.max_ttl {
        let message = format!(
            "({}) peer {address}: min_ttl {} is above max_ttl {}, so no advert is accepted",
            i.name.value, peer.min_ttl, peer.max_ttl
        );
        cx.correct(Code::CONFLICT, line.span(), message);
    }
    i.peers.push(At::new(peer, word.span()));
}
