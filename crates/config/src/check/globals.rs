//! Completion of the globals.

use crate::Purpose;
use crate::Request;
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::{Context, Draft};
use model::{Garp, Globals, Instance, LvsSyncDaemon, MailEncryption};

/// Fills defaults in; the command line counts before the text.
pub(super) fn complete(draft: &mut Draft, request: &Request, cx: &mut Context<'_>) -> Globals {
    let mut globals = std::mem::take(&mut draft.globals.model);
    globals.identity.router_id = draft
        .globals
        .router_id
        .take()
        .unwrap_or_else(|| cx.env.host_name.to_owned());
    if let Some(namespace) = &request.net_namespace
        && let Some(named) = globals.identity.net_namespace.replace(namespace.clone())
    {
        let message = format!(
            "network namespace {namespace} of the command line is used, and not `net_namespace {named}`"
        );
        cx.push(Diagnostic::logged(Code::CONFLICT, message));
    }
    globals.files.umask = request.umask.or(globals.files.umask);
    if let Some(socket) = &request.snmp_socket {
        globals.snmp.socket = Some(socket.clone());
    }
    if request.snmp {
        globals.snmp.vrrp = true;
        globals.snmp.checker = true;
        globals.snmp.rfc_v2 = true;
        globals.snmp.rfc_v3 = true;
    }
    globals.vrrp.garp = garp(draft);
    let mail = &globals.mail;
    if (mail.server.is_some() || mail.alert_file.is_some()) && mail.from.is_none() {
        let user = cx.env.users.user_of_id(cx.env.uid);
        let user = user.map_or_else(|| cx.env.uid.to_string(), |user| user.name);
        globals.mail.from = Some(format!("{user}@{}", cx.env.host_name));
    }
    if globals.mail.server.is_some() && globals.mail.helo_name.is_none() {
        globals.mail.helo_name = Some(cx.env.host_name.to_owned());
    }
    if globals.mail.account.is_some() && globals.mail.encryption == MailEncryption::None {
        cx.error_anywhere(
            Code::CONFLICT,
            "`smtp_auth` would send the password in clear text and is ignored: add `smtp_starttls` or `smtp_tls`",
        );
        globals.mail.account = None;
    }
    if globals.lvs.sync_daemon.is_none()
        && let Some((interface, instance, _)) = cx.claims.sync_daemon.take()
    {
        globals.lvs.sync_daemon = Some(LvsSyncDaemon {
            interface,
            instance: Some(instance),
            sync_id: None,
            max_len: None,
            port: None,
            ttl: None,
            group: None,
        });
    }
    globals
}

/// The settings for lower-priority adverts follow those of a new master.
fn garp(draft: &Draft) -> Garp {
    let base = Garp::default();
    let written = &draft.globals.garp;
    let following = Garp {
        lower_prio_delay: written.master_delay.unwrap_or(base.master_delay),
        lower_prio_repeat: written.master_repeat.unwrap_or(base.master_repeat),
        ..base
    };
    written.complete(&following)
}

/// The IPVS sync daemon follows an instance that exists, or there is none. A test does not look.
pub(super) fn sync_daemon(
    daemon: Option<LvsSyncDaemon>,
    instances: &[Instance],
    cx: &mut Context<'_>,
) -> Option<LvsSyncDaemon> {
    let daemon = daemon?;
    let known = daemon
        .instance
        .as_ref()
        .is_none_or(|name| instances.iter().any(|instance| instance.name == *name));
    if known || cx.purpose == Purpose::Test {
        return Some(daemon);
    }
    let name = daemon.instance.unwrap_or_default();
    cx.error_anywhere(
        Code::UNKNOWN_NAME,
        format!("`lvs_sync_daemon`: instance {name} is not defined; there is no sync daemon"),
    );
    None
}

/// `smtp_alert` of a block, over the globals.
pub(super) fn smtp_alert(own: Option<bool>, globals: &Globals) -> bool {
    own.or(globals.mail.alert_vrrp)
        .or(globals.mail.alert)
        .unwrap_or(false)
}
