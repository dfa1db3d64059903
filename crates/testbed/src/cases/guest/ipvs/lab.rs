//! A director with a client on its outer side and servers on its inner side, which answer with their number.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use socket2::SockRef;
use testbed::clock::Stamp;
use testbed::netns::{Node, PATIENCE, Segment};

use super::saved;

/// How long to let pass before something is asked for again that nobody tells of.
const PAUSE: Duration = Duration::from_millis(20);

/// The laboratory.
pub(super) struct Lab {
    pub(super) director: Node,
    pub(super) client: Node,
    inner: Segment,
    _outer: Segment,
}

impl Lab {
    /// A director with these virtual addresses.
    pub(super) fn new(addresses: &[&str]) -> Result<Self> {
        let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
        let director = Node::new("director")?;
        outer.plug(&director, "eth0", &["10.1.0.1/24"])?;
        inner.plug(&director, "eth1", &["10.2.0.1/24"])?;
        for address in addresses {
            director.ip(&[&format!("address add {address}/32 dev eth0")])?;
        }
        director.sysctl("net/ipv4/ip_forward", "1")?;
        let client = Node::new("client")?;
        outer.plug(&client, "eth0", &["10.1.0.9/24"])?;
        Ok(Self {
            director,
            client,
            inner,
            _outer: outer,
        })
    }

    /// A host on the inner side: `10.2.0.1NUMBER`.
    pub(super) fn host(&self, number: u8) -> Result<Node> {
        let node = Node::new(&format!("server{number}"))?;
        self.inner
            .plug(&node, "eth0", &[&format!("10.2.0.1{number}/24")])?;
        node.ip(&["route add default via 10.2.0.1"])?;
        Ok(node)
    }

    /// The server `10.2.0.1NUMBER:80`.
    pub(super) fn server(&self, number: u8) -> Result<Server> {
        let mut server = Server {
            node: self.host(number)?,
            number,
            listener: None,
        };
        server.start()?;
        Ok(server)
    }

    /// The lines by which `ipvsadm` would restore the table, once they are as wanted.
    pub(super) fn await_table(
        &self,
        what: &str,
        is_wanted: impl Fn(&[String]) -> bool,
    ) -> Result<Vec<String>> {
        let deadline = Stamp::now() + PATIENCE;
        loop {
            let lines = saved(&self.director)?;
            if is_wanted(&lines) {
                return Ok(lines);
            }
            ensure!(
                !deadline.remaining().is_zero(),
                "waiting for {what}; the table is\n{}",
                lines.join("\n")
            );
            thread::park_timeout(PAUSE);
        }
    }
}

/// A server. It answers each byte with its number.
pub(super) struct Server {
    node: Node,
    number: u8,
    listener: Option<Arc<TcpListener>>,
}

impl Server {
    /// Accepts connections.
    pub(super) fn start(&mut self) -> Result<()> {
        let address = format!("10.2.0.1{}:80", self.number);
        let listener = self.node.run(move || TcpListener::bind(address));
        let listener = Arc::new(listener.context("binding a server")?);
        self.listener = Some(Arc::clone(&listener));
        let number = self.number;
        thread::Builder::new()
            .name(format!("server {number}"))
            .spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    thread::spawn(move || answer(stream, number));
                }
            })
            .context("starting a thread")?;
        Ok(())
    }

    /// Refuses connections from now on; those that there are go on.
    pub(super) fn kill(&mut self) -> Result<Stamp> {
        let now = Stamp::now();
        if let Some(listener) = self.listener.take() {
            // It ends the wait of its thread too.
            SockRef::from(&*listener)
                .shutdown(Shutdown::Both)
                .context("shutting a server down")?;
        }
        Ok(now)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its thread ends with the program at the latest.
        let _ = self.kill();
    }
}

fn answer(mut stream: TcpStream, number: u8) {
    let mut byte = [0];
    while matches!(stream.read(&mut byte), Ok(1)) {
        if stream.write_all(&[number]).is_err() {
            return;
        }
    }
}

/// A connection through the director.
pub(super) struct Connection(TcpStream);

impl Connection {
    /// Connects from this thread's network.
    pub(super) fn open(address: &str) -> Result<Self> {
        let address = address.parse().context("an address")?;
        let stream = TcpStream::connect_timeout(&address, PATIENCE).context("connecting")?;
        stream
            .set_read_timeout(Some(PATIENCE))
            .context("setting a timeout")?;
        Ok(Self(stream))
    }

    /// The number of the server at the other end.
    pub(super) fn ask(&mut self) -> Result<u8> {
        self.0.write_all(b"?").context("asking")?;
        let mut number = [0];
        self.0.read_exact(&mut number).context("waiting for an answer")?;
        Ok(number[0])
    }

    /// Ends it.
    pub(super) fn close(self) -> Result<()> {
        self.0.shutdown(Shutdown::Both).context("closing a connection")
    }
}

/// The servers that so many new connections of the client reach, one after the other.
pub(super) fn ask(client: &Node, address: &'static str, count: usize) -> Result<Vec<u8>> {
    client.run(move || {
        (0..count)
            .map(|_| {
                let mut connection = Connection::open(address)?;
                let number = connection.ask()?;
                connection.close()?;
                Ok(number)
            })
            .collect()
    })
}
