//! Gratuitous ARPs and neighbour advertisements on the other end of the cable.

use crate::capture::{Capture, ether_type};
use crate::lab::{cable, interface, isolated, run};
use kernel::announcer::{Announcement, Announcer};
use kernel::snapshot;
use model::MacAddr;
use nix::errno::Errno;
use wire::ndp::Role;
use wire::{arp, ndp};

const MAC: MacAddr = MacAddr([0x00, 0x00, 0x5e, 0x00, 0x01, 0x33]);

#[test]
fn frames_arrive_byte_for_byte() {
    isolated("announcements::frames_arrive_byte_for_byte", || {
        cable("v0", "v1");
        let interfaces = snapshot().unwrap();
        let v0 = interface(&interfaces, "v0").index;
        let capture = Capture::on(interface(&interfaces, "v1").index);
        let mut announcer = Announcer::open().unwrap();
        let v4 = Announcement {
            interface: v0,
            mac: MAC,
            address: [10, 3, 0, 100].into(),
            role: Role::Host,
        };
        let v6 = Announcement {
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53].into(),
            role: Role::Router,
            ..v4
        };
        let mut failures = Vec::new();
        assert_eq!(announcer.send(&[v4, v6].into_iter(), &mut failures), 2);
        assert_eq!(failures, []);

        let mut expected = [0; arp::FRAME_LEN];
        arp::gratuitous(&mut expected, MAC.0, [10, 3, 0, 100].into());
        let seen = capture.next(|frame| ether_type(frame) == 0x0806);
        assert_eq!(seen, expected);
        let mut expected = [0; ndp::FRAME_LEN];
        ndp::unsolicited(
            &mut expected,
            MAC.0,
            [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53].into(),
            Role::Router,
        );
        let seen = capture.next(|frame| frame[6..12] == MAC.0 && ether_type(frame) == 0x86dd);
        assert_eq!(seen, expected);
    });
}

#[test]
fn thousands_leave_and_keep_their_order() {
    isolated("announcements::thousands_leave_and_keep_their_order", || {
        cable("v0", "v1");
        let interfaces = snapshot().unwrap();
        let v0 = interface(&interfaces, "v0").index;
        let mut announcer = Announcer::open().unwrap();
        let all = (0..3000_u16).map(|number| {
            let [high, low] = number.to_be_bytes();
            Announcement {
                interface: v0,
                mac: MAC,
                address: [10, 1, high, low].into(),
                role: Role::Host,
            }
        });
        let mut failures = Vec::new();
        let mut done = 0;
        while done < 3000 {
            let capture = Capture::on(interface(&interfaces, "v1").index);
            // A packet socket has room for some hundred frames.
            let sent = announcer.send(&all.clone().skip(done).take(100), &mut failures);
            for number in done..done + sent {
                let frame = capture.next(|frame| ether_type(frame) == 0x0806);
                let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
                assert_eq!(frame[28..32], [10, 1, high, low]);
            }
            done += sent;
        }
        assert_eq!(failures, []);
        assert_eq!(announcer.send(&all, &mut failures), 3000);
        assert_eq!(failures, []);
    });
}

#[test]
fn an_interface_that_is_down_holds_up_none_of_the_others() {
    isolated(
        "announcements::an_interface_that_is_down_holds_up_none_of_the_others",
        || {
            cable("v0", "v1");
            cable("w0", "w1");
            run("ip link set w0 down");
            let interfaces = snapshot().unwrap();
            let capture = Capture::on(interface(&interfaces, "v1").index);
            let on = |name: &str, last: u8| Announcement {
                interface: interface(&interfaces, name).index,
                mac: MAC,
                address: [10, 1, 0, last].into(),
                role: Role::Host,
            };
            let mut announcer = Announcer::open().unwrap();
            let mut failures = Vec::new();
            let list = [on("w0", 1), on("v0", 2), on("w0", 3), on("v0", 4)];
            assert_eq!(announcer.send(&list.into_iter(), &mut failures), 4);
            assert_eq!(failures, [(0, Errno::ENETDOWN), (2, Errno::ENETDOWN)]);
            for last in [2, 4] {
                let frame = capture.next(|frame| ether_type(frame) == 0x0806);
                assert_eq!(frame[31], last);
            }
        },
    );
}
