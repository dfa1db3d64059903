use super::{TIMEOUT, at, begin, connection, failed, request, succeeded};
use crate::dialogue::{BodyMatcher, Dialogue, Incoming, Ingredients, Step};
use crate::failure::{ConnectFailure, Failure, StatusCode, TlsFailure, Wait};
use model::{
    BodyDigest, CheckKind, Connection, HttpCheck, HttpProtocol, Micros, RegexCheck, RegexOptions,
    StatusRange, TlsSettings, Url,
};

fn check(url: Url) -> HttpCheck {
    HttpCheck {
        connection: connection(),
        protocol: HttpProtocol::default(),
        virtual_host: None,
        host_fallback: None,
        fast_recovery: false,
        tls: None,
        urls: vec![url],
    }
}

fn kind(check: HttpCheck) -> CheckKind {
    CheckKind::Http(Box::new(check))
}

/// Looks for a plain text.
struct Plain {
    text: &'static [u8],
    body: Vec<u8>,
}

impl BodyMatcher for Plain {
    fn feed(&mut self, piece: &[u8]) -> bool {
        self.body.extend_from_slice(piece);
        self.body
            .windows(self.text.len())
            .any(|window| window == self.text)
    }

    /// A text that is the whole of the body is found only at its end.
    fn finish(&mut self) -> bool {
        self.body == b"END"
    }
}

/// A dialogue that waits for its response.
fn asked(check: HttpCheck) -> Dialogue {
    let matcher = Box::new(Plain {
        text: b"hello",
        body: Vec::new(),
    });
    let ingredients = Ingredients {
        matcher: Some(matcher),
        ..Ingredients::default()
    };
    let mut dialogue = Dialogue::begin(at(0), &kind(check), 0, ingredients).unwrap();
    request(&mut dialogue);
    assert_eq!(dialogue.handle(at(0), Incoming::Sent), Step::Wait);
    dialogue
}

/// The verdict about a response in one piece, after making sure that the pieces do not matter.
fn verdict(url: &Url, response: &[u8]) -> Step {
    let of = |size: usize| {
        let mut dialogue = asked(check(url.clone()));
        for piece in response.chunks(size) {
            let step = dialogue.handle(at(1), Incoming::Received(piece));
            if step != Step::Wait {
                return step;
            }
        }
        dialogue.handle(at(1), Incoming::Closed)
    };
    let verdict = of(response.len().max(1));
    for size in [1, 2, 3, 7] {
        assert_eq!(of(size), verdict, "in pieces of {size}");
    }
    verdict
}

fn status(code: Option<u16>) -> Step {
    failed(Failure::Status(StatusCode(code)))
}

fn regex(no_match: bool) -> RegexCheck {
    RegexCheck {
        pattern: "hello".to_owned(),
        options: RegexOptions::default(),
        no_match,
        min_offset: 0,
        max_offset: None,
    }
}

#[test]
fn requests_are_the_reference_bytes() {
    let bytes = |check: HttpCheck| String::from_utf8(request(&mut begin(&kind(check)))).unwrap();
    let mut plain = check(Url::new("/a?b=c"));
    assert_eq!(
        bytes(plain.clone()),
        "GET /a?b=c HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.3:8080\r\n\r\n"
    );
    plain.protocol = HttpProtocol::V1_0Close;
    plain.host_fallback = Some("server.example".to_owned());
    assert_eq!(
        bytes(plain.clone()),
        "GET /a?b=c HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: server.example\r\n\r\n"
    );
    plain.protocol = HttpProtocol::V1_1;
    plain.urls[0].virtual_host = Some("url.example".to_owned());
    assert!(bytes(plain.clone()).starts_with("GET /a?b=c HTTP/1.1\r\n"));
    assert!(bytes(plain).ends_with("Connection: close\r\nHost: url.example\r\n\r\n"));
    let mut six = check(Url::new("/"));
    six.connection = Connection::to("[fd00::3]:443".parse().unwrap());
    assert!(bytes(six).ends_with("\r\nHost: [fd00::3]:443\r\n\r\n"));
    assert_eq!(bytes(check(Url::new(&"x".repeat(5000)))).len(), 2047);
}

#[test]
fn status_codes_are_read_as_the_reference_does() {
    let mut url = Url::new("/");
    let ok: &[&[u8]] = &[
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 204 \r\n\r\n",
        b"HTTP/1.0 299 x\r\nA: b\r\n\r\nbody",
        b"ICY 200 OK\r\n\r\n",
    ];
    for response in ok {
        assert_eq!(verdict(&url, response), succeeded());
    }
    let rows: &[(&[u8], Step)] = &[
        (b"HTTP/1.1 503 no\r\n\r\n", status(Some(503))),
        (b"HTTP/1.1 301 moved\r\nLocation: /b\r\n\r\n", status(Some(301))),
        (b"HTTP/1.1 200\r\n\r\n", status(None)),
        (b"HTTP/1.1 2000 x\r\n\r\n", status(None)),
        (b"HTTP/1.1  200 x\r\n\r\n", status(None)),
        (b"garbage\r\n\r\n", status(None)),
        (b"HTTP/1.1 200 OK\r\nA: b\r\n", failed(Failure::NoHeader)),
        (b"HTTP/1.1 200 OK\n\nbody", failed(Failure::NoHeader)),
        (b"", failed(Failure::NoHeader)),
    ];
    for (response, expected) in rows {
        assert_eq!(verdict(&url, response), *expected, "{}", response.escape_ascii());
    }
    url.status_codes = vec![
        StatusRange {
            first: 301,
            last: 302,
        },
        StatusRange {
            first: 404,
            last: 404,
        },
    ];
    assert_eq!(
        verdict(&url, b"HTTP/1.1 301 moved\r\nLocation: /b\r\n\r\n"),
        succeeded()
    );
    assert_eq!(verdict(&url, b"HTTP/1.1 200 OK\r\n\r\n"), status(Some(200)));
}

fn md5(digits: &str) -> BodyDigest {
    let byte = |place: usize| u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).unwrap();
    BodyDigest::Md5(std::array::from_fn(byte))
}

#[test]
fn digests_are_of_the_body() {
    // echo -n hello | md5sum, sha256sum
    let hello = md5("5d41402abc4b2a76b9719d911017c592");
    let mut url = Url::new("/");
    url.digest = Some(hello);
    let good: &[&[u8]] = &[
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    ];
    for response in good {
        assert_eq!(
            verdict(&url, response),
            succeeded(),
            "{}",
            response.escape_ascii()
        );
    }
    let actual = md5("d41d8cd98f00b204e9800998ecf8427e");
    let differs = failed(Failure::Digest {
        expected: hello,
        actual,
    });
    assert_eq!(verdict(&url, b"HTTP/1.0 200 OK\r\n\r\n"), differs);
    assert_eq!(verdict(&url, b"HTTP/1.0 404 no\r\n\r\nhello"), status(Some(404)));

    // The digest of a chunked body as it comes: what genhash gives.
    url.digest = Some(md5("79e9489e3bd3f0cb0158215341de046d"));
    let framed = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(verdict(&url, framed), succeeded());

    let sha256 = [
        0x2c, 0xf2, 0x4d, 0xba, 0x5f, 0xb0, 0xa3, 0x0e, 0x26, 0xe8, 0x3b, 0x2a, 0xc5, 0xb9, 0xe2, 0x9e, 0x1b,
        0x16, 0x1e, 0x5c, 0x1f, 0xa7, 0x42, 0x5e, 0x73, 0x04, 0x33, 0x62, 0x93, 0x8b, 0x98, 0x24,
    ];
    url.digest = Some(BodyDigest::Sha256(sha256));
    assert_eq!(verdict(&url, b"HTTP/1.0 200 OK\r\n\r\nhello"), succeeded());
}

#[test]
fn the_body_is_searched_and_only_the_body() {
    let mut url = Url::new("/");
    url.regex = Some(Box::new(regex(false)));
    let found: &[&[u8]] = &[
        b"HTTP/1.0 200 OK\r\n\r\n...hello...",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nEND",
    ];
    for response in found {
        assert_eq!(
            verdict(&url, response),
            succeeded(),
            "{}",
            response.escape_ascii()
        );
    }
    let in_header = b"HTTP/1.0 200 hello\r\nA: hello\r\n\r\nbody";
    assert_eq!(verdict(&url, in_header), failed(Failure::RegexNotFound));
    assert_eq!(
        verdict(&url, b"HTTP/1.0 200 OK\r\n\r\n"),
        failed(Failure::RegexNotFound)
    );
    url.regex = Some(Box::new(regex(true)));
    assert_eq!(verdict(&url, in_header), succeeded());
    assert_eq!(verdict(&url, found[0]), failed(Failure::RegexFound));
}

#[test]
fn plain_reading_is_limited_by_silence_and_at_last_by_time() {
    let mut dialogue = asked(check(Url::new("/")));
    assert_eq!(dialogue.deadline(), at(5));
    let mut now = 0;
    let step = loop {
        now += 1;
        let step = dialogue.handle(at(now), Incoming::Received(b"x"));
        if step != Step::Wait {
            break step;
        }
        assert_eq!(dialogue.deadline(), at((now + 5).min(60)));
    };
    assert_eq!(now, 60);
    assert_eq!(
        step,
        failed(Failure::TimedOut {
            waiting: Wait::Rest,
            after: TIMEOUT
        })
    );
    let mut silent = asked(check(Url::new("/")));
    let timeout = Failure::TimedOut {
        waiting: Wait::FirstByte,
        after: TIMEOUT,
    };
    assert_eq!(silent.handle(at(5), Incoming::TimedOut), failed(timeout));
    let mut slow = check(Url::new("/"));
    slow.connection.timeout = Micros::from_secs(20);
    let mut slow = asked(slow);
    assert_eq!(slow.handle(at(190), Incoming::Received(b"x")), Step::Wait);
    assert_eq!(slow.deadline(), at(200));
}

#[test]
fn tls_has_one_limit_for_the_handshake_and_one_for_the_response() {
    let secure = || {
        let mut check = check(Url::new("/"));
        check.tls = Some(Box::new(TlsSettings::default()));
        let mut dialogue = begin(&kind(check));
        assert_eq!(dialogue.handle(at(2), Incoming::Connected), Step::Secure);
        assert_eq!(dialogue.deadline(), at(5));
        dialogue
    };
    let expired = TlsFailure::CertificateExpired;
    assert_eq!(
        secure().handle(at(3), Incoming::TlsFailed(expired.clone())),
        failed(Failure::Tls(expired))
    );
    let handshake = Failure::TimedOut {
        waiting: Wait::Handshake,
        after: TIMEOUT,
    };
    assert_eq!(secure().handle(at(5), Incoming::TimedOut), failed(handshake));
    assert_eq!(
        secure().handle(at(5), Incoming::Closed),
        failed(Failure::Closed(Wait::Handshake))
    );
    let mut dialogue = secure();
    assert!(matches!(dialogue.handle(at(3), Incoming::Secured), Step::Send(_)));
    dialogue.handle(at(3), Incoming::Sent);
    dialogue.handle(at(6), Incoming::Received(b"HTTP/1.0 200 OK\r\n\r\n"));
    assert_eq!(dialogue.deadline(), at(8));
    assert_eq!(dialogue.handle(at(7), Incoming::Closed), succeeded());
}

#[test]
fn a_header_has_room_and_no_more() {
    let header = |len: usize| {
        let fixed = "HTTP/1.0 200 OK\r\nA: \r\n\r\n".len();
        format!("HTTP/1.0 200 OK\r\nA: {}\r\n\r\n", "x".repeat(len - fixed)).into_bytes()
    };
    assert_eq!(verdict(&Url::new("/"), &header(4095)), succeeded());
    assert_eq!(
        verdict(&Url::new("/"), &header(4096)),
        failed(Failure::HeaderTooLong(4095))
    );
    let mut with_body = header(4095);
    with_body.extend(vec![b'y'; 100_000]);
    assert_eq!(verdict(&Url::new("/"), &with_body), succeeded());
}

#[test]
fn a_body_without_end_is_given_up() {
    let mut dialogue = asked(check(Url::new("/")));
    dialogue.handle(at(1), Incoming::Received(b"HTTP/1.0 200 OK\r\n\r\n"));
    let piece = vec![0; 1 << 20];
    let steps = (0..257).map(|_| dialogue.handle(at(1), Incoming::Received(&piece)));
    let ends: Vec<_> = steps.filter(|step| *step != Step::Wait).collect();
    assert_eq!(ends, [failed(Failure::BodyTooLong(256 << 20))]);
}

#[test]
fn errors_name_what_was_going_on() {
    let refused = ConnectFailure::Refused;
    let mut connecting = begin(&kind(check(Url::new("/"))));
    assert_eq!(
        connecting.handle(at(1), Incoming::Failed(refused)),
        failed(Failure::Connect(refused))
    );
    let mut sending = begin(&kind(check(Url::new("/"))));
    request(&mut sending);
    let reset = ConnectFailure::Reset;
    assert_eq!(
        sending.handle(at(1), Incoming::Failed(reset)),
        failed(Failure::Send(reset))
    );
    let mut reading = asked(check(Url::new("/")));
    assert_eq!(
        reading.handle(at(1), Incoming::Failed(reset)),
        failed(Failure::Receive(reset))
    );
}
