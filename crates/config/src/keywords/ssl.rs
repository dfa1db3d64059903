//! `SSL` (`spec/checkers.md` section 5.7).

use super::effect::IPVS;
use super::{Block, Keyword};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, Draft, SslDraft};
use crate::tree::Statement;
use model::{Secret, SslIdentity};

type Row = Keyword<SslDraft>;

pub(super) static SSL: Block<SslDraft> = Block {
    name: "SSL",
    keywords: &[&[
        Row::line("password", "STRING", |s, line, cx| {
            if let Some(password) = value(s.identity.password.is_some(), line, cx) {
                s.identity.password = Some(Secret::new(password.into_bytes()));
            }
        })
        .own_check()
        .means("Password of the private key")
        .effect(IPVS),
        Row::line("ca", "FILE", |s, line, cx| {
            let file = value(s.identity.ca.is_some(), line, cx);
            s.identity.ca = file.or(s.identity.ca.take());
        })
        .own_check()
        .means("File of the certificates that tls_verify trusts")
        .effect(IPVS),
        Row::line("certificate", "FILE", |s, line, cx| {
            let file = value(s.identity.certificate.is_some(), line, cx);
            s.identity.certificate = file.or(s.identity.certificate.take());
        })
        .own_check()
        .means("File of the certificate that the checks present, and its chain")
        .effect(IPVS),
        Row::line("key", "FILE", |s, line, cx| {
            let file = value(s.identity.key.is_some(), line, cx);
            s.identity.key = file.or(s.identity.key.take());
        })
        .own_check()
        .means("File of the private key of the certificate")
        .effect(IPVS),
    ]],
};

/// Reads an `SSL` block; a second one replaces the first.
pub(super) fn read(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    if let Some(first) = &draft.ssl {
        let message = "`SSL` is given already; this block replaces it";
        cx.push(
            Diagnostic::warning(Code::DUPLICATE, Class::GeneralError, message)
                .at(block.span(), "")
                .and_at(first.span, "the first"),
        );
    }
    let mut ssl = SslDraft {
        span: block.span(),
        identity: SslIdentity::default(),
    };
    SSL.read(&mut ssl, block, cx);
    draft.ssl = Some(ssl);
}

/// The word of a line; the last one counts.
fn value(given: bool, line: Statement<'_>, cx: &mut Context<'_>) -> Option<String> {
    let Some(word) = line.argument(0) else {
        cx.missing(line, "a value");
        return None;
    };
    if given {
        cx.replaced(line);
    }
    Some(word.text().to_owned())
}
