//! Health checks.

use super::snapshot::{CheckState, Snapshot};
use super::{Seconds, yes};
use crate::dump::{Text, put, quoted, user};
use model::{CheckKind, Checker, Connection, HttpCheck, HttpProtocol, Micros, MiscCheck};

pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    text.section("Health checkers");
    let mut states = snapshot.checks.iter();
    for (virtual_server, virtual_state) in snapshot.lvs.virtual_servers.iter().zip(&snapshot.virtual_servers)
    {
        for server in &virtual_server.real_servers {
            for (checker, state) in server.checkers.iter().zip(states.by_ref()) {
                put!(
                    text,
                    " {} -> {}",
                    virtual_server.name(),
                    virtual_server.server_name(server.address)
                );
                put!(text, "   Enabled = {}", yes(!virtual_state.suspended));
                check(text, checker, state);
            }
        }
    }
}

fn check(text: &mut Text, checker: &Checker, state: &CheckState) {
    let schedule = &checker.schedule;
    put!(text, "   Up = {}", yes(state.up));
    put!(text, "   Has run = {}", yes(state.has_run));
    put!(text, "   Current weight = {}", state.contribution);
    put!(text, "   Alpha = {}", yes(checker.alpha));
    put!(text, "   Delay loop = {} us", schedule.delay_loop.0);
    put!(text, "   Warmup = {} us", schedule.warmup.0);
    put!(text, "   Retries = {}", schedule.retry);
    if schedule.retry > 0 {
        put!(
            text,
            "   Delay before retry = {} us",
            schedule.delay_before_retry.0
        );
        // compat: a check that has not run has no retries left, as its first failure counts.
        let failures = if state.has_run {
            state.failures
        } else {
            schedule.retry
        };
        put!(text, "   Retries iterations = {failures}");
    }
    let (_, default) = checker.kind.default_retry(schedule.delay_loop);
    put!(text, "   Default delay before retry = {} us", default.0);
    put!(text, "   Log all failures = {}", yes(checker.log_all_failures));
    if let Some(connection) = checker.kind.connection() {
        connected(text, connection);
    }
    put!(text, "   Keepalive method = {}", method(&checker.kind));
    details(text, &checker.kind, state);
}

fn connected(text: &mut Text, connection: &Connection) {
    let place = |address: std::net::SocketAddr| format!("[{}]:{}", address.ip(), address.port());
    put!(text, "   Connection");
    put!(text, "     Dest = {}", place(connection.destination));
    if let Some(bind) = connection.bind {
        put!(text, "     Bind to = {}", place(bind));
    }
    if let Some(interface) = &connection.interface {
        put!(text, "     Bind i/f = {interface}");
    }
    if connection.fwmark != 0 {
        put!(text, "     Mark = {}", connection.fwmark);
    }
    put!(text, "     Timeout = {}", Seconds(connection.timeout));
}

fn method(kind: &CheckKind) -> String {
    match kind {
        CheckKind::Http(check) => {
            let protocol = match check.protocol {
                HttpProtocol::V1_0 => "1.0",
                HttpProtocol::V1_0Close => "1.0C",
                HttpProtocol::V1_1 => "1.1",
            };
            format!("{}, http protocol {protocol}", kind.keyword())
        }
        _ => kind.keyword().to_owned(),
    }
}

const fn set(is_set: bool) -> &'static str {
    if is_set { "set" } else { "unset" }
}

fn details(text: &mut Text, kind: &CheckKind, state: &CheckState) {
    match kind {
        CheckKind::Http(check) => http(text, check),
        CheckKind::Misc(check) => misc(text, check, state),
        CheckKind::Smtp(check) => put!(text, "   helo = {}", check.helo_name),
        CheckKind::Dns(check) => {
            put!(text, "   Type = {}", check.kind);
            put!(text, "   Name = {}", check.name.as_str());
        }
        CheckKind::Udp(check) => {
            put!(text, "   Payload specified = {}", yes(check.payload.is_some()));
            put!(text, "   Require reply = {}", yes(check.require_reply));
        }
        CheckKind::File(check) => {
            put!(text, "   File = {}", check.file);
            put!(text, "   weight = {}", check.weight);
        }
        CheckKind::Bfd(check) => put!(text, "   Name = {}", check.instance),
        CheckKind::Tcp(_) | CheckKind::Ping(_) => {}
    }
}

fn http(text: &mut Text, check: &HttpCheck) {
    let sni = check.tls.as_ref().is_some_and(|tls| tls.sni);
    put!(text, "   Enable SNI {}", set(sni));
    put!(text, "   Fast recovery {}", set(check.fast_recovery));
    if let Some(host) = &check.virtual_host {
        put!(text, "   VirtualHost = {host}");
    }
    for url in &check.urls {
        put!(text, "   Checked url = {}", url.path);
        if let Some(host) = &url.virtual_host {
            put!(text, "     VirtualHost = {host}");
        }
        if let Some(digest) = &url.digest {
            put!(text, "     digest = {digest}");
        }
        put!(text, "     tls_compliant {}", set(check.is_compliant(url)));
        put!(text, "     HTTP Status Code(s)");
        for range in &url.status_codes {
            put!(text, "       {range}");
        }
        if let Some(regex) = &url.regex {
            put!(text, "     Regex = \"{}\"", regex.pattern);
            put!(text, "     Regex no match = {}", yes(regex.no_match));
            let options: Vec<_> = regex.options.names().collect();
            put!(text, "     Options = {}", options.join(" "));
        }
    }
}

fn misc(text: &mut Text, check: &MiscCheck, state: &CheckState) {
    put!(text, "   script = {}", quoted(&check.script));
    put!(text, "   timeout = {}", check.timeout.0 / Micros::SECOND.0);
    put!(text, "   dynamic = {}", if check.dynamic { "YES" } else { "NO" });
    put!(text, "   uid:gid = {}", user(check.script.credentials.as_ref()));
    put!(text, "   Last status = {}", state.last_exit.unwrap_or(0));
}
