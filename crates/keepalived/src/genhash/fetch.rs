//! One request and its response, over a connection that blocks, with deadlines (`spec/checkers.md` section 5.5).

use crate::checker_process::tls::{TlsContext, handshake_failure};
use crate::clock;
use check::dialogue::{DigestKind, Response, ResponseLimits, request};
use check::failure::{ConnectFailure, Failure, Wait};
use model::{HttpCheck, Micros, SslIdentity, Time, Url};
use openssl::ssl::SslStream;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::{self, Read, Write};
use std::time::Duration;

/// Bytes that one read takes at most.
const BUFFER: usize = 16 * 1024;

/// Why there is no response.
#[derive(Debug)]
pub(super) enum Error {
    /// The server, or the way to it.
    Server(Failure),
    /// This side could not do what it takes.
    Local {
        /// What was tried.
        call: &'static str,
        /// Why it failed.
        error: String,
    },
    /// What was read could not be shown.
    Output(io::Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Server(failure)
    }
}

/// What looks on while a response arrives. It gets the response so far, once its header is complete, and the bytes of the body
/// that came last, as they came.
pub(super) type Onlooker<'a> = &'a mut dyn FnMut(&Response, &[u8]) -> io::Result<()>;

/// Asks for a URL and reads the response until the server closes the connection.
///
/// The connection and the handshake share one timeout. After that it counts anew for each read, with TLS for the whole response.
pub(super) fn fetch(check: &HttpCheck, url: &Url, onlooker: Onlooker<'_>) -> Result<Response, Error> {
    let line = connect(check)?;
    if check.tls.is_none() {
        return exchange(line, check, url, onlooker);
    }
    let session = TlsContext::new(&SslIdentity::default())
        .map_err(local("TLS"))?
        .session(check, url)
        .map_err(Failure::Tls)?;
    let mut stream = SslStream::new(session, line).map_err(local("TLS"))?;
    stream.connect().map_err(|error| match error.io_error() {
        Some(io_error) if io_error.kind() == io::ErrorKind::TimedOut => timed_out(check, Wait::Handshake),
        _ => Failure::Tls(handshake_failure(&error)),
    })?;
    exchange(stream, check, url, onlooker)
}

fn connect(check: &HttpCheck) -> Result<Line, Error> {
    let connection = &check.connection;
    let deadline = clock::monotonic() + connection.timeout;
    let domain = Domain::for_address(connection.destination);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).map_err(local("socket"))?;
    if connection.fwmark != 0 {
        socket.set_mark(connection.fwmark).map_err(local("SO_MARK"))?;
    }
    let address = SockAddr::from(connection.destination);
    match socket.connect_timeout(&address, connection.timeout.into()) {
        Ok(()) => Ok(Line { socket, deadline }),
        // Without a number it is not the kernel that gave up.
        Err(error) if error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none() => {
            Err(timed_out(check, Wait::Connect).into())
        }
        Err(error) => Err(match ConnectFailure::classify(error.kind()) {
            Some(failure) => Failure::Connect(failure).into(),
            None => local("connect")(error),
        }),
    }
}

fn exchange(
    mut way: impl Way,
    check: &HttpCheck,
    url: &Url,
    onlooker: Onlooker<'_>,
) -> Result<Response, Error> {
    let timeout = check.connection.timeout;
    way.write_all(&request(check, url))
        .map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => timed_out(check, Wait::FirstByte),
            kind => Failure::Send(ConnectFailure::classify(kind).unwrap_or(ConnectFailure::Other)),
        })?;
    let mut response = Response::new(Some(DigestKind::Md5), ResponseLimits::default());
    let mut waiting = Wait::FirstByte;
    let mut buffer = vec![0; BUFFER];
    way.line().allow(timeout);
    loop {
        let bytes = match way.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => &buffer[..length],
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(timed_out(check, waiting).into());
            }
            // An error after the handshake is the end of the data, which is judged by what it is.
            Err(_) if check.tls.is_some() => break,
            Err(error) => {
                let failure = ConnectFailure::classify(error.kind()).unwrap_or(ConnectFailure::Other);
                return Err(Failure::Receive(failure).into());
            }
        };
        waiting = Wait::Rest;
        let before = response.received();
        response.receive(bytes, |_| ())?;
        if response.status().is_some() {
            let of_body = usize::try_from(response.received() - before).unwrap_or(bytes.len());
            let body = &bytes[bytes.len() - of_body..];
            onlooker(&response, body).map_err(Error::Output)?;
        }
        if check.tls.is_none() {
            way.line().allow(timeout);
        }
    }
    if response.status().is_none() {
        return Err(Failure::NoHeader.into());
    }
    Ok(response)
}

fn timed_out(check: &HttpCheck, waiting: Wait) -> Failure {
    Failure::TimedOut {
        waiting,
        after: check.connection.timeout,
    }
}

/// For `map_err`: this side could not do it.
fn local<E: std::fmt::Display>(call: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::Local {
        call,
        error: error.to_string(),
    }
}

/// A connection, with or without TLS.
trait Way: Read + Write {
    fn line(&mut self) -> &mut Line;
}

impl Way for Line {
    fn line(&mut self) -> &mut Line {
        self
    }
}

impl Way for SslStream<Line> {
    fn line(&mut self) -> &mut Line {
        self.get_mut()
    }
}

/// A socket whose calls end with [`io::ErrorKind::TimedOut`] when the deadline has passed.
#[derive(Debug)]
struct Line {
    socket: Socket,
    deadline: Time,
}

impl Line {
    fn allow(&mut self, timeout: Micros) {
        self.deadline = clock::monotonic() + timeout;
    }

    /// The time that is left; never zero, which would mean for ever.
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.since(clock::monotonic());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(left.into())
    }
}

/// `EAGAIN` of a socket that blocks: its time is over.
fn in_time(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(io::ErrorKind::TimedOut.into()),
        other => other,
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.socket.set_read_timeout(Some(self.left()?))?;
            match self.socket.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return in_time(result),
            }
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.left()?))?;
        in_time(self.socket.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
