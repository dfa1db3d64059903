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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

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
