//! The sniffer of a node: adverts, gratuitous ARP and unsolicited neighbour advertisements, as events.
//!
//! Frames carry the kernel's time stamps. Whoever waits for a frame is woken by it. A [`Capture`] sees every interface of
//! its node, so the best place for one is a node with a single interface, such as the client of a segment.

mod decode;
mod dials;
mod gate;

use std::io::IoSliceMut;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use nix::cmsg_space;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvmsg,
    setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use nix::unistd::pipe2;
use socket2::{SockFilter, SockRef};

pub use decode::{Advert, Announcement, Message};
pub use dials::{Dial, Dials};

use gate::Gate;

use crate::clock::Stamp;
use crate::netns::Node;

/// Frames are cut here: the longest advert has 255 IPv4 addresses.
const SNAP_LEN: usize = 1_500;
/// Room for half a minute of the busiest benchmark; only root gets it, others get what `rmem_max` allows.
const RECEIVE_BUFFER: usize = 512 << 20;
/// `PACKET_OUTGOING` of `linux/if_packet.h`: the node itself sent it.
const PACKET_OUTGOING: u8 = 4;

/// One captured frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When the kernel saw it.
    pub at: Stamp,
    /// The interface that saw it.
    pub interface: usize,
    /// Whether the node sent it.
    pub outgoing: bool,
    bytes: Box<[u8]>,
}

impl Frame {
    /// What it says.
    #[must_use]
    pub fn message(&self) -> Message {
        decode::message(&self.bytes)
    }

    /// The advert in it, if there is one.
    #[must_use]
    pub fn advert(&self) -> Option<Advert> {
        match self.message() {
            Message::Advert(advert) => Some(advert),
            _ => None,
        }
    }

    /// The gratuitous ARP or unsolicited neighbour advertisement in it, if there is one.
    #[must_use]
    pub fn announcement(&self) -> Option<Announcement> {
        match self.message() {
            Message::Announcement(announcement) => Some(announcement),
            _ => None,
        }
    }

    /// The MAC address that it came from.
    #[must_use]
    pub fn source_mac(&self) -> Option<[u8; 6]> {
        self.bytes.get(6..12)?.try_into().ok()
    }

    /// The frame itself, Ethernet header first.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A running capture; it ends when dropped.
#[derive(Debug)]
pub struct Capture {
    frames: Receiver<Frame>,
    seen: Vec<Frame>,
    lost: Receiver<u32>,
    gate: Arc<Gate>,
    _stop: OwnedFd,
}

impl Capture {
    /// Starts to capture in `node`. Every frame after this call is seen.
    pub fn start(node: &Node) -> Result<Self> {
        let packets = node
            .run(|| open(&filter()))
            .with_context(|| format!("opening a packet socket in {}", node.name()))?;
        let (stopped, stop) = pipe2(OFlag::O_CLOEXEC).context("making a pipe")?;
        let (sender, frames) = channel();
        let (report, lost) = channel();
        let gate = Arc::new(Gate::open());
        let listeners_gate = Arc::clone(&gate);
        thread::Builder::new()
            .name(format!("capture {}", node.name()))
            .spawn(move || {
                listen(&packets, &stopped, &listeners_gate, &sender, &report);
                listeners_gate.leave();
            })
            .context("starting a thread")?;
        Ok(Self {
            frames,
            seen: Vec::new(),
            lost,
            gate,
            _stop: stop,
        })
    }

    /// All frames so far.
    pub fn frames(&mut self) -> &[Frame] {
        self.seen.extend(self.frames.try_iter());
        &self.seen
    }

    /// How many frames there are so far, to pass to [`Capture::wait_from`].
    pub fn mark(&mut self) -> usize {
        self.frames().len()
    }

    /// Collects frames for so long.
    pub fn listen_for(&mut self, duration: Duration) {
        let end = Stamp::now() + duration;
        loop {
            let left = end.remaining();
            // Frames may come faster than they are taken here, so the end is not when none is left.
            if left.is_zero() {
                return;
            }
            self.seen.extend(self.frames.recv_timeout(left));
        }
    }

    /// Leaves the frames of so long a time in the kernel and collects them at its end, so that who captures takes no
    /// processor time from those who are measured.
    pub fn gather_for(&mut self, duration: Duration) {
        self.gate.close_for(duration);
        self.frames();
    }

    /// Takes the frames so far out of the capture.
    pub fn take(&mut self) -> Vec<Frame> {
        self.frames();
        std::mem::take(&mut self.seen)
    }

    /// Fails when the kernel dropped frames because they came faster than they were read.
    pub fn ensure_complete(&self) -> Result<()> {
        let lost = self.lost.try_iter().last().unwrap_or(0);
        ensure!(
            lost == 0,
            "the capture lost {lost} frames, so it proves nothing (root gets a larger buffer)"
        );
        Ok(())
    }

    /// Waits for a frame for which `wanted` has an answer, past ones included.
    pub fn wait<T>(
        &mut self,
        what: &str,
        patience: Duration,
        wanted: impl FnMut(&Frame) -> Option<T>,
    ) -> Result<T> {
        self.wait_from(0, what, patience, wanted)
    }

    /// Waits for a frame for which `wanted` has an answer, beginning with frame number `from`.
    pub fn wait_from<T>(
        &mut self,
        from: usize,
        what: &str,
        patience: Duration,
        mut wanted: impl FnMut(&Frame) -> Option<T>,
    ) -> Result<T> {
        let deadline = Stamp::now() + patience;
        let mut next = from;
        loop {
            while let Some(frame) = self.seen.get(next) {
                next += 1;
                if let Some(answer) = wanted(frame) {
                    return Ok(answer);
                }
            }
            match self.frames.recv_timeout(deadline.remaining()) {
                Ok(frame) => self.seen.push(frame),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(anyhow!(
                        "no {what} within {patience:?}; seen last:\n{}",
                        self.last_seen(from)
                    ));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(anyhow!("the capture failed while waiting for {what}"));
                }
            }
        }
    }

    fn last_seen(&self, from: usize) -> String {
        let tail = self.seen.len().saturating_sub(20).max(from);
        self.seen[tail..].iter().fold(String::new(), |text, frame| {
            text + "    " + &frame.message().to_string() + "\n"
        })
    }
}

fn open(filter: &[SockFilter]) -> Result<OwnedFd> {
    let packets = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::EthAll,
    )?;
    SockRef::from(&packets)
        .attach_filter(filter)
        .context("attaching the filter")?;
    if setsockopt(&packets, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        setsockopt(&packets, sockopt::RcvBuf, &RECEIVE_BUFFER).context("enlarging the receive buffer")?;
    }
    setsockopt(&packets, sockopt::ReceiveTimestampns, &true).context("asking for time stamps")?;
    setsockopt(&packets, sockopt::RxqOvfl, &1).context("asking for the count of lost frames")?;
    Ok(packets)
}

/// Lets ARP, VRRP (IPv4 and IPv6), AH and neighbour advertisements through, in the kernel's classic BPF.
fn filter() -> [SockFilter; 15] {
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let load_half = |offset| SockFilter::new(LOAD_HALF, 0, 0, offset);
    let load_byte = |offset| SockFilter::new(LOAD_BYTE, 0, 0, offset);
    let jump = |value, equal, other| SockFilter::new(JUMP_IF_EQUAL, equal, other, value);
    let give_back = |length| SockFilter::new(RETURN, 0, 0, length);
    [
        load_half(12),
        jump(0x0806, 11, 0), // 1: ARP
        jump(0x0800, 0, 3),  // 2: IPv4
        load_byte(23),
        jump(112, 8, 0), // 4: VRRP
        jump(51, 7, 6),  // 5: AH
        jump(0x86dd, 0, 5),
        load_byte(20),
        jump(112, 4, 0), // 8: VRRP
        jump(58, 0, 2),  // 9: ICMPv6
        load_byte(54),
        jump(136, 1, 0), // 11: neighbour advertisement
        give_back(0),
        give_back(u32::MAX),
        give_back(0),
    ]
}

fn listen(packets: &OwnedFd, stopped: &OwnedFd, gate: &Gate, frames: &Sender<Frame>, lost: &Sender<u32>) {
    let mut waiting = [
        PollFd::new(packets.as_fd(), PollFlags::POLLIN),
        PollFd::new(stopped.as_fd(), PollFlags::POLLIN),
    ];
    let (mut count, mut told) = (0, 0);
    loop {
        gate.pass();
        let looked = Stamp::now();
        match receive(packets, &mut count) {
            Ok(Some(frame)) => {
                if count != told && lost.send(count).is_err() {
                    return;
                }
                told = count;
                if frames.send(frame).is_err() {
                    return;
                }
            }
            // The other end of the pipe was dropped, which shows as a hang-up.
            Ok(None) => {
                gate.tell_empty(looked);
                if poll(&mut waiting, PollTimeout::NONE).is_err() || waiting[1].any().unwrap_or(true) {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}

/// The next frame, if one is there. `lost` is how many the kernel has dropped so far.
fn receive(packets: &OwnedFd, lost: &mut u32) -> Result<Option<Frame>> {
    let mut buffer = [0; SNAP_LEN];
    let mut parts = [IoSliceMut::new(&mut buffer)];
    let mut control = cmsg_space!(TimeSpec, u32);
    let received = match recvmsg::<LinkAddr>(
        packets.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::MSG_DONTWAIT,
    ) {
        Ok(received) => received,
        // ENETDOWN: an interface of the node went down; the socket goes on.
        Err(nix::Error::EAGAIN | nix::Error::EINTR | nix::Error::ENETDOWN) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut at = None;
    for message in received.cmsgs()? {
        match message {
            ControlMessageOwned::ScmTimestampns(time) => at = Some(Stamp::from_epoch(time.into())),
            ControlMessageOwned::RxqOvfl(count) => *lost = count,
            _ => {}
        }
    }
    let (interface, kind) = received
        .address
        .map_or((0, 0), |from| (from.ifindex(), from.pkttype()));
    let length = received.bytes;
    Ok(Some(Frame {
        at: at.unwrap_or_else(Stamp::now),
        interface,
        outgoing: kind == PACKET_OUTGOING,
        bytes: buffer[..length].into(),
    }))
}
