//! VRRP and virtual servers in one status and in the metrics, and a server that is drained.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testbed::daemon::{Daemon, State};
use testbed::netns::PATIENCE;

use super::super::super::World;
use super::super::super::operator::{METRICS, command, eventually, json, metrics, number};
use super::super::super::prometheus::lint;
use super::lab::{Lab, ask};

const ADDRESS: &str = "10.1.0.100:80";
const NAME: &str = "[10.1.0.100]:tcp:80";
/// Connections of the client.
const REQUESTS: usize = 8;

fn configuration() -> String {
    let server = |number: u8| {
        format!(
            "    real_server 10.2.0.1{number} 80 {{\n        weight 1\n        \
             TCP_CHECK {{\n            connect_timeout 1\n        }}\n    }}\n"
        )
    };
    format!(
        "global_defs {{\n    metrics_address {METRICS}\n}}\nvrrp_instance VI {{\n    interface eth0\n    virtual_router_id 51\n    \
         version 3\n    advert_int 0.1\n    virtual_ipaddress {{\n        10.1.0.100/24\n    }}\n}}\n\
         virtual_server 10.1.0.100 80 {{\n    delay_loop 1\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    retry 0\n{}{}}}\n",
        server(1),
        server(2)
    )
}

/// The table with these weights of the servers that are in it.
fn table(weights: &[(u8, u8)]) -> Vec<String> {
    let service = "-A -t 10.1.0.100:80 -s rr".to_owned();
    let line = |(number, weight): &(u8, u8)| format!("-a -t {ADDRESS} -r 10.2.0.1{number}:80 -m -w {weight}");
    std::iter::once(service).chain(weights.iter().map(line)).collect()
}

/// One document for both; the metrics have its numbers, and the kernel's. A drained server keeps its place with weight 0 through a
/// reload and the death of the process.
pub(in super::super) fn operator(world: &World) -> Result<()> {
    let lab = Lab::new(&[])?;
    let mut servers = [lab.server(1)?, lab.server(2)?];
    lab.director.ip(&["link set lo up"])?;
    let mut ours = Daemon::start(&lab.director, &world.ours, &configuration())?;
    ours.wait_state("VI", State::Master, PATIENCE)?;
    lab.await_table("both servers", |lines| lines == table(&[(1, 1), (2, 1)]))?;
    ask(&lab.client, ADDRESS, REQUESTS)?;
    let status = || json(world, &lab.director, &["status", "--json"]);
    let virtual_server = |status: &Value| status["lvs"]["virtual_servers"][0].clone();
    // The kernel sums up every two seconds.
    let connections = |status: &Value| virtual_server(status)["counters"]["connections"].as_u64();
    eventually("the kernel's counters", || {
        Ok(connections(&status()?) == Some(REQUESTS as u64))
    })?;
    let now = status()?;
    ensure!(now["vrrp"]["instances"][0]["state"] == "MASTER", "{now}");
    ensure!(virtual_server(&now)["name"] == NAME, "{now}");
    let text = metrics(&lab.director, "application/openmetrics-text")?;
    let conn = format!("keepalived_lvs_vip_conn{{addr=\"{ADDRESS}\",proto=\"TCP\"}}");
    ensure!(number(&text, &conn)? == REQUESTS as u64, "{text}");
    for number_of_server in [1, 2] {
        let labels = format!("{{virtual_server=\"{NAME}\",real_server=\"10.2.0.1{number_of_server}:80\"}}");
        ensure!(
            number(&text, &format!("keepalived_real_server_up{labels}"))? == 1,
            "{text}"
        );
        let connections = format!("keepalived_real_server_connections_total{labels}");
        ensure!(number(&text, &connections)? == REQUESTS as u64 / 2, "{text}");
    }
    lint(&world.foreign()?.peers, &metrics(&lab.director, "text/plain")?)?;

    command(world, &lab.director, &["drain", "10.2.0.12:80"])?;
    let drained = table(&[(1, 1), (2, 0)]);
    lab.await_table("the drained server", |lines| lines == drained)?;
    ensure!(
        ask(&lab.client, ADDRESS, 4)? == [1; 4],
        "a drained server was asked"
    );
    let mark = ours.process().mark();
    ours.reload(&configuration().replace("delay_loop 1", "delay_loop 2"))?;
    ours.process().wait_line_from(mark, "Reload complete", PATIENCE)?;
    let real = |status: &Value, place: usize| virtual_server(status)["real_servers"][place].clone();
    let now = status()?;
    ensure!(real(&now, 1)["drained"] == true, "{now}");
    ensure!(now["daemon"]["drained"][0]["server"] == "10.2.0.12:80", "{now}");
    let mut kill = std::process::Command::new("kill");
    let pid = now["processes"].as_array().and_then(|processes| {
        let checker = processes.iter().find(|process| process["name"] == "checker");
        checker?["pid"].as_u64()
    });
    kill.args(["-9", &pid.context("no checker process")?.to_string()]);
    lab.director.stdout(kill)?;
    eventually("another checker process", || {
        let now = status()?;
        let restarts = now["processes"]
            .as_array()
            .and_then(|processes| processes.iter().find(|process| process["name"] == "checker"))
            .and_then(|process| process["restarts"].as_u64());
        Ok(restarts == Some(1) && real(&now, 1)["drained"] == true)
    })?;
    lab.await_table("the drained server, still", |lines| lines == drained)?;

    servers[0].kill()?;
    lab.await_table("the removal of a server", |lines| lines == table(&[(2, 0)]))?;
    let now = status()?;
    let check = real(&now, 0)["checks"][0].clone();
    ensure!(
        check["up"] == false && check["reason"] == "connection refused",
        "{check}"
    );
    command(world, &lab.director, &["undrain", "10.2.0.12:80"])?;
    lab.await_table("the server that is back", |lines| lines == table(&[(2, 1)]))?;
    ours.stop()?;
    Ok(())
}
