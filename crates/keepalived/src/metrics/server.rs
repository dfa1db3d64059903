//! Metrics over HTTP: `GET /metrics` and nothing else.
//!
//! Nothing waits for anything else, and everything is bounded: how many clients there are, the head of a request in bytes, and
//! in time its arrival, the wait for the status and the reading of the answer. One status is asked for at a time, however many
//! clients want one, and all who wanted one when it was asked for get the same.

use super::client::{Client, Step};
use super::source;
use crate::clock;
use crate::control::{Answer, Detail, Request};
use crate::status::document::Status;
use model::{Micros, Time};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Most clients at one time. The oldest that has not said what it wants has to go when one more comes.
const CLIENTS: usize = 16;

/// Longest answer of the daemon in bytes: some hundred thousand servers.
const LONGEST: usize = 256 << 20;

/// Read at once.
const PORTION: usize = 64 * 1024;

/// The listener, its clients, and the daemon.
pub(super) struct Server {
    listener: TcpListener,
    daemon: UnixStream,
    /// What has come of the daemon's answer, while one is waited for.
    answer: Option<Vec<u8>>,
    clients: Vec<Client>,
}

impl Server {
    pub(super) fn new(listener: TcpListener, daemon: UnixStream) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        daemon.set_nonblocking(true)?;
        Ok(Self {
            listener,
            daemon,
            answer: None,
            clients: Vec::new(),
        })
    }

    /// Serves until the daemon closes the connection.
    pub(super) fn serve(mut self) -> io::Result<()> {
        loop {
            self.wait()?;
            self.accept()?;
            let now = clock::monotonic();
            self.clients.retain_mut(|client| client.proceed(now).is_ok());
            if !self.hear()? {
                return Ok(());
            }
            self.ask()?;
        }
    }

    fn wait(&self) -> io::Result<()> {
        let mut descriptors = vec![PollFd::new(self.daemon.as_fd(), PollFlags::POLLIN)];
        if self.has_room() {
            descriptors.push(PollFd::new(self.listener.as_fd(), PollFlags::POLLIN));
        }
        descriptors.extend(self.clients.iter().filter_map(Client::descriptor));
        let deadline = self.clients.iter().map(Client::deadline).min();
        match poll(&mut descriptors, timeout(deadline)) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn has_room(&self) -> bool {
        self.clients.len() < CLIENTS || self.clients.iter().any(|client| client.step() == Step::Arrival)
    }

    /// Takes the clients that there is room for.
    fn accept(&mut self) -> io::Result<()> {
        for _ in 0..CLIENTS {
            if !self.has_room() {
                return Ok(());
            }
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // It has gone again.
                Err(error)
                    if [ErrorKind::ConnectionAborted, ErrorKind::Interrupted].contains(&error.kind()) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            if self.clients.len() >= CLIENTS
                && let Some(place) = self
                    .clients
                    .iter()
                    .position(|client| client.step() == Step::Arrival)
            {
                self.clients.remove(place);
            }
            self.clients.push(Client::new(stream, clock::monotonic())?);
        }
        Ok(())
    }

    /// Asks for the status, if it is wanted and has not been asked for.
    fn ask(&mut self) -> io::Result<()> {
        let mut waiting = self
            .clients
            .iter_mut()
            .filter(|client| client.step() == Step::Status)
            .peekable();
        if self.answer.is_some() || waiting.peek().is_none() {
            return Ok(());
        }
        waiting.for_each(Client::asked);
        let mut line = serde_json::to_vec(&Request::Status {
            detail: Detail::Present,
        })?;
        line.push(b'\n');
        self.answer = Some(Vec::new());
        // Nothing else is in the socket, which takes many times this.
        self.daemon.write_all(&line)
    }

    /// Reads what has come of the answer, and gives it to those who wait for it. Says whether the daemon is still there.
    fn hear(&mut self) -> io::Result<bool> {
        let mut buffer = vec![0; PORTION];
        let answer = loop {
            let length = match self.daemon.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error),
            };
            // The daemon says nothing without being asked.
            let answer = self.answer.as_mut().ok_or(ErrorKind::InvalidData)?;
            answer.extend_from_slice(&buffer[..length]);
            if answer.len() > LONGEST {
                return Err(ErrorKind::InvalidData.into());
            }
            if answer.ends_with(b"\n") {
                break self.answer.take().unwrap_or_default();
            }
        };
        let status = status(&answer);
        let now = clock::monotonic();
        for client in self
            .clients
            .iter_mut()
            .filter(|client| client.step() == Step::StatusAsked)
        {
            client.tell(status.as_ref().map_err(String::as_str), now);
        }
        self.clients.retain_mut(|client| client.proceed(now).is_ok());
        Ok(true)
    }
}

fn status(answer: &[u8]) -> Result<Status, String> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| error.to_string())?;
    source::status(&answer)
}

/// Until then, rounded up: a wait that ends a little early would end again and again until the deadline.
fn timeout(deadline: Option<Time>) -> PollTimeout {
    let Some(deadline) = deadline else {
        return PollTimeout::NONE;
    };
    let left = deadline.since(clock::monotonic()) + Micros::from_millis(1);
    PollTimeout::try_from(Duration::from(left)).unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests;
