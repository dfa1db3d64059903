//! Gratuitous ARP: telling the segment which MAC address an IPv4 address now has.

use crate::ethernet::{self, BROADCAST, HEADER_LEN};
use std::net::Ipv4Addr;

/// Bytes of the whole frame, Ethernet header included.
pub const FRAME_LEN: usize = 42;

/// Hardware type Ethernet, protocol type IPv4, their address lengths, operation request (RFC 826).
const REQUEST_OVER_ETHERNET: [u8; 8] = [0, 1, 0x08, 0x00, 6, 4, 0, 1];

/// Writes the gratuitous ARP request that announces `address` at `mac`, as a broadcast frame sent from `mac`.
///
/// It is a request, with sender and target address alike and a broadcast target hardware address: hosts update
/// the entry that they have, and switches learn the port from the source of the frame.
pub fn gratuitous(frame: &mut [u8; FRAME_LEN], mac: [u8; 6], address: Ipv4Addr) {
    frame[..HEADER_LEN].copy_from_slice(&ethernet::header(BROADCAST, mac, ethernet::ARP));
    let arp = &mut frame[HEADER_LEN..];
    arp[..8].copy_from_slice(&REQUEST_OVER_ETHERNET);
    arp[8..14].copy_from_slice(&mac);
    arp[14..18].copy_from_slice(&address.octets());
    arp[18..24].copy_from_slice(&BROADCAST);
    arp[24..28].copy_from_slice(&address.octets());
}

/// Writes the probe that asks who has `address`, without claiming any address (RFC 5227 §1.1), as a broadcast frame sent
/// from `mac`.
pub fn probe(frame: &mut [u8; FRAME_LEN], mac: [u8; 6], address: Ipv4Addr) {
    frame[..HEADER_LEN].copy_from_slice(&ethernet::header(BROADCAST, mac, ethernet::ARP));
    let arp = &mut frame[HEADER_LEN..];
    arp[..8].copy_from_slice(&REQUEST_OVER_ETHERNET);
    arp[8..14].copy_from_slice(&mac);
    arp[14..24].fill(0);
    arp[24..28].copy_from_slice(&address.octets());
}

/// A received ARP packet over Ethernet for IPv4 (RFC 826), request or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// Whether it is a reply.
    pub is_reply: bool,
    /// Hardware address of the sender.
    pub sender_mac: [u8; 6],
    /// Address that the sender has; unspecified in a probe.
    pub sender: Ipv4Addr,
    /// Address that is asked for, or that of the host replied to.
    pub target: Ipv4Addr,
}

impl Arp {
    /// Reads the payload of a frame of type [`ethernet::ARP`]; nothing for other hardware, protocols and operations.
    #[must_use]
    pub fn new(payload: &[u8]) -> Option<Self> {
        let (kind, rest) = payload.split_first_chunk::<8>()?;
        let [common @ .., operation] = REQUEST_OVER_ETHERNET;
        let is_reply = match *kind {
            [.., last] if last == operation => false,
            [.., 2] => true,
            _ => return None,
        };
        let ours = kind[..7] == common;
        let address = |at: usize| Some(Ipv4Addr::from(*rest.get(at..at + 4)?.first_chunk::<4>()?));
        ours.then_some(Self {
            is_reply,
            sender_mac: *rest.first_chunk()?,
            sender: address(6)?,
            target: address(16)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn a_probe_asks_and_claims_nothing() {
        let mut frame = [0xaa; FRAME_LEN];
        probe(&mut frame, [2, 0, 0, 0, 0, 1], Ipv4Addr::new(192, 0, 2, 9));
        let expected = "ffffffffffff 020000000001 0806 0001080006040001
            020000000001 00000000 000000000000 c0000209";
        assert_eq!(frame.as_slice(), hex(expected));
        let read = Arp::new(&frame[HEADER_LEN..]).unwrap();
        assert!(!read.is_reply);
        assert_eq!(read.sender, Ipv4Addr::UNSPECIFIED);
        assert_eq!(read.target, Ipv4Addr::new(192, 0, 2, 9));
    }

    #[test]
    fn a_reply_says_where_an_address_is() {
        let reply = hex("0001080006040002 0200000000aa c0000209 020000000001 00000000 0000000000000000");
        let read = Arp::new(&reply).unwrap();
        assert!(read.is_reply);
        assert_eq!(read.sender_mac, [2, 0, 0, 0, 0, 0xaa]);
        assert_eq!(read.sender, Ipv4Addr::new(192, 0, 2, 9));
    }

    #[test]
    fn what_is_cut_off_or_of_another_kind_is_not_read() {
        let reply = hex("0001080006040002 0200000000aa c0000209 020000000001 00000000");
        assert!((0..reply.len()).all(|length| Arp::new(&reply[..length]).is_none()));
        // Hardware type 6, and operation 3.
        assert_eq!(
            Arp::new(&hex(
                "0006080006040002 0200000000aa c0000209 020000000001 00000000"
            )),
            None
        );
        assert_eq!(
            Arp::new(&hex(
                "0001080006040003 0200000000aa c0000209 020000000001 00000000"
            )),
            None
        );
    }

    #[test]
    fn it_is_sent_as_captured() {
        // Sent by keepalived 2.2.7 for the virtual address 10.3.0.100.
        let captured = "ffffffffffff 02000000000a 0806 0001080006040001
            02000000000a 0a030064 ffffffffffff 0a030064";
        let mut frame = [0xaa; FRAME_LEN];
        gratuitous(&mut frame, [0x02, 0, 0, 0, 0, 0x0a], Ipv4Addr::new(10, 3, 0, 100));
        assert_eq!(frame.as_slice(), hex(captured));
    }
}
