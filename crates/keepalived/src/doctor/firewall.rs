//! What a ruleset does to adverts, and to packets to virtual addresses.
//!
//! Both kinds of rules are read for one [`Packet`] into [`Ruleset`]s: of each rule only remains whether it matches this
//! packet, which may be uncertain, and what it does. [`Ruleset::judge`] follows them.

mod iptables;
mod nft;
mod ruleset;

pub(super) use ruleset::Judgement;

use ruleset::{Match, Ruleset};
use std::net::IpAddr;

/// Whether a packet comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It arrives.
    In,
    /// It leaves.
    Out,
}

/// A packet, as far as rules look at it: an advert, or one to a virtual address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// Whether it comes or goes.
    pub(super) way: Way,
    /// By which interface.
    pub(super) interface: &'a str,
    /// IP protocol: of an advert 112, or 51 with an authentication header.
    pub(super) protocol: u8,
    /// Destination: a group, an address of a peer, or a virtual address.
    pub(super) destination: IpAddr,
}

/// What the rules in force do to a packet, as `nft -j list ruleset` and `iptables-save` show them.
pub(super) fn judge(nftables: Option<&str>, iptables: Option<&str>, packet: &Packet<'_>) -> Judgement {
    let nft = nftables.and_then(|text| nft::read(text, packet));
    let old = iptables.map(|text| iptables::read(text, packet));
    nft.iter()
        .chain(&old)
        .map(Ruleset::judge)
        .find(|judgement| matches!(judgement, Judgement::Dropped { .. }))
        .unwrap_or(Judgement::Passes)
}

/// Whether an address as rules write it, perhaps with a prefix length, covers an address.
fn covers(text: &str, address: IpAddr) -> Match {
    let (network, len) = match text.split_once('/') {
        Some((network, len)) => (network, len.parse().ok()),
        None => (text, Some(if address.is_ipv4() { 32 } else { 128 })),
    };
    let (Ok(network), Some(len)) = (network.parse::<IpAddr>(), len) else {
        return Match::Maybe;
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let mask = |len: u32| u128::MAX.checked_shl(128_u32.saturating_sub(len)).unwrap_or(0);
    let same_family = network.is_ipv4() == address.is_ipv4();
    Match::from(same_family && (bits(network) ^ bits(address)) & mask(len) == 0)
}

/// Whether an interface name as rules write it, perhaps with a wildcard at its end, covers an interface.
fn names(pattern: &str, wildcard: char, interface: &str) -> Match {
    Match::from(match pattern.strip_suffix(wildcard) {
        Some(start) => interface.starts_with(start),
        None => interface == pattern,
    })
}

/// Whether a protocol as rules write it is this one.
fn is_protocol(text: &str, protocol: u8) -> Match {
    let number = match text {
        "vrrp" => Some(112),
        "ah" => Some(51),
        "icmp" => Some(1),
        "icmpv6" | "ipv6-icmp" => Some(58),
        "tcp" => Some(6),
        "udp" => Some(17),
        "all" => return Match::Yes,
        text => text.parse().ok(),
    };
    // Any other name is that of another protocol.
    Match::from(number == Some(protocol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_cover_what_is_in_them() {
        let group: IpAddr = "224.0.0.18".parse().unwrap();
        for (text, expected) in [
            ("224.0.0.0/4", Match::Yes),
            ("224.0.0.18", Match::Yes),
            ("0.0.0.0/0", Match::Yes),
            ("224.0.0.5", Match::No),
            ("10.0.0.0/8", Match::No),
            ("ff02::12", Match::No),
            ("@set", Match::Maybe),
        ] {
            assert_eq!(covers(text, group), expected, "{text}");
        }
        assert_eq!(covers("ff02::/16", "ff02::12".parse().unwrap()), Match::Yes);
        assert_eq!(covers("::/0", "ff02::12".parse().unwrap()), Match::Yes);
    }

    #[test]
    fn names_may_have_a_wildcard() {
        assert_eq!(names("eth*", '*', "eth0"), Match::Yes);
        assert_eq!(names("eth+", '+', "eth0"), Match::Yes);
        assert_eq!(names("eth", '*', "eth0"), Match::No);
    }

    #[test]
    fn protocols_have_names_and_numbers() {
        assert_eq!(is_protocol("vrrp", 112), Match::Yes);
        assert_eq!(is_protocol("112", 112), Match::Yes);
        assert_eq!(is_protocol("tcp", 112), Match::No);
        assert_eq!(is_protocol("tcp", 6), Match::Yes);
        assert_eq!(is_protocol("51", 112), Match::No);
    }
}
