//! The servers of the samples, on the director itself.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result};
use socket2::SockRef;
use testbed::netns::Node;
use testbed::peer::Peers;

use super::super::nginx::Nginx;

/// How soon a thread notices that it is to end.
const NOTICE: Duration = Duration::from_millis(100);

/// A server by where it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Server {
    /// Connections are completed by the kernel; nobody accepts them.
    Stream(&'static str),
    /// Web pages, by nginx.
    Page(&'static str),
    /// Web pages over TLS, by nginx.
    Sealed(&'static str),
    /// A mail server.
    Mail(&'static str),
    /// A name server, for which every name exists.
    Name(&'static str),
    /// A time server.
    Time(&'static str),
    /// A host that answers to echo requests.
    Host(&'static str),
}

impl Server {
    const fn address(self) -> &'static str {
        match self {
            Self::Stream(address)
            | Self::Page(address)
            | Self::Sealed(address)
            | Self::Mail(address)
            | Self::Name(address)
            | Self::Time(address)
            | Self::Host(address) => address,
        }
    }

    /// Its address without a port.
    pub(super) fn host(self) -> &'static str {
        self.address().split(':').next().unwrap_or_default()
    }
}

/// A server that runs until it is dropped.
#[expect(dead_code, reason = "they are there to be dropped")]
pub(super) enum Running {
    Stream(TcpListener),
    Nginx(Nginx),
    Thread(Thread),
    Host(Host),
}

impl Running {
    pub(super) fn start(server: Server, node: &Node, peers: &Peers) -> Result<Self> {
        let address = server.address();
        Ok(match server {
            Server::Stream(_) => {
                let listener = listen(node, address)?;
                SockRef::from(&listener).listen(1024).context("a longer queue")?;
                Self::Stream(listener)
            }
            Server::Page(_) => Self::Nginx(pages(node, peers, address, "")?),
            Server::Sealed(_) => {
                certify(node)?;
                let seal = "        ssl_certificate /run/server.pem;\n        ssl_certificate_key /run/server.key;\n";
                Self::Nginx(pages(node, peers, &format!("{address} ssl"), seal)?)
            }
            Server::Mail(_) => {
                let listener = listen(node, address)?;
                // An accept that takes longer fails.
                SockRef::from(&listener)
                    .set_read_timeout(Some(NOTICE))
                    .context("setting a timeout")?;
                Self::Thread(Thread::start(move || {
                    if let Ok((stream, _)) = listener.accept() {
                        // Who does not want to talk is no concern of a server.
                        let _ = greet(stream);
                    }
                }))
            }
            Server::Name(_) => answer(node, address, |query| {
                let mut reply = query.to_vec();
                // A response, and no error.
                reply[2] |= 0x80;
                reply
            })?,
            Server::Time(_) => answer(node, address, |_| {
                let mut reply = vec![0; 48];
                reply[0] = 0x24;
                reply
            })?,
            Server::Host(host) => {
                node.ip(&[&format!("address replace {host}/32 dev lo")])?;
                Self::Host(Host {
                    node: node.clone(),
                    host,
                })
            }
        })
    }
}

/// An address of the node, which goes when this is dropped.
pub(super) struct Host {
    node: Node,
    host: &'static str,
}

impl Drop for Host {
    fn drop(&mut self) {
        // It shows in the table if that fails.
        let _ = self
            .node
            .ip(&[&format!("address delete {}/32 dev lo", self.host)]);
    }
}

/// A thread that does something over and over, until this is dropped.
pub(super) struct Thread {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    fn start(mut turn: impl FnMut() + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                turn();
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed.
            let _ = thread.join();
        }
    }
}

fn listen(node: &Node, address: &'static str) -> Result<TcpListener> {
    node.run(move || TcpListener::bind(address))
        .with_context(|| format!("binding {address}"))
}

/// A dialogue with a client that asks for nothing special.
fn greet(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(NOTICE * 20))?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    for reply in [
        "220 server.example.com ESMTP\r\n",
        "250 hello\r\n",
        "221 good bye\r\n",
    ] {
        stream.write_all(reply.as_bytes())?;
        lines.read_line(&mut line)?;
    }
    Ok(())
}

fn answer(node: &Node, address: &'static str, reply: fn(&[u8]) -> Vec<u8>) -> Result<Running> {
    let socket = node
        .run(move || UdpSocket::bind(address))
        .with_context(|| format!("binding {address}"))?;
    socket
        .set_read_timeout(Some(NOTICE))
        .context("setting a timeout")?;
    Ok(Running::Thread(Thread::start(move || {
        let mut datagram = [0; 512];
        if let Ok((length, client)) = socket.recv_from(&mut datagram)
            && length > 2
        {
            // It may not wait any more.
            let _ = socket.send_to(&reply(&datagram[..length]), client);
        }
    })))
}

/// A page, whatever is asked for.
fn pages(node: &Node, peers: &Peers, listen: &str, more: &str) -> Result<Nginx> {
    let server = format!(
        "    server {{\n        listen {listen};\n{more}        location / {{\n            return 200 \"well\\n\";\n        }}\n    }}\n"
    );
    let name: String = listen.chars().filter(char::is_ascii_alphanumeric).collect();
    Nginx::start(peers, node, &name, &server)
}

/// A certificate, as nobody looks at it for anybody.
fn certify(node: &Node) -> Result<()> {
    if node.directory().join("server.pem").exists() {
        return Ok(());
    }
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]);
    openssl.args(["-subj", "/CN=server.example.com", "-days", "30"]);
    openssl.args(["-keyout", "/run/server.key", "-out", "/run/server.pem"]);
    node.stdout(openssl).map(drop)
}

/// Makes the script of `MISC_CHECK`: `/run/probe N` exits with what is in `/run/verdictN`.
pub(super) fn prepare(node: &Node) -> Result<()> {
    node.write(
        "probe",
        "#!/bin/sh\nread -r verdict < \"/run/verdict$1\"\nexit \"$verdict\"\n",
    )?;
    let path = node.directory().join("probe");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).with_context(|| path.display().to_string())
}
