//! `url` of `HTTP_GET` and `SSL_GET` (`spec/checkers.md` section 5.2).

use super::super::effect::IPVS;
use super::super::{Block, Keyword};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, UrlDraft};
use crate::tree::Statement;
use crate::values::number::{Range, Trailing, integer};
use model::{BodyDigest, RegexCheck, RegexOptions, StatusRange, Url};

type Row = Keyword<UrlDraft>;

/// The offsets that a regular expression may be held to.
const OFFSETS: Range = Range::new(0, i64::MAX);

pub(super) static URL: Block<UrlDraft> = Block {
    name: "url",
    keywords: &[KEYWORDS, REGEX],
};

static KEYWORDS: &[Row] = &[
    Row::line("path", "STRING", |u, line, cx| {
        let Some(word) = cx.required(line, 0) else { return };
        if u.path.is_some() {
            cx.replaced(line);
        }
        u.path = Some(word.text().to_owned());
    })
    .means("Target of the request, sent as it is written")
    .effect(IPVS),
    Row::line("digest", "HEX", digest)
        .first_wins()
        .range("32 digits for MD5, 64 for SHA-256")
        .means("Digest of the body, as genhash prints it")
        .effect(IPVS),
    Row::line("status_code", "N|N-M ...", status_code)
        .range("100 to 599")
        .default("200-299")
        .means("Status codes that are accepted; several lines add up")
        .effect(IPVS),
    Row::line("virtualhost", "NAME", |u, line, cx| {
        cx.virtual_host(&mut u.virtual_host, line);
    })
    .own_check()
    .default("that of the checker, of the real server or of the virtual server")
    .means("Host of the request")
    .effect(IPVS),
    Row::switch("tls_compliant", |u, on| u.tls_compliant = on.value)
        .default("that of the checker")
        .means("End the connection with a close_notify alert; SSL_GET only")
        .effect(IPVS),
];

static REGEX: &[Row] = &[
    Row::command("regex", "PATTERN", regex)
        .means("Perl-compatible regular expression that the body has to match")
        .effect(IPVS),
    Row::flag("regex_no_match", |u, span| {
        u.needs_regex.get_or_insert(span);
        u.regex_no_match = true;
    })
    .default("off")
    .means("A match is a failure")
    .effect(IPVS),
    Row::line("regex_options", "OPTION ...", |u, line, cx| {
        u.needs_regex.get_or_insert(line.span());
        for word in line.arguments() {
            if !u.regex_options.insert(word.text()) {
                let message = format!("`regex_options`: unknown option '{}' is ignored", word.text());
                cx.push(
                    Diagnostic::logged(Code::UNKNOWN_OPTION, message)
                        .at(word.span(), "")
                        .suggest(word.text(), RegexOptions::NAMES),
                );
            }
        }
    })
    .range("names of PCRE2 compile options in lower case, such as caseless or multiline")
    .means("How the regular expression is compiled")
    .effect(IPVS),
    Row::line("regex_min_offset", "N", |u, line, cx| {
        u.needs_regex.get_or_insert(line.span());
        if let Some(n) = offset(line, cx) {
            u.regex_min_offset = n;
        }
    })
    .default("0")
    .means("The match begins at this byte of the body or later")
    .effect(IPVS),
    Row::line("regex_max_offset", "N", |u, line, cx| {
        u.needs_regex.get_or_insert(line.span());
        u.regex_max_offset = offset(line, cx).or(u.regex_max_offset);
    })
    .default("none")
    .means("The match begins at this byte of the body or earlier")
    .effect(IPVS),
    Row::line("regex_stack", "START MAX", regex_stack)
        .default("the library's")
        .means("Accepted for what was written for other versions: the stack grows by itself"),
];

/// Reads a `url` block. One without a path is dropped.
pub(super) fn read(block: Statement<'_>, cx: &mut Context<'_>) -> Option<Url> {
    let mut url = UrlDraft::default();
    URL.read(&mut url, block, cx);
    let Some(path) = url.path.take() else {
        // A path that was there and could not be read has been reported already.
        if !block.children().any(|line| line.name().text() == "path") {
            let message = "`url` has no `path` and is dropped";
            cx.error(Code::INCOMPLETE_BLOCK, block.name().span(), message);
        }
        return None;
    };
    let regex = finish_regex(&mut url, cx);
    if url.status_codes.is_empty() {
        url.status_codes.push(StatusRange::DEFAULT);
    }
    Some(Url {
        path,
        digest: url.digest,
        status_codes: url.status_codes,
        virtual_host: url.virtual_host,
        regex,
        tls_compliant: url.tls_compliant,
    })
}

fn finish_regex(url: &mut UrlDraft, cx: &mut Context<'_>) -> Option<Box<RegexCheck>> {
    let Some((pattern, span)) = url.regex.take() else {
        if let Some(span) = url.needs_regex {
            cx.log(Code::CONFLICT, span, "has no effect without `regex`");
        }
        return None;
    };
    if let Some(max) = url.regex_max_offset
        && url.regex_min_offset > max
        && let Some(span) = url.needs_regex
    {
        let message = format!(
            "`regex_min_offset` {} is above `regex_max_offset` {max}; both are ignored",
            url.regex_min_offset
        );
        cx.log(Code::CONFLICT, span, message);
        url.regex_min_offset = 0;
        url.regex_max_offset = None;
    }
    let regex = RegexCheck {
        pattern,
        options: url.regex_options,
        no_match: url.regex_no_match,
        min_offset: url.regex_min_offset,
        max_offset: url.regex_max_offset,
    };
    if let Err(reason) = (cx.env.patterns)(&regex) {
        let message = format!("`regex` is ignored: {reason}");
        // compat: the original only logs it, so `-t` succeeds.
        cx.log(Code::INVALID_VALUE, span, message);
        return None;
    }
    Some(Box::new(regex))
}

fn digest(u: &mut UrlDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(digest) = parse_digest(word.text()) else {
        let message = format!(
            "`digest`: '{}' is not 32 or 64 hexadecimal digits; it is ignored",
            word.text()
        );
        return cx.error(Code::INVALID_VALUE, word.span(), message);
    };
    cx.once(&mut u.digest, line, digest);
}

/// MD5 or SHA-256, by the number of digits.
fn parse_digest(text: &str) -> Option<BodyDigest> {
    if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Vec<u8> = (0..text.len() / 2)
        .filter_map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok())
        .collect();
    match text.len() {
        32 => bytes.try_into().ok().map(BodyDigest::Md5),
        64 => bytes.try_into().ok().map(BodyDigest::Sha256),
        _ => None,
    }
}

fn status_code(u: &mut UrlDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    for word in line.arguments() {
        if let Some(range) = parse_status(word.text()) {
            u.status_codes.push(range);
            continue;
        }
        let message = format!(
            "`status_code`: '{}' is no status code from 100 to 599",
            word.text()
        );
        cx.push(
            Diagnostic::error(Code::INVALID_VALUE, Class::GeneralError, message)
                .at(word.span(), "it is skipped"),
        );
    }
}

/// `N` or `N-M`.
fn parse_status(text: &str) -> Option<StatusRange> {
    let code = |text: &str| {
        let parsed = integer(text, Range::new(100, 599), Trailing::Refuse).ok()?;
        u16::try_from(parsed.value).ok()
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some(StatusRange { first, last })
}

fn regex(u: &mut UrlDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if cx.required(line, 0).is_none() {
        return;
    }
    let words = match line.quoted_arguments() {
        Ok(words) => words,
        Err(error) => return cx.push(error.diagnostic()),
    };
    if let [pattern] = words.as_slice() {
        let text = String::from_utf8_lossy(&pattern.bytes).into_owned();
        u.regex = Some((text, pattern.span));
        return;
    }
    let message = "`regex` takes one pattern; the line is ignored";
    cx.push(
        Diagnostic::error(Code::EXTRA_WORDS, Class::GeneralError, message)
            .at(line.span(), "")
            .help("quote the whole pattern"),
    );
}

fn offset(line: Statement<'_>, cx: &mut Context<'_>) -> Option<u64> {
    let word = cx.required(line, 0)?;
    let strict = super::super::strict(OFFSETS.min, OFFSETS.max);
    cx.integer(line.name().text(), word, strict)
        .map(|n| n.value.unsigned_abs())
}

fn regex_stack(u: &mut UrlDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    u.needs_regex.get_or_insert(line.span());
    let sizes: Option<Vec<i64>> = line
        .arguments()
        .map(|word| {
            integer(word.text(), OFFSETS, Trailing::Refuse)
                .ok()
                .map(|n| n.value)
        })
        .collect();
    if !matches!(sizes.as_deref(), Some([start, max]) if start <= max) {
        let message = "`regex_stack` takes two numbers, the smaller first; the line is ignored";
        cx.log(Code::INVALID_VALUE, line.span(), message);
    }
}
