//! The IPv4 header around an advert (RFC 791).

use crate::Error;
use crate::checksum::{Sum, updated};
use std::net::Ipv4Addr;

/// Bytes of the header without options, as it is sent.
pub const HEADER_LEN: usize = 20;
/// Type of service of adverts: precedence "internetwork control".
pub const TOS: u8 = 0xc0;
/// TTL of multicast adverts, sent and demanded (RFC 9568, section 5.1.1.3).
pub const TTL: u8 = 255;

/// The header of a datagram to be sent: no options, no flags, no fragment, type of service [`TOS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Protocol of the payload: [`advert::PROTOCOL`](crate::advert::PROTOCOL) or [`ah::PROTOCOL`](crate::ah::PROTOCOL).
    pub protocol: u8,
    /// Time to live.
    pub ttl: u8,
    /// Identification. Linux replaces 0 by a number of its own choice.
    pub id: u16,
}

impl Header {
    /// Appends the header of a datagram with a payload of `payload_len` bytes, its checksum included.
    ///
    /// # Errors
    /// [`Error::DatagramTooLong`] if the total length does not fit into 16 bits; nothing is appended then.
    pub fn encode(&self, payload_len: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let total = HEADER_LEN.saturating_add(payload_len);
        let total = u16::try_from(total).map_err(|_| Error::DatagramTooLong(total))?;
        let mut bytes = [0; HEADER_LEN];
        bytes[..2].copy_from_slice(&[0x45, TOS]);
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.id.to_be_bytes());
        bytes[8..10].copy_from_slice(&[self.ttl, self.protocol]);
        bytes[12..16].copy_from_slice(&self.source.octets());
        bytes[16..20].copy_from_slice(&self.destination.octets());
        let checksum = Sum::new().bytes(&bytes).checksum();
        bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
        out.extend_from_slice(&bytes);
        Ok(())
    }
}

/// A header that was encoded before, to be changed in place. The header checksum follows.
#[derive(Debug)]
pub struct HeaderMut<'a> {
    bytes: &'a mut [u8; HEADER_LEN],
}

impl<'a> HeaderMut<'a> {
    /// The header at the start of an encoded datagram.
    ///
    /// # Errors
    /// [`Error::TooShort`].
    pub fn new(datagram: &'a mut [u8]) -> Result<Self, Error> {
        let length = datagram.len();
        let bytes = datagram.first_chunk_mut().ok_or_else(|| too_short(length))?;
        Ok(Self { bytes })
    }

    /// Sets the identification, which differs from one advert to the next.
    pub fn set_id(&mut self, id: u16) {
        let old = u16::from_be_bytes([self.bytes[4], self.bytes[5]]);
        let checksum = u16::from_be_bytes([self.bytes[10], self.bytes[11]]);
        self.bytes[4..6].copy_from_slice(&id.to_be_bytes());
        self.bytes[10..12].copy_from_slice(&updated(checksum, old, id).to_be_bytes());
    }

    /// Moves on to the next identification: 1 more, and after 65535 again 1, because Linux replaces 0.
    pub fn advance_id(&mut self) {
        let id = u16::from_be_bytes([self.bytes[4], self.bytes[5]]);
        self.set_id(id.checked_add(1).unwrap_or(1));
    }
}

/// A received datagram: header, options and payload.
///
/// Reading it succeeds when the header is there as a whole. The total length field is not compared with the bytes
/// received, because VRRP checks that late and with an exception for padding.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    header: &'a [u8; HEADER_LEN],
    options: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Reads a datagram as a raw socket delivers it.
    ///
    /// # Errors
    /// [`Error::TooShort`] for less than 20 bytes, [`Error::NotIpv4`], [`Error::HeaderLength`] if the header is
    /// said to be shorter than 20 bytes or longer than the datagram.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let length = bytes.len();
        let (header, rest) = bytes.split_first_chunk().ok_or_else(|| too_short(length))?;
        let version = header[0] >> 4;
        if version != 4 {
            return Err(Error::NotIpv4(version));
        }
        let header_len = usize::from(header[0] & 0x0f) * 4;
        let (options, payload) = header_len
            .checked_sub(HEADER_LEN)
            .and_then(|options| rest.split_at_checked(options))
            .ok_or(Error::HeaderLength {
                header: header_len,
                length,
            })?;
        Ok(Self {
            header,
            options,
            payload,
        })
    }

    /// Type of service.
    #[must_use]
    pub const fn tos(&self) -> u8 {
        self.header[1]
    }

    /// Total length, header included, as the sender stated it.
    #[must_use]
    pub const fn total_len(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// Identification.
    #[must_use]
    pub const fn id(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]])
    }

    /// Time to live.
    #[must_use]
    pub const fn ttl(&self) -> u8 {
        self.header[8]
    }

    /// Protocol of the payload.
    #[must_use]
    pub const fn protocol(&self) -> u8 {
        self.header[9]
    }

    /// Source address.
    #[must_use]
    pub const fn source(&self) -> Ipv4Addr {
        let [.., a, b, c, d, _, _, _, _] = *self.header;
        Ipv4Addr::new(a, b, c, d)
    }

    /// Destination address.
    #[must_use]
    pub const fn destination(&self) -> Ipv4Addr {
        let [.., a, b, c, d] = *self.header;
        Ipv4Addr::new(a, b, c, d)
    }

    /// The header without options.
    #[must_use]
    pub const fn header(&self) -> &'a [u8; HEADER_LEN] {
        self.header
    }

    /// The options, up to 40 bytes.
    #[must_use]
    pub const fn options(&self) -> &'a [u8] {
        self.options
    }

    /// Bytes of header and options.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        HEADER_LEN + self.options.len()
    }

    /// Everything that was received after header and options, whatever the total length says.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Whether the checksum of header and options is right. The kernel has checked it before a raw socket sees
    /// the datagram.
    #[must_use]
    pub fn checksum_is_valid(&self) -> bool {
        Sum::new().bytes(self.header).bytes(self.options).checksum() == 0
    }
}

const fn too_short(length: usize) -> Error {
    Error::TooShort {
        message: "IPv4 header",
        length,
        needed: HEADER_LEN,
    }
}

#[cfg(test)]
mod tests;
