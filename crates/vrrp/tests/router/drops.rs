//! What is not a valid advert changes nothing but one counter (`spec/vrrp-protocol.md` section 5).

use crate::build::{config, instance, ip};
use crate::lab::{Lab, advert};
use model::{Authentication, Instance, Micros, Secret, Version};
use proptest::prelude::*;
use vrrp::{State, Stats};

fn valid(v: &Instance) -> Vec<u8> {
    advert(v, ip("10.0.0.9"), ip("224.0.0.18"), 200, Micros::SECOND)
}

/// Computes the checksum of a changed message anew.
fn fix_checksum(packet: &mut [u8], v: &Instance) {
    let pseudo = if v.version == Version::V3 {
        wire::checksum::PseudoHeader::Ipv4 {
            source: "10.0.0.9".parse().unwrap(),
            destination: "224.0.0.18".parse().unwrap(),
        }
    } else {
        wire::checksum::PseudoHeader::None
    };
    wire::advert::AdvertMut::new(&mut packet[20..])
        .unwrap()
        .fill_checksum(&pseudo);
}

type Change = fn(&mut Vec<u8>);
type Counter = fn(&Stats) -> u64;

#[derive(Clone, Copy)]
enum Kind {
    V2,
    V3,
    Pass,
}

use Kind::{Pass, V2, V3};

impl Kind {
    fn instance(self) -> Instance {
        let v = instance("V", 51, 100);
        match self {
            V2 => v,
            V3 => Instance {
                version: Version::V3,
                ..v
            },
            Pass => Instance {
                authentication: Authentication::Password(Secret::new(b"secret".to_vec())),
                ..v
            },
        }
    }
}

/// What is done to a valid advert, which counter counts it, and what is logged.
#[rustfmt::skip]
const ROWS: &[(Kind, Change, Counter, &str)] = &[
    (V2, |p| p.truncate(36), |s| s.packet_len_err, "vrrp packet from 10.0.0.9 too short, length 36 and expect 40"),
    (V2, |p| p.extend([0; 8]), |s| s.packet_len_err, "vrrp packet from 10.0.0.9 too long, length 48 and expect 40"),
    (V2, |p| p[8] = 254, |s| s.ip_ttl_err, "invalid TTL/HL from 10.0.0.9. Received 254 and expect 255"),
    (V3, |p| { p[20] = 0x21; p.extend([0; 8]); }, |s| s.vers_err, "wrong VRRP version from 10.0.0.9. Received 2 and expect 3"),
    (V2, |p| p[24] = 5, |s| s.invalid_authtype, "Invalid auth type from 10.0.0.9: 5"),
    (V2, |p| p[24] = 1, |s| s.authtype_mismatch, "received a 1 auth from 10.0.0.9, expecting 0!"),
    (Pass, |p| p[39] = 9, |s| s.auth_failure, "received an invalid passwd from 10.0.0.9!"),
    (V2, |p| p[25] = 3, |s| s.advert_interval_err, "advertisement interval mismatch with 10.0.0.9 mine=1 sec rcv'd=3 sec"),
    (V2, |p| p[20] = 0x22, |s| s.invalid_type_rcvd, "Invalid packet type from 10.0.0.9. 2 and expect 1"),
    (V2, |p| p[3] = 41, |s| s.packet_len_err, "vrrp packet from 10.0.0.9 has IP total length 41, but 40 bytes arrived"),
    (V2, |p| p[26] ^= 1, |s| s.chk_err, "Invalid VRRPv2 checksum from 10.0.0.9"),
    (V3, |p| p[26] ^= 1, |s| s.chk_err, "Invalid VRRPv3 checksum from 10.0.0.9"),
    (V2, |p| p[16..20].copy_from_slice(&[10, 0, 0, 1]), |s| s.addr_list_err, "packet from 10.0.0.9 has destination 10.0.0.1, which is not ours"),
];

#[test]
fn each_reason_is_counted_each_time_and_logged_once() {
    for (kind, change, counter, line) in ROWS {
        for state in [State::Backup, State::Master] {
            let v = kind.instance();
            let mut lab = Lab::new(config(vec![v.clone()]));
            if state == State::Master {
                lab.run_ms(4_000);
            }
            let timer = lab.router.instance_deadline(lab.id("V"));
            let mut packet = valid(&v);
            change(&mut packet);
            lab.hear_packet("V", ip("10.0.0.9"), &packet);
            lab.hear_packet("V", ip("10.0.0.9"), &packet);
            let logged = lab
                .log
                .iter()
                .filter(|logged| **logged == format!("(V) {line}"))
                .count();
            assert_eq!(logged, 1, "{line}: {:?}", lab.log);
            let stats = *lab.get("V").stats();
            assert_eq!(counter(&stats), 2, "{line}");
            assert_eq!(stats.dropped() + stats.addr_list_err, 2, "{line}");
            assert_eq!((stats.advert_rcvd, lab.state("V")), (0, state), "{line}");
            assert_eq!(lab.router.instance_deadline(lab.id("V")), timer, "{line}");
        }
    }
}

#[test]
fn lines_are_logged_again_after_a_change() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    let mut packet = valid(lab.get("V").config());
    packet[8] = 1;
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    lab.hear("V", "10.0.0.9", 150);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    lab.hear("V", "10.0.0.9", 150);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    lab.run_ms(4_000);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    let line = "(V) invalid TTL/HL from 10.0.0.9. Received 1 and expect 255";
    // At first, after the new master, after we became master.
    assert_eq!(lab.log.iter().filter(|logged| *logged == line).count(), 3);
}

#[test]
fn padding_of_a_short_frame_is_no_error() {
    let v = Instance {
        version: Version::V3,
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v.clone()]));
    let mut packet = valid(&v);
    packet.resize(46, 0);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    assert!(lab.get("V").master().is_some(), "{:?}", lab.log);
}

#[test]
fn other_addresses_are_complained_about_and_accepted() {
    let v = Instance {
        virtual_addresses: vec![
            crate::build::vip("10.0.0.100/32"),
            crate::build::vip("10.0.0.101/32"),
        ],
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v.clone()]));
    let mut other = v.clone();
    other.virtual_addresses.pop();
    lab.hear_from(&other, "10.0.0.9", 200, Micros::SECOND);
    assert!(lab.logged("(V) expected 2 VIPs but received 1"));
    other.virtual_addresses.push(crate::build::vip("10.0.0.102/32"));
    lab.hear_from(&other, "10.0.0.9", 200, Micros::SECOND);
    let line = "(V) ip address associated with VRID 51 not present in advert from 10.0.0.9: 10.0.0.101";
    assert!(lab.logged(line), "{:?}", lab.log);
    // The order does not matter.
    other.virtual_addresses = v.virtual_addresses.iter().rev().cloned().collect();
    lab.hear_from(&other, "10.0.0.9", 200, Micros::SECOND);
    let stats = *lab.get("V").stats();
    assert_eq!((stats.addr_list_err, stats.advert_rcvd), (2, 3));
}

#[test]
fn the_list_of_a_known_master_may_be_skipped() {
    let v = Instance {
        skip_check_adv_addr: true,
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v.clone()]));
    let mut other = v.clone();
    other.virtual_addresses = vec![crate::build::vip("10.0.0.102/32")];
    lab.hear_from(&other, "10.0.0.9", 200, Micros::SECOND);
    lab.hear_from(&other, "10.0.0.9", 200, Micros::SECOND);
    assert_eq!(lab.get("V").stats().addr_list_err, 1);
}

#[test]
fn strangers_are_ignored_and_logged_once_for_each_vrid() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    let mut packet = valid(lab.get("V").config());
    packet[21] = 77;
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    lab.hear_packet("V", ip("10.0.0.9"), &packet[..24]);
    lab.hear_packet("V", ip("10.0.0.9"), &packet[..24]);
    let lines: Vec<_> = lab.log.iter().filter(|line| !line.starts_with("(V)")).collect();
    assert_eq!(
        lines,
        [
            "Unknown VRID(77) received on interface(eth0). ignoring...",
            "IPv4 VRRP packet too short - 24 bytes"
        ]
    );
}

fn arbitrary_packet() -> impl Strategy<Value = Vec<u8>> {
    let v2 = instance("V", 51, 100);
    let v3 = Instance {
        version: Version::V3,
        ..v2.clone()
    };
    let base = prop_oneof![Just(valid(&v2)), Just(valid(&v3))];
    let mutated = (
        base,
        prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        0..8usize,
    )
        .prop_map(|(mut packet, changes, cut)| {
            for (at, value) in changes {
                let at = at.index(packet.len());
                packet[at] = value;
            }
            packet.truncate(packet.len() - cut);
            packet
        });
    prop_oneof![3 => mutated, 1 => prop::collection::vec(any::<u8>(), 0..80)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Random and mutated packets, none of them a valid advert: no state moves, no deadline moves, nothing is sent, and
    /// the log is bounded.
    #[test]
    fn what_is_no_advert_moves_nothing(packets in prop::collection::vec(arbitrary_packet(), 1..200), master: bool, v3: bool) {
        let version = if v3 { Version::V3 } else { Version::V2 };
        let v = Instance {
            version,
            authentication: Authentication::Password(Secret::new(b"unguessed".to_vec())),
            ..instance("V", 51, 100)
        };
        let v = if v3 { Instance { authentication: Authentication::None, v3_checksum_as_v2: false, ..v } } else { v };
        let mut lab = Lab::new(config(vec![v.clone()]));
        if master {
            lab.run_ms(4_000);
        }
        lab.sent.clear();
        lab.log.clear();
        let (state, timer) = (lab.state("V"), lab.router.instance_deadline(lab.id("V")));
        let mut accepted = 0;
        for packet in &packets {
            let received = lab.get("V").stats().advert_rcvd;
            lab.hear_packet("V", ip("10.0.0.9"), packet);
            accepted += lab.get("V").stats().advert_rcvd - received;
            if accepted > 0 {
                // A mutation may leave or make a valid advert; that is another test.
                return Ok(());
            }
        }
        prop_assert_eq!(lab.state("V"), state);
        prop_assert_eq!(lab.router.instance_deadline(lab.id("V")), timer);
        prop_assert!(lab.sent.is_empty());
        prop_assert!(lab.log.len() <= 60, "{:?}", lab.log);
    }

    /// Every datagram for the instance is either accepted or counted for exactly one reason.
    #[test]
    fn each_datagram_is_counted_once(packets in prop::collection::vec(arbitrary_packet(), 1..50)) {
        let v = instance("V", 51, 100);
        let mut lab = Lab::new(config(vec![v]));
        for mut packet in packets {
            if packet.len() < 28 || packet[0] != 0x45 || packet[9] != 112 {
                continue;
            }
            packet[21] = 51;
            if packet[22].is_multiple_of(2) {
                let v = model::Instance::clone(lab.get("V").config());
                fix_checksum(&mut packet, &v);
            }
            let before = *lab.get("V").stats();
            lab.hear_packet("V", ip("10.0.0.9"), &packet);
            let after = *lab.get("V").stats();
            let counted = after.dropped() - before.dropped();
            let complained = after.addr_list_err - before.addr_list_err;
            if after.advert_rcvd > before.advert_rcvd {
                prop_assert_eq!(counted, 0);
            } else {
                prop_assert_eq!(counted + complained, 1);
            }
        }
    }
}
