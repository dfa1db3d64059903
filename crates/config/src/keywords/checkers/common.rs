//! What checkers have in common (`spec/checkers.md` section 2).

use super::super::check_defaults::{DELAY, INTERVAL, TIMEOUT};
use super::super::effect::IPVS;
use super::super::{Keyword, U32_MAX, lenient};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{CommonDraft, Context};
use crate::tree::{Statement, Word};
use crate::values::address::address;
use model::{Connection, Family};
use std::net::IpAddr;

/// A block with the common keywords.
pub(super) trait Checks: 'static {
    fn common(&mut self) -> &mut CommonDraft;
}

/// When a check runs.
pub(super) const fn schedule<D: Checks>() -> [Keyword<D>; 6] {
    [
        Keyword::integer("retry", "N", lenient(0, U32_MAX), |d: &mut D, n| {
            d.common().own.retry = Some(n.number());
        })
        .default("of the real or virtual server, else 1; DNS_CHECK 3, MISC_CHECK 0")
        .means("Attempts after a failed one before the check has failed")
        .effect(IPVS),
        Keyword::duration("delay_before_retry", "SECS", DELAY, |d: &mut D, delay| {
            d.common().own.delay_before_retry = Some(delay.value);
        })
        .default("of the real or virtual server, else 1; HTTP_GET and SSL_GET 3, DNS_CHECK its delay_loop")
        .means("From the end of a failed attempt to the next one")
        .effect(IPVS),
        Keyword::duration("warmup", "SECS", DELAY, |d: &mut D, delay| {
            d.common().own.warmup = Some(delay.value);
        })
        .default("of the real or virtual server, else the delay_loop")
        .means("The first run is up to this much later than one second after the start")
        .effect(IPVS),
        Keyword::duration("delay_loop", "SECS", INTERVAL, |d: &mut D, delay| {
            d.common().own.delay_loop = Some(delay.value);
        })
        .default("of the real or virtual server, else 60")
        .means("From the end of a run to the next one")
        .effect(IPVS),
        Keyword::switch("alpha", |d: &mut D, on| d.common().own.alpha = Some(on.value))
            .default("of the real or virtual server, else off")
            .means("Down until the first success")
            .effect(IPVS),
        Keyword::switch("log_all_failures", |d: &mut D, on| {
            d.common().log_all_failures = on.value;
        })
        .default("checker_log_all_failures")
        .means("Log each failed attempt")
        .effect(IPVS),
    ]
}

/// Where a check connects to.
pub(super) const fn connection<D: Checks>() -> [Keyword<D>; 7] {
    [
        Keyword::line("connect_ip", "ADDR", |d: &mut D, line, cx| {
            connect_ip(d.common(), line, cx);
        })
        .default("the address of the real server")
        .means("Address that is checked")
        .effect(IPVS),
        Keyword::integer("connect_port", "N", lenient(1, 0xffff), |d: &mut D, n| {
            d.common().connection.given = true;
            d.common().connection.port = n.number();
        })
        .default("the port of the real server as it is written")
        .means("Port that is checked")
        .effect(IPVS),
        Keyword::line("bindto", "ADDR", |d: &mut D, line, cx| {
            bindto(d.common(), line, cx);
        })
        .default("the kernel's choice")
        .means("Address that the check comes from")
        .effect(IPVS),
        Keyword::integer("bind_port", "N", lenient(1, 0xffff), |d: &mut D, n| {
            d.common().connection.given = true;
            d.common().connection.bind_port = n.number();
        })
        .default("the kernel's choice")
        .means("Port that the check comes from; with bindto only")
        .effect(IPVS),
        Keyword::line("bind_if", "IFNAME", |d: &mut D, line, cx| {
            d.common().connection.given = true;
            if let Some(word) = cx.required(line, 0)
                && let Some(name) = cx.interface_name("bind_if", word)
            {
                d.common().connection.interface = Some(name.value);
            }
        })
        .default("none; a link-local address needs one")
        .means("Interface that the check goes out through")
        .effect(IPVS),
        Keyword::duration("connect_timeout", "SECS", TIMEOUT, |d: &mut D, timeout| {
            d.common().connection.given = true;
            d.common().own.connect_timeout = Some(timeout.value);
        })
        .default("of the real or virtual server, else 5")
        .means("Time for a connection, a handshake or a reply")
        .effect(IPVS),
        Keyword::integer("fwmark", "N", lenient(0, U32_MAX), |d: &mut D, n| {
            d.common().connection.given = true;
            d.common().connection.fwmark = n.number();
        })
        .default("0: none")
        .means("Firewall mark of what the check sends")
        .effect(IPVS),
    ]
}

/// The address of a line.
fn line_address<'t>(line: Statement<'t>, cx: &mut Context<'_>) -> Option<(IpAddr, Word<'t>)> {
    let word = cx.required(line, 0)?;
    let found = address(word.text());
    if found.is_none() {
        let message = format!(
            "`{}`: '{}' is no address; the line is ignored",
            line.name().text(),
            word.text()
        );
        cx.error(Code::INVALID_ADDRESS, word.span(), message);
    }
    found.map(|address| (address, word))
}

fn connect_ip(common: &mut CommonDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    common.connection.given = true;
    let Some((address, word)) = line_address(line, cx) else {
        return;
    };
    if let Some(bind) = common.connection.bind_address
        && Family::of(bind) != Family::of(address)
    {
        let message = format!("`connect_ip {address}` is ignored: `bindto {bind}` is of another family");
        return cx.error(Code::MIXED_FAMILIES, word.span(), message);
    }
    common.connection.address = address;
}

fn bindto(common: &mut CommonDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    common.connection.given = true;
    let Some((address, word)) = line_address(line, cx) else {
        return;
    };
    let destination = common.connection.address;
    if Family::of(destination) != Family::of(address) {
        let message = format!("`bindto {address}` is ignored: {destination} is of another family");
        return cx.error(Code::MIXED_FAMILIES, word.span(), message);
    }
    common.connection.bind_address = Some(address);
}

/// The connection of a check. One to a link-local address that names no interface costs the check.
pub(super) fn connect(common: &CommonDraft, cx: &mut Context<'_>) -> Option<Connection> {
    let connection = &common.connection;
    let link_local = match connection.address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    if link_local && connection.interface.is_none() {
        let message = format!(
            "link-local address {} needs a `bind_if`; the check is dropped",
            connection.address
        );
        cx.push(
            Diagnostic::error(Code::NO_INTERFACE, Class::GeneralError, message)
                .at(common.span, "")
                .help("add `bind_if IFNAME`"),
        );
        return None;
    }
    Some(connection.clone().complete())
}
