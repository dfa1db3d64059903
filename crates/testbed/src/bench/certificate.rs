//! A certificate that signs itself, for servers of `SSL_GET`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::{X509, X509Name};

/// What accepts connections with a key that is made for this run.
pub(super) fn acceptor() -> Result<Arc<SslAcceptor>> {
    make().map(Arc::new).context("making a certificate")
}

fn make() -> Result<SslAcceptor, ErrorStack> {
    let key = EcKey::generate(EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?.as_ref())?;
    let key = PKey::from_ec_key(key)?;
    let mut name = X509Name::builder()?;
    name.append_entry_by_text("CN", "servers")?;
    let name = name.build();
    let mut certificate = X509::builder()?;
    certificate.set_version(2)?;
    certificate.set_subject_name(&name)?;
    certificate.set_issuer_name(&name)?;
    certificate.set_pubkey(&key)?;
    certificate.set_not_before(Asn1Time::days_from_now(0)?.as_ref())?;
    certificate.set_not_after(Asn1Time::days_from_now(1)?.as_ref())?;
    certificate.sign(&key, MessageDigest::sha256())?;
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    acceptor.set_private_key(&key)?;
    acceptor.set_certificate(certificate.build().as_ref())?;
    Ok(acceptor.build())
}
