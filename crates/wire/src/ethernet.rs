//! The Ethernet header in front of the frames that are sent on packet sockets.

/// Bytes of the header: destination, source, type.
pub const HEADER_LEN: usize = 14;
/// The shortest payload of a frame; shorter ones arrive padded (IEEE 802.3).
pub const MIN_PAYLOAD_LEN: usize = 46;
/// The broadcast address.
pub const BROADCAST: [u8; 6] = [0xff; 6];
/// `EtherType` of ARP.
pub const ARP: u16 = 0x0806;
/// `EtherType` of IPv6.
pub const IPV6: u16 = 0x86dd;

/// The header of a frame.
#[must_use]
pub fn header(destination: [u8; 6], source: [u8; 6], ether_type: u16) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..6].copy_from_slice(&destination);
    header[6..12].copy_from_slice(&source);
    header[12..].copy_from_slice(&ether_type.to_be_bytes());
    header
}
