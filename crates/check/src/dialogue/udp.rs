//! `UDP_CHECK`: a datagram is not refused, or is answered (`spec/checkers.md` section 4).

use super::{Incoming, Step, filler};
use crate::failure::{Failure, Outcome, Wait};
use model::{Micros, ReplyContent, Time, UdpCheck};

/// Sends one datagram and looks at what comes back.
#[derive(Clone, Debug)]
pub struct UdpDialogue {
    payload: Vec<u8>,
    require_reply: bool,
    content: Option<ReplyContent>,
    timeout: Micros,
    deadline: Time,
    connected: bool,
}

impl UdpDialogue {
    const DEFAULT_PAYLOAD: usize = 32;

    pub(super) fn new(now: Time, check: &UdpCheck) -> Self {
        let timeout = check.connection.timeout;
        Self {
            payload: check
                .payload
                .clone()
                .unwrap_or_else(|| filler(Self::DEFAULT_PAYLOAD)),
            require_reply: check.require_reply,
            content: check.content.clone(),
            timeout,
            deadline: now + timeout,
            connected: false,
        }
    }

    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn handle(&mut self, now: Time, incoming: &Incoming<'_>) -> Step {
        Step::End(match incoming {
            Incoming::Connected => {
                self.connected = true;
                return Step::Send(std::mem::take(&mut self.payload));
            }
            Incoming::Sent => {
                self.deadline = now + self.timeout;
                return Step::Wait;
            }
            Incoming::Received(reply) => self.judge(reply),
            Incoming::Failed(failure) if self.connected => Outcome::Failed(Failure::Receive(*failure)),
            Incoming::Failed(failure) => Outcome::Failed(Failure::Connect(*failure)),
            Incoming::Unreachable => Outcome::Failed(Failure::Unreachable),
            Incoming::TimedOut if self.require_reply => Outcome::Failed(Failure::TimedOut {
                waiting: Wait::Reply,
                after: self.timeout,
            }),
            Incoming::OtherIcmp | Incoming::TimedOut => Outcome::Succeeded,
            Incoming::Secured | Incoming::Closed | Incoming::TlsFailed(_) => return Step::Wait,
        })
    }

    fn judge(&self, reply: &[u8]) -> Outcome {
        let Some(content) = &self.content else {
            return Outcome::Succeeded;
        };
        if reply.len() < content.min_length.into() || reply.len() > content.max_length.into() {
            return Outcome::Failed(Failure::ReplyLength(reply.len()));
        }
        if content.pattern.agrees(reply) {
            Outcome::Succeeded
        } else {
            Outcome::Failed(Failure::ReplyMismatch)
        }
    }
}
