//! How adverts are authenticated (`spec/config-vrrp.md` sections 1.8 and 1.9).

use crate::{Micros, Secret};
use serde::{Deserialize, Serialize};

/// Bytes of a VRRP version 2 password (RFC 2338, section 5.3.10).
pub const PASSWORD_LEN: usize = 8;

/// Authentication of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    /// None.
    #[default]
    None,
    /// `auth_type PASS`: the password in clear text, zero padded to [`PASSWORD_LEN`] bytes.
    Password(Secret),
    /// `auth_type AH`: an IPsec authentication header with HMAC-MD5, keyed by the zero padded password.
    Ah(Secret),
    /// `auth_hmac`: a keyed trailer, any version and family.
    Hmac(AuthHmac),
}

/// The `auth_hmac` block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthHmac {
    /// Every key that is accepted.
    pub keys: Vec<HmacKey>,
    /// Id of the key that signs; it is one of `keys`.
    pub active_key: u8,
    /// How replays are told apart.
    pub anti_replay: AntiReplay,
    /// Which adverts are signed and which are accepted.
    pub mode: AuthHmacMode,
}

impl AuthHmac {
    /// The key with this id.
    #[must_use]
    pub fn key(&self, id: u8) -> Option<&Secret> {
        self.keys.iter().find(|key| key.id == id).map(|key| &key.value)
    }
}

/// One key of `auth_hmac`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HmacKey {
    /// Id, 1 to 255.
    pub id: u8,
    /// The key, 32 to 64 bytes.
    pub value: Secret,
}

/// `anti_replay`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AntiReplay {
    /// Freshness by the clock: a larger difference than the window (1 to 300 s) is stale.
    Time {
        /// `time_window`.
        window: Micros,
    },
    /// Only an increasing sequence.
    Monotonic,
}

/// `mode` of `auth_hmac`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuthHmacMode {
    /// Send and require the trailer.
    #[default]
    Enforce,
    /// Send it, accept adverts without one.
    Permissive,
    /// Neither send nor require it; check one that is there.
    ReceiveOnly,
}
