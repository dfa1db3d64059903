//! Targets of the crate `check`.

use check::dialogue::{Dialogue, DigestKind, Incoming, Ingredients, Response, ResponseLimits, Step};
use check::failure::Failure;
use model::{
    BodyDigest, CheckKind, Connection, DnsCheck, DnsName, DnsType, HttpCheck, HttpProtocol, PingCheck,
    ReplyContent, ReplyPattern, SmtpCheck, TcpCheck, Time, UdpCheck, Url,
};
use std::net::{Ipv4Addr, SocketAddr};

/// What a server sends to a check of any kind: the first byte selects the kind, the second the size of the pieces.
pub fn dialogue(data: &[u8]) {
    let [kind, size, data @ ..] = data else { return };
    let mut dialogue = Dialogue::begin(Time::ZERO, &check(*kind), 0, Ingredients::default())
        .expect("the kinds chosen here have a dialogue");
    let mut step = dialogue.handle(Time::ZERO, Incoming::Connected);
    for (number, piece) in data.chunks(usize::from(*size).max(1)).enumerate() {
        // A piece a second.
        let now = Time(number as u64 * 1_000_000);
        if let Step::Send(_) = step {
            step = dialogue.handle(now, Incoming::Sent);
        }
        if let Step::Wait = step {
            step = dialogue.handle(now, Incoming::Received(piece));
        }
    }
    if let Step::End(_) = step {
        return;
    }
    let last = dialogue.handle(dialogue.deadline(), Incoming::TimedOut);
    assert!(matches!(last, Step::End(_)), "{last:?}");
}

fn check(kind: u8) -> CheckKind {
    let connection = Connection::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 80)));
    match kind % 6 {
        0 => CheckKind::Tcp(Box::new(TcpCheck { connection })),
        1 => CheckKind::Udp(Box::new(UdpCheck {
            connection,
            payload: None,
            require_reply: true,
            content: Some(ReplyContent {
                pattern: ReplyPattern {
                    bytes: b"0123456789".to_vec(),
                    mask: vec![0xf0; 10],
                },
                min_length: 2,
                max_length: 200,
            }),
        })),
        2 => {
            let mut url = Url::new("/");
            url.digest = Some(BodyDigest::Sha256([0; 32]));
            CheckKind::Http(Box::new(HttpCheck {
                connection,
                protocol: HttpProtocol::V1_1,
                virtual_host: None,
                host_fallback: None,
                fast_recovery: false,
                tls: None,
                urls: vec![url],
            }))
        }
        3 => CheckKind::Smtp(Box::new(SmtpCheck {
            connection,
            helo_name: "fuzz".to_owned(),
        })),
        4 => CheckKind::Dns(Box::new(DnsCheck {
            connection,
            kind: DnsType::Soa,
            name: DnsName::default(),
        })),
        _ => CheckKind::Ping(Box::new(PingCheck { connection })),
    }
}

/// A response to an HTTP request: the pieces in which it comes do not matter, and its limits hold.
pub fn response(data: &[u8]) {
    let [size, data @ ..] = data else { return };
    let whole = read(data, data.len());
    let pieces = read(data, usize::from(*size));
    assert_eq!(whole, pieces);
}

type Reading = (Result<(), Failure>, Option<u16>, Vec<u8>, Option<BodyDigest>);

fn read(data: &[u8], size: usize) -> Reading {
    let limits = ResponseLimits {
        header: 200,
        body: 1000,
    };
    let mut response = Response::new(Some(DigestKind::Md5), limits);
    let mut body = Vec::new();
    for piece in data.chunks(size.max(1)) {
        if let Err(failure) = response.receive(piece, |bytes| body.extend_from_slice(bytes)) {
            // How much of the body had come by then depends on the pieces.
            return (Err(failure), None, Vec::new(), None);
        }
        assert!(response.head().len() <= limits.header);
        assert!(response.received() <= limits.body);
        assert!(body.len() as u64 <= response.received());
    }
    let status = response.status().and_then(|status| status.0);
    (Ok(()), status, body, response.digest())
}
