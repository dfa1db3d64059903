//! UDP, DNS and ping.

use super::{TIMEOUT, at, begin, connection, failed, request, succeeded};
use crate::dialogue::{Incoming, Step, Transport};
use crate::failure::{ConnectFailure, Failure, Wait};
use model::{
    CheckKind, Connection, DnsCheck, DnsName, DnsType, PingCheck, ReplyContent, ReplyPattern, UdpCheck,
};

const SILENCE: Failure = Failure::TimedOut {
    waiting: Wait::Reply,
    after: TIMEOUT,
};

fn udp(require_reply: bool, content: Option<ReplyContent>) -> CheckKind {
    CheckKind::Udp(Box::new(UdpCheck {
        connection: connection(),
        payload: None,
        require_reply,
        content,
    }))
}

fn content(min_length: u16, max_length: u16) -> ReplyContent {
    let pattern = ReplyPattern {
        bytes: vec![0x01, 0x20],
        mask: vec![0xff, 0xf0],
    };
    ReplyContent {
        pattern,
        min_length,
        max_length,
    }
}

#[test]
fn udp_sends_the_text_or_the_payload() {
    let mut dialogue = begin(&udp(false, None));
    assert_eq!(dialogue.transport(), Transport::Datagram { errors: true });
    assert_eq!(request(&mut dialogue), b"keepalived check - keepalived ch");
    let payload = Some(vec![1, 2, 3]);
    let check = UdpCheck {
        connection: connection(),
        payload,
        require_reply: false,
        content: None,
    };
    assert_eq!(request(&mut begin(&CheckKind::Udp(Box::new(check)))), [1, 2, 3]);
}

#[test]
fn udp_judges_what_comes_back() {
    let refused = ConnectFailure::Refused;
    let rows = [
        (udp(false, None), Incoming::TimedOut, succeeded()),
        (udp(true, None), Incoming::TimedOut, failed(SILENCE)),
        (udp(true, None), Incoming::Received(b""), succeeded()),
        (
            udp(false, None),
            Incoming::Unreachable,
            failed(Failure::Unreachable),
        ),
        (udp(true, None), Incoming::OtherIcmp, succeeded()),
        (
            udp(false, None),
            Incoming::Failed(refused),
            failed(Failure::Receive(refused)),
        ),
        (
            udp(true, Some(content(0, 255))),
            Incoming::Received(&[0x01, 0x2f, 0x99]),
            succeeded(),
        ),
        (
            udp(true, Some(content(0, 255))),
            Incoming::Received(&[0x01, 0x30]),
            failed(Failure::ReplyMismatch),
        ),
        (
            udp(true, Some(content(0, 255))),
            Incoming::Received(b""),
            succeeded(),
        ),
        (
            udp(true, Some(content(1, 255))),
            Incoming::Received(b""),
            failed(Failure::ReplyLength(0)),
        ),
        (
            udp(true, Some(content(0, 2))),
            Incoming::Received(&[0x01, 0x20, 0]),
            failed(Failure::ReplyLength(3)),
        ),
        (
            udp(true, Some(content(3, 2))),
            Incoming::Received(&[0x01, 0x20]),
            failed(Failure::ReplyLength(2)),
        ),
    ];
    for (kind, incoming, expected) in rows {
        let mut dialogue = begin(&kind);
        request(&mut dialogue);
        assert_eq!(dialogue.handle(at(1), Incoming::Sent), Step::Wait);
        assert_eq!(dialogue.deadline(), at(6));
        assert_eq!(
            dialogue.handle(at(2), incoming.clone()),
            expected,
            "{kind:?} {incoming:?}"
        );
    }
}

fn dns(kind: DnsType, name: &str) -> CheckKind {
    CheckKind::Dns(Box::new(DnsCheck {
        connection: connection(),
        kind,
        name: DnsName::new(name).unwrap(),
    }))
}

#[test]
fn dns_queries_are_the_reference_bytes() {
    let header = [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
    let root = [&header[..], &[0, 0, 6, 0, 1]].concat();
    assert_eq!(request(&mut begin(&dns(DnsType::Soa, "."))), root);
    let named = [&header[..], b"\x03www\x07example\x00", &[0, 28, 0, 1]].concat();
    assert_eq!(request(&mut begin(&dns(DnsType::Aaaa, "www.example."))), named);
    let odd = [&header[..], b"\x05_a\\b*\x00", &[0, 48, 0, 1]].concat();
    assert_eq!(request(&mut begin(&dns(DnsType::Dnskey, "_a\\b*"))), odd);
}

#[test]
fn dns_takes_the_first_response_to_its_query() {
    let response = |id: u8, flags: u8, code: u8| vec![0x12, id, flags, code, 0, 0, 0, 0, 0, 0, 0, 0];
    let rows = [
        (response(0x34, 0x80, 0x80), succeeded()),
        (response(0x34, 0x82, 0), succeeded()), // truncated
        (response(0x34, 0x80, 3), failed(Failure::DnsCode(3))),
        (response(0x34, 0x80, 5), failed(Failure::DnsCode(5))),
        (response(0x35, 0x80, 0), Step::Wait),      // of another query
        (response(0x34, 0x00, 0), Step::Wait),      // no response
        (vec![0x12, 0x34, 0x80, 0, 0], Step::Wait), // too short
    ];
    for (datagram, expected) in rows {
        let mut dialogue = begin(&dns(DnsType::A, "example"));
        request(&mut dialogue);
        dialogue.handle(at(1), Incoming::Sent);
        assert_eq!(dialogue.deadline(), at(5), "the limit is for all of it");
        assert_eq!(
            dialogue.handle(at(2), Incoming::Received(&datagram)),
            expected,
            "{datagram:?}"
        );
    }
    assert_eq!(
        begin(&dns(DnsType::A, "example")).handle(at(5), Incoming::TimedOut),
        failed(SILENCE)
    );
}

#[test]
fn pings_carry_their_sequence() {
    let ping = |address: &str| {
        let connection = Connection::to(address.parse().unwrap());
        CheckKind::Ping(Box::new(PingCheck { connection }))
    };
    for (address, kinds) in [("10.0.0.3:0", (8, 0)), ("[fd00::3]:0", (128, 129))] {
        let sent = |incoming: Incoming<'_>| {
            let mut dialogue = begin(&ping(address));
            assert_eq!(dialogue.transport(), Transport::Echo);
            let request = request(&mut dialogue);
            assert_eq!(request[..8], [kinds.0, 0, 0, 0, 0, 0, 0, 7]);
            assert_eq!(request.len(), 136);
            assert!(request[8..].starts_with(b"keepalived check - keepalived check - "));
            dialogue.handle(at(1), Incoming::Sent);
            dialogue.handle(at(2), incoming)
        };
        assert_eq!(
            sent(Incoming::Received(&[kinds.1, 0, 9, 9, 9, 9, 0, 7, 1])),
            succeeded()
        );
        let mismatch = failed(Failure::EchoMismatch);
        assert_eq!(
            sent(Incoming::Received(&[kinds.1, 0, 0, 0, 0, 0, 0, 6])),
            mismatch
        );
        assert_eq!(sent(Incoming::Received(&[3, 0, 0, 0, 0, 0, 0, 7])), mismatch);
        assert_eq!(sent(Incoming::Received(&[kinds.1, 0, 0, 0, 0, 0, 0])), mismatch);
        assert_eq!(sent(Incoming::TimedOut), failed(SILENCE));
    }
}
