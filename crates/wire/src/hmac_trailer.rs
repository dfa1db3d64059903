//! The trailer of `auth_hmac`: an HMAC-SHA256 of the advert and a sequence against replays
//! (`spec/vrrp-protocol.md` section 3).
//!
//! ```text
//! 0  type 1    1  key id    2-3  reserved 0
//! 4-11  sequence: seconds of Unix time, fraction of a second in 1/65536, counter
//! 12-27  the first 16 bytes of the HMAC
//! ```
//!
//! It follows the advert directly and works for every version and family. The HMAC covers the source address,
//! the advert without its checksum and the trailer, but neither destination nor TTL: one signature serves all
//! unicast peers.

mod sequence;

pub use sequence::Sequence;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::net::IpAddr;

/// Bytes of the trailer.
pub const LEN: usize = 28;
/// The extension type: HMAC-SHA256, truncated to 128 bits.
pub const EXTENSION_TYPE: u8 = 1;

const MAC_LEN: usize = 16;
const PREFIX_LEN: usize = LEN - MAC_LEN;

/// A received trailer. Any values are accepted.
#[derive(Clone, Copy, Debug)]
pub struct Trailer<'a> {
    prefix: &'a [u8; PREFIX_LEN],
    mac: &'a [u8],
}

impl<'a> Trailer<'a> {
    /// The trailer of the advert in `bytes`, whose message has `message_len` bytes. `None` unless exactly a trailer
    /// follows the message.
    #[must_use]
    pub fn after(message_len: usize, bytes: &'a [u8]) -> Option<Self> {
        let (prefix, mac) = bytes.get(message_len..)?.split_first_chunk()?;
        (mac.len() == MAC_LEN).then_some(Self { prefix, mac })
    }

    /// Extension type, [`EXTENSION_TYPE`] is the only one defined.
    #[must_use]
    pub const fn extension_type(&self) -> u8 {
        self.prefix[0]
    }

    /// Id of the key.
    #[must_use]
    pub const fn key_id(&self) -> u8 {
        self.prefix[1]
    }

    /// The reserved field, 0 in a well-formed trailer.
    #[must_use]
    pub const fn reserved(&self) -> u16 {
        u16::from_be_bytes([self.prefix[2], self.prefix[3]])
    }

    /// The sequence.
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        let [_, _, _, _, bytes @ ..] = *self.prefix;
        Sequence::from_bits(u64::from_be_bytes(bytes))
    }
}

/// A key, prepared for computing.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// Prepares a key, 32 to 64 bytes.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "an HMAC takes a key of any length")]
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("an HMAC takes a key of any length"))
    }

    /// The trailer of an advert sent from `source`. `message` is the advert alone; its checksum does not matter.
    #[must_use]
    pub fn sign(&self, key_id: u8, sequence: Sequence, source: IpAddr, message: &[u8]) -> [u8; LEN] {
        let mut trailer = [0; LEN];
        trailer[..2].copy_from_slice(&[EXTENSION_TYPE, key_id]);
        trailer[4..PREFIX_LEN].copy_from_slice(&sequence.to_bits().to_be_bytes());
        let mac = self
            .mac(source, message, &trailer[..PREFIX_LEN])
            .finalize()
            .into_bytes();
        trailer[PREFIX_LEN..].copy_from_slice(&mac[..MAC_LEN]);
        trailer
    }

    /// Whether the trailer was made with this key for this advert from this source, in constant time.
    #[must_use]
    pub fn verify(&self, trailer: &Trailer<'_>, source: IpAddr, message: &[u8]) -> bool {
        self.mac(source, message, trailer.prefix)
            .verify_truncated_left(trailer.mac)
            .is_ok()
    }

    fn mac(&self, source: IpAddr, message: &[u8], prefix: &[u8]) -> Hmac<Sha256> {
        let mut covered = [0; 8];
        let (start, addresses) = message.split_at(message.len().min(covered.len()));
        covered[..start.len()].copy_from_slice(start);
        covered[6..].fill(0); // the checksum

        // A pseudo-header of fixed length: family, version, VRID, 0, source padded to 16 bytes.
        let mut pseudo = [0; 20];
        pseudo[1] = covered[0] >> 4;
        pseudo[2] = covered[1];
        match source {
            IpAddr::V4(source) => {
                pseudo[0] = 4;
                pseudo[4..8].copy_from_slice(&source.octets());
            }
            IpAddr::V6(source) => {
                pseudo[0] = 6;
                pseudo[4..].copy_from_slice(&source.octets());
            }
        }
        let mut mac = self.0.clone();
        mac.update(&pseudo);
        mac.update(&covered[..start.len()]);
        mac.update(addresses);
        mac.update(prefix);
        mac.update(&[0; MAC_LEN]);
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advert::{self, Advert, AdvertMut, Fields, GROUP_V4, GROUP_V6, Parameters};
    use crate::checksum::PseudoHeader;
    use crate::testing::hex;
    use crate::{Family, ipv4};
    use std::net::{Ipv4Addr, Ipv6Addr};

    const SOURCE_V4: Ipv4Addr = Ipv4Addr::new(10, 3, 0, 1);
    const SOURCE_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0xa);

    /// Sent by keepalived 2.4.3 (`spec/vrrp-protocol.md` section 3.6).
    const CAPTURED_V4: &str = "45c0003c00010000ff70d07a0a030001e0000012 3136780100646156 0a030078
        01070000 6b05aa92 599c 0000 9b6c5447d49524bac5fa550539ea1861";
    const CAPTURED_V6: &str = "313664010064ec19 fe800000000000000000000000005400
        01070000 6b05ac9d 2a24 0000 97d02e3122445b4c2acc0d83a89bc739";

    fn key() -> Key {
        Key::new(&(0..32).collect::<Vec<u8>>())
    }

    fn fields(priority: u8) -> Fields {
        Fields {
            vrid: 54,
            priority,
            parameters: Parameters::V3 { max_advert_int: 100 },
        }
    }

    #[test]
    fn it_is_sent_over_ipv4_as_captured() {
        let mut message = Vec::new();
        fields(120)
            .encode_v4(&[Ipv4Addr::new(10, 3, 0, 120)], &mut message)
            .expect("one address");
        let sequence = Sequence::from_bits(0x6b05_aa92_599c_0000);
        let trailer = key().sign(7, sequence, SOURCE_V4.into(), &message);
        message.extend_from_slice(&trailer);
        // The checksum leaves the trailer out, though it is there already.
        let pseudo = PseudoHeader::Ipv4 {
            source: SOURCE_V4,
            destination: GROUP_V4,
        };
        AdvertMut::new(&mut message)
            .expect("a whole header")
            .fill_checksum(&pseudo);

        let mut datagram = Vec::new();
        let protocol = advert::PROTOCOL;
        ipv4::Header {
            source: SOURCE_V4,
            destination: GROUP_V4,
            protocol,
            ttl: ipv4::TTL,
            id: 1,
        }
        .encode(message.len(), &mut datagram)
        .expect("a short message");
        datagram.extend_from_slice(&message);
        assert_eq!(datagram, hex(CAPTURED_V4));

        let advert = Advert::new(Family::Ipv4, &datagram[ipv4::HEADER_LEN..]).expect("a whole header");
        assert!(advert.checksum_is_valid(&pseudo));
    }

    #[test]
    fn it_is_sent_over_ipv6_as_captured() {
        let mut message = Vec::new();
        let address = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x5400);
        fields(100)
            .encode_v6(&[address], &mut message)
            .expect("one address");
        let sequence = Sequence::from_bits(0x6b05_ac9d_2a24_0000);
        let trailer = key().sign(7, sequence, SOURCE_V6.into(), &message);
        message.extend_from_slice(&trailer);
        // The checksum includes the trailer.
        let pseudo = PseudoHeader::Ipv6 {
            source: SOURCE_V6,
            destination: GROUP_V6,
        };
        AdvertMut::new(&mut message)
            .expect("a whole header")
            .fill_checksum(&pseudo);
        assert_eq!(message, hex(CAPTURED_V6));
        let advert = Advert::new(Family::Ipv6, &message).expect("a whole header");
        assert!(advert.checksum_is_valid(&pseudo));
    }

    #[test]
    fn the_captured_trailers_read_and_verify() {
        let bytes = hex(CAPTURED_V4);
        let advert = Advert::new(Family::Ipv4, &bytes[ipv4::HEADER_LEN..]).expect("a whole header");
        let trailer = Trailer::after(advert.expected_len(), advert.as_bytes()).expect("a trailer");
        assert_eq!(
            (trailer.extension_type(), trailer.key_id(), trailer.reserved()),
            (1, 7, 0)
        );
        assert_eq!(trailer.sequence().seconds(), 1_795_533_458);
        assert_eq!(trailer.sequence().to_bits(), 0x6b05_aa92_599c_0000);
        let message = advert.message().expect("a whole message");
        assert!(key().verify(&trailer, SOURCE_V4.into(), message));
        assert!(!key().verify(&trailer, Ipv4Addr::new(10, 3, 0, 2).into(), message));
        assert!(!Key::new(&[0; 32]).verify(&trailer, SOURCE_V4.into(), message));

        let bytes = hex(CAPTURED_V6);
        let advert = Advert::new(Family::Ipv6, &bytes).expect("a whole header");
        let trailer = Trailer::after(advert.expected_len(), &bytes).expect("a trailer");
        assert!(key().verify(
            &trailer,
            SOURCE_V6.into(),
            advert.message().expect("a whole message")
        ));
    }

    #[test]
    fn every_bit_but_the_checksum_is_covered() {
        let bytes = hex(CAPTURED_V6);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let (message, _) = changed.split_at(24);
            let trailer = Trailer::after(24, &changed).expect("a trailer");
            let valid = key().verify(&trailer, SOURCE_V6.into(), message);
            assert_eq!(valid, matches!(bit / 8, 6 | 7), "bit {bit}");
        }
    }

    #[test]
    fn only_a_whole_trailer_and_nothing_more_is_one() {
        let bytes = [0; 64];
        assert!(Trailer::after(12, &bytes[..40]).is_some());
        for len in [0, 11, 12, 39, 41] {
            assert!(Trailer::after(12, &bytes[..len]).is_none(), "{len} bytes");
        }
        assert!(Trailer::after(usize::MAX, &bytes).is_none());
    }
}
