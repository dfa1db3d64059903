//! Servers die and come back behind our daemon, and its configuration changes, while a client asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use testbed::clock::Stamp;
use testbed::daemon::Daemon;
use testbed::netns::{Node, PATIENCE};

use super::super::super::World;
use super::lab::{Connection, Lab, ask};

const ADDRESS: &str = "10.1.0.100:80";
/// The number of the sorry server.
const SORRY: u8 = 9;
/// How often the client asks.
const PERIOD: Duration = Duration::from_millis(20);
/// How long before its end a server may have been asked without having answered.
const IN_FLIGHT: Duration = Duration::from_millis(200);

/// Three servers of which two have to be alive, and one that apologises.
fn configuration(servers: &str) -> String {
    format!(
        "virtual_server 10.1.0.100 80 {{\n    delay_loop 1\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    \
         quorum 2\n    retry 0\n    sorry_server 10.2.0.1{SORRY} 80\n{servers}}}\n"
    )
}

fn real_server(number: u8, weight: u8) -> String {
    format!(
        "    real_server 10.2.0.1{number} 80 {{\n        weight {weight}\n        \
         TCP_CHECK {{\n            connect_timeout 1\n        }}\n    }}\n"
    )
}

/// The lines of the table for these servers, the sorry server among them.
fn table(servers: &[u8]) -> Vec<String> {
    let service = "-A -t 10.1.0.100:80 -s rr".to_owned();
    let line = |number| format!("-a -t 10.1.0.100:80 -r 10.2.0.1{number}:80 -m -w 1");
    std::iter::once(service).chain(servers.iter().map(line)).collect()
}

/// A client that goes on asking, each time with a connection of its own.
struct Asking {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Failure>>,
}

/// A request that was not answered.
struct Failure {
    asked: Stamp,
    reason: anyhow::Error,
}

impl Asking {
    fn start(client: &Node) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = client.run(move || {
            thread::spawn(move || {
                let mut failures = Vec::new();
                while !stopped.load(Ordering::Relaxed) {
                    let asked = Stamp::now();
                    if let Err(reason) = Connection::open(ADDRESS).and_then(|mut connection| connection.ask())
                    {
                        failures.push(Failure { asked, reason });
                    }
                    thread::park_timeout(PERIOD);
                }
                failures
            })
        });
        Self { stop, thread }
    }

    /// Stops it; fails if a request has failed that was not made within one of these windows.
    fn stop(self, windows: &[(Stamp, Stamp)]) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        let failures = self.thread.join().map_err(|_| anyhow!("the client panicked"))?;
        for Failure { asked, reason } in failures {
            ensure!(
                windows
                    .iter()
                    .any(|(killed, removed)| (*killed - IN_FLIGHT..*removed).contains(&asked)),
                "a request failed when every server in the table was well: {reason:#}"
            );
        }
        Ok(())
    }
}

/// A dead server leaves and comes back; without a quorum there is the sorry server alone. Requests fail only until the table is
/// right.
pub(in super::super) fn failures(world: &World) -> Result<()> {
    let lab = Lab::new(&["10.1.0.100"])?;
    let mut servers = [lab.server(1)?, lab.server(2)?, lab.server(3)?];
    let _sorry = lab.server(SORRY)?;
    let all: String = (1..=3).map(|number| real_server(number, 1)).collect();
    let mut ours = Daemon::start(&lab.director, &world.ours, &configuration(&all))?;
    lab.await_table("all servers", |lines| lines == table(&[1, 2, 3]))?;
    let client = Asking::start(&lab.client);

    let killed = servers[1].kill()?;
    lab.await_table("the removal of a server", |lines| lines == table(&[1, 3]))?;
    let first = (killed, Stamp::now());
    let mut answers = ask(&lab.client, ADDRESS, 6)?;
    answers.sort_unstable();
    ensure!(!answers.contains(&2), "answers of {answers:?}");

    let killed = servers[2].kill()?;
    lab.await_table("the sorry server", |lines| lines == table(&[SORRY]))?;
    let second = (killed, Stamp::now());
    let answers = ask(&lab.client, ADDRESS, 3)?;
    ensure!(answers == [SORRY; 3], "without a quorum {answers:?} answer");
    ours.process().wait_line("Lost quorum", PATIENCE)?;

    for server in &mut servers[1..] {
        server.start()?;
    }
    lab.await_table("the return of all servers", |lines| lines == table(&[1, 2, 3]))?;
    let mut answers = ask(&lab.client, ADDRESS, 24)?;
    answers.sort_unstable();
    answers.dedup();
    ensure!(answers == [1, 2, 3], "answers of {answers:?}");
    client.stop(&[first, second])?;
    ours.stop()?;
    lab.await_table("an empty table", <[String]>::is_empty)?;
    Ok(())
}

/// A reload changes what is different: a connection through it goes on, no request fails, a dead server stays out.
pub(in super::super) fn reload(world: &World) -> Result<()> {
    let lab = Lab::new(&["10.1.0.100"])?;
    let _servers = [lab.server(1)?, lab.server(3)?, lab.server(4)?];
    lab.server(2)?.kill()?;
    let all: String = (1..=3).map(|number| real_server(number, 1)).collect();
    let mut ours = Daemon::start(&lab.director, &world.ours, &configuration(&all))?;
    lab.await_table("the removal of a dead server", |lines| lines == table(&[1, 3]))?;
    let client = Asking::start(&lab.client);
    let mut connection = lab.client.run(|| Connection::open(ADDRESS))?;
    let number = connection.ask()?;

    let changed: String = [(1, 5), (2, 1), (3, 5), (4, 1)]
        .map(|(number, weight)| real_server(number, weight))
        .concat();
    ours.reload(&configuration(&changed))?;
    let mut wanted = table(&[1, 3, 4]);
    for line in &mut wanted[1..3] {
        line.replace_range(line.len() - 1.., "5");
    }
    lab.await_table("the new weights", |lines| lines == wanted)?;
    ensure!(connection.ask()? == number, "a connection has changed its server");
    client.stop(&[])?;
    ours.stop()?;
    lab.await_table("an empty table", <[String]>::is_empty)?;
    Ok(())
}
