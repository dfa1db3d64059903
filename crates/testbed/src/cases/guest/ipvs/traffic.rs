//! Traffic through a director to three servers, counted by the client and by the kernel.
//!
//! The client and the director are on the outer segment, the servers on both: what was rewritten goes back through the
//! director, everything else directly.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use check::difference;
use kernel::ipvs::{Backend as _, Ipvs, Outcome, ServiceStatistics};
use model::ipvs::{Service, ServiceKey, Table};
use model::{Forwarding, Scheduler, Tunnel};
use testbed::clock::Stamp;
use testbed::netns::{Node, PATIENCE, Segment};

use super::super::super::World;
use super::{apply_all, destination, director, service};

/// How often the client asks: so many rounds of all weights together.
const REQUESTS: usize = 30;
/// The weights of the servers, and how many requests each gets.
const SHARES: [(i64, usize); 3] = [(1, 5), (2, 10), (3, 15)];

/// A way to the servers with its virtual address.
struct Way {
    forwarding: Forwarding,
    address: &'static str,
}

const WAYS: [Way; 3] = [
    Way {
        forwarding: Forwarding::Nat,
        address: "10.1.0.100:80",
    },
    Way {
        forwarding: Forwarding::DirectRouting,
        address: "10.1.0.101:80",
    },
    Way {
        forwarding: Forwarding::Tunnel(Tunnel::Ipip),
        address: "10.1.0.102:80",
    },
];

/// A server that answers on its own address, on the virtual ones, and out of a tunnel.
fn server(number: u8, inner: &Segment, outer: &Segment) -> Result<Node> {
    let node = Node::new(&format!("server{number}"))?;
    // The virtual addresses on lo are the director's to everybody else.
    node.sysctl("net/ipv4/conf/all/arp_ignore", "1")?;
    node.sysctl("net/ipv4/conf/all/arp_announce", "2")?;
    inner.plug(&node, "eth0", &[&format!("10.2.0.1{number}/24")])?;
    outer.plug(&node, "eth1", &[&format!("10.1.0.1{number}/24")])?;
    node.ip(&[
        &format!("link add ipip0 type ipip local 10.2.0.1{number}"),
        "link set ipip0 up",
        "address add 10.1.0.101/32 dev lo",
        "address add 10.1.0.102/32 dev lo",
        "route add default via 10.2.0.1 table 100",
        "rule add from 10.2.0.0/24 table 100",
    ])?;
    let own = format!("10.2.0.1{number}:80");
    for address in [own, WAYS[1].address.to_owned(), WAYS[2].address.to_owned()] {
        let socket = node
            .run(move || UdpSocket::bind(address))
            .context("binding a server")?;
        thread::Builder::new()
            .name(format!("server {number}"))
            // It ends with the program.
            .spawn(move || {
                while let Ok((_, client)) = socket.recv_from(&mut [0; 64]) {
                    if socket.send_to(&[number], client).is_err() {
                        return;
                    }
                }
            })
            .context("starting a thread")?;
    }
    Ok(node)
}

/// How many requests to the address each server has answered; every request is a connection of its own.
fn ask(client: &Node, address: &'static str) -> Result<[usize; 3]> {
    let mut answers = [0; 3];
    for number in 0..REQUESTS {
        let socket = client
            .run(|| UdpSocket::bind("10.1.0.9:0"))
            .context("binding the client")?;
        socket
            .set_read_timeout(Some(PATIENCE))
            .context("setting a timeout")?;
        socket
            .send_to(b"?", address)
            .with_context(|| format!("asking {address}"))?;
        let mut answer = [0];
        socket
            .recv(&mut answer)
            .with_context(|| format!("waiting for answer {number} of {address}"))?;
        *answers
            .get_mut(usize::from(answer[0]).wrapping_sub(1))
            .context("an answer of somebody else")? += 1;
    }
    Ok(answers)
}

/// The statistics with this many connections; the kernel sums up every two seconds.
fn summed_up(ipvs: &mut Ipvs, service: &ServiceKey, connections: u64) -> Result<ServiceStatistics> {
    let deadline = Stamp::now() + PATIENCE;
    loop {
        let counted = ipvs.statistics(service)?.context("the service is gone")?;
        if counted.counters.connections == connections {
            return Ok(counted);
        }
        ensure!(
            !deadline.remaining().is_zero(),
            "the kernel has counted {:?}",
            counted.counters
        );
        thread::park_timeout(Duration::from_millis(50));
    }
}

/// Each way reaches every server according to its weight, and the kernel counts as the client does.
pub(in super::super) fn traffic(_: &World) -> Result<()> {
    let (inner, outer) = (Segment::new("inner")?, Segment::new("outer")?);
    let (director, mut ipvs) = director()?;
    outer.plug(&director, "eth0", &["10.1.0.1/24"])?;
    inner.plug(&director, "eth1", &["10.2.0.1/24"])?;
    director.ip(&[
        "address add 10.1.0.100/32 dev eth0",
        "address add 10.1.0.101/32 dev eth0",
        "address add 10.1.0.102/32 dev eth0",
    ])?;
    director.sysctl("net/ipv4/ip_forward", "1")?;
    let client = Node::new("client")?;
    outer.plug(&client, "eth0", &["10.1.0.9/24"])?;
    let _servers = (1..=3)
        .map(|number| server(number, &inner, &outer))
        .collect::<Result<Vec<_>>>()?;

    let mut wanted = Table::default();
    for way in &WAYS {
        let mut one: Service = service(&format!("udp {}", way.address), Scheduler::WeightedRoundRobin)?;
        for (number, (weight, _)) in (1..).zip(SHARES) {
            let address = format!("10.2.0.1{number}:80");
            one.destinations
                .push(destination(&address, way.forwarding, weight)?);
        }
        wanted.0.push(one);
    }
    apply_all(&mut ipvs, &difference(&Table::default(), &wanted), Outcome::Done)?;

    for (way, one) in WAYS.iter().zip(&wanted.0) {
        let forwarding = way.forwarding;
        let answers = ask(&client, way.address)?;
        ensure!(
            answers == SHARES.map(|(_, share)| share),
            "with {forwarding} the servers have answered {answers:?}"
        );
        let requests = u64::try_from(REQUESTS)?;
        let counted = summed_up(&mut ipvs, &one.key, requests)?;
        let back = if forwarding == Forwarding::Nat {
            requests
        } else {
            0
        };
        ensure!(
            (counted.counters.in_packets, counted.counters.out_packets) == (requests, back),
            "with {forwarding} the kernel has counted {:?}",
            counted.counters
        );
        for (destination, (_, share)) in one.destinations.iter().zip(SHARES) {
            let of_it = counted
                .destinations
                .iter()
                .find(|statistics| statistics.key == destination.key)
                .context("a destination is gone")?;
            ensure!(
                of_it.counters.connections == u64::try_from(share)? && of_it.active + of_it.inactive > 0,
                "with {forwarding} the kernel has counted {of_it:?}"
            );
        }
        let all = ipvs.all_statistics()?;
        let among_all = all.iter().find(|(key, _)| *key == one.key);
        let connections =
            among_all.map(|(_, counted)| (counted.counters.connections, counted.destinations.len()));
        ensure!(
            all.len() == WAYS.len() && connections == Some((requests, SHARES.len())),
            "of all services the kernel has counted {all:?}"
        );
        ipvs.zero(Some(&one.key))?;
        let counted = ipvs.statistics(&one.key)?.context("the service is gone")?;
        ensure!(
            counted.counters.connections == 0,
            "after zero there are {:?}",
            counted.counters
        );
    }
    let unknown = service("udp 10.1.0.99:80", Scheduler::RoundRobin)?;
    ensure!(
        ipvs.statistics(&unknown.key)?.is_none(),
        "there are counters of what is not there"
    );
    Ok(())
}
