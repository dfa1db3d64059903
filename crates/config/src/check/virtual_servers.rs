//! Virtual servers as a whole, and their completion (`spec/config-virtual-server.md` section 8).

mod checkers;
mod groups;
mod real_servers;

use super::scripts::{Checker as Scripts, Severity};
use crate::Purpose;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::keywords::PERSISTENCE;
use crate::lower::{Context, Draft, ServerDraft, VirtualServerDraft};
use groups::Groups;
use model::{
    CheckKind, Family, Forwarding, Frontend, GroupEntry, LvsConfiguration, Mail, Persistence, Protocol,
    Quorum, Scheduler, ServiceFlags, TrackFile, VirtualServer, VirtualServerGroup,
};
use std::collections::HashSet;

/// Completes a virtual server without group; nothing, after a report, where it cannot be served.
///
/// A test is over when everything is checked, so it keeps none: tens of thousands take their memory.
pub(crate) fn alone(
    server: VirtualServerDraft,
    draft: &mut Draft,
    cx: &mut Context<'_>,
) -> Option<VirtualServer> {
    let scripts = draft
        .check
        .as_mut()
        .expect("the globals are read before all blocks");
    one(server, None, &draft.globals.model.mail, scripts, cx).filter(|_| cx.purpose != Purpose::Test)
}

/// Completes the part of the checker process.
pub(super) fn complete(
    draft: &mut Draft,
    mail: &Mail,
    scripts: &mut Scripts,
    cx: &mut Context<'_>,
) -> LvsConfiguration {
    let mut groups = Groups::new(std::mem::take(&mut draft.groups));
    let drafts = std::mem::take(&mut draft.virtual_servers);
    let virtual_servers = drafts
        .into_iter()
        .filter_map(|server| match server {
            ServerDraft::Complete(server) => Some(server),
            ServerDraft::OfGroup(mut server) => {
                if groups.link(&mut server, cx).is_none() {
                    cx.lost.virtual_servers.insert(server.title());
                    return None;
                }
                let group = groups.of(&server.frontend);
                one(*server, group, mail, scripts, cx).filter(|_| cx.purpose != Purpose::Test)
            }
        })
        .collect();
    LvsConfiguration {
        virtual_servers,
        groups: groups.used(),
        track_files: Vec::new(),
        ssl: draft.ssl.take().map(|ssl| ssl.identity).unwrap_or_default(),
    }
}

/// The track files that a `FILE_CHECK` follows.
pub(super) fn followed(lvs: &LvsConfiguration, files: &[TrackFile]) -> Vec<TrackFile> {
    let checkers = lvs
        .virtual_servers
        .iter()
        .flat_map(|server| &server.real_servers)
        .flat_map(|server| &server.checkers);
    let names: HashSet<&str> = checkers
        .filter_map(|checker| match &checker.kind {
            CheckKind::File(check) => Some(check.file.as_str()),
            _ => None,
        })
        .collect();
    files
        .iter()
        .filter(|file| names.contains(file.name.as_str()))
        .cloned()
        .collect()
}

fn one(
    mut server: VirtualServerDraft,
    group: Option<&VirtualServerGroup>,
    mail: &Mail,
    scripts: &mut Scripts,
    cx: &mut Context<'_>,
) -> Option<VirtualServer> {
    if server.real_servers.is_empty() {
        cx.lost.virtual_servers.insert(server.title());
        no_real_server(&server, cx);
        return None;
    }
    let addressed = addresses(&server.frontend, group);
    let marked =
        matches!(server.frontend, Frontend::Fwmark(_)) || group.is_some_and(VirtualServerGroup::has_fwmarks);
    if let Some(span) = server.ha_suspend.filter(|_| marked) {
        let message = "`ha_suspend` needs an address, which a firewall mark is not; it is ignored";
        cx.correct(Code::CONFLICT, span, message);
        server.ha_suspend = None;
    }
    let protocol = protocol(&server, addressed, cx);
    if let Some(span) = server
        .one_packet
        .filter(|_| addressed && protocol != Some(Protocol::Udp))
    {
        cx.correct(
            Code::CONFLICT,
            span,
            "`ops` is for UDP and firewall marks only; it is ignored",
        );
        server.one_packet = None;
    }
    let persistence = persistence(&mut server, group, cx);
    let scheduler = server.scheduler.unwrap_or_else(|| {
        let message = format!("{} has no `lb_algo`; wlc is used", server.title());
        cx.correct(Code::DEFAULT_USED, server.header, message);
        Scheduler::default()
    });
    let (real_servers, sorry_server) = real_servers::complete(&mut server, group, mail, scripts, cx);
    let quorum = quorum(&server, &real_servers, cx);
    super::hints::look_at_quorum(&server, quorum, &real_servers, cx);
    Some(VirtualServer {
        family: server.family,
        protocol,
        scheduler,
        flags: ServiceFlags {
            one_packet: server.one_packet.is_some(),
            ..server.flags
        },
        persistence,
        forwarding: server.forwarding.unwrap_or_default(),
        quorum,
        quorum_up: scripts
            .take(&mut server.quorum_up, Severity::Logged, cx)
            .map(Box::new),
        quorum_down: scripts
            .take(&mut server.quorum_down, Severity::Logged, cx)
            .map(Box::new),
        ha_suspend: server.ha_suspend.is_some(),
        omega: server.omega,
        inhibit_on_failure: server.inhibit_on_failure,
        smtp_alert: server
            .smtp_alert
            .or(mail.alert_checker)
            .or(mail.alert)
            .unwrap_or(false),
        weight: server.weight,
        virtual_host: server.virtual_host,
        snmp_name: server.snmp_name,
        defaults: server.defaults.complete(),
        sorry_server,
        real_servers,
        frontend: server.frontend,
    })
}

fn no_real_server(server: &VirtualServerDraft, cx: &mut Context<'_>) {
    let message = format!("{} has no real server and is dropped", server.title());
    cx.push(
        Diagnostic::error(Code::NO_REAL_SERVER, Class::GeneralError, message)
            .at(server.header, "")
            .for_want_of("real_server"),
    );
}

/// Whether a service has an address.
fn addresses(frontend: &Frontend, group: Option<&VirtualServerGroup>) -> bool {
    match frontend {
        Frontend::Address(_) => true,
        Frontend::Fwmark(_) => false,
        Frontend::Group { .. } => group.is_some_and(|group| {
            group
                .entries
                .iter()
                .any(|entry| matches!(entry, GroupEntry::Addresses { .. }))
        }),
    }
}

fn protocol(server: &VirtualServerDraft, addressed: bool, cx: &mut Context<'_>) -> Option<Protocol> {
    match (addressed, server.protocol) {
        (true, Some(protocol)) => Some(protocol.value),
        (true, None) => {
            let message = format!("{} has no `protocol`; UDP is used", server.title());
            cx.correct(Code::DEFAULT_USED, server.header, message);
            Some(Protocol::Udp)
        }
        (false, Some(protocol)) => {
            let message = format!(
                "{}: a firewall mark has no `protocol`; it is ignored",
                server.title()
            );
            cx.correct(Code::CONFLICT, protocol.span, message);
            None
        }
        (false, None) => None,
    }
}

/// A service without port is persistent.
fn persistence(
    server: &mut VirtualServerDraft,
    group: Option<&VirtualServerGroup>,
    cx: &mut Context<'_>,
) -> Option<Persistence> {
    let any_port = match (&server.frontend, group) {
        (Frontend::Address(address), _) => address.port() == 0,
        (_, Some(group)) => group
            .entries
            .iter()
            .any(|entry| matches!(entry, GroupEntry::Addresses { port: 0, .. })),
        _ => false,
    };
    if any_port && server.persistence_timeout.is_none() {
        let message = format!(
            "{} has no port, which only persistent services may; `persistence_timeout {PERSISTENCE}` is used",
            server.title()
        );
        cx.correct(Code::DEFAULT_USED, server.header, message);
        server.persistence_timeout = Some(PERSISTENCE);
    }
    let engine = server.persistence_engine.take();
    server.persistence_timeout.map(|timeout| Persistence {
        timeout,
        // compat: a group is always persistent by whole addresses.
        granularity: server
            .persistence_granularity
            .filter(|_| !matches!(server.frontend, Frontend::Group { .. })),
        engine,
    })
}

/// A quorum that all servers together can reach, and a hysteresis below it.
fn quorum(server: &VirtualServerDraft, real_servers: &[model::RealServer], cx: &mut Context<'_>) -> Quorum {
    let mut quorum = Quorum::default();
    if let Some(written) = server.quorum {
        quorum.quorum = written.value;
    }
    if let Some(written) = server.hysteresis {
        quorum.hysteresis = written.value;
    }
    let total: u64 = real_servers
        .iter()
        .map(|real| u64::from(real.weight.value()))
        .sum();
    if u64::from(quorum.quorum) > total {
        let span = server.quorum.map_or(server.header, |quorum| quorum.span);
        let message = format!(
            "{}: quorum {} is more than the weight of all real servers, {total}, which is used",
            server.title(),
            quorum.quorum
        );
        cx.correct(Code::QUORUM, span, message);
        quorum.quorum = u32::try_from(total).unwrap_or(u32::MAX);
    }
    if quorum.hysteresis > 0 && quorum.hysteresis >= quorum.quorum {
        let span = server
            .hysteresis
            .map_or(server.header, |hysteresis| hysteresis.span);
        let used = quorum.quorum.saturating_sub(1);
        let message = format!(
            "{}: hysteresis {} is not below quorum {}; {used} is used",
            server.title(),
            quorum.hysteresis,
            quorum.quorum
        );
        cx.correct(Code::QUORUM, span, message);
        quorum.hysteresis = used;
    }
    quorum
}

/// The family that a server may have only behind a tunnel.
fn fits(family: Option<Family>, forwarding: Forwarding, address: std::net::IpAddr) -> bool {
    forwarding.is_tunnel() || family.is_none_or(|family| family == Family::of(address))
}
