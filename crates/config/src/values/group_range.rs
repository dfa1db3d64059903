//! Addresses of a `virtual_server_group` (`spec/config-virtual-server.md` section 2).

use super::address::{PrefixLen, address, prefix};
use model::{AddressRange, AddressRangeError};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a word names no addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RangeError {
    /// The address itself.
    #[error("'{0}' is no address")]
    Address(String),
    /// The number behind the `-`.
    #[error("the end of the range '{0}' is no number that fits")]
    End(String),
    /// A range of one or less.
    #[error("the end of the range '{0}' is not after its start")]
    Empty(String),
    /// The length behind the `/`.
    #[error("'{0}' has no usable prefix length")]
    PrefixLen(String),
    /// Bits behind the prefix.
    #[error("'{0}' has bits set behind its prefix length")]
    HostBits(String),
    /// Two addresses that are no range.
    #[error(transparent)]
    Ends(AddressRangeError),
}

/// Text behind the end of a short range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw(pub(crate) String);

/// `ADDR`, `A.B.C.D-E`, `X:…:S-E`, `ADDR1-ADDR2` or `ADDR/LEN`.
pub(crate) fn parse(word: &str) -> Result<(AddressRange, Option<Flaw>), RangeError> {
    if let Some((start, end)) = word.split_once('-') {
        let first = address(start).ok_or_else(|| RangeError::Address(word.to_owned()))?;
        return if end.contains(['.', ':']) {
            let last = address(end).ok_or_else(|| RangeError::Address(word.to_owned()))?;
            let range = AddressRange::new(first, last).map_err(RangeError::Ends)?;
            Ok((range, None))
        } else {
            short(first, end, word)
        };
    }
    if word.contains('/') {
        return network(word).map(|range| (range, None));
    }
    let single = address(word).ok_or_else(|| RangeError::Address(word.to_owned()))?;
    Ok((AddressRange::single(single), None))
}

/// A range that ends with another last octet or last 16 bits.
fn short(first: IpAddr, end: &str, word: &str) -> Result<(AddressRange, Option<Flaw>), RangeError> {
    let (radix, max) = match first {
        IpAddr::V4(_) => (10, 0xff),
        IpAddr::V6(_) => (16, 0xffff),
    };
    let digits = end
        .find(|character: char| !character.is_digit(radix))
        .unwrap_or(end.len());
    let (digits, behind) = end.split_at(digits);
    let end = u32::from_str_radix(digits, radix)
        .ok()
        .filter(|end| *end <= max)
        .ok_or_else(|| RangeError::End(word.to_owned()))?;
    let last = match first {
        IpAddr::V4(first) => IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() & !max | end)),
        IpAddr::V6(first) => {
            let (max, end) = (u128::from(max), u128::from(end));
            IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() & !max | end))
        }
    };
    if last <= first {
        return Err(RangeError::Empty(word.to_owned()));
    }
    let range = AddressRange::new(first, last).map_err(RangeError::Ends)?;
    let flaw = (!behind.is_empty()).then(|| Flaw(behind.to_owned()));
    Ok((range, flaw))
}

/// All addresses of a prefix, the first and the last included.
fn network(word: &str) -> Result<AddressRange, RangeError> {
    let parsed = prefix(word).ok_or_else(|| RangeError::Address(word.to_owned()))?;
    if parsed.len != PrefixLen::Given || parsed.prefix.len == 0 {
        return Err(RangeError::PrefixLen(word.to_owned()));
    }
    let len = u32::from(parsed.prefix.len);
    let (first, last) = match parsed.prefix.address {
        IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(len).unwrap_or(0);
            if first.to_bits() & hosts != 0 {
                return Err(RangeError::HostBits(word.to_owned()));
            }
            let last = IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() | hosts));
            (IpAddr::V4(first), last)
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(len).unwrap_or(0);
            if first.to_bits() & hosts != 0 {
                return Err(RangeError::HostBits(word.to_owned()));
            }
            let last = IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() | hosts));
            (IpAddr::V6(first), last)
        }
    };
    AddressRange::new(first, last).map_err(RangeError::Ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_its_addresses() {
        for (word, shown) in [
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.1-9", "10.0.0.1-10.0.0.9"),
            ("fd00::1-ff", "fd00::1-fd00::ff"),
            ("fd00::fffe-ffff", "fd00::fffe-fd00::ffff"),
            ("10.0.0.250-10.0.1.4", "10.0.0.250-10.0.1.4"),
            ("10.0.0.7-10.0.0.7", "10.0.0.7"),
            ("fd00::1-fd00::1:0", "fd00::1-fd00::1:0"),
            ("10.1.0.0/30", "10.1.0.0-10.1.0.3"),
            ("10.1.0.1/32", "10.1.0.1"),
            ("fd00::/112", "fd00::-fd00::ffff"),
        ] {
            let (range, flaw) = parse(word).unwrap();
            assert_eq!((range.to_string().as_str(), flaw), (shown, None), "{word}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused_for_a_reason() {
        let text = |word: &str| word.to_owned();
        for (word, error) in [
            ("foo", RangeError::Address(text("foo"))),
            ("10.0.0.9-1", RangeError::Empty(text("10.0.0.9-1"))),
            ("10.0.0.9-9", RangeError::Empty(text("10.0.0.9-9"))),
            ("10.0.0.1-300", RangeError::End(text("10.0.0.1-300"))),
            ("10.0.0.1-x", RangeError::End(text("10.0.0.1-x"))),
            ("fd00::1-10000", RangeError::End(text("fd00::1-10000"))),
            ("10.0.0.1/24", RangeError::HostBits(text("10.0.0.1/24"))),
            ("10.0.0.0/0", RangeError::PrefixLen(text("10.0.0.0/0"))),
            ("10.0.0.0/33", RangeError::PrefixLen(text("10.0.0.0/33"))),
        ] {
            assert_eq!(parse(word), Err(error), "{word}");
        }
        assert!(matches!(parse("10.0.0.1-fd00::1"), Err(RangeError::Ends(_))));
        assert!(matches!(parse("10.0.0.9-10.0.0.1"), Err(RangeError::Ends(_))));
    }

    #[test]
    fn text_behind_a_short_range_is_a_flaw() {
        let (range, flaw) = parse("10.0.0.1-3x").unwrap();
        assert_eq!(range.to_string(), "10.0.0.1-10.0.0.3");
        assert_eq!(flaw, Some(Flaw("x".to_owned())));
    }
}
