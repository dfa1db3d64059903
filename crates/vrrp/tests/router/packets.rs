//! The bytes that the reference sends (`spec/vrrp-protocol.md` sections 2.4 and 3.6).

use crate::build::{config, ethernet, instance, ip, vip};
use crate::lab::Lab;
use model::interface::Interfaces;
use model::{
    AntiReplay, AuthHmac, AuthHmacMode, Authentication, Family, HmacKey, Instance, Micros, Secret, Version,
    Vrid,
};
use vrrp::WallTime;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter(char::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect()
}

/// A router with the addresses of the one that was captured.
fn captured_from(instance: Instance) -> Lab {
    let interfaces = Interfaces(vec![ethernet(2, "eth0", &["10.3.0.1/24", "fe80::ff:fe00:a/64"])]);
    Lab::with(config(vec![instance]), interfaces, Micros::ZERO, &[])
}

fn v4(vrid: u8, priority: u8, vips: &[&str]) -> Instance {
    let mut instance = instance("V", vrid, priority);
    instance.virtual_addresses = vips.iter().map(|text| vip(text)).collect();
    instance
}

fn v6(vrid: u8, priority: u8, vips: &[&str]) -> Instance {
    let mut instance = Instance::new("V", Family::Ipv6, Vrid::try_from(vrid).unwrap());
    instance.interface = Some(crate::build::name("eth0"));
    instance.priority = crate::build::priority(priority);
    instance.virtual_addresses = vips.iter().map(|text| vip(text)).collect();
    instance
}

fn first_advert(instance: Instance) -> Vec<u8> {
    let mut lab = captured_from(instance);
    lab.run_ms(4_000);
    lab.sent[0].packet.clone()
}

/// The packet with the checksum of the IP header, which the capture shows as the kernel filled it in.
const V2_PASS: &str =
    "45c0002c00010000ff70d08a0a030001e0000012 2133640201 01d364 0a030064 0a030065 6162636465666768";
const V3: &str = "45c0002000010000ff70d0960a030001e0000012 3134640100327594 0a03006e";
const V2_AH: &str = "45c0004000010000ff33d0b30a030001e0000012 70040000 0a030001 00000001 b49528aebb640872faf83a13 \
                     2137780102015a41 0a030082 0000000000000000";
const V3_HMAC: &str = "45c0003c00010000ff70d07a0a030001e0000012 3136780100646156 0a030078 \
                       010700006b05aa92599c0000 9b6c5447d49524bac5fa550539ea1861";

fn v2_pass() -> Instance {
    let mut instance = v4(51, 100, &["10.3.0.100/32", "10.3.0.101/32"]);
    instance.authentication = Authentication::Password(Secret::new(b"abcdefgh".to_vec()));
    instance
}

fn v3() -> Instance {
    let mut instance = v4(52, 100, &["10.3.0.110/32"]);
    (instance.version, instance.advert_int) = (Version::V3, Micros::from_millis(500));
    instance
}

fn v2_ah() -> Instance {
    let mut instance = v4(55, 120, &["10.3.0.130/32"]);
    instance.authentication = Authentication::Ah(Secret::new(b"secret".to_vec()));
    instance
}

fn v3_hmac() -> Instance {
    let mut instance = v4(54, 120, &["10.3.0.120/32"]);
    instance.version = Version::V3;
    instance.authentication = Authentication::Hmac(AuthHmac {
        keys: vec![HmacKey {
            id: 7,
            value: Secret::new((0..32).collect()),
        }],
        active_key: 7,
        anti_replay: AntiReplay::Time {
            window: Micros::from_secs(5),
        },
        mode: AuthHmacMode::Enforce,
    });
    instance
}

#[test]
fn adverts_are_sent_as_captured() {
    assert_eq!(first_advert(v2_pass()), hex(V2_PASS));
    assert_eq!(first_advert(v3()), hex(V3));
    assert_eq!(first_advert(v2_ah()), hex(V2_AH));
}

#[test]
fn an_advert_over_ipv6_is_sent_as_captured_but_for_the_kernels_checksum() {
    let instance = v6(53, 150, &["fe80::5300/128", "2001:db8::53/128"]);
    let mut lab = captured_from(instance);
    lab.run_ms(4_000);
    let expected = "3135960200640000 fe800000000000000000000000005300 20010db8000000000000000000000053";
    assert_eq!(lab.sent[0].packet, hex(expected));
    assert_eq!(lab.sent[0].advert.source, ip("fe80::ff:fe00:a"));
    assert_eq!(lab.sent[0].advert.hop_limit, Some(255));
}

#[test]
fn a_signed_advert_is_sent_as_captured() {
    let mut lab = captured_from(v3_hmac());
    let deadline = lab.router.instance_deadline(lab.id("V")).unwrap();
    lab.now.time = deadline;
    lab.now.wall = WallTime(1_795_533_458_350_040);
    lab.input(vrrp::Input::DeadlineReached);
    assert_eq!(lab.sent[0].packet, hex(V3_HMAC));
}

#[test]
fn priority_zero_is_sent_as_captured() {
    let mut lab = captured_from(v2_pass());
    lab.run_ms(4_000);
    lab.input(vrrp::Input::Stop(vrrp::Release::Everything));
    let last = lab.sent.last().unwrap().message().to_vec();
    assert_eq!(last[..8], hex("2133000201013765"));
}

#[test]
fn captured_adverts_are_accepted() {
    for (instance, packet) in [
        (v2_pass(), V2_PASS),
        (v3(), V3),
        (v2_ah(), V2_AH),
        (v3_hmac(), V3_HMAC),
    ] {
        let interfaces = Interfaces(vec![ethernet(2, "eth0", &["10.3.0.2/24"])]);
        let mut lab = Lab::with(config(vec![instance]), interfaces, Micros::ZERO, &[]);
        lab.hear_packet("V", ip("10.3.0.1"), &hex(packet));
        let heard = lab.get("V").master().map(|master| master.address);
        assert_eq!(heard, Some(ip("10.3.0.1")), "{packet}: {:?}", lab.log);
        assert_eq!(
            (lab.get("V").stats().advert_rcvd, lab.get("V").stats().dropped()),
            (1, 0)
        );
    }
}

#[test]
fn identifications_follow_each_other_and_leave_zero_out() {
    let mut lab = captured_from(v3());
    lab.run(Micros::from_secs(65_540 / 2 + 4));
    let ids: Vec<_> = lab
        .sent
        .iter()
        .map(|sent| u16::from_be_bytes([sent.packet[4], sent.packet[5]]))
        .collect();
    assert_eq!(ids[..3], [1, 2, 3]);
    assert_eq!(ids[65_533..65_537], [65_534, 65_535, 1, 2]);
}
