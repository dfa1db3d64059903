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
