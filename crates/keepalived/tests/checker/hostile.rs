//! Servers that mean ill: the verdict is right, the memory bounded, and other checks are on time.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::servers::{Answer, Server, request};
use crate::web::acceptor;
use anyhow::{Result, ensure};
use model::{CheckKind, HttpCheck, HttpProtocol, Micros, TcpCheck, TlsSettings, Url};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testbed::clock::Stamp;

/// A check that is late by so much waits for the servers that mean ill, not for the machine.
const HELD_UP: Duration = Duration::from_secs(2);

/// Bytes of all kinds.
fn noise() -> Vec<u8> {
    (0..65_536_u32)
        .map(|number| (number.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .collect()
}

/// Waits for a request, and says something over and over, as long as the other side listens.
fn for_ever(head: &'static str, piece: Vec<u8>, pause: Micros) -> Answer {
    let say = for_ever_at_once(head.as_bytes(), piece, pause);
    Arc::new(move |mut stream| {
        request(&mut stream);
        say(stream);
    })
}

/// Says something over and over, as long as the other side listens, and does not wait for a request.
fn for_ever_at_once(head: &'static [u8], piece: Vec<u8>, pause: Micros) -> Answer {
    Arc::new(move |mut stream| repeat(&mut stream, head, &piece, pause))
}

/// Says something over and over, as long as the other side listens.
#[expect(
    clippy::disallowed_methods,
    reason = "a slow server is slow; nothing is waited for"
)]
fn repeat(stream: &mut impl Write, head: &[u8], piece: &[u8], pause: Micros) {
    if stream.write_all(head).is_err() {
        return;
    }
    while stream.write_all(piece).is_ok() {
        if !pause.is_zero() {
            std::thread::sleep(pause.into());
        }
    }
}

pub(crate) fn servers() -> Result<()> {
    let lab = Lab::new()?;
    let cases: [(Answer, &str); 4] = [
        (
            for_ever("", noise(), Micros::ZERO),
            "(header longer than 4095 bytes)",
        ),
        (
            for_ever(
                "HTTP/1.0 200 OK\r\n",
                b"X-More: and more\r\n".repeat(100),
                Micros::ZERO,
            ),
            "(header longer than 4095 bytes)",
        ),
        (
            for_ever("HTTP/1.0 200 OK\r\n\r\n", vec![b'x'; 1 << 20], Micros::ZERO),
            "(body longer than 268435456 bytes)",
        ),
        (
            for_ever("HTTP/1.0 200 OK\r\n\r\n", vec![b'x'], Micros::from_millis(600)),
            "(timeout after 0.25s in the reply)",
        ),
    ];
    judged(&lab, cases.map(|(answer, reason)| (answer, None, reason)))
}

/// The same over TLS: in the place of a handshake, and behind one.
pub(crate) fn sealed_servers() -> Result<()> {
    let lab = Lab::new()?;
    let acceptor = acceptor()?;
    let behind = |head: &'static str, piece: Vec<u8>, pause: Micros| -> Answer {
        let acceptor = Arc::clone(&acceptor);
        Arc::new(move |stream| {
            let Ok(mut stream) = acceptor.accept(stream) else {
                return;
            };
            request(&mut stream);
            repeat(&mut stream, head.as_bytes(), &piece, pause);
        })
    };
    // A record of the handshake that is said to be as long as one can be, of which a byte comes now and then.
    let slow = for_ever_at_once(
        b"\x16\x03\x03\x40\x00",
        b"\x02".to_vec(),
        Micros::from_millis(100),
    );
    let cases: [(Answer, &str); 5] = [
        (for_ever_at_once(b"", noise(), Micros::ZERO), "(TLS: "),
        (
            for_ever_at_once(
                b"",
                b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00".repeat(1_000),
                Micros::ZERO,
            ),
            "(TLS: ",
        ),
        (slow, "(timeout after 0.25s in the TLS handshake)"),
        (
            behind(
                "HTTP/1.0 200 OK\r\n",
                b"X-More: and more\r\n".repeat(100),
                Micros::ZERO,
            ),
            "(header longer than 4095 bytes)",
        ),
        (
            // Over TLS one deadline holds for the whole reply. The pause keeps a fast machine below the limit of the body.
            behind(
                "HTTP/1.0 200 OK\r\n\r\n",
                vec![b'x'; 1 << 20],
                Micros::from_millis(20),
            ),
            "(timeout after 0.25s in the reply)",
        ),
    ];
    judged(
        &lab,
        cases.map(|(answer, reason)| (answer, Some(Box::default()), reason)),
    )
}

/// Each server fails with its reason, while a good one is checked as if they were not there.
fn judged<const N: usize>(lab: &Lab, cases: [(Answer, Option<Box<TlsSettings>>, &str); N]) -> Result<()> {
    let mut all = Vec::new();
    let mut expected = Vec::new();
    for (answer, tls, reason) in cases {
        let web = Server::start(lab, answer)?;
        let label = if tls.is_some() { "SSL_CHECK" } else { "HTTP_CHECK" };
        let mut rs = server(
            web.address,
            CheckKind::Http(Box::new(HttpCheck {
                connection: connection(web.address),
                protocol: HttpProtocol::default(),
                virtual_host: None,
                host_fallback: None,
                fast_recovery: false,
                tls,
                urls: vec![Url::new("/")],
            })),
        );
        // Once is enough.
        rs.checkers[0].schedule.delay_loop = Micros::from_secs(3_600);
        expected.push(format!(
            "{label} on service {} failed. {reason}",
            name(web.address)
        ));
        all.push(rs);
    }
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let note: Answer = Arc::new(move |_| noted.lock().unwrap().push(Stamp::now()));
    let quick = Server::start(lab, note)?;
    let connection = connection(quick.address);
    all.push(server(
        quick.address,
        CheckKind::Tcp(Box::new(TcpCheck { connection })),
    ));
    let mut director = lab.start(&configuration(all))?;
    expected.push(format!("TCP connection to {} success.", name(quick.address)));
    director.expect_each(expected.iter().map(String::as_str))?;
    let log = director.log();
    ensure!(
        !log.contains("TCP_CHECK on service"),
        "a good server suffered:\n{log}"
    );
    let asked = asked.lock().unwrap().clone();
    let pauses = asked.windows(2).map(|pair| pair[1].since(pair[0]));
    let longest = pauses.max().unwrap_or_default();
    ensure!(
        longest < HELD_UP,
        "a good server was not checked for {longest:?}, though it should be every 50 ms"
    );
    let peak = director.peak_memory()?;
    ensure!(peak < 64 << 10, "the checker process took {peak} kB");
    director.stop()
}
