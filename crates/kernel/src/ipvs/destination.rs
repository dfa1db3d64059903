//! Destinations as attributes (`spec/ipvs.md` section 1.2).

use super::attributes::destination::{
    ADDRESS, FAMILY, FORWARDING, LOWER_THRESHOLD, PORT, TUNNEL_FLAGS, TUNNEL_PORT, TUNNEL_TYPE,
    UPPER_THRESHOLD, WEIGHT,
};
use super::request::{address, address_bytes, be16, family_number, family_of, number};
use crate::netlink::Attributes;
use crate::netlink::message::{attributes, u16_at};
use model::ipvs::{Destination, DestinationKey, DestinationSettings};
use model::{ConnectionLimits, Family, Forwarding, ServerWeight, Tunnel, TunnelChecksum};
use std::net::SocketAddr;

const METHOD_MASK: u32 = 0x07;
const MASQUERADING: u32 = 0;
const TUNNEL: u32 = 2;
const DIRECT_ROUTING: u32 = 3;

const IPIP: u8 = 0;
const GUE: u8 = 1;
const GRE: u8 = 2;

/// Writes what finds the destination.
pub(super) fn encode_key(DestinationKey(key): DestinationKey, body: &mut Attributes) {
    body.u16(FAMILY, family_number(Family::of(key.ip())));
    body.bytes(ADDRESS, &address_bytes(key.ip()));
    body.be16(PORT, key.port());
}

/// Writes the whole destination.
pub(super) fn encode(destination: &Destination, body: &mut Attributes) {
    let DestinationSettings {
        forwarding,
        weight,
        limits,
    } = destination.settings;
    encode_key(destination.key, body);
    body.u32(FORWARDING, method(forwarding));
    body.u32(WEIGHT, weight.value());
    body.u32(UPPER_THRESHOLD, limits.upper);
    body.u32(LOWER_THRESHOLD, limits.lower);
    if let Forwarding::Tunnel(tunnel) = forwarding {
        encode_tunnel(tunnel, body);
    }
}

const fn method(forwarding: Forwarding) -> u32 {
    match forwarding {
        Forwarding::Nat => MASQUERADING,
        Forwarding::Tunnel(_) => TUNNEL,
        Forwarding::DirectRouting => DIRECT_ROUTING,
    }
}

fn encode_tunnel(tunnel: Tunnel, body: &mut Attributes) {
    match tunnel {
        Tunnel::Ipip => body.u8(TUNNEL_TYPE, IPIP),
        Tunnel::Gue { port, checksum } => {
            body.u8(TUNNEL_TYPE, GUE);
            body.be16(TUNNEL_PORT, port);
            body.u16(TUNNEL_FLAGS, checksum_flags(checksum));
        }
        Tunnel::Gre { checksum } => {
            body.u8(TUNNEL_TYPE, GRE);
            body.u16(TUNNEL_FLAGS, checksum_flags(checksum));
        }
    }
}

const fn checksum_flags(checksum: TunnelChecksum) -> u16 {
    match checksum {
        TunnelChecksum::None => 0,
        TunnelChecksum::Plain => 1,
        TunnelChecksum::Remote => 2,
    }
}

/// A destination of a service of `family`, with its settings unless there are no words for them.
pub(super) fn decode(family: Family, bytes: &[u8]) -> Option<(DestinationKey, Option<DestinationSettings>)> {
    let mut fields = Fields {
        family,
        ..Fields::default()
    };
    for (kind, value) in attributes(bytes) {
        match kind {
            // Kernels before 3.18 know destinations of the service's family only and do not say it.
            FAMILY => fields.family = family_of(value)?,
            ADDRESS => fields.address = value,
            PORT => fields.port = be16(value),
            FORWARDING => fields.method = number(value) & METHOD_MASK,
            WEIGHT => fields.weight = number(value),
            UPPER_THRESHOLD => fields.limits.upper = number(value),
            LOWER_THRESHOLD => fields.limits.lower = number(value),
            TUNNEL_TYPE => fields.tunnel = *value.first()?,
            TUNNEL_PORT => fields.tunnel_port = be16(value),
            TUNNEL_FLAGS => fields.tunnel_flags = u16_at(value, 0)?,
            _ => {}
        }
    }
    let address = address(fields.family, fields.address)?;
    Some((
        DestinationKey(SocketAddr::new(address, fields.port)),
        fields.settings(),
    ))
}

/// What the kernel says of a destination.
struct Fields<'a> {
    family: Family,
    address: &'a [u8],
    port: u16,
    method: u32,
    weight: u32,
    limits: ConnectionLimits,
    tunnel: u8,
    tunnel_port: u16,
    tunnel_flags: u16,
}

impl Default for Fields<'_> {
    fn default() -> Self {
        Self {
            family: Family::Ipv4,
            address: &[],
            port: 0,
            method: MASQUERADING,
            weight: 0,
            limits: ConnectionLimits::default(),
            tunnel: IPIP,
            tunnel_port: 0,
            tunnel_flags: 0,
        }
    }
}

impl Fields<'_> {
    fn settings(&self) -> Option<DestinationSettings> {
        let forwarding = match self.method {
            MASQUERADING => Forwarding::Nat,
            DIRECT_ROUTING => Forwarding::DirectRouting,
            TUNNEL => Forwarding::Tunnel(self.tunnel()?),
            _ => return None,
        };
        Some(DestinationSettings {
            forwarding,
            weight: ServerWeight::clamp(self.weight.into()),
            limits: self.limits,
        })
    }

    fn tunnel(&self) -> Option<Tunnel> {
        let checksum = match self.tunnel_flags {
            0 => TunnelChecksum::None,
            1 => TunnelChecksum::Plain,
            2 => TunnelChecksum::Remote,
            _ => return None,
        };
        match self.tunnel {
            IPIP => Some(Tunnel::Ipip),
            GUE => Some(Tunnel::Gue {
                port: self.tunnel_port,
                checksum,
            }),
            GRE => Some(Tunnel::Gre { checksum }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
