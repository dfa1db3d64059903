//! What an operator sees and does: failovers with their causes, and the same numbers in the status and in the metrics.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use testbed::clock::Stamp;
use testbed::daemon::{Daemon, State};
use testbed::netns::{Node, PATIENCE};

use super::World;
use super::router::{INTERFACE, Pair};

/// How long to let pass before something is asked for again that nobody tells of.
const PAUSE: Duration = Duration::from_millis(20);

/// Where router one has its metrics.
pub(super) const METRICS: &str = "127.0.0.1:9165";

fn configuration(priority: u8) -> String {
    format!(
        "global_defs {{\n    metrics_address {METRICS}\n}}\ntrack_file load {{\n    file /run/load\n}}\nvrrp_instance VI {{\n    \
         interface {INTERFACE}\n    virtual_router_id 51\n    version 3\n    priority {priority}\n    advert_int 0.1\n    \
         track_file {{\n        load weight 0\n    }}\n    virtual_ipaddress {{\n        10.0.0.200/24\n    }}\n}}\n"
    )
}

/// Our keepalived with these words, in a node; what it prints.
pub(super) fn command(world: &World, node: &Node, words: &[&str]) -> Result<String> {
    let mut command = world.ours.command();
    command.args(words);
    node.stdout(command)
}

pub(super) fn json(world: &World, node: &Node, words: &[&str]) -> Result<Value> {
    let text = command(world, node, words)?;
    serde_json::from_str(&text).with_context(|| format!("{words:?}: {text}"))
}

/// The two routers of a case.
struct Routers {
    first: Daemon,
    second: Daemon,
}

impl Routers {
    /// Does something, and waits until the first router is in this state and the second in that.
    fn after(
        &mut self,
        what: impl FnOnce(&mut Self) -> Result<()>,
        first: State,
        second: State,
    ) -> Result<()> {
        let (one, two) = (self.first.process().mark(), self.second.process().mark());
        what(self)?;
        self.first.wait_state_from(one, "VI", first, PATIENCE)?;
        self.second.wait_state_from(two, "VI", second, PATIENCE)?;
        Ok(())
    }
}

/// Seven failovers, each provoked in another way; `keepalived history` tells the cause of each on both sides.
pub(super) fn causes(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    for node in [&pair.one, &pair.two] {
        node.write("load", "0\n")?;
    }
    let mut second = Daemon::start(&pair.two, &world.ours, &configuration(100))?;
    second.wait_state("VI", State::Master, PATIENCE)?;
    let mark = second.process().mark();
    let mut first = Daemon::start(&pair.one, &world.ours, &configuration(150))?;
    first.wait_state("VI", State::Master, PATIENCE)?;
    second.wait_state_from(mark, "VI", State::Backup, PATIENCE)?;
    let mut routers = Routers { first, second };

    let (master, backup) = (State::Master, State::Backup);
    routers.after(|_| pair.one.write("load", "1\n").map(drop), State::Fault, master)?;
    routers.after(|_| pair.one.write("load", "0\n").map(drop), master, backup)?;

    let link = |state: &str| pair.one.ip(&[&format!("link set {INTERFACE} {state}")]);
    routers.after(|_| link("down"), State::Fault, master)?;
    routers.after(|_| link("up"), master, backup)?;

    let failover = ["failover", "VI", "--hold", "2"];
    routers.after(|_| command(world, &pair.one, &failover).map(drop), backup, master)?;
    // It takes the mastership back when the time is over.
    routers.after(|_| Ok(()), master, backup)?;

    let maintenance = |switch| command(world, &pair.one, &["maintenance", switch]).map(drop);
    routers.after(|_| maintenance("on"), State::Fault, master)?;
    routers.first.reload(&configuration(160))?;
    let status = json(world, &pair.one, &["status", "--json"])?;
    let instance = &status["vrrp"]["instances"][0];
    ensure!(
        instance["state"] == "FAULT" && !status["daemon"]["maintenance_since_us"].is_null(),
        "the reload ended the maintenance: {status}"
    );
    routers.after(|_| maintenance("off"), master, backup)?;

    routers.after(
        |routers| routers.second.reload(&configuration(200)).map(drop),
        backup,
        master,
    )?;

    ensure_causes(
        &json(world, &pair.one, &["history", "--json", "VI"])?,
        &[
            "startup",
            "no advert heard for ",
            "tracked file load has status 1",
            "cleared: tracked file load",
            "interface eth0 down",
            "cleared: ",
            "asked by operator",
            "no advert from 10.0.0.2 (priority 100) for ",
            "maintenance asked by operator",
            "cleared: maintenance asked by operator",
            "advert from 10.0.0.2 with priority 200, ours 160",
        ],
    )?;
    ensure_causes(
        &json(world, &pair.two, &["history", "--json"])?,
        &[
            "no advert heard for ",
            "advert from 10.0.0.1 with priority 150, ours 100",
            "master 10.0.0.1 stopped",
            "advert from 10.0.0.1 with priority 160, ours 100",
        ],
    )?;
    routers.first.stop()?;
    routers.second.stop()?;
    Ok(())
}

/// Fails unless the history has these causes in this order; others may be between them.
fn ensure_causes(history: &Value, wanted: &[&str]) -> Result<()> {
    let entries = history.as_array().context("no list")?;
    let causes: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry["cause"].as_str())
        .collect();
    let mut rest = causes.iter();
    for wanted in wanted {
        ensure!(
            rest.any(|cause| cause.starts_with(wanted)),
            "no {wanted:?} in its place among {causes:#?}"
        );
    }
    Ok(())
}

/// What the node's metrics say, in the format of this type.
pub(super) fn metrics(node: &Node, accept: &str) -> Result<String> {
    let request = format!("GET /metrics HTTP/1.1\r\nHost: test\r\nAccept: {accept}\r\n\r\n");
    node.run(move || {
        let mut client = TcpStream::connect(METRICS)?;
        client.set_read_timeout(Some(Duration::from_secs(20)))?;
        client.write_all(request.as_bytes())?;
        let mut answer = String::new();
        client.read_to_string(&mut answer)?;
        let Some((head, body)) = answer.split_once("\r\n\r\n") else {
            bail!("no answer: {answer}")
        };
        ensure!(head.starts_with("HTTP/1.1 200 OK"), "{answer}");
        Ok(body.to_owned())
    })
}

/// The number of a metric whose line begins like this.
pub(super) fn number(text: &str, start: &str) -> Result<u64> {
    let line = text.lines().find(|line| line.starts_with(start));
    let line = line.with_context(|| format!("no {start} in\n{text}"))?;
    let value = line.rsplit(' ').next().context("no value")?;
    value.parse().with_context(|| line.to_owned())
}

/// The numbers in the metrics are those of the status, in both formats and in the file.
pub(super) fn measured(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    pair.one.ip(&["link set lo up"])?;
    pair.one.write("load", "0\n")?;
    let text = configuration(150).replace(
        "metrics_address",
        "metrics_file /run/keepalived.prom\n    metrics_interval 1\n    metrics_address",
    );
    let mut daemon = Daemon::start(&pair.one, &world.ours, &text)?;
    daemon.wait_state("VI", State::Master, PATIENCE)?;
    // The kernel confirms the address a moment later.
    eventually("the address in the status", || {
        let status = json(world, &pair.one, &["status", "--json"])?;
        Ok(status["vrrp"]["instances"][0]["addresses"][0]["present"] == true)
    })?;
    let labels = format!("{{iname=\"VI\",intf=\"{INTERFACE}\",vrid=\"51\"}}");
    let sent = format!("keepalived_advertisements_sent_total{labels}");
    let status = || -> Result<u64> {
        let status = json(world, &pair.one, &["status", "--json"])?;
        status["vrrp"]["instances"][0]["counters"]["advert_sent"]
            .as_u64()
            .with_context(|| status.to_string())
    };
    for accept in ["application/openmetrics-text; version=1.0.0", "text/plain"] {
        let before = status()?;
        let text = metrics(&pair.one, accept)?;
        let after = status()?;
        ensure!(
            text.ends_with("# EOF\n") == accept.contains("openmetrics"),
            "the end of another format than {accept} in\n{text}"
        );
        let measured = number(&text, &sent)?;
        ensure!(
            (before..=after).contains(&measured),
            "{measured} is not between {before} and {after}"
        );
        ensure!(number(&text, "keepalived_up ")? == 1, "not up in\n{text}");
        let state = format!("keepalived_instance_state{labels}");
        ensure!(number(&text, &state)? == 2, "not MASTER in\n{text}");
        let present = format!("keepalived_instance_addresses_present{labels}");
        ensure!(
            number(&text, &present)? == 1,
            "its address is not there in\n{text}"
        );
    }
    // The file is made anew every second; asking for the status takes some milliseconds.
    let from = status()?;
    eventually("a file that goes on", || {
        status()?;
        let text = pair.one.read("keepalived.prom").unwrap_or_default();
        Ok(number(&text, &sent).is_ok_and(|measured| measured >= from))
    })?;
    // A reload without the keywords ends both.
    daemon.reload(&configuration(150).replace(&format!("metrics_address {METRICS}"), ""))?;
    eventually("an end of the metrics", || {
        status()?;
        Ok(metrics(&pair.one, "text/plain").is_err() && pair.one.read("keepalived.prom").is_err())
    })?;
    daemon.stop()?;
    Ok(())
}

/// Asks again and again until it is so.
pub(super) fn eventually(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Stamp::now() + PATIENCE;
    while !is_so()? {
        ensure!(!deadline.remaining().is_zero(), "{what} is waited for in vain");
        thread::park_timeout(PAUSE);
    }
    Ok(())
}
