use super::*;
use crate::checksum::PseudoHeader;
use crate::testing::hex;
use crate::{Error, ipv4};
use std::net::IpAddr;

const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 3, 0, 1);
const MULTICAST: PseudoHeader = PseudoHeader::Ipv4 {
    source: ROUTER,
    destination: GROUP_V4,
};

/// The datagrams that keepalived 2.4.3 sent (`spec/vrrp-protocol.md` section 2.4), without the Ethernet header.
const V2_PASSWORD: &str =
    "45c0002c00010000ff70d08a0a030001e0000012 2133640201 01 d364 0a030064 0a030065 6162636465666768";
const V3: &str = "45c0002000010000ff70d0960a030001e0000012 3134640100327594 0a03006e";

fn datagram(fields: &Fields, addresses: &[Ipv4Addr], pseudo: &PseudoHeader) -> Vec<u8> {
    let header = ipv4::Header {
        source: ROUTER,
        destination: GROUP_V4,
        protocol: PROTOCOL,
        ttl: ipv4::TTL,
        id: 1,
    };
    let mut message = Vec::new();
    fields.encode_v4(addresses, &mut message).expect("few addresses");
    AdvertMut::new(&mut message)
        .expect("a whole header")
        .fill_checksum(pseudo);
    let mut out = Vec::new();
    header.encode(message.len(), &mut out).expect("a short message");
    out.extend_from_slice(&message);
    out
}

const PASSWORD_FIELDS: Fields = Fields {
    vrid: 51,
    priority: 100,
    parameters: Parameters::V2 {
        advert_int: 1,
        authentication: Authentication::Password(*b"abcdefgh"),
    },
};

#[test]
fn version_2_is_sent_as_captured() {
    let addresses = [Ipv4Addr::new(10, 3, 0, 100), Ipv4Addr::new(10, 3, 0, 101)];
    assert_eq!(
        datagram(&PASSWORD_FIELDS, &addresses, &PseudoHeader::None),
        hex(V2_PASSWORD)
    );
}

#[test]
fn version_3_is_sent_as_captured() {
    let fields = Fields {
        vrid: 52,
        priority: 100,
        parameters: Parameters::V3 { max_advert_int: 50 },
    };
    assert_eq!(
        datagram(&fields, &[Ipv4Addr::new(10, 3, 0, 110)], &MULTICAST),
        hex(V3)
    );
}

#[test]
fn version_2_reads_as_captured() {
    let bytes = hex(V2_PASSWORD);
    let datagram = ipv4::Datagram::new(&bytes).expect("a whole header");
    assert_eq!(
        (datagram.tos(), datagram.ttl(), datagram.id()),
        (ipv4::TOS, 255, 1)
    );
    assert_eq!((datagram.source(), datagram.destination()), (ROUTER, GROUP_V4));
    assert_eq!(
        (datagram.protocol(), usize::from(datagram.total_len())),
        (PROTOCOL, bytes.len())
    );
    assert!(datagram.checksum_is_valid());

    let advert = Advert::new(Family::Ipv4, datagram.payload()).expect("a whole header");
    assert_eq!((advert.version(), advert.packet_type()), (2, ADVERTISEMENT));
    assert_eq!(
        (advert.vrid(), advert.priority(), advert.address_count()),
        (51, 100, 2)
    );
    assert_eq!(
        (advert.auth_type(), advert.advert_int(), advert.checksum()),
        (1, 1, 0xd364)
    );
    assert_eq!(advert.expected_len(), 24);
    assert_eq!(
        advert.addresses().collect::<Vec<_>>(),
        [IpAddr::from([10, 3, 0, 100]), IpAddr::from([10, 3, 0, 101])]
    );
    assert_eq!(advert.auth_data(), Some(b"abcdefgh"));
    assert!(advert.password_matches(b"abcdefgh"));
    assert!(!advert.password_matches(b"abcdefg\0"));
    assert!(advert.checksum_is_valid(&PseudoHeader::None));
    assert!(!advert.checksum_is_valid(&MULTICAST));
}

#[test]
fn giving_up_changes_a_sent_advert_as_captured() {
    let mut bytes = hex(V2_PASSWORD);
    AdvertMut::new(&mut bytes[ipv4::HEADER_LEN..])
        .expect("a whole header")
        .set_priority(0);
    assert_eq!(bytes[ipv4::HEADER_LEN..][..8], hex("2133000201013765"));
}

#[test]
fn too_many_addresses_leave_the_buffer_alone() {
    let mut out = vec![1, 2, 3];
    let result = PASSWORD_FIELDS.encode_v4(&[ROUTER; 256], &mut out);
    assert_eq!(result, Err(Error::TooManyAddresses(256)));
    assert_eq!(out, [1, 2, 3]);
}
