//! Virtual addresses (`spec/config-vrrp.md` sections 1.4 and 4.2).

use super::instance::Facts;
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::lower::{At, Context, InstanceDraft};
use model::interface::{Interface, is_link_local};
use model::{AuthHmacMode, Authentication, Family, Version, VirtualAddress, VirtualLink};
use std::net::IpAddr;

/// MTU where the interface is not known.
const MTU: u32 = 1500;
/// Bytes of an Ethernet header.
const ETHERNET: u32 = 14;
/// Bytes of a VRRP header.
const VRRP: u32 = 8;
/// Bytes of the password of version 2.
const PASSWORD: u32 = 8;
/// Bytes of an authentication header.
const AH: u32 = 24;
/// Bytes of the HMAC trailer.
const TRAILER: u32 = 28;
/// The count of addresses is one byte of the advert.
const COUNT_MAX: u32 = 255;

/// Announced and excluded addresses of an instance.
pub(super) struct Addresses {
    pub(super) announced: Vec<VirtualAddress>,
    pub(super) excluded: Vec<VirtualAddress>,
}

/// Most addresses that fit into an advert.
fn capacity(facts: &Facts, authentication: &Authentication, interface: Option<&Interface>) -> usize {
    let ip = match facts.family {
        Family::Ipv4 => 20,
        Family::Ipv6 => 40,
    };
    let version2 = facts.family == Family::Ipv4 && facts.version == Version::V2;
    let extra = match authentication {
        Authentication::Ah(_) => AH,
        Authentication::Hmac(hmac) if hmac.mode != AuthHmacMode::ReceiveOnly => TRAILER,
        _ => 0,
    };
    let head = ETHERNET + ip + VRRP + if version2 { PASSWORD } else { 0 } + extra;
    let mtu = interface.map_or(MTU, |interface| interface.mtu);
    let each = if facts.family == Family::Ipv4 { 4 } else { 16 };
    let count = (mtu.saturating_sub(head) / each).min(COUNT_MAX);
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// Checks the addresses; what does not fit into an advert is not announced.
pub(super) fn complete(
    draft: &mut InstanceDraft,
    facts: &Facts,
    authentication: &Authentication,
    link: Option<&VirtualLink>,
    interface: Option<&Interface>,
    cx: &mut Context<'_>,
) -> Addresses {
    let name = &facts.name;
    let (announced, excluded) = (
        std::mem::take(&mut draft.addresses),
        std::mem::take(&mut draft.excluded),
    );
    let mut announced = with_interface(draft, announced, facts, cx);
    let mut excluded = with_interface(draft, excluded, facts, cx);
    let most = capacity(facts, authentication, interface);
    if announced.len() > most {
        let over = announced.split_off(most);
        let message = format!(
            "({name}) {most} addresses fit into an advert; the last {} are not announced",
            over.len()
        );
        cx.correct(Code::TOO_MANY_ADDRESSES, over[0].span, message);
        excluded.extend(over);
    }
    none(draft, facts, announced.is_empty(), cx);
    first_link_local(draft, facts, announced.first(), cx);
    for address in announced.iter().chain(&excluded) {
        redundant_vmac(draft, address, facts, link, cx);
    }
    let bare =
        |addresses: Vec<At<VirtualAddress>>| addresses.into_iter().map(|address| address.value).collect();
    Addresses {
        announced: bare(announced),
        excluded: bare(excluded),
    }
}

/// Drops addresses that no interface is named for.
fn with_interface(
    draft: &InstanceDraft,
    addresses: Vec<At<VirtualAddress>>,
    facts: &Facts,
    cx: &mut Context<'_>,
) -> Vec<At<VirtualAddress>> {
    if draft.interface.is_some() {
        return addresses;
    }
    let (kept, without): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.value.dev.is_some());
    for address in without {
        let ip = address.value.prefix.address;
        let message = format!("({}) address {ip} has no interface and is dropped", facts.name);
        cx.error(Code::NO_INTERFACE, address.span, message);
        cx.lost.addresses.insert(ip);
        cx.lost.addresses_of.insert(facts.name.clone());
    }
    kept
}

fn none(draft: &InstanceDraft, facts: &Facts, is_empty: bool, cx: &mut Context<'_>) {
    let name = &facts.name;
    let mut intended = draft.no_virtual_ipaddress;
    if let Some(span) = intended
        && facts.strict
    {
        let message = format!("({name}) strict mode does not allow `no_virtual_ipaddress`");
        cx.push(Diagnostic::warning(Code::STRICT_MODE, Class::Warning, message).at(span, ""));
        intended = None;
    }
    if !is_empty || intended.is_some() {
        return;
    }
    let help = "`no_virtual_ipaddress` says that this is intended";
    if facts.version == Version::V3 || facts.strict {
        let why = if facts.strict { "strict mode" } else { "version 3" };
        let message = format!("({name}) {why} needs at least one virtual address");
        cx.push(
            Diagnostic::error(Code::NO_ADDRESS, Class::GeneralError, message)
                .at(draft.name.span, "")
                .for_want_of("virtual_ipaddress")
                .help(help)
                .stops(Stop::Permanent),
        );
    } else {
        let message = format!("({name}) has no virtual address");
        cx.push(
            Diagnostic::warning(Code::NO_ADDRESS, Class::Warning, message)
                .at(draft.name.span, "")
                .for_want_of("virtual_ipaddress")
                .help(help),
        );
    }
}

/// RFC 9568, section 5.2.9: the first address is the virtual router's link-local one.
fn first_link_local(
    draft: &InstanceDraft,
    facts: &Facts,
    first: Option<&At<VirtualAddress>>,
    cx: &mut Context<'_>,
) {
    let Some(first) = first.filter(|_| draft.peers.is_empty()) else {
        return;
    };
    match first.value.prefix.address {
        IpAddr::V6(address) if !is_link_local(address) => {
            let message = format!(
                "({}) the first address of an IPv6 instance should be link-local",
                facts.name
            );
            if facts.strict {
                cx.correct(Code::FIRST_NOT_LINK_LOCAL, first.span, message);
            } else {
                cx.log(Code::FIRST_NOT_LINK_LOCAL, first.span, message);
            }
        }
        _ => {}
    }
}

fn redundant_vmac(
    draft: &InstanceDraft,
    address: &At<VirtualAddress>,
    facts: &Facts,
    link: Option<&VirtualLink>,
    cx: &mut Context<'_>,
) {
    if !address.value.use_vmac {
        return;
    }
    let own = draft.interface.as_ref().map(|interface| &interface.value);
    let at_home = address.value.dev.as_ref().or(own) == own && address.value.family() == facts.family;
    let why = if matches!(link, Some(VirtualLink::Vmac { .. })) && at_home {
        "`use_vmac` of the instance"
    } else if draft.use_vmac_addr.is_some() {
        "`use_vmac_addr`"
    } else {
        return;
    };
    let message = format!(
        "({}) `use_vmac` of address {} is implied by {why}",
        facts.name, address.value.prefix.address
    );
    cx.correct(Code::CONFLICT, address.span, message);
}
