//! The checks other than HTTP: TCP, UDP, SMTP, DNS, ping, scripts, files and BFD (`spec/checkers.md`).

use crate::{Command, Connection, Micros, Sense};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `TCP_CHECK`: a connection can be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TcpCheck {
    /// Where to.
    pub connection: Connection,
}

/// `PING_CHECK`: an echo request is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PingCheck {
    /// Where to.
    pub connection: Connection,
}

/// Bytes that a reply is compared with; a nibble whose mask is 0 may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReplyPattern {
    /// Expected bytes; nibbles that may be anything are 0.
    pub bytes: Vec<u8>,
    /// `0xff`, `0xf0`, `0x0f` or `0x00` for each byte.
    pub mask: Vec<u8>,
}

impl ReplyPattern {
    /// Whether the reply agrees as far as both reach; an empty reply therefore agrees with any pattern.
    #[must_use]
    pub fn agrees(&self, reply: &[u8]) -> bool {
        self.bytes
            .iter()
            .zip(&self.mask)
            .zip(reply)
            .all(|((expected, mask), byte)| (expected ^ byte) & mask == 0)
    }
}

/// `require_reply` with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReplyContent {
    /// What the reply begins with.
    pub pattern: ReplyPattern,
    /// `min_reply_length` in bytes.
    pub min_length: u16,
    /// `max_reply_length` in bytes; less than the minimum if so configured, and then nothing passes.
    pub max_length: u16,
}

/// `UDP_CHECK`: a datagram is not refused, or is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UdpCheck {
    /// Where to.
    pub connection: Connection,
    /// `payload`; nothing is the default text.
    pub payload: Option<Vec<u8>>,
    /// `require_reply`: silence is a failure.
    pub require_reply: bool,
    /// The pattern of `require_reply`.
    pub content: Option<ReplyContent>,
}

/// `SMTP_CHECK`: greeting, `HELO`, `QUIT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SmtpCheck {
    /// Where to.
    pub connection: Connection,
    /// `helo_name`.
    pub helo_name: String,
}

impl SmtpCheck {
    /// `helo_name` where the configuration names none.
    pub const HELO_NAME: &'static str = "smtpchecker.keepalived.org";
}

/// `type` of a `DNS_CHECK`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DnsType {
    /// IPv4 address.
    A,
    /// Name server.
    Ns,
    /// Alias.
    Cname,
    /// Start of authority.
    #[default]
    Soa,
    /// Mail exchanger.
    Mx,
    /// Text.
    Txt,
    /// IPv6 address.
    Aaaa,
    /// Signature.
    Rrsig,
    /// Key.
    Dnskey,
}

impl DnsType {
    /// All types in the order of the manual.
    pub const ALL: [Self; 9] = [
        Self::A,
        Self::Ns,
        Self::Cname,
        Self::Soa,
        Self::Mx,
        Self::Txt,
        Self::Aaaa,
        Self::Rrsig,
        Self::Dnskey,
    ];

    /// The number of the query type.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Ns => 2,
            Self::Cname => 5,
            Self::Soa => 6,
            Self::Mx => 15,
            Self::Txt => 16,
            Self::Aaaa => 28,
            Self::Rrsig => 46,
            Self::Dnskey => 48,
        }
    }

    /// The word of the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Ns => "NS",
            Self::Cname => "CNAME",
            Self::Soa => "SOA",
            Self::Mx => "MX",
            Self::Txt => "TXT",
            Self::Aaaa => "AAAA",
            Self::Rrsig => "RRSIG",
            Self::Dnskey => "DNSKEY",
        }
    }

    /// The type of that name, in upper or lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for DnsType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `name` of a `DNS_CHECK`: a domain name whose labels fit into a query. The default is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsName(Box<str>);

/// Why a word is no domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DnsNameError {
    /// Two dots in a row, or one at the beginning.
    #[error("'{0}' has an empty label")]
    EmptyLabel(String),
    /// A label of more than 63 bytes.
    #[error("'{0}' has a label of more than 63 bytes")]
    LongLabel(String),
    /// More than 255 bytes in a query.
    #[error("'{0}' is longer than a domain name may be")]
    TooLong(String),
}

impl DnsName {
    /// Checks a word; a dot at the end and a single dot, the root, are allowed.
    pub fn new(name: &str) -> Result<Self, DnsNameError> {
        let relative = name.strip_suffix('.').unwrap_or(name);
        if relative.is_empty() {
            return Ok(Self::default());
        }
        for label in relative.split('.') {
            if label.is_empty() {
                return Err(DnsNameError::EmptyLabel(name.to_owned()));
            }
            if label.len() > 63 {
                return Err(DnsNameError::LongLabel(name.to_owned()));
            }
        }
        // A length byte before each label takes the place of the dots; one more, and the root's.
        if relative.len() + 2 > 255 {
            return Err(DnsNameError::TooLong(name.to_owned()));
        }
        Ok(Self(relative.into()))
    }

    /// The name without a dot at its end; empty for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its labels, each 1 to 63 bytes; none for the root.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }
}

impl TryFrom<String> for DnsName {
    type Error = DnsNameError;
    fn try_from(name: String) -> Result<Self, DnsNameError> {
        Self::new(&name)
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.0.into()
    }
}

/// `DNS_CHECK`: a query is answered without an error code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DnsCheck {
    /// Where to.
    pub connection: Connection,
    /// `type`.
    pub kind: DnsType,
    /// `name`.
    pub name: DnsName,
}

/// `MISC_CHECK`: a program's exit status.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MiscCheck {
    /// `misc_path`, `user`.
    pub script: Command,
    /// `misc_timeout`, with the virtual server's delay loop filled in.
    pub timeout: Micros,
    /// `misc_dynamic`: exit statuses from 2 on set the weight.
    pub dynamic: bool,
}

/// `FILE_CHECK`: a number in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileCheck {
    /// `track_file`: name of a track file, which exists.
    pub file: String,
    /// `weight`: multiplier of the number; 0 means that a number other than 0 is a failure.
    pub weight: i32,
    /// `reverse`.
    pub sense: Sense,
}

/// `BFD_CHECK`: the state of a BFD session.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BfdCheck {
    /// `name` of the BFD instance, which exists.
    pub instance: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_names_are_checked_by_label() {
        assert_eq!(DnsName::new("."), Ok(DnsName::default()));
        let name = DnsName::new("www.example.").unwrap();
        assert_eq!(name.as_str(), "www.example");
        assert_eq!(name.labels().collect::<Vec<_>>(), ["www", "example"]);
        assert_eq!(DnsName::default().labels().count(), 0);
        for bad in [".example", "a..b", ".."] {
            assert_eq!(DnsName::new(bad), Err(DnsNameError::EmptyLabel(bad.to_owned())));
        }
        assert!(DnsName::new(&"a".repeat(63)).is_ok());
        assert!(matches!(
            DnsName::new(&"a".repeat(64)),
            Err(DnsNameError::LongLabel(_))
        ));
        assert!(DnsName::new(&"a.".repeat(126)).is_ok());
        assert!(matches!(
            DnsName::new(&"a.".repeat(128)),
            Err(DnsNameError::TooLong(_))
        ));
    }

    #[test]
    fn patterns_compare_nibbles_as_far_as_both_reach() {
        let pattern = ReplyPattern {
            bytes: vec![0x12, 0x30, 0x04],
            mask: vec![0xff, 0xf0, 0x0f],
        };
        assert!(pattern.agrees(&[0x12, 0x3a, 0xb4, 0xff]));
        assert!(pattern.agrees(&[0x12]));
        assert!(pattern.agrees(&[]));
        assert!(!pattern.agrees(&[0x12, 0x4a]));
        assert!(!pattern.agrees(&[0x12, 0x3a, 0xb5]));
    }

    #[test]
    fn query_types_are_found_in_any_case() {
        assert_eq!(DnsType::named("aaaa"), Some(DnsType::Aaaa));
        assert_eq!(DnsType::named("DnsKey").map(DnsType::code), Some(48));
        assert_eq!(DnsType::named("PTR"), None);
    }
}
