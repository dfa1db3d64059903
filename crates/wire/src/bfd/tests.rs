use super::*;
use crate::testing::hex;
use proptest::prelude::*;

/// The first packet of a session (`spec/bfd.md` section 3), with a `min_rx` of 100 ms.
const FIRST: &str = "20400518 d7a170b6 00000000 000f4240 000186a0 00000000";

const PACKET: ControlPacket = ControlPacket {
    diagnostic: Diagnostic::None,
    state: State::Down,
    poll: Poll::None,
    control_plane_independent: false,
    authentication: false,
    demand: false,
    detect_mult: 5,
    my_discriminator: 0xd7a1_70b6,
    your_discriminator: 0,
    desired_min_tx: 1_000_000,
    required_min_rx: 100_000,
    required_min_echo_rx: 0,
};

fn packet() -> impl Strategy<Value = ControlPacket> {
    let diagnostic = (0_u8..=8).prop_map(|bits| Diagnostic::from_bits(bits).expect("a defined code"));
    let state = prop_oneof![
        Just(State::AdminDown),
        Just(State::Down),
        Just(State::Init),
        Just(State::Up)
    ];
    let poll = prop_oneof![Just(Poll::None), Just(Poll::Poll), Just(Poll::Final)];
    let flags = any::<(bool, bool, bool)>();
    let numbers = (1..=u8::MAX, 1..=u32::MAX, 1..=u32::MAX, any::<(u32, u32, u32)>());
    (diagnostic, state, poll, flags, numbers).prop_map(|(diagnostic, state, poll, flags, numbers)| {
        let (detect_mult, my_discriminator, your_discriminator, intervals) = numbers;
        ControlPacket {
            diagnostic,
            state,
            poll,
            control_plane_independent: flags.0,
            authentication: flags.1,
            demand: flags.2,
            detect_mult,
            my_discriminator,
            your_discriminator,
            desired_min_tx: intervals.0,
            required_min_rx: intervals.1,
            required_min_echo_rx: intervals.2,
        }
    })
}

#[test]
fn the_first_packet_is_as_captured() {
    assert_eq!(PACKET.encode().as_slice(), hex(FIRST));
    assert_eq!(ControlPacket::decode(&hex(FIRST)), Ok(PACKET));
}

#[test]
fn each_check_has_its_error() {
    let decode = |at: usize, value: u8| {
        let mut bytes = hex(FIRST);
        bytes[at] = value;
        ControlPacket::decode(&bytes)
    };
    assert_eq!(ControlPacket::decode(&hex(FIRST)[..23]), Err(Error::TooShort(23)));
    assert_eq!(
        decode(3, 25),
        Err(Error::Length {
            field: 25,
            length: 24
        })
    );
    assert_eq!(decode(0, 0x00), Err(Error::Version(0)));
    assert_eq!(decode(2, 0), Err(Error::DetectMult));
    assert_eq!(decode(1, 0x41), Err(Error::Multipoint));
    assert_eq!(decode(1, 0x80), Err(Error::YourDiscriminator(State::Init)));
    assert_eq!(decode(1, 0xc0), Err(Error::YourDiscriminator(State::Up)));
    assert_eq!(decode(1, 0x70), Err(Error::PollAndFinal));
    assert_eq!(decode(0, 0x29), Err(Error::Diagnostic(9)));
    let mut bytes = hex(FIRST);
    bytes[4..8].fill(0);
    assert_eq!(ControlPacket::decode(&bytes), Err(Error::MyDiscriminator));
}

#[test]
fn a_packet_wrong_in_every_way_fails_the_first_check() {
    // Each step mends the first fault, and the next one shows.
    let mut bytes = [0; LEN];
    bytes[..2].copy_from_slice(&[0x1f, 0xf1]);
    let mut errors = Vec::new();
    for (at, value) in [
        (3, 24),
        (0, 0x3f),
        (2, 3),
        (1, 0xf0),
        (4, 1),
        (8, 1),
        (1, 0xc0),
        (0, 0x28),
    ] {
        errors.push(ControlPacket::decode(&bytes).expect_err("still at fault"));
        bytes[at] = value;
    }
    assert_eq!(
        errors,
        [
            Error::Length { field: 0, length: 24 },
            Error::Version(0),
            Error::DetectMult,
            Error::Multipoint,
            Error::MyDiscriminator,
            Error::YourDiscriminator(State::Up),
            Error::PollAndFinal,
            Error::Diagnostic(31),
        ]
    );
    assert!(ControlPacket::decode(&bytes).is_ok());
}

#[test]
fn an_authentication_section_is_left_to_the_caller() {
    let mut bytes = hex(FIRST);
    bytes[1] |= 0x04;
    bytes[3] = 26;
    bytes.extend_from_slice(&[1, 2]);
    assert_eq!(
        ControlPacket::decode(&bytes),
        Ok(ControlPacket {
            authentication: true,
            ..PACKET
        })
    );
}

proptest! {
    #[test]
    fn what_is_encoded_decodes(packet in packet()) {
        prop_assert_eq!(ControlPacket::decode(&packet.encode()), Ok(packet));
    }

    #[test]
    fn what_decodes_encodes_the_same(mut bytes: [u8; LEN]) {
        bytes[0] = bytes[0] & 0x1f | 0x20;
        bytes[3] = 24;
        if let Ok(packet) = ControlPacket::decode(&bytes) {
            prop_assert_eq!(packet.encode(), bytes);
        }
    }

    #[test]
    fn any_bytes_decode_or_fail(bytes: Vec<u8>) {
        let _ = ControlPacket::decode(&bytes);
    }
}
