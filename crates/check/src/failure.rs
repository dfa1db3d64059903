//! What a check can end with, and why it failed.

use model::{BodyDigest, Micros};
use std::io;

/// How a run of a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server is well.
    Succeeded,
    /// The script of a `MISC_CHECK` ended by itself with this status; what it means depends on `misc_dynamic`.
    Exited(u8),
    /// The server is not well.
    Failed(Failure),
    /// The check itself could not be done: nothing is known about the server.
    Postponed(Obstacle),
}

/// What kept a check from being done. It is tried again after `delay_loop`, without a change of state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// A call of this side failed: no socket, no such source address, interface or right.
    #[error("{call}: {error}")]
    Local {
        /// What was tried: `socket`, `bind`, `connect`, …
        call: &'static str,
        /// The error's text.
        error: String,
    },
    /// A script was to be ended and was gone already.
    #[error("the script could not be ended")]
    ScriptGone,
}

/// Why a server did not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection.
    #[error("{0}")]
    Connect(ConnectFailure),
    /// Nothing came for too long.
    #[error("timeout after {after} {waiting}")]
    TimedOut {
        /// What was waited for.
        waiting: Wait,
        /// How long.
        after: Micros,
    },
    /// The request could not be written.
    #[error("sending failed: {0}")]
    Send(ConnectFailure),
    /// Reading failed.
    #[error("reading failed: {0}")]
    Receive(ConnectFailure),
    /// The server closed the connection too early.
    #[error("connection closed {0}")]
    Closed(Wait),
    /// TLS failed.
    #[error("TLS: {0}")]
    Tls(TlsFailure),
    /// The reply has no complete header.
    #[error("no complete header in the reply")]
    NoHeader,
    /// The header does not end within the limit.
    #[error("header longer than {0} bytes")]
    HeaderTooLong(usize),
    /// The body does not end within the limit.
    #[error("body longer than {0} bytes")]
    BodyTooLong(u64),
    /// The first line has no status code, or another one than is accepted.
    #[error("status {0}")]
    Status(StatusCode),
    /// The body has another digest.
    #[error("digest {actual} differs from {expected}")]
    Digest {
        /// As configured.
        expected: BodyDigest,
        /// As computed.
        actual: BodyDigest,
    },
    /// The regular expression is not found in the body.
    #[error("regular expression not found in the body")]
    RegexNotFound,
    /// The regular expression of `regex_no_match` is found in the body.
    #[error("unwanted regular expression found in the body")]
    RegexFound,
    /// The SMTP server's greeting is not 220.
    #[error("bad greeting '{0}'")]
    Greeting(Excerpt),
    /// The SMTP server's reply to `HELO` is not 250.
    #[error("bad reply to HELO '{0}'")]
    Helo(Excerpt),
    /// The DNS server answered with an error code.
    #[error("response code {0}")]
    DnsCode(u8),
    /// An ICMP error says that the datagram did not arrive.
    #[error("destination unreachable")]
    Unreachable,
    /// The reply is too short or too long.
    #[error("reply of {0} bytes")]
    ReplyLength(usize),
    /// The reply has another content.
    #[error("reply data mismatch")]
    ReplyMismatch,
    /// What came is not the reply to the echo request.
    #[error("no proper echo reply")]
    EchoMismatch,
    /// The script exited with a status that means failure.
    #[error("exited with status {0}")]
    Exit(u8),
    /// The script was ended by a signal of others.
    #[error("due to signal {0}")]
    Signal(i32),
    /// The script was ended because it ran for too long.
    #[error("timed out after {after}")]
    ScriptTimedOut {
        /// The limit.
        after: Micros,
        /// The signal that ended it.
        signal: i32,
    },
    /// The number in a tracked file means a fault.
    #[error("tracked file {0} is in fault")]
    FileFault(Box<str>),
    /// The BFD session is not up.
    #[error("BFD session {0} is down")]
    BfdDown(Box<str>),
}

/// The status code of a reply; nothing where the first line has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusCode(pub Option<u16>);

impl std::fmt::Display for StatusCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(code) => code.fmt(f),
            None => f.write_str("missing"),
        }
    }
}

/// What a check waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// A connection.
    Connect,
    /// The TLS handshake.
    Handshake,
    /// The first byte of a reply.
    FirstByte,
    /// More of a reply.
    Rest,
    /// A whole reply.
    Reply,
    /// The greeting of an SMTP server.
    Greeting,
    /// The reply to `HELO`.
    Helo,
    /// The reply to `QUIT`.
    Quit,
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Handshake => "in the TLS handshake",
            Self::FirstByte => "before the first byte of the reply",
            Self::Rest => "in the reply",
            Self::Reply => "before the reply",
            Self::Greeting => "before the greeting",
            Self::Helo => "before the reply to HELO",
            Self::Quit => "before the reply to QUIT",
        })
    }
}

/// An error of the network that says something about the server, not about this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ConnectFailure {
    /// `ECONNREFUSED`.
    #[error("connection refused")]
    Refused,
    /// `ENETUNREACH`.
    #[error("network unreachable")]
    NetworkUnreachable,
    /// `EHOSTUNREACH`.
    #[error("host unreachable")]
    HostUnreachable,
    /// `EHOSTDOWN`, which the caller has to recognise: the standard library has no kind for it.
    #[error("host down")]
    HostDown,
    /// `ENETDOWN`.
    #[error("network down")]
    NetworkDown,
    /// `ECONNRESET` or `EPIPE`.
    #[error("connection reset")]
    Reset,
    /// `ECONNABORTED`.
    #[error("connection aborted")]
    Aborted,
    /// `ETIMEDOUT`: the kernel gave up.
    #[error("connection timed out")]
    TimedOut,
    /// Any other error, for `UDP_CHECK`, which takes each as a failure.
    #[error("network error")]
    Other,
}

impl ConnectFailure {
    /// The error's number and text on Linux; nothing where it is not known.
    #[must_use]
    pub const fn errno(self) -> Option<(u32, &'static str)> {
        Some(match self {
            Self::Refused => (111, "Connection refused"),
            Self::NetworkUnreachable => (101, "Network is unreachable"),
            Self::HostUnreachable => (113, "No route to host"),
            Self::HostDown => (112, "Host is down"),
            Self::NetworkDown => (100, "Network is down"),
            Self::Reset => (104, "Connection reset by peer"),
            Self::Aborted => (103, "Software caused connection abort"),
            Self::TimedOut => (110, "Connection timed out"),
            Self::Other => return None,
        })
    }

    /// What an error of the network says about the server; nothing if it is an error of this side.
    #[must_use]
    pub fn classify(kind: io::ErrorKind) -> Option<Self> {
        Some(match kind {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::NetworkUnreachable => Self::NetworkUnreachable,
            io::ErrorKind::HostUnreachable => Self::HostUnreachable,
            io::ErrorKind::NetworkDown => Self::NetworkDown,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::ConnectionAborted => Self::Aborted,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => return None,
        })
    }
}

/// Why TLS failed. The shell that speaks TLS fills it in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFailure {
    /// The server's certificate is not valid any more.
    #[error("certificate expired")]
    CertificateExpired,
    /// The server's certificate is not valid yet.
    #[error("certificate not yet valid")]
    CertificateNotYetValid,
    /// The certificate is for another name.
    #[error("certificate is for another name")]
    NameMismatch,
    /// Nobody who is trusted has signed the certificate.
    #[error("certificate is not trusted")]
    Untrusted,
    /// The server sent an alert, or the handshake failed otherwise.
    #[error("{0}")]
    Handshake(String),
}

/// The beginning of what a server sent, made printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(Box<str>);

impl Excerpt {
    const MAX_LEN: usize = 60;

    /// The beginning of `bytes`: at most 60 bytes, control and other characters escaped.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let end = bytes
            .iter()
            .rposition(|byte| !byte.is_ascii_whitespace())
            .map_or(0, |last| last + 1);
        Self(bytes[..end.min(Self::MAX_LEN)].escape_ascii().to_string().into())
    }
}

impl std::fmt::Display for Excerpt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_say_what_happened() {
        let timeout = Failure::TimedOut {
            waiting: Wait::Connect,
            after: Micros::from_secs(5),
        };
        assert_eq!(timeout.to_string(), "timeout after 5s connecting");
        assert_eq!(Failure::Status(StatusCode(Some(503))).to_string(), "status 503");
        assert_eq!(Failure::Status(StatusCode(None)).to_string(), "status missing");
        assert_eq!(
            Failure::Connect(ConnectFailure::Refused).to_string(),
            "connection refused"
        );
        let greeting = Failure::Greeting(Excerpt::of(b"554 go\x07 away\r\n"));
        assert_eq!(greeting.to_string(), "bad greeting '554 go\\x07 away'");
        assert_eq!(
            Failure::Tls(TlsFailure::CertificateExpired).to_string(),
            "TLS: certificate expired"
        );
    }

    #[test]
    fn excerpts_are_bounded() {
        assert_eq!(Excerpt::of(&[b'x'; 5000]).to_string().len(), 60);
        assert_eq!(Excerpt::of(b" \r\n").to_string(), "");
    }

    #[test]
    fn errors_of_this_side_are_no_verdict() {
        assert_eq!(
            ConnectFailure::classify(io::ErrorKind::ConnectionRefused),
            Some(ConnectFailure::Refused)
        );
        assert_eq!(ConnectFailure::classify(io::ErrorKind::AddrNotAvailable), None);
        assert_eq!(ConnectFailure::classify(io::ErrorKind::PermissionDenied), None);
    }
}
