//! `PING_CHECK`: an echo request is answered (`spec/checkers.md` section 9; RFC 792, RFC 4443 section 4).
//!
//! The kernel fills in identifier and checksum, and gives a socket only the replies to its own requests. After a
//! success the socket is kept, and the next request has the next sequence number.

use super::{Incoming, Step, filler};
use crate::failure::{Failure, Outcome, Wait};
use model::{Family, Micros, PingCheck, Time};

/// Sends one echo request and waits for the reply to it.
#[derive(Clone, Debug)]
pub struct PingDialogue {
    family: Family,
    sequence: u16,
    timeout: Micros,
    deadline: Time,
    connected: bool,
}

impl PingDialogue {
    const PAYLOAD: usize = 128;

    pub(super) fn new(now: Time, check: &PingCheck, sequence: u16) -> Self {
        let timeout = check.connection.timeout;
        let family = Family::of(check.connection.destination.ip());
        Self {
            family,
            sequence,
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
                return Step::Send(self.request());
            }
            Incoming::Sent => {
                self.deadline = now + self.timeout;
                return Step::Wait;
            }
            Incoming::Received(reply) if self.is_reply(reply) => Outcome::Succeeded,
            Incoming::Received(_) => Outcome::Failed(Failure::EchoMismatch),
            Incoming::Failed(failure) if self.connected => Outcome::Failed(Failure::Receive(*failure)),
            Incoming::Failed(failure) => Outcome::Failed(Failure::Connect(*failure)),
            Incoming::Unreachable => Outcome::Failed(Failure::Unreachable),
            Incoming::TimedOut => Outcome::Failed(Failure::TimedOut {
                waiting: Wait::Reply,
                after: self.timeout,
            }),
            _ => return Step::Wait,
        })
    }

    fn request(&self) -> Vec<u8> {
        let kind = match self.family {
            Family::Ipv4 => 8,
            Family::Ipv6 => 128,
        };
        let [high, low] = self.sequence.to_be_bytes();
        let mut request = vec![kind, 0, 0, 0, 0, 0, high, low];
        request.append(&mut filler(Self::PAYLOAD));
        request
    }

    fn is_reply(&self, reply: &[u8]) -> bool {
        let kind = match self.family {
            Family::Ipv4 => 0,
            Family::Ipv6 => 129,
        };
        match reply {
            [first, _, _, _, _, _, high, low, ..] => {
                *first == kind && u16::from_be_bytes([*high, *low]) == self.sequence
            }
            _ => false,
        }
    }
}
