//! One client of the metrics: its request, and the answer to it.

use super::family::Format;
use super::source;
use crate::status::document::Status;
use model::{Micros, Time};
use nix::poll::{PollFd, PollFlags};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;

/// Longest head of a request in bytes.
const HEAD: usize = 8 * 1024;

/// Most header fields of a request.
const FIELDS: usize = 32;

/// How long a request may take to arrive as a whole.
const ARRIVAL: Micros = Micros::from_secs(2);

/// How long a client may take to read its answer as a whole.
const DELIVERY: Micros = Micros::from_secs(10);

const PLAIN: &str = "text/plain; charset=utf-8";

/// How far a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Its request has not come as a whole.
    Arrival,
    /// It wants a status, for which the daemon has not been asked.
    Status,
    /// The daemon has been asked.
    StatusAsked,
    /// It gets its answer.
    Delivery,
}

#[derive(Debug)]
pub(super) struct Client {
    stream: TcpStream,
    step: Step,
    deadline: Time,
    format: Format,
    head: Vec<u8>,
    answer: Vec<u8>,
    written: usize,
}

impl Client {
    pub(super) fn new(stream: TcpStream, now: Time) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            step: Step::Arrival,
            deadline: now + ARRIVAL,
            format: Format::Text,
            head: Vec::new(),
            answer: Vec::new(),
            written: 0,
        })
    }

    pub(super) const fn step(&self) -> Step {
        self.step
    }

    /// When something has to have happened.
    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    /// What to wait for. That a client goes while it waits for a status is found when it gets it.
    pub(super) fn descriptor(&self) -> Option<PollFd<'_>> {
        let flags = match self.step {
            Step::Arrival => PollFlags::POLLIN,
            Step::Status | Step::StatusAsked => return None,
            Step::Delivery => PollFlags::POLLOUT,
        };
        Some(PollFd::new(self.stream.as_fd(), flags))
    }

    /// Reads and writes what can be. An error is a client that has gone, has all that it gets, or has taken too long.
    pub(super) fn proceed(&mut self, now: Time) -> io::Result<()> {
        if self.step == Step::Arrival && self.has_arrived()? {
            match asked_for(&self.head) {
                Ok(format) => {
                    self.format = format;
                    (self.step, self.deadline) = (Step::Status, now + source::PATIENCE);
                }
                Err((status, reason)) => self.give(status, PLAIN, reason, now),
            }
        }
        if now >= self.deadline {
            match self.step {
                Step::Arrival | Step::Delivery => return Err(ErrorKind::TimedOut.into()),
                Step::Status | Step::StatusAsked => self.tell(Err("the daemon does not answer"), now),
            }
        }
        if self.step == Step::Delivery {
            self.write()?;
        }
        Ok(())
    }

    /// The daemon has been asked for this client.
    pub(super) const fn asked(&mut self) {
        self.step = Step::StatusAsked;
    }

    /// Here is what it waits for.
    pub(super) fn tell(&mut self, status: Result<&Status, &str>, now: Time) {
        match status {
            Ok(status) => {
                let text = source::text(status, self.format);
                self.give("200 OK", self.format.content_type(), &text, now);
            }
            Err(error) => self.give("503 Service Unavailable", PLAIN, &format!("{error}\n"), now),
        }
    }

    fn give(&mut self, status: &str, kind: &str, body: &str, now: Time) {
        let length = body.len();
        self.answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .into_bytes();
        (self.step, self.deadline) = (Step::Delivery, now + DELIVERY);
    }

    /// Reads up to the empty line.
    fn has_arrived(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 1_024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.head.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if self.head.windows(4).any(|four| four == b"\r\n\r\n") {
                return Ok(true);
            }
            if self.head.len() > HEAD {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }

    /// Writes what can be written. That everything has been is the end.
    fn write(&mut self) -> io::Result<()> {
        while self.written < self.answer.len() {
            match self.stream.write(&self.answer[self.written..]) {
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::UnexpectedEof.into())
    }
}

/// The format of the metrics that a request asks for, or the status line and the reason of a refusal.
fn asked_for(head: &[u8]) -> Result<Format, (&'static str, &'static str)> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
        return Err(("400 Bad Request", "not understood\n"));
    }
    let path = request.path.unwrap_or_default();
    match (request.method, path.split('?').next().unwrap_or_default()) {
        (Some("GET"), "/metrics") => Ok(wanted(request.headers)),
        (Some("GET"), _) => Err(("404 Not Found", "see /metrics\n")),
        _ => Err(("405 Method Not Allowed", "GET only\n")),
    }
}

/// The format that a client asks for: OpenMetrics if it knows that.
fn wanted(fields: &[httparse::Header<'_>]) -> Format {
    let knows = |field: &httparse::Header<'_>| {
        field.name.eq_ignore_ascii_case("accept")
            && String::from_utf8_lossy(field.value).contains("application/openmetrics-text")
    };
    if fields.iter().any(knows) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metrics_can_be_had() {
        for (head, status) in [
            ("GET /metrics HTTP/1.1\r\n\r\n", None),
            ("GET /metrics?a=b HTTP/1.0\r\n\r\n", None),
            ("GET / HTTP/1.1\r\n\r\n", Some("404 Not Found")),
            ("POST /metrics HTTP/1.1\r\n\r\n", Some("405 Method Not Allowed")),
            ("nonsense\r\n\r\n", Some("400 Bad Request")),
            ("\0\u{fffd}\r\n\r\n", Some("400 Bad Request")),
        ] {
            let refused = asked_for(head.as_bytes()).err().map(|(status, _)| status);
            assert_eq!(refused, status, "{head}");
        }
    }

    #[test]
    fn the_format_is_the_one_that_is_asked_for() {
        let field = |value: &'static str| {
            [httparse::Header {
                name: "Accept",
                value: value.as_bytes(),
            }]
        };
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5";
        assert_eq!(wanted(&field(prometheus)), Format::OpenMetrics);
        assert_eq!(wanted(&field("text/plain")), Format::Text);
        assert_eq!(wanted(&[]), Format::Text);
    }
}
