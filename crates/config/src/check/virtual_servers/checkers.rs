//! Checks: what they inherit from their servers (`spec/config-virtual-server.md` section 11).

use super::super::scripts::{Checker as Scripts, Severity};
use crate::lower::{CheckDefaultsDraft, CheckerDraft, Context};
use model::{CheckKind, CheckSchedule, Checker, Connection, Micros};

/// What a check inherits.
pub(super) struct Surroundings<'a> {
    /// Of the real server, over those of the virtual server.
    pub(super) defaults: CheckDefaultsDraft,
    /// `delay_loop` of the virtual server.
    pub(super) delay_loop: Micros,
    /// `virtualhost` of the real server, or of the virtual server.
    pub(super) virtual_host: Option<&'a String>,
    /// `virtualhost` of the virtual server.
    pub(super) of_virtual_server: Option<&'a String>,
    /// `checker_log_all_failures`.
    pub(super) log_all_failures: bool,
}

/// The check as the model has it; nothing where its script cannot be run.
pub(super) fn complete(
    draft: CheckerDraft,
    surroundings: &Surroundings<'_>,
    scripts: &mut Scripts,
    cx: &mut Context<'_>,
) -> Option<Checker> {
    let CheckerDraft {
        mut kind,
        own,
        log_all_failures,
        mut script,
    } = draft;
    let settings = own.over(surroundings.defaults);
    let timeout = settings.connect_timeout.unwrap_or(Connection::TIMEOUT);
    if let Some(connection) = kind.connection_mut() {
        connection.timeout = timeout;
    }
    match &mut kind {
        CheckKind::Http(http) => {
            http.host_fallback = surroundings.virtual_host.cloned();
            if let Some(tls) = &mut http.tls {
                tls.sni_fallback = surroundings.of_virtual_server.cloned();
            }
        }
        CheckKind::Misc(misc) => {
            misc.script = scripts.take(&mut script, Severity::Logged, cx)?;
            if misc.timeout.is_zero() {
                misc.timeout = surroundings.delay_loop;
            }
        }
        _ => {}
    }
    let delay_loop = settings.delay_loop.unwrap_or(CheckSchedule::DELAY_LOOP);
    let (retry, delay_before_retry) = kind.default_retry(delay_loop);
    Some(Checker {
        schedule: CheckSchedule {
            delay_loop,
            warmup: settings.warmup.unwrap_or(delay_loop),
            retry: settings.retry.unwrap_or(retry),
            delay_before_retry: settings.delay_before_retry.unwrap_or(delay_before_retry),
        },
        alpha: settings.alpha.unwrap_or(false),
        log_all_failures: log_all_failures || surroundings.log_all_failures,
        kind,
    })
}
