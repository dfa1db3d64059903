//! Small values with a range: VRID, priority, weight, interface names and indexes, MAC addresses.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU32};

/// Address family of an instance, a route or a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4 (`AF_INET`).
    Ipv4,
    /// IPv6 (`AF_INET6`).
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// Bytes of one address: 4 or 16.
    #[must_use]
    pub const fn address_len(self) -> usize {
        match self {
            Self::Ipv4 => 4,
            Self::Ipv6 => 16,
        }
    }

    /// Bits of one address: 32 or 128.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// Virtual router identifier, 1 to 255 (RFC 9568, section 5.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vrid(NonZeroU8);

/// A VRID of 0, which no virtual router may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a virtual router identifier is between 1 and 255")]
pub struct VridError;

impl Vrid {
    /// The identifier as the byte of the packet.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0.get()
    }
}

impl TryFrom<u8> for Vrid {
    type Error = VridError;
    fn try_from(value: u8) -> Result<Self, VridError> {
        NonZeroU8::new(value).map(Self).ok_or(VridError)
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Priority of a router in an election, 1 to 255; 255 is the owner of the address (RFC 9568, section 5.2.4).
///
/// The value 0 of a packet, "the master stops", is no `Priority`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority(NonZeroU8);

/// A priority of 0, which no running router may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a priority is between 1 and 255")]
pub struct PriorityError;

impl Priority {
    /// Lowest priority that tracking can reach.
    pub const MIN: Self = Self(NonZeroU8::MIN);
    /// Highest priority of a router that does not own the address.
    pub const MAX_BACKUP: Self = Self(NonZeroU8::new(254).expect("254 is not zero"));
    /// Priority of the address owner.
    pub const OWNER: Self = Self(NonZeroU8::MAX);
    /// `priority` where the configuration names none.
    pub const DEFAULT: Self = Self(NonZeroU8::new(100).expect("100 is not zero"));

    /// The priority as the byte of the packet.
    #[must_use]
    pub const fn value(self) -> u8 {
        self.0.get()
    }

    /// Whether this is the priority of the address owner.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        self.0.get() == 255
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u8> for Priority {
    type Error = PriorityError;
    fn try_from(value: u8) -> Result<Self, PriorityError> {
        NonZeroU8::new(value).map(Self).ok_or(PriorityError)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Weight of a tracker, -254 to 254; 0 means that a failure is a fault, not a change of priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Weight(pub i16);

impl Weight {
    /// No change of priority: the tracker decides between healthy and FAULT.
    pub const FAULT: Self = Self(0);

    /// Whether a failure of the tracker is a fault.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Index of a network interface as the kernel numbers it, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IfIndex(NonZeroU32);

impl IfIndex {
    /// The index `value`, or nothing for 0, which the kernel uses for "no interface".
    #[must_use]
    pub const fn new(value: u32) -> Option<Self> {
        match NonZeroU32::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The index as the kernel's number.
    #[must_use]
    pub const fn value(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for IfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Name of a network interface, 1 to 15 bytes (`IFNAMSIZ` less the closing NUL).
///
/// It is kept in place: names travel with every gratuitous ARP, thousands of them at a takeover.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IfName {
    /// The name, then zeros.
    bytes: [u8; Self::MAX_LEN],
    len: u8,
}

/// Why a word is no interface name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IfNameError {
    /// The word is empty.
    #[error("an interface name cannot be empty")]
    Empty,
    /// The word has more than 15 bytes.
    #[error("interface name '{0}' is longer than 15 bytes")]
    TooLong(String),
    /// The word is `.` or `..` or has a blank, a `/` or a `:` in it.
    #[error("'{0}' cannot be an interface name: '.', '..', blanks, '/' and ':' are not allowed")]
    Malformed(String),
}

impl IfName {
    /// Longest name in bytes.
    pub const MAX_LEN: usize = 15;

    /// Checks a word by the kernel's rules (`dev_valid_name`).
    pub fn new(name: &str) -> Result<Self, IfNameError> {
        if name.is_empty() {
            return Err(IfNameError::Empty);
        }
        let len = match u8::try_from(name.len()) {
            Ok(len) if name.len() <= Self::MAX_LEN => len,
            _ => return Err(IfNameError::TooLong(name.to_owned())),
        };
        if name == "."
            || name == ".."
            || name.contains(|c: char| c == '/' || c == ':' || c.is_ascii_whitespace())
        {
            return Err(IfNameError::Malformed(name.to_owned()));
        }
        let mut bytes = [0; Self::MAX_LEN];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self { bytes, len })
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let name = &self.bytes[..usize::from(self.len)];
        // It was made from text, so this cannot fail.
        std::str::from_utf8(name).unwrap_or_default()
    }
}

impl TryFrom<String> for IfName {
    type Error = IfNameError;
    fn try_from(name: String) -> Result<Self, IfNameError> {
        Self::new(&name)
    }
}

impl From<IfName> for String {
    fn from(name: IfName) -> Self {
        name.as_str().to_owned()
    }
}

impl AsRef<str> for IfName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The virtual router's own address, `00:00:5e:00:01:VRID` or `00:00:5e:00:02:VRID` (RFC 9568, section 7.3).
    #[must_use]
    pub const fn virtual_router(family: Family, vrid: Vrid) -> Self {
        let kind = match family {
            Family::Ipv4 => 1,
            Family::Ipv6 => 2,
        };
        Self([0x00, 0x00, 0x5e, 0x00, kind, vrid.value()])
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, octet) in self.0.iter().enumerate() {
            let colon = if position == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold() {
        assert_eq!(Vrid::try_from(0), Err(VridError));
        assert_eq!(Priority::try_from(0), Err(PriorityError));
        assert!(Priority::OWNER.is_owner());
        assert!(!Priority::MAX_BACKUP.is_owner());
    }

    #[test]
    fn interface_names_follow_the_kernel() {
        assert_eq!(IfName::new("eth0").map(String::from), Ok("eth0".to_owned()));
        assert_eq!(IfName::new(""), Err(IfNameError::Empty));
        assert!(matches!(
            IfName::new("abcdefghijklmnop"),
            Err(IfNameError::TooLong(_))
        ));
        for bad in [".", "..", "a/b", "a:b", "a b"] {
            assert!(
                matches!(IfName::new(bad), Err(IfNameError::Malformed(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn virtual_router_address_carries_family_and_vrid() {
        let vrid = Vrid::try_from(51).unwrap();
        assert_eq!(
            MacAddr::virtual_router(Family::Ipv4, vrid).to_string(),
            "00:00:5e:00:01:33"
        );
        assert_eq!(
            MacAddr::virtual_router(Family::Ipv6, vrid).to_string(),
            "00:00:5e:00:02:33"
        );
    }
}
