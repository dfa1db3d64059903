//! Authentication of one instance: what is needed to sign its adverts and to check those of others.

mod ah;
mod hmac;

pub(crate) use ah::Ah;
pub(crate) use hmac::{Authentic, ClockSkew, HmacAuth};

use model::{Authentication, PASSWORD_LEN};

/// Keys prepared for computing, and counters.
#[derive(Debug)]
pub(crate) enum Auth {
    None,
    Password([u8; PASSWORD_LEN]),
    Ah(Ah),
    Hmac(Box<HmacAuth>),
}

impl Auth {
    /// Prepares what the configuration says. `senders` is the number of peers, or nothing for multicast.
    pub(crate) fn new(authentication: &Authentication, senders: Option<usize>) -> Self {
        match authentication {
            Authentication::None => Self::None,
            Authentication::Password(password) => Self::Password(padded(password.expose())),
            Authentication::Ah(password) => Self::Ah(Ah::new(password.expose())),
            Authentication::Hmac(hmac) => Self::Hmac(Box::new(HmacAuth::new(hmac, senders))),
        }
    }

    /// Takes over the counters of the same kind of authentication before a reload, so that neither our receivers nor
    /// we ourselves see a sequence go back.
    pub(crate) fn inherit(&mut self, before: Self) {
        match (self, before) {
            (Self::Ah(new), Self::Ah(old)) => new.inherit(&old),
            (Self::Hmac(new), Self::Hmac(old)) => new.inherit(*old),
            _ => {}
        }
    }

    /// The authentication type of a version 2 header.
    pub(crate) const fn type_number(&self) -> u8 {
        match self {
            Self::None | Self::Hmac(_) => 0,
            Self::Password(_) => 1,
            Self::Ah(_) => 2,
        }
    }
}

/// A password of at most 8 bytes, padded with zero bytes.
fn padded(password: &[u8]) -> [u8; PASSWORD_LEN] {
    let mut padded = [0; PASSWORD_LEN];
    let len = password.len().min(PASSWORD_LEN);
    padded[..len].copy_from_slice(&password[..len]);
    padded
}
