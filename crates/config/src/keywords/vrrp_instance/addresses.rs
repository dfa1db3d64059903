//! Addresses, routes and rules (`spec/config-vrrp.md` section 1.4).

use super::super::Keyword;
use super::fix_family;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, InstanceDraft, Owner, address_line, route_line, rule_line};
use crate::source::Span;
use crate::tree::Statement;
use model::VirtualAddress;

type Row = Keyword<InstanceDraft>;

/// Options of an address line.
const ADDRESS: &str = "ADDR[/LEN] [dev IFNAME] [brd ADDR|+|-] [scope SCOPE] [label NAME] [peer ADDR] [home] \
     [-nodad] [mngtmpaddr] [noprefixroute] [autojoin] [no_track] [preferred_lft SECS|forever] [use_vmac]";

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::lines("virtual_ipaddress", ADDRESS, |i, block, cx| {
        for line in block.children() {
            virtual_address(i, line, cx);
        }
    })
    .means("Addresses that the master has and announces"),
    Row::lines("virtual_ipaddress_excluded", ADDRESS, |i, block, cx| {
        for line in block.children() {
            excluded_address(i, line, cx);
        }
    })
    .means("Addresses of any family that the master has without announcing them"),
    Row::flag("no_virtual_ipaddress", |i, span| {
        i.no_virtual_ipaddress = Some(span);
    })
    .default("off")
    .means("Having no address is intended"),
    Row::lines(
        "virtual_routes",
        "[TYPE] [to] DEST [via ADDR] [dev IFNAME] [src ADDR] [table TABLE] [metric N] ... [nexthop ...]",
        |i, block, cx| {
            for line in block.entries() {
                if let Some(route) = route_line(line, Owner::Instance, cx) {
                    i.routes.push(At::new(route, line.span()));
                }
            }
        },
    )
    .means("Routes that the master has"),
    Row::lines(
        "virtual_rules",
        "[from PREFIX] [to PREFIX] [iif IFNAME] [fwmark MARK] preference N table TABLE ...",
        |i, block, cx| {
            for line in block.entries() {
                if let Some(rule) = rule_line(line, Owner::Instance, cx) {
                    i.rules.push(At::new(rule, line.span()));
                }
            }
        },
    )
    .means("Routing rules that the master has"),
];

fn virtual_address(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let name = i.name.value.clone();
    let read = (!line.is_unresolved()).then(|| address_line(line, Owner::Instance, cx));
    let Some(address) = read.flatten() else {
        return cx.lost_address(&name, line.name());
    };
    let ip = address.prefix.address;
    if !fix_family(
        i,
        address.family(),
        line.name().span(),
        &format!("address {ip}"),
        cx,
    ) {
        return cx.lost_address(&name, line.name());
    }
    if let Some(first) = i.announced.get(&ip) {
        return duplicate(i, &address, line.span(), first.span, cx);
    }
    i.announced.insert(ip, At::new(address.dev.clone(), line.span()));
    i.addresses.push(At::new(address, line.span()));
}

fn excluded_address(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let name = i.name.value.clone();
    let read = (!line.is_unresolved()).then(|| address_line(line, Owner::Instance, cx));
    let Some(address) = read.flatten() else {
        return cx.lost_address(&name, line.name());
    };
    let ip = address.prefix.address;
    let key = (ip, address.dev.clone());
    let announced = i
        .announced
        .get(&ip)
        .filter(|announced| announced.value == address.dev);
    let first = i
        .excluded_on
        .get(&key)
        .copied()
        .or(announced.map(|announced| announced.span));
    if let Some(first) = first {
        return duplicate(i, &address, line.span(), first, cx);
    }
    i.excluded_on.insert(key, line.span());
    i.excluded.push(At::new(address, line.span()));
}

fn duplicate(i: &InstanceDraft, address: &VirtualAddress, span: Span, first: Span, cx: &mut Context<'_>) {
    let message = format!(
        "({}) address {} is named twice; the second is skipped",
        i.name.value, address.prefix.address
    );
    cx.push(
        Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
            .at(span, "")
            .and_at(first, "the first"),
    );
}
