//! `RTM_NEWADDR`, `RTM_DELADDR`.

use super::message::{attributes, ip, u32_at};
use crate::operation::Address;
use model::interface::InterfaceAddress;
use model::{Family, IfIndex, PreferredLifetime, Prefix, Route};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeader, AddressHeaderFlags, AddressMessage, AddressProtocol,
    AddressScope, CacheInfo,
};
use std::net::IpAddr;

/// Bytes of `struct ifaddrmsg`.
const HEADER_LEN: usize = 8;

/// The request body that adds an address.
pub(crate) fn addition(address: &Address) -> AddressMessage {
    let mut message = removal(address);
    message.header.scope = AddressScope::from(address.scope);
    // The header has room for the first eight flags only; the attribute replaces them where the kernel knows it.
    message.header.flags = AddressHeaderFlags::from_bits_retain(address.flags.to_le_bytes()[0]);
    let attributes = &mut message.attributes;
    if let Some(broadcast) = address.broadcast {
        attributes.push(AddressAttribute::Broadcast(broadcast));
    }
    if let Some(label) = &address.label {
        attributes.push(AddressAttribute::Label(label.to_string()));
    }
    if address.flags != 0 {
        attributes.push(AddressAttribute::Flags(AddressFlags::from_bits_retain(
            address.flags,
        )));
    }
    if let PreferredLifetime::Seconds(seconds) = address.preferred_lft {
        let mut lifetimes = CacheInfo::default();
        lifetimes.ifa_preferred = seconds;
        lifetimes.ifa_valid = u32::MAX;
        attributes.push(AddressAttribute::CacheInfo(lifetimes));
    }
    attributes.push(AddressAttribute::Protocol(AddressProtocol::Other(
        Route::PROTOCOL,
    )));
    message
}

/// The request body that removes an address: what identifies it and nothing else.
pub(crate) fn removal(address: &Address) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header = AddressHeader {
        family: match address.family() {
            Family::Ipv4 => AddressFamily::Inet,
            Family::Ipv6 => AddressFamily::Inet6,
        },
        prefix_len: address.kernel_len(),
        index: address.interface.value(),
        ..AddressHeader::default()
    };
    // IFA_LOCAL is our end and IFA_ADDRESS the other one; without peer both are the same.
    let other = address.peer.map_or(address.prefix.address, |peer| peer.address);
    message.attributes = vec![
        AddressAttribute::Local(address.prefix.address),
        AddressAttribute::Address(other),
    ];
    message
}

/// The interface and the address that a dump or a notification names.
pub(crate) fn decode(payload: &[u8]) -> Option<(IfIndex, InterfaceAddress)> {
    const TENTATIVE_OR_FAILED: u32 = libc::IFA_F_TENTATIVE | libc::IFA_F_DADFAILED;
    const IFA_PROTO: u16 = 11;
    let header = payload.get(..HEADER_LEN)?;
    let index = IfIndex::new(u32_at(header, 4)?)?;
    let (mut local, mut other) = (None, None);
    let mut flags = u32::from(header[2]);
    let mut protocol = 0;
    for (kind, value) in attributes(&payload[HEADER_LEN..]) {
        match kind {
            libc::IFA_LOCAL => local = ip(value),
            libc::IFA_ADDRESS => other = ip(value),
            libc::IFA_FLAGS => flags = u32_at(value, 0).unwrap_or(flags),
            IFA_PROTO => protocol = value.first().copied().unwrap_or(0),
            _ => {}
        }
    }
    let address = local.or(other)?;
    Some((
        index,
        InterfaceAddress {
            prefix: Prefix {
                address,
                len: header[1],
            },
            peer: other.filter(|other| *other != address),
            // IFA_F_TEMPORARY of IPv6 is the same bit.
            secondary: matches!(address, IpAddr::V4(_)) && flags & libc::IFA_F_SECONDARY != 0,
            tentative: flags & TENTATIVE_OR_FAILED != 0,
            protocol,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::IfName;
    use netlink_packet_core::Emitable;

    fn address(prefix: &str) -> Address {
        let (address, len) = prefix.split_once('/').unwrap();
        Address {
            interface: IfIndex::new(7).unwrap(),
            interface_name: IfName::new("eth0").unwrap(),
            prefix: Prefix {
                address: address.parse().unwrap(),
                len: len.parse().unwrap(),
            },
            peer: None,
            broadcast: None,
            label: None,
            scope: 0,
            preferred_lft: PreferredLifetime::Forever,
            flags: 0,
        }
    }

    fn bytes(message: &AddressMessage) -> Vec<u8> {
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        bytes
    }

    /// An attribute, as a little-endian machine writes it.
    fn attribute(kind: u8, value: &[u8]) -> Vec<u8> {
        let len = u8::try_from(4 + value.len()).unwrap();
        let mut bytes = vec![len, 0, kind, 0];
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn an_ipv4_address_is_encoded_with_all_its_options() {
        let mut full = address("192.0.2.1/24");
        full.broadcast = Some([192, 0, 2, 255].into());
        full.label = Some("eth0:1".into());
        full.scope = 253;
        let mut expected = vec![2, 24, 0, 253, 7, 0, 0, 0];
        expected.extend(attribute(2, &[192, 0, 2, 1]));
        expected.extend(attribute(1, &[192, 0, 2, 1]));
        expected.extend(attribute(4, &[192, 0, 2, 255]));
        expected.extend(attribute(3, b"eth0:1\0"));
        expected.extend(attribute(11, &[18]));
        assert_eq!(bytes(&addition(&full)), expected);

        let mut expected = vec![2, 24, 0, 0, 7, 0, 0, 0];
        expected.extend(attribute(2, &[192, 0, 2, 1]));
        expected.extend(attribute(1, &[192, 0, 2, 1]));
        assert_eq!(bytes(&removal(&full)), expected);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_deprecated_ipv6_address_is_encoded_with_its_lifetimes() {
        let mut host = address("2001:db8::1/128");
        host.flags = Address::NODAD | Address::NOPREFIXROUTE;
        host.preferred_lft = PreferredLifetime::Seconds(0);
        let ip = "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap().octets();
        let mut expected = vec![10, 128, 0x02, 0, 7, 0, 0, 0];
        expected.extend(attribute(2, &ip));
        expected.extend(attribute(1, &ip));
        expected.extend(attribute(8, &[0x02, 0x02, 0, 0]));
        let mut lifetimes = [0; 16];
        lifetimes[4..8].fill(0xff);
        expected.extend(attribute(6, &lifetimes));
        expected.extend(attribute(11, &[18]));
        assert_eq!(bytes(&addition(&host)), expected);
    }

    #[test]
    fn an_attribute_that_makes_no_sense_does_not_cost_the_message() {
        let message = bytes(&addition(&address("192.0.2.1/24")));
        let (_, plain) = decode(&message).unwrap();
        assert_eq!(
            (plain.prefix.to_string(), plain.protocol),
            ("192.0.2.1/24".to_owned(), 18)
        );

        let mut odd = message[..HEADER_LEN].to_vec();
        // Flags, lifetimes and an unknown kind, all too short.
        for kind in [8_u16, 6, 99] {
            odd.extend(5_u16.to_ne_bytes());
            odd.extend(kind.to_ne_bytes());
            odd.extend([1, 0, 0, 0]);
        }
        odd.extend(&message[HEADER_LEN..]);
        assert_eq!(decode(&odd), decode(&message));
        for len in 0..message.len() {
            // Whatever is cut off, it does not panic.
            let _ = decode(&message[..len]);
        }
        assert_eq!(decode(&message[..HEADER_LEN]), None);
    }
}
