//! Targets of the crate `wire`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::advert::{self, Advert, AdvertMut, Authentication, Fields, GROUP_V4, GROUP_V6, Parameters};
use wire::checksum::PseudoHeader;
use wire::hmac_trailer::{self, Sequence, Trailer};
use wire::{Family, ah, arp, bfd as wire_bfd, ipv4, ndp};

const SOURCE_V4: Ipv4Addr = Ipv4Addr::new(10, 3, 0, 1);
const SOURCE_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0xa);

/// An advert as received over IPv4 and over IPv6: everything that a receiver looks at.
pub fn advert(data: &[u8]) {
    let ipv4 = PseudoHeader::Ipv4 {
        source: SOURCE_V4,
        destination: GROUP_V4,
    };
    let ipv6 = PseudoHeader::Ipv6 {
        source: SOURCE_V6,
        destination: GROUP_V6,
    };
    for (family, source, pseudo) in [
        (Family::Ipv4, IpAddr::V4(SOURCE_V4), ipv4),
        (Family::Ipv6, IpAddr::V6(SOURCE_V6), ipv6),
    ] {
        let Ok(advert) = Advert::new(family, data) else {
            assert!(data.len() < advert::HEADER_LEN);
            continue;
        };
        look_at(&advert, source);

        let mut filled = data.to_vec();
        AdvertMut::new(&mut filled)
            .expect("the header is there")
            .fill_checksum(&pseudo);
        let filled = Advert::new(family, &filled).expect("the header is there");
        // A version 2 advert over IPv4 that is cut off has nothing that could be summed.
        assert_eq!(filled.checksum_is_valid(&pseudo), filled.message().is_some());
    }
}

/// An IPv4 datagram as a raw socket delivers it: header with options, authentication header, advert, trailer.
pub fn datagram(data: &[u8]) {
    let Ok(datagram) = ipv4::Datagram::new(data) else {
        return;
    };
    assert_eq!(datagram.header_len() + datagram.payload().len(), data.len());
    assert_eq!(datagram.header_len() % 4, 0);
    let _ = (
        datagram.tos(),
        datagram.total_len(),
        datagram.id(),
        datagram.ttl(),
        datagram.destination(),
    );
    let _ = datagram.checksum_is_valid();
    let payload = match datagram.protocol() {
        ah::PROTOCOL => {
            let Ok(ah) = ah::AuthenticationHeader::new(datagram.payload()) else {
                return;
            };
            let _ = (ah.next_header(), ah.payload_len(), ah.spi(), ah.sequence());
            let key = ah::Key::new(b"secret");
            for delivery in [ah::Delivery::Multicast, ah::Delivery::Unicast] {
                let _ = key.verify(&datagram, &ah, ah.payload(), delivery);
                check_seal(&key, data, delivery);
            }
            ah.payload()
        }
        _ => datagram.payload(),
    };
    if let Ok(advert) = Advert::new(Family::Ipv4, payload) {
        look_at(&advert, datagram.source().into());
    }
}

/// A BFD packet: what decodes encodes to the same bytes, but for an authentication section.
pub fn bfd(data: &[u8]) {
    let Ok(packet) = wire_bfd::ControlPacket::decode(data) else {
        return;
    };
    assert_eq!(usize::from(data[3]), data.len());
    let mut expected: [u8; wire_bfd::LEN] = *data.first_chunk().expect("it was decoded");
    expected[3] = 24;
    assert_eq!(packet.encode(), expected);
    assert_eq!(wire_bfd::ControlPacket::decode(&expected), Ok(packet));
}

/// Adverts, frames and signatures made from any values read back as what they were made from.
pub fn encode(data: &[u8]) {
    let Some((&[vrid, priority, kind, a, b, key_id], rest)) = data.split_first_chunk() else {
        return;
    };
    let parameters = match kind % 4 {
        0 => Parameters::V3 {
            max_advert_int: u16::from_be_bytes([a, b]) & advert::MAX_ADVERT_INT,
        },
        1 => Parameters::V2 {
            advert_int: a,
            authentication: Authentication::None,
        },
        2 => Parameters::V2 {
            advert_int: a,
            authentication: Authentication::Password([b; 8]),
        },
        _ => Parameters::V2 {
            advert_int: a,
            authentication: Authentication::Ah,
        },
    };
    let fields = Fields {
        vrid,
        priority,
        parameters,
    };
    let ipv4: Vec<Ipv4Addr> = rest
        .as_chunks::<4>()
        .0
        .iter()
        .map(|octets| Ipv4Addr::from(*octets))
        .collect();
    let ipv6: Vec<Ipv6Addr> = rest
        .as_chunks::<16>()
        .0
        .iter()
        .map(|octets| Ipv6Addr::from(*octets))
        .collect();

    let mut message = Vec::new();
    assert_eq!(fields.encode_v4(&ipv4, &mut message).is_ok(), ipv4.len() <= 255);
    if !message.is_empty() {
        let pseudo = PseudoHeader::Ipv4 {
            source: SOURCE_V4,
            destination: GROUP_V4,
        };
        AdvertMut::new(&mut message)
            .expect("the header is there")
            .fill_checksum(&pseudo);
        let advert = Advert::new(Family::Ipv4, &message).expect("the header is there");
        assert!(
            advert
                .addresses()
                .eq(ipv4.iter().map(|address| IpAddr::V4(*address)))
        );
        assert!(advert.checksum_is_valid(&pseudo));
        check_signature(&message, key_id, SOURCE_V4.into());
    }
    message.clear();
    assert_eq!(fields.encode_v6(&ipv6, &mut message).is_ok(), ipv6.len() <= 255);
    if !message.is_empty() {
        let advert = Advert::new(Family::Ipv6, &message).expect("the header is there");
        assert_eq!(advert.expected_len(), message.len());
        assert!(
            advert
                .addresses()
                .eq(ipv6.iter().map(|address| IpAddr::V6(*address)))
        );
        check_signature(&message, key_id, SOURCE_V6.into());
    }

    let mac = [0, a, b, vrid, priority, kind];
    for address in ipv4 {
        let mut frame = [0; arp::FRAME_LEN];
        arp::gratuitous(&mut frame, mac, address);
        assert_eq!(frame[28..32], frame[38..42]);
    }
    for address in ipv6 {
        let mut frame = [0; ndp::FRAME_LEN];
        ndp::unsolicited(&mut frame, mac, address, ndp::Role::Router);
        let pseudo = PseudoHeader::Ipv6 {
            source: address,
            destination: ndp::ALL_NODES,
        };
        assert_eq!(pseudo.sum(58, 32).bytes(&frame[54..]).checksum(), 0);
    }
}

/// Any sequence of changes in place leaves the checksums as if they were computed anew.
pub fn change(data: &[u8]) {
    let fields = Fields {
        vrid: 52,
        priority: 100,
        parameters: Parameters::V3 { max_advert_int: 50 },
    };
    let mut message = Vec::new();
    fields
        .encode_v4(&[Ipv4Addr::new(10, 3, 0, 110)], &mut message)
        .expect("one address");
    let pseudo = PseudoHeader::Ipv4 {
        source: SOURCE_V4,
        destination: GROUP_V4,
    };
    let mut header = Vec::new();
    ipv4::Header {
        source: SOURCE_V4,
        destination: GROUP_V4,
        protocol: advert::PROTOCOL,
        ttl: ipv4::TTL,
        id: 1,
    }
    .encode(message.len(), &mut header)
    .expect("a short message");

    let mut ip = ipv4::HeaderMut::new(&mut header).expect("the header is there");
    let mut advert = AdvertMut::new(&mut message).expect("the header is there");
    advert.fill_checksum(&pseudo);
    for [what, a, b] in data.as_chunks().0 {
        let value = u16::from_be_bytes([*a, *b]);
        match what % 5 {
            0 => advert.set_priority(*a),
            1 => advert.set_max_advert_int(value),
            2 => advert.set_advert_int(*a),
            3 => ip.set_id(value),
            _ => ip.advance_id(),
        }
    }
    assert!(
        ipv4::Datagram::new(&header)
            .expect("the header is there")
            .checksum_is_valid()
    );
    let mut anew = message.clone();
    AdvertMut::new(&mut anew)
        .expect("the header is there")
        .fill_checksum(&pseudo);
    assert_eq!(anew, message);
}

/// Reads every field of an advert and of its trailer.
fn look_at(advert: &Advert<'_>, source: IpAddr) {
    let _ = (
        advert.version(),
        advert.packet_type(),
        advert.vrid(),
        advert.priority(),
        advert.checksum(),
    );
    let _ = (advert.auth_type(), advert.advert_int(), advert.max_advert_int());
    let addresses = advert.addresses();
    let length = addresses.len();
    assert!(length <= usize::from(advert.address_count()));
    assert_eq!(addresses.count(), length);
    assert_eq!(
        advert.message().is_some(),
        advert.as_bytes().len() >= advert.expected_len()
    );
    if let Some(data) = advert.auth_data() {
        assert!(advert.password_matches(data));
    }
    let _ = advert.checksum_is_valid(&PseudoHeader::None);
    if let Some(trailer) = Trailer::after(advert.expected_len(), advert.as_bytes()) {
        let message = advert.message().expect("a trailer follows it");
        let _ = (
            trailer.extension_type(),
            trailer.reserved(),
            trailer.sequence().seconds(),
        );
        let _ = hmac_trailer::Key::new(&[7; 32]).verify(&trailer, source, message);
    }
}

/// A signed message verifies, and does not with another key.
fn check_signature(message: &[u8], key_id: u8, source: IpAddr) {
    let (key, other) = (
        hmac_trailer::Key::new(&[key_id; 32]),
        hmac_trailer::Key::new(&[!key_id; 32]),
    );
    let sequence = Sequence::from_unix_micros(u64::from(key_id) * 1_000_001);
    let mut bytes = message.to_vec();
    bytes.extend_from_slice(&key.sign(key_id, sequence, source, message));
    let trailer = Trailer::after(message.len(), &bytes).expect("it was appended");
    assert_eq!((trailer.key_id(), trailer.sequence()), (key_id, sequence));
    assert!(key.verify(&trailer, source, message));
    assert!(!other.verify(&trailer, source, message));
}

/// A sealed datagram verifies, if its header has no options.
fn check_seal(key: &ah::Key, data: &[u8], delivery: ah::Delivery) {
    let mut sealed = data.to_vec();
    if data[0] != 0x45 || key.seal(&mut sealed, 9, delivery).is_err() {
        return;
    }
    let datagram = ipv4::Datagram::new(&sealed).expect("it was read before");
    let ah = ah::AuthenticationHeader::new(datagram.payload()).expect("it was sealed");
    assert_eq!(ah.sequence(), 9);
    assert!(key.verify(&datagram, &ah, ah.payload(), delivery));
}
