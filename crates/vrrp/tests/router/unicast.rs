//! Unicast peers (`spec/vrrp-protocol.md` sections 2.2 and 7).

use crate::build::{config, instance, ip, unicast};
use crate::lab::{Lab, advert};
use model::{Micros, Transport, Version};
use vrrp::{Listen, State};

fn pair(change: impl FnOnce(&mut model::Instance)) -> model::Instance {
    let mut v = instance("V", 51, 100);
    v.transport = unicast(&["10.0.0.8", "10.0.0.9"]);
    v.source = Some(ip("10.0.0.1"));
    change(&mut v);
    v
}

fn set_check(v: &mut model::Instance, min: u8) {
    if let Transport::Unicast {
        check_source, peers, ..
    } = &mut v.transport
    {
        *check_source = true;
        peers[1].min_ttl = min;
    }
}

#[test]
fn each_peer_gets_its_own_copy() {
    let mut lab = Lab::new(config(vec![pair(|v| v.version = Version::V3)]));
    let key = *lab.sockets.values().next().unwrap();
    assert_eq!(
        key.listen,
        Listen::Unicast {
            source: ip("10.0.0.1")
        }
    );
    lab.run_ms(3_610);
    let destinations: Vec<_> = lab.sent.iter().map(|sent| sent.advert.destination).collect();
    assert_eq!(destinations, [ip("10.0.0.8"), ip("10.0.0.9")]);
    for sent in &lab.sent {
        let datagram = wire::ipv4::Datagram::new(&sent.packet).unwrap();
        assert_eq!(
            (datagram.id(), datagram.destination().into()),
            (1, sent.advert.destination)
        );
        let pseudo = wire::checksum::PseudoHeader::Ipv4 {
            source: datagram.source(),
            destination: datagram.destination(),
        };
        let view = wire::advert::Advert::new(wire::Family::Ipv4, datagram.payload()).unwrap();
        assert!(view.checksum_is_valid(&pseudo));
    }
    assert_eq!(lab.get("V").stats().advert_sent, 1);
}

#[test]
fn only_peers_are_heard_when_told_to() {
    let mut lab = Lab::new(config(vec![pair(|v| set_check(v, 0))]));
    lab.hear("V", "10.0.0.7", 200);
    assert!(lab.logged("(V) unicast source address 10.0.0.7 not a unicast peer"));
    assert_eq!(lab.get("V").master(), None);
    lab.hear("V", "10.0.0.9", 200);
    assert_eq!(lab.get("V").master().unwrap().address, ip("10.0.0.9"));
}

#[test]
fn the_hop_limit_of_a_peer_may_be_bounded() {
    let mut lab = Lab::new(config(vec![pair(|v| set_check(v, 250))]));
    let v = lab.get("V").config();
    let mut packet = advert(v, ip("10.0.0.9"), ip("10.0.0.1"), 200, Micros::SECOND);
    packet[8] = 9;
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    assert!(lab.logged("(V) TTL/HL 9 from 10.0.0.9 not in range [250, 255]"));
    assert_eq!(lab.get("V").stats().ip_ttl_err, 1);
    assert_eq!(lab.get("V").master(), None);
}

#[test]
fn instances_with_one_vrid_are_told_apart_by_the_sender() {
    let mut second = pair(|v| v.transport = unicast(&["10.0.0.20"]));
    second.name = "W".to_owned();
    let mut lab = Lab::new(config(vec![pair(|_| {}), second]));
    assert_eq!(lab.sockets.len(), 1);
    lab.hear("V", "10.0.0.20", 200);
    lab.hear("V", "10.0.0.8", 150);
    lab.hear("V", "10.0.0.77", 150);
    assert_eq!(lab.get("V").master().unwrap().address, ip("10.0.0.8"));
    assert_eq!(lab.get("W").master().unwrap().address, ip("10.0.0.20"));
    assert_eq!(
        lab.get("V").stats().advert_rcvd + lab.get("W").stats().advert_rcvd,
        2
    );
}

#[test]
fn a_multicast_advert_is_not_for_a_unicast_instance() {
    let mut lab = Lab::new(config(vec![pair(|_| {})]));
    let v = lab.get("V").config();
    let packet = advert(v, ip("10.0.0.9"), ip("224.0.0.18"), 200, Micros::SECOND);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    assert_eq!(lab.get("V").stats().addr_list_err, 1);
    assert_eq!(lab.get("V").master(), None);
}

#[test]
fn the_checksum_of_an_old_peer_is_found_out_and_used() {
    let mut lab = Lab::new(config(vec![pair(|v| v.version = Version::V3)]));
    let v = lab.get("V").config();
    // The old form sums the group in place of the destination.
    let mut packet = advert(v, ip("10.0.0.9"), ip("224.0.0.18"), 200, Micros::SECOND);
    packet[16..20].copy_from_slice(&[10, 0, 0, 1]);
    lab.hear_packet("V", ip("10.0.0.9"), &packet);
    assert!(lab.logged("(V) Setting unicast VRRPv3 checksum to old version"));
    assert!(lab.get("V").uses_old_checksum());
    lab.hear("V", "10.0.0.9", 200);
    assert!(lab.logged("(V) Invalid VRRPv3 checksum from 10.0.0.9"));
    lab.run_ms(4_000);
    assert_eq!(lab.state("V"), State::Master);
    let datagram = wire::ipv4::Datagram::new(&lab.sent[0].packet).unwrap();
    let view = wire::advert::Advert::new(wire::Family::Ipv4, datagram.payload()).unwrap();
    let group = "224.0.0.18".parse().unwrap();
    let old = wire::checksum::PseudoHeader::Ipv4 {
        source: datagram.source(),
        destination: group,
    };
    assert!(view.checksum_is_valid(&old));
}

#[test]
fn back_from_fault_the_source_address_is_announced() {
    let mut lab = Lab::new(config(vec![pair(|_| {})]));
    let mut eth0 = crate::build::ethernet(2, "eth0", &[]);
    eth0.running = false;
    lab.input(vrrp::Input::InterfaceChanged(&eth0));
    assert_eq!(lab.state("V"), State::Fault);
    eth0.running = true;
    lab.input(vrrp::Input::InterfaceChanged(&eth0));
    assert_eq!(lab.announcements(), [(0, "10.0.0.1".to_owned())]);
}
