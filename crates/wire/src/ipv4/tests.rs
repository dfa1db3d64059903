use super::*;
use crate::testing::hex;
use proptest::prelude::*;

const HEADER: Header = Header {
    source: Ipv4Addr::new(10, 3, 0, 1),
    destination: Ipv4Addr::new(224, 0, 0, 18),
    protocol: crate::advert::PROTOCOL,
    ttl: TTL,
    id: 1,
};

fn encoded(header: &Header, payload_len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    header.encode(payload_len, &mut bytes).expect("a short payload");
    bytes
}

prop_compose! {
    fn header()(source: u32, destination: u32, protocol: u8, ttl: u8, id: u16) -> Header {
        let (source, destination) = (Ipv4Addr::from(source), Ipv4Addr::from(destination));
        Header { source, destination, protocol, ttl, id }
    }
}

#[test]
fn it_is_sent_as_captured() {
    assert_eq!(
        encoded(&HEADER, 24),
        hex("45c0002c00010000ff70d08a0a030001e0000012")
    );
}

#[test]
fn the_identification_skips_zero() {
    let mut bytes = encoded(&Header { id: 0xfffe, ..HEADER }, 24);
    let ids = [(); 3].map(|()| {
        HeaderMut::new(&mut bytes).expect("a whole header").advance_id();
        let datagram = Datagram::new(&bytes).expect("a whole header");
        assert!(datagram.checksum_is_valid());
        datagram.id()
    });
    assert_eq!(ids, [0xffff, 1, 2]);
}

#[test]
fn options_are_set_apart() {
    let mut bytes = encoded(&HEADER, 12);
    bytes[0] = 0x46;
    bytes.extend_from_slice(&[0x94, 4, 0, 0, 1, 2, 3]);
    let datagram = Datagram::new(&bytes).expect("a whole header");
    assert_eq!(datagram.header_len(), 24);
    assert_eq!(datagram.options(), [0x94, 4, 0, 0]);
    assert_eq!(datagram.payload(), [1, 2, 3]);
    assert!(!datagram.checksum_is_valid());
    let checksum = Sum::new().bytes(&bytes[..10]).bytes(&bytes[12..24]).checksum();
    bytes[10..12].copy_from_slice(&checksum.to_be_bytes());
    assert!(Datagram::new(&bytes).expect("a whole header").checksum_is_valid());
}

#[test]
fn a_header_that_cannot_be_is_refused() {
    let changed = |first: u8| {
        let mut bytes = encoded(&HEADER, 0);
        bytes[0] = first;
        Datagram::new(&bytes).map(|datagram| datagram.header_len())
    };
    assert_eq!(changed(0x45), Ok(20));
    assert_eq!(changed(0x65), Err(Error::NotIpv4(6)));
    assert_eq!(
        changed(0x44),
        Err(Error::HeaderLength {
            header: 16,
            length: 20
        })
    );
    assert_eq!(
        changed(0x46),
        Err(Error::HeaderLength {
            header: 24,
            length: 20
        })
    );
    assert_eq!(Datagram::new(&[0x45; 19]).expect_err("cut off"), too_short(19));
    assert_eq!(
        HeaderMut::new(&mut [0x45; 19]).expect_err("cut off"),
        too_short(19)
    );
}

#[test]
fn a_payload_beyond_the_length_field_is_refused() {
    let mut out = vec![9];
    assert_eq!(
        HEADER.encode(65_516, &mut out),
        Err(Error::DatagramTooLong(65_536))
    );
    assert_eq!(
        HEADER.encode(usize::MAX, &mut out),
        Err(Error::DatagramTooLong(usize::MAX))
    );
    assert_eq!(out, [9]);
    assert_eq!(HEADER.encode(65_515, &mut out), Ok(()));
}

proptest! {
    #[test]
    fn what_is_encoded_reads_back(header in header(), payload: Vec<u8>) {
        let mut bytes = encoded(&header, payload.len());
        bytes.extend_from_slice(&payload);
        let datagram = Datagram::new(&bytes).expect("a whole header");
        let read = Header {
            source: datagram.source(),
            destination: datagram.destination(),
            protocol: datagram.protocol(),
            ttl: datagram.ttl(),
            id: datagram.id(),
        };
        prop_assert_eq!(read, header);
        prop_assert_eq!(datagram.tos(), TOS);
        prop_assert_eq!(usize::from(datagram.total_len()), bytes.len());
        prop_assert_eq!(datagram.payload(), payload);
        prop_assert!(datagram.options().is_empty());
        prop_assert!(datagram.checksum_is_valid());
    }

    #[test]
    fn a_changed_header_equals_a_new_one(before in header(), id: u16, payload_len in 0_usize..1000) {
        let mut bytes = encoded(&before, payload_len);
        HeaderMut::new(&mut bytes).expect("a whole header").set_id(id);
        prop_assert_eq!(bytes, encoded(&Header { id, ..before }, payload_len));
    }

    #[test]
    fn any_bytes_read_or_fail(mut bytes: Vec<u8>, first in prop_oneof![Just(0x45), Just(0x4f), any::<u8>()]) {
        if let Some(byte) = bytes.first_mut() {
            *byte = first;
        }
        if let Ok(datagram) = Datagram::new(&bytes) {
            prop_assert_eq!(datagram.header_len() + datagram.payload().len(), bytes.len());
            let _ = datagram.checksum_is_valid();
        }
    }
}
