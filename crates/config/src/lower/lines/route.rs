//! Route lines (`spec/config-vrrp.md` section 3.2).

mod metrics;
mod nexthop;

use super::cursor::Cursor;
use super::encap::encap;
use super::{Dropped, Owner, Step};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::keywords::{Integer, U32_MAX, strict};
use crate::lower::Context;
use crate::tree::{Statement, Word};
use crate::values::address::{PrefixLen, prefix};
use crate::values::iproute2::Names;
use crate::values::number::based_u64;
use model::interface::LinkKind;
use model::{Family, NextHop, Prefix, Route, RouteMode};
use std::net::IpAddr;

/// Route types, `RTN_…` of the kernel.
const TYPES: [(&str, u8); 12] = [
    ("unicast", 1),
    ("local", 2),
    ("broadcast", 3),
    ("brd", 3),
    ("anycast", 4),
    ("multicast", 5),
    ("blackhole", 6),
    ("unreachable", 7),
    ("prohibit", 8),
    ("throw", 9),
    ("nat", 10),
    ("xresolve", 11),
];

/// The kernel's number of a route type.
pub(super) fn route_type(word: &str) -> Option<u8> {
    TYPES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, number)| *number)
}

const U32: Integer = strict(0, U32_MAX);

/// Reads a route line; nothing where it was reported and dropped.
pub(crate) fn route_line(line: Statement<'_>, owner: Owner, cx: &mut Context<'_>) -> Option<Route> {
    let what = match owner {
        Owner::Instance => "virtual route",
        Owner::Static => "static route",
    };
    let reader = Reader {
        cursor: Cursor::new(what, line),
        owner,
        family: None,
        named_only: true,
        destination: Destination::Missing,
        route: Route::new(Family::Ipv4, None),
    };
    reader.read(line, cx).ok()
}

/// What is known of the destination.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Destination {
    Missing,
    Default,
    Prefix(Prefix),
}

/// A line while its options are read.
struct Reader<'t> {
    cursor: Cursor<'t>,
    owner: Owner,
    family: Option<Family>,
    /// The family is known from `inet` or `inet6` alone, if at all.
    named_only: bool,
    destination: Destination,
    route: Route,
}

impl<'t> Reader<'t> {
    fn read(mut self, line: Statement<'t>, cx: &mut Context<'_>) -> Step<Route> {
        while let Some(option) = self.cursor.next() {
            if option.text() == "nexthop" {
                self.nexthops(option, cx);
                break;
            }
            self.option(option, cx)?;
        }
        self.finish(line, cx)
    }

    /// Fixes the family, or drops the line as one of two families.
    fn fix(&mut self, family: Family, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        match self.family {
            Some(fixed) if fixed != family => {
                let why = format!("'{}' is {family}, but the route is {fixed}", word.text());
                Err(self.cursor.drop(Code::MIXED_FAMILIES, word, &why, cx))
            }
            _ => {
                self.family = Some(family);
                Ok(())
            }
        }
    }

    fn fix_by(&mut self, address: IpAddr, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        self.fix(Family::of(address), word, cx)?;
        self.named_only = false;
        Ok(())
    }

    fn option(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        if self.metric_option(option, cx)? {
            return Ok(());
        }
        match option.text() {
            "inet" => self.fix(Family::Ipv4, option, cx)?,
            "inet6" => self.fix(Family::Ipv6, option, cx)?,
            "to" => {
                let word = self.cursor.value(option, cx)?;
                self.destination(word, cx)?;
            }
            "src" => {
                let source = self.cursor.address(option, cx)?.value;
                self.fix_by(source, option, cx)?;
                self.route.preferred_source = Some(source);
            }
            "via" | "gw" => self.via(option, cx)?,
            "from" => self.from(option, cx)?,
            "tos" | "dsfield" => self.route.tos = self.cursor.byte_name(option, Names::DsField, cx)?,
            "table" => self.route.table = Some(self.cursor.name(option, Names::Tables, u32::MAX, cx)?),
            "vrf" => self.vrf(option, cx)?,
            "protocol" => self.route.protocol = self.cursor.byte_name(option, Names::Protocols, cx)?,
            "scope" => self.route.scope = Some(self.cursor.byte_name(option, Names::Scopes, cx)?),
            "metric" | "priority" | "preference" => {
                self.route.metric = Some(self.cursor.number(option, U32, cx)?.number());
            }
            "dev" | "oif" => self.route.dev = Some(self.cursor.interface(option, cx)?),
            "onlink" => self.route.onlink = true,
            "realms" => self.route.realms = Some(self.cursor.realms(option, cx)?),
            "expires" => self.route.expires = Some(self.cursor.number(option, U32, cx)?.number()),
            "pref" => self.pref(option, cx)?,
            "ttl-propagate" => self.ttl_propagate(option, cx)?,
            "encap" => self.route.encap = encap(&mut self.cursor, option, cx)?,
            "as" => {
                self.cursor.take("to");
                self.cursor.address(option, cx)?;
                let message = "`as` is for MPLS routes only and is ignored";
                cx.error(Code::CONFLICT, option.span(), message);
            }
            "add" => self.route.mode = RouteMode::Add,
            "append" => self.route.mode = RouteMode::Append,
            "prepend" => self.route.mode = RouteMode::Prepend,
            "or" => self.or(option, cx)?,
            "no_track" => self.route.no_track = true,
            "track_group" if self.owner == Owner::Static => {
                let mut value = self.cursor.next();
                self.route.track_group = cx.track_group(&mut value, option, self.route.track_group.take());
            }
            text => {
                let number = text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric())
                    .then(|| based_u64(text).and_then(|number| u8::try_from(number).ok()))
                    .flatten();
                match route_type(text).or(number) {
                    Some(kind) => {
                        self.route.kind = kind;
                        let word = self.cursor.value(option, cx)?;
                        self.destination(word, cx)?;
                    }
                    None => self.destination(option, cx)?,
                }
            }
        }
        Ok(())
    }

    fn destination(&mut self, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        if self.destination != Destination::Missing {
            let why = format!("'{}' is a second destination or no option", word.text());
            return Err(self.cursor.drop(Code::UNKNOWN_OPTION, word, &why, cx));
        }
        match word.text() {
            "default" | "any" | "all" => {
                if !self.named_only {
                    let why = format!("'{}' has to stand before addresses", word.text());
                    return Err(self.cursor.drop(Code::MIXED_FAMILIES, word, &why, cx));
                }
                self.destination = Destination::Default;
            }
            "default6" => {
                cx.log(
                    Code::DEPRECATED,
                    word.span(),
                    "`default6` is an old form; use `inet6 default`",
                );
                self.fix(Family::Ipv6, word, cx)?;
                self.destination = Destination::Default;
            }
            text => {
                let Some(parsed) = prefix(text).filter(|parsed| parsed.len != PrefixLen::Invalid) else {
                    let why = format!("'{text}' is neither a destination nor an option");
                    return Err(self.cursor.drop(Code::UNKNOWN_OPTION, word, &why, cx));
                };
                self.fix_by(parsed.prefix.address, word, cx)?;
                self.destination = Destination::Prefix(parsed.prefix);
            }
        }
        Ok(())
    }

    fn via(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        if option.text() == "gw" {
            cx.deprecated_option(option, "via");
        }
        let gateway = self.gateway(option, cx)?;
        self.route.via = Some(gateway);
        Ok(())
    }

    /// `[inet|inet6] ADDR`.
    fn gateway(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<IpAddr> {
        if self.family == Some(Family::Ipv4) && self.cursor.take("inet6") {
            // The next router of an IPv4 route may be one of IPv6 (RFC 8950), where that is said.
            let gateway = self.cursor.address(option, cx)?.value;
            if gateway.is_ipv4() {
                let why = format!("'{gateway}' is not of IPv6");
                return Err(self.cursor.drop(Code::MIXED_FAMILIES, option, &why, cx));
            }
            return Ok(gateway);
        }
        if self.cursor.take("inet") {
            self.fix(Family::Ipv4, option, cx)?;
        } else if self.cursor.take("inet6") {
            self.fix(Family::Ipv6, option, cx)?;
        }
        let gateway = self.cursor.address(option, cx)?.value;
        self.fix_by(gateway, option, cx)?;
        Ok(gateway)
    }

    fn from(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        self.fix(Family::Ipv6, option, cx)?;
        if matches!(word.text(), "default" | "any" | "all") {
            return Ok(());
        }
        match prefix(word.text()) {
            Some(parsed) if parsed.len != PrefixLen::Invalid => {
                self.fix_by(parsed.prefix.address, word, cx)?;
                self.route.source = Some(parsed.prefix);
                Ok(())
            }
            _ => {
                let why = format!("`from`: '{}' is no prefix", word.text());
                Err(self.cursor.drop(Code::INVALID_ADDRESS, word, &why, cx))
            }
        }
    }

    fn vrf(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        match cx.find_interface(word.text()).map(|interface| &interface.kind) {
            Some(LinkKind::Vrf { table }) => {
                self.route.table = Some(*table);
                Ok(())
            }
            found => {
                let why = if found.is_some() {
                    "is no VRF"
                } else {
                    "does not exist"
                };
                let why = format!("`vrf`: {} {why}", word.text());
                Err(self.cursor.drop(Code::UNKNOWN_NAME, word, &why, cx))
            }
        }
    }

    fn pref(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        // ICMPV6_ROUTER_PREF_… of the kernel.
        self.route.pref = match word.text() {
            "low" => Some(3),
            "medium" => Some(0),
            "high" => Some(1),
            _ => Some(cx.integer("pref", word, strict(0, 255)).ok_or(Dropped)?.number()),
        };
        Ok(())
    }

    fn ttl_propagate(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        self.route.ttl_propagate = Some(word.text() == "enabled");
        if !matches!(word.text(), "enabled" | "disabled") {
            cx.unknown_option("ttl-propagate", word, &["enabled", "disabled"]);
        }
        Ok(())
    }

    /// `or ADDR`: the old way to write a second next hop.
    fn or(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        cx.deprecated_option(option, "nexthop");
        let gateway = self.gateway(option, cx)?;
        if !self.route.nexthops.is_empty() {
            cx.error(Code::DUPLICATE, option.span(), "a second `or` is ignored");
            return Ok(());
        }
        let hop = |via| NextHop {
            via: Some(via),
            ..NextHop::default()
        };
        if let Some(first) = self.route.via.take() {
            self.route.nexthops.push(hop(first));
        }
        self.route.nexthops.push(hop(gateway));
        Ok(())
    }

    fn finish(mut self, line: Statement<'t>, cx: &mut Context<'_>) -> Step<Route> {
        let first = line.name();
        self.route.destination = match self.destination {
            Destination::Missing => {
                return Err(self
                    .cursor
                    .drop(Code::MISSING_PARAMETER, first, "it has no destination", cx));
            }
            Destination::Default => None,
            Destination::Prefix(prefix) => Some(prefix),
        };
        let family = self.family.unwrap_or(Family::Ipv4);
        self.route.family = family;
        let foreign = match family {
            Family::Ipv4 if self.route.expires.is_some() => Some("`expires` is for IPv6 only"),
            Family::Ipv4 if self.route.pref.is_some() => Some("`pref` is for IPv6 only"),
            Family::Ipv6 if self.route.realms.is_some() => Some("`realms` is for IPv4 only"),
            _ => None,
        };
        if let Some(why) = foreign {
            return Err(self.cursor.drop(Code::CONFLICT, first, why, cx));
        }
        if !self.route.no_track {
            if self.route.protocol != Route::PROTOCOL {
                cx.correct(
                    Code::CONFLICT,
                    line.span(),
                    format!(
                        "{}: a tracked route has the protocol keepalived",
                        self.cursor.what
                    ),
                );
                self.route.protocol = Route::PROTOCOL;
            }
            if self.route.dev.is_none() {
                self.route.no_track = true;
                self.route.track_group = None;
                let message = format!("{}: without `dev` the route is not tracked", self.cursor.what);
                cx.push(
                    Diagnostic::warning(Code::NOT_TRACKED, Class::GeneralError, message)
                        .at(line.span(), "")
                        .help("add `no_track` if that is intended"),
                );
            }
        } else if self.route.track_group.take().is_some() {
            cx.log(
                Code::CONFLICT,
                line.span(),
                format!(
                    "{}: `no_track` leaves no room for `track_group`",
                    self.cursor.what
                ),
            );
        }
        Ok(self.route)
    }
}
