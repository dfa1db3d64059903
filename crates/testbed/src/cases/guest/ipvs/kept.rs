//! A table that others meddle with, and one in another network namespace.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nix::mount::{MsFlags, mount};
use testbed::clock::Stamp;
use testbed::daemon::Daemon;
use testbed::netns::{Node, PATIENCE};

use super::super::super::World;
use super::saved;

const PAUSE: Duration = Duration::from_millis(100);

const SERVERS: &str = "    lb_algo wrr\n    lb_kind NAT\n    protocol TCP\n    real_server 10.0.0.11 80 {\n        weight 3\n    }\n    \
                       real_server 10.0.0.12 80 {\n    }\n}\n";

fn await_table(node: &Node, what: &str, wanted: &[&str]) -> Result<()> {
    let deadline = Stamp::now() + PATIENCE;
    loop {
        let lines = saved(node)?;
        if lines == wanted {
            return Ok(());
        }
        ensure!(
            !deadline.remaining().is_zero(),
            "{what}: the table is\n{}",
            lines.join("\n")
        );
        thread::park_timeout(PAUSE);
    }
}

/// `lvs_repair_interval`: what others remove and change is put back, what they add is theirs.
pub(in super::super) fn repaired(world: &World) -> Result<()> {
    let node = Node::new("director")?;
    let text =
        format!("global_defs {{\n    lvs_repair_interval 1\n}}\nvirtual_server 192.0.2.200 80 {{\n{SERVERS}");
    let mut ours = Daemon::start(&node, &world.ours, &text)?;
    let whole = [
        "-A -t 192.0.2.200:80 -s wrr",
        "-a -t 192.0.2.200:80 -r 10.0.0.11:80 -m -w 3",
        "-a -t 192.0.2.200:80 -r 10.0.0.12:80 -m -w 1",
    ];
    await_table(&node, "the start", &whole)?;
    let meddle = |words: &[&str]| -> Result<()> {
        let mut ipvsadm = Command::new("ipvsadm");
        ipvsadm.args(words);
        node.stdout(ipvsadm).map(drop)
    };
    meddle(&["-d", "-t", "192.0.2.200:80", "-r", "10.0.0.12:80"])?;
    await_table(&node, "a server that was removed", &whole)?;
    meddle(&[
        "-e",
        "-t",
        "192.0.2.200:80",
        "-r",
        "10.0.0.11:80",
        "-m",
        "-w",
        "9",
    ])?;
    meddle(&["-E", "-t", "192.0.2.200:80", "-s", "sed"])?;
    await_table(&node, "what was changed", &whole)?;
    meddle(&["-C"])?;
    await_table(&node, "a table that was flushed", &whole)?;
    meddle(&["-A", "-t", "192.0.2.201:80", "-s", "rr"])?;
    meddle(&["-a", "-t", "192.0.2.200:80", "-r", "10.0.0.13:80", "-m"])?;
    meddle(&["-d", "-t", "192.0.2.200:80", "-r", "10.0.0.11:80"])?;
    let theirs = [
        "-A -t 192.0.2.200:80 -s wrr",
        "-A -t 192.0.2.201:80 -s rr",
        "-a -t 192.0.2.200:80 -r 10.0.0.11:80 -m -w 3",
        "-a -t 192.0.2.200:80 -r 10.0.0.12:80 -m -w 1",
        "-a -t 192.0.2.200:80 -r 10.0.0.13:80 -m -w 1",
    ];
    await_table(&node, "what others have added", &theirs)?;
    ours.stop()?;
    await_table(&node, "the stop", &["-A -t 192.0.2.201:80 -s rr"])
}

/// `net_namespace_ipvs`: the table is in the other namespace, checks go out from the daemon's own.
pub(in super::super) fn namespace(world: &World) -> Result<()> {
    let (director, balancer) = (Node::new("director")?, Node::new("balancer")?);
    let namespace = format!("/proc/{}/ns/net", balancer.thread_id());
    director
        .run(move || -> Result<()> {
            let place = Path::new("/run/netns/balancer");
            std::fs::create_dir_all("/run/netns")?;
            std::fs::write(place, "")?;
            let none = None::<&str>;
            mount(Some(namespace.as_str()), place, none, MsFlags::MS_BIND, none)?;
            Ok(())
        })
        .context("naming the namespace of the balancer")?;
    let _server = director.run(|| TcpListener::bind("127.0.0.1:80"))?;
    let text = "\
net_namespace_ipvs balancer
virtual_server 192.0.2.200 80 {
    delay_loop 1
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    alpha
    real_server 127.0.0.1 80 {
        TCP_CHECK {
            connect_timeout 1
        }
    }
}
";
    let mut ours = Daemon::start(&director, &world.ours, text)?;
    let whole = [
        "-A -t 192.0.2.200:80 -s wrr",
        "-a -t 192.0.2.200:80 -r 127.0.0.1:80 -m -w 1",
    ];
    await_table(&balancer, "the start", &whole)?;
    await_table(&director, "the daemon's own network", &[])?;
    ours.stop()?;
    await_table(&balancer, "the stop", &[])
}
