//! A client that asks an address many times a second whether it is there.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};
use nix::unistd::pipe2;
use socket2::{Domain, Protocol, Socket, Type};
use wire::checksum::Sum;
use wire::ipv4::Datagram;

use crate::clock::Stamp;
use crate::netns::Node;

const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;
const ICMP_LEN: usize = 8;
const IDENTIFIER: u16 = 0x6b61;

/// One event of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Request number `sequence` left.
    Sent {
        /// When.
        at: Stamp,
        /// Its number, from 0; it wraps.
        sequence: u16,
    },
    /// The answer to request number `sequence` came.
    Answered {
        /// When.
        at: Stamp,
        /// The number of the request.
        sequence: u16,
    },
}

/// A running client; it ends when dropped.
#[derive(Debug)]
pub struct Ping {
    echoes: Receiver<Echo>,
    _stop: OwnedFd,
}

impl Ping {
    /// Starts to send an ICMP echo request from `node` to `target` every `interval`.
    pub fn start(node: &Node, target: Ipv4Addr, interval: Duration) -> Result<Self> {
        let socket = node
            .run(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)))
            .with_context(|| format!("opening a raw socket in {}", node.name()))?;
        socket
            .set_nonblocking(true)
            .context("setting a socket to non-blocking")?;
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC).context("making a pipe")?;
        let (sender, echoes) = channel();
        thread::Builder::new()
            .name("ping".into())
            .spawn(move || ping(&socket, target, interval, &stopped, &sender))
            .context("starting a thread")?;
        Ok(Self { echoes, _stop: stop })
    }

    /// The next event, if there is one within `patience`.
    #[must_use]
    pub fn next(&self, patience: Duration) -> Option<Echo> {
        self.echoes.recv_timeout(patience).ok()
    }

    /// Waits until so many requests are answered.
    pub fn wait_answers(&self, count: usize, patience: Duration) -> Result<()> {
        let deadline = Stamp::now() + patience;
        let mut answered = 0;
        while answered < count {
            let echo = self.echoes.recv_timeout(deadline.remaining());
            let echo =
                echo.with_context(|| format!("{answered} answers instead of {count} in {patience:?}"))?;
            answered += usize::from(matches!(echo, Echo::Answered { .. }));
        }
        Ok(())
    }

    /// How many requests were answered since the last call.
    #[must_use]
    pub fn answers(&self) -> usize {
        let answered = |echo: &Echo| matches!(echo, Echo::Answered { .. });
        self.echoes.try_iter().filter(answered).count()
    }

    /// What happened since the last call.
    #[must_use]
    pub fn take(&self) -> Vec<Echo> {
        self.echoes.try_iter().collect()
    }

    /// Waits for the next answer.
    pub fn wait_answer(&self, patience: Duration) -> Result<Stamp> {
        let deadline = Stamp::now() + patience;
        loop {
            let echo = self
                .echoes
                .recv_timeout(deadline.remaining())
                .with_context(|| format!("there was no answer within {patience:?}"))?;
            if let Echo::Answered { at, .. } = echo {
                return Ok(at);
            }
        }
    }
}

fn ping(socket: &Socket, target: Ipv4Addr, interval: Duration, stopped: &OwnedFd, echoes: &Sender<Echo>) {
    let mut waiting = [
        PollFd::new(socket.as_fd(), PollFlags::POLLIN),
        PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
    ];
    let mut due = Stamp::now();
    let mut sequence = 0_u16;
    loop {
        if due.remaining().is_zero() {
            let at = Stamp::now();
            // No route and no neighbour are what an outage looks like: the request counts as sent.
            socket
                .send_to(&request(sequence), &SocketAddrV4::new(target, 0).into())
                .ok();
            if echoes.send(Echo::Sent { at, sequence }).is_err() {
                return;
            }
            sequence = sequence.wrapping_add(1);
            due = due + interval;
        }
        // Whole milliseconds, rounded up: polling with zero would spin until the request is due.
        let left = due.remaining() + Duration::from_micros(999);
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        if poll(&mut waiting, timeout).is_err() || waiting[1].any().unwrap_or(true) {
            return;
        }
        while let Some(sequence) = reply(socket, target) {
            if echoes
                .send(Echo::Answered {
                    at: Stamp::now(),
                    sequence,
                })
                .is_err()
            {
                return;
            }
        }
    }
}

fn request(sequence: u16) -> [u8; ICMP_LEN] {
    let mut icmp = [ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 0];
    icmp[4..6].copy_from_slice(&IDENTIFIER.to_be_bytes());
    icmp[6..8].copy_from_slice(&sequence.to_be_bytes());
    let checksum = Sum::new().bytes(&icmp).checksum();
    icmp[2..4].copy_from_slice(&checksum.to_be_bytes());
    icmp
}

/// The next answer that is ours; the raw socket gets everything else as well.
fn reply(socket: &Socket, target: Ipv4Addr) -> Option<u16> {
    let mut packet = [0; 128];
    loop {
        let length = recv(socket.as_raw_fd(), &mut packet, MsgFlags::MSG_DONTWAIT).ok()?;
        let Ok(datagram) = Datagram::new(&packet[..length]) else {
            continue;
        };
        let Some(icmp) = datagram.payload().first_chunk::<ICMP_LEN>() else {
            continue;
        };
        let identifier = u16::from_be_bytes([icmp[4], icmp[5]]);
        if datagram.source() == target && icmp[0] == ECHO_REPLY && identifier == IDENTIFIER {
            return Some(u16::from_be_bytes([icmp[6], icmp[7]]));
        }
    }
}
