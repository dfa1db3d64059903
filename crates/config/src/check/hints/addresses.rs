//! Virtual addresses that hosts will not reach.

use super::places::{Places, entry, keyword};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use crate::source::Span;
use crate::tree::Statement;
use crate::values::address::prefix;
use model::interface::is_link_local;
use model::{Instance, Prefix, Transport, VirtualAddress};
use std::net::{IpAddr, Ipv4Addr};

const LISTS: [&str; 2] = ["virtual_ipaddress", "virtual_ipaddress_excluded"];

pub(super) fn look(instance: &Instance, block: Statement<'_>, places: &Places<'_>, cx: &mut Context<'_>) {
    closed(instance, block, places, cx);
    let all = || {
        instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses)
    };
    if let Some((address, why)) = all().find_map(|address| Some((address, unusable(instance, address)?))) {
        let ip = address.prefix.address;
        let message = format!("({}) {ip} cannot be a virtual address: {why}", instance.name);
        let at = place(block, ip).unwrap_or_else(|| block.span());
        cx.hint(Diagnostic::note(Code::ADDRESS_UNUSABLE, message).at(at, ""));
    }
    let mut outside = all().filter_map(|address| Some((address, networks_without(instance, address, cx)?)));
    if let Some((address, (interface, networks))) = outside.next() {
        let ip = address.prefix.address;
        let more = match outside.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let message = format!(
            "({}) {ip}{more} is in no network of {interface} ({networks}): hosts there do not ask for it by ARP or ND",
            instance.name
        );
        let at = place(block, ip).unwrap_or_else(|| block.span());
        cx.hint(Diagnostic::note(Code::ADDRESS_OUTSIDE_NETWORKS, message).at(at, ""));
    }
}

/// Strict mode drops packets to the addresses unless told otherwise (RFC 3768, section 6.4.3).
fn closed(instance: &Instance, block: Statement<'_>, places: &Places<'_>, cx: &mut Context<'_>) {
    let is_meant = keyword(block, &["accept", "no_accept"]).is_some();
    if !instance.strict_mode || instance.accept || is_meant {
        return;
    }
    let strict = keyword(block, &["strict_mode"]).or_else(|| places.global(&["vrrp_strict"]));
    let message = format!(
        "({}) strict mode closes the virtual addresses: the master drops packets to them, also pings",
        instance.name
    );
    cx.hint(
        Diagnostic::note(Code::ADDRESSES_CLOSED, message)
            .at(block.span(), "")
            .and_at(strict.unwrap_or_else(|| block.span()), "strict mode"),
    );
}

fn place(block: Statement<'_>, wanted: IpAddr) -> Option<Span> {
    entry(block, &LISTS, |word| {
        prefix(word).is_some_and(|written| written.prefix.address == wanted)
    })
}

/// Why no host can use an address.
fn unusable(instance: &Instance, address: &VirtualAddress) -> Option<String> {
    let ip = address.prefix.address;
    if let Transport::Unicast { peers, .. } = &instance.transport
        && peers.iter().any(|peer| peer.address == ip)
    {
        return Some("it is the address of a peer".to_owned());
    }
    if instance.source == Some(ip) {
        return Some("it is the source address of the adverts".to_owned());
    }
    let (IpAddr::V4(v4), 1..=30) = (ip, address.prefix.len) else {
        return None;
    };
    let hosts = u32::MAX >> address.prefix.len;
    let (network, host) = (Ipv4Addr::from(v4.to_bits() & !hosts), v4.to_bits() & hosts);
    let len = address.prefix.len;
    if host == 0 {
        Some(format!("it stands for the network {network}/{len} itself"))
    } else if host == hosts {
        Some(format!("it is the broadcast address of {network}/{len}"))
    } else {
        None
    }
}

/// The interface of an address and its networks, if the address is in none of them and brings none of its own.
fn networks_without(
    instance: &Instance,
    address: &VirtualAddress,
    cx: &Context<'_>,
) -> Option<(String, String)> {
    let ip = address.prefix.address;
    let is_local = matches!(ip, IpAddr::V6(v6) if is_link_local(v6));
    if is_local || !address.prefix.is_host() || address.peer.is_some() {
        return None;
    }
    let name = address.dev.as_ref().or(instance.interface.as_ref())?;
    let interface = cx.find_interface(name.as_str())?;
    let networks: Vec<Prefix> = interface
        .addresses
        .iter()
        .map(|own| own.prefix)
        .filter(|own| own.family() == address.family() && !own.is_host())
        .filter(|own| !matches!(own.address, IpAddr::V6(v6) if is_link_local(v6)))
        .collect();
    if networks.is_empty() || interface.loopback || networks.iter().any(|network| holds(*network, ip)) {
        return None;
    }
    let networks: Vec<String> = networks
        .iter()
        .map(|own| format!("{}/{}", own.address, own.len))
        .collect();
    Some((interface.name.to_string(), networks.join(", ")))
}

fn holds(network: Prefix, ip: IpAddr) -> bool {
    match (network.address, ip) {
        (IpAddr::V4(own), IpAddr::V4(ip)) => {
            let differs = own.to_bits() ^ ip.to_bits();
            differs.leading_zeros() >= u32::from(network.len)
        }
        (IpAddr::V6(own), IpAddr::V6(ip)) => {
            let differs = own.to_bits() ^ ip.to_bits();
            differs.leading_zeros() >= u32::from(network.len)
        }
        _ => false,
    }
}
