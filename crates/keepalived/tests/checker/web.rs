//! `HTTP_GET` and `SSL_GET`.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::servers::{Answer, Server, request, says};
use anyhow::Result;
use model::{BodyDigest, CheckKind, HttpCheck, HttpProtocol, RegexCheck, RegexOptions, TlsSettings, Url};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{NameType, SslAcceptor, SslMethod, SslVersion};
use openssl::x509::{X509, X509NameBuilder};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

const GOOD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

fn check(address: SocketAddr) -> HttpCheck {
    HttpCheck {
        connection: connection(address),
        protocol: HttpProtocol::default(),
        virtual_host: Some("www.example".to_owned()),
        host_fallback: None,
        fast_recovery: true,
        tls: None,
        urls: vec![Url::new("/alive")],
    }
}

fn kind(check: HttpCheck) -> CheckKind {
    CheckKind::Http(Box::new(check))
}

pub(crate) fn http() -> Result<()> {
    let lab = Lab::new()?;
    let web = Server::start(&lab, says(GOOD))?;
    let mut http = check(web.address);
    // Of "hello".
    http.urls[0].digest = Some(BodyDigest::Md5([
        0x5d, 0x41, 0x40, 0x2a, 0xbc, 0x4b, 0x2a, 0x76, 0xb9, 0x71, 0x9d, 0x91, 0x10, 0x17, 0xc5, 0x92,
    ]));
    let mut director = lab.start(&configuration(vec![server(web.address, kind(http))]))?;
    let rs = name(web.address);
    let up = format!("Remote Web server {rs} succeed on service.");
    director.expect(&up)?;
    let cases: [(Answer, &str); 5] = [
        (says("HTTP/1.0 503 Busy\r\n\r\n"), "(status 503)"),
        (
            says("HTTP/1.0 200 OK\r\n\r\nhallo"),
            "(digest 598d4c200461b81522a3328565c25f7c differs from 5d41402abc4b2a76b9719d911017c592)",
        ),
        (says("HTTP/1.0 200 OK\r\n"), "(no complete header in the reply)"),
        (says("garbage"), "(no complete header in the reply)"),
        (
            Arc::new(|mut stream| {
                request(&mut stream);
                let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
                // Reads until the other side has closed.
                request(&mut stream);
            }),
            "(timeout after 0.25s in the reply)",
        ),
    ];
    for (answer, reason) in cases {
        web.answer(answer);
        director.expect(&format!("HTTP_CHECK on service {rs} failed. {reason}"))?;
        web.answer(says(GOOD));
        director.expect(&up)?;
        director.expect("Adding service")?;
    }
    Ok(())
}

pub(crate) fn regex() -> Result<()> {
    let lab = Lab::new()?;
    let web = Server::start(&lab, says(GOOD))?;
    let mut http = check(web.address);
    http.urls[0].regex = Some(Box::new(RegexCheck {
        pattern: "^(hello|good day)$".to_owned(),
        options: RegexOptions::default(),
        no_match: false,
        min_offset: 0,
        max_offset: None,
    }));
    let mut director = lab.start(&configuration(vec![server(web.address, kind(http))]))?;
    director.expect("succeed on service.")?;
    web.answer(says("HTTP/1.0 200 OK\r\n\r\nhello, hello"));
    director.expect("(regular expression not found in the body)")
}

/// A certificate for a name, signed by itself.
fn certificate() -> Result<(X509, PKey<Private>)> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("CN", "www.example")?;
    let subject = subject.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(&subject)?;
    builder.set_pubkey(&key)?;
    // Expired: nobody looks at that.
    builder.set_not_before(Asn1Time::from_unix(0)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(1)?.as_ref())?;
    builder.sign(&key, MessageDigest::sha256())?;
    Ok((builder.build(), key))
}

/// Speaks TLS, notes the name that is asked for, and answers.
fn secure(acceptor: Arc<SslAcceptor>, names: Arc<Mutex<Vec<String>>>, text: &'static str) -> Answer {
    Arc::new(move |stream| {
        let Ok(mut stream) = acceptor.accept(stream) else {
            return;
        };
        if let Some(name) = stream.ssl().servername(NameType::HOST_NAME) {
            names.lock().unwrap().push(name.to_owned());
        }
        request(&mut stream);
        let _ = stream.write_all(text.as_bytes());
        let _ = stream.shutdown();
    })
}

fn tls_check(address: SocketAddr) -> CheckKind {
    let mut https = check(address);
    https.tls = Some(Box::new(TlsSettings {
        sni: true,
        ..TlsSettings::default()
    }));
    kind(https)
}

pub(crate) fn ssl() -> Result<()> {
    let lab = Lab::new()?;
    let (certificate, key) = certificate()?;
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_certificate(&certificate)?;
    acceptor.set_private_key(&key)?;
    let acceptor = Arc::new(acceptor.build());
    let names = Arc::new(Mutex::new(Vec::new()));
    let good = || secure(Arc::clone(&acceptor), Arc::clone(&names), GOOD);
    let web = Server::start(&lab, good())?;
    let mut director = lab.start(&configuration(vec![server(web.address, tls_check(web.address))]))?;
    let rs = name(web.address);
    let up = format!("Remote Web server {rs} succeed on service.");
    director.expect(&up)?;
    assert_eq!(
        names.lock().unwrap().first().map(String::as_str),
        Some("www.example")
    );
    let cases: [(Answer, &str); 4] = [
        (
            secure(
                Arc::clone(&acceptor),
                Arc::clone(&names),
                "HTTP/1.0 404 No\r\n\r\n",
            ),
            "(status 404)",
        ),
        (
            Arc::new(|mut stream| drop(stream.write_all(b"220 this is no TLS\r\n"))),
            "(TLS: wrong version number)",
        ),
        (Arc::new(drop), "(TLS: "),
        (
            Arc::new(|mut stream| {
                let _ = request(&mut stream);
            }),
            "(timeout after 0.25s in the TLS handshake)",
        ),
    ];
    for (answer, reason) in cases {
        web.answer(answer);
        director.expect(&format!("SSL_CHECK on service {rs} failed. {reason}"))?;
        web.answer(good());
        director.expect(&up)?;
        director.expect("Adding service")?;
    }
    Ok(())
}

/// A server of the year 2006: TLS 1.0 and a key of 1024 bits.
pub(crate) fn old_tls() -> Result<()> {
    let lab = Lab::new()?;
    let (certificate, key) = certificate()?;
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls_server())?;
    acceptor.set_security_level(0);
    acceptor.set_min_proto_version(Some(SslVersion::TLS1))?;
    acceptor.set_max_proto_version(Some(SslVersion::TLS1))?;
    acceptor.set_cipher_list("AES128-SHA:@SECLEVEL=0")?;
    acceptor.set_certificate(&certificate)?;
    acceptor.set_private_key(&key)?;
    let answer = secure(Arc::new(acceptor.build()), Arc::default(), GOOD);
    let web = Server::start(&lab, answer)?;
    let mut director = lab.start(&configuration(vec![server(web.address, tls_check(web.address))]))?;
    director.expect("succeed on service.")
}
