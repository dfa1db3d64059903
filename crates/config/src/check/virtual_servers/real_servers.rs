//! Real and sorry servers: what they inherit, and their ports (`spec/config-virtual-server.md` sections 6, 8 and 11).

use super::super::scripts::{Checker as Scripts, Severity};
use super::{checkers, fits};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, RealServerDraft, VirtualServerDraft};
use crate::source::Span;
use model::{Forwarding, Frontend, GroupEntry, Mail, RealServer, SorryServer, VirtualServerGroup};
use std::collections::HashMap;
use std::net::SocketAddr;

/// Completes the servers of a virtual server that is complete otherwise.
pub(super) fn complete(
    server: &mut VirtualServerDraft,
    group: Option<&VirtualServerGroup>,
    mail: &Mail,
    scripts: &mut Scripts,
    cx: &mut Context<'_>,
) -> (Vec<RealServer>, Option<Box<SorryServer>>) {
    let drafts = without_duplicates(server, cx);
    inherit_method(server, &drafts, cx);
    super::super::hints::look_for_checks(server, &drafts, cx);
    let mut real_servers = Vec::with_capacity(drafts.len());
    let mut seen = HashMap::with_capacity(drafts.len());
    for draft in drafts {
        let forwarding = draft.forwarding.or(server.forwarding).unwrap_or_default();
        let (header, written) = (draft.header, SocketAddr::new(draft.address, draft.port));
        let port = port(server, group, written, forwarding, header, cx);
        let address = SocketAddr::new(draft.address, port);
        if let Some(first) = seen.insert(address, header) {
            // The port of the virtual server made them the same.
            let message = format!("`real_server` {address} is there already; it is skipped");
            cx.push(
                Diagnostic::logged(Code::DUPLICATE, message)
                    .at(header, "")
                    .and_at(first, "the first"),
            );
            continue;
        }
        real_servers.push(one(draft, address, forwarding, server, mail, scripts, cx));
    }
    let sorry_server = sorry_server(server, group, &real_servers, cx);
    (real_servers, sorry_server)
}

fn one(
    mut draft: RealServerDraft,
    address: SocketAddr,
    forwarding: Forwarding,
    server: &VirtualServerDraft,
    mail: &Mail,
    scripts: &mut Scripts,
    cx: &mut Context<'_>,
) -> RealServer {
    let virtual_host = draft.virtual_host.take().or_else(|| server.virtual_host.clone());
    let defaults = draft.defaults.over(server.defaults);
    let surroundings = checkers::Surroundings {
        defaults,
        delay_loop: server.defaults.complete().delay_loop,
        virtual_host: virtual_host.as_ref(),
        of_virtual_server: server.virtual_host.as_ref(),
        log_all_failures: mail.checker_log_all_failures,
    };
    let mut checkers = Vec::with_capacity(draft.checkers.len());
    checkers.extend(
        draft
            .checkers
            .into_iter()
            .filter_map(|checker| checkers::complete(checker, &surroundings, scripts, cx)),
    );
    RealServer {
        address,
        forwarding,
        weight: draft.weight.unwrap_or(server.weight),
        limits: draft.limits,
        inhibit_on_failure: draft.inhibit_on_failure.unwrap_or(server.inhibit_on_failure),
        smtp_alert: draft
            .smtp_alert
            .or(mail.alert_checker)
            .or(mail.alert)
            .unwrap_or(true),
        notify_up: scripts
            .take(&mut draft.notify_up, Severity::Logged, cx)
            .map(Box::new),
        notify_down: scripts
            .take(&mut draft.notify_down, Severity::Logged, cx)
            .map(Box::new),
        snmp_name: draft.snmp_name,
        defaults: defaults.complete(),
        checkers,
        virtual_host,
    }
}

/// Drops servers with the address and port of one before.
fn without_duplicates(server: &mut VirtualServerDraft, cx: &mut Context<'_>) -> Vec<RealServerDraft> {
    let mut drafts = std::mem::take(&mut server.real_servers);
    let title = server.title();
    let mut first = HashMap::with_capacity(drafts.len());
    drafts.retain(|draft| {
        let address = SocketAddr::new(draft.address, draft.port);
        let Some(before) = first.insert(address, draft.header) else {
            return true;
        };
        let message = format!("{title}: `real_server` {address} is there twice; the second is skipped");
        cx.push(
            Diagnostic::error(Code::DUPLICATE, Class::GeneralError, message)
                .at(draft.header, "")
                .and_at(before, "the first"),
        );
        false
    });
    drafts
}

/// Says that NAT is used where nobody names a method.
fn inherit_method(server: &VirtualServerDraft, drafts: &[RealServerDraft], cx: &mut Context<'_>) {
    if server.forwarding.is_none() && drafts.iter().any(|draft| draft.forwarding.is_none()) {
        let message = format!("{} has no `lb_kind`; NAT is used", server.title());
        cx.correct(Code::DEFAULT_USED, server.header, message);
    }
}

/// The port of a real server, which is that of the virtual server unless addresses are translated.
fn port(
    server: &VirtualServerDraft,
    group: Option<&VirtualServerGroup>,
    written: SocketAddr,
    forwarding: Forwarding,
    span: Span,
    cx: &mut Context<'_>,
) -> u16 {
    let port = written.port();
    let mut tell = |used: String| {
        let message = format!("{}: port {port} of {} {used}", server.title(), written.ip());
        cx.correct(Code::PORT_NOT_USED, span, message);
    };
    match &server.frontend {
        Frontend::Address(address) if port == 0 => address.port(),
        _ if !forwarding.keeps_port() || port == 0 => port,
        Frontend::Address(address) => {
            if port != address.port() {
                tell(format!("is not used with {forwarding}, but {}", address.port()));
            }
            address.port()
        }
        Frontend::Fwmark(_) => {
            tell(format!("is not used with {forwarding} and a firewall mark"));
            0
        }
        Frontend::Group { .. } => {
            let entries = group.map_or(&[][..], |group| &group.entries);
            let other = entries.iter().find(|entry| match entry {
                GroupEntry::Addresses { port: own, .. } => *own != port,
                GroupEntry::Fwmark { .. } => true,
            });
            if let Some(entry) = other {
                tell(format!("is not used with {forwarding} for {entry}"));
            }
            port
        }
    }
}

fn sorry_server(
    server: &mut VirtualServerDraft,
    group: Option<&VirtualServerGroup>,
    real_servers: &[RealServer],
    cx: &mut Context<'_>,
) -> Option<Box<SorryServer>> {
    let mut sorry = server.sorry_server.take()?;
    let forwarding = sorry.forwarding.or(server.forwarding).unwrap_or_default();
    if !fits(server.family, forwarding, sorry.address) {
        crate::keywords::other_family("sorry_server", sorry.address, server, sorry.span, cx);
        return None;
    }
    let written = SocketAddr::new(sorry.address, sorry.port);
    let address = if sorry.port == 0 && !forwarding.keeps_port() {
        // compat: with NAT the port stays 0, which no connection is translated to.
        written
    } else {
        let port = port(server, group, written, forwarding, sorry.span, cx);
        SocketAddr::new(sorry.address, port)
    };
    if let Some(real) = real_servers.iter().find(|real| real.address == address)
        && real.inhibit_on_failure != sorry.inhibit_on_failure
    {
        let message = format!(
            "{}: the sorry server is the real server {address}, whose `inhibit_on_failure` counts",
            server.title()
        );
        cx.correct(Code::CONFLICT, sorry.span, message);
        sorry.inhibit_on_failure = real.inhibit_on_failure;
    }
    Some(Box::new(SorryServer {
        address,
        forwarding,
        inhibit_on_failure: sorry.inhibit_on_failure,
    }))
}
