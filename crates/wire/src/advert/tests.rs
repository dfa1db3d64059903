use super::*;
use crate::checksum::PseudoHeader;
use crate::testing::hex;
use crate::{Error, ipv4};
use proptest::prelude::*;
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

/// The payload of the datagram that keepalived 2.4.3 sent over IPv6.
const V3_IPV6: &str = "313596020064bb9e fe800000000000000000000000005300 20010db8000000000000000000000053";

#[test]
fn version_3_over_ipv6_is_sent_as_captured() {
    let source = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0xa);
    let pseudo = PseudoHeader::Ipv6 {
        source,
        destination: GROUP_V6,
    };
    let addresses = [
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0x5300),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53),
    ];
    let mut message = Vec::new();
    Fields {
        vrid: 53,
        priority: 150,
        parameters: Parameters::V3 { max_advert_int: 100 },
    }
    .encode_v6(&addresses, &mut message)
    .expect("two addresses");
    AdvertMut::new(&mut message)
        .expect("a whole header")
        .fill_checksum(&pseudo);
    assert_eq!(message, hex(V3_IPV6));

    let advert = Advert::new(Family::Ipv6, &message).expect("a whole header");
    assert_eq!(advert.max_advert_int(), 100);
    assert_eq!(advert.addresses().collect::<Vec<_>>(), addresses.map(IpAddr::V6));
    assert!(advert.checksum_is_valid(&pseudo));
}

#[test]
fn version_2_over_ipv6_has_no_authentication_data() {
    let mut message = Vec::new();
    PASSWORD_FIELDS
        .encode_v6(&[GROUP_V6], &mut message)
        .expect("one address");
    assert_eq!(message.len(), 24);
    let advert = Advert::new(Family::Ipv6, &message).expect("a whole header");
    assert_eq!((advert.expected_len(), advert.auth_data()), (24, None));
    assert!(!advert.password_matches(b"abcdefgh"));
}

#[test]
fn the_forms_of_the_checksum_tell_each_other_apart() {
    let peer = Ipv4Addr::new(10, 3, 0, 2);
    let unicast = PseudoHeader::Ipv4 {
        source: ROUTER,
        destination: peer,
    };
    let fields = Fields {
        vrid: 52,
        priority: 100,
        parameters: Parameters::V3 { max_advert_int: 50 },
    };
    for sent in [PseudoHeader::None, MULTICAST, unicast] {
        let bytes = datagram(&fields, &[ROUTER], &sent);
        let advert = Advert::new(Family::Ipv4, &bytes[ipv4::HEADER_LEN..]).expect("a whole header");
        for checked in [PseudoHeader::None, MULTICAST, unicast] {
            assert_eq!(
                advert.checksum_is_valid(&checked),
                sent == checked,
                "{sent:?}, {checked:?}"
            );
        }
    }
}

#[test]
fn the_interval_of_version_3_keeps_to_its_12_bits() {
    let mut message = Vec::new();
    let fields = Fields {
        vrid: 1,
        priority: 1,
        parameters: Parameters::V3 { max_advert_int: 4096 },
    };
    fields.encode_v4(&[], &mut message).expect("no address");
    assert_eq!(message[4..6], [0x0f, 0xff]);
    // The reserved bits of a received one are ignored.
    message[4] |= 0xa0;
    assert_eq!(
        Advert::new(Family::Ipv4, &message)
            .expect("a whole header")
            .max_advert_int(),
        0x0fff
    );
}

#[test]
fn a_short_message_shows_the_addresses_that_are_there() {
    let bytes = hex("31 01 64 03 0064 0000 0a030001 0a030002 0a03");
    let advert = Advert::new(Family::Ipv4, &bytes).expect("a whole header");
    assert_eq!((advert.expected_len(), advert.message()), (20, None));
    assert_eq!(advert.addresses().len(), 2);
    assert_eq!(advert.addresses().last(), Some(IpAddr::from([10, 3, 0, 2])));
    assert!(!advert.checksum_is_valid(&PseudoHeader::None));
    let error = Error::TooShort {
        message: "VRRP header",
        length: 7,
        needed: 8,
    };
    assert_eq!(
        Advert::new(Family::Ipv4, &bytes[..7]).expect_err("cut off"),
        error
    );
}

#[test]
fn padding_and_trailers_are_no_part_of_the_message() {
    let mut bytes = hex(V2_PASSWORD)[ipv4::HEADER_LEN..].to_vec();
    let message = bytes.clone();
    bytes.extend_from_slice(&[0x55; 10]);
    let advert = Advert::new(Family::Ipv4, &bytes).expect("a whole header");
    assert_eq!(advert.message(), Some(message.as_slice()));
    assert_eq!(advert.auth_data(), Some(b"abcdefgh"));
    assert!(advert.checksum_is_valid(&PseudoHeader::None));
    let mut again = bytes.clone();
    AdvertMut::new(&mut again)
        .expect("a whole header")
        .fill_checksum(&PseudoHeader::None);
    assert_eq!(again, bytes);
}

#[test]
fn a_password_is_not_printed() {
    let printed = format!("{PASSWORD_FIELDS:?}");
    assert!(
        printed.contains("Password(********)") && !printed.contains("abcdefgh"),
        "{printed}"
    );
    assert!(!printed.contains("97, 98"), "{printed}");
}

fn parameters() -> impl Strategy<Value = Parameters> {
    let authentication = prop_oneof![
        Just(Authentication::None),
        Just(Authentication::Ah),
        any::<[u8; 8]>().prop_map(Authentication::Password),
    ];
    prop_oneof![
        (any::<u8>(), authentication).prop_map(|(advert_int, authentication)| Parameters::V2 {
            advert_int,
            authentication
        }),
        (0..=MAX_ADVERT_INT).prop_map(|max_advert_int| Parameters::V3 { max_advert_int }),
    ]
}

prop_compose! {
    fn fields()(vrid in 1_u8.., priority: u8, parameters in parameters()) -> Fields {
        Fields { vrid, priority, parameters }
    }
}

/// The fields of an advert that was read.
fn read(advert: &Advert<'_>) -> Fields {
    let parameters = if advert.version() == 3 {
        Parameters::V3 {
            max_advert_int: advert.max_advert_int(),
        }
    } else {
        let authentication = match (advert.auth_type(), advert.auth_data()) {
            (0, _) => Authentication::None,
            (1, data) => Authentication::Password(data.copied().unwrap_or_default()),
            _ => Authentication::Ah,
        };
        Parameters::V2 {
            advert_int: advert.advert_int(),
            authentication,
        }
    };
    Fields {
        vrid: advert.vrid(),
        priority: advert.priority(),
        parameters,
    }
}

proptest! {
    #[test]
    fn what_is_encoded_over_ipv4_reads_back(fields in fields(), addresses: Vec<Ipv4Addr>, source: Ipv4Addr) {
        let mut message = Vec::new();
        fields.encode_v4(&addresses, &mut message).expect("few addresses");
        let pseudo = PseudoHeader::Ipv4 { source, destination: GROUP_V4 };
        AdvertMut::new(&mut message).expect("a whole header").fill_checksum(&pseudo);
        let advert = Advert::new(Family::Ipv4, &message).expect("a whole header");
        prop_assert_eq!(advert.expected_len(), message.len());
        prop_assert_eq!(read(&advert), fields);
        prop_assert_eq!(advert.addresses().collect::<Vec<_>>(), addresses.into_iter().map(IpAddr::V4).collect::<Vec<_>>());
        prop_assert!(advert.checksum_is_valid(&pseudo));
    }

    #[test]
    fn what_is_encoded_over_ipv6_reads_back(fields in fields(), addresses: Vec<Ipv6Addr>, source: Ipv6Addr) {
        let mut message = Vec::new();
        fields.encode_v6(&addresses, &mut message).expect("few addresses");
        let pseudo = PseudoHeader::Ipv6 { source, destination: GROUP_V6 };
        AdvertMut::new(&mut message).expect("a whole header").fill_checksum(&pseudo);
        let advert = Advert::new(Family::Ipv6, &message).expect("a whole header");
        prop_assert_eq!(advert.expected_len(), message.len());
        let mut expected = fields;
        if let Parameters::V2 { authentication: Authentication::Password(password), .. } = &mut expected.parameters {
            *password = [0; 8];
        }
        prop_assert_eq!(read(&advert), expected);
        prop_assert_eq!(advert.addresses().collect::<Vec<_>>(), addresses.into_iter().map(IpAddr::V6).collect::<Vec<_>>());
        prop_assert!(advert.checksum_is_valid(&pseudo));
    }

    #[test]
    fn a_changed_advert_equals_a_new_one(before in fields(), priority: u8, interval: u16) {
        let encode = |fields: &Fields| {
            let mut message = Vec::new();
            fields.encode_v4(&[ROUTER], &mut message).expect("one address");
            AdvertMut::new(&mut message).expect("a whole header").fill_checksum(&MULTICAST);
            message
        };
        let mut message = encode(&before);
        let mut advert = AdvertMut::new(&mut message).expect("a whole header");
        let mut after = Fields { priority, ..before };
        advert.set_priority(priority);
        match &mut after.parameters {
            Parameters::V2 { advert_int, .. } => {
                *advert_int = interval.to_be_bytes()[0];
                advert.set_advert_int(*advert_int);
            }
            Parameters::V3 { max_advert_int } => {
                *max_advert_int = interval;
                advert.set_max_advert_int(interval);
            }
        }
        prop_assert_eq!(message, encode(&after));
    }

    #[test]
    fn any_bytes_read_or_fail(mut bytes: Vec<u8>, version in prop_oneof![Just(0x21), Just(0x31), any::<u8>()]) {
        if let Some(byte) = bytes.first_mut() {
            *byte = version;
        }
        for family in [Family::Ipv4, Family::Ipv6] {
            let Ok(advert) = Advert::new(family, &bytes) else { continue };
            prop_assert!(advert.addresses().count() <= usize::from(advert.address_count()));
            prop_assert_eq!(advert.message().is_some(), bytes.len() >= advert.expected_len());
            prop_assert_eq!(advert.password_matches(&[0; 8]), advert.auth_data() == Some(&[0; 8]));
            for pseudo in [PseudoHeader::None, MULTICAST] {
                let mut bytes = bytes.clone();
                AdvertMut::new(&mut bytes).expect("a whole header").fill_checksum(&pseudo);
                let filled = Advert::new(Family::Ipv4, &bytes).expect("a whole header");
                prop_assert_eq!(filled.checksum_is_valid(&pseudo), filled.message().is_some());
            }
        }
    }
}
