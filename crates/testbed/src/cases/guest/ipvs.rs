//! The kernel's table of virtual servers as `kernel::ipvs` writes and reads it, beside `ipvsadm` and Debian's keepalived.

mod asking;
mod director;
mod kept;
mod lab;
mod nginx;
mod operator;
mod samples;
mod sync_daemon;
mod traffic;
mod web;

use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use check::difference;
use kernel::ipvs::{Backend as _, Ipvs, Outcome, SyncDaemon, SyncRole, Timeouts, Verdict};
use model::ipvs::{
    Change, Destination, DestinationKey, DestinationSettings, Service, ServiceKey, ServiceSettings, Table,
};
use model::{
    ConnectionLimits, Family, Forwarding, Granularity, IfName, Protocol, Scheduler, ServerWeight,
    ServiceFlags, Tunnel, TunnelChecksum,
};
use testbed::daemon::Daemon;
use testbed::netns::{Node, PATIENCE};

use super::super::World;

pub(super) use director::{failures, reload};
pub(super) use kept::{namespace, repaired};
pub(super) use operator::operator;
pub(super) use samples::samples;
pub(super) use sync_daemon::sync_daemon;
pub(super) use traffic::traffic;
pub(super) use web::web;

/// A node with an empty table.
fn director() -> Result<(Node, Ipvs)> {
    let node = Node::new("director")?;
    let ipvs = node.run(Ipvs::open)?;
    Ok((node, ipvs))
}

/// How often a torn list is asked for again.
const TORN: usize = 100;

/// The lines by which `ipvsadm` would restore the table, sorted.
///
/// The kernel lists services by their places among those of all namespaces: what is added to another one meanwhile makes it begin
/// anew. No line is there twice otherwise.
fn saved(node: &Node) -> Result<Vec<String>> {
    for _ in 0..TORN {
        let mut ipvsadm = Command::new("ipvsadm");
        ipvsadm.arg("-Sn");
        let mut lines: Vec<_> = node
            .stdout(ipvsadm)?
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.sort();
        if lines.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(lines);
        }
    }
    bail!("ipvsadm shows lines twice {TORN} times")
}

/// The table, in the order of its keys.
fn sorted(mut table: Table) -> Table {
    for service in &mut table.0 {
        service.destinations.sort_by_key(|destination| destination.key);
    }
    table.0.sort_by_key(|service| service.key);
    table
}

fn apply(ipvs: &mut Ipvs, changes: &[Change]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    ipvs.apply(changes, &mut verdicts);
    verdicts
}

/// Carries changes out, each of which must end like this.
fn apply_all(ipvs: &mut Ipvs, changes: &[Change], expected: Outcome) -> Result<()> {
    for (change, verdict) in changes.iter().zip(apply(ipvs, changes)) {
        let outcome = verdict?;
        ensure!(outcome == expected, "{change:?} is {outcome:?}, not {expected:?}");
    }
    Ok(())
}

fn service(address: &str, scheduler: Scheduler) -> Result<Service> {
    let (protocol, address) = address.split_once(' ').context("a protocol and an address")?;
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        other => bail!("{other} is no protocol"),
    };
    let address: std::net::SocketAddr = address.parse()?;
    let key = ServiceKey::Address {
        protocol,
        address: address.ip(),
        port: address.port(),
    };
    Ok(of_key(key, scheduler))
}

fn marked(family: Family, mark: u32, scheduler: Scheduler) -> Result<Service> {
    let mark = mark.try_into().context("a mark is not 0")?;
    Ok(of_key(ServiceKey::Fwmark { family, mark }, scheduler))
}

fn of_key(key: ServiceKey, scheduler: Scheduler) -> Service {
    let netmask = match key.family() {
        Family::Ipv4 => Granularity::Netmask(u32::MAX),
        Family::Ipv6 => Granularity::PrefixLength(128),
    };
    Service {
        key,
        settings: ServiceSettings {
            scheduler,
            flags: ServiceFlags::default(),
            timeout: 0,
            netmask,
            engine: None,
        },
        destinations: Vec::new(),
    }
}

fn destination(address: &str, forwarding: Forwarding, weight: i64) -> Result<Destination> {
    Ok(Destination {
        key: DestinationKey(address.parse()?),
        settings: DestinationSettings {
            forwarding,
            weight: ServerWeight::clamp(weight),
            limits: ConnectionLimits::default(),
        },
    })
}

/// A table with every kind of service and destination, and what `ipvsadm -Sn` says of it: everything but the limits.
fn every_kind() -> Result<(Table, Vec<String>)> {
    const DR: Forwarding = Forwarding::DirectRouting;
    let gue = |checksum| Forwarding::Tunnel(Tunnel::Gue { port: 6080, checksum });
    let gre = |checksum| Forwarding::Tunnel(Tunnel::Gre { checksum });
    let ipip = Forwarding::Tunnel(Tunnel::Ipip);

    let mut web = service("tcp 10.0.0.1:80", Scheduler::WeightedRoundRobin)?;
    web.destinations = vec![
        destination("192.0.2.1:8080", Forwarding::Nat, 3)?,
        destination("192.0.2.2:8080", Forwarding::Nat, 0)?,
        destination("192.0.2.3:8080", Forwarding::Nat, i64::from(i32::MAX))?,
    ];
    web.destinations[0].settings.limits = ConnectionLimits {
        upper: 100,
        lower: 50,
    };
    let mut tunnels = service("tcp 10.0.0.1:81", Scheduler::LeastConnections)?;
    tunnels.destinations = vec![
        destination("192.0.2.1:81", ipip, 1)?,
        destination("192.0.2.2:81", gue(TunnelChecksum::None), 1)?,
        destination("192.0.2.3:81", gue(TunnelChecksum::Plain), 1)?,
        destination("192.0.2.4:81", gue(TunnelChecksum::Remote), 1)?,
        destination("192.0.2.5:81", gre(TunnelChecksum::None), 1)?,
        destination("192.0.2.6:81", gre(TunnelChecksum::Plain), 1)?,
        destination("[2001:db8::6]:81", ipip, 1)?,
    ];
    let mut names = service("udp 10.0.0.1:53", Scheduler::RoundRobin)?;
    names.settings.flags.one_packet = true;
    names.destinations = vec![destination("192.0.2.1:53", DR, 1)?];
    let mut calls = service("udp 10.0.0.1:5060", Scheduler::SourceHashing)?;
    calls.settings.timeout = 60;
    calls.settings.engine = Some("sip".to_owned());
    calls.settings.flags.flag_1 = true;
    calls.settings.flags.flag_2 = true;
    let mut six = service("tcp [2001:db8::80]:443", Scheduler::MaglevHashing)?;
    six.settings.timeout = 360;
    six.settings.netmask = Granularity::PrefixLength(64);
    six.destinations = vec![destination("[2001:db8::1]:443", Forwarding::Nat, 2)?];
    let mut all_ports = service("tcp 10.0.0.2:0", Scheduler::WeightedLeastConnections)?;
    all_ports.settings.timeout = 300;
    all_ports.settings.netmask = Granularity::Netmask(0xffff_ff00);
    let mut mark = marked(Family::Ipv4, 7, Scheduler::DestinationHashing)?;
    mark.destinations = vec![destination("192.0.2.1:0", DR, 1)?];
    let mark_six = marked(Family::Ipv6, 7, Scheduler::NeverQueue)?;
    let sctp = service("sctp 10.0.0.1:80", Scheduler::FailOver)?;

    let lines = "\
-A -f 7 -6 -s nq
-A -f 7 -s dh
-A -t 10.0.0.1:80 -s wrr
-A -t 10.0.0.1:81 -s lc
-A -t 10.0.0.2:0 -s wlc -p 300 -M 255.255.255.0
-A -t [2001:db8::80]:443 -s mh -p 360 -M 64
-A -u 10.0.0.1:5060 -s sh -p 60 --pe sip -b sh-fallback,sh-port
-A -u 10.0.0.1:53 -s rr -o
-A --sctp-service 10.0.0.1:80 -s fo
-a -f 7 -r 192.0.2.1:0 -g -w 1
-a -t 10.0.0.1:80 -r 192.0.2.1:8080 -m -w 3
-a -t 10.0.0.1:80 -r 192.0.2.2:8080 -m -w 0
-a -t 10.0.0.1:80 -r 192.0.2.3:8080 -m -w 2147483647
-a -t 10.0.0.1:81 -r 192.0.2.1:81 -i -w 1 --tun-type ipip
-a -t 10.0.0.1:81 -r 192.0.2.2:81 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum
-a -t 10.0.0.1:81 -r 192.0.2.3:81 -i -w 1 --tun-type gue --tun-port 6080 --tun-csum
-a -t 10.0.0.1:81 -r 192.0.2.4:81 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 10.0.0.1:81 -r 192.0.2.5:81 -i -w 1 --tun-type gre --tun-nocsum
-a -t 10.0.0.1:81 -r 192.0.2.6:81 -i -w 1 --tun-type gre --tun-csum
-a -t 10.0.0.1:81 -r [2001:db8::6]:81 -i -w 1 --tun-type ipip
-a -t [2001:db8::80]:443 -r [2001:db8::1]:443 -m -w 2
-a -u 10.0.0.1:53 -r 192.0.2.1:53 -g -w 1";
    let mut lines: Vec<_> = lines.lines().map(str::to_owned).collect();
    lines.sort();
    let services = vec![web, tunnels, names, calls, six, all_ports, mark, mark_six, sctp];
    Ok((sorted(Table(services)), lines))
}

/// Every kind of service and destination is written, shown by `ipvsadm`, read back, corrected and removed.
pub(super) fn kinds(_: &World) -> Result<()> {
    let (node, mut ipvs) = director()?;
    let (wanted, lines) = every_kind()?;
    let additions = difference(&Table::default(), &wanted);
    apply_all(&mut ipvs, &additions, Outcome::Done)?;
    let shown = saved(&node)?;
    ensure!(
        shown == lines,
        "ipvsadm shows\n{}\nnot\n{}",
        shown.join("\n"),
        lines.join("\n")
    );
    let read = sorted(ipvs.table()?);
    ensure!(read == wanted, "read is {read:#?}, wanted was {wanted:#?}");

    // Once more, over settings that somebody else has changed.
    let mut ipvsadm = Command::new("ipvsadm");
    ipvsadm.args([
        "-e",
        "-t",
        "10.0.0.1:80",
        "-r",
        "192.0.2.1:8080",
        "-m",
        "-w",
        "77",
    ]);
    node.stdout(ipvsadm)?;
    let mut ipvsadm = Command::new("ipvsadm");
    ipvsadm.args(["-E", "-t", "10.0.0.1:80", "-s", "sed", "-p", "9"]);
    node.stdout(ipvsadm)?;
    apply_all(&mut ipvs, &additions, Outcome::WasThere)?;
    let read = sorted(ipvs.table()?);
    ensure!(read == wanted, "corrected is {read:#?}, wanted was {wanted:#?}");

    // To another table, and to nothing.
    let mut other = wanted.clone();
    other.0.truncate(4);
    for service in &mut other.0 {
        service.settings.scheduler = Scheduler::ShortestExpectedDelay;
        service.settings.engine = None;
        service.destinations.truncate(1);
    }
    apply_all(&mut ipvs, &difference(&wanted, &other), Outcome::Done)?;
    let read = sorted(ipvs.table()?);
    ensure!(read == other, "changed is {read:#?}, wanted was {other:#?}");
    let removals = difference(&other, &Table::default());
    apply_all(&mut ipvs, &removals, Outcome::Done)?;
    ensure!(ipvs.table()? == Table::default(), "something was left");
    apply_all(&mut ipvs, &removals, Outcome::WasGone)?;
    apply_all(&mut ipvs, &additions, Outcome::Done)?;
    apply_all(&mut ipvs, &[Change::Flush], Outcome::Done)?;
    ensure!(ipvs.table()? == Table::default(), "a flush has left something");
    Ok(())
}

/// What the kernel refuses has an error that names it; what comes after is carried out.
pub(super) fn refusals(_: &World) -> Result<()> {
    let (_, mut ipvs) = director()?;
    let unknown = service("tcp 10.0.0.1:80", Scheduler::TwoRandomChoices)?;
    let good = service("tcp 10.0.0.1:81", Scheduler::RoundRobin)?;
    let one = destination("192.0.2.1:80", Forwarding::Nat, 1)?;
    let mut inverted = one;
    inverted.settings.limits = ConnectionLimits { upper: 1, lower: 2 };
    let changes = [
        Change::AddService(unknown.key, unknown.settings),
        Change::AddDestination(unknown.key, one),
        Change::AddService(good.key, good.settings.clone()),
        Change::AddDestination(good.key, inverted),
        Change::SetDestination(good.key, one),
    ];
    let said: Vec<_> = apply(&mut ipvs, &changes)
        .into_iter()
        .map(|verdict| verdict.map_or_else(|error| error.to_string(), |outcome| format!("{outcome:?}")))
        .collect();
    let expected = [
        "adding virtual server 10.0.0.1:tcp:80: No such file or directory \
         (the kernel has no scheduler twos: module ip_vs_twos)",
        "adding real server 192.0.2.1:80 to virtual server 10.0.0.1:tcp:80: No such process \
         (there is no such virtual server)",
        "Done",
        "adding real server 192.0.2.1:80 to virtual server 10.0.0.1:tcp:81: Math result not representable",
        "Done",
    ];
    ensure!(said == expected, "it says\n{}", said.join("\n"));
    let wanted = Table(vec![Service {
        destinations: vec![one],
        ..good
    }]);
    ensure!(ipvs.table()? == wanted, "the table is {:?}", ipvs.table()?);
    Ok(())
}

/// Batches longer than one system call, in which everything is refused first.
pub(super) fn many(_: &World) -> Result<()> {
    const COUNT: u16 = 2_000;
    let (_, mut ipvs) = director()?;
    let mut wanted = Table::default();
    for port in 1..=COUNT {
        let mut one = service(&format!("tcp 10.0.0.1:{port}"), Scheduler::RoundRobin)?;
        one.destinations = vec![
            destination("192.0.2.1:80", Forwarding::Nat, 1)?,
            destination("192.0.2.2:80", Forwarding::Nat, 1)?,
        ];
        wanted.0.push(one);
    }
    let removals = difference(&wanted, &Table::default());
    apply_all(&mut ipvs, &removals, Outcome::WasGone)?;
    let additions = difference(&Table::default(), &wanted);
    apply_all(&mut ipvs, &additions, Outcome::Done)?;
    apply_all(&mut ipvs, &additions, Outcome::WasThere)?;
    ensure!(sorted(ipvs.table()?) == sorted(wanted), "the table differs");
    Ok(())
}

/// Timeouts are set and put back, a sync daemon runs and ends.
pub(super) fn surroundings(_: &World) -> Result<()> {
    let (node, mut ipvs) = director()?;
    let before = ipvs.timeouts()?;
    let timeouts = Timeouts {
        tcp: 60,
        tcp_fin: 30,
        udp: 10,
    };
    ipvs.set_timeouts(timeouts)?;
    ensure!(
        ipvs.timeouts()? == timeouts,
        "timeouts are {:?}",
        ipvs.timeouts()?
    );
    let mut list = Command::new("ipvsadm");
    list.args(["-L", "--timeout"]);
    let shown = node.stdout(list)?;
    ensure!(shown.contains("60 30 10"), "ipvsadm shows {shown}");
    ipvs.set_timeouts(Timeouts { tcp: 0, ..before })?;
    ensure!(
        ipvs.timeouts()? == Timeouts { tcp: 60, ..before },
        "0 does not keep a value"
    );

    node.ip(&[
        "link add dummy0 type dummy",
        "link set dummy0 multicast on",
        "link set dummy0 up",
        "address add 10.9.0.1/24 dev dummy0",
    ])?;
    let daemon = SyncDaemon {
        interface: IfName::new("dummy0")?,
        sync_id: 9,
        max_len: Some(1400),
        group: Some([239, 0, 0, 81].into()),
        port: Some(8850),
        ttl: Some(3),
    };
    for role in SyncRole::BOTH {
        runs_and_ends(&node, &mut ipvs, role, &daemon)?;
    }
    Ok(())
}

/// The daemon runs in a role, as `ipvsadm` sees it, and ends.
fn runs_and_ends(node: &Node, ipvs: &mut Ipvs, role: SyncRole, daemon: &SyncDaemon) -> Result<()> {
    ipvs.start_sync_daemon(role, daemon)?;
    ensure!(
        ipvs.start_sync_daemon(role, daemon).is_err(),
        "a second daemon was started"
    );
    let running = ipvs.sync_daemons()?;
    ensure!(running == [(role, daemon.clone())], "{running:?} is running");
    let mut list = Command::new("ipvsadm");
    list.args(["-L", "--daemon"]);
    let shown = node.stdout(list)?;
    let expected = format!(
        "{role} sync daemon (mcast=dummy0, syncid=9, maxlen=1400, group=239.0.0.81, port=8850, ttl=3)"
    );
    ensure!(shown.trim_end() == expected, "ipvsadm shows {shown}");
    ipvs.stop_sync_daemon(role, daemon)?;
    ensure!(
        ipvs.stop_sync_daemon(role, daemon).is_err(),
        "a daemon was stopped twice"
    );
    ensure!(ipvs.sync_daemons()?.is_empty(), "a daemon is left");
    Ok(())
}

/// What Debian's keepalived makes of a configuration is read as what we would make of it.
pub(super) fn debian(world: &World) -> Result<()> {
    let (node, mut ipvs) = director()?;
    let configuration = "\
virtual_server 10.0.0.1 80 {
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    persistence_timeout 300
    persistence_granularity 255.255.255.0
    real_server 192.0.2.1 8080 {
        weight 3
        uthreshold 100
        lthreshold 50
    }
    real_server 192.0.2.2 8080 {
    }
}
virtual_server 10.0.0.1 81 {
    lb_algo sh
    sh-port
    lb_kind TUN type gue port 6080 csum
    protocol UDP
    ops
    real_server 192.0.2.1 81 {
    }
}
virtual_server fwmark 7 {
    lb_algo mh
    lb_kind DR
    ip_family inet6
    real_server 2001:db8::1 0 {
    }
}
";
    let mut web = service("tcp 10.0.0.1:80", Scheduler::WeightedRoundRobin)?;
    web.settings.timeout = 300;
    web.settings.netmask = Granularity::Netmask(0xffff_ff00);
    web.destinations = vec![
        destination("192.0.2.1:8080", Forwarding::Nat, 3)?,
        destination("192.0.2.2:8080", Forwarding::Nat, 1)?,
    ];
    web.destinations[0].settings.limits = ConnectionLimits {
        upper: 100,
        lower: 50,
    };
    let mut tunnel = service("udp 10.0.0.1:81", Scheduler::SourceHashing)?;
    tunnel.settings.flags.one_packet = true;
    tunnel.settings.flags.flag_2 = true;
    let gue = Tunnel::Gue {
        port: 6080,
        checksum: TunnelChecksum::Plain,
    };
    tunnel.destinations = vec![destination("192.0.2.1:81", Forwarding::Tunnel(gue), 1)?];
    let mut mark = marked(Family::Ipv6, 7, Scheduler::MaglevHashing)?;
    mark.destinations = vec![destination("[2001:db8::1]:0", Forwarding::DirectRouting, 1)?];
    let wanted = sorted(Table(vec![web, tunnel, mark]));

    let mut debian = Daemon::start(&node, &world.foreign()?.debians, configuration)?;
    debian
        .process()
        .wait_line("Gained quorum 1+0=1 <= 1 for VS FWM 7", PATIENCE)?;
    let read = sorted(ipvs.table()?);
    ensure!(read == wanted, "read is {read:#?}, wanted was {wanted:#?}");
    let theirs = saved(&node)?;
    debian.stop()?;
    ensure!(ipvs.table()? == Table::default(), "Debian's has left something");
    apply_all(&mut ipvs, &difference(&Table::default(), &wanted), Outcome::Done)?;
    let ours = saved(&node)?;
    ensure!(
        ours == theirs,
        "ours is\n{}\ntheirs\n{}",
        ours.join("\n"),
        theirs.join("\n")
    );
    Ok(())
}
