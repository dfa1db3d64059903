//! PASS, AH and `auth_hmac` (`spec/vrrp-protocol.md` sections 2.5, 2.6 and 3).

use crate::build::{config, ethernet, instance, ip, unicast};
use crate::lab::Lab;
use model::interface::Interfaces;
use model::{AntiReplay, AuthHmac, AuthHmacMode, Authentication, HmacKey, Instance, Micros, Secret, Version};
use vrrp::{State, WallTime};

fn key(id: u8) -> HmacKey {
    HmacKey {
        id,
        value: Secret::new(vec![id; 32]),
    }
}

fn hmac(mode: AuthHmacMode, active_key: u8, ids: &[u8]) -> AuthHmac {
    AuthHmac {
        keys: ids.iter().map(|id| key(*id)).collect(),
        active_key,
        anti_replay: AntiReplay::Time {
            window: Micros::from_secs(5),
        },
        mode,
    }
}

fn v3(authentication: Authentication) -> Instance {
    let mut v = instance("V", 51, 100);
    (v.version, v.authentication) = (Version::V3, authentication);
    v
}

/// A router with this address, as master.
fn sender(mut v: Instance, address: &str) -> Lab {
    v.priority = crate::build::priority(200);
    let interfaces = Interfaces(vec![ethernet(2, "eth0", &[&format!("{address}/24")])]);
    let mut lab = Lab::with(config(vec![v]), interfaces, Micros::ZERO, &[]);
    lab.run_ms(3_600);
    assert_eq!(lab.state("V"), State::Master);
    lab
}

/// The next advert of a master, with the time at which it left.
fn next_advert(lab: &mut Lab) -> (Vec<u8>, vrrp::Now) {
    lab.sent.clear();
    lab.run_ms(1_000);
    (lab.sent[0].packet.clone(), lab.now)
}

fn receiver(v: Instance) -> Lab {
    Lab::new(config(vec![v]))
}

fn hear(lab: &mut Lab, from: &str, packet: &[u8], at: vrrp::Now) {
    lab.now.wall = at.wall;
    lab.hear_packet("V", ip(from), packet);
}

#[test]
fn passwords_are_compared_in_full() {
    let with = |password: &str| {
        let mut v = instance("V", 51, 100);
        v.authentication = Authentication::Password(Secret::new(password.as_bytes().to_vec()));
        v
    };
    let mut lab = receiver(with("secret"));
    let packet = next_advert(&mut sender(with("secret"), "10.0.0.9")).0;
    let wrong = next_advert(&mut sender(with("Secret"), "10.0.0.9")).0;
    let none = next_advert(&mut sender(instance("V", 51, 100), "10.0.0.9")).0;
    let now = lab.now;
    hear(&mut lab, "10.0.0.9", &wrong, now);
    hear(&mut lab, "10.0.0.9", &none, now);
    assert_eq!(lab.get("V").master(), None);
    assert!(lab.logged("(V) received an invalid passwd from 10.0.0.9!"));
    assert!(lab.logged("(V) received a 0 auth from 10.0.0.9, expecting 1!"));
    let stats = *lab.get("V").stats();
    assert_eq!((stats.auth_failure, stats.authtype_mismatch), (1, 1));
    hear(&mut lab, "10.0.0.9", &packet, now);
    assert!(lab.get("V").master().is_some());
}

fn ah() -> Instance {
    let mut v = instance("V", 51, 100);
    v.authentication = Authentication::Ah(Secret::new(b"secret".to_vec()));
    v
}

#[test]
fn ah_refuses_replays_and_changes() {
    let mut sender = sender(ah(), "10.0.0.9");
    let (first, now) = next_advert(&mut sender);
    let (second, _) = next_advert(&mut sender);
    let mut lab = receiver(ah());
    hear(&mut lab, "10.0.0.9", &second, now);
    assert!(lab.get("V").master().is_some());
    hear(&mut lab, "10.0.0.9", &first, now);
    hear(&mut lab, "10.0.0.9", &second, now);
    assert_eq!(lab.get("V").stats().auth_failure, 2);
    let mut forged = next_advert(&mut sender).0;
    forged[46] = 250;
    hear(&mut lab, "10.0.0.9", &forged, now);
    assert!(
        lab.logged("(V) IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !")
    );
    assert_eq!(lab.get("V").stats().advert_rcvd, 1);
}

#[test]
fn an_ah_master_moves_past_the_counter_of_a_worse_one() {
    let mut lab = receiver(ah());
    lab.run_ms(4_000);
    let mut low = ah();
    low.priority = crate::build::priority(50);
    let interfaces = Interfaces(vec![ethernet(2, "eth0", &["10.0.0.9/24"])]);
    let mut worse = Lab::with(config(vec![low]), interfaces, Micros::ZERO, &[]);
    worse.run_ms(60_000);
    let packet = worse.sent.last().unwrap().packet.clone();
    lab.sent.clear();
    let now = lab.now;
    hear(&mut lab, "10.0.0.9", &packet, now);
    assert!(lab.logged("(V) IPSEC-AH : Syncing seq_num - Increment seq"));
    // The worse one accepts our answer.
    worse.hear_packet("V", ip("10.0.0.1"), &lab.sent[0].packet.clone());
    assert_eq!(worse.state("V"), State::Backup);
}

#[test]
fn ah_masters_in_step_settle_it() {
    let at = |address: &str| {
        let interfaces = Interfaces(vec![ethernet(2, "eth0", &[&format!("{address}/24")])]);
        Lab::with(config(vec![ah()]), interfaces, Micros::ZERO, &[])
    };
    let (mut one, mut two) = (at("10.0.0.1"), at("10.0.0.9"));
    for _ in 0..6 {
        for lab in [&mut one, &mut two] {
            lab.sent.clear();
            lab.run_ms(1_000);
        }
        let (from_one, from_two) = (std::mem::take(&mut one.sent), std::mem::take(&mut two.sent));
        for sent in from_one {
            two.hear_packet("V", ip("10.0.0.1"), &sent.packet);
        }
        for sent in from_two {
            one.hear_packet("V", ip("10.0.0.9"), &sent.packet);
        }
    }
    // Both became master at the same time, and dropped each other's first advert as a replay.
    assert!(two.get("V").stats().auth_failure > 0);
    assert_eq!((one.state("V"), two.state("V")), (State::Backup, State::Master));
}

#[test]
fn a_signed_advert_is_accepted_once() {
    let v = v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, 1, &[1, 2])));
    let mut sender = sender(v.clone(), "10.0.0.9");
    let (old, _) = next_advert(&mut sender);
    let (packet, now) = next_advert(&mut sender);
    let mut lab = receiver(v);
    hear(&mut lab, "10.0.0.9", &packet, now);
    assert!(lab.get("V").master().is_some());
    hear(&mut lab, "10.0.0.9", &packet, now);
    hear(&mut lab, "10.0.0.9", &old, now);
    assert_eq!(lab.get("V").stats().auth_ext_replay, 2);
    assert!(lab.logged("(V) replayed authentication trailer from 10.0.0.9"));
}

#[test]
fn each_failure_of_a_trailer_has_its_counter() {
    let enforce = |active, ids: &[u8]| v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, active, ids)));
    let (good, now) = next_advert(&mut sender(enforce(1, &[1]), "10.0.0.9"));
    let (unsigned, _) = next_advert(&mut sender(v3(Authentication::None), "10.0.0.9"));
    let (unknown, _) = next_advert(&mut sender(enforce(3, &[3]), "10.0.0.9"));
    let mut lab = receiver(enforce(1, &[1, 2]));
    let at = good.len() - 28;
    let mut malformed = good.clone();
    malformed[at] = 2;
    let mut forged = good.clone();
    forged[22] = 250;
    let late = now.after(Micros::from_secs(60));
    for (packet, at) in [
        (&unsigned, now),
        (&malformed, now),
        (&unknown, now),
        (&forged, now),
        (&good, late),
    ] {
        hear(&mut lab, "10.0.0.9", packet, at);
    }
    let stats = *lab.get("V").stats();
    assert_eq!(
        (
            stats.auth_ext_missing,
            stats.auth_ext_malformed,
            stats.auth_ext_unknown_key,
            stats.auth_ext_invalid_hmac,
            stats.auth_ext_stale,
            stats.advert_rcvd,
        ),
        (1, 1, 1, 1, 1, 0)
    );
    for line in [
        "(V) missing authentication trailer from 10.0.0.9",
        "(V) malformed authentication trailer from 10.0.0.9",
        "(V) unknown authentication key id 3 from 10.0.0.9",
        "(V) invalid authentication HMAC from 10.0.0.9",
        "(V) stale authentication trailer from 10.0.0.9, clock skew 60 sec exceeds window 5 sec",
    ] {
        assert!(lab.logged(line), "{line}");
    }
}

#[test]
fn keys_can_be_rotated_and_modes_are_lenient_as_told() {
    let permissive = v3(Authentication::Hmac(hmac(AuthHmacMode::Permissive, 1, &[1, 2])));
    let (unsigned, now) = next_advert(&mut sender(v3(Authentication::None), "10.0.0.9"));
    let (second, _) = next_advert(&mut sender(
        v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, 2, &[1, 2]))),
        "10.0.0.8",
    ));
    let mut lab = receiver(permissive);
    hear(&mut lab, "10.0.0.9", &unsigned, now);
    assert_eq!(lab.get("V").master().unwrap().address, ip("10.0.0.9"));
    hear(&mut lab, "10.0.0.8", &second, now);
    assert_eq!(lab.get("V").master().unwrap().address, ip("10.0.0.8"));
    // Who only receives sends none.
    let receive_only = v3(Authentication::Hmac(hmac(AuthHmacMode::ReceiveOnly, 1, &[1])));
    assert_eq!(next_advert(&mut sender(receive_only, "10.0.0.9")).0.len(), 32);
    // Without auth_hmac a trailer is too much.
    let mut plain = receiver(v3(Authentication::None));
    hear(&mut plain, "10.0.0.8", &second, now);
    assert!(plain.logged("(V) vrrp packet from 10.0.0.8 too long, length 60 and expect 32"));
}

#[test]
fn a_clock_that_is_off_is_warned_about() {
    let v = v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, 1, &[1])));
    let (packet, now) = next_advert(&mut sender(v.clone(), "10.0.0.9"));
    let mut lab = receiver(v);
    hear(&mut lab, "10.0.0.9", &packet, now.after(Micros::from_secs(4)));
    assert!(lab.get("V").master().is_some());
    let line = "(V) authentication clock skew 4 sec from 10.0.0.9 approaching window 5 sec";
    assert!(lab.logged(line), "{:?}", lab.log);
}

#[test]
fn our_own_sequence_never_goes_back_unless_the_clock_was_far_ahead() {
    let v = v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, 1, &[1])));
    let mut lab = sender(v, "10.0.0.9");
    let sequence = |lab: &mut Lab| {
        let packet = next_advert(lab).0;
        u64::from_be_bytes(packet[packet.len() - 24..packet.len() - 16].try_into().unwrap())
    };
    let first = sequence(&mut lab);
    lab.now.wall = WallTime(lab.now.wall.0 - 4_000_000);
    assert_eq!(sequence(&mut lab), first + 1);
    lab.now.wall = WallTime(lab.now.wall.0 - 60_000_000);
    assert!(sequence(&mut lab) < first);
}

#[test]
fn unicast_peers_have_a_mark_each_and_strangers_none() {
    let v = |source: &str| {
        let mut v = v3(Authentication::Hmac(hmac(AuthHmacMode::Enforce, 1, &[1])));
        v.transport = unicast(&["10.0.0.1", "10.0.0.8", "10.0.0.9"]);
        v.source = Some(ip(source));
        v
    };
    let mut lab = receiver(v("10.0.0.1"));
    for address in ["10.0.0.8", "10.0.0.9", "10.0.0.7"] {
        let (packet, now) = next_advert(&mut sender(v(address), address));
        hear(&mut lab, address, &packet, now);
    }
    let stats = *lab.get("V").stats();
    assert_eq!((stats.advert_rcvd, stats.unknown_peer), (2, 1));
}
