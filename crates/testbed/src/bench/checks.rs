//! Checks every second: what one costs, whether all are done, and how late they are.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use testbed::capture::Dials;
use testbed::clock::Stamp;
use testbed::daemon::Implementation;
use testbed::netns::Node;

use super::punctuality::Punctuality;
use super::report::{Bound, SHOWN, Unit};
use super::servers::{self, Servers, Service};
use super::steady::nanos;
use super::subject::Subject;
use super::{Bench, Effort, Side};

/// From one check of a server to the next, where a guest can hold it.
const INTERVAL: Duration = Duration::from_secs(1);
/// What the first round of checks may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// After the first round, before the measurement.
const SETTLE: Duration = Duration::from_secs(2);
/// The network of the servers that hang, `10.99.0.0/16`.
const VOID: u32 = 0x0a63_0000;
/// Real servers of a virtual server.
const SHARE: u32 = 100;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    service: Service,
    servers: u32,
    /// From one check of a server to the next.
    interval: Duration,
    /// One server of so many never answers.
    hangs: Option<u32>,
}

const fn load(service: Service, servers: u32, seconds: u64) -> Load {
    Load {
        service,
        servers,
        interval: Duration::from_secs(seconds),
        hangs: None,
    }
}

/// A guest has one processor, which is as slow as it is busy with system calls: what it cannot do every second is measured at
/// a slower pace too.
const LOADS: [Load; 6] = [
    load(Service::Tcp, 1_000, 1),
    load(Service::Tcp, 5_000, 1),
    load(Service::Tcp, 5_000, 5),
    load(Service::Http, 1_000, 1),
    load(Service::Http, 1_000, 2),
    load(Service::Tls, 500, 5),
];

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    for load in LOADS {
        // A round of the slow ones takes longer than anything else.
        if bench.effort == Effort::Quick && load.interval > INTERVAL * 2 {
            continue;
        }
        bench.both(bench.effort.runs(), |bench, side, implementation| {
            measure(bench, side, implementation, load)
        })?;
    }
    Ok(())
}

/// Servers of which one in ten hangs, beside a daemon of ours whose table of virtual servers is in memory: on this machine, with
/// all its processors.
pub(super) fn run_hanging(bench: &mut Bench) -> Result<()> {
    let program = bench
        .ours
        .program()
        .with_file_name("examples")
        .join("without_ipvs");
    ensure!(
        program.exists(),
        "there is no {}: cargo build --release -p keepalived --example without_ipvs",
        program.display()
    );
    let ours = Implementation::new("ours", program, Vec::new())?;
    let load = Load {
        hangs: Some(10),
        ..load(Service::Tcp, 5_000, 1)
    };
    for _ in 0..bench.effort.runs() {
        measure(bench, Side::Ours, &ours, load)?;
    }
    Ok(())
}

fn measure(bench: &mut Bench, side: Side, implementation: &Implementation, load: Load) -> Result<()> {
    let node = Node::new("director")?;
    node.ip(&["link set lo up"])?;
    if load.hangs.is_some() {
        make_void(&node)?;
    }
    // What is left of connections is to take no memory, and no time to find a port among.
    node.sysctl("net/ipv4/tcp_max_tw_buckets", "1000")?;
    let servers = Servers::start(&node, load.service)?;
    let mut dials = Dials::watch(&node)?;
    let mut subject = Subject::start(&node, implementation, &load.configuration())?;
    load.await_round(&mut dials, &mut subject)?;
    thread::park_timeout(SETTLE);

    // So long that most servers are checked twice.
    let window = bench.effort.window().max(load.interval * 2);
    dials.take()?;
    let (began, answered, spent) = (Stamp::now(), servers.answered(), subject.cpu()?);
    thread::park_timeout(window);
    let (answered, spent) = (
        servers.answered() - answered,
        subject.cpu()?.saturating_sub(spent),
    );
    let window = Stamp::now().since(began);
    let dials = dials.take()?;
    subject.ensure_running()?;
    let punctuality = Punctuality::of(load.addresses(), &dials, load.interval, window)?;
    ensure!(
        answered > 0,
        "no check was answered; its last words:\n{}",
        subject.last_words()?
    );

    let name = |what: &str| format!("{}, {what}", load.name());
    let each = nanos(spent)? / answered;
    let (cpu, late) = match (load.service, load.hangs) {
        (Service::Tls, _) => (SHOWN, SHOWN),
        (_, Some(_)) => (SHOWN, (Bound::AtMost(100_000_000), Bound::None)),
        (Service::Tcp | Service::Http, None) => (
            (Bound::Ratio(1_000), Bound::Ratio(800)),
            (Bound::Ratio(1_000), Bound::Ratio(500)),
        ),
    };
    bench.add(side, &name("CPU of one"), Unit::Nanos, cpu, each);
    let due = match load.hangs {
        Some(_) => SHOWN,
        None => (Bound::AtLeast(99_000), Bound::AtLeast(99_500)),
    };
    bench.add(
        side,
        &name("done of due"),
        Unit::Share,
        due,
        punctuality.share_of_due,
    );
    bench.add(
        side,
        &name("lateness p99"),
        Unit::Nanos,
        late,
        punctuality.lateness_p99,
    );
    bench.add(side, &name("memory"), Unit::Kib, SHOWN, subject.resident()?);
    subject.stop()?;
    Ok(())
}

/// Makes a network from which nothing comes back, not even a word about a missing host.
fn make_void(node: &Node) -> Result<()> {
    node.ip(&[
        "link add void0 type veth peer name void1",
        "link set void0 arp off up",
        "link set void1 up",
        "address add 10.99.255.1/16 dev void0",
    ])
}

impl Load {
    fn name(self) -> String {
        let service = match self.service {
            Service::Tcp => "TCP",
            Service::Http => "HTTP",
            Service::Tls => "TLS",
        };
        let hang = if self.hangs.is_some() { ", some hang" } else { "" };
        format!(
            "{} {service} every {} s{hang}",
            self.servers,
            self.interval.as_secs()
        )
    }

    fn is_hanging(self, number: u32) -> bool {
        self.hangs.is_some_and(|every| number.is_multiple_of(every))
    }

    /// Of the servers that answer.
    fn addresses(self) -> impl Iterator<Item = Ipv4Addr> {
        (0..self.servers)
            .filter(move |number| !self.is_hanging(*number))
            .map(servers::address)
    }

    fn all_addresses(self) -> impl Iterator<Item = Ipv4Addr> {
        (0..self.servers).map(move |number| {
            if self.is_hanging(number) {
                Ipv4Addr::from(VOID + number)
            } else {
                servers::address(number)
            }
        })
    }

    fn configuration(self) -> String {
        let check = match self.service {
            Service::Tcp => "TCP_CHECK {\n            connect_timeout 3\n        }",
            Service::Http => {
                "HTTP_GET {\n            url {\n                path /\n                status_code 200\n            }\n            \
                 connect_timeout 3\n        }"
            }
            Service::Tls => {
                "SSL_GET {\n            url {\n                path /\n                status_code 200\n            }\n            \
                 connect_timeout 3\n        }"
            }
        };
        let mut text = String::new();
        let addresses: Vec<Ipv4Addr> = self.all_addresses().collect();
        for (number, share) in addresses.chunks(SHARE as usize).enumerate() {
            let _ = writeln!(
                text,
                "virtual_server 10.0.{number}.1 80 {{\n    delay_loop {}\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP",
                self.interval.as_secs()
            );
            for address in share {
                let port = self.service.port();
                let _ = writeln!(
                    text,
                    "    real_server {address} {port} {{\n        weight 1\n        {check}\n    }}"
                );
            }
            text.push_str("}\n");
        }
        text
    }

    /// Waits until every server has been checked.
    fn await_round(self, dials: &mut Dials, subject: &mut Subject) -> Result<()> {
        let deadline = Stamp::now() + PATIENCE;
        let mut missing: HashSet<Ipv4Addr> = self.addresses().collect();
        while !missing.is_empty() {
            subject.ensure_running()?;
            ensure!(
                !deadline.remaining().is_zero(),
                "{} of {} servers are not checked; its last words:\n{}",
                missing.len(),
                self.servers,
                subject.last_words()?
            );
            thread::park_timeout(Duration::from_millis(200));
            for dial in dials.take()? {
                missing.remove(SocketAddrV4::ip(&dial.to));
            }
        }
        Ok(())
    }
}
