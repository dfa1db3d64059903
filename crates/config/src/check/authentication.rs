//! Authentication (`spec/config-vrrp.md` sections 1.8 and 1.9).

use super::instance::Facts;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{AuthDraft, AuthKind, Context, HmacDraft};
use model::{
    AntiReplay, AuthHmac, AuthHmacMode, Authentication, Family, InitialState, Micros, PASSWORD_LEN, Secret,
    Version,
};

/// Shortest and longest `time_window` that is derived from the advert interval.
const WINDOW: (Micros, Micros) = (Micros::from_secs(5), Micros::from_secs(300));

/// The authentication of an instance, or none where it cannot be used.
pub(super) fn complete(
    auth: Option<AuthDraft>,
    hmac: Option<HmacDraft>,
    facts: &mut Facts,
    cx: &mut Context<'_>,
) -> Authentication {
    match (auth, hmac) {
        (Some(auth), Some(hmac)) => {
            let message = format!("({}) `authentication` beside `auth_hmac` is dropped", facts.name);
            cx.push(
                Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                    .at(auth.span, "")
                    .and_at(hmac.span, "this is used"),
            );
            signed(hmac, facts, cx)
        }
        (None, Some(hmac)) => signed(hmac, facts, cx),
        (Some(auth), None) => password(auth, facts, cx),
        (None, None) => Authentication::None,
    }
}

fn password(auth: AuthDraft, facts: &mut Facts, cx: &mut Context<'_>) -> Authentication {
    let Some(kind) = auth.kind else {
        return Authentication::None;
    };
    let why = if facts.strict {
        Some("strict mode has no authentication")
    } else if facts.version == Version::V3 {
        Some("version 3 has no authentication; `auth_hmac` can sign its adverts")
    } else if auth.password.as_ref().is_none_or(Secret::is_empty) {
        Some("there is no `auth_pass`")
    } else if kind.value == AuthKind::Ah && facts.family == Family::Ipv6 {
        Some("AH is for IPv4 only")
    } else {
        None
    };
    if let Some(why) = why {
        let message = format!("({}) authentication is off: {why}", facts.name);
        cx.correct(Code::NO_AUTHENTICATION, kind.span, message);
        return Authentication::None;
    }
    let mut bytes = auth
        .password
        .map(|password| password.expose().to_vec())
        .unwrap_or_default();
    bytes.resize(PASSWORD_LEN, 0);
    let secret = Secret::new(bytes);
    match kind.value {
        AuthKind::Pass => Authentication::Password(secret),
        AuthKind::Ah => {
            if facts.state == InitialState::Master && !facts.priority.is_owner() {
                facts.state = InitialState::Backup;
                let message = format!(
                    "({}) starts as BACKUP: with AH the sequence numbers have to be learned",
                    facts.name
                );
                cx.correct(Code::CONFLICT, kind.span, message);
            }
            Authentication::Ah(secret)
        }
    }
}

fn signed(hmac: HmacDraft, facts: &Facts, cx: &mut Context<'_>) -> Authentication {
    let known = |id: u8| hmac.keys.iter().any(|key| key.id == id);
    let Some(active) = hmac.active_key.filter(|id| known(id.value)) else {
        let (span, why) = match hmac.active_key {
            Some(id) => (id.span, format!("key {} is not defined", id.value)),
            None => (hmac.span, "there is no `active_key`".to_owned()),
        };
        let message = format!("({}) adverts are not signed: {why}", facts.name);
        cx.error(Code::NO_AUTHENTICATION, span, message);
        return Authentication::None;
    };
    let mut mode = hmac.mode;
    if facts.strict && mode != AuthHmacMode::Enforce {
        mode = AuthHmacMode::Enforce;
        let message = format!("({}) strict mode needs `mode enforce`, which is used", facts.name);
        cx.correct(Code::STRICT_MODE, hmac.span, message);
    }
    let anti_replay = if hmac.monotonic {
        AntiReplay::Monotonic
    } else {
        AntiReplay::Time {
            window: hmac
                .time_window
                .unwrap_or_else(|| (facts.advert_int * 3).clamp(WINDOW.0, WINDOW.1)),
        }
    };
    Authentication::Hmac(AuthHmac {
        keys: hmac.keys,
        active_key: active.value,
        anti_replay,
        mode,
    })
}
