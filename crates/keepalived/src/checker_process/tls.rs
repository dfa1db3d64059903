//! TLS as `SSL_GET` speaks it (`spec/checkers.md` section 5.7), and `genhash`.
//!
//! The check asks whether a server answers, not who it is: as ever its certificate is not verified. So protocols and keys
//! that OpenSSL refuses by default are taken too; a server is not unwell because it is old. With `tls_verify` the
//! certificate counts, and then a signature that anybody could forge counts as none.

use super::conversations::{Handshake, More, Reading, Written};
use super::socket::classify;
use check::failure::{ConnectFailure, TlsFailure};
use model::{CheckKind, HttpCheck, LvsConfiguration, PeerName, SslIdentity, TlsVerification, Url};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslStream, SslVerifyMode,
};
use openssl::x509::verify::X509CheckFlags;
use socket2::Socket;
use std::{fs, io};

/// `SSL_OP_LEGACY_SERVER_CONNECT`, which the library's bindings do not name.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(4);

/// OpenSSL's security level for certificates that are verified: 80 bits, so no MD5 and no SHA-1.
const VERIFYING_LEVEL: u32 = 1;

/// What every `SSL_GET` shares.
#[derive(Clone)]
pub(crate) struct TlsContext(SslContext);

/// Why `SSL { … }` cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// A file cannot be read.
    #[error("SSL {what} {file}: {source}")]
    File {
        /// The keyword.
        what: &'static str,
        /// Its argument.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// OpenSSL does not take what is in a file.
    #[error("SSL {what} {file}: {reason}")]
    Content {
        /// The keyword.
        what: &'static str,
        /// Its argument.
        file: String,
        /// Why.
        reason: String,
    },
    /// OpenSSL cannot be used at all.
    #[error("SSL: {}", first_reason(.0))]
    Library(#[from] ErrorStack),
}

impl TlsContext {
    /// The context of a configuration, if that has an `SSL_GET`. Reads files.
    pub(super) fn of(lvs: &LvsConfiguration) -> Result<Option<Self>, TlsError> {
        let servers = lvs
            .virtual_servers
            .iter()
            .flat_map(|virtual_server| &virtual_server.real_servers);
        let tls = |checker: &'_ model::Checker| match &checker.kind {
            CheckKind::Http(check) => check
                .tls
                .as_ref()
                .map(|tls| tls.verification != TlsVerification::Off),
            _ => None,
        };
        let verified = servers.flat_map(|server| &server.checkers).filter_map(tls);
        let is_verifying = verified.reduce(|one, other| one || other);
        is_verifying
            .map(|is_verifying| {
                let mut builder = Self::builder(&lvs.ssl)?;
                if is_verifying && lvs.ssl.ca.is_none() {
                    builder.set_default_verify_paths()?;
                }
                Ok(Self(builder.build()))
            })
            .transpose()
    }

    /// A context with the identity of this side, which verifies nobody. Reads the files that it names.
    pub(crate) fn new(identity: &SslIdentity) -> Result<Self, TlsError> {
        Ok(Self(Self::builder(identity)?.build()))
    }

    fn builder(identity: &SslIdentity) -> Result<SslContextBuilder, TlsError> {
        let mut builder = SslContext::builder(SslMethod::tls_client())?;
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_security_level(0);
        builder.set_min_proto_version(None)?;
        // A server that cannot renegotiate securely, and one that closes without saying so.
        builder.set_options(LEGACY_SERVER_CONNECT | SslOptions::IGNORE_UNEXPECTED_EOF);
        // One system call for a record, not one for its header and one for the rest.
        builder.set_read_ahead(true);
        identify(&mut builder, identity)?;
        Ok(builder)
    }

    /// Prepares the conversation about a URL over a socket that need not be connected yet.
    pub(super) fn stream(
        &self,
        socket: Socket,
        check: &HttpCheck,
        url: &Url,
    ) -> Result<TlsStream, TlsFailure> {
        let session = self.session(check, url)?;
        Ok(TlsStream {
            stream: SslStream::new(session, socket).map_err(|error| unusable(&error))?,
            says_goodbye: check.is_compliant(url),
            is_secured: false,
        })
    }

    /// A session about a URL, over whatever connection, with the name that the server is to be told, and the one that its
    /// certificate has to be for.
    pub(crate) fn session(&self, check: &HttpCheck, url: &Url) -> Result<Ssl, TlsFailure> {
        let failed = |error: ErrorStack| unusable(&error);
        let mut session = Ssl::new(&self.0).map_err(failed)?;
        if let Some(name) = check.sni(url) {
            session.set_hostname(name).map_err(failed)?;
        }
        if let Some(name) = check.peer_name(url) {
            session.set_verify(SslVerifyMode::PEER);
            session.set_security_level(VERIFYING_LEVEL);
            let wanted = session.param_mut();
            wanted.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            match name {
                PeerName::Host(name) => wanted.set_host(name),
                PeerName::Address(address) => wanted.set_ip(address),
            }
            .map_err(failed)?;
        }
        Ok(session)
    }
}

impl std::fmt::Debug for TlsContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsContext")
    }
}

/// The certificate and key of this side, and whom it trusts.
fn identify(builder: &mut SslContextBuilder, identity: &SslIdentity) -> Result<(), TlsError> {
    if let Some(file) = &identity.ca {
        readable("ca", file)?;
        builder.set_ca_file(file).map_err(content("ca", file))?;
    }
    if let Some(file) = &identity.certificate {
        readable("certificate", file)?;
        builder
            .set_certificate_chain_file(file)
            .map_err(content("certificate", file))?;
    }
    if let Some(file) = &identity.key {
        let pem = readable("key", file)?;
        let password = identity.password.as_ref().map_or(&[][..], model::Secret::expose);
        let key = PKey::private_key_from_pem_passphrase(&pem, password).map_err(content("key", file))?;
        builder.set_private_key(&key).map_err(content("key", file))?;
    }
    Ok(())
}

fn readable(what: &'static str, file: &str) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|source| TlsError::File {
        what,
        file: file.to_owned(),
        source,
    })
}

fn content(what: &'static str, file: &str) -> impl FnOnce(ErrorStack) -> TlsError {
    move |error| TlsError::Content {
        what,
        file: file.to_owned(),
        reason: first_reason(&error),
    }
}

fn unusable(error: &ErrorStack) -> TlsFailure {
    TlsFailure::Handshake(first_reason(error))
}

/// What OpenSSL says first, without the places in its source.
fn first_reason(error: &ErrorStack) -> String {
    error
        .errors()
        .first()
        .and_then(openssl::error::Error::reason)
        .unwrap_or("unknown error")
        .to_owned()
}

/// One connection with TLS.
#[derive(Debug)]
pub(super) struct TlsStream {
    stream: SslStream<Socket>,
    /// A close-notify alert is sent at the end (`tls_compliant`).
    says_goodbye: bool,
    is_secured: bool,
}

impl TlsStream {
    pub(super) fn socket(&self) -> &Socket {
        self.stream.get_ref()
    }

    /// Does the next steps of the handshake.
    pub(super) fn handshake(&mut self) -> Handshake {
        match self.stream.connect() {
            Ok(()) => {
                self.is_secured = true;
                Handshake::Done
            }
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Handshake::Waiting,
                _ => Handshake::Failed(self.distrust().unwrap_or_else(|| handshake_failure(&error))),
            },
        }
    }

    /// What is wrong with the server's certificate, if that is why it is not gone on with.
    fn distrust(&self) -> Option<TlsFailure> {
        let ssl = self.stream.ssl();
        if ssl.verify_mode() == SslVerifyMode::NONE {
            return None;
        }
        let result = ssl.verify_result();
        match result.as_raw() {
            verdict::OK => None,
            verdict::NOT_YET_VALID => Some(TlsFailure::CertificateNotYetValid),
            verdict::EXPIRED => Some(TlsFailure::CertificateExpired),
            verdict::OTHER_HOST | verdict::OTHER_ADDRESS => Some(TlsFailure::NameMismatch),
            verdict::NO_ISSUER
            | verdict::SELF_SIGNED
            | verdict::SELF_SIGNED_IN_CHAIN
            | verdict::NO_LOCAL_ISSUER
            | verdict::NO_CHAIN => Some(TlsFailure::Untrusted),
            _ => Some(TlsFailure::Handshake(format!(
                "certificate: {}",
                result.error_string()
            ))),
        }
    }

    /// Reads what has come.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Reading {
        match self.stream.ssl_read(buffer) {
            Ok(length) => Reading::Bytes(length, More::Perhaps),
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Reading::Nothing,
                // compat: an error after the handshake is the end of the data, which is judged by what it is.
                _ => Reading::Closed,
            },
        }
    }

    /// Writes what there is room for.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Written {
        match self.stream.ssl_write(bytes) {
            Ok(length) => Written::Bytes(length),
            Err(error) => match error.code() {
                ErrorCode::WANT_READ | ErrorCode::WANT_WRITE => Written::Nothing,
                _ => Written::Failed(
                    error
                        .io_error()
                        .and_then(classify)
                        .unwrap_or(ConnectFailure::Other),
                ),
            },
        }
    }
}

impl Drop for TlsStream {
    fn drop(&mut self) {
        if self.says_goodbye && self.is_secured {
            // Whether it arrives or not, this side is done.
            let _ = self.stream.shutdown();
        }
    }
}

/// `X509_V_…` of OpenSSL (`openssl-verification-options(1)`, `X509_STORE_CTX_get_error(3)`).
mod verdict {
    use std::ffi::c_int;

    pub(super) const OK: c_int = 0;
    pub(super) const NO_ISSUER: c_int = 2;
    pub(super) const NOT_YET_VALID: c_int = 9;
    pub(super) const EXPIRED: c_int = 10;
    pub(super) const SELF_SIGNED: c_int = 18;
    pub(super) const SELF_SIGNED_IN_CHAIN: c_int = 19;
    pub(super) const NO_LOCAL_ISSUER: c_int = 20;
    pub(super) const NO_CHAIN: c_int = 21;
    pub(super) const OTHER_HOST: c_int = 62;
    pub(super) const OTHER_ADDRESS: c_int = 64;
}

/// Why a handshake failed.
pub(crate) fn handshake_failure(error: &openssl::ssl::Error) -> TlsFailure {
    TlsFailure::Handshake(match (error.ssl_error(), error.io_error()) {
        (Some(stack), _) => first_reason(stack),
        (None, Some(error)) => error.to_string(),
        (None, None) => "the server closed the connection".to_owned(),
    })
}
