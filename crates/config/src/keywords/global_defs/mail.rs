//! E-mail (`spec/config-global.md` section 2.3).

use super::super::effect::IPVS;
use super::super::{Keyword, lenient};
use crate::diagnostics::Code;
use crate::lower::{Context, GlobalsDraft};
use crate::tree::Statement;
use crate::values::address::address;
use model::{MailAccount, MailEncryption, Micros, Secret};
use std::net::SocketAddr;

type Row = Keyword<GlobalsDraft>;

/// Port of a mail server that names none.
const SMTP_PORT: u16 = 25;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::items("notification_email", "ADDR ...", |g, block, cx| {
        let before = g.model.mail.to.len();
        for line in block.entries() {
            g.model
                .mail
                .to
                .extend(line.words().map(|word| word.text().to_owned()));
        }
        if g.model.mail.to.len() == before {
            cx.error(
                Code::EMPTY_BLOCK,
                block.span(),
                "`notification_email` names no address",
            );
        }
    })
    .means("Recipients of alerts; quote an address with a display name"),
    Row::line("notification_email_from", "ADDR", |g, line, cx| {
        let Some(from) = line.argument(0) else {
            return cx.missing(line, "an address");
        };
        cx.extra_words(line, 1);
        g.model.mail.from = Some(from.text().to_owned());
    })
    .own_check()
    .default("USER@HOST")
    .means("Sender of alerts"),
    Row::line("smtp_server", "HOST [PORT]", smtp_server)
        .range("port 1 to 65535")
        .default("port 25")
        .means("Mail server; a name is looked up when the configuration is read"),
    Row::word("smtp_helo_name", "STRING", |g, name| {
        g.model.mail.helo_name = Some(name.value);
    })
    .may_miss()
    .default("the local host name")
    .means("How this node introduces itself to the mail server"),
    Row::line("smtp_connect_timeout", "SECS", |g, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        let Some(secs) = cx.integer("smtp_connect_timeout", word, lenient(0, 4_294)) else {
            return;
        };
        if secs.value == 0 {
            cx.correct(
                Code::OUT_OF_RANGE,
                secs.span,
                "`smtp_connect_timeout` cannot be 0; 1 is used",
            );
        }
        g.model.mail.connect_timeout = Some(Micros::from_secs(secs.number::<u64>().max(1)));
    })
    .range("1 to 4294")
    .default("30")
    .means("Give up on the mail server after this"),
    Row::line("smtp_starttls", "[NAME]", |g, line, cx| {
        encryption(g, line, MailEncryption::StartTls, cx);
    })
    .default("off")
    .means("Encrypt with STARTTLS and check the server's certificate, for NAME; an extension"),
    Row::line("smtp_tls", "[NAME]", |g, line, cx| {
        encryption(g, line, MailEncryption::Tls, cx);
    })
    .default("off")
    .means("Encrypt from the first byte and check the server's certificate, for NAME; an extension"),
    Row::line("smtp_tls_ca", "FILE", |g, line, cx| {
        let Some(file) = cx.only_argument(line, "a file") else {
            return;
        };
        g.model.mail.trusted = Some(cx.relative_path(file));
    })
    .default("the certificates of the system")
    .means("Certificates in PEM form to trust beside those of the system; an extension"),
    Row::line("smtp_auth", "USER PASSWORD|file:PATH", smtp_auth)
        .means("Log in to the mail server, which takes encryption; an extension"),
    Row::line("smtp_alert_file", "PATH", |g, line, cx| {
        let Some(file) = cx.only_argument(line, "a path") else {
            return;
        };
        g.model.mail.alert_file = Some(cx.relative_path(file));
    })
    .means("Append each alert to this file (mbox), also where there is no mail server; an extension"),
    Row::switch("smtp_alert", |g, on| g.model.mail.alert = Some(on.value)).means("Default of every alert"),
    Row::switch("smtp_alert_vrrp", |g, on| {
        g.model.mail.alert_vrrp = Some(on.value);
    })
    .default("smtp_alert")
    .means("Default of the alerts of VRRP"),
    Row::switch("smtp_alert_checker", |g, on| {
        g.model.mail.alert_checker = Some(on.value);
    })
    .default("smtp_alert")
    .means("Default of the alerts of checkers")
    .effect(IPVS),
    Row::switch("checker_log_all_failures", |g, on| {
        g.model.mail.checker_log_all_failures = on.value;
    })
    .default("false")
    .means("Log each failed check, not only those that change a state")
    .effect(IPVS),
    Row::flag("no_email_faults", |g, _| g.model.mail.no_faults = true)
        .default("off")
        .means("No mail for FAULT"),
    Row::switch("no_checker_emails", |g, on| g.model.mail.no_checker = on.value)
        .default("false")
        .means("Mail only when a real server is added or removed")
        .effect(IPVS),
];

fn smtp_server(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(host) = cx.required(line, 0) else { return };
    let port = match line.argument(1) {
        None => SMTP_PORT,
        Some(word) => match cx.integer("smtp_server", word, lenient(1, 65_535)) {
            Some(port) => port.number(),
            None => return,
        },
    };
    let found = address(host.text()).or_else(|| cx.env.resolver.addresses(host.text()).first().copied());
    if let Some(address) = found {
        g.model.mail.server_name = Some(host.text().to_owned());
        g.model.mail.server = Some(SocketAddr::new(address, port));
    } else {
        let message = format!(
            "`smtp_server`: host '{}' has no address; no mail is sent",
            host.text()
        );
        cx.error(Code::UNKNOWN_HOST, host.span(), message);
    }
}

/// The last of `smtp_starttls` and `smtp_tls` counts.
fn encryption(
    g: &mut GlobalsDraft,
    line: Statement<'_>,
    kind: fn(Option<String>) -> MailEncryption,
    cx: &mut Context<'_>,
) {
    cx.extra_words(line, 1);
    g.model.mail.encryption = kind(line.argument(0).map(|name| name.text().to_owned()));
}

/// Longest password in bytes.
const PASSWORD_LEN: usize = 1_024;

fn smtp_auth(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let (Some(user), Some(password)) = (line.argument(0), line.argument(1)) else {
        return cx.missing(line, "a user and a password");
    };
    cx.extra_words(line, 2);
    let bytes = match password.text().strip_prefix("file:") {
        Some(path) => cx.secret_file(path, password.span(), PASSWORD_LEN),
        None => Ok(Secret::new(password.bytes().to_vec())),
    };
    match bytes {
        Ok(bytes) => {
            g.model.mail.account = Some(MailAccount {
                user: user.text().to_owned(),
                password: bytes,
            });
        }
        Err(reason) => cx.error(
            Code::INVALID_VALUE,
            password.span(),
            format!("`smtp_auth` is ignored: {reason}"),
        ),
    }
}
