//! Servers die and come back behind our daemon, and its configuration changes, while a client asks.

use anyhow::{Result, ensure};
use testbed::clock::Stamp;
use testbed::daemon::Daemon;
use testbed::netns::PATIENCE;

use super::super::super::World;
use super::asking::Asking;
use super::lab::{Connection, Lab, ask};

const ADDRESS: &str = "10.1.0.100:80";
/// The number of the sorry server.
const SORRY: u8 = 9;

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

/// A request: any answer is good.
fn number() -> Result<()> {
    Connection::open(ADDRESS)?.ask().map(drop)
}

/// A dead server leaves and comes back; without a quorum there is the sorry server alone. Requests fail only while servers leave the
/// table.
pub(in super::super) fn failures(world: &World) -> Result<()> {
    let lab = Lab::new(&["10.1.0.100"])?;
    let mut servers = [lab.server(1)?, lab.server(2)?, lab.server(3)?];
    let _sorry = lab.server(SORRY)?;
    let all: String = (1..=3).map(|number| real_server(number, 1)).collect();
    let mut ours = Daemon::start(&lab.director, &world.ours, &configuration(&all))?;
    lab.await_table("all servers", |lines| lines == table(&[1, 2, 3]))?;
    let client = Asking::start(&lab.client, number);

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

    let returning = Stamp::now();
    for server in &mut servers[1..] {
        server.start()?;
    }
    lab.await_table("the return of all servers", |lines| lines == table(&[1, 2, 3]))?;
    // The sorry server has left the table, and IPVS drops what is still on its way to it.
    let third = (returning, Stamp::now());
    let mut answers = ask(&lab.client, ADDRESS, 24)?;
    answers.sort_unstable();
    answers.dedup();
    ensure!(answers == [1, 2, 3], "answers of {answers:?}");
    client.stop()?.ensure_within(&[first, second, third])?;
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
    let client = Asking::start(&lab.client, number);
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
    client.stop()?.ensure_within(&[])?;
    ours.stop()?;
    lab.await_table("an empty table", <[String]>::is_empty)?;
    Ok(())
}
