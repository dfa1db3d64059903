//! Conversations with servers as state machines: bytes in, bytes out, time as a parameter.
//!
//! A [`Dialogue`] begins when its check is started. The caller opens the socket that [`Dialogue::transport`] names,
//! connects it, reports what happens with [`Dialogue::handle`] and does what the returned [`Step`] says, until it is
//! [`Step::End`]. When [`Dialogue::deadline`] passes it reports [`Incoming::TimedOut`].
//!
//! Whatever a server sends, a dialogue keeps at most some kilobytes of it and ends in bounded time.

mod dns;
mod http;
mod ping;
mod script;
mod smtp;
mod tcp;
mod udp;

#[cfg(test)]
mod tests;

pub use dns::DnsDialogue;
pub use http::{BodyMatcher, DigestKind, HttpDialogue, Response, ResponseLimits, request};
pub use ping::PingDialogue;
pub use script::{ScriptEvent, ScriptRun, ScriptSignal, ScriptStep};
pub use smtp::SmtpDialogue;
pub use tcp::TcpDialogue;
pub use udp::UdpDialogue;

use crate::failure::{ConnectFailure, Outcome, TlsFailure};
use model::{CheckKind, Time};

/// What happened on the socket.
#[derive(Clone, Debug)]
pub enum Incoming<'a> {
    /// The socket is connected; a datagram socket is so at once.
    Connected,
    /// The TLS handshake is done.
    Secured,
    /// The bytes of the last [`Step::Send`] have been written.
    Sent,
    /// Bytes have come, or one datagram.
    Received(&'a [u8]),
    /// The server has closed the connection, or its side of it.
    Closed,
    /// Connecting, writing or reading failed, whichever was under way.
    Failed(ConnectFailure),
    /// The TLS handshake failed. (An error after it is [`Incoming::Closed`].)
    TlsFailed(TlsFailure),
    /// The error queue of a datagram socket has an ICMP "destination unreachable".
    Unreachable,
    /// The error queue of a datagram socket has something else.
    OtherIcmp,
    /// The deadline has passed.
    TimedOut,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for what happens next; read if connected.
    Wait,
    /// Do the TLS handshake.
    Secure,
    /// Write these bytes, or send them as one datagram.
    Send(Vec<u8>),
    /// It is over: close the socket.
    End(Outcome),
}

/// The socket that a dialogue wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Stream,
    /// UDP, with the error queue (`IP_RECVERR`) if `errors` says so.
    Datagram {
        /// Whether errors of the queue are to be reported.
        errors: bool,
    },
    /// A datagram socket of ICMP, of either family.
    Echo,
}

/// What a dialogue cannot make itself.
#[derive(Default)]
pub struct Ingredients {
    /// Random; the identifier of a DNS query.
    pub query_id: u16,
    /// The sequence number of an echo request: 1 for the first on a socket, then one more each time.
    pub sequence: u16,
    /// Searches the body for the regular expression of the URL, where it has one.
    pub matcher: Option<Box<dyn BodyMatcher>>,
}

/// A conversation of any kind.
pub enum Dialogue {
    /// `TCP_CHECK`.
    Tcp(TcpDialogue),
    /// `UDP_CHECK`.
    Udp(UdpDialogue),
    /// `HTTP_GET` and `SSL_GET`.
    Http(Box<HttpDialogue>),
    /// `SMTP_CHECK`.
    Smtp(SmtpDialogue),
    /// `DNS_CHECK`.
    Dns(DnsDialogue),
    /// `PING_CHECK`.
    Ping(PingDialogue),
}

impl Dialogue {
    /// Begins the conversation of a check; nothing for the kinds that have none. `url` is as in
    /// [`Output::Start`](crate::Output::Start).
    #[must_use]
    pub fn begin(now: Time, kind: &CheckKind, url: usize, ingredients: Ingredients) -> Option<Self> {
        Some(match kind {
            CheckKind::Tcp(check) => Self::Tcp(TcpDialogue::new(now, check)),
            CheckKind::Udp(check) => Self::Udp(UdpDialogue::new(now, check)),
            CheckKind::Http(check) => {
                let url = check.urls.get(url)?;
                Self::Http(Box::new(HttpDialogue::new(now, check, url, ingredients.matcher)))
            }
            CheckKind::Smtp(check) => Self::Smtp(SmtpDialogue::new(now, check)),
            CheckKind::Dns(check) => Self::Dns(DnsDialogue::new(now, check, ingredients.query_id)),
            CheckKind::Ping(check) => Self::Ping(PingDialogue::new(now, check, ingredients.sequence)),
            CheckKind::Misc(_) | CheckKind::File(_) | CheckKind::Bfd(_) => return None,
        })
    }

    /// The socket that is wanted.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Tcp(_) | Self::Http(_) | Self::Smtp(_) => Transport::Stream,
            Self::Udp(_) => Transport::Datagram { errors: true },
            Self::Dns(_) => Transport::Datagram { errors: false },
            Self::Ping(_) => Transport::Echo,
        }
    }

    /// When [`Incoming::TimedOut`] is to be reported. It moves with every step.
    #[must_use]
    pub const fn deadline(&self) -> Time {
        match self {
            Self::Tcp(dialogue) => dialogue.deadline(),
            Self::Udp(dialogue) => dialogue.deadline(),
            Self::Http(dialogue) => dialogue.deadline(),
            Self::Smtp(dialogue) => dialogue.deadline(),
            Self::Dns(dialogue) => dialogue.deadline(),
            Self::Ping(dialogue) => dialogue.deadline(),
        }
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Time, incoming: Incoming<'_>) -> Step {
        match self {
            Self::Tcp(dialogue) => dialogue.handle(&incoming),
            Self::Udp(dialogue) => dialogue.handle(now, &incoming),
            Self::Http(dialogue) => dialogue.handle(now, incoming),
            Self::Smtp(dialogue) => dialogue.handle(now, incoming),
            Self::Dns(dialogue) => dialogue.handle(&incoming),
            Self::Ping(dialogue) => dialogue.handle(now, &incoming),
        }
    }
}

/// The text that fills datagrams whose content does not matter, repeated and cut to `len` bytes.
fn filler(len: usize) -> Vec<u8> {
    b"keepalived check - ".iter().copied().cycle().take(len).collect()
}
