//! `encap` of routes and next hops.

use super::Step;
use super::cursor::Cursor;
use crate::diagnostics::Code;
use crate::keywords::strict;
use crate::lower::Context;
use crate::tree::Word;
use crate::values::iproute2::Names;
use crate::values::number::based_u64;
use model::Encap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Largest MPLS label: 20 bits.
const LABEL_MAX: u32 = (1 << 20) - 1;

/// Reads what stands behind `encap`. A mistake in the encapsulation leaves the route without one.
pub(super) fn encap<'t>(
    cursor: &mut Cursor<'t>,
    option: Word<'t>,
    cx: &mut Context<'_>,
) -> Step<Option<Encap>> {
    let kind = cursor.value(option, cx)?;
    match kind.text() {
        "ip" => tunnel4(cursor, kind, cx),
        "ip6" => tunnel6(cursor, kind, cx),
        "mpls" => {
            let word = cursor.value(kind, cx)?;
            let labels: Option<Vec<u32>> = word
                .text()
                .split('/')
                .map(|label| {
                    based_u64(label)
                        .and_then(|label| u32::try_from(label).ok())
                        .filter(|label| *label <= LABEL_MAX)
                })
                .collect();
            if labels.is_none() {
                ignored(word, "is no list of 20-bit MPLS labels", cx);
            }
            Ok(labels.map(Encap::Mpls))
        }
        "ila" => {
            let word = cursor.value(kind, cx)?;
            let locator = locator(word.text());
            if locator.is_none() {
                ignored(word, "is no ILA locator", cx);
            }
            Ok(locator.map(Encap::Ila))
        }
        _ => {
            ignored(kind, "is no encapsulation", cx);
            Ok(None)
        }
    }
}

fn ignored(word: Word<'_>, why: &str, cx: &mut Context<'_>) {
    let message = format!("`encap`: '{}' {why}; there is no encapsulation", word.text());
    cx.error(Code::INVALID_VALUE, word.span(), message);
}

/// `A:B:C:D`, four groups of 16 bits.
fn locator(text: &str) -> Option<u64> {
    let groups: Vec<u64> = text
        .split(':')
        .map(|group| u16::from_str_radix(group, 16).ok().map(u64::from))
        .collect::<Option<_>>()?;
    (groups.len() == 4).then(|| groups.iter().fold(0, |all, group| all << 16 | group))
}

/// The options that both kinds of tunnel have under the names given.
#[derive(Default)]
struct Tunnel {
    id: Option<u64>,
    dst: Option<IpAddr>,
    src: Option<IpAddr>,
    class: Option<u8>,
    hops: Option<u8>,
    flags: Option<u16>,
}

fn tunnel<'t>(
    cursor: &mut Cursor<'t>,
    kind: Word<'t>,
    (class, hops): (&str, &str),
    cx: &mut Context<'_>,
) -> Step<Option<Tunnel>> {
    let mut tunnel = Tunnel::default();
    let mut good = true;
    while let Some(text) = cursor.peek() {
        if !["id", "dst", "src", "flags", class, hops].contains(&text) {
            break;
        }
        let Some(option) = cursor.next() else { break };
        if text == class {
            tunnel.class = Some(cursor.byte_name(option, Names::DsField, cx)?);
        } else if text == hops {
            tunnel.hops = Some(cursor.number(option, strict(0, 255), cx)?.number());
        } else if text == "flags" {
            tunnel.flags = Some(cursor.number(option, strict(0, 65_535), cx)?.number());
        } else if text == "id" {
            let word = cursor.value(option, cx)?;
            tunnel.id = based_u64(word.text());
            if tunnel.id.is_none() {
                ignored(word, "is no tunnel id", cx);
                good = false;
            }
        } else {
            let address = cursor.address(option, cx)?.value;
            let slot = if text == "dst" {
                &mut tunnel.dst
            } else {
                &mut tunnel.src
            };
            *slot = Some(address);
        }
    }
    if good && tunnel.id.is_none() && tunnel.dst.is_none() {
        ignored(kind, "needs `dst` or `id`", cx);
        good = false;
    }
    Ok(good.then_some(tunnel))
}

fn tunnel4<'t>(cursor: &mut Cursor<'t>, kind: Word<'t>, cx: &mut Context<'_>) -> Step<Option<Encap>> {
    let Some(tunnel) = tunnel(cursor, kind, ("tos", "ttl"), cx)? else {
        return Ok(None);
    };
    let v4 = |address: Option<IpAddr>| -> Result<Option<Ipv4Addr>, ()> {
        match address {
            None => Ok(None),
            Some(IpAddr::V4(address)) => Ok(Some(address)),
            Some(IpAddr::V6(_)) => Err(()),
        }
    };
    let (Ok(dst), Ok(src)) = (v4(tunnel.dst), v4(tunnel.src)) else {
        ignored(kind, "takes IPv4 addresses", cx);
        return Ok(None);
    };
    Ok(Some(Encap::Ip {
        id: tunnel.id,
        dst,
        src,
        tos: tunnel.class,
        ttl: tunnel.hops,
        flags: tunnel.flags,
    }))
}

fn tunnel6<'t>(cursor: &mut Cursor<'t>, kind: Word<'t>, cx: &mut Context<'_>) -> Step<Option<Encap>> {
    let Some(tunnel) = tunnel(cursor, kind, ("tc", "hoplimit"), cx)? else {
        return Ok(None);
    };
    let v6 = |address: Option<IpAddr>| -> Result<Option<Ipv6Addr>, ()> {
        match address {
            None => Ok(None),
            Some(IpAddr::V6(address)) => Ok(Some(address)),
            Some(IpAddr::V4(_)) => Err(()),
        }
    };
    let (Ok(dst), Ok(src)) = (v6(tunnel.dst), v6(tunnel.src)) else {
        ignored(kind, "takes IPv6 addresses", cx);
        return Ok(None);
    };
    Ok(Some(Encap::Ip6 {
        id: tunnel.id,
        dst,
        src,
        tc: tunnel.class,
        hoplimit: tunnel.hops,
        flags: tunnel.flags,
    }))
}
