//! `TCP_CHECK`: a connection can be made (`spec/checkers.md` section 3).

use super::{Incoming, Step};
use crate::failure::{Failure, Outcome, Wait};
use model::{Micros, TcpCheck, Time};

/// Waits for the connection.
#[derive(Clone, Debug)]
pub struct TcpDialogue {
    timeout: Micros,
    deadline: Time,
}

impl TcpDialogue {
    pub(super) fn new(now: Time, check: &TcpCheck) -> Self {
        let timeout = check.connection.timeout;
        Self {
            timeout,
            deadline: now + timeout,
        }
    }

    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn handle(&mut self, incoming: &Incoming<'_>) -> Step {
        Step::End(match incoming {
            Incoming::Connected => Outcome::Succeeded,
            Incoming::Failed(failure) => Outcome::Failed(Failure::Connect(*failure)),
            Incoming::TimedOut => Outcome::Failed(Failure::TimedOut {
                waiting: Wait::Connect,
                after: self.timeout,
            }),
            _ => return Step::Wait,
        })
    }
}
