//! `DNS_CHECK`, `UDP_CHECK` and `PING_CHECK`.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::servers::{Datagrams, Reply};
use anyhow::Result;
use model::{CheckKind, DnsCheck, DnsName, DnsType, PingCheck, ReplyContent, ReplyPattern, UdpCheck};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

/// Answers a query with this response code, behind datagrams that are not for the query.
fn dns_server(code: u8) -> Reply {
    Arc::new(move |query| {
        let mut answer = query.to_vec();
        answer[2] |= 0x80;
        answer[3] = (answer[3] & 0xf0) | code;
        let mut foreign = answer.clone();
        foreign[0] ^= 1;
        vec![b"short".to_vec(), query.to_vec(), foreign, answer]
    })
}

pub(crate) fn dns() -> Result<()> {
    let lab = Lab::new()?;
    let dns = Datagrams::start(&lab, dns_server(0))?;
    let check = CheckKind::Dns(Box::new(DnsCheck {
        connection: connection(dns.address),
        kind: DnsType::A,
        name: DnsName::new("www.example")?,
    }));
    let mut director = lab.start(&configuration(vec![server(dns.address, check)]))?;
    let rs = name(dns.address);
    // compat: a success has no line.
    director.expect("Startup complete")?;
    dns.answer(dns_server(2));
    director.expect(&format!(
        "DNS_CHECK ({rs}) read error occurred. (rcode = 2) (response code 2)"
    ))?;
    director.expect("Removing service")?;
    dns.answer(dns_server(0));
    director.expect("Adding service")?;
    dns.answer(Arc::new(|_| Vec::new()));
    director.expect(&format!(
        "DNS_CHECK ({rs}) read timeout from socket (timeout after 0.25s before the reply)"
    ))
}

pub(crate) fn udp() -> Result<()> {
    let lab = Lab::new()?;
    let echo: Reply = Arc::new(|datagram| vec![datagram.to_vec()]);
    let answers = Datagrams::start(&lab, Arc::clone(&echo))?;
    // A socket of nobody: its port answers with "port unreachable" once it is closed.
    let silent = lab.make(|| UdpSocket::bind("127.0.0.1:0"))?;
    let silent_address = silent.local_addr()?;
    let check = |address: SocketAddr, content: Option<ReplyContent>| {
        CheckKind::Udp(Box::new(UdpCheck {
            connection: connection(address),
            payload: Some(b"ping".to_vec()),
            require_reply: content.is_some(),
            content,
        }))
    };
    let content = ReplyContent {
        pattern: ReplyPattern {
            bytes: b"ping".to_vec(),
            mask: vec![0xff; 4],
        },
        min_length: 1,
        max_length: 8,
    };
    let mut director = lab.start(&configuration(vec![
        server(answers.address, check(answers.address, Some(content))),
        server(silent_address, check(silent_address, None)),
    ]))?;
    let (rs, silent_rs) = (name(answers.address), name(silent_address));
    director.expect(&format!("UDP connection to {rs} success."))?;
    // Silence is enough where no reply is asked for.
    director.expect(&format!("UDP connection to {silent_rs} success."))?;
    drop(silent);
    director.expect(&format!(
        "UDP_CHECK on service {silent_rs} failed. (destination unreachable)"
    ))?;
    let cases: [(Reply, &str); 3] = [
        (Arc::new(|_| vec![b"pong".to_vec()]), "(reply data mismatch)"),
        (Arc::new(|_| vec![b"ping pong!".to_vec()]), "(reply of 10 bytes)"),
        (Arc::new(|_| Vec::new()), "(timeout after 0.25s before the reply)"),
    ];
    for (answer, reason) in cases {
        answers.answer(answer);
        director.expect(&format!("UDP_CHECK on service {rs} failed. {reason}"))?;
        answers.answer(Arc::clone(&echo));
        director.expect(&format!("UDP connection to {rs} success."))?;
    }
    Ok(())
}

pub(crate) fn ping() -> Result<()> {
    let lab = Lab::new()?;
    let checks = ["127.0.0.2:80", "[::1]:80"].map(|address| {
        let address: SocketAddr = address.parse().unwrap();
        let connection = connection(address);
        server(address, CheckKind::Ping(Box::new(PingCheck { connection })))
    });
    let mut director = lab.start(&configuration(checks.into()))?;
    director.expect_each([
        "ICMP connection to [127.0.0.2]:tcp:80 success.",
        "ICMP connection to [::1]:tcp:80 success.",
    ])?;
    let ignore = |file: &'static str, value: &'static str| lab.make(move || std::fs::write(file, value));
    for (rs, file) in [
        ("[127.0.0.2]:tcp:80", "/proc/sys/net/ipv4/icmp_echo_ignore_all"),
        ("[::1]:tcp:80", "/proc/sys/net/ipv6/icmp/echo_ignore_all"),
    ] {
        ignore(file, "1")?;
        director.expect(&format!(
            "ICMP CHECK on service {rs} failed. (timeout after 0.25s before the reply)"
        ))?;
        ignore(file, "0")?;
        director.expect(&format!("ICMP connection to {rs} success."))?;
    }
    director.stop()
}
