//! Reading an advert.

use super::{AUTH_DATA_LEN, HEADER_LEN, PROTOCOL, has_auth_data, message_len};
use crate::checksum::PseudoHeader;
use crate::{Error, Family};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use subtle::ConstantTimeEq;

/// A received advert: the payload of an IP datagram or of an authentication header.
///
/// Any values are accepted, as long as the first 8 bytes are there. The bytes may be more than the advert itself:
/// padding or an HMAC trailer follow it, and [`message`](Self::message) is the advert alone.
#[derive(Clone, Copy, Debug)]
pub struct Advert<'a> {
    family: Family,
    header: &'a [u8; HEADER_LEN],
    bytes: &'a [u8],
}

impl<'a> Advert<'a> {
    /// Reads an advert.
    ///
    /// # Errors
    /// [`Error::TooShort`] for less than [`HEADER_LEN`] bytes.
    pub fn new(family: Family, bytes: &'a [u8]) -> Result<Self, Error> {
        let header = bytes.first_chunk().ok_or(Error::TooShort {
            message: "VRRP header",
            length: bytes.len(),
            needed: HEADER_LEN,
        })?;
        Ok(Self {
            family,
            header,
            bytes,
        })
    }

    /// The family it came over.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Version, 0 to 15.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.header[0] >> 4
    }

    /// Type, 0 to 15; [`ADVERTISEMENT`](super::ADVERTISEMENT) is the only one defined.
    #[must_use]
    pub const fn packet_type(&self) -> u8 {
        self.header[0] & 0x0f
    }

    /// Virtual router identifier.
    #[must_use]
    pub const fn vrid(&self) -> u8 {
        self.header[1]
    }

    /// Priority.
    #[must_use]
    pub const fn priority(&self) -> u8 {
        self.header[2]
    }

    /// The number of addresses that it claims to carry.
    #[must_use]
    pub const fn address_count(&self) -> u8 {
        self.header[3]
    }

    /// Version 2: authentication type, 0 none, 1 password, 2 authentication header.
    #[must_use]
    pub const fn auth_type(&self) -> u8 {
        self.header[4]
    }

    /// Version 2: advertisement interval in seconds.
    #[must_use]
    pub const fn advert_int(&self) -> u8 {
        self.header[5]
    }

    /// Version 3: maximum advertisement interval in hundredths of a second, 0 to
    /// [`MAX_ADVERT_INT`](super::MAX_ADVERT_INT). The reserved bits above it are ignored.
    #[must_use]
    pub const fn max_advert_int(&self) -> u16 {
        u16::from_be_bytes([self.header[4], self.header[5]]) & super::MAX_ADVERT_INT
    }

    /// The checksum as received.
    #[must_use]
    pub const fn checksum(&self) -> u16 {
        u16::from_be_bytes([self.header[6], self.header[7]])
    }

    /// All bytes received, with padding or trailer.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Bytes that the message must have by its own version and address count, see [`message_len`]. A trailer comes
    /// on top.
    #[must_use]
    pub const fn expected_len(&self) -> usize {
        message_len(self.family, self.version(), self.address_count())
    }

    /// The message without padding and trailer, `None` if bytes are missing.
    #[must_use]
    pub fn message(&self) -> Option<&'a [u8]> {
        self.bytes.get(..self.expected_len())
    }

    /// The addresses, in the order of the sender's configuration. If bytes are missing, those that are there.
    #[must_use]
    pub fn addresses(&self) -> Addresses<'a> {
        let claimed = usize::from(self.address_count()) * self.family.address_len();
        let present = &self.bytes[HEADER_LEN..];
        Addresses {
            family: self.family,
            bytes: &present[..claimed.min(present.len())],
        }
    }

    /// Version 2 over IPv4: the authentication data at the end of the message. `None` for others, or if bytes are
    /// missing.
    #[must_use]
    pub fn auth_data(&self) -> Option<&'a [u8; AUTH_DATA_LEN]> {
        if has_auth_data(self.family, self.version()) {
            self.message()?.last_chunk()
        } else {
            None
        }
    }

    /// Whether the authentication data are this password, padded with zero bytes. Takes the same time wherever
    /// they differ.
    #[must_use]
    pub fn password_matches(&self, password: &[u8; AUTH_DATA_LEN]) -> bool {
        self.auth_data().is_some_and(|data| data.ct_eq(password).into())
    }

    /// Whether the checksum is right with this pseudo-header. Which one applies depends on version, family and
    /// configuration:
    ///
    /// * version 2 over IPv4, or `v3_checksum_as_v2`: [`PseudoHeader::None`];
    /// * version 3 over IPv4: [`PseudoHeader::Ipv4`] with the real destination, or with the multicast group if the
    ///   sender uses the old unicast checksum;
    /// * IPv6: [`PseudoHeader::Ipv6`]; everything received is summed, because the kernel of the sender summed the
    ///   trailer as well. For IPv4 the trailer is left out.
    ///
    /// `false` if bytes are missing.
    #[must_use]
    pub fn checksum_is_valid(&self, pseudo: &PseudoHeader) -> bool {
        let Some(message) = self.message() else {
            return false;
        };
        let covered = match pseudo {
            PseudoHeader::None | PseudoHeader::Ipv4 { .. } => message,
            PseudoHeader::Ipv6 { .. } => self.bytes,
        };
        pseudo.sum(PROTOCOL, covered.len()).bytes(covered).checksum() == 0
    }
}

/// The addresses of an advert.
#[derive(Clone, Debug)]
pub struct Addresses<'a> {
    family: Family,
    bytes: &'a [u8],
}

impl Iterator for Addresses<'_> {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        match self.family {
            Family::Ipv4 => {
                let (octets, rest) = self.bytes.split_first_chunk::<4>()?;
                self.bytes = rest;
                Some(IpAddr::V4(Ipv4Addr::from(*octets)))
            }
            Family::Ipv6 => {
                let (octets, rest) = self.bytes.split_first_chunk::<16>()?;
                self.bytes = rest;
                Some(IpAddr::V6(Ipv6Addr::from(*octets)))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.bytes.len() / self.family.address_len();
        (len, Some(len))
    }
}

impl ExactSizeIterator for Addresses<'_> {}
