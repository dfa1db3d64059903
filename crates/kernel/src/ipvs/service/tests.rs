use super::*;
use crate::ipvs::attributes::Command;
use crate::ipvs::fake::tests::attribute;
use crate::ipvs::fake::tests::service;
use crate::ipvs::request::{encode as encode_change, header};
use model::ipvs::Change;
use proptest::prelude::*;
use std::net::IpAddr;

fn request(change: &Change) -> Vec<u8> {
    let mut body = Attributes::default();
    encode_change(change, &mut body);
    body.as_bytes().to_vec()
}

#[test]
fn an_ipv4_service_is_written_as_specified() {
    let mut one = service(0x1f90);
    one.settings.timeout = 300;
    one.settings.netmask = Granularity::Netmask(0xffff_ff00);
    one.settings.engine = Some("sip".to_owned());
    one.settings.flags.flag_2 = true;
    let address = [10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let inner = [
        attribute(1, &2_u16.to_ne_bytes()),
        attribute(2, &6_u16.to_ne_bytes()),
        attribute(3, &address),
        attribute(4, &[0x1f, 0x90]),
        attribute(6, b"rr\0"),
        attribute(7, &[0x11_u32.to_ne_bytes(), u32::MAX.to_ne_bytes()].concat()),
        attribute(8, &300_u32.to_ne_bytes()),
        attribute(9, &[255, 255, 255, 0]),
        attribute(11, b"sip\0"),
    ]
    .concat();
    let expected = [vec![1, 1, 0, 0], attribute(0x8001, &inner)].concat();
    assert_eq!(request(&Change::AddService(one.key, one.settings)), expected);
}

#[test]
fn a_mark_has_neither_protocol_nor_address() {
    let key = ServiceKey::Fwmark {
        family: Family::Ipv6,
        mark: NonZeroU32::new(7).unwrap(),
    };
    let inner = [
        attribute(1, &10_u16.to_ne_bytes()),
        attribute(5, &7_u32.to_ne_bytes()),
    ]
    .concat();
    let expected = [vec![3, 1, 0, 0], attribute(0x8001, &inner)].concat();
    assert_eq!(request(&Change::RemoveService(key)), expected);
}

#[test]
fn a_flush_is_a_header() {
    assert_eq!(request(&Change::Flush), header(Command::Flush));
    assert_eq!(header(Command::Flush), [17, 1, 0, 0]);
}

#[test]
fn what_there_are_no_words_for_has_a_key_only() {
    let one = service(80);
    let mut body = Attributes::default();
    encode_key(&one.key, &mut body);
    body.string(SCHEDULER, "none");
    body.u32(NETMASK, u32::MAX);
    body.bytes(FLAGS, &[0; 8]);
    assert_eq!(decode(body.as_bytes()), Some((one.key, None)));
}

#[test]
fn a_service_of_an_unknown_protocol_is_left_out() {
    let mut body = Attributes::default();
    body.u16(FAMILY, 2);
    body.u16(PROTOCOL, 51);
    body.bytes(ADDRESS, &[0; 16]);
    assert_eq!(decode(body.as_bytes()), None);
}

fn key() -> impl Strategy<Value = ServiceKey> {
    let protocol = prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp), Just(Protocol::Sctp)];
    let family = prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)];
    prop_oneof![
        (protocol, any::<IpAddr>(), any::<u16>()).prop_map(|(protocol, address, port)| ServiceKey::Address {
            protocol,
            address,
            port
        }),
        (family, 1..=u32::MAX).prop_map(|(family, mark)| ServiceKey::Fwmark {
            family,
            mark: NonZeroU32::new(mark).unwrap()
        }),
    ]
}

fn settings(family: Family) -> impl Strategy<Value = ServiceSettings> {
    let netmask = match family {
        Family::Ipv4 => any::<u32>().prop_map(Granularity::Netmask).boxed(),
        Family::Ipv6 => (1..=128_u8).prop_map(Granularity::PrefixLength).boxed(),
    };
    let scheduler = prop::sample::select(Scheduler::ALL.as_slice());
    let engine = prop::option::of("[a-z]{1,15}");
    (scheduler, any::<[bool; 4]>(), any::<u32>(), netmask, engine).prop_map(
        |(scheduler, [one_packet, flag_1, flag_2, flag_3], timeout, netmask, engine)| ServiceSettings {
            scheduler,
            flags: ServiceFlags {
                one_packet,
                flag_1,
                flag_2,
                flag_3,
            },
            timeout,
            netmask,
            engine: engine.filter(|_| timeout > 0),
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read((key, settings) in key().prop_flat_map(|key| (Just(key), settings(key.family())))) {
        let mut body = Attributes::default();
        encode(&key, &settings, &mut body);
        prop_assert_eq!(decode(body.as_bytes()), Some((key, Some(settings))));
    }

    #[test]
    fn no_attributes_make_the_decoder_panic(
        list in prop::collection::vec((0..16_u16, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
    ) {
        let bytes: Vec<u8> = list.iter().flat_map(|(kind, value)| attribute(*kind, value)).collect();
        let _ = decode(&bytes);
    }
}
