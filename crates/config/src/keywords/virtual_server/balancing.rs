//! How connections are spread (`spec/config-virtual-server.md` section 4).

use super::super::effect::IPVS;
use super::super::{Keyword, forwarding, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, VirtualServerDraft};
use crate::tree::Statement;
use model::{Family, Granularity, Protocol, Scheduler, ServiceFlags};
use std::net::Ipv4Addr;

type Row = Keyword<VirtualServerDraft>;

const SCHEDULERS: &str = "rr|wrr|lc|wlc|lblc|sh|mh|dh|fo|ovf|lblcr|sed|nq|twos";
const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
/// Longest persistence in seconds: 31 days.
const LONGEST_PERSISTENCE: i64 = 31 * 86_400;
/// `persistence_timeout` without a number, in seconds.
pub(crate) const PERSISTENCE: u32 = 360;
/// Longest `persistence_engine`.
const ENGINE_LEN: usize = 16;

pub(super) static KEYWORDS: &[Row] = &[
    Row::line("lb_algo", SCHEDULERS, scheduler)
        .default("wlc")
        .means("How connections are spread over the servers")
        .effect(IPVS),
    Row::line("lvs_sched", SCHEDULERS, scheduler)
        .default("wlc")
        .means("Same as lb_algo")
        .effect(IPVS),
    Row::line("lb_kind", forwarding::ARGUMENTS, |v, line, cx| {
        forwarding::read(&mut v.forwarding, line, cx);
    })
    .range(forwarding::RANGE)
    .default("NAT")
    .means("How packets reach servers that name no lvs_method")
    .effect(IPVS),
    Row::line("lvs_method", forwarding::ARGUMENTS, |v, line, cx| {
        forwarding::read(&mut v.forwarding, line, cx);
    })
    .range(forwarding::RANGE)
    .default("NAT")
    .means("Same as lb_kind")
    .effect(IPVS),
    Row::line("protocol", "TCP|UDP|SCTP", protocol)
        .default("UDP; none for firewall marks")
        .means("Protocol of the service")
        .effect(IPVS),
    Row::line("ip_family", "inet|inet6", ip_family)
        .default("that of the address, the group or the servers")
        .means("Family of a service of firewall marks or of a group")
        .effect(IPVS),
    Row::line("persistence_timeout", "[SECS]", |v, line, cx| {
        let Some(word) = line.argument(0) else {
            v.persistence_timeout = Some(PERSISTENCE);
            return;
        };
        if let Some(secs) = cx.integer("persistence_timeout", word, strict(1, LONGEST_PERSISTENCE)) {
            v.persistence_timeout = Some(secs.number());
        }
    })
    .range("1 to 2678400")
    .default("not persistent; without SECS 360")
    .means("So long after its last connection a client gets the same server")
    .effect(IPVS),
    Row::line("persistence_granularity", "NETMASK|LEN", granularity)
        .range("a netmask for IPv4, 1 to 128 for IPv6")
        .default("the whole address")
        .means("Clients that agree in this part of their address get the same server")
        .effect(IPVS),
    Row::line("persistence_engine", "NAME", |v, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        let mut name = word.text().to_owned();
        if name.len() > ENGINE_LEN {
            let end = (0..=ENGINE_LEN)
                .rev()
                .find(|end| name.is_char_boundary(*end))
                .unwrap_or_default();
            name.truncate(end);
            let message = format!("`persistence_engine` has {ENGINE_LEN} bytes at most; '{name}' is used");
            cx.correct(Code::TRUNCATED, word.span(), message);
        }
        v.persistence_engine = Some(name);
    })
    .range("16 bytes at most")
    .means("Engine that tells which connections belong together, such as sip")
    .effect(IPVS),
    Row::flag("ops", |v, span| v.one_packet = Some(span))
        .default("off")
        .means("Choose a server for each datagram; UDP and firewall marks only")
        .effect(IPVS),
    Row::flag("flag-1", |v, _| v.flags.flag_1 = true)
        .default("off")
        .means("First flag of the scheduler")
        .effect(IPVS),
    Row::flag("flag-2", |v, _| v.flags.flag_2 = true)
        .default("off")
        .means("Second flag of the scheduler")
        .effect(IPVS),
    Row::flag("flag-3", |v, _| v.flags.flag_3 = true)
        .default("off")
        .means("Third flag of the scheduler")
        .effect(IPVS),
    Row::line("sh-port", "", |v, line, cx| {
        hashing(v, Scheduler::SourceHashing, line, cx);
    })
    .default("off")
    .means("Hash the port too; behind `lb_algo sh` only")
    .effect(IPVS),
    Row::line("sh-fallback", "", |v, line, cx| {
        hashing(v, Scheduler::SourceHashing, line, cx);
    })
    .default("off")
    .means("Take another server where the hashed one is not available; behind `lb_algo sh` only")
    .effect(IPVS),
    Row::line("mh-port", "", |v, line, cx| {
        hashing(v, Scheduler::MaglevHashing, line, cx);
    })
    .default("off")
    .means("Hash the port too; behind `lb_algo mh` only")
    .effect(IPVS),
    Row::line("mh-fallback", "", |v, line, cx| {
        hashing(v, Scheduler::MaglevHashing, line, cx);
    })
    .default("off")
    .means("Take another server where the hashed one is not available; behind `lb_algo mh` only")
    .effect(IPVS),
    Row::flag("hashed", |_, _| {}).means("Accepted, and without effect"),
];

fn scheduler(v: &mut VirtualServerDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    match Scheduler::named(word.text()) {
        Some(scheduler) => v.scheduler = Some(scheduler),
        None => cx.unknown_value(
            line.name().text(),
            word,
            "scheduler",
            &Scheduler::ALL.map(Scheduler::as_str),
        ),
    }
}

/// `sh-…` and `mh-…`, which count only behind their scheduler.
fn hashing(v: &mut VirtualServerDraft, wanted: Scheduler, line: Statement<'_>, cx: &mut Context<'_>) {
    let name = line.name().text();
    if v.scheduler != Some(wanted) {
        let message = format!("`{name}` is ignored: there is no `lb_algo {wanted}` before it");
        return cx.error(Code::CONFLICT, line.span(), message);
    }
    let ServiceFlags { flag_1, flag_2, .. } = &mut v.flags;
    if name.ends_with("port") {
        *flag_2 = true;
    } else {
        *flag_1 = true;
    }
}

fn protocol(v: &mut VirtualServerDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let known = PROTOCOLS
        .into_iter()
        .find(|protocol| protocol.as_str().eq_ignore_ascii_case(word.text()));
    match known {
        Some(protocol) => v.protocol = Some(At::new(protocol, line.span())),
        None => cx.unknown_value("protocol", word, "protocol", &["TCP", "UDP", "SCTP"]),
    }
}

fn ip_family(v: &mut VirtualServerDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let family = match word.text() {
        "inet" => Family::Ipv4,
        "inet6" => Family::Ipv6,
        _ => return cx.unknown_value("ip_family", word, "address family", &["inet", "inet6"]),
    };
    match v.family {
        Some(known) if known != family => {
            let message = format!("`ip_family` is ignored: the {} is {known}", v.title());
            cx.push(
                Diagnostic::error(Code::MIXED_FAMILIES, Class::GeneralError, message)
                    .at(word.span(), "")
                    .and_at(v.header, "the virtual server"),
            );
        }
        _ => v.family = Some(family),
    }
}

fn granularity(v: &mut VirtualServerDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let text = word.text();
    let family = v.family.unwrap_or(if text.contains('.') {
        Family::Ipv4
    } else {
        Family::Ipv6
    });
    let granularity = match family {
        Family::Ipv4 => {
            let mask = text.parse::<Ipv4Addr>().ok();
            if mask.is_none() {
                let message = format!("`persistence_granularity`: '{text}' is no netmask");
                cx.error(Code::INVALID_VALUE, word.span(), message);
            }
            mask.map(|mask| Granularity::Netmask(mask.to_bits()))
        }
        Family::Ipv6 => cx
            .integer("persistence_granularity", word, strict(1, 128))
            .map(|len| Granularity::PrefixLength(len.number())),
    };
    let Some(granularity) = granularity else { return };
    v.family = Some(family);
    v.persistence_granularity = Some(granularity);
    v.persistence_timeout.get_or_insert(PERSISTENCE);
}
