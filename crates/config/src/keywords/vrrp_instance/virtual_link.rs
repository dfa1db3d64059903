//! Virtual MAC and ipvlan (`spec/config-vrrp.md` section 1.3).

use super::super::{Keyword, garp};
use super::fix_family;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, InstanceDraft, IpvlanDraft, VmacDraft, VmacMac};
use crate::source::Span;
use crate::tree::{Statement, Word};
use crate::values::address::{PrefixLen, is_virtual_router_mac, octets, prefix};
use crate::values::iproute2::Names;
use model::interface::LinkKind;
use model::{IfName, MacAddr};

type Row = Keyword<InstanceDraft>;

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::line(
        "use_vmac",
        "[[name] IFNAME] [MAC] [netlink_notify_msg] [group GROUP]",
        use_vmac,
    )
    .default("off")
    .means("Run on a macvlan with the virtual router's own MAC address"),
    Row::flag("use_vmac_addr", |i, span| i.use_vmac_addr = Some(span))
        .default("off")
        .means("Put each address of another interface or family on a macvlan too"),
    Row::flag("vmac_xmit_base", |i, span| i.vmac_xmit_base = Some(span))
        .default("off")
        .means("Send adverts by the interface below the macvlan"),
    Row::line(
        "use_ipvlan",
        "[[name] IFNAME] [ADDR[/LEN]] [bridge|private|vepa] [group GROUP]",
        use_ipvlan,
    )
    .default("off")
    .means("Run on an ipvlan; ADDR is its address and the source of adverts"),
    Row::flag("promote_secondaries", |i, span| {
        i.promote_secondaries = Some(span);
    })
    .default("off")
    .means("Keep further addresses of a network when its first one is removed"),
    Row::flag("dont_track_primary", |i, _| i.dont_track_primary = true)
        .default("off")
        .means("No FAULT while the interface is down"),
    Row::line("garp_extra_if", "[all] SECS", |i, line, cx| {
        i.garp_extra_if = garp::extra_interface(line, 0, cx).or(i.garp_extra_if);
    })
    .range("0 to 86400, 0 for off")
    .default("vrrp_garp_extra_if")
    .means("Repeat messages on the interfaces of addresses elsewhere"),
    Row::line("vmac_garp_intvl", "[all] SECS", |i, line, cx| {
        cx.deprecated(line, "garp_extra_if");
        i.garp_extra_if = garp::extra_interface(line, 0, cx).or(i.garp_extra_if);
    })
    .range("0 to 86400, 0 for off")
    .old_for("garp_extra_if")
    .means("Repeat messages on the interfaces of addresses elsewhere"),
];

fn use_vmac(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let mut vmac = i.vmac.take().unwrap_or(VmacDraft {
        span: line.span(),
        name: None,
        mac: None,
        netlink_notify: false,
        group: None,
    });
    let mut words = line.arguments();
    while let Some(word) = words.next() {
        match word.text() {
            "netlink_notify_msg" => vmac.netlink_notify = true,
            "group" => match words.next() {
                Some(group) => vmac.group = link_group(group, cx).or(vmac.group),
                None => missing_value("use_vmac", word, cx),
            },
            "name" => match words.next() {
                Some(name) => link_name(&mut vmac.name, name, &i.name, cx),
                None => missing_value("use_vmac", word, cx),
            },
            text if text.contains(':') => vmac_address(&mut vmac, word, cx),
            _ => link_name(&mut vmac.name, word, &i.name, cx),
        }
    }
    i.vmac = Some(vmac);
}

fn missing_value(what: &str, option: Word<'_>, cx: &mut Context<'_>) {
    let message = format!("`{what}`: '{}' is missing its value", option.text());
    cx.error(Code::MISSING_PARAMETER, option.span(), message);
}

fn link_group(word: Word<'_>, cx: &mut Context<'_>) -> Option<u32> {
    let group = cx.iproute2.number(Names::Groups, word.text(), u32::MAX);
    if group.is_none() {
        let message = format!("'{}' is no link group", word.text());
        cx.error(Code::UNKNOWN_NAME, word.span(), message);
    }
    group
}

/// The name of the interface to be made: a valid one, given once, used by no other instance, and of no other interface
/// that exists.
fn link_name(slot: &mut Option<At<IfName>>, word: Word<'_>, instance: &At<String>, cx: &mut Context<'_>) {
    if let Some(first) = slot {
        let message = format!(
            "({}) a second interface name '{}' is skipped",
            instance.value,
            word.text()
        );
        return cx.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(first.span, "the first"),
        );
    }
    let Some(name) = cx.interface_name("use_vmac", word) else {
        return;
    };
    if let Some(first) = cx.claim_link_name(&name) {
        let message = format!(
            "({}) interface name {} is used by another instance",
            instance.value, name.value
        );
        return cx.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(word.span(), "a name of its own is made up")
                .and_at(first, "there"),
        );
    }
    let foreign = cx
        .find_interface(name.value.as_str())
        .is_some_and(|interface| !matches!(interface.kind, LinkKind::PrivateMacvlan | LinkKind::Ipvlan));
    if foreign {
        let message = format!(
            "({}) interface {} exists and is none that could be used here",
            instance.value, name.value
        );
        return cx.push(
            Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                .at(word.span(), "a name of its own is made up"),
        );
    }
    *slot = Some(name);
}

fn vmac_address(vmac: &mut VmacDraft, word: Word<'_>, cx: &mut Context<'_>) {
    let octets = octets(word.text()).unwrap_or_default();
    let mac = match (<[u8; 6]>::try_from(&octets[..]), <[u8; 5]>::try_from(&octets[..])) {
        (Ok(whole), _) => Some(VmacMac::Whole(MacAddr(whole))),
        (_, Ok(first)) => Some(VmacMac::WithoutVrid(first)),
        _ => None,
    };
    let refused = match (&mac, &vmac.mac) {
        (None, _) => Some("it is no MAC address"),
        (_, Some(_)) => Some("there is one already"),
        (Some(VmacMac::Whole(MacAddr([first, ..])) | VmacMac::WithoutVrid([first, ..])), _)
            if first & 1 == 1 =>
        {
            Some("it is a multicast address")
        }
        (Some(VmacMac::Whole(mac)), _) if is_virtual_router_mac(*mac) => {
            Some("addresses of that range are made from the VRID")
        }
        (Some(VmacMac::WithoutVrid([0, 0, 0x5e, 0, 1 | 2])), _) => {
            Some("addresses of that range are made from the VRID")
        }
        _ => None,
    };
    match (refused, mac) {
        (Some(reason), _) => {
            let message = format!("`use_vmac`: MAC address '{}' is ignored: {reason}", word.text());
            cx.error(Code::INVALID_ADDRESS, word.span(), message);
        }
        (None, Some(mac)) => vmac.mac = Some(At::new(mac, word.span())),
        (None, None) => {}
    }
}

/// `IPVLAN_F_…` of the kernel.
const MODES: [(&str, u16); 3] = [("bridge", 0), ("private", 1), ("vepa", 2)];

fn use_ipvlan(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if let Some(first) = &i.ipvlan {
        return cx.already_given(line, first.span);
    }
    let mut ipvlan = IpvlanDraft {
        span: line.span(),
        name: None,
        address: None,
        mode: None,
        group: None,
    };
    let mut words = line.arguments();
    while let Some(word) = words.next() {
        if let Some((_, mode)) = MODES.iter().find(|(name, _)| *name == word.text()) {
            if ipvlan.mode.is_some() {
                second("type", word, cx);
            } else {
                ipvlan.mode = Some(*mode);
            }
            continue;
        }
        match word.text() {
            "group" => match words.next() {
                Some(group) => ipvlan.group = link_group(group, cx).or(ipvlan.group),
                None => missing_value("use_ipvlan", word, cx),
            },
            "name" => match words.next() {
                Some(name) => link_name(&mut ipvlan.name, name, &i.name, cx),
                None => missing_value("use_ipvlan", word, cx),
            },
            text => match prefix(text) {
                Some(_) if ipvlan.address.is_some() => second("address", word, cx),
                Some(parsed) => {
                    if parsed.len == PrefixLen::Invalid {
                        bad_length(word, cx);
                    }
                    let family = parsed.prefix.family();
                    if fix_family(i, family, word.span(), "the address of the ipvlan", cx) {
                        ipvlan.address = Some(At::new(parsed.prefix, word.span()));
                    }
                }
                None => link_name(&mut ipvlan.name, word, &i.name, cx),
            },
        }
    }
    i.ipvlan = Some(ipvlan);
}

fn second(what: &str, word: Word<'_>, cx: &mut Context<'_>) {
    let message = format!("`use_ipvlan`: a second {what} '{}' is ignored", word.text());
    cx.error(Code::DUPLICATE, word.span(), message);
}

fn bad_length(word: Word<'_>, cx: &mut Context<'_>) {
    let span: Span = word.span();
    let message = format!(
        "'{}' has no valid prefix length; the full length is used",
        word.text()
    );
    cx.correct(Code::INVALID_ADDRESS, span, message);
}
