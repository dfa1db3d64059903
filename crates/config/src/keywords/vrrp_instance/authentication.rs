//! `authentication` and `auth_hmac` (`spec/config-vrrp.md` sections 1.8 and 1.9).

use super::super::{Block, Keyword, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, AuthDraft, AuthKind, Context, HmacDraft, InstanceDraft};
use crate::tree::{Statement, Word};
use model::{AuthHmacMode, HmacKey, Micros, PASSWORD_LEN, Secret};

type Row = Keyword<InstanceDraft>;

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::block("authentication", "", &AUTHENTICATION, |i, block, cx| {
        let mut auth = i.auth.take().unwrap_or(AuthDraft {
            span: block.span(),
            kind: None,
            password: None,
        });
        AUTHENTICATION.read(&mut auth, block, cx);
        i.auth = Some(auth);
    })
    .means("Password of version 2"),
    Row::block("auth_hmac", "", &AUTH_HMAC, |i, block, cx| {
        let mut hmac = i.hmac.take().unwrap_or(HmacDraft {
            span: block.span(),
            keys: Vec::new(),
            active_key: None,
            monotonic: false,
            time_window: None,
            mode: AuthHmacMode::default(),
        });
        AUTH_HMAC.read(&mut hmac, block, cx);
        i.hmac = Some(hmac);
    })
    .means("Sign adverts of any version with HMAC-SHA256"),
];

type AuthRow = Keyword<AuthDraft>;
type HmacRow = Keyword<HmacDraft>;

static AUTHENTICATION: Block<AuthDraft> = Block {
    name: "authentication",
    keywords: &[&[
        AuthRow::line("auth_type", "PASS|AH", |auth, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            auth.kind = match word.text() {
                "PASS" => Some(At::new(AuthKind::Pass, word.span())),
                "AH" => Some(At::new(AuthKind::Ah, word.span())),
                other => {
                    let message =
                        format!("`auth_type`: '{other}' is neither PASS nor AH; there is no authentication");
                    cx.push(
                        Diagnostic::error(Code::INVALID_VALUE, Class::GeneralError, message)
                            .at(word.span(), "")
                            .suggest(other, ["PASS", "AH"]),
                    );
                    None
                }
            };
        })
        .means("Password in the clear, or IPsec AH with HMAC-MD5"),
        AuthRow::line("auth_pass", "WORD", |auth, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            let mut password = word.bytes().to_vec();
            if password.len() > PASSWORD_LEN {
                // The password itself stays out of the message.
                let message =
                    format!("`auth_pass`: only the first {PASSWORD_LEN} bytes of the password count");
                cx.correct(Code::TRUNCATED, word.span(), message);
                password.truncate(PASSWORD_LEN);
            }
            auth.password = Some(Secret::new(password));
        })
        .range("8 bytes at most")
        .means("Password"),
    ]],
};

static AUTH_HMAC: Block<HmacDraft> = Block {
    name: "auth_hmac",
    keywords: &[&[
        HmacRow::line("key", "ID VALUE|hex:DIGITS|file:PATH", key)
            .own_check()
            .range("ID 1 to 255, key 32 to 64 bytes")
            .means("A key that adverts may be signed with"),
        HmacRow::integer("active_key", "ID", strict(1, 255), |hmac, n| {
            hmac.active_key = Some(n.narrow());
        })
        .means("Key that signs adverts"),
        HmacRow::line("anti_replay", "time|monotonic", |hmac, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            match word.text() {
                "time" => hmac.monotonic = false,
                "monotonic" => hmac.monotonic = true,
                _ => cx.unknown_option("anti_replay", word, &["time", "monotonic"]),
            }
        })
        .default("time")
        .means("Tell old adverts by the clock, or by an increasing sequence only"),
        HmacRow::integer("time_window", "SECS", strict(1, 300), |hmac, n| {
            hmac.time_window = Some(Micros::from_secs(n.number()));
        })
        .default("3 times advert_int, 5 to 300")
        .means("How far the clocks may differ"),
        HmacRow::line("mode", "enforce|permissive|receive-only", |hmac, line, cx| {
            let Some(word) = cx.required(line, 0) else { return };
            match word.text() {
                "enforce" => hmac.mode = AuthHmacMode::Enforce,
                "permissive" => hmac.mode = AuthHmacMode::Permissive,
                "receive-only" => hmac.mode = AuthHmacMode::ReceiveOnly,
                _ => cx.unknown_option("mode", word, &["enforce", "permissive", "receive-only"]),
            }
        })
        .default("enforce")
        .means("Accept unsigned adverts too, and with receive-only sign none"),
    ]],
};

/// Bytes of a key.
const KEY_LEN: std::ops::RangeInclusive<usize> = 32..=64;
/// A key file is no longer than its longest form in hexadecimal with blanks.
const KEY_FILE_LEN: usize = 1_024;

fn key(hmac: &mut HmacDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let (Some(id), Some(value)) = (line.argument(0), line.argument(1)) else {
        return cx.missing(line, "an id and a key");
    };
    let Some(id) = cx.integer("key", id, strict(1, 255)) else {
        return;
    };
    let id: u8 = id.number();
    if hmac.keys.iter().any(|key| key.id == id) {
        return cx.error(
            Code::DUPLICATE,
            line.span(),
            format!("`key`: id {id} is given twice; the second is skipped"),
        );
    }
    let bytes = match value.text().strip_prefix("file:") {
        Some(path) => key_file(path, value, cx),
        None => key_text(value.bytes()).ok_or("its hexadecimal digits are malformed".to_owned()),
    };
    let checked = bytes.and_then(|bytes| {
        let len = bytes.len();
        KEY_LEN
            .contains(&len)
            .then(|| Secret::new(bytes))
            .ok_or_else(|| format!("it has {len} bytes, not {} to {}", KEY_LEN.start(), KEY_LEN.end()))
    });
    match checked {
        Ok(value) => hmac.keys.push(HmacKey { id, value }),
        Err(reason) => cx.error(
            Code::INVALID_VALUE,
            value.span(),
            format!("`key`: key {id} is skipped: {reason}"),
        ),
    }
}

/// A key as text or `hex:` and digits; nothing where the digits are malformed.
fn key_text(text: &[u8]) -> Option<Vec<u8>> {
    let Some(digits) = text.strip_prefix(b"hex:") else {
        return Some(text.to_vec());
    };
    let digits: Vec<u8> = digits
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| {
            char::from(byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn key_file(path: &str, value: Word<'_>, cx: &mut Context<'_>) -> Result<Vec<u8>, String> {
    let content = cx.secret_file(path, value.span(), KEY_FILE_LEN)?;
    key_text(content.expose()).ok_or_else(|| format!("the hexadecimal digits in {path} are malformed"))
}
