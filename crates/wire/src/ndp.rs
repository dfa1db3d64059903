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
    use proptest::prelude::*;

    const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x0a];

    #[test]
    fn they_are_sent_as_captured() {
        // Sent by keepalived 2.2.7 for two virtual addresses.
        let link_local = "333300000001 02000000000a 86dd 6000000000203aff
            fe800000000000000000000000005300 ff020000000000000000000000000001
            8800b19320000000 fe800000000000000000000000005300 0201 02000000000a";
        let global = "333300000001 02000000000a 86dd 6000000000203aff
            20010db8000000000000000000000053 ff020000000000000000000000000001
            8800f87d20000000 20010db8000000000000000000000053 0201 02000000000a";
        let addresses = [
            (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x5300), link_local),
            (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53), global),
        ];
        for (address, captured) in addresses {
            let mut frame = [0xaa; FRAME_LEN];
            unsolicited(&mut frame, MAC, address, Role::Host);
            assert_eq!(frame.as_slice(), hex(captured));
        }
    }

    #[test]
    fn a_router_says_so() {
        let mut frame = [0; FRAME_LEN];
        unsolicited(&mut frame, MAC, ALL_NODES, Role::Router);
        assert_eq!(frame[58..62], [0xa0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn the_checksum_is_right(mac: [u8; 6], address: Ipv6Addr, router: bool) {
            let mut frame = [0xaa; FRAME_LEN];
            unsolicited(&mut frame, mac, address, if router { Role::Router } else { Role::Host });
            let pseudo = PseudoHeader::Ipv6 { source: address, destination: ALL_NODES };
            prop_assert_eq!(pseudo.sum(ICMPV6, 32).bytes(&frame[54..]).checksum(), 0);
        }
    }
}
