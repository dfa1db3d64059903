//! Writing an advert, and changing one that was written before.

use super::{ADVERTISEMENT, AUTH_DATA_LEN, HEADER_LEN, MAX_ADVERT_INT, PROTOCOL, message_len};
use crate::checksum::{PseudoHeader, updated};
use crate::{Error, Family};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The fields of an advert to be sent, but for the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Virtual router identifier, 1 to 255.
    pub vrid: u8,
    /// Priority: 0 gives the role up, 255 is the address owner.
    pub priority: u8,
    /// The version, and what is particular to it.
    pub parameters: Parameters,
}

/// The part of the header in which the versions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// Version 2 (RFC 3768).
    V2 {
        /// Advertisement interval in seconds.
        advert_int: u8,
        /// Authentication.
        authentication: Authentication,
    },
    /// Version 3 (RFC 5798, RFC 9568).
    V3 {
        /// Maximum advertisement interval in hundredths of a second; more than [`MAX_ADVERT_INT`] is sent as that.
        max_advert_int: u16,
    },
}

/// Authentication of version 2 (RFC 2338, section 5.3.6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// None.
    None,
    /// A password in clear text, padded with zero bytes. Over IPv6 there is no room for it.
    Password([u8; AUTH_DATA_LEN]),
    /// An authentication header, which stands before the message: see [`ah`](crate::ah).
    Ah,
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password(_) => "Password(********)",
            Self::Ah => "Ah",
        })
    }
}

impl Fields {
    /// Appends an advert over IPv4. The checksum is left zero: [`AdvertMut::fill_checksum`] sets it.
    ///
    /// # Errors
    /// [`Error::TooManyAddresses`] for more than 255; nothing is appended then.
    pub fn encode_v4(&self, addresses: &[Ipv4Addr], out: &mut Vec<u8>) -> Result<(), Error> {
        self.encode_header(addresses.len(), out)?;
        out.extend(addresses.iter().flat_map(Ipv4Addr::octets));
        if let Parameters::V2 { authentication, .. } = self.parameters {
            out.extend_from_slice(&match authentication {
                Authentication::Password(password) => password,
                Authentication::None | Authentication::Ah => [0; AUTH_DATA_LEN],
            });
        }
        Ok(())
    }

    /// Appends an advert over IPv6. The checksum is left zero: raw sockets have the kernel compute it
    /// (`IPV6_CHECKSUM`), others call [`AdvertMut::fill_checksum`].
    ///
    /// # Errors
    /// [`Error::TooManyAddresses`] for more than 255; nothing is appended then.
    pub fn encode_v6(&self, addresses: &[Ipv6Addr], out: &mut Vec<u8>) -> Result<(), Error> {
        self.encode_header(addresses.len(), out)?;
        out.extend(addresses.iter().flat_map(Ipv6Addr::octets));
        Ok(())
    }

    fn encode_header(&self, addresses: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let count = u8::try_from(addresses).map_err(|_| Error::TooManyAddresses(addresses))?;
        let (version, [four, five]) = match self.parameters {
            Parameters::V2 {
                advert_int,
                authentication,
            } => {
                let auth_type = match authentication {
                    Authentication::None => 0,
                    Authentication::Password(_) => 1,
                    Authentication::Ah => 2,
                };
                (2, [auth_type, advert_int])
            }
            Parameters::V3 { max_advert_int } => (3, max_advert_int.min(MAX_ADVERT_INT).to_be_bytes()),
        };
        out.extend_from_slice(&[
            version << 4 | ADVERTISEMENT,
            self.vrid,
            self.priority,
            count,
            four,
            five,
            0,
            0,
        ]);
        Ok(())
    }
}

/// An advert that was encoded before, to be changed in place. The checksum follows each change.
#[derive(Debug)]
pub struct AdvertMut<'a> {
    header: &'a mut [u8; HEADER_LEN],
    rest: &'a mut [u8],
}

impl<'a> AdvertMut<'a> {
    /// The message at the start of `bytes`, which may go on with an HMAC trailer.
    ///
    /// # Errors
    /// [`Error::TooShort`].
    pub fn new(bytes: &'a mut [u8]) -> Result<Self, Error> {
        let length = bytes.len();
        let (header, rest) = bytes.split_first_chunk_mut().ok_or(Error::TooShort {
            message: "VRRP header",
            length,
            needed: HEADER_LEN,
        })?;
        Ok(Self { header, rest })
    }

    /// Sets the priority.
    pub fn set_priority(&mut self, priority: u8) {
        self.set_word(2, [priority, self.header[3]]);
    }

    /// Version 2: sets the advertisement interval, in seconds.
    pub fn set_advert_int(&mut self, seconds: u8) {
        self.set_word(4, [self.header[4], seconds]);
    }

    /// Version 3: sets the maximum advertisement interval, in hundredths of a second. More than
    /// [`MAX_ADVERT_INT`] is sent as that.
    pub fn set_max_advert_int(&mut self, hundredths: u16) {
        self.set_word(4, hundredths.min(MAX_ADVERT_INT).to_be_bytes());
    }

    /// Computes the checksum anew. With [`PseudoHeader::Ipv6`] it covers all the bytes, otherwise the message.
    pub fn fill_checksum(&mut self, pseudo: &PseudoHeader) {
        self.header[6..].fill(0);
        let after_header = match pseudo {
            PseudoHeader::None | PseudoHeader::Ipv4 { .. } => {
                let [version, _, _, addresses, ..] = *self.header;
                let message = message_len(Family::Ipv4, version >> 4, addresses);
                self.rest.get(..message - HEADER_LEN).unwrap_or(self.rest)
            }
            PseudoHeader::Ipv6 { .. } => self.rest,
        };
        let length = HEADER_LEN + after_header.len();
        let sum = pseudo
            .sum(PROTOCOL, length)
            .bytes(self.header)
            .bytes(after_header);
        self.header[6..].copy_from_slice(&sum.checksum().to_be_bytes());
    }

    fn set_word(&mut self, at: usize, new: [u8; 2]) {
        let old = [self.header[at], self.header[at + 1]];
        self.header[at..at + 2].copy_from_slice(&new);
        let checksum = u16::from_be_bytes([self.header[6], self.header[7]]);
        let checksum = updated(checksum, u16::from_be_bytes(old), u16::from_be_bytes(new));
        self.header[6..].copy_from_slice(&checksum.to_be_bytes());
    }
}
