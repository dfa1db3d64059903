//! `HTTP_GET` and `SSL_GET`.

use crate::lab::{Lab, configuration, connection, name, server};
use crate::servers::{Answer, Server, request, says};
use anyhow::Result;
use model::{
    BodyDigest, CheckKind, HttpCheck, HttpProtocol, RegexCheck, RegexOptions, Secret, SslIdentity,
    TlsSettings, TlsVerification, Url,
};
use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{NameType, SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
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

/// A certificate with its key.
type Identity = (X509, PKey<Private>);

/// A certificate for a name and nobody knows how long, signed by itself.
fn certificate() -> Result<Identity> {
    // Expired: nobody looks at that.
    signed("www.example", 1, None)
}

/// A certificate for a name until a second of the epoch, signed by an issuer or by itself.
fn signed(name: &str, until: i64, issuer: Option<&Identity>) -> Result<Identity> {
    let key = PKey::from_rsa(Rsa::generate(2048)?)?;
    let mut subject = X509NameBuilder::new()?;
    subject.append_entry_by_text("CN", name)?;
    let subject = subject.build();
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_subject_name(&subject)?;
    builder.set_issuer_name(issuer.map_or(&*subject, |(issuer, _)| issuer.subject_name()))?;
    builder.set_pubkey(&key)?;
    builder.set_not_before(Asn1Time::from_unix(0)?.as_ref())?;
    builder.set_not_after(Asn1Time::from_unix(until)?.as_ref())?;
    let mut constraints = BasicConstraints::new();
    if issuer.is_none() {
        constraints.ca();
    }
    builder.append_extension(constraints.build()?)?;
    let names = SubjectAlternativeName::new()
        .dns(name)
        .build(&builder.x509v3_context(issuer.map(|(issuer, _)| &**issuer), None))?;
    builder.append_extension(names)?;
    builder.sign(issuer.map_or(&key, |(_, key)| key), MessageDigest::sha256())?;
    Ok((builder.build(), key))
}

/// A server's side of TLS.
pub(crate) fn acceptor() -> Result<Arc<SslAcceptor>> {
    let (certificate, key) = certificate()?;
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_certificate(&certificate)?;
    acceptor.set_private_key(&key)?;
    Ok(Arc::new(acceptor.build()))
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
    let acceptor = acceptor()?;
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

/// `tls_verify`: a certificate has to be valid, of somebody who is trusted, and for the name. The server asks for one too.
pub(crate) fn verified() -> Result<()> {
    /// In the year 2100.
    const LATE: i64 = 4_102_444_800;
    let lab = Lab::new()?;
    let authority = signed("authority.example", LATE, None)?;
    let (own, own_key) = signed("director.example", LATE, Some(&authority))?;
    let write = |name: &str, pem: Vec<u8>| lab.node.write(name, &String::from_utf8(pem)?);
    write("ca.pem", authority.0.to_pem()?)?;
    write("own.pem", own.to_pem()?)?;
    let key = own_key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret")?;
    write("own.key", key)?;
    let answer = |(certificate, key): Identity| -> Result<Answer> {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
        acceptor.set_certificate(&certificate)?;
        acceptor.set_private_key(&key)?;
        acceptor.cert_store_mut().add_cert(authority.0.clone())?;
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        Ok(secure(Arc::new(acceptor.build()), Arc::default(), GOOD))
    };
    let good = signed("www.example", LATE, Some(&authority))?;
    let web = Server::start(&lab, answer(good.clone())?)?;
    let mut https = check(web.address);
    https.tls = Some(Box::new(TlsSettings {
        verification: TlsVerification::Asked,
        ..TlsSettings::default()
    }));
    let mut configured = configuration(vec![server(web.address, kind(https))]);
    configured.lvs.ssl = SslIdentity {
        password: Some(Secret::new(b"secret".to_vec())),
        ca: Some("/run/ca.pem".to_owned()),
        certificate: Some("/run/own.pem".to_owned()),
        key: Some("/run/own.key".to_owned()),
    };
    let mut director = lab.start(&configured)?;
    let rs = name(web.address);
    let up = format!("Remote Web server {rs} succeed on service.");
    director.expect(&up)?;
    let cases = [
        (
            signed("other.example", LATE, Some(&authority))?,
            "(TLS: certificate is for another name)",
        ),
        (
            signed("www.example", 1, Some(&authority))?,
            "(TLS: certificate expired)",
        ),
        (
            signed("www.example", LATE, None)?,
            "(TLS: certificate is not trusted)",
        ),
    ];
    for (shown, reason) in cases {
        web.answer(answer(shown)?);
        director.expect(&format!("SSL_CHECK on service {rs} failed. {reason}"))?;
        web.answer(answer(good.clone())?);
        director.expect(&up)?;
        director.expect("Adding service")?;
    }
    Ok(())
}
