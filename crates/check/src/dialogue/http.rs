//! `HTTP_GET` and `SSL_GET`: one request, one response, read until the server closes the connection
//! (`spec/checkers.md` sections 5.3 to 5.6).

mod chunked;
mod digester;
mod request;
mod response;

pub use digester::DigestKind;
pub use request::request;
pub use response::{Response, ResponseLimits};

use super::{Incoming, Step};
use crate::failure::{Failure, Outcome, Wait};
use model::{BodyDigest, HttpCheck, Micros, StatusRange, Time, Url};

/// Searches a body for a regular expression while it arrives, as one text whatever the pieces.
///
/// An implementation keeps no more of the body than a match in progress needs, and that bounded.
pub trait BodyMatcher {
    /// Takes the next piece. `true` once there is a match; nothing more is fed then.
    fn feed(&mut self, piece: &[u8]) -> bool;

    /// The body is complete: a match that reached its end counts now.
    fn finish(&mut self) -> bool;
}

/// What is expected of a body.
struct Search {
    matcher: Box<dyn BodyMatcher>,
    matched: bool,
    /// `regex_no_match`.
    unwanted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Securing,
    Sending,
    FirstByte,
    Rest,
}

/// Asks for one URL and judges the response.
pub struct HttpDialogue {
    request: Vec<u8>,
    secure: bool,
    status_codes: Vec<StatusRange>,
    digest: Option<BodyDigest>,
    search: Option<Search>,
    response: Response,
    timeout: Micros,
    deadline: Time,
    /// When the response has to be complete although bytes keep coming.
    end: Time,
    stage: Stage,
}

impl HttpDialogue {
    /// A response is to be complete within the larger of this and ten times `connect_timeout`. (keepalived 2.4.3
    /// limits the silence between two reads only, so that a server that sends a byte a second is never judged.)
    const LONGEST: Micros = Micros::from_secs(60);

    pub(super) fn new(
        now: Time,
        check: &HttpCheck,
        url: &Url,
        matcher: Option<Box<dyn BodyMatcher>>,
    ) -> Self {
        let timeout = check.connection.timeout;
        let search = url.regex.as_ref().zip(matcher).map(|(regex, matcher)| Search {
            matcher,
            matched: false,
            unwanted: regex.no_match,
        });
        Self {
            request: request(check, url),
            secure: check.tls.is_some(),
            status_codes: url.status_codes.clone(),
            digest: url.digest,
            search,
            response: Response::new(url.digest.as_ref().map(DigestKind::of), ResponseLimits::default()),
            timeout,
            deadline: now + timeout,
            end: now + timeout,
            stage: Stage::Connecting,
        }
    }

    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn handle(&mut self, now: Time, incoming: Incoming<'_>) -> Step {
        match (self.stage, incoming) {
            (Stage::Connecting, Incoming::Connected) if self.secure => {
                // The handshake shares the deadline of the connection.
                self.stage = Stage::Securing;
                Step::Secure
            }
            (Stage::Connecting, Incoming::Connected) | (Stage::Securing, Incoming::Secured) => {
                self.stage = Stage::Sending;
                Step::Send(std::mem::take(&mut self.request))
            }
            (Stage::Sending, Incoming::Sent) => {
                self.stage = Stage::FirstByte;
                self.deadline = now + self.timeout;
                self.end = if self.secure {
                    self.deadline
                } else {
                    now + Self::LONGEST.max(self.timeout * 10)
                };
                Step::Wait
            }
            (Stage::FirstByte | Stage::Rest, Incoming::Received(bytes)) => self.receive(now, bytes),
            (Stage::Connecting, Incoming::Failed(failure)) => failed(Failure::Connect(failure)),
            (Stage::Sending, Incoming::Failed(failure)) => failed(Failure::Send(failure)),
            (_, Incoming::Failed(failure)) => failed(Failure::Receive(failure)),
            (_, Incoming::TlsFailed(failure)) => failed(Failure::Tls(failure)),
            (Stage::FirstByte | Stage::Rest, Incoming::Closed) => Step::End(self.judge()),
            (_, Incoming::Closed) => failed(Failure::Closed(self.waiting())),
            (_, Incoming::TimedOut) => failed(Failure::TimedOut {
                waiting: self.waiting(),
                after: self.timeout,
            }),
            _ => Step::Wait,
        }
    }

    fn receive(&mut self, now: Time, bytes: &[u8]) -> Step {
        self.stage = Stage::Rest;
        if !self.secure {
            self.deadline = self.end.min(now + self.timeout);
        }
        let search = &mut self.search;
        let taken = self.response.receive(bytes, |piece| {
            if let Some(search) = search.as_mut().filter(|search| !search.matched) {
                search.matched = search.matcher.feed(piece);
            }
        });
        match taken {
            Ok(()) if now >= self.end => failed(Failure::TimedOut {
                waiting: Wait::Rest,
                after: self.timeout,
            }),
            Ok(()) => Step::Wait,
            Err(failure) => failed(failure),
        }
    }

    /// The response is complete: status, digest, regular expression; the first that is wrong counts.
    fn judge(&mut self) -> Outcome {
        let Some(status) = self.response.status() else {
            return Outcome::Failed(Failure::NoHeader);
        };
        if !status
            .0
            .is_some_and(|code| self.status_codes.iter().any(|range| range.contains(code)))
        {
            return Outcome::Failed(Failure::Status(status));
        }
        if let Some(expected) = self.digest.filter(|expected| !self.response.has_digest(expected)) {
            let actual = self.response.digest().unwrap_or(expected);
            return Outcome::Failed(Failure::Digest { expected, actual });
        }
        if let Some(search) = &mut self.search {
            search.matched = search.matched || search.matcher.finish();
            match (search.matched, search.unwanted) {
                (false, false) => return Outcome::Failed(Failure::RegexNotFound),
                (true, true) => return Outcome::Failed(Failure::RegexFound),
                _ => {}
            }
        }
        Outcome::Succeeded
    }

    const fn waiting(&self) -> Wait {
        match self.stage {
            Stage::Connecting => Wait::Connect,
            Stage::Securing => Wait::Handshake,
            Stage::Sending | Stage::FirstByte => Wait::FirstByte,
            Stage::Rest => Wait::Rest,
        }
    }
}

fn failed(failure: Failure) -> Step {
    Step::End(Outcome::Failed(failure))
}
