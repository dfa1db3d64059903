//! What others can do to a router without its permission.

use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use socket2::{Domain, Protocol, Socket, Type};
use testbed::netns::PATIENCE;
use testbed::process::Process;
use wire::Family;
use wire::advert::{Advert, AdvertMut, Fields, GROUP_V4, PROTOCOL, Parameters};
use wire::checksum::PseudoHeader;
use wire::ipv4::{self, Header};

use super::World;
use super::lone::{ADVERT_INT, Lone, configuration};
use super::router::VRID;
use crate::pipes::full_pipe;

/// How many packets are thrown at the router.
const PACKETS: u32 = 100_000;

/// 100,000 random and mutated packets, none of them a valid advert: nothing moves, no advert is missing, the log is short.
pub(super) fn packets(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let mut daemon = lone.master(&world.ours, &configuration(""))?;
    lone.next_advert("an advert", |advert| advert.priority == 100)?;
    let (mark, frame) = (daemon.process().mark(), lone.capture.mark());
    let seed = 0x6b65_6570_616c_6976;
    lone.neighbour
        .run(move || throw(seed))
        .with_context(|| format!("throwing packets, seed {seed:#x}"))?;
    for _ in 0..3 {
        lone.next_advert("an advert after the noise", |advert| {
            advert.priority == 100 && advert.source == IpAddr::from([10, 0, 0, 1])
        })?;
    }
    let adverts: Vec<_> = lone.capture.frames()[frame..]
        .iter()
        .filter(|frame| !frame.outgoing && frame.advert().is_some_and(|advert| advert.priority == 100))
        .map(|frame| frame.at)
        .collect();
    let gap = adverts
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .max()
        .context("no two adverts")?;
    ensure!(
        gap < ADVERT_INT * 2,
        "{gap:?} without an advert during the noise, seed {seed:#x}"
    );
    ensure!(
        !daemon.left_master_since(mark),
        "the noise cost the mastership, seed {seed:#x}"
    );
    let said = daemon.process().mark() - mark;
    ensure!(said < 1_000, "{said} lines of log for {PACKETS} packets");
    daemon.stop()?;
    Ok(())
}

/// Sends the packets from the node whose thread this is.
fn throw(seed: u64) -> Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(i32::from(PROTOCOL))))?;
    socket.set_header_included_v4(true)?;
    socket.set_multicast_if_v4(&Ipv4Addr::new(10, 0, 0, 9))?;
    let to = SocketAddrV4::new(GROUP_V4, 0).into();
    let valid = valid_advert()?;
    let mut random = Random(seed);
    let mut sent = 0;
    while sent < PACKETS {
        let mut packet = if random.below(2) == 0 {
            let length = 20 + random.below(60);
            (0..length).map(|_| random.byte()).collect()
        } else {
            valid.clone()
        };
        // The kernel needs a header that it can route; what follows is ours to spoil.
        packet[0] = 0x45;
        packet[9] = PROTOCOL;
        packet[12..20].copy_from_slice(&valid[12..20]);
        for _ in 0..=random.below(4) {
            let at = 20 + random.below(packet.len() - 20 + 1);
            match (random.below(3), at < packet.len()) {
                (0, true) => packet.truncate(at),
                (1, true) => packet[at] ^= 1 << random.below(8),
                (_, true) => packet[at] = random.byte(),
                (_, false) => packet.push(random.byte()),
            }
        }
        if is_valid(&packet) {
            continue;
        }
        match socket.send_to(&packet, &to) {
            Ok(_) => sent += 1,
            // The kernel refuses some of the headers, and a full queue is no reason to stop.
            Err(error) if error.raw_os_error().is_some() => sent += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Anything that a receiver may take for an advert of the virtual router: right checksum and version.
fn is_valid(packet: &[u8]) -> bool {
    let Some(payload) = packet.get(20..) else {
        return false;
    };
    let Ok(advert) = Advert::new(Family::Ipv4, payload) else {
        return false;
    };
    let pseudo = PseudoHeader::Ipv4 {
        source: Ipv4Addr::new(10, 0, 0, 9),
        destination: GROUP_V4,
    };
    advert.version() == 3 && advert.checksum_is_valid(&pseudo)
}

/// An advert of a better router, which the mutations then spoil.
fn valid_advert() -> Result<Vec<u8>> {
    let (source, destination) = (Ipv4Addr::new(10, 0, 0, 9), GROUP_V4);
    let fields = Fields {
        vrid: VRID,
        priority: 200,
        parameters: Parameters::V3 { max_advert_int: 10 },
    };
    let mut advert = Vec::new();
    fields.encode_v4(&[Ipv4Addr::new(10, 0, 0, 200)], &mut advert)?;
    AdvertMut::new(&mut advert)?.fill_checksum(&PseudoHeader::Ipv4 { source, destination });
    let mut packet = Vec::new();
    Header {
        source,
        destination,
        protocol: PROTOCOL,
        ttl: ipv4::TTL,
        id: 1,
    }
    .encode(advert.len(), &mut packet)?;
    packet.extend(advert);
    Ok(packet)
}

/// Xorshift: the packets are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or_default() % bound
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }
}

/// Nobody reads the log, a pipe that is full from the start: adverts go on, and a stop still works.
pub(super) fn stalled_log(world: &World) -> Result<()> {
    let mut lone = Lone::new()?;
    let path = lone.router.write(
        "keepalived.conf",
        &configuration("").replace("priority 100", "priority 101"),
    )?;
    let (reader, writer) = full_pipe()?;
    let mut command = world.ours.command();
    command
        .args([
            "--dont-fork",
            "--log-console",
            "--log-detail",
            "--no-syslog",
            "--use-file",
        ])
        .arg(path);
    command
        .stdout(writer.try_clone().context("sharing the pipe")?)
        .stderr(writer);
    let mut process = Process::start_silent(&lone.router, "keepalived without a reader", command)?;
    let frame = lone.capture.mark();
    for _ in 0..20 {
        lone.next_advert("advert while nobody reads the log", |advert| {
            advert.priority == 101
        })?;
    }
    lone.ensure_no_gap(frame, ADVERT_INT * 2)?;
    let frame = lone.capture.mark();
    process.signal(Signal::SIGTERM)?;
    lone.capture
        .wait_from(frame, "advert with priority 0", PATIENCE, |frame| {
            frame.advert().filter(|advert| advert.priority == 0)
        })?;
    let (_, status) = process.wait_exit(PATIENCE)?;
    ensure!(status.success(), "the daemon ended with {status}");
    drop(reader);
    Ok(())
}
