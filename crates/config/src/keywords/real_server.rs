//! `real_server` (`spec/config-virtual-server.md` section 10).

use super::effect::IPVS;
use super::virtual_server::other_family;
use super::{Block, I32_MAX, Keyword, U32_MAX, check_defaults, checkers, forwarding, lenient, script};
use crate::lower::{CheckDefaultsDraft, Context, RealServerDraft, VirtualServerDraft};
use crate::tree::Statement;
use model::{ConnectionLimits, Family, Forwarding, ServerWeight};

type Row = Keyword<RealServerDraft>;

pub(super) static REAL_SERVER: Block<RealServerDraft> = Block {
    name: "real_server",
    keywords: &[KEYWORDS, &DEFAULTS, checkers::KEYWORDS],
};

static DEFAULTS: [Row; 5] = check_defaults::keywords();

static KEYWORDS: &[Row] = &[
    Row::integer("weight", "N", lenient(0, I32_MAX), |r, n| {
        r.weight = Some(ServerWeight::clamp(n.value));
    })
    .default("that of the virtual server")
    .means("Share of the connections; 0 gives it no new ones")
    .effect(IPVS),
    Row::line("lvs_method", forwarding::ARGUMENTS, |r, line, cx| {
        forwarding::read(&mut r.forwarding, line, cx);
    })
    .range(forwarding::RANGE)
    .default("that of the virtual server")
    .means("How packets reach this server")
    .effect(IPVS),
    Row::integer("uthreshold", "N", lenient(0, U32_MAX), |r, n| {
        r.limits.upper = n.number();
    })
    .default("0: none")
    .means("No new connections above this many")
    .effect(IPVS),
    Row::integer("lthreshold", "N", lenient(0, U32_MAX), |r, n| {
        r.limits.lower = n.number();
    })
    .default("0: three quarters of uthreshold")
    .means("New connections again below this many")
    .effect(IPVS),
    Row::switch("inhibit_on_failure", |r, on| {
        r.inhibit_on_failure = Some(on.value);
    })
    .default("that of the virtual server")
    .means("While it is down it stays in IPVS with weight 0")
    .effect(IPVS),
    Row::command("notify_up", script::ARGUMENTS, |r, line, cx| {
        script::first(&mut r.notify_up, line, cx);
    })
    .first_wins()
    .means("Run when the server comes up")
    .effect(IPVS),
    Row::command("notify_down", script::ARGUMENTS, |r, line, cx| {
        script::first(&mut r.notify_down, line, cx);
    })
    .first_wins()
    .means("Run when the server goes down")
    .effect(IPVS),
    Row::switch("alpha", |r, on| r.defaults.alpha = Some(on.value))
        .default("that of the virtual server")
        .means("Down until the first successful check")
        .effect(IPVS),
    Row::switch("smtp_alert", |r, on| r.smtp_alert = Some(on.value))
        .default("smtp_alert_checker, else the global smtp_alert, else on")
        .means("Mail when a check changes")
        .effect(IPVS),
    Row::line("virtualhost", "NAME", |r, line, cx| {
        cx.virtual_host(&mut r.virtual_host, line);
    })
    .own_check()
    .default("that of the virtual server")
    .means("Host of HTTP_GET and SSL_GET")
    .effect(IPVS),
    Row::line("snmp_name", "NAME", |r, line, cx| {
        r.snmp_name = cx.only_word(line, "a name").or(r.snmp_name.take());
    })
    .own_check()
    .means("Name for SNMP")
    .effect(IPVS),
];

/// Reads a `real_server` block. One of another family is skipped, unless a tunnel leads to it.
pub(super) fn read(v: &mut VirtualServerDraft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some((address, port)) = cx.server_address(block) else {
        cx.lost.real_servers_of.insert(v.title());
        return;
    };
    let mut server = RealServerDraft {
        address,
        port,
        header: block.span(),
        // One that stands before `lb_kind` gets its method from there in the end.
        forwarding: v.forwarding,
        weight: None,
        limits: ConnectionLimits::default(),
        inhibit_on_failure: None,
        smtp_alert: None,
        notify_up: None,
        notify_down: None,
        virtual_host: None,
        snmp_name: None,
        defaults: CheckDefaultsDraft::default(),
        checkers: Vec::new(),
    };
    REAL_SERVER.read(&mut server, block, cx);
    if !server.forwarding.is_some_and(Forwarding::is_tunnel) {
        let family = Family::of(address);
        if *v.family.get_or_insert(family) != family {
            cx.lost.real_servers_of.insert(v.title());
            return other_family("real_server", address, v, block.span(), cx);
        }
    }
    v.real_servers.push(server);
}
