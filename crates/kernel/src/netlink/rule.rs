//! `RTM_NEWRULE`, `RTM_DELRULE`.

use super::message::{attributes, ip, string, u16_at, u32_at};
use crate::operation::{Rule, RuleKey};
use model::{Family, IfName, PortRange, Prefix, UidRange};
use netlink_packet_core::DefaultNla;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::route::{RouteProtocol, RouteRealm};
use netlink_packet_route::rule::{
    RuleAction, RuleAttribute, RuleFlags, RuleHeader, RuleMessage, RulePortRange, RuleUidRange,
};

/// Bytes of `struct fib_rule_hdr`.
const HEADER_LEN: usize = 12;

const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_TUN_ID: u16 = 12;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;

/// The request body that adds a rule, or removes it: the kernel compares what is given.
pub(crate) fn body(rule: &Rule) -> RuleMessage {
    let line = &rule.0;
    let mut message = RuleMessage::default();
    let (action, table) = match line.action {
        model::RuleAction::Table(table) => (RuleAction::ToTable, Some(table)),
        model::RuleAction::L3mdev => (RuleAction::ToTable, None),
        model::RuleAction::Goto(_) => (RuleAction::Goto, None),
        model::RuleAction::Nop => (RuleAction::Nop, None),
        model::RuleAction::Blackhole => (RuleAction::Blackhole, None),
        model::RuleAction::Unreachable => (RuleAction::Unreachable, None),
        model::RuleAction::Prohibit => (RuleAction::Prohibit, None),
    };
    message.header = RuleHeader {
        family: match line.family {
            Family::Ipv4 => AddressFamily::Inet,
            Family::Ipv6 => AddressFamily::Inet6,
        },
        dst_len: line.to.map_or(0, |to| to.len),
        src_len: line.from.map_or(0, |from| from.len),
        tos: line.tos.unwrap_or(0),
        table: table.and_then(|table| u8::try_from(table).ok()).unwrap_or(0),
        action,
        flags: if line.invert {
            RuleFlags::Invert
        } else {
            RuleFlags::empty()
        },
    };
    let list = &mut message.attributes;
    list.push(RuleAttribute::Priority(line.preference));
    list.push(RuleAttribute::Protocol(RouteProtocol::from(line.protocol)));
    list.extend(table.map(RuleAttribute::Table));
    match line.action {
        model::RuleAction::Goto(target) => list.push(RuleAttribute::Goto(target)),
        model::RuleAction::L3mdev => list.push(RuleAttribute::L3MDev(true)),
        _ => {}
    }
    if let Some(to) = line.to.filter(|to| to.len > 0) {
        list.push(RuleAttribute::Destination(to.address));
    }
    if let Some(from) = line.from.filter(|from| from.len > 0) {
        list.push(RuleAttribute::Source(from.address));
    }
    if let Some((mark, mask)) = line.fwmark {
        list.push(RuleAttribute::FwMark(mark));
        list.extend(mask.map(RuleAttribute::FwMask));
    }
    if let Some(realms) = line.realms {
        let [source, destination] =
            [realms >> 16, realms & 0xffff].map(|half| u16::try_from(half).expect("half of 32 bits"));
        list.push(RuleAttribute::Realm(RouteRealm { source, destination }));
    }
    list.extend(line.suppress_prefixlength.map(RuleAttribute::SuppressPrefixLen));
    list.extend(line.suppress_ifgroup.map(RuleAttribute::SuppressIfGroup));
    list.extend(
        line.iif
            .as_ref()
            .map(|name| RuleAttribute::Iifname(name.to_string())),
    );
    list.extend(
        line.oif
            .as_ref()
            .map(|name| RuleAttribute::Oifname(name.to_string())),
    );
    list.extend(line.tunnel_id.map(RuleAttribute::TunId));
    if let Some(range) = line.uidrange {
        list.push(RuleAttribute::UidRange(RuleUidRange {
            start: range.start,
            end: range.end,
        }));
    }
    if let Some(protocol) = line.ipproto {
        list.push(RuleAttribute::Other(DefaultNla::new(
            FRA_IP_PROTO,
            vec![protocol],
        )));
    }
    let ports = |range: PortRange| RulePortRange {
        start: range.start,
        end: range.end,
    };
    list.extend(
        line.sport
            .map(|range| RuleAttribute::SourcePortRange(ports(range))),
    );
    list.extend(
        line.dport
            .map(|range| RuleAttribute::DestinationPortRange(ports(range))),
    );
    message
}

/// The key of the rule that a dump or a notification names; nothing for a rule of another protocol than keepalived's.
pub(crate) fn decode_ours(payload: &[u8]) -> Option<RuleKey> {
    let protocol = attributes(payload.get(HEADER_LEN..)?)
        .find(|(kind, _)| *kind == FRA_PROTOCOL)
        .and_then(|(_, value)| value.first().copied());
    (protocol == Some(model::Route::PROTOCOL))
        .then(|| decode(payload))
        .flatten()
}

fn decode(payload: &[u8]) -> Option<RuleKey> {
    let header = payload.get(..HEADER_LEN)?;
    let family = match i32::from(header[0]) {
        libc::AF_INET => Family::Ipv4,
        libc::AF_INET6 => Family::Ipv6,
        _ => return None,
    };
    let mut key = RuleKey {
        family,
        preference: 0,
        invert: u32_at(header, 8)? & RuleFlags::Invert.bits() != 0,
        from: None,
        to: None,
        action: model::RuleAction::Nop,
        tos: header[3],
        fwmark: None,
        iif: None,
        oif: None,
        tunnel_id: None,
        uidrange: None,
        ipproto: None,
        sport: None,
        dport: None,
    };
    let mut table = u32::from(header[4]);
    let mut target = 0;
    let mut l3mdev = false;
    let (mut mark, mut mark_mask) = (None, None);
    for (kind, value) in attributes(&payload[HEADER_LEN..]) {
        let number = || u32_at(value, 0);
        let name = || string(value).and_then(|name| IfName::new(name).ok());
        let prefix = |len: u8| ip(value).map(|address| Prefix { address, len });
        let ports = || {
            Some(PortRange {
                start: u16_at(value, 0)?,
                end: u16_at(value, 2)?,
            })
        };
        match kind {
            FRA_PRIORITY => key.preference = number().unwrap_or(0),
            FRA_DST => key.to = prefix(header[1]),
            FRA_SRC => key.from = prefix(header[2]),
            FRA_TABLE => table = number().unwrap_or(table),
            FRA_GOTO => target = number().unwrap_or(0),
            FRA_L3MDEV => l3mdev = value.first().is_some_and(|byte| *byte != 0),
            FRA_FWMARK => mark = number(),
            FRA_FWMASK => mark_mask = number(),
            FRA_IIFNAME => key.iif = name(),
            FRA_OIFNAME => key.oif = name(),
            FRA_TUN_ID => key.tunnel_id = value.try_into().ok().map(u64::from_be_bytes),
            FRA_UID_RANGE => {
                key.uidrange = number()
                    .zip(u32_at(value, 4))
                    .map(|(start, end)| UidRange { start, end });
            }
            FRA_IP_PROTO => key.ipproto = value.first().copied(),
            FRA_SPORT_RANGE => key.sport = ports(),
            FRA_DPORT_RANGE => key.dport = ports(),
            _ => {}
        }
    }
    // A mark of 0 with an empty mask is how "no mark" is reported.
    key.fwmark = match (mark, mark_mask) {
        (None, None) | (_, Some(0)) => None,
        (mark, bits) => Some((mark.unwrap_or(0), bits.unwrap_or(u32::MAX))),
    };
    key.action = match RuleAction::from(header[7]) {
        RuleAction::ToTable if l3mdev => model::RuleAction::L3mdev,
        RuleAction::ToTable => model::RuleAction::Table(table),
        RuleAction::Goto => model::RuleAction::Goto(target),
        RuleAction::Nop => model::RuleAction::Nop,
        RuleAction::Blackhole => model::RuleAction::Blackhole,
        RuleAction::Unreachable => model::RuleAction::Unreachable,
        RuleAction::Prohibit => model::RuleAction::Prohibit,
        _ => return None,
    };
    Some(key)
}
