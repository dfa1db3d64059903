//! The Internet checksum: computing it (RFC 1071), changing it (RFC 1624) and its pseudo-headers.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A one's complement sum under way.
///
/// ```
/// use wire::checksum::Sum;
/// let header = [0x45, 0x00, 0x00, 0x20];
/// assert_eq!(Sum::new().bytes(&header).word(0x00ff).checksum(), 0xb9e0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct Sum {
    // The words as they lie in memory, in the machine's byte order: the sum is the same but for its byte order
    // (RFC 1071, section 2 (B)), so only the result is swapped. Kept below 2^33.
    native: u64,
}

impl Sum {
    /// The empty sum.
    pub const fn new() -> Self {
        Self { native: 0 }
    }

    /// Adds bytes. A sequence of odd length is completed by a zero byte, so only the last one may be odd.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        let (blocks, rest) = bytes.as_chunks::<8>();
        let mut sum = self.native;
        for block in blocks {
            // Two halves of 32 bits leave room for the carries of 2^31 blocks, so none has to be looked at here.
            let word = u64::from_ne_bytes(*block);
            sum += (word & 0xffff_ffff) + (word >> 32);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let word = u64::from_ne_bytes(last);
        sum += (word & 0xffff_ffff) + (word >> 32);
        Self {
            native: (sum & 0xffff_ffff) + (sum >> 32),
        }
    }

    /// Adds a word of 16 bits.
    pub const fn word(self, word: u16) -> Self {
        let sum = self.native + word.to_be() as u64;
        Self {
            native: (sum & 0xffff_ffff) + (sum >> 32),
        }
    }

    /// The checksum of what was added: the complement of the sum. Over bytes that include a right checksum it is 0.
    #[must_use]
    pub const fn checksum(self) -> u16 {
        let sum = (self.native & 0xffff) + ((self.native >> 16) & 0xffff) + (self.native >> 32);
        let sum = (sum & 0xffff) + (sum >> 16);
        let sum = (sum & 0xffff) + (sum >> 16);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the carries have been folded into 16 bits"
        )]
        let folded = sum as u16;
        !u16::from_be(folded)
    }
}

/// The checksum of some bytes.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u16 {
    Sum::new().bytes(bytes).checksum()
}

/// The checksum after one word of 16 bits has changed from `old` to `new` (RFC 1624, equation 3).
///
/// It equals the checksum computed anew, unless the changed bytes are zero throughout: none of the messages of
/// this crate can be.
#[must_use]
pub const fn updated(checksum: u16, old: u16, new: u16) -> u16 {
    Sum::new().word(!checksum).word(!old).word(new).checksum()
}

/// What is summed before a message, but is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PseudoHeader {
    /// Nothing: VRRP version 2 over IPv4, and version 3 with `v3_checksum_as_v2`.
    None,
    /// Source, destination, protocol and length (RFC 9568, section 5.2.8).
    Ipv4 {
        /// Source address.
        source: Ipv4Addr,
        /// Destination address. Old versions of keepalived put the multicast group here for unicast as well.
        destination: Ipv4Addr,
    },
    /// Source, destination, length and next header (RFC 8200, section 8.1).
    Ipv6 {
        /// Source address.
        source: Ipv6Addr,
        /// Destination address.
        destination: Ipv6Addr,
    },
}

impl PseudoHeader {
    /// The sum of the pseudo-header of a message of `length` bytes.
    pub fn sum(&self, protocol: u8, length: usize) -> Sum {
        // The field has 16 bits for IPv4 and 32 for IPv6: leading zeros leave the sum alone.
        let length = (length as u64).to_be_bytes();
        match self {
            Self::None => Sum::new(),
            Self::Ipv4 { source, destination } => Sum::new()
                .bytes(&source.octets())
                .bytes(&destination.octets())
                .word(u16::from(protocol))
                .bytes(&length),
            Self::Ipv6 { source, destination } => Sum::new()
                .bytes(&source.octets())
                .bytes(&destination.octets())
                .word(u16::from(protocol))
                .bytes(&length),
        }
    }
}

#[cfg(test)]
mod tests;
