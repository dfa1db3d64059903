//! Servers that mean ill: the verdict is right, the memory bounded, and other checks are on time.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::servers::{Answer, Server, request};
use anyhow::{Result, ensure};
use model::{CheckKind, HttpCheck, HttpProtocol, Micros, TcpCheck, Url};
use std::io::Write;
use std::sync::Arc;

/// Says something over and over, as long as the other side listens.
#[expect(
    clippy::disallowed_methods,
    reason = "a slow server is slow; nothing is waited for"
)]
fn for_ever(head: &'static str, piece: Vec<u8>, pause: Micros) -> Answer {
    Arc::new(move |mut stream| {
        request(&mut stream);
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        while stream.write_all(&piece).is_ok() {
            if !pause.is_zero() {
                std::thread::sleep(pause.into());
            }
        }
    })
}

pub(crate) fn servers() -> Result<()> {
    let lab = Lab::new()?;
    let noise: Vec<u8> = (0..65_536_u32)
        .map(|number| (number.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .collect();
    let cases: [(Answer, &str); 4] = [
        (
            for_ever("", noise, Micros::ZERO),
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
    let mut all = Vec::new();
    let mut expected = Vec::new();
    for (answer, reason) in cases {
        let web = Server::start(&lab, answer)?;
        let mut rs = server(
            web.address,
            CheckKind::Http(Box::new(HttpCheck {
                connection: connection(web.address),
                protocol: HttpProtocol::default(),
                virtual_host: None,
                host_fallback: None,
                fast_recovery: false,
                tls: None,
                urls: vec![Url::new("/")],
            })),
        );
        // Once is enough.
        rs.checkers[0].schedule.delay_loop = Micros::from_secs(3_600);
        expected.push(format!(
            "HTTP_CHECK on service {} failed. {reason}",
            name(web.address)
        ));
        all.push(rs);
    }
    let quick = Server::start(&lab, Arc::new(drop))?;
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
    let peak = director.peak_memory()?;
    ensure!(peak < 64 << 10, "the checker process took {peak} kB");
    director.stop()
}
