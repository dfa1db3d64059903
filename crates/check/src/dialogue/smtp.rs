//! `SMTP_CHECK`: greeting, `HELO`, `QUIT` (`spec/checkers.md` section 6).
//!
//! Each reply has to be complete within `connect_timeout`; bytes that come one by one do not prolong it.

use super::{Incoming, Step};
use crate::failure::{Excerpt, Failure, Outcome, Wait};
use model::{Micros, SmtpCheck, Time};

/// Where the dialogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Connecting,
    Greeting,
    SendingHelo,
    Helo,
    SendingQuit,
    Quit,
}

/// Says hello and goodbye.
#[derive(Clone, Debug)]
pub struct SmtpDialogue {
    helo_name: String,
    timeout: Micros,
    deadline: Time,
    stage: Stage,
    line: Vec<u8>,
}

impl SmtpDialogue {
    /// compat: a line that is longer is forgotten, and what follows counts as its beginning.
    const MAX_LINE: usize = 511;

    pub(super) fn new(now: Time, check: &SmtpCheck) -> Self {
        let timeout = check.connection.timeout;
        Self {
            helo_name: check.helo_name.clone(),
            timeout,
            deadline: now + timeout,
            stage: Stage::Connecting,
            line: Vec::new(),
        }
    }

    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn handle(&mut self, now: Time, incoming: Incoming<'_>) -> Step {
        match (self.stage, incoming) {
            (Stage::Connecting, Incoming::Connected) => self.wait_for(now, Stage::Greeting),
            (Stage::Connecting, Incoming::Failed(failure)) => failed(Failure::Connect(failure)),
            (Stage::SendingHelo, Incoming::Sent) => self.wait_for(now, Stage::Helo),
            (Stage::SendingQuit, Incoming::Sent) => self.wait_for(now, Stage::Quit),
            (Stage::SendingHelo | Stage::SendingQuit, Incoming::Failed(failure)) => {
                failed(Failure::Send(failure))
            }
            (Stage::Greeting | Stage::Helo | Stage::Quit, Incoming::Received(bytes)) => {
                self.receive(now, bytes)
            }
            (Stage::Greeting | Stage::Helo | Stage::Quit, Incoming::Failed(failure)) => {
                failed(Failure::Receive(failure))
            }
            (_, Incoming::Closed) => failed(Failure::Closed(self.waiting())),
            (_, Incoming::TimedOut) => failed(Failure::TimedOut {
                waiting: self.waiting(),
                after: self.timeout,
            }),
            _ => Step::Wait,
        }
    }

    fn wait_for(&mut self, now: Time, stage: Stage) -> Step {
        self.stage = stage;
        self.deadline = now + self.timeout;
        Step::Wait
    }

    fn send(&mut self, now: Time, stage: Stage, command: String) -> Step {
        self.stage = stage;
        self.deadline = now + self.timeout;
        // compat: what came behind the first line of a reply is not looked at.
        self.line.clear();
        Step::Send(command.into_bytes())
    }

    fn receive(&mut self, now: Time, bytes: &[u8]) -> Step {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        for byte in &bytes[..end.unwrap_or(bytes.len())] {
            if self.line.len() == Self::MAX_LINE {
                self.line.clear();
            }
            self.line.push(*byte);
        }
        if end.is_none() {
            return Step::Wait;
        }
        let code = code(&self.line);
        match self.stage {
            Stage::Greeting if code == Some(220) => {
                let command = format!("HELO {}\r\n", self.helo_name);
                self.send(now, Stage::SendingHelo, command)
            }
            Stage::Greeting => failed(Failure::Greeting(Excerpt::of(&self.line))),
            Stage::Helo if code == Some(250) => self.send(now, Stage::SendingQuit, "QUIT\r\n".to_owned()),
            Stage::Helo => failed(Failure::Helo(Excerpt::of(&self.line))),
            _ => Step::End(Outcome::Succeeded),
        }
    }

    const fn waiting(&self) -> Wait {
        match self.stage {
            Stage::Connecting => Wait::Connect,
            Stage::Greeting => Wait::Greeting,
            Stage::SendingHelo | Stage::Helo => Wait::Helo,
            Stage::SendingQuit | Stage::Quit => Wait::Quit,
        }
    }
}

fn failed(failure: Failure) -> Step {
    Step::End(Outcome::Failed(failure))
}

/// Three digits before a blank or the end of the line.
///
/// compat: a carriage return is part of the line, so that it may not follow the digits at once; nor may a hyphen, so
/// that a reply of several lines has no code.
fn code(line: &[u8]) -> Option<u16> {
    match line {
        [a, b, c] | [a, b, c, b' ', ..] => [*a, *b, *c].iter().try_fold(0, |code, digit| {
            digit
                .is_ascii_digit()
                .then(|| code * 10 + u16::from(digit - b'0'))
        }),
        _ => None,
    }
}
