//! A reload of very many virtual servers with one change: when the kernel has it, and how long no check runs.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use kernel::ipvs::Ipvs;
use nix::sys::signal::Signal;
use testbed::capture::{Dial, Dials};
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::netns::Node;

use super::ipvs_load::{PATIENCE, await_servers};
use super::punctuality::longest_pause;
use super::report::{Bound, SHOWN, Unit};
use super::servers::{Servers, Service};
use super::services::Services;
use super::steady::nanos;
use super::subject::Subject;
use super::{Bench, Effort, Side};

/// Their checks are so rare that those of [`WATCHED`] servers show every pause.
const fn load(effort: Effort) -> Services {
    Services {
        count: match effort {
            // The C program needs minutes for more in a guest.
            Effort::Quick => 4_000,
            Effort::Usual | Effort::Full => 20_000,
        },
        delay_loop: 3_600,
        networks: [0x7f10, 0x7f11],
    }
}

/// Servers that are checked every 100 ms, so that one of them is every 5 ms.
const WATCHED: u32 = 20;
/// The real server that the change brings, without a check: Debian's would wait for the first one.
const ADDED: Ipv4Addr = Ipv4Addr::new(127, 18, 0, 1);
/// From the change in the kernel to the end of the measurement, or longer if no check has run by then: the C program waits for a
/// second before it checks again, and that begins late.
const AFTERWARDS: Duration = Duration::from_secs(3);

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    bench.both(bench.effort.runs(), measure)
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation) -> Result<()> {
    let load = load(bench.effort);
    let node = Node::new("director")?;
    node.ip(&["link set lo up"])?;
    let _servers = Servers::start(&node, Service::Http)?;
    let _others = Servers::start(&node, Service::Tcp)?;
    let mut dials = Dials::watch(&node)?;
    let before = watched() + &load.configuration();
    let mut subject = Subject::start(&node, implementation, &before)?;
    let mut kernel = node.run(Ipvs::open).context("opening the kernel's table")?;
    await_servers(&mut kernel, &mut subject, load.count - 1, 2)?;
    await_checks(&mut dials, &mut subject)?;
    let memory = subject.resident()?;

    // In the last virtual server, which a search finds last.
    let end = before.strip_suffix("}\n").context("a configuration ends so")?;
    let after = format!("{end}    real_server {ADDED} 80 {{\n        weight 1\n    }}\n}}\n");
    node.write("keepalived.conf", &after)?;
    let asked = subject.process().signal(Signal::SIGHUP)?;
    let there = await_servers(&mut kernel, &mut subject, load.count - 1, 3)?;
    let seen = checks_until_after(&mut dials, &mut subject, there)?;
    let took = nanos(there.since(asked))?;
    let pause = longest_pause(asked, &seen)?;
    let bounds = (Bound::Ratio(150), Bound::Ratio(50));
    let name = |what: &str| format!("{}: {what}", load.count);
    let what = name("HUP until the change is in the kernel");
    bench.add(side, &what, Unit::Nanos, bounds, took);
    let bounds = (Bound::AtMost(100_000_000), Bound::None);
    bench.add(
        side,
        &name("longest pause of the checks"),
        Unit::Nanos,
        bounds,
        pause,
    );
    bench.add(side, &name("memory before"), Unit::Kib, SHOWN, memory);
    bench.add(side, &name("memory after"), Unit::Kib, SHOWN, subject.resident()?);
    subject.stop()?;
    Ok(())
}

/// The virtual server whose checks are watched.
fn watched() -> String {
    let servers = (0..WATCHED).map(|number| {
        format!(
            "    real_server {} {} {{\n        TCP_CHECK {{\n        }}\n    }}\n",
            super::servers::address(number),
            Service::Tcp.port()
        )
    });
    let servers: String = servers.collect();
    format!(
        "virtual_server 10.255.0.1 80 {{\n    delay_loop 0.1\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n{servers}}}\n"
    )
}

fn is_watched(dial: &Dial) -> bool {
    dial.to.port() == Service::Tcp.port()
}

/// The checks of watched servers until the reload is over and they go on.
fn checks_until_after(dials: &mut Dials, subject: &mut Subject, reload: Stamp) -> Result<Vec<Dial>> {
    thread::park_timeout(AFTERWARDS);
    let deadline = reload + PATIENCE;
    let mut seen = Vec::new();
    loop {
        seen.extend(dials.take()?.into_iter().filter(is_watched));
        if seen.last().is_some_and(|dial: &Dial| dial.at > reload) {
            return Ok(seen);
        }
        subject.ensure_running()?;
        ensure!(
            !deadline.remaining().is_zero(),
            "no check runs after the reload; its last words:\n{}",
            subject.last_words()?
        );
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// Waits until every watched server has been checked.
fn await_checks(dials: &mut Dials, subject: &mut Subject) -> Result<()> {
    let deadline = Stamp::now() + PATIENCE;
    let mut missing: std::collections::BTreeSet<Ipv4Addr> =
        (0..WATCHED).map(super::servers::address).collect();
    while !missing.is_empty() {
        subject.ensure_running()?;
        ensure!(
            !deadline.remaining().is_zero(),
            "{} servers are not checked; its last words:\n{}",
            missing.len(),
            subject.last_words()?
        );
        thread::park_timeout(Duration::from_millis(50));
        for dial in dials.take()?.into_iter().filter(is_watched) {
            missing.remove(SocketAddrV4::ip(&dial.to));
        }
    }
    Ok(())
}
