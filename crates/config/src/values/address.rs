//! Addresses (`spec/config-language.md` section 8.3).

use model::{Family, MacAddr, Prefix};
use std::net::IpAddr;

/// An IP address: IPv6 where the word has a `:`, else dotted IPv4 in full form.
pub(crate) fn address(word: &str) -> Option<IpAddr> {
    if word.contains(':') {
        word.parse().ok().map(IpAddr::V6)
    } else {
        word.parse().ok().map(IpAddr::V4)
    }
}

/// A peer or source address: everything from the first `-` or `/` on is no part of it (`10.0.0.6-7` is `10.0.0.6`).
pub(crate) fn peer_address(word: &str) -> Option<IpAddr> {
    let end = word.find(['-', '/']).unwrap_or(word.len());
    address(&word[..end])
}

/// An address with what stands behind its `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AddressWithLen {
    /// The address with the length that is used.
    pub(crate) prefix: Prefix,
    /// What was written behind the address.
    pub(crate) len: PrefixLen,
}

/// The `/LEN` of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrefixLen {
    /// None: the full length is used.
    Absent,
    /// A good one.
    Given,
    /// No number, or more than the family has bits: the full length is used.
    Invalid,
}

/// `ADDR[/LEN]`; nothing where the address itself is malformed.
pub(crate) fn prefix(word: &str) -> Option<AddressWithLen> {
    let (host, len) = match word.split_once('/') {
        Some((host, len)) => (host, Some(len)),
        None => (word, None),
    };
    let address = address(host)?;
    let bits = Family::of(address).bits();
    let (used, kind) = match len {
        None => (bits, PrefixLen::Absent),
        Some(text) => match text.parse::<u8>() {
            Ok(value) if value <= bits && !text.starts_with('+') => (value, PrefixLen::Given),
            _ => (bits, PrefixLen::Invalid),
        },
    };
    Some(AddressWithLen {
        prefix: Prefix { address, len: used },
        len: kind,
    })
}

/// Octets of a hardware address, two hexadecimal digits each at most, separated by `:`.
pub(crate) fn octets(word: &str) -> Option<Vec<u8>> {
    word.split(':')
        .map(|part| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            digits.then(|| u8::from_str_radix(part, 16).ok()).flatten()
        })
        .collect()
}

/// Whether a hardware address is in the range that RFC 9568 keeps for virtual routers.
pub(crate) const fn is_virtual_router_mac(mac: MacAddr) -> bool {
    matches!(mac.0, [0, 0, 0x5e, 0, 1 | 2, _])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_full_form() {
        assert_eq!(address("192.0.2.1"), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(address("2001:db8::1"), Some("2001:db8::1".parse().unwrap()));
        for bad in ["", "10.1", "10.0.0.256", "eth0", "2001:db8", "::g", "10.0.0.1/24"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    #[test]
    fn peers_end_at_a_dash_or_slash() {
        for word in ["10.0.0.6-7", "10.0.0.6/24", "10.0.0.6"] {
            assert_eq!(peer_address(word), Some("10.0.0.6".parse().unwrap()), "{word}");
        }
    }

    #[test]
    fn a_bad_length_leaves_the_full_one() {
        for (word, len, kind) in [
            ("10.0.0.1", 32, PrefixLen::Absent),
            ("10.0.0.1/24", 24, PrefixLen::Given),
            ("10.0.0.1/33", 32, PrefixLen::Invalid),
            ("10.0.0.1/", 32, PrefixLen::Invalid),
            ("10.0.0.1/x", 32, PrefixLen::Invalid),
            ("2001:db8::1/128", 128, PrefixLen::Given),
            ("2001:db8::1/129", 128, PrefixLen::Invalid),
        ] {
            let parsed = prefix(word).unwrap();
            assert_eq!((parsed.prefix.len, parsed.len), (len, kind), "{word}");
        }
        assert_eq!(prefix("10.0.0/24"), None);
    }

    #[test]
    fn hardware_addresses_are_octets() {
        assert_eq!(octets("0:1:aB"), Some(vec![0, 1, 0xab]));
        for bad in ["", "0:1:", "0:123", "g:1"] {
            assert_eq!(octets(bad), None, "{bad}");
        }
    }
}
