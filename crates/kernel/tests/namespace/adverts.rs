//! Adverts on the other end of the cable, captured and received.

use crate::capture::{Capture, ether_type};
use crate::lab::{cable, interface, isolated, named, run};
use kernel::advert_socket::{
    Advert, AdvertReceiver, AdvertSender, Arrival, Arrivals, Cast, Endpoint, Listen,
};
use kernel::{ReceiveBuffer, snapshot};
use model::interface::Interfaces;
use model::{Family, IfIndex};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;

const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// The IPv4 advert of `spec/vrrp-protocol.md` section 2.4, second line, its header checksum left out.
fn ipv4_packet(id: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0xc0, 0x00, 0x20];
    packet.extend(id.to_be_bytes());
    packet.extend([
        0, 0, 0xff, 0x70, 0, 0, 0x0a, 0x03, 0x00, 0x01, 0xe0, 0x00, 0x00, 0x12,
    ]);
    packet.extend([
        0x31, 0x34, 0x64, 0x01, 0x00, 0x32, 0x75, 0x94, 0x0a, 0x03, 0x00, 0x6e,
    ]);
    packet
}

fn ipv4_advert(interface: Option<IfIndex>, bytes: &[u8]) -> Advert<'_> {
    Advert {
        interface,
        source: [10, 3, 0, 1].into(),
        destination: GROUP_V4.into(),
        hop_limit: None,
        bytes,
    }
}

fn index(interfaces: &Interfaces, name: &str) -> IfIndex {
    interface(interfaces, name).index
}

fn receiver(interfaces: &Interfaces, name: &str, listen: Listen) -> AdvertReceiver {
    let (Listen::Multicast(address) | Listen::Unicast(address)) = listen;
    AdvertReceiver::open(&Endpoint {
        family: Family::of(address),
        protocol: 112,
        interface: Some((index(interfaces, name), named(name))),
        listen,
        buffer: ReceiveBuffer::Default,
    })
    .unwrap()
}

/// Waits until something has arrived.
fn receive(receiver: &AdvertReceiver, arrivals: &mut Arrivals) -> usize {
    let mut descriptors = [PollFd::new(receiver.as_fd(), PollFlags::POLLIN)];
    assert_eq!(
        poll(&mut descriptors, PollTimeout::from(10_000_u16)).unwrap(),
        1,
        "nothing arrives"
    );
    receiver.receive(arrivals).unwrap()
}

fn link_local(interfaces: &Interfaces, name: &str) -> Ipv6Addr {
    match interface(interfaces, name).source_candidates(Family::Ipv6).next() {
        Some(IpAddr::V6(address)) => address,
        other => panic!("{name} has {other:?}"),
    }
}

#[test]
fn an_ipv4_advert_is_captured_byte_for_byte() {
    isolated("adverts::an_ipv4_advert_is_captured_byte_for_byte", || {
        cable("v0", "v1");
        let interfaces = snapshot().unwrap();
        let capture = Capture::on(index(&interfaces, "v1"));
        let mut sender = AdvertSender::open(Family::Ipv4, 112, Cast::Multicast, Some(&named("v0"))).unwrap();
        let mut failures = Vec::new();
        let packet = ipv4_packet(1);
        sender.send(&std::iter::once(ipv4_advert(None, &packet)), &mut failures);
        assert_eq!(failures, []);
        let frame = capture.next(|frame| ether_type(frame) == 0x0800);
        let mut expected = vec![0x01, 0x00, 0x5e, 0x00, 0x00, 0x12];
        expected.extend(interface(&interfaces, "v0").mac.unwrap().0);
        expected.extend([0x08, 0x00]);
        let mut ip = packet;
        // Header checksum as in the spec's capture.
        ip[10..12].copy_from_slice(&[0xd0, 0x96]);
        expected.extend(ip);
        assert_eq!(frame, expected);
    });
}

#[test]
fn one_socket_sends_by_many_interfaces() {
    isolated("adverts::one_socket_sends_by_many_interfaces", || {
        cable("v0", "v1");
        cable("w0", "w1");
        run("ip addr add 10.3.0.1/24 dev v0");
        let interfaces = snapshot().unwrap();
        let captures = ["v1", "w1"].map(|name| Capture::on(index(&interfaces, name)));
        let mut sender = AdvertSender::open(Family::Ipv4, 112, Cast::Multicast, None).unwrap();
        let mut failures = Vec::new();
        let packets: Vec<Vec<u8>> = (1..=40).map(ipv4_packet).collect();
        let adverts = packets.iter().zip(["v0", "w0"].into_iter().cycle());
        sender.send(
            &adverts.map(|(packet, name)| ipv4_advert(Some(index(&interfaces, name)), packet)),
            &mut failures,
        );
        assert_eq!(failures, []);
        for (first, capture) in (1..).zip(captures) {
            for id in (first..=40_u8).step_by(2) {
                let frame = capture.next(|frame| ether_type(frame) == 0x0800 && frame[23] == 112);
                assert_eq!(frame[19], id);
            }
        }
    });
}

#[test]
fn ipv4_adverts_are_received_in_batches() {
    isolated("adverts::ipv4_adverts_are_received_in_batches", || {
        cable("v0", "v1");
        cable("w0", "w1");
        let interfaces = snapshot().unwrap();
        let here = receiver(&interfaces, "v1", Listen::Multicast(GROUP_V4.into()));
        let elsewhere = receiver(&interfaces, "w1", Listen::Multicast(GROUP_V4.into()));
        let own_side = receiver(&interfaces, "v0", Listen::Multicast(GROUP_V4.into()));
        let mut sender = AdvertSender::open(Family::Ipv4, 112, Cast::Multicast, Some(&named("v0"))).unwrap();
        let packets: Vec<Vec<u8>> = (1..=100).map(ipv4_packet).collect();
        let mut failures = Vec::new();
        sender.send(
            &packets.iter().map(|packet| ipv4_advert(None, packet)),
            &mut failures,
        );
        assert_eq!(failures, []);

        let mut arrivals = Arrivals::new();
        let mut seen = Vec::new();
        while seen.len() < 100 {
            let count = receive(&here, &mut arrivals);
            assert_eq!(arrivals.iter().count(), count);
            for arrival in arrivals.iter() {
                let Arrival::Ipv4(bytes) = arrival else {
                    panic!("an IPv6 datagram at an IPv4 socket");
                };
                let datagram = wire::ipv4::Datagram::new(bytes).unwrap();
                assert_eq!((datagram.ttl(), datagram.protocol()), (255, 112));
                seen.push(datagram.id());
            }
        }
        assert_eq!(seen, (1..=100).collect::<Vec<u16>>());
        assert_eq!(here.receive(&mut arrivals).unwrap(), 0, "drained");
        assert_eq!(elsewhere.receive(&mut arrivals).unwrap(), 0, "on the other cable");
        assert_eq!(own_side.receive(&mut arrivals).unwrap(), 0, "not looped back");
    });
}

#[test]
fn ipv6_adverts_have_source_hop_limit_and_checksum() {
    isolated("adverts::ipv6_adverts_have_source_hop_limit_and_checksum", || {
        cable("v0", "v1");
        let interfaces = snapshot().unwrap();
        let source = link_local(&interfaces, "v0");
        let capture = Capture::on(index(&interfaces, "v1"));
        let here = receiver(&interfaces, "v1", Listen::Multicast(GROUP_V6.into()));
        let mut sender = AdvertSender::open(Family::Ipv6, 112, Cast::Multicast, None).unwrap();
        let mut payload = vec![0x31, 0x35, 0x96, 0x01, 0x00, 0x64, 0x00, 0x00];
        payload.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0]);
        let advert = Advert {
            interface: Some(index(&interfaces, "v0")),
            source: source.into(),
            destination: GROUP_V6.into(),
            hop_limit: None,
            bytes: &payload,
        };
        let mut failures = Vec::new();
        let is_advert = |frame: &[u8]| ether_type(frame) == 0x86dd && frame[20] == 112;
        // One with an address that is not there yet.
        let absent: Ipv6Addr = "2001:db8::9".parse().unwrap();
        let of_owner = Advert {
            source: absent.into(),
            ..advert
        };
        sender.send(&std::iter::once(of_owner), &mut failures);
        assert_eq!(failures, []);
        assert_eq!(capture.next(is_advert)[22..38], absent.octets());

        sender.send(&std::iter::once(advert), &mut failures);
        assert_eq!(failures, []);

        let frame = capture.next(is_advert);
        assert_eq!(frame[..6], [0x33, 0x33, 0, 0, 0, 0x12]);
        assert_eq!(frame[14..16], [0x6c, frame[15] & 0x0f], "traffic class 0xc0");
        assert_eq!(frame[21], 255, "hop limit");
        assert_eq!(frame[22..38], source.octets());
        assert_eq!(frame[38..54], GROUP_V6.octets());
        let mut expected = payload.clone();
        let checksum = wire::checksum::PseudoHeader::Ipv6 {
            source,
            destination: GROUP_V6,
        }
        .sum(112, payload.len())
        .bytes(&payload)
        .checksum();
        expected[6..8].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(frame[54..], expected);

        let mut arrivals = Arrivals::new();
        assert_eq!(receive(&here, &mut arrivals), 2);
        let arrival = arrivals.iter().nth(1).unwrap();
        assert_eq!(
            arrival,
            Arrival::Ipv6 {
                source,
                destination: GROUP_V6,
                hop_limit: 255,
                payload: &expected,
            }
        );
    });
}

#[test]
fn unicast_is_received_on_an_address_that_comes_later() {
    isolated(
        "adverts::unicast_is_received_on_an_address_that_comes_later",
        || {
            cable("v0", "v1");
            let interfaces = snapshot().unwrap();
            let ours: Ipv4Addr = [10, 9, 0, 1].into();
            let here = receiver(&interfaces, "v1", Listen::Unicast(ours.into()));
            run("ip addr add 10.9.0.1/24 dev v1");
            // No ARP between two ends in one namespace.
            let mac = interface(&interfaces, "v1").mac.unwrap();
            run("ip route add 10.9.0.1/32 dev v0 table 9");
            run(&format!("ip neigh add 10.9.0.1 lladdr {mac} dev v0"));
            run("ip rule add pref 0 oif v0 lookup 9");
            let mut sender = AdvertSender::open(Family::Ipv4, 112, Cast::Unicast, None).unwrap();
            let mut packet = ipv4_packet(1);
            packet[16..20].copy_from_slice(&ours.octets());
            let advert = Advert {
                destination: ours.into(),
                ..ipv4_advert(Some(index(&interfaces, "v0")), &packet)
            };
            let mut failures = Vec::new();
            sender.send(&std::iter::once(advert), &mut failures);
            assert_eq!(failures, []);
            let mut arrivals = Arrivals::new();
            assert_eq!(receive(&here, &mut arrivals), 1);
        },
    );
}

#[test]
fn an_interface_that_is_down_holds_up_none_of_the_others() {
    isolated(
        "adverts::an_interface_that_is_down_holds_up_none_of_the_others",
        || {
            cable("v0", "v1");
            cable("w0", "w1");
            run("ip link set w0 down");
            let interfaces = snapshot().unwrap();
            let here = receiver(&interfaces, "v1", Listen::Multicast(GROUP_V4.into()));
            let mut sender = AdvertSender::open(Family::Ipv4, 112, Cast::Multicast, None).unwrap();
            let packet = ipv4_packet(1);
            let adverts =
                ["w0", "v0", "w0", "v0"].map(|name| ipv4_advert(Some(index(&interfaces, name)), &packet));
            let mut failures = Vec::new();
            sender.send(&adverts.into_iter(), &mut failures);
            let positions: Vec<usize> = failures.iter().map(|(position, _)| *position).collect();
            assert_eq!(positions, [0, 2], "{failures:?}");
            let mut arrivals = Arrivals::new();
            let mut count = 0;
            while count < 2 {
                count += receive(&here, &mut arrivals);
            }
        },
    );
}

#[test]
fn a_queue_that_stands_still_is_reported_and_holds_up_no_other_interface() {
    isolated(
        "adverts::a_queue_that_stands_still_is_reported_and_holds_up_no_other_interface",
        || {
            cable("v0", "v1");
            cable("w0", "w1");
            run("tc qdisc add dev w0 root tbf rate 1kbit burst 1540 limit 10mb");
            let interfaces = snapshot().unwrap();
            let here = receiver(&interfaces, "v1", Listen::Multicast(GROUP_V4.into()));
            let open =
                |name| AdvertSender::open(Family::Ipv4, 112, Cast::Multicast, Some(&named(name))).unwrap();
            let (mut stalled, mut flowing) = (open("w0"), open("v0"));
            let packet = ipv4_packet(1);
            let mut failures = Vec::new();
            stalled.send(
                &std::iter::repeat_n(ipv4_advert(None, &packet), 3000),
                &mut failures,
            );
            let (first, _) = failures[0];
            let expected: Vec<(usize, Errno)> =
                (first..3000).map(|position| (position, Errno::EAGAIN)).collect();
            assert_eq!(failures, expected);

            failures.clear();
            flowing.send(
                &std::iter::repeat_n(ipv4_advert(None, &packet), 50),
                &mut failures,
            );
            assert_eq!(failures, []);
            let mut arrivals = Arrivals::new();
            let mut count = 0;
            while count < 50 {
                count += receive(&here, &mut arrivals);
            }
        },
    );
}
