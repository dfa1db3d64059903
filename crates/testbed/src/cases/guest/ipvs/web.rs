//! Three web servers behind our daemon: each is killed, frozen, ill and walled off, while a client asks 50 times a second.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use testbed::clock::Stamp;
use testbed::daemon::Daemon;
use testbed::netns::{Node, PATIENCE};
use testbed::peer::Peers;

use super::super::super::World;
use super::asking::Asking;
use super::lab::Lab;
use super::nginx::Nginx;
use crate::say;

const ADDRESS: &str = "10.1.0.100:80";
const NUMBERS: [u8; 3] = [1, 2, 3];

/// As configured: between two checks, and before a failed one is tried again; how long an answer may take.
const LOOP: Duration = Duration::from_millis(500);
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long the client waits.
const CLIENT: Duration = Duration::from_secs(2);

/// What happens to a server.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Killed,
    Frozen,
    Unavailable,
    Walled,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Killed, Self::Frozen, Self::Unavailable, Self::Walled];

    /// Until the server is out of the table, as configured: a whole interval, two attempts and the pause between them.
    fn configured(self) -> Duration {
        match self {
            Self::Killed | Self::Unavailable => LOOP * 2,
            Self::Frozen | Self::Walled => (LOOP + TIMEOUT) * 2,
        }
    }

    /// What the log says.
    const fn reason(self) -> &'static str {
        match self {
            Self::Killed => "(connection refused)",
            Self::Frozen => "(timeout after 1s before the first byte of the reply)",
            Self::Unavailable => "(status 503)",
            Self::Walled => "(timeout after 1s connecting)",
        }
    }
}

/// A host with nginx.
struct Server {
    node: Node,
    number: u8,
    nginx: Nginx,
}

impl Server {
    fn start(lab: &Lab, peers: &Peers, number: u8) -> Result<Self> {
        let node = lab.host(number)?;
        // Debian's kernel for guests has no nftables for IPv4; a rule before that of its own addresses drops what comes just as well.
        node.ip(&["rule add pref 10 lookup local", "rule delete pref 0"])?;
        Ok(Self {
            nginx: serve(peers, &node, number)?,
            node,
            number,
        })
    }

    /// Begins a fault.
    fn suffer(&self, fault: Fault) -> Result<Stamp> {
        let now = Stamp::now();
        match fault {
            Fault::Killed => return self.nginx.kill(),
            Fault::Frozen => return self.nginx.freeze(),
            Fault::Unavailable => {
                self.node.write("unwell", "")?;
            }
            Fault::Walled => {
                self.node
                    .ip(&["rule add pref 1 iif eth0 ipproto tcp dport 80 blackhole"])?;
            }
        }
        Ok(now)
    }

    /// Ends it.
    fn recover(&mut self, fault: Fault, peers: &Peers) -> Result<()> {
        match fault {
            Fault::Killed => self.nginx = serve(peers, &self.node, self.number)?,
            Fault::Frozen => {
                self.nginx.thaw()?;
            }
            Fault::Unavailable => {
                fs::remove_file(self.node.directory().join("unwell")).context("making a server well")?;
            }
            Fault::Walled => self.node.ip(&["rule delete pref 1"])?,
        }
        Ok(())
    }
}

fn serve(peers: &Peers, node: &Node, number: u8) -> Result<Nginx> {
    let server = format!(
        "    server {{\n        listen 10.2.0.1{number}:80 backlog=1024;\n        if (-f /run/unwell) {{\n            \
         return 503;\n        }}\n        location / {{\n            return 200 \"{number}\\n\";\n        }}\n    }}\n"
    );
    Nginx::start(peers, node, "nginx", &server)
}

fn configuration(weights: [u8; 3]) -> String {
    let servers: Vec<_> = NUMBERS
        .iter()
        .zip(weights)
        .map(|(number, weight)| {
            format!(
                "    real_server 10.2.0.1{number} 80 {{\n        weight {weight}\n        HTTP_GET {{\n            \
                 url {{\n                path /\n                status_code 200\n            }}\n            \
                 connect_timeout 1\n            retry 1\n            delay_before_retry 0.5\n        }}\n    }}\n"
            )
        })
        .collect();
    let servers = servers.concat();
    format!(
        "virtual_server 10.1.0.100 80 {{\n    delay_loop 0.5\n    lb_algo wrr\n    lb_kind NAT\n    protocol TCP\n{servers}}}\n"
    )
}

/// The lines of the table for these servers with their weights.
fn table(servers: &[(u8, u8)]) -> Vec<String> {
    let line =
        |(number, weight): &(u8, u8)| format!("-a -t 10.1.0.100:80 -r 10.2.0.1{number}:80 -m -w {weight}");
    std::iter::once("-A -t 10.1.0.100:80 -s wrr".to_owned())
        .chain(servers.iter().map(line))
        .collect()
}

/// A request: the page has to come whole, with status 200.
fn page() -> Result<()> {
    let address = ADDRESS.parse().context("an address")?;
    let mut stream = TcpStream::connect_timeout(&address, CLIENT).context("connecting")?;
    stream
        .set_read_timeout(Some(CLIENT))
        .context("setting a timeout")?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").context("asking")?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .context("waiting for an answer")?;
    ensure!(answer.starts_with("HTTP/1.1 200 "), "the answer is {answer}");
    Ok(())
}

/// Each fault of each server: it is out after its configured attempts, for the right reason, and comes back; requests fail only
/// meanwhile, and none at a reload.
pub(in super::super) fn web(world: &World) -> Result<()> {
    let peers = &world.foreign()?.peers;
    let lab = Lab::new(&["10.1.0.100"])?;
    let mut servers = NUMBERS
        .iter()
        .map(|number| Server::start(&lab, peers, *number))
        .collect::<Result<Vec<_>>>()?;
    let mut ours = Daemon::start(&lab.director, &world.ours, &configuration([1; 3]))?;
    let all = table(&NUMBERS.map(|number| (number, 1)));
    lab.await_table("all servers", |lines| lines == all)?;

    for server in &mut servers {
        let others: Vec<_> = NUMBERS
            .iter()
            .filter(|number| **number != server.number)
            .map(|number| (*number, 1))
            .collect();
        for fault in Fault::ALL {
            let client = Asking::start(&lab.client, page);
            let mark = ours.process().mark();
            let dead = server.suffer(fault)?;
            lab.await_table("the removal of a server", |lines| lines == table(&others))
                .with_context(|| format!("server {} {fault:?}", server.number))?;
            let removed = Stamp::now();
            // Attempts and timeouts as configured; how long that takes is up to the machine, and printed.
            let said = format!(
                "HTTP_CHECK on service [10.2.0.1{}]:tcp:80 failed after 1 retries. {}",
                server.number,
                fault.reason()
            );
            ours.process().wait_line_from(mark, &said, PATIENCE)?;
            server.recover(fault, peers)?;
            lab.await_table("its return", |lines| lines == all)
                .with_context(|| format!("server {} {fault:?}", server.number))?;
            let answers = client.stop()?;
            answers.ensure_within(&[(dead, removed)])?;
            let took = removed.since(dead);
            let configured = fault.configured();
            let (requests, failures) = answers.counts();
            say(&format!(
                "server {} {fault:?}: out after {took:.2?} (configured: {configured:?} at most), {failures} of {requests} \
                 requests failed",
                server.number
            ));
        }
    }

    let client = Asking::start(&lab.client, page);
    for weights in [[2, 1, 1], [2, 3, 1], [1, 1, 1]] {
        ours.reload(&configuration(weights))?;
        let wanted: Vec<_> = NUMBERS.into_iter().zip(weights).collect();
        lab.await_table("new weights", |lines| lines == table(&wanted))?;
    }
    client.stop()?.ensure_within(&[])?;
    ours.stop()?;
    lab.await_table("an empty table", <[String]>::is_empty)?;
    Ok(())
}
