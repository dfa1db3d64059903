//! `virtual_server` (`spec/config-virtual-server.md` sections 3 and 4).

mod balancing;
mod quorum;
mod sorry_server;

pub(crate) use balancing::PERSISTENCE;

use super::check_defaults;
use super::effect::IPVS;
use super::real_server::{self, REAL_SERVER};
use super::{Block, Keyword, U32_MAX, lenient};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, Draft, ServerDraft, VirtualServerDraft};
use crate::tree::Statement;
use model::{Family, Frontend, ServerWeight};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

type Row = Keyword<VirtualServerDraft>;

/// What a server's words may be.
pub(super) const SERVER: &str = "ADDR [PORT]";

pub(super) static VIRTUAL_SERVER: Block<VirtualServerDraft> = Block {
    name: "virtual_server",
    keywords: &[
        &REAL_SERVERS,
        balancing::KEYWORDS,
        &DEFAULTS,
        REST,
        quorum::KEYWORDS,
        sorry_server::KEYWORDS,
    ],
};

static REAL_SERVERS: [Row; 1] = [Row::block("real_server", SERVER, &REAL_SERVER, real_server::read)
    .means("A server that carries out the service")
    .effect(IPVS)];

static DEFAULTS: [Row; 5] = check_defaults::keywords();

static REST: &[Row] = &[
    Row::flag("alpha", |v, _| v.defaults.alpha = Some(true))
        .default("off")
        .means("Servers are down until their first successful check")
        .effect(IPVS),
    Row::flag("omega", |v, _| v.omega = true)
        .default("off")
        .means("Run the scripts for down at the stop too")
        .effect(IPVS),
    Row::flag("inhibit_on_failure", |v, _| v.inhibit_on_failure = true)
        .default("off")
        .means("A server that is down stays in IPVS with weight 0")
        .effect(IPVS),
    Row::flag("ha_suspend", |v, span| v.ha_suspend = Some(span))
        .default("off")
        .means("Check only while the address is on a local interface")
        .effect(IPVS),
    Row::switch("smtp_alert", |v, on| v.smtp_alert = Some(on.value))
        .default("smtp_alert_checker, else the global smtp_alert, else off")
        .means("Mail when the quorum is gained or lost")
        .effect(IPVS),
    Row::integer("weight", "N", lenient(1, super::I32_MAX), |v, n| {
        v.weight = ServerWeight::clamp(n.value);
    })
    .default("1")
    .means("Weight of servers that name none")
    .effect(IPVS),
    Row::line("virtualhost", "NAME", |v, line, cx| {
        cx.virtual_host(&mut v.virtual_host, line);
    })
    .own_check()
    .default("the address and port that are checked")
    .means("Host of HTTP_GET and SSL_GET")
    .effect(IPVS),
    Row::line("snmp_name", "NAME", |v, line, cx| {
        v.snmp_name = cx.only_word(line, "a name").or(v.snmp_name.take());
    })
    .own_check()
    .means("Name for SNMP")
    .effect(IPVS),
];

/// Reads a `virtual_server` block. One without a usable header is skipped.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    draft.has_virtual_servers = true;
    let Some(frontend) = frontend(block, cx) else {
        cx.lost.virtual_server_headers = true;
        return;
    };
    let mut server = VirtualServerDraft::new(frontend, block.span());
    VIRTUAL_SERVER.read(&mut server, block, cx);
    sorry_server::settle_family(&mut server, cx);
    if server.family.is_none() && matches!(server.frontend, Frontend::Fwmark(_)) {
        server.family = Some(common_family(&server));
    }
    if matches!(server.frontend, Frontend::Group { .. }) {
        draft.virtual_servers.push(ServerDraft::OfGroup(Box::new(server)));
    } else if let Some(server) = crate::check::alone(server, draft, cx) {
        draft.virtual_servers.push(ServerDraft::Complete(server));
    }
}

fn frontend(block: Statement<'_>, cx: &mut Context<'_>) -> Option<Frontend> {
    let first = cx.required(block, 0)?;
    match first.text() {
        "fwmark" => {
            let word = cx.required(block, 1)?;
            let mark = cx.integer("virtual_server fwmark", word, lenient(0, U32_MAX))?;
            let mark = NonZeroU32::new(mark.number());
            if mark.is_none() {
                let message = "`virtual_server fwmark 0` would be every packet; the block is skipped";
                cx.error(Code::OUT_OF_RANGE, word.span(), message);
            }
            mark.map(Frontend::Fwmark)
        }
        "group" => {
            let name = cx.required(block, 1)?;
            Some(Frontend::Group {
                name: name.text().to_owned(),
                index: 0,
            })
        }
        _ => {
            let (address, port) = cx.server_address(block)?;
            Some(Frontend::Address((address, port).into()))
        }
    }
}

/// The family that all servers of a firewall mark have; IPv4 if there are both.
fn common_family(server: &VirtualServerDraft) -> Family {
    let real = server.real_servers.iter().map(|real| real.address);
    let sorry = server.sorry_server.iter().map(|sorry| sorry.address);
    let mut families = real.chain(sorry).map(Family::of);
    let first = families
        .next()
        .unwrap_or_else(|| Family::of(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    if families.all(|family| family == first) {
        first
    } else {
        Family::Ipv4
    }
}

/// Reports a server of another family than its virtual server.
pub(crate) fn other_family(
    what: &str,
    address: IpAddr,
    server: &VirtualServerDraft,
    span: crate::source::Span,
    cx: &mut Context<'_>,
) {
    let family = server.family.unwrap_or(Family::Ipv4);
    let message = format!(
        "`{what} {address}` is {}, but the {} is {family}; it is skipped",
        Family::of(address),
        server.title()
    );
    cx.push(
        Diagnostic::error(Code::MIXED_FAMILIES, Class::GeneralError, message)
            .at(span, "")
            .and_at(server.header, "the virtual server")
            .help("only a server behind a tunnel may have another family"),
    );
}
