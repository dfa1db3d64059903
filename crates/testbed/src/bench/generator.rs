//! Masters without a daemon: adverts of priority 200 for every virtual router of a load.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use nix::fcntl::OFlag;
use nix::ifaddrs::getifaddrs;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, SockaddrLike as _, bind, send, socket,
};
use nix::unistd::pipe2;
use testbed::clock::Stamp;
use wire::advert::{AdvertMut, Fields, GROUP_V4, MAX_ADVERT_INT, PROTOCOL, Parameters};
use wire::checksum::PseudoHeader;
use wire::ipv4::{self, Header};

use super::rig::{Key, Load, Rig, neighbour_interface};

/// The priority of the generated masters.
const PRIORITY: u8 = 200;
/// How often the generator wakes up when its adverts are spread.
const TICK: Duration = Duration::from_millis(1);

/// How the adverts of one interval leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// All at once.
    Burst,
    /// One after the other, all over the interval.
    Spread,
}

/// A running generator.
#[derive(Debug)]
pub(super) struct Generator {
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<Result<u64>>>,
}

/// A frame and the socket that is bound to its interface.
struct Advert {
    socket: usize,
    frame: Vec<u8>,
}

impl Generator {
    /// Starts to be master of all virtual routers of `load`.
    pub(super) fn start(rig: &Rig, load: &Load, pace: Pace) -> Result<Self> {
        let sockets = (0..load.interfaces())
            .map(|number| rig.neighbour.run(move || open(&neighbour_interface(number))))
            .collect::<Result<Vec<_>>>()?;
        let adverts = load
            .keys()
            .map(|key| advert(load, key))
            .collect::<Result<Vec<_>>>()?;
        let interval = load.advert_int;
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC).context("making a pipe")?;
        let thread = thread::Builder::new()
            .name("generator".into())
            .spawn(move || match pace {
                Pace::Burst => generate(&sockets, &adverts, interval, 1, &stopped),
                Pace::Spread => {
                    let ticks = u32::try_from(interval.as_nanos() / TICK.as_nanos())
                        .unwrap_or(1)
                        .max(1);
                    generate(&sockets, &adverts, interval, ticks, &stopped)
                }
            })
            .context("starting a thread")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Stops it as a crash would, and returns how many adverts it has sent.
    pub(super) fn stop(mut self) -> Result<u64> {
        drop(self.stop.take());
        let thread = self.thread.take().context("the generator was stopped before")?;
        thread.join().map_err(|_| anyhow!("the generator panicked"))?
    }
}

/// Sends all adverts once an interval, in `ticks` portions, until the other end of `stopped` is gone.
fn generate(
    sockets: &[OwnedFd],
    adverts: &[Advert],
    interval: Duration,
    ticks: u32,
    stopped: &OwnedFd,
) -> Result<u64> {
    let mut waiting = [PollFd::new(stopped.as_fd(), PollFlags::POLLIN)];
    let begin = Stamp::now();
    let (portions, mut sent) = (usize::try_from(ticks)?, 0);
    for tick in 0_u32.. {
        let portion = usize::try_from(tick % ticks)?;
        let range = adverts.len() * portion / portions..adverts.len() * (portion + 1) / portions;
        for Advert { socket, frame } in &adverts[range] {
            send(sockets[*socket].as_raw_fd(), frame, MsgFlags::empty())
                .context("sending a generated advert")?;
            sent += 1;
        }
        let due = begin + interval * (tick + 1) / ticks;
        loop {
            // Whole milliseconds, rounded up: polling with zero would spin. When late, zero, to hear of the end at least.
            let left = due.remaining();
            let rounded = if left.is_zero() {
                left
            } else {
                left + Duration::from_micros(999)
            };
            let timeout = PollTimeout::try_from(rounded).unwrap_or(PollTimeout::MAX);
            if poll(&mut waiting, timeout).context("waiting for the next tick")? > 0 {
                return Ok(sent);
            }
            if due.remaining().is_zero() {
                break;
            }
        }
    }
    Ok(sent)
}

/// A packet socket bound to an interface of the node whose thread this is.
fn open(ifname: &str) -> Result<OwnedFd> {
    // Protocol 0: it only sends.
    let packets = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None)
        .context("opening a packet socket")?;
    let address: LinkAddr = getifaddrs()
        .context("listing interfaces")?
        .filter(|found| found.interface_name == ifname)
        .find_map(|found| found.address?.as_link_addr().copied())
        .with_context(|| format!("{ifname} has no link-layer address"))?;
    ensure!(
        address.family() == Some(AddressFamily::Packet),
        "{ifname} has a strange address"
    );
    bind(packets.as_raw_fd(), &address).with_context(|| format!("binding to {ifname}"))?;
    Ok(packets)
}

fn advert(load: &Load, key: Key) -> Result<Advert> {
    let (source, destination) = (key.source()?, GROUP_V4);
    let hundredths = u16::try_from(load.advert_int.as_millis() / 10).unwrap_or(MAX_ADVERT_INT);
    let parameters = Parameters::V3 {
        max_advert_int: hundredths,
    };
    let addresses: Vec<_> = (0..load.addresses.min(255))
        .map(|number| load.address(key, number))
        .collect();
    let mut message = Vec::new();
    Fields {
        vrid: key.vrid,
        priority: PRIORITY,
        parameters,
    }
    .encode_v4(&addresses, &mut message)?;
    AdvertMut::new(&mut message)?.fill_checksum(&PseudoHeader::Ipv4 { source, destination });
    // The multicast address of RFC 1112 for 224.0.0.18.
    let to = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];
    let from = [0x00, 0x00, 0x5e, 0x00, 0x01, key.vrid];
    let mut frame = wire::ethernet::header(to, from, 0x0800).to_vec();
    Header {
        source,
        destination,
        protocol: PROTOCOL,
        ttl: ipv4::TTL,
        id: 1,
    }
    .encode(message.len(), &mut frame)?;
    frame.extend(message);
    Ok(Advert {
        socket: usize::try_from(key.interface)?,
        frame,
    })
}
