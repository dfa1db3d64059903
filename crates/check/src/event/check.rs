//! Results of checks and their log lines (`spec/checkers.md` sections 3 to 11).

use super::Place;
use crate::failure::{ConnectFailure, Failure, Obstacle, Wait};
use model::{CheckKind, ServerName};
use std::fmt;
use std::net::SocketAddr;

/// What the log needs to know of a check: its kind, and what its lines name beside the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CheckLabel {
    /// `TCP_CHECK`.
    Tcp,
    /// `UDP_CHECK`.
    Udp,
    /// `HTTP_GET`.
    Http,
    /// `SSL_GET`.
    Ssl,
    /// `SMTP_CHECK` of this destination.
    Smtp(SocketAddr),
    /// `DNS_CHECK`.
    Dns,
    /// `PING_CHECK`.
    Ping,
    /// `MISC_CHECK` by this script.
    Misc(Box<str>),
    /// `FILE_CHECK` of this track file.
    File(Box<str>),
    /// `BFD_CHECK` of this instance.
    Bfd(Box<str>),
}

impl CheckLabel {
    /// The label of a check.
    #[must_use]
    pub fn of(kind: &CheckKind) -> Self {
        match kind {
            CheckKind::Tcp(_) => Self::Tcp,
            CheckKind::Udp(_) => Self::Udp,
            CheckKind::Http(check) if check.tls.is_some() => Self::Ssl,
            CheckKind::Http(_) => Self::Http,
            CheckKind::Smtp(check) => Self::Smtp(check.connection.destination),
            CheckKind::Dns(_) => Self::Dns,
            CheckKind::Ping(_) => Self::Ping,
            CheckKind::Misc(check) => Self::Misc(check.script.argv.first().map_or("", String::as_str).into()),
            CheckKind::File(check) => Self::File(check.file.as_str().into()),
            CheckKind::Bfd(check) => Self::Bfd(check.instance.as_str().into()),
        }
    }

    /// The keyword of the check's block.
    #[must_use]
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Tcp => "TCP_CHECK",
            Self::Udp => "UDP_CHECK",
            Self::Http => "HTTP_GET",
            Self::Ssl => "SSL_GET",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns => "DNS_CHECK",
            Self::Ping => "PING_CHECK",
            Self::Misc(_) => "MISC_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }
}

/// A result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckEvent {
    /// Which check.
    pub label: CheckLabel,
    /// Of which server.
    pub place: Place,
    /// What came out.
    pub news: CheckNews,
}

/// What can come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckNews {
    /// The first success, or one after a failure.
    Passed,
    /// A URL passed while the check is down.
    UrlPassed {
        /// By which test.
        proof: &'static str,
        /// Its path.
        path: Box<str>,
    },
    /// An attempt failed; others follow (`log_all_failures`).
    Attempt {
        /// Why.
        failure: Failure,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// How many retries there are.
        retry: u32,
    },
    /// The check failed.
    Failed {
        /// Why.
        failure: Failure,
        /// How many retries preceded, where the log tells it.
        retries: Option<u32>,
        /// Whether there are no retries at all.
        retry_disabled: bool,
    },
    /// The check could not be done.
    Postponed(Obstacle),
}

impl fmt::Display for CheckEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            server,
            virtual_server,
        } = &self.place;
        match (&self.news, &self.label) {
            (CheckNews::Postponed(obstacle), label) => {
                write!(
                    f,
                    "{} on service {server} could not be done: {obstacle}",
                    label.keyword()
                )
            }
            (CheckNews::UrlPassed { proof, path }, _) => {
                write!(f, "{proof} success to {server} url({path})")
            }
            (CheckNews::Passed, CheckLabel::Bfd(name)) => {
                write!(f, "BFD check of [{name}] RS({server}) is UP")
            }
            (CheckNews::Passed, CheckLabel::File(name)) => {
                write!(f, "({server}): tracked file {name} leaving FAULT state")
            }
            (CheckNews::Passed, CheckLabel::Misc(script)) => {
                write!(
                    f,
                    "Misc check for [{server} VS {virtual_server}] by [{script}] succeeded."
                )
            }
            (CheckNews::Passed, label) => passed(f, label, *server),
            (
                CheckNews::Attempt {
                    failure,
                    attempt,
                    retry,
                },
                CheckLabel::Misc(script),
            ) => {
                write!(
                    f,
                    "Misc check for [{server} VS {virtual_server}] by [{script}] {}",
                    how(failure)
                )?;
                match attempt {
                    1 => write!(f, ", will do {retry} {}", retries_word(*retry))?,
                    later => write!(f, " on retry {}/{retry}", later - 1)?,
                }
                write!(f, "{}.", Ending(failure))
            }
            (CheckNews::Attempt { failure, .. }, label) => attempt(f, label, *server, failure),
            (
                CheckNews::Failed {
                    failure,
                    retries,
                    retry_disabled,
                },
                CheckLabel::Misc(script),
            ) => {
                write!(
                    f,
                    "Misc check for [{server} VS {virtual_server}] by [{script}] {}",
                    how(failure)
                )?;
                match retries {
                    _ if *retry_disabled => f.write_str(" with retry disabled")?,
                    Some(retries) => write!(f, " after {retries} {}", retries_word(*retries))?,
                    None => {}
                }
                write!(f, "{}.", Ending(failure))
            }
            (CheckNews::Failed { failure, retries, .. }, label) => {
                self.failed(f, label, failure, AfterRetries(*retries))
            }
        }
    }
}

impl CheckEvent {
    fn failed(
        &self,
        f: &mut fmt::Formatter<'_>,
        label: &CheckLabel,
        failure: &Failure,
        after: AfterRetries,
    ) -> fmt::Result {
        let Place {
            server,
            virtual_server,
        } = &self.place;
        match label {
            CheckLabel::Smtp(destination) => write!(f, "SMTP_CHECK {}", smtp_reason(failure, *destination)),
            CheckLabel::Dns => write!(f, "DNS_CHECK ({server}) {}{after}", dns_reason(failure)),
            CheckLabel::Ping if after.0.is_some() => {
                write!(
                    f,
                    "ICMP CHECK on service {server} of {virtual_server} failed{after}."
                )
            }
            CheckLabel::Ping => write!(f, "ICMP CHECK on service {server} failed."),
            CheckLabel::Http => write!(f, "HTTP_CHECK on service {server} failed{after}."),
            CheckLabel::Ssl => write!(f, "SSL_CHECK on service {server} failed{after}."),
            CheckLabel::Bfd(name) => write!(f, "BFD check of [{name}] RS({server}) is DOWN"),
            CheckLabel::File(name) => write!(f, "({server}): tracked file {name} now FAULT state"),
            CheckLabel::Tcp | CheckLabel::Udp | CheckLabel::Misc(_) => {
                write!(f, "{} on service {server} failed{after}.", label.keyword())
            }
        }
    }
}

fn passed(f: &mut fmt::Formatter<'_>, label: &CheckLabel, server: ServerName) -> fmt::Result {
    match label {
        CheckLabel::Udp => write!(f, "UDP connection to {server} success."),
        CheckLabel::Ping => write!(f, "ICMP connection to {server} success."),
        CheckLabel::Smtp(_) => write!(f, "Remote SMTP server {server} succeed on service."),
        CheckLabel::Http | CheckLabel::Ssl => write!(f, "Remote Web server {server} succeed on service."),
        CheckLabel::Dns => write!(f, "DNS_CHECK ({server}) success."),
        _ => write!(f, "TCP connection to {server} success."),
    }
}

fn attempt(
    f: &mut fmt::Formatter<'_>,
    label: &CheckLabel,
    server: ServerName,
    failure: &Failure,
) -> fmt::Result {
    match label {
        CheckLabel::Smtp(destination) => write!(f, "SMTP_CHECK {}", smtp_reason(failure, *destination)),
        CheckLabel::Dns => write!(f, "DNS_CHECK ({server}) {}", dns_reason(failure)),
        CheckLabel::Http | CheckLabel::Ssl => {
            write!(
                f,
                "{} server {server}.",
                http_reason(failure, *label == CheckLabel::Ssl)
            )
        }
        CheckLabel::Udp if matches!(failure, Failure::ReplyMismatch | Failure::ReplyLength(_)) => {
            write!(f, "UDP check to {server} reply data mismatch.")
        }
        CheckLabel::Ping if matches!(failure, Failure::TimedOut { .. }) => {
            write!(f, "ICMP connection to address {server} timeout.")
        }
        CheckLabel::Ping => write!(f, "ICMP connection to {server} failed."),
        CheckLabel::Udp => write!(f, "UDP connection to {server} failed."),
        _ => {
            let timed_out = matches!(failure, Failure::TimedOut { .. });
            write!(
                f,
                "TCP connection to {server} {}.",
                if timed_out { "timeout" } else { "failed" }
            )
        }
    }
}

/// The words before `server RS.` for a failed attempt of `HTTP_GET` or `SSL_GET`; `genhash` prints them alone.
#[must_use]
pub const fn http_reason(failure: &Failure, secure: bool) -> &'static str {
    match failure {
        Failure::Connect(ConnectFailure::Refused | ConnectFailure::Reset | ConnectFailure::Aborted) => {
            "Connection failed"
        }
        Failure::Connect(_) => "Error connecting",
        Failure::TimedOut {
            waiting: Wait::Connect | Wait::Handshake,
            ..
        } => "Timeout connecting",
        Failure::TimedOut {
            waiting: Wait::FirstByte,
            ..
        } => "Timeout WEB read",
        Failure::TimedOut { .. } if secure => "Timeout SSL read",
        Failure::TimedOut { .. } => "Timeout HTTP read",
        Failure::Tls(_) => "SSL handshake/communication error connecting to",
        Failure::Send(_) => "Cannot send get request to",
        Failure::Status(_) => "HTTP status code error to",
        Failure::Digest { .. } => "MD5 digest error to",
        Failure::RegexNotFound | Failure::RegexFound => "Regex match failed",
        _ => "Read, no data received from",
    }
}

/// The reason of an `SMTP_CHECK` with the server, for log and mail.
pub(crate) fn smtp_reason(failure: &Failure, destination: SocketAddr) -> String {
    let words = match failure {
        Failure::Greeting(_) => "Bad greeting banner from server",
        Failure::Helo(_) => "Bad HELO response from server",
        Failure::TimedOut {
            waiting: Wait::Connect,
            ..
        } => "Connection timeout to server",
        Failure::Connect(_) => "Could not connect to server",
        Failure::TimedOut { .. } => "Read timeout from server",
        Failure::Send(_) => "Write failure to server",
        _ => "Read failure from server",
    };
    format!("{words} [{}]:{}", destination.ip(), destination.port())
}

fn dns_reason(failure: &Failure) -> String {
    match failure {
        Failure::TimedOut { .. } => "read timeout from socket".to_owned(),
        Failure::DnsCode(code) => format!("read error occurred. (rcode = {code})"),
        Failure::Connect(error) | Failure::Receive(error) => match error.errno() {
            Some((number, text)) => format!("failed to read socket; errno {number} ({text})"),
            None => "failed to read socket".to_owned(),
        },
        other => other.to_string(),
    }
}

/// `failed` or `timed out`.
const fn how(failure: &Failure) -> &'static str {
    match failure {
        Failure::ScriptTimedOut { .. } => "timed out",
        _ => "failed",
    }
}

/// ` (exited with status N)` or ` (due to signal N)`.
struct Ending<'a>(&'a Failure);

impl fmt::Display for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Failure::Exit(status) => write!(f, " (exited with status {status})"),
            Failure::Signal(signal) | Failure::ScriptTimedOut { signal, .. } => {
                write!(f, " (due to signal {signal})")
            }
            _ => Ok(()),
        }
    }
}

const fn retries_word(count: u32) -> &'static str {
    if count == 1 { "retry" } else { "retries" }
}

/// ` after N retries`, where it is told.
#[derive(Clone, Copy)]
struct AfterRetries(Option<u32>);

impl fmt::Display for AfterRetries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |retries| write!(f, " after {retries} retries"))
    }
}
