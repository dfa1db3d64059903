//! The IPsec authentication header of version 2 over IPv4, `auth_type AH` (RFC 4302, RFC 2403).
//!
//! It stands between the IPv4 header and the advert: 24 bytes, the last 12 of them an integrity check value. That is
//! the start of an HMAC-MD5 over the whole datagram, with the fields zeroed that may change on the way.

use crate::{Error, ipv4};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use std::fmt;

/// IP protocol number of the authentication header.
pub const PROTOCOL: u8 = 51;
/// Bytes of the header.
pub const LEN: usize = 24;
/// Bytes of the integrity check value.
pub const ICV_LEN: usize = 12;

const ICV_AT: usize = LEN - ICV_LEN;
/// Length of the header in words of 4 bytes, less 2 (RFC 4302, section 2.2).
const PAYLOAD_LEN: u8 = 4;

/// A received authentication header and what follows it.
#[derive(Clone, Copy, Debug)]
pub struct AuthenticationHeader<'a> {
    bytes: &'a [u8; LEN],
    payload: &'a [u8],
}

impl<'a> AuthenticationHeader<'a> {
    /// Reads the header at the start of the payload of an IPv4 datagram.
    ///
    /// # Errors
    /// [`Error::TooShort`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let (header, payload) = bytes.split_first_chunk().ok_or_else(|| too_short(bytes.len()))?;
        Ok(Self {
            bytes: header,
            payload,
        })
    }

    /// Protocol of the payload, [`advert::PROTOCOL`](crate::advert::PROTOCOL) for VRRP.
    #[must_use]
    pub const fn next_header(&self) -> u8 {
        self.bytes[0]
    }

    /// Length in words of 4 bytes, less 2. It is 4 for the only length that VRRP uses, [`LEN`].
    #[must_use]
    pub const fn payload_len(&self) -> u8 {
        self.bytes[1]
    }

    /// Security parameters index: VRRP has the source address there.
    #[must_use]
    pub const fn spi(&self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = *self.bytes;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *self.bytes;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Everything after the header.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// The header of a datagram to be sent, with an integrity check value of zero: [`Key::seal`] sets it.
#[must_use]
pub fn header(next_header: u8, spi: u32, sequence: u32) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..2].copy_from_slice(&[next_header, PAYLOAD_LEN]);
    bytes[4..8].copy_from_slice(&spi.to_be_bytes());
    bytes[8..12].copy_from_slice(&sequence.to_be_bytes());
    bytes
}

/// How a datagram travels: keepalived covers the TTL of multicast, which cannot change on the link, but not that of
/// unicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// To the group.
    Multicast,
    /// To one peer.
    Unicast,
}

/// A password, prepared for computing.
#[derive(Clone)]
pub struct Key(Hmac<Md5>);

impl Key {
    /// The key of a password: `auth_pass`, up to 8 bytes. Zero bytes at its end make no difference.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "an HMAC takes a key of any length")]
    pub fn new(password: &[u8]) -> Self {
        Self(Hmac::new_from_slice(password).expect("an HMAC takes a key of any length"))
    }

    /// Sets sequence number and integrity check value of an encoded datagram: IPv4 header without options,
    /// authentication header, advert.
    ///
    /// # Errors
    /// [`Error::TooShort`] if the datagram does not contain both headers.
    pub fn seal(&self, datagram: &mut [u8], sequence: u32, delivery: Delivery) -> Result<(), Error> {
        let length = datagram.len();
        let (ip, rest) = datagram
            .split_first_chunk_mut()
            .ok_or_else(|| too_short(length))?;
        let (ah, message) = rest
            .split_first_chunk_mut::<LEN>()
            .ok_or_else(|| too_short(length - ipv4::HEADER_LEN))?;
        ah[8..ICV_AT].copy_from_slice(&sequence.to_be_bytes());
        let mac = self.mac(ip, &[], ah, message, delivery).finalize().into_bytes();
        ah[ICV_AT..].copy_from_slice(&mac[..ICV_LEN]);
        Ok(())
    }

    /// Whether the integrity check value of a received datagram is right, in constant time.
    ///
    /// `message` is the advert within the payload of `ah`, without padding. Options of the IPv4 header are covered
    /// as received: VRRP sends none, and a datagram to which some were added fails.
    #[must_use]
    pub fn verify(
        &self,
        datagram: &ipv4::Datagram<'_>,
        ah: &AuthenticationHeader<'_>,
        message: &[u8],
        delivery: Delivery,
    ) -> bool {
        self.mac(datagram.header(), datagram.options(), ah.bytes, message, delivery)
            .verify_truncated_left(&ah.bytes[ICV_AT..])
            .is_ok()
    }

    fn mac(
        &self,
        ip: &[u8; ipv4::HEADER_LEN],
        options: &[u8],
        ah: &[u8; LEN],
        message: &[u8],
        delivery: Delivery,
    ) -> Hmac<Md5> {
        let mut ip = *ip;
        // Type of service, flags and fragment offset, header checksum (RFC 4302, section 3.3.3.1.1.1).
        ip[1] = 0;
        ip[6..8].fill(0);
        ip[10..12].fill(0);
        if delivery == Delivery::Unicast {
            ip[8] = 0;
        }
        let mut mac = self.0.clone();
        mac.update(&ip);
        mac.update(options);
        mac.update(&ah[..ICV_AT]);
        mac.update(&[0; ICV_LEN]);
        mac.update(message);
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(********)")
    }
}

const fn too_short(length: usize) -> Error {
    Error::TooShort {
        message: "authentication header",
        length,
        needed: LEN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advert::{self, Advert, AdvertMut, Authentication, Fields, GROUP_V4, Parameters};
    use crate::checksum::PseudoHeader;
    use crate::testing::hex;
    use crate::{Family, ipv4};
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    /// Sent by keepalived 2.4.3 with `auth_pass secret` (`spec/vrrp-protocol.md` section 2.4).
    const CAPTURED: &str = "45c0004000010000ff33d0b30a030001e0000012
        70040000 0a030001 00000001 b49528aebb640872faf83a13
        2137780102015a41 0a030082 0000000000000000";

    /// Sent by keepalived 2.2.7 to a unicast peer. The kernel fills in the checksum of the IPv4 header.
    const CAPTURED_UNICAST: &str = "45c0004000010000ff33a6c10a0300010a030002
        70040000 0a030001 00000001 a811bc75370dde9c084a1200
        2136c80102010a4c 0a030078 0000000000000000";

    fn verify(bytes: &[u8], key: &Key, delivery: Delivery) -> bool {
        let datagram = ipv4::Datagram::new(bytes).expect("an IPv4 header");
        let ah = AuthenticationHeader::new(datagram.payload()).expect("an authentication header");
        let advert = Advert::new(Family::Ipv4, ah.payload()).expect("an advert");
        key.verify(
            &datagram,
            &ah,
            advert.message().expect("a whole advert"),
            delivery,
        )
    }

    #[test]
    fn it_is_sent_as_captured() {
        let source = Ipv4Addr::new(10, 3, 0, 1);
        let mut message = Vec::new();
        let parameters = Parameters::V2 {
            advert_int: 1,
            authentication: Authentication::Ah,
        };
        Fields {
            vrid: 55,
            priority: 120,
            parameters,
        }
        .encode_v4(&[Ipv4Addr::new(10, 3, 0, 130)], &mut message)
        .expect("one address");
        AdvertMut::new(&mut message)
            .expect("a whole header")
            .fill_checksum(&PseudoHeader::None);
        let mut datagram = Vec::new();
        ipv4::Header {
            source,
            destination: GROUP_V4,
            protocol: PROTOCOL,
            ttl: ipv4::TTL,
            id: 1,
        }
        .encode(LEN + message.len(), &mut datagram)
        .expect("a short message");
        datagram.extend_from_slice(&header(advert::PROTOCOL, source.to_bits(), 0));
        datagram.extend_from_slice(&message);
        Key::new(b"secret")
            .seal(&mut datagram, 1, Delivery::Multicast)
            .expect("both headers");
        assert_eq!(datagram, hex(CAPTURED));
    }

    #[test]
    fn the_captured_header_reads_and_verifies() {
        let bytes = hex(CAPTURED);
        let ah = AuthenticationHeader::new(&bytes[ipv4::HEADER_LEN..]).expect("a whole header");
        assert_eq!(
            (ah.next_header(), ah.payload_len()),
            (advert::PROTOCOL, PAYLOAD_LEN)
        );
        assert_eq!((ah.spi(), ah.sequence()), (0x0a03_0001, 1));
        assert!(verify(&bytes, &Key::new(b"secret"), Delivery::Multicast));
        assert!(verify(&bytes, &Key::new(b"secret\0\0"), Delivery::Multicast));
        assert!(!verify(&bytes, &Key::new(b"Secret"), Delivery::Multicast));
        assert!(!verify(&bytes, &Key::new(b"secret"), Delivery::Unicast));
    }

    #[test]
    fn the_captured_unicast_header_verifies_and_is_made_again() {
        let mut bytes = hex(CAPTURED_UNICAST);
        let key = Key::new(b"secret");
        assert!(verify(&bytes, &key, Delivery::Unicast));
        assert!(!verify(&bytes, &key, Delivery::Multicast));
        bytes[ipv4::HEADER_LEN + ICV_AT..][..ICV_LEN].fill(0x55);
        key.seal(&mut bytes, 1, Delivery::Unicast).expect("both headers");
        assert_eq!(bytes, hex(CAPTURED_UNICAST));
    }

    #[test]
    fn only_what_changes_on_the_way_may_change() {
        let key = Key::new(b"secret");
        let sealed = |delivery| {
            let mut bytes = hex(CAPTURED);
            key.seal(&mut bytes, 7, delivery).expect("both headers");
            bytes
        };
        for delivery in [Delivery::Multicast, Delivery::Unicast] {
            let sealed = sealed(delivery);
            for at in 1..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                let may = matches!(at, 1 | 6 | 7 | 10 | 11) || (at == 8 && delivery == Delivery::Unicast);
                // A different count of addresses makes the message longer or shorter than what is there.
                if at != ipv4::HEADER_LEN + LEN + 3 {
                    assert_eq!(verify(&changed, &key, delivery), may, "byte {at}, {delivery:?}");
                }
            }
        }
    }

    #[test]
    fn a_datagram_without_room_is_refused() {
        let mut bytes = hex(CAPTURED);
        let key = Key::new(b"secret");
        assert_eq!(
            key.seal(&mut bytes[..43], 1, Delivery::Multicast),
            Err(Error::TooShort {
                message: "authentication header",
                length: 23,
                needed: LEN
            })
        );
        assert!(key.seal(&mut bytes[..19], 1, Delivery::Multicast).is_err());
    }
    proptest! {
        #[test]
        fn any_bytes_verify_or_fail(bytes: Vec<u8>) {
            let key = Key::new(b"secret");
            let captured = hex(CAPTURED);
            let datagram = ipv4::Datagram::new(&captured).expect("an IPv4 header");
            if let Ok(ah) = AuthenticationHeader::new(&bytes) {
                prop_assert!(!key.verify(&datagram, &ah, ah.payload(), Delivery::Multicast));
            }
            let _ = key.seal(&mut bytes.clone(), 1, Delivery::Multicast);
        }
    }
}
