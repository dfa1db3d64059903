//! Real servers for thousands of checks: one socket that listens at every address of 127.0.0.0/8.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use testbed::netns::Node;

use super::certificate;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 65_535;
/// Threads that answer. A handshake of TLS waits for the client several times.
const THREADS: usize = 8;
const REPLY: &[u8] = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

/// What the servers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// They close what they have accepted.
    Tcp,
    /// They answer each request with the same short page.
    Http,
    /// The same over TLS.
    Tls,
}

impl Service {
    /// Where they listen.
    pub(super) const fn port(self) -> u16 {
        match self {
            Self::Tcp => 7,
            Self::Http => 80,
            Self::Tls => 443,
        }
    }
}

/// The address of the server with this number.
pub(super) fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x7f01_0000 + number)
}

/// Servers that run until this is dropped.
#[derive(Debug)]
pub(super) struct Servers {
    listener: Arc<TcpListener>,
    answered: Arc<AtomicU64>,
}

impl Servers {
    /// Starts them in a node.
    pub(super) fn start(node: &Node, service: Service) -> Result<Self> {
        node.sysctl("net/core/somaxconn", &BACKLOG.to_string())?;
        let listener = node
            .run(move || listen(service.port()))
            .context("listening for checks")?;
        let (listener, answered) = (Arc::new(listener), Arc::new(AtomicU64::new(0)));
        let tls = match service {
            Service::Tls => Some(certificate::acceptor()?),
            Service::Tcp | Service::Http => None,
        };
        for _ in 0..THREADS {
            let (listener, answered, tls) = (Arc::clone(&listener), Arc::clone(&answered), tls.clone());
            let serve = move || {
                while let Ok((stream, _)) = listener.accept() {
                    let is_answered = match (&tls, service) {
                        (None, Service::Tcp) => true,
                        (None, _) => answer(stream),
                        (Some(acceptor), _) => acceptor.accept(stream).is_ok_and(answer),
                    };
                    answered.fetch_add(u64::from(is_answered), Ordering::Relaxed);
                }
            };
            thread::Builder::new()
                .name("servers".to_owned())
                .spawn(serve)
                .context("starting a thread")?;
        }
        Ok(Self { listener, answered })
    }

    /// How many checks they have answered.
    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // It ends the wait of the threads. They end with the program at the latest.
        let _ = SockRef::from(&*self.listener).shutdown(Shutdown::Both);
    }
}

fn listen(port: u16) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)))?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Reads a request, which comes in one piece, and answers it; whether that was possible.
fn answer(mut stream: impl Read + Write) -> bool {
    let mut request = [0; 1_024];
    matches!(stream.read(&mut request), Ok(1..)) && stream.write_all(REPLY).is_ok()
}
