//! Signed adverts among our routers: keys change while they run, and a third host on the segment forges, replays,
//! reorders and sends adverts that are out of date. Nobody believes it.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use socket2::{Domain, Protocol, Socket, Type};
use testbed::capture::{Capture, Frame};
use testbed::clock::Stamp;
use testbed::daemon::{Daemon, Implementation, Presence, State};
use testbed::netns::{Node, PATIENCE};
use wire::advert::{AdvertMut, GROUP_V4};
use wire::checksum::PseudoHeader;
use wire::hmac_trailer::{self, Sequence};
use wire::{ah, ipv4};

use super::World;
use super::lone::{VIRTUAL_ADDRESS, configuration};
use super::router::{INSTANCE, INTERFACE, Pair};

const ETHERNET_LEN: usize = 14;
const KEY: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const NEXT_KEY: &str = "zyxwvutsrqponmlkjihgfedcba9876543210";
const THIRD_KEY: &str = "hex:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const STRANGER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);
const MASTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

/// What adverts are signed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// IPsec AH, version 2.
    Ah,
    /// `auth_hmac`, freshness by the clock.
    Time,
    /// `auth_hmac`, freshness by the sequence alone.
    Monotonic,
}

impl Signature {
    fn configuration(self, priority: u8) -> String {
        let more = match self {
            Self::Ah => "authentication {\n auth_type AH\n auth_pass secret\n }".to_owned(),
            Self::Time => hmac(&[(7, KEY)], 7, "time_window 1"),
            Self::Monotonic => hmac(&[(7, KEY)], 7, "anti_replay monotonic"),
        };
        let text = with_priority(priority, &more);
        match self {
            Self::Ah => text
                .replace("version 3", "version 2")
                .replace("advert_int 0.1", "advert_int 1"),
            Self::Time | Self::Monotonic => text,
        }
    }

    /// What a router says of a signature that is wrong.
    const fn forgery(self) -> &'static str {
        match self {
            Self::Ah => "invalid IPSEC HMAC-MD5 value",
            Self::Time | Self::Monotonic => "invalid authentication HMAC",
        }
    }

    /// What a router says of an advert that it has seen before.
    const fn replay(self) -> &'static str {
        match self {
            Self::Ah => "already processed",
            Self::Time | Self::Monotonic => "replayed authentication trailer",
        }
    }

    /// A genuine packet with another priority and source and a checksum to match, signed by somebody without the key.
    fn forge(self, genuine: &[u8], priority: u8, source: Ipv4Addr) -> Result<Vec<u8>> {
        let mut packet = genuine.to_vec();
        packet[12..16].copy_from_slice(&source.octets());
        let (before, behind) = match self {
            Self::Ah => (ah::LEN, 0),
            Self::Time | Self::Monotonic => (0, hmac_trailer::LEN),
        };
        let message = ipv4::HEADER_LEN + before..packet.len() - behind;
        let pseudo = match self {
            Self::Ah => PseudoHeader::None,
            Self::Time | Self::Monotonic => PseudoHeader::Ipv4 {
                source,
                destination: GROUP_V4,
            },
        };
        let mut advert = AdvertMut::new(&mut packet[message.clone()])?;
        advert.set_priority(priority);
        advert.fill_checksum(&pseudo);
        match self {
            Self::Ah => {
                packet[ipv4::HEADER_LEN + 4..ipv4::HEADER_LEN + 8].copy_from_slice(&source.octets());
                ah::Key::new(b"guess").seal(&mut packet, u32::MAX - 10, ah::Delivery::Multicast)?;
            }
            Self::Time | Self::Monotonic => {
                let trailer = &packet[message.end..];
                let bits = u64::from_be_bytes(*trailer[4..].first_chunk().context("a sequence")?);
                let later = Sequence::from_bits(bits + (1 << 31));
                let key = hmac_trailer::Key::new(NEXT_KEY.as_bytes());
                let trailer = key.sign(7, later, IpAddr::V4(source), &packet[message.clone()]);
                packet[message.end..].copy_from_slice(&trailer);
            }
        }
        Ok(packet)
    }
}

fn with_priority(priority: u8, more: &str) -> String {
    configuration(more).replace("priority 100", &format!("priority {priority}"))
}

/// An `auth_hmac` block.
fn hmac(keys: &[(u8, &str)], active: u8, more: &str) -> String {
    let keys: Vec<_> = keys.iter().map(|(id, key)| format!(" key {id} {key}")).collect();
    let keys = keys.join("\n");
    format!("auth_hmac {{\n{keys}\n active_key {active}\n {more}\n }}")
}

/// A host of the segment that hears everything and sends whatever it likes.
struct Stranger {
    node: Node,
    capture: Capture,
}

impl Stranger {
    fn new(pair: &Pair) -> Result<Self> {
        let node = Node::new("stranger")?;
        pair.segment.plug(&node, INTERFACE, &["10.0.0.9/24"])?;
        let capture = Capture::start(&node)?;
        Ok(Self { node, capture })
    }

    /// So many adverts of the master from now on, from the IP header on.
    fn record(&mut self, count: usize) -> Result<Vec<Vec<u8>>> {
        let mut packets = Vec::new();
        let from = self.capture.mark();
        self.capture
            .wait_from(from, "signed adverts", PATIENCE, |frame| {
                packets.extend(advert_of_master(frame));
                (packets.len() >= count).then_some(())
            })?;
        Ok(packets)
    }

    fn send(&self, packets: Vec<Vec<u8>>) -> Result<()> {
        self.node
            .run(move || transmit(&packets))
            .context("sending packets")
    }
}

fn advert_of_master(frame: &Frame) -> Option<Vec<u8>> {
    let advert = frame.advert().filter(|_| !frame.outgoing)?;
    (advert.source == IpAddr::V4(MASTER)).then(|| frame.bytes()[ETHERNET_LEN..].to_vec())
}

/// Sends packets from the node whose thread this is, with the headers that they have.
fn transmit(packets: &[Vec<u8>]) -> Result<()> {
    const RAW: i32 = 255;
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(RAW)))?;
    socket.set_header_included_v4(true)?;
    socket.set_multicast_if_v4(&STRANGER)?;
    let to = SocketAddrV4::new(GROUP_V4, 0).into();
    for packet in packets {
        socket.send_to(packet, &to)?;
    }
    Ok(())
}

/// Fails when a router has changed its state since line number `from`.
fn ensure_unmoved(daemon: &mut Daemon, from: usize) -> Result<()> {
    let lines = daemon.process().lines();
    let moved = lines[from..].iter().find(|line| line.text.contains("Entering"));
    ensure!(moved.is_none(), "the attack moved it: {moved:?}");
    Ok(())
}

/// Forged, replayed, reordered and stale adverts change nothing, and do not keep anybody from taking over.
pub(super) fn attacked(world: &World, signature: Signature) -> Result<()> {
    let pair = Pair::new()?;
    let mut stranger = Stranger::new(&pair)?;
    let mut one = Daemon::start(&pair.one, &world.ours, &signature.configuration(150))?;
    one.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mut two = Daemon::start(&pair.two, &world.ours, &signature.configuration(100))?;
    two.wait_state(INSTANCE, State::Backup, PATIENCE)?;
    let mut recorded = stranger.record(4)?;
    let (first, second) = (one.process().mark(), two.process().mark());

    let genuine = recorded.last().context("an advert")?;
    let forgeries = [(0, MASTER), (255, MASTER), (255, STRANGER), (0, STRANGER)];
    let forged = forgeries.map(|(priority, source)| signature.forge(genuine, priority, source));
    stranger.send(forged.into_iter().collect::<Result<_>>()?)?;
    for daemon in [&mut one, &mut two] {
        daemon.process().wait_line(signature.forgery(), PATIENCE)?;
    }

    let reordered: Vec<_> = recorded.iter().rev().cloned().collect();
    stranger.send(reordered)?;
    two.process().wait_line(signature.replay(), PATIENCE)?;

    if signature == Signature::Time {
        // Twenty adverts later the first one is two seconds old, and the window has one.
        recorded.extend(stranger.record(20)?);
        stranger.send(recorded[..1].to_vec())?;
        two.process()
            .wait_line("stale authentication trailer", PATIENCE)?;
    }
    ensure_unmoved(&mut one, first)?;
    ensure_unmoved(&mut two, second)?;

    // What the master said last is said on by the stranger, but the master is gone.
    recorded.extend(stranger.record(2)?);
    let mark = two.process().mark();
    one.crash()?;
    one.wait_exit()?;
    pair.segment.unplug(&pair.one)?;
    say_on(&stranger, &recorded, &mut two, mark)?;
    two.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::There)?;

    let (mark, frame) = (two.process().mark(), stranger.capture.mark());
    let mut one = Daemon::start(&pair.one, &world.ours, &signature.configuration(150))?;
    one.wait_address(INTERFACE, VIRTUAL_ADDRESS, Presence::Gone)?;
    pair.segment.replug(&pair.one)?;
    one.wait_state(INSTANCE, State::Master, PATIENCE)?;
    two.wait_state_from(mark, INSTANCE, State::Backup, PATIENCE)?;
    // Not even the adverts of its former life.
    let mark = two.process().mark();
    stranger
        .capture
        .wait_from(frame, "advert of the master", PATIENCE, advert_of_master)?;
    stranger.send(recorded)?;
    stranger.record(3)?;
    ensure_unmoved(&mut two, mark)?;
    one.stop()?;
    two.wait_state_from(mark, INSTANCE, State::Master, PATIENCE)?;
    two.stop()?;
    Ok(())
}

/// Sends old adverts of the master, over and over, until the backup takes over all the same.
fn say_on(stranger: &Stranger, recorded: &[Vec<u8>], backup: &mut Daemon, mark: usize) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(20);
    let deadline = Stamp::now() + PATIENCE;
    while let Err(error) = backup.wait_state_from(mark, INSTANCE, State::Master, PAUSE) {
        if deadline.remaining().is_zero() {
            return Err(error.context("old adverts were believed"));
        }
        stranger.send(recorded.to_vec())?;
    }
    Ok(())
}

/// The way from no signature to one, and from key to key, with nobody moving.
pub(super) fn keys_change(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    // As systemd passes credentials to a service.
    let environment = vec![("CREDENTIALS_DIRECTORY".to_owned(), "/run/credentials".to_owned())];
    let program = PathBuf::from(world.ours.program());
    let ours = Implementation::new("ours", program, environment)?;
    for node in [&pair.one, &pair.two] {
        fs::create_dir(node.directory().join("credentials"))?;
        for (name, key) in [("key2", NEXT_KEY), ("credentials/key3", THIRD_KEY)] {
            node.write(name, &format!("{key}\n"))?;
            fs::set_permissions(node.directory().join(name), fs::Permissions::from_mode(0o600))?;
        }
    }
    let (first, both) = ((1, KEY), [(1, KEY), (2, "file:/run/key2")]);
    let stages = [
        (hmac(&[first], 1, "mode receive-only"), None),
        (hmac(&[first], 1, "mode permissive"), Some(1)),
        (hmac(&[first], 1, ""), Some(1)),
        (hmac(&both, 1, ""), Some(1)),
        (hmac(&both, 2, "mode enforce"), Some(2)),
        (hmac(&both[1..], 2, ""), Some(2)),
        (hmac(&[both[1], (3, "file:key3")], 2, ""), Some(2)),
        (hmac(&[both[1], (3, "file:key3")], 3, ""), Some(3)),
        (hmac(&[(3, "file:key3")], 3, "anti_replay monotonic"), Some(3)),
    ];
    let mut stranger = Stranger::new(&pair)?;
    let mut one = Daemon::start(&pair.one, &ours, &with_priority(150, ""))?;
    one.wait_state(INSTANCE, State::Master, PATIENCE)?;
    let mut two = Daemon::start(&pair.two, &ours, &with_priority(100, ""))?;
    two.wait_state(INSTANCE, State::Backup, PATIENCE)?;
    let (first, second) = (one.process().mark(), two.process().mark());
    for (stage, (block, key)) in stages.iter().enumerate() {
        for (daemon, priority) in [(&mut two, 100), (&mut one, 150)] {
            let mark = daemon.process().mark();
            daemon.reload(&with_priority(priority, block))?;
            daemon
                .process()
                .wait_line_from(mark, "Reload complete", PATIENCE)?;
        }
        // More than the time after which the backup would take over.
        let advert = stranger.record(5)?.pop().context("an advert")?;
        let signed_by = advert
            .len()
            .checked_sub(ipv4::HEADER_LEN + 12)
            .filter(|behind| *behind == hmac_trailer::LEN)
            .map(|behind| advert[advert.len() - behind + 1]);
        ensure!(signed_by == *key, "stage {stage}: signed with key {signed_by:?}");
        for (daemon, mark) in [(&mut one, first), (&mut two, second)] {
            ensure_unmoved(daemon, mark).with_context(|| format!("stage {stage}"))?;
            daemon
                .ensure_no_complaint()
                .with_context(|| format!("stage {stage}"))?;
        }
    }
    for daemon in [&mut one, &mut two] {
        let lines = daemon.process().lines();
        let told = lines.iter().find(|line| {
            let keys = [KEY, NEXT_KEY, THIRD_KEY];
            keys.iter().any(|key| line.text.contains(key))
        });
        ensure!(told.is_none(), "a key is in the log: {told:?}");
        daemon.stop()?;
    }
    Ok(())
}

/// Different keys: neither believes the other, both say so, both are master.
pub(super) fn keys_differ(world: &World) -> Result<()> {
    let pair = Pair::new()?;
    let with_key = |priority, key| with_priority(priority, &hmac(&[(1, key)], 1, ""));
    let mut one = Daemon::start(&pair.one, &world.ours, &with_key(150, KEY))?;
    let mut two = Daemon::start(&pair.two, &world.ours, &with_key(100, NEXT_KEY))?;
    for daemon in [&mut one, &mut two] {
        daemon.wait_state(INSTANCE, State::Master, PATIENCE)?;
        daemon
            .process()
            .wait_line("invalid authentication HMAC", PATIENCE)?;
    }
    // Until one of them gets the other's key.
    let mark = two.process().mark();
    two.reload(&with_key(100, KEY))?;
    two.wait_state_from(mark, INSTANCE, State::Backup, PATIENCE)?;
    one.stop()?;
    two.stop()?;
    Ok(())
}
