//! Servers for one connection.

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::ssl::{NameType, SslAcceptor, SslMethod};
use openssl::x509::{X509, X509NameBuilder};
use socket2::{Domain, Socket, Type};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

/// A server that is told what to say, and what it gives at the end.
pub(super) struct Server<T = String> {
    pub(super) address: SocketAddr,
    end: JoinHandle<T>,
}

impl<T: Send + 'static> Server<T> {
    fn with(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = silent();
        let address = listener.local_addr().unwrap();
        let end = thread::spawn(move || serve(listener.accept().unwrap().0));
        Self { address, end }
    }
}

impl Server {
    /// Reads what comes, once, says `answer` and closes the connection.
    pub(super) fn start(answer: &'static [u8]) -> Self {
        Self::with(move |mut stream| {
            let request = receive(&mut stream);
            stream.write_all(answer).unwrap();
            request
        })
    }

    /// Says `answer` again and again until the other side hangs up.
    pub(super) fn endless(answer: &'static [u8]) -> Self {
        Self::with(move |mut stream| {
            let request = receive(&mut stream);
            while stream.write_all(answer).is_ok() {}
            request
        })
    }

    /// What came.
    pub(super) fn request(self) -> String {
        self.end.join().unwrap()
    }
}

impl Server<Option<String>> {
    /// The name in the handshake.
    pub(super) fn name(self) -> Option<String> {
        self.end.join().unwrap()
    }
}

fn receive(stream: &mut impl Read) -> String {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// A listener that nobody accepts from.
pub(super) fn silent() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// A socket that has an address and does not listen; nobody else gets the address meanwhile.
pub(super) fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket
        .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// Servers with a certificate that has expired and that nobody else has signed.
pub(super) struct Secure(SslAcceptor);

impl Secure {
    pub(super) fn new() -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_text("CN", "www.example").unwrap();
        let subject = subject.build();
        let mut certificate = X509::builder().unwrap();
        certificate.set_version(2).unwrap();
        certificate.set_subject_name(&subject).unwrap();
        certificate.set_issuer_name(&subject).unwrap();
        certificate.set_pubkey(&key).unwrap();
        certificate
            .set_not_before(&Asn1Time::from_unix(0).unwrap())
            .unwrap();
        certificate
            .set_not_after(&Asn1Time::from_unix(1).unwrap())
            .unwrap();
        certificate.sign(&key, MessageDigest::sha256()).unwrap();
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_certificate(&certificate.build()).unwrap();
        acceptor.set_private_key(&key).unwrap();
        Self(acceptor.build())
    }

    /// Says `answer` and closes the connection; notes the name in the handshake.
    pub(super) fn start(&self, answer: &'static [u8]) -> Server<Option<String>> {
        let acceptor = self.0.clone();
        Server::with(move |stream| {
            let mut stream = acceptor.accept(stream).unwrap();
            receive(&mut stream);
            stream.write_all(answer).unwrap();
            let _ = stream.shutdown();
            stream
                .ssl()
                .servername(NameType::HOST_NAME)
                .map(ToOwned::to_owned)
        })
    }
}
