//! A response as it arrives: the header kept, the body passed on.

use super::chunked::Chunked;
use super::digester::{DigestKind, Digester};
use crate::failure::{Failure, StatusCode};
use model::BodyDigest;

/// How much of a response is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseLimits {
    /// Bytes of the header, its closing empty line included.
    pub header: usize,
    /// Bytes of the body. (keepalived 2.4.3 reads on for ever.)
    pub body: u64,
}

impl Default for ResponseLimits {
    fn default() -> Self {
        Self {
            header: 4095,
            body: 256 << 20,
        }
    }
}

/// What is known of a response once its header is complete.
#[derive(Clone, Debug)]
struct Header {
    status: StatusCode,
    content_length: Option<u64>,
}

/// A response.
pub struct Response {
    limits: ResponseLimits,
    /// The header, and nothing of the body.
    head: Vec<u8>,
    header: Option<Header>,
    /// Bytes of the body so far.
    received: u64,
    /// Of the body as it comes, but not beyond `Content-Length`.
    raw: Option<Digester>,
    /// Takes the framing of chunks away, where there are some.
    chunked: Option<Chunked>,
    /// Of the body without that framing.
    decoded: Option<Digester>,
}

impl Response {
    /// A response of which nothing has come, and the digest that is wanted of its body.
    #[must_use]
    pub fn new(digest: Option<DigestKind>, limits: ResponseLimits) -> Self {
        Self {
            limits,
            head: Vec::new(),
            header: None,
            received: 0,
            raw: digest.map(Digester::new),
            chunked: None,
            decoded: None,
        }
    }

    /// Takes the next bytes and hands on what belongs to the body, without the framing of chunks.
    ///
    /// Fails when a limit is passed.
    pub fn receive(&mut self, bytes: &[u8], body: impl FnMut(&[u8])) -> Result<(), Failure> {
        if self.header.is_some() {
            return self.receive_body(bytes, body);
        }
        // The end may have begun in what came before.
        let before = self.head.len();
        let room = self.limits.header - before;
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        let from = before.saturating_sub(3);
        let Some(end) = self.head[from..].windows(4).position(|four| four == b"\r\n\r\n") else {
            return if bytes.len() < room {
                Ok(())
            } else {
                Err(Failure::HeaderTooLong(self.limits.header))
            };
        };
        let end = from + end + 4;
        self.head.truncate(end);
        let (header, chunked) = parse(&self.head);
        self.header = Some(header);
        if chunked {
            self.chunked = Some(Chunked::new());
            self.decoded.clone_from(&self.raw);
        }
        self.receive_body(&bytes[end - before..], body)
    }

    fn receive_body(&mut self, bytes: &[u8], mut body: impl FnMut(&[u8])) -> Result<(), Failure> {
        if bytes.is_empty() {
            return Ok(());
        }
        let counted = self
            .content_length()
            .map_or(u64::MAX, |length| length.saturating_sub(self.received));
        let counted = usize::try_from(counted).map_or(bytes.len(), |counted| counted.min(bytes.len()));
        if let Some(raw) = &mut self.raw {
            raw.update(&bytes[..counted]);
        }
        let decoded = &mut self.decoded;
        match &mut self.chunked {
            None => body(bytes),
            Some(chunked) => chunked.decode(bytes, |piece| {
                if let Some(decoded) = decoded {
                    decoded.update(piece);
                }
                body(piece);
            }),
        }
        self.received += bytes.len() as u64;
        if self.received > self.limits.body {
            return Err(Failure::BodyTooLong(self.limits.body));
        }
        Ok(())
    }

    /// The status; nothing while the header is not complete.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.header.as_ref().map(|header| header.status)
    }

    /// The number in `Content-Length`.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.header.as_ref().and_then(|header| header.content_length)
    }

    /// Bytes of the body so far, the framing of chunks included.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// The header as it came; incomplete while there is no status.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The digest of the body as it came, up to `Content-Length`, if one is wanted. It is what `genhash` prints.
    #[must_use]
    pub fn digest(&self) -> Option<BodyDigest> {
        self.raw.as_ref().map(Digester::value)
    }

    /// Whether the body has the digest, as it came or without the framing of chunks.
    ///
    /// compat: `genhash` of keepalived 2.4.3 gives the digest of the framed body, any other tool that of the body.
    #[must_use]
    pub fn has_digest(&self, expected: &BodyDigest) -> bool {
        [&self.raw, &self.decoded]
            .into_iter()
            .flatten()
            .any(|digester| digester.value() == *expected)
    }
}

/// Reads a complete header, and whether the body is chunked.
fn parse(head: &[u8]) -> (Header, bool) {
    let line_end = head
        .windows(2)
        .position(|two| two == b"\r\n")
        .unwrap_or(head.len());
    let status = StatusCode(status_code(&head[..line_end]));
    let mut fields = [httparse::EMPTY_HEADER; 128];
    let parsed = head
        .get(line_end + 2..)
        .map(|fields_text| httparse::parse_headers(fields_text, &mut fields));
    let fields = match parsed {
        Some(Ok(httparse::Status::Complete((_, fields)))) => fields,
        // The fields are of use only to find the end of the body; a header that is no header has none.
        _ => &[],
    };
    let value = |name: &str| {
        fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|f| f.value)
    };
    let content_length = value("Content-Length").and_then(number);
    let chunked = value("Transfer-Encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked"));
    (
        Header {
            status,
            content_length,
        },
        chunked,
    )
}

/// Three digits between the first blank of the line and the next.
///
/// compat: the blank behind the digits is needed, and nobody looks at what stands before the first.
fn status_code(line: &[u8]) -> Option<u16> {
    let blank = line.iter().position(|byte| *byte == b' ')?;
    let (digits, behind) = line[blank + 1..].split_at_checked(3)?;
    if behind.first() != Some(&b' ') {
        return None;
    }
    digits.iter().try_fold(0, |code, digit| {
        digit
            .is_ascii_digit()
            .then(|| code * 10 + u16::from(digit - b'0'))
    })
}

fn number(text: &[u8]) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}
