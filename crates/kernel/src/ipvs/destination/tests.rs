use super::*;
use crate::ipvs::fake::tests::attribute;
use crate::ipvs::fake::tests::{destination, service};
use crate::ipvs::request::encode as encode_change;
use model::ipvs::Change;
use proptest::prelude::*;

#[test]
fn a_tunnelled_destination_is_written_as_specified() {
    let mut one = destination(9, 3);
    one.settings.forwarding = Forwarding::Tunnel(Tunnel::Gue {
        port: 0x0102,
        checksum: TunnelChecksum::Remote,
    });
    one.settings.limits = ConnectionLimits { upper: 20, lower: 10 };
    let service_address = [10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let of_service = [
        attribute(1, &2_u16.to_ne_bytes()),
        attribute(2, &6_u16.to_ne_bytes()),
        attribute(3, &service_address),
        attribute(4, &[0, 80]),
    ]
    .concat();
    let address = [192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let of_destination = [
        attribute(11, &2_u16.to_ne_bytes()),
        attribute(1, &address),
        attribute(2, &[0, 80]),
        attribute(3, &2_u32.to_ne_bytes()),
        attribute(4, &3_u32.to_ne_bytes()),
        attribute(5, &20_u32.to_ne_bytes()),
        attribute(6, &10_u32.to_ne_bytes()),
        attribute(13, &[1]),
        attribute(14, &[1, 2]),
        attribute(15, &2_u16.to_ne_bytes()),
    ]
    .concat();
    let expected = [
        vec![5, 1, 0, 0],
        attribute(0x8001, &of_service),
        attribute(0x8002, &of_destination),
    ]
    .concat();
    let mut body = Attributes::default();
    encode_change(&Change::AddDestination(service(80).key, one), &mut body);
    assert_eq!(body.as_bytes(), expected);
}

#[test]
fn other_methods_say_nothing_of_tunnels() {
    for (forwarding, number) in [(Forwarding::Nat, 0_u32), (Forwarding::DirectRouting, 3)] {
        let mut one = destination(1, 1);
        one.settings.forwarding = forwarding;
        let mut body = Attributes::default();
        encode(&one, &mut body);
        let all: Vec<_> = attributes(body.as_bytes()).collect();
        assert!(all.contains(&(FORWARDING, number.to_ne_bytes().as_slice())));
        assert!(all.iter().all(|(kind, _)| *kind < TUNNEL_TYPE));
    }
}

#[test]
fn methods_without_words_leave_the_key() {
    let one = destination(1, 1);
    for method in [1_u32, 4] {
        let mut body = Attributes::default();
        encode_key(one.key, &mut body);
        body.u32(FORWARDING, method);
        assert_eq!(decode(Family::Ipv4, body.as_bytes()), Some((one.key, None)));
    }
}

#[test]
fn flags_beside_the_method_do_not_matter() {
    let one = destination(1, 0);
    let mut body = Attributes::default();
    encode_key(one.key, &mut body);
    body.u32(FORWARDING, 0x8000);
    assert_eq!(
        decode(Family::Ipv4, body.as_bytes()),
        Some((one.key, Some(one.settings)))
    );
}

fn forwarding() -> impl Strategy<Value = Forwarding> {
    let plain = || prop_oneof![Just(TunnelChecksum::None), Just(TunnelChecksum::Plain)];
    let checksum = prop_oneof![plain(), Just(TunnelChecksum::Remote)];
    prop_oneof![
        Just(Forwarding::Nat),
        Just(Forwarding::DirectRouting),
        Just(Forwarding::Tunnel(Tunnel::Ipip)),
        (1..=u16::MAX, checksum)
            .prop_map(|(port, checksum)| Forwarding::Tunnel(Tunnel::Gue { port, checksum })),
        plain().prop_map(|checksum| Forwarding::Tunnel(Tunnel::Gre { checksum })),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        address in any::<SocketAddr>(),
        forwarding in forwarding(),
        weight in any::<i32>(),
        upper in any::<u32>(),
        lower in any::<u32>(),
    ) {
        let one = Destination {
            // Scope and flow are no part of a destination.
            key: DestinationKey(SocketAddr::new(address.ip(), address.port())),
            settings: DestinationSettings {
                forwarding,
                weight: ServerWeight::clamp(weight.into()),
                limits: ConnectionLimits { upper, lower },
            },
        };
        let mut body = Attributes::default();
        encode(&one, &mut body);
        prop_assert_eq!(decode(Family::Ipv4, body.as_bytes()), Some((one.key, Some(one.settings))));
    }

    #[test]
    fn no_attributes_make_the_decoder_panic(
        list in prop::collection::vec((0..18_u16, prop::collection::vec(any::<u8>(), 0..20)), 0..12),
    ) {
        let bytes: Vec<u8> = list.iter().flat_map(|(kind, value)| attribute(*kind, value)).collect();
        let _ = decode(Family::Ipv6, &bytes);
    }
}
