//! Frames as they arrive at an interface.

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, LinkAddr, SockFlag, SockProtocol, SockType, recvfrom, socket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// A packet socket that keeps all frames of all interfaces from its creation on.
pub(crate) struct Capture {
    socket: OwnedFd,
    interface: usize,
}

/// `PACKET_OUTGOING`
const OUTGOING: u8 = 4;

impl Capture {
    /// Starts to capture what comes in by `interface`.
    pub(crate) fn on(interface: model::IfIndex) -> Self {
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::EthAll,
        )
        .unwrap();
        Self {
            socket,
            interface: usize::try_from(interface.value()).unwrap(),
        }
    }

    /// Waits for the next frame that `wanted` accepts.
    pub(crate) fn next(&self, wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        loop {
            let mut descriptors = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            let ready = poll(&mut descriptors, PollTimeout::from(10_000_u16)).unwrap();
            assert_eq!(ready, 1, "no such frame within ten seconds");
            let mut frame = vec![0; 4096];
            let (len, from) = recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut frame).unwrap();
            let from = from.unwrap();
            frame.truncate(len);
            if from.ifindex() == self.interface && from.pkttype() != OUTGOING && wanted(&frame) {
                return frame;
            }
        }
    }
}

/// The `EtherType` of a frame.
pub(crate) fn ether_type(frame: &[u8]) -> u16 {
    u16::from_be_bytes([frame[12], frame[13]])
}
