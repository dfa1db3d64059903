//! `virtual_server_group`: many addresses or marks served alike.

use crate::Family;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

/// Addresses from a first to a last one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AddressRange(Ends);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Ends {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
}

/// Why two addresses are no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRangeError {
    /// One is IPv4, the other IPv6.
    #[error("{0} and {1} are of different families")]
    MixedFamilies(IpAddr, IpAddr),
    /// The range runs backwards.
    #[error("{0} is after {1}")]
    Reversed(IpAddr, IpAddr),
}

impl AddressRange {
    /// The range of both ends.
    pub fn new(first: IpAddr, last: IpAddr) -> Result<Self, AddressRangeError> {
        let ends = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => Ends::V4(first, last),
            (IpAddr::V6(first), IpAddr::V6(last)) => Ends::V6(first, last),
            _ => return Err(AddressRangeError::MixedFamilies(first, last)),
        };
        if first > last {
            return Err(AddressRangeError::Reversed(first, last));
        }
        Ok(Self(ends))
    }

    /// A range of one address.
    #[must_use]
    pub const fn single(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => Ends::V4(address, address),
            IpAddr::V6(address) => Ends::V6(address, address),
        })
    }

    /// The first address.
    #[must_use]
    pub const fn first(self) -> IpAddr {
        match self.0 {
            Ends::V4(first, _) => IpAddr::V4(first),
            Ends::V6(first, _) => IpAddr::V6(first),
        }
    }

    /// The last address, which belongs to the range.
    #[must_use]
    pub const fn last(self) -> IpAddr {
        match self.0 {
            Ends::V4(_, last) => IpAddr::V4(last),
            Ends::V6(_, last) => IpAddr::V6(last),
        }
    }

    /// The family of all addresses.
    #[must_use]
    pub const fn family(self) -> Family {
        Family::of(self.first())
    }

    /// Whether the address belongs to the range.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.0, address) {
            (Ends::V4(first, last), IpAddr::V4(address)) => first <= address && address <= last,
            (Ends::V6(first, last), IpAddr::V6(address)) => first <= address && address <= last,
            _ => false,
        }
    }

    /// Every address, carrying over octets and groups.
    pub fn addresses(self) -> impl Iterator<Item = IpAddr> {
        let (four, six) = match self.0 {
            Ends::V4(first, last) => (Some(first.to_bits()..=last.to_bits()), None),
            Ends::V6(first, last) => (None, Some(first.to_bits()..=last.to_bits())),
        };
        let four = four
            .into_iter()
            .flatten()
            .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
        four.chain(
            six.into_iter()
                .flatten()
                .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        )
    }
}

impl fmt::Display for AddressRange {
    /// `10.0.0.1` or `10.0.0.1-10.0.0.9`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first())?;
        if self.first() != self.last() {
            write!(f, "-{}", self.last())?;
        }
        Ok(())
    }
}

/// One line of a `virtual_server_group`; its identity over a reload is the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GroupEntry {
    /// Addresses, all with the same port.
    Addresses {
        /// The addresses.
        range: AddressRange,
        /// The port; 0 for any.
        port: u16,
    },
    /// A firewall mark.
    Fwmark {
        /// The mark.
        mark: NonZeroU32,
        /// Its family, where the line names one.
        family: Option<Family>,
    },
}

impl fmt::Display for GroupEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addresses { range, port } => write!(f, "{range}:{port}"),
            Self::Fwmark { mark, .. } => write!(f, "FWM {mark}"),
        }
    }
}

/// `virtual_server_group NAME { … }` (`spec/config-virtual-server.md` section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServerGroup {
    /// Name; unique.
    pub name: String,
    /// Its lines in file order; never empty.
    pub entries: Vec<GroupEntry>,
}

impl VirtualServerGroup {
    /// Whether a line is a firewall mark.
    #[must_use]
    pub fn has_fwmarks(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| matches!(entry, GroupEntry::Fwmark { .. }))
    }

    /// Whether a line is of that family.
    #[must_use]
    pub fn has_family(&self, family: Family) -> bool {
        self.entries.iter().any(|entry| match entry {
            GroupEntry::Addresses { range, .. } => range.family() == family,
            GroupEntry::Fwmark { family: own, .. } => *own == Some(family),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> AddressRange {
        AddressRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap()
    }

    #[test]
    fn ranges_carry_over_octets_and_groups() {
        let texts: Vec<String> = range("10.0.0.254", "10.0.1.1")
            .addresses()
            .map(|address| address.to_string())
            .collect();
        assert_eq!(texts, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
        let six = range("fd00::fffe", "fd00::1:1");
        assert_eq!(six.addresses().count(), 4);
        assert_eq!(six.addresses().nth(2), Some("fd00::1:0".parse().unwrap()));
        assert_eq!(range("255.255.255.255", "255.255.255.255").addresses().count(), 1);
    }

    #[test]
    fn membership_is_by_family_and_value() {
        let hosts = range("10.0.0.1", "10.0.0.9");
        assert!(hosts.contains("10.0.0.9".parse().unwrap()));
        assert!(!hosts.contains("10.0.0.10".parse().unwrap()));
        assert!(!hosts.contains("::ffff:10.0.0.5".parse().unwrap()));
    }

    #[test]
    fn ends_must_fit_together() {
        let (low, high): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        assert_eq!(
            AddressRange::new(high, low),
            Err(AddressRangeError::Reversed(high, low))
        );
        let six = "::1".parse().unwrap();
        assert_eq!(
            AddressRange::new(low, six),
            Err(AddressRangeError::MixedFamilies(low, six))
        );
    }
}
