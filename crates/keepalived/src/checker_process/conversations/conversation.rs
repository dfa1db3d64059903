//! One conversation: the dialogue of a check over its channel.

use super::channel::{Channel, Handshake, More, QueuedError, Reading, Written};
use crate::checker_process::socket::{State, refused};
use check::RunId;
use check::dialogue::{Dialogue, Incoming, Step};
use check::failure::{Outcome, TlsFailure};
use kernel::poll::Readiness;
use model::Time;

/// Reads of one turn. What is left over is read in the next turn, after the others.
const READS: usize = 4;

/// How far a conversation has come.
#[derive(Debug)]
pub(super) enum Progress {
    /// It waits for the server or its deadline.
    Waiting,
    /// There is more to read at once.
    Unfinished,
    /// It is over.
    Ended(Outcome),
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A connection.
    Connecting,
    /// The TLS handshake.
    Securing,
    /// Room to write.
    Sending,
    /// Anything to read.
    Listening,
}

/// A conversation.
pub(super) struct Conversation {
    /// Which run of a check it is.
    pub(super) run: RunId,
    pub(super) dialogue: Dialogue,
    pub(super) channel: Channel,
    stage: Stage,
    /// What is being sent, and how much of it has been.
    unsent: Vec<u8>,
    sent: usize,
    /// There may be something to read.
    readable: bool,
    /// Nothing follows what can be read now.
    closed: bool,
}

impl Conversation {
    pub(super) const fn new(run: RunId, dialogue: Dialogue, channel: Channel) -> Self {
        Self {
            run,
            dialogue,
            channel,
            stage: Stage::Connecting,
            unsent: Vec::new(),
            sent: 0,
            readable: false,
            closed: false,
        }
    }

    /// Begins with a socket that was just opened.
    pub(super) fn begin(&mut self, now: Time, state: State, buffer: &mut [u8]) -> Progress {
        match state {
            State::Connecting => Progress::Waiting,
            State::Connected => self.connected(now, buffer),
        }
    }

    /// Goes on when something about the socket has changed.
    pub(super) fn wake(&mut self, now: Time, readiness: Readiness, buffer: &mut [u8]) -> Progress {
        self.readable |= readiness.is_readable();
        self.closed |= readiness.is_closed() && !readiness.is_failed();
        match self.stage {
            Stage::Connecting => self.connect(now, readiness, buffer),
            Stage::Securing => self.go_on(now, Step::Secure, buffer),
            Stage::Sending => self.write(now, buffer),
            Stage::Listening => {
                if readiness.is_failed()
                    && let Channel::Datagrams(_) = self.channel
                    && let Some(error) = self.channel.queued_error()
                {
                    let incoming = match error {
                        QueuedError::Unreachable => Incoming::Unreachable,
                        QueuedError::Other => Incoming::OtherIcmp,
                    };
                    let step = self.dialogue.handle(now, incoming);
                    return self.go_on(now, step, buffer);
                }
                self.readable |= readiness.is_failed();
                self.go_on(now, Step::Wait, buffer)
            }
        }
    }

    /// Goes on after [`Progress::Unfinished`].
    pub(super) fn resume(&mut self, now: Time, buffer: &mut [u8]) -> Progress {
        self.go_on(now, Step::Wait, buffer)
    }

    /// The deadline has passed.
    pub(super) fn time_out(&mut self, now: Time, buffer: &mut [u8]) -> Progress {
        let step = self.dialogue.handle(now, Incoming::TimedOut);
        self.go_on(now, step, buffer)
    }

    fn connect(&mut self, now: Time, readiness: Readiness, buffer: &mut [u8]) -> Progress {
        // Only where there is a sign of it, as each look is a system call.
        if (readiness.is_failed() || readiness.is_closed())
            && let Some(error) = self.channel.take_error()
        {
            return Progress::Ended(refused(self.dialogue.transport(), "connect", &error));
        }
        if readiness.is_writable() {
            self.connected(now, buffer)
        } else {
            Progress::Waiting
        }
    }

    fn connected(&mut self, now: Time, buffer: &mut [u8]) -> Progress {
        self.stage = Stage::Listening;
        let step = self.dialogue.handle(now, Incoming::Connected);
        self.go_on(now, step, buffer)
    }

    /// Does what the dialogue wants until that has to wait.
    fn go_on(&mut self, now: Time, mut step: Step, buffer: &mut [u8]) -> Progress {
        let mut reads = 0;
        loop {
            let next = match step {
                Step::End(outcome) => return Progress::Ended(outcome),
                Step::Secure => self.secure(now),
                Step::Send(bytes) => {
                    (self.unsent, self.sent) = (bytes, 0);
                    self.send(now)
                }
                Step::Wait if reads == READS => return Progress::Unfinished,
                Step::Wait => {
                    reads += 1;
                    self.read(now, buffer)
                }
            };
            match next {
                Some(next) => step = next,
                None => return Progress::Waiting,
            }
        }
    }

    fn write(&mut self, now: Time, buffer: &mut [u8]) -> Progress {
        match self.send(now) {
            Some(step) => self.go_on(now, step, buffer),
            None => Progress::Waiting,
        }
    }

    fn secure(&mut self, now: Time) -> Option<Step> {
        self.stage = Stage::Securing;
        match self.channel.secure() {
            Handshake::Waiting => None,
            Handshake::Done => {
                self.stage = Stage::Listening;
                // The server may have said more than its part of the handshake.
                self.readable = true;
                Some(self.dialogue.handle(now, Incoming::Secured))
            }
            Handshake::Failed(failure) => Some(self.tls_failed(now, failure)),
        }
    }

    fn tls_failed(&mut self, now: Time, failure: TlsFailure) -> Step {
        self.dialogue.handle(now, Incoming::TlsFailed(failure))
    }

    fn send(&mut self, now: Time) -> Option<Step> {
        self.stage = Stage::Sending;
        // An empty datagram is one.
        loop {
            match self.channel.write(&self.unsent[self.sent..]) {
                Written::Nothing => return None,
                Written::Failed(failure) => {
                    self.stage = Stage::Listening;
                    return Some(self.dialogue.handle(now, Incoming::Failed(failure)));
                }
                Written::Bytes(length) => {
                    self.sent += length;
                    if self.sent >= self.unsent.len() {
                        self.unsent = Vec::new();
                        self.stage = Stage::Listening;
                        return Some(self.dialogue.handle(now, Incoming::Sent));
                    }
                }
            }
        }
    }

    fn read(&mut self, now: Time, buffer: &mut [u8]) -> Option<Step> {
        if !self.readable {
            return None;
        }
        let incoming = match self.channel.read(buffer) {
            Reading::Nothing => {
                self.readable = false;
                return None;
            }
            Reading::Bytes(length, more) => {
                if more == More::No && !self.closed {
                    self.readable = false;
                }
                let step = self.dialogue.handle(now, Incoming::Received(&buffer[..length]));
                // Nothing is left, and nothing follows: no need to ask for the end.
                return Some(match (step, more) {
                    (Step::Wait, More::No) if self.closed => self.dialogue.handle(now, Incoming::Closed),
                    (step, _) => step,
                });
            }
            Reading::Closed => Incoming::Closed,
            Reading::Failed(failure) => Incoming::Failed(failure),
        };
        self.readable = false;
        Some(self.dialogue.handle(now, incoming))
    }
}
