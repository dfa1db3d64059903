//! Metrics over HTTP: `GET /metrics` and nothing else, one client after the other.
//!
//! Everything is bounded: the head of a request in bytes, its arrival and the reading of the answer in time. A client that is
//! slow holds up others who ask for metrics, for some seconds at most.

use super::Running;
use super::family::Format;
use super::source::Source;
use crate::clock;
use model::{Micros, Time};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

/// Longest head of a request in bytes.
const HEAD: usize = 8 * 1024;

/// How long a request may take to arrive as a whole.
const ARRIVAL: Micros = Micros::from_secs(2);

/// How long a client may leave an answer unread.
const DELIVERY: Duration = Duration::from_secs(5);

/// Clients that wait for their turn.
const WAITING: i32 = 8;

/// Most header fields of a request.
const FIELDS: usize = 32;

/// Listens, and starts the thread.
pub(super) fn start(address: SocketAddr, source: Source, running: &Arc<Running>) -> io::Result<()> {
    let listener = listen(address)?;
    let running = Arc::clone(running);
    Builder::new().name("metrics".to_owned()).spawn(move || {
        while running.is_wanted() {
            match listener.accept() {
                // Whoever has gone in the middle has gone.
                Ok((client, _)) if running.is_wanted() => drop(serve(client, &source)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    tracing::warn!("metrics_address {address}: {error}");
                    // No descriptors, perhaps: not again at once.
                    let _ = nix::poll::poll(&mut [], 1_000_u16);
                }
            }
        }
    })?;
    Ok(())
}

/// Has the thread look whether it is still wanted.
pub(super) fn wake(address: SocketAddr) {
    let _ = TcpStream::connect_timeout(&address, Duration::from_millis(200));
}

/// A listener, also where a daemon before had clients until just now.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(WAITING)?;
    Ok(socket.into())
}

fn serve(mut client: TcpStream, source: &Source) -> io::Result<()> {
    client.set_write_timeout(Some(DELIVERY))?;
    let head = read_head(&mut client, clock::monotonic() + ARRIVAL)?;
    let (status, kind, body) = answer(&head, source);
    let fields = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(fields.as_bytes())?;
    client.write_all(body.as_bytes())
}

/// Reads up to the empty line. A client that takes longer than it may is an error.
fn read_head(client: &mut TcpStream, deadline: Time) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1_024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let left = deadline.since(clock::monotonic());
        if left.is_zero() || head.len() > HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
        client.set_read_timeout(Some(left.into()))?;
        match client.read(&mut buffer)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(head)
}

/// Status line, type and body of the answer.
fn answer(head: &[u8], source: &Source) -> (&'static str, &'static str, String) {
    const PLAIN: &str = "text/plain; charset=utf-8";
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
        return ("400 Bad Request", PLAIN, "not understood\n".to_owned());
    }
    let path = request.path.unwrap_or_default();
    match (request.method, path.split('?').next().unwrap_or_default()) {
        (Some("GET"), "/metrics") => {}
        (Some("GET"), _) => return ("404 Not Found", PLAIN, "see /metrics\n".to_owned()),
        _ => return ("405 Method Not Allowed", PLAIN, "GET only\n".to_owned()),
    }
    let format = wanted(request.headers);
    match source.text(format) {
        Ok(text) => ("200 OK", format.content_type(), text),
        Err(error) => ("503 Service Unavailable", PLAIN, format!("{error}\n")),
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
    use std::path::Path;

    fn status_of(head: &str) -> &'static str {
        // No daemon answers there.
        answer(head.as_bytes(), &Source::new(Path::new("/nonexistent"))).0
    }

    #[test]
    fn only_metrics_can_be_had() {
        for (head, status) in [
            ("GET /metrics HTTP/1.1\r\n\r\n", "503 Service Unavailable"),
            ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "503 Service Unavailable"),
            ("GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed"),
            ("nonsense\r\n\r\n", "400 Bad Request"),
            ("\0\u{fffd}\r\n\r\n", "400 Bad Request"),
        ] {
            assert_eq!(status_of(head), status, "{head}");
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

    #[test]
    fn a_request_is_bounded_in_bytes_and_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(&vec![b'a'; HEAD + 2_000]).unwrap();
        let later = clock::monotonic() + Micros::from_secs(60);
        let error = read_head(&mut server, later).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        // Whatever has come by then, the time is over.
        let error = read_head(&mut server, clock::monotonic()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
