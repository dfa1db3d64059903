//! Whatever a server sends, a dialogue neither panics nor goes on after its end was due.

use super::{begin, connection};
use crate::dialogue::{Incoming, Step};
use crate::failure::{ConnectFailure, TlsFailure};
use model::{
    BodyDigest, CheckKind, DnsCheck, DnsName, DnsType, HttpCheck, HttpProtocol, PingCheck, ReplyContent,
    ReplyPattern, SmtpCheck, TcpCheck, Time, TlsSettings, UdpCheck, Url,
};
use proptest::prelude::*;

fn kinds() -> impl Strategy<Value = CheckKind> {
    let http = |secure: bool| {
        let mut url = Url::new("/");
        url.digest = Some(BodyDigest::Sha256([0; 32]));
        CheckKind::Http(Box::new(HttpCheck {
            connection: connection(),
            protocol: HttpProtocol::V1_1,
            virtual_host: None,
            host_fallback: None,
            fast_recovery: false,
            tls: secure.then(|| Box::new(TlsSettings::default())),
            urls: vec![url],
        }))
    };
    let content = ReplyContent {
        pattern: ReplyPattern {
            bytes: vec![1; 300],
            mask: vec![0xff; 300],
        },
        min_length: 0,
        max_length: u16::MAX,
    };
    prop::sample::select(vec![
        CheckKind::Tcp(Box::new(TcpCheck {
            connection: connection(),
        })),
        CheckKind::Udp(Box::new(UdpCheck {
            connection: connection(),
            payload: None,
            require_reply: true,
            content: Some(content),
        })),
        http(false),
        http(true),
        CheckKind::Smtp(Box::new(SmtpCheck {
            connection: connection(),
            helo_name: "x".to_owned(),
        })),
        CheckKind::Dns(Box::new(DnsCheck {
            connection: connection(),
            kind: DnsType::A,
            name: DnsName::default(),
        })),
        CheckKind::Ping(Box::new(PingCheck {
            connection: connection(),
        })),
    ])
}

#[derive(Clone, Debug)]
enum Event {
    Connected,
    Secured,
    Sent,
    Received(Vec<u8>),
    Closed,
    Failed,
    TlsFailed,
    Unreachable,
    OtherIcmp,
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..80),
        "HTTP/1\\.[01] [0-9]{0,4}[ \r\n]{0,5}(Content-Length: [0-9]{0,30}\r\n)?(Transfer-Encoding: chunked\r\n)?\r\n[0-9a-f]{0,3}\r\n"
            .prop_map(String::into_bytes),
        "(220|250|[0-9]{3})[ -]?[a-z\r]{0,600}\n?".prop_map(String::into_bytes),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Connected),
        1 => Just(Event::Secured),
        2 => Just(Event::Sent),
        6 => bytes().prop_map(Event::Received),
        1 => Just(Event::Closed),
        1 => Just(Event::Failed),
        1 => Just(Event::TlsFailed),
        1 => Just(Event::Unreachable),
        1 => Just(Event::OtherIcmp),
    ]
}

proptest! {
    #[test]
    fn never_panics_and_always_ends(kind in kinds(), events in prop::collection::vec(event(), 0..30)) {
        let mut dialogue = begin(&kind);
        let mut now = Time(0);
        for event in events {
            let incoming = match &event {
                Event::Connected => Incoming::Connected,
                Event::Secured => Incoming::Secured,
                Event::Sent => Incoming::Sent,
                Event::Received(bytes) => Incoming::Received(bytes),
                Event::Closed => Incoming::Closed,
                Event::Failed => Incoming::Failed(ConnectFailure::Reset),
                Event::TlsFailed => Incoming::TlsFailed(TlsFailure::Untrusted),
                Event::Unreachable => Incoming::Unreachable,
                Event::OtherIcmp => Incoming::OtherIcmp,
            };
            now.0 += 100_000;
            prop_assert!(dialogue.deadline() >= Time(0));
            if matches!(dialogue.handle(now, incoming), Step::End(_)) {
                return Ok(());
            }
        }
        let timed_out = dialogue.handle(dialogue.deadline(), Incoming::TimedOut);
        prop_assert!(matches!(timed_out, Step::End(_)));
    }
}
