//! The request of a change, and the values that services and destinations share.

use super::attributes::{Command, VERSION, top};
use super::{destination, service};
use crate::netlink::Attributes;
use crate::netlink::message::u32_at;
use model::Family;
use model::ipvs::Change;
use std::net::IpAddr;

/// `struct genlmsghdr`: what every message of the family begins with.
pub(super) const fn header(command: Command) -> [u8; 4] {
    [command as u8, VERSION, 0, 0]
}

/// Writes the request of a change into `body`.
pub(super) fn encode(change: &Change, body: &mut Attributes) {
    body.restart(&header(command(change)));
    match change {
        Change::Flush => {}
        Change::AddService(key, settings) | Change::SetService(key, settings) => {
            body.nested(top::SERVICE, |body| service::encode(key, settings, body));
        }
        Change::RemoveService(key) => body.nested(top::SERVICE, |body| service::encode_key(key, body)),
        Change::AddDestination(key, one) | Change::SetDestination(key, one) => {
            body.nested(top::SERVICE, |body| service::encode_key(key, body));
            body.nested(top::DESTINATION, |body| destination::encode(one, body));
        }
        Change::RemoveDestination(key, one) => {
            body.nested(top::SERVICE, |body| service::encode_key(key, body));
            body.nested(top::DESTINATION, |body| destination::encode_key(*one, body));
        }
    }
}

const fn command(change: &Change) -> Command {
    match change {
        Change::Flush => Command::Flush,
        Change::AddService(..) => Command::NewService,
        Change::SetService(..) => Command::SetService,
        Change::RemoveService(_) => Command::DeleteService,
        Change::AddDestination(..) => Command::NewDestination,
        Change::SetDestination(..) => Command::SetDestination,
        Change::RemoveDestination(..) => Command::DeleteDestination,
    }
}

/// `AF_INET` or `AF_INET6`.
pub(super) const fn family_number(family: Family) -> u16 {
    match family {
        Family::Ipv4 => 2,
        Family::Ipv6 => 10,
    }
}

pub(super) fn family_of(value: &[u8]) -> Option<Family> {
    let number = value.try_into().ok().map(u16::from_ne_bytes)?;
    [Family::Ipv4, Family::Ipv6]
        .into_iter()
        .find(|family| family_number(*family) == number)
}

/// 16 bytes, of which an IPv4 address takes the first four.
pub(super) fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            bytes
        }
        IpAddr::V6(address) => address.octets(),
    }
}

pub(super) fn address(family: Family, bytes: &[u8]) -> Option<IpAddr> {
    match family {
        Family::Ipv4 => <[u8; 4]>::try_from(bytes.get(..4)?).ok().map(IpAddr::from),
        Family::Ipv6 => <[u8; 16]>::try_from(bytes.get(..16)?).ok().map(IpAddr::from),
    }
}

/// A number in network order; 0 if it is cut off.
pub(super) fn be16(value: &[u8]) -> u16 {
    value.try_into().map_or(0, u16::from_be_bytes)
}

/// A number in the machine's order; 0 if it is cut off.
pub(super) fn number(value: &[u8]) -> u32 {
    u32_at(value, 0).unwrap_or(0)
}
