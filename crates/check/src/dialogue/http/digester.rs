//! A digest that is computed while a body arrives.

use md5::{Digest, Md5};
use model::BodyDigest;
use sha2::Sha256;

/// Which digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DigestKind {
    /// MD5, 32 digits.
    Md5,
    /// SHA-256, 64 digits.
    Sha256,
}

impl DigestKind {
    /// The kind of a digest.
    #[must_use]
    pub const fn of(digest: &BodyDigest) -> Self {
        match digest {
            BodyDigest::Md5(_) => Self::Md5,
            BodyDigest::Sha256(_) => Self::Sha256,
        }
    }
}

/// A digest of that kind in the making.
#[derive(Clone)]
pub(super) enum Digester {
    Md5(Md5),
    Sha256(Sha256),
}

impl Digester {
    pub(super) fn new(kind: DigestKind) -> Self {
        match kind {
            DigestKind::Md5 => Self::Md5(Md5::new()),
            DigestKind::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The digest of what has come so far.
    pub(super) fn value(&self) -> BodyDigest {
        match self {
            Self::Md5(digest) => BodyDigest::Md5(digest.clone().finalize().into()),
            Self::Sha256(digest) => BodyDigest::Sha256(digest.clone().finalize().into()),
        }
    }
}
