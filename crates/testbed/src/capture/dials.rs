//! The TCP connections that are begun on the machine itself, with the time of each.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::OwnedFd;

use anyhow::{Context as _, Result, ensure};
use socket2::SockFilter;

use super::{Frame, open, receive};
use crate::clock::Stamp;
use crate::netns::Node;

/// A connection that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dial {
    /// When the kernel sent its first segment.
    pub at: Stamp,
    /// Where to.
    pub to: SocketAddrV4,
}

/// The first segments of all connections within a node, IPv4 only.
///
/// Nobody is woken by them: the kernel collects them until they are taken, so that watching costs those who are watched
/// little. There is room for some ten thousand.
#[derive(Debug)]
pub struct Dials {
    packets: OwnedFd,
    lost: u32,
}

impl Dials {
    /// Begins to watch.
    ///
    /// # Errors
    /// When this is not allowed to see packets.
    pub fn watch(node: &Node) -> Result<Self> {
        let packets = node
            .run(|| open(&filter()))
            .with_context(|| format!("opening a packet socket in {}", node.name()))?;
        Ok(Self { packets, lost: 0 })
    }

    /// Those since the last call, in the order of their times.
    ///
    /// # Errors
    /// When there was no room for all of them.
    pub fn take(&mut self) -> Result<Vec<Dial>> {
        let before = self.lost;
        let mut dials = Vec::new();
        while let Some(frame) = receive(&self.packets, &mut self.lost)? {
            dials.extend(dial(&frame));
        }
        let lost = self.lost - before;
        ensure!(
            lost == 0,
            "{lost} connections were not seen, so this proves nothing"
        );
        Ok(dials)
    }
}

/// Lets the first segments of TCP connections over IPv4 through, once each: not as they leave, but as they arrive.
fn filter() -> [SockFilter; 11] {
    /// Of the packet type: whether the machine itself is sending it (`SKF_AD_OFF + SKF_AD_PKTTYPE`).
    const PACKET_TYPE: u32 = 0xffff_f004;
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let instruction = |code, value| SockFilter::new(code, 0, 0, value);
    let jump = |value, equal, other| SockFilter::new(JUMP_IF_EQUAL, equal, other, value);
    [
        instruction(LOAD_BYTE, PACKET_TYPE),
        jump(u32::from(super::PACKET_OUTGOING), 8, 0),
        instruction(LOAD_HALF, 12),
        jump(0x0800, 0, 6), // 3: IPv4
        instruction(LOAD_BYTE, 23),
        jump(6, 0, 4), // 5: TCP
        instruction(LOAD_BYTE, 47),
        instruction(AND, 0x12),
        jump(0x02, 0, 1), // 8: SYN without ACK
        instruction(RETURN, 64),
        instruction(RETURN, 0),
    ]
}

/// What a frame begins. The kernel's own first segments have no IP options.
fn dial(frame: &Frame) -> Option<Dial> {
    let bytes = frame.bytes();
    let address: [u8; 4] = bytes.get(30..34)?.try_into().ok()?;
    let port: [u8; 2] = bytes.get(36..38)?.try_into().ok()?;
    Some(Dial {
        at: frame.at,
        to: SocketAddrV4::new(Ipv4Addr::from(address), u16::from_be_bytes(port)),
    })
}
