//! Unsolicited neighbour advertisements: telling the segment which MAC address an IPv6 address now has.

use crate::checksum::PseudoHeader;
use crate::ethernet::{self, HEADER_LEN};
use std::net::Ipv6Addr;

/// Bytes of the whole frame, Ethernet header included.
pub const FRAME_LEN: usize = 86;
/// All nodes of the link, to which the advertisement goes.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The Ethernet address of [`ALL_NODES`] (RFC 2464, section 7).
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
const ICMPV6: u8 = 58;
const NEIGHBOR_ADVERTISEMENT: u8 = 136;
const ICMP_LEN: u8 = 32;
/// Receivers drop neighbour discovery messages with any other value (RFC 4861, section 7.1.2).
const HOP_LIMIT: u8 = 255;
const TARGET_LINK_LAYER_ADDRESS: u8 = 2;

/// What the sender is, for the Router flag: hosts that see it cleared drop the sender from their router list
/// (RFC 4861, section 7.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The interface does not forward.
    Host,
    /// The interface forwards.
    Router,
}

/// Writes the unsolicited advertisement that announces `address` at `mac`, as a frame sent from `mac` and
/// `address` to all nodes (RFC 4861, section 7.2.6). The Override flag is set, Solicited is not.
pub fn unsolicited(frame: &mut [u8; FRAME_LEN], mac: [u8; 6], address: Ipv6Addr, role: Role) {
    frame[..HEADER_LEN].copy_from_slice(&ethernet::header(ALL_NODES_MAC, mac, ethernet::IPV6));
    let ip = &mut frame[HEADER_LEN..];
    ip[..8].copy_from_slice(&[0x60, 0, 0, 0, 0, ICMP_LEN, ICMPV6, HOP_LIMIT]);
    ip[8..24].copy_from_slice(&address.octets());
    ip[24..40].copy_from_slice(&ALL_NODES.octets());

    let icmp = &mut ip[40..];
    let flags = match role {
        Role::Host => 0x20,
        Role::Router => 0xa0,
    };
    icmp[..8].copy_from_slice(&[NEIGHBOR_ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0]);
    icmp[8..24].copy_from_slice(&address.octets());
    // The option's length is in units of 8 bytes.
    icmp[24..26].copy_from_slice(&[TARGET_LINK_LAYER_ADDRESS, 1]);
    icmp[26..32].copy_from_slice(&mac);
    let checksum = PseudoHeader::Ipv6 {
        source: address,
        destination: ALL_NODES,
    }
    .sum(ICMPV6, usize::from(ICMP_LEN))
    .bytes(icmp)
    .checksum();
    icmp[2..4].copy_from_slice(&checksum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    const ADDRESS: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53);
    const MAC: [u8; 6] = [0x00, 0x00, 0x5e, 0x00, 0x02, 0x35];

    #[test]
    fn an_unsolicited_advertisement_overrides() {
        let mut frame = [0xaa; FRAME_LEN];
        unsolicited(&mut frame, MAC, ADDRESS, Role::Host);
        let expected = "333300000001 00005e000235 86dd
            60000000 0020 3a ff 20010db8000000000000000000000053 ff020000000000000000000000000001
            88 00 9a52 20000000 20010db8000000000000000000000053 0201 00005e000235";
        assert_eq!(frame.as_slice(), hex(expected));
    }

    #[test]
    fn a_router_says_so() {
        let mut frame = [0; FRAME_LEN];
        unsolicited(&mut frame, MAC, ADDRESS, Role::Router);
        assert_eq!(frame[54..62], hex("8800 1a52 a0000000"));
    }
}
