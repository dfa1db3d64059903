//! Mails about servers (`spec/checkers.md` section 1.4 and `spec/ipvs.md` section 6.3).

use super::check::smtp_reason;
use super::{CheckLabel, Place, QuorumFigures};
use crate::failure::Failure;
use crate::schedule::Verdict;
use model::VirtualServerName;
use std::fmt;

/// A mail. The caller puts `[ROUTER_ID] ` before the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// What it is about.
    pub subject: MailSubject,
    /// Its one line of text, at most 79 characters.
    pub body: String,
}

/// Whose state a mail tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailSubject {
    /// A real server's.
    Server(Place, Verdict),
    /// A virtual server's.
    VirtualServer(VirtualServerName, Verdict),
}

impl fmt::Display for MailSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(
                Place {
                    server,
                    virtual_server,
                },
                verdict,
            ) => {
                write!(
                    f,
                    "Realserver {server} of virtual server {virtual_server} - {verdict}"
                )
            }
            Self::VirtualServer(name, verdict) => write!(f, "Virtualserver {name} - {verdict}"),
        }
    }
}

impl Mail {
    const MAX_BODY: usize = 79;

    fn new(subject: MailSubject, text: &str) -> Self {
        let body = format!("=> {text} <=").chars().take(Self::MAX_BODY).collect();
        Self { subject, body }
    }

    /// A check passed.
    pub(crate) fn passed(place: Place, server: Verdict, label: &CheckLabel) -> Self {
        let text = match label {
            CheckLabel::Tcp => "TCP CHECK succeed on service",
            CheckLabel::Udp => "UDP CHECK succeed on service",
            CheckLabel::Ping => "ICMP CHECK succeed on service",
            CheckLabel::Dns => "DNS_CHECK: succeed on service",
            CheckLabel::Misc(_) => "MISC CHECK succeeded on service",
            CheckLabel::Bfd(name) => {
                return Self::new(
                    MailSubject::Server(place, server),
                    &format!("BFD CHECK {name} succeeded on service"),
                );
            }
            CheckLabel::Http | CheckLabel::Ssl | CheckLabel::Smtp(_) | CheckLabel::File(_) => {
                "CHECK succeed on service"
            }
        };
        Self::new(MailSubject::Server(place, server), text)
    }

    /// A check failed.
    pub(crate) fn failed(place: Place, server: Verdict, label: &CheckLabel, failure: &Failure) -> Self {
        let text: &str = match label {
            CheckLabel::Tcp => "TCP CHECK failed on service",
            CheckLabel::Udp => "UDP CHECK failed on service",
            CheckLabel::Ping => "ICMP CHECK failed on service",
            CheckLabel::Dns => "DNS_CHECK: failed on service",
            CheckLabel::Misc(_) if matches!(failure, Failure::ScriptTimedOut { .. }) => {
                "MISC CHECK timed out on service"
            }
            CheckLabel::Misc(_) => "MISC CHECK failed on service",
            CheckLabel::Http | CheckLabel::Ssl => "CHECK failed on service : HTTP/SSL request failed",
            CheckLabel::Smtp(destination) => {
                &format!("CHECK failed on service : {}", smtp_reason(failure, *destination))
            }
            CheckLabel::Bfd(name) => &format!("BFD CHECK {name} failed on service"),
            CheckLabel::File(_) => "CHECK failed on service",
        };
        Self::new(MailSubject::Server(place, server), text)
    }

    /// A server leaves: `Removing` or `Shutting down`.
    pub(crate) fn leaving(subject: MailSubject, stopping: bool) -> Self {
        Self::new(subject, if stopping { "Shutting down" } else { "Removing" })
    }

    /// A quorum was gained or lost. `at_start` is for the first evaluation.
    pub(crate) fn quorum(
        name: VirtualServerName,
        verdict: Verdict,
        figures: QuorumFigures,
        at_start: bool,
    ) -> Self {
        let quorum = figures.configured;
        let (words, threshold) = match (verdict, at_start) {
            (Verdict::Up, false) => ("Gained quorum", quorum.gained_at()),
            (Verdict::Up, true) => ("Starting with quorum up", quorum.gained_at()),
            (Verdict::Down, false) => ("Lost quorum", quorum.lost_below()),
            (Verdict::Down, true) => ("Starting with quorum down", quorum.gained_at()),
        };
        // compat: a plus and `<=` in every case.
        let text = format!(
            "{words} {}+{}={threshold} <= {}",
            quorum.quorum, quorum.hysteresis, figures.weight
        );
        Self::new(MailSubject::VirtualServer(name, verdict), &text)
    }
}
