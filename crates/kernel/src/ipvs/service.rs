//! Services as attributes (`spec/ipvs.md` section 1.1).

use super::attributes::service::{
    ADDRESS, ENGINE, FAMILY, FLAGS, FWMARK, NETMASK, PORT, PROTOCOL, SCHEDULER, TIMEOUT,
};
use super::request::{address, address_bytes, be16, family_number, family_of, number};
use crate::netlink::Attributes;
use crate::netlink::message::{attributes, string, u32_at};
use model::ipvs::{ServiceKey, ServiceSettings};
use model::{Family, Granularity, Protocol, Scheduler, ServiceFlags};
use std::num::NonZeroU32;

const PERSISTENT: u32 = 0x01;
const ONE_PACKET: u32 = 0x04;
const FLAG_1: u32 = 0x08;
const FLAG_2: u32 = 0x10;
const FLAG_3: u32 = 0x20;

/// Writes what finds the service.
pub(super) fn encode_key(key: &ServiceKey, body: &mut Attributes) {
    body.u16(FAMILY, family_number(key.family()));
    match key {
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => {
            body.u16(PROTOCOL, protocol.number().into());
            body.bytes(ADDRESS, &address_bytes(*address));
            body.be16(PORT, *port);
        }
        ServiceKey::Fwmark { mark, .. } => body.u32(FWMARK, mark.get()),
    }
}

/// Writes the whole service.
pub(super) fn encode(key: &ServiceKey, settings: &ServiceSettings, body: &mut Attributes) {
    encode_key(key, body);
    body.string(SCHEDULER, settings.scheduler.as_str());
    let mut flags = [0; 8];
    flags[..4].copy_from_slice(&flags_of(settings).to_ne_bytes());
    flags[4..].copy_from_slice(&u32::MAX.to_ne_bytes());
    body.bytes(FLAGS, &flags);
    body.u32(TIMEOUT, settings.timeout);
    match settings.netmask {
        Granularity::Netmask(bits) => body.bytes(NETMASK, &bits.to_be_bytes()),
        Granularity::PrefixLength(len) => body.u32(NETMASK, len.into()),
    }
    if let Some(engine) = settings.engine.as_deref().filter(|_| settings.timeout > 0) {
        body.string(ENGINE, engine);
    }
}

fn flags_of(settings: &ServiceSettings) -> u32 {
    let ServiceFlags {
        one_packet,
        flag_1,
        flag_2,
        flag_3,
    } = settings.flags;
    [
        (settings.timeout > 0, PERSISTENT),
        (one_packet, ONE_PACKET),
        (flag_1, FLAG_1),
        (flag_2, FLAG_2),
        (flag_3, FLAG_3),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .fold(0, |flags, (_, flag)| flags | flag)
}

/// A service of the kernel, with its settings unless there are no words for them.
pub(super) fn decode(bytes: &[u8]) -> Option<(ServiceKey, Option<ServiceSettings>)> {
    let fields = Fields::of(bytes)?;
    Some((fields.key()?, fields.settings()))
}

/// What the kernel says of a service.
struct Fields<'a> {
    family: Family,
    protocol: Option<u16>,
    address: &'a [u8],
    port: u16,
    mark: Option<NonZeroU32>,
    scheduler: &'a str,
    flags: u32,
    timeout: u32,
    netmask: &'a [u8],
    engine: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let mut family = None;
        let mut fields = Self {
            family: Family::Ipv4,
            protocol: None,
            address: &[],
            port: 0,
            mark: None,
            scheduler: "",
            flags: 0,
            timeout: 0,
            netmask: &[],
            engine: None,
        };
        for (kind, value) in attributes(bytes) {
            match kind {
                FAMILY => family = family_of(value),
                PROTOCOL => fields.protocol = value.try_into().ok().map(u16::from_ne_bytes),
                ADDRESS => fields.address = value,
                PORT => fields.port = be16(value),
                FWMARK => fields.mark = NonZeroU32::new(number(value)),
                SCHEDULER => fields.scheduler = string(value)?,
                FLAGS => fields.flags = u32_at(value, 0)?,
                TIMEOUT => fields.timeout = number(value),
                NETMASK => fields.netmask = value,
                ENGINE => fields.engine = string(value),
                _ => {}
            }
        }
        fields.family = family?;
        Some(fields)
    }

    fn key(&self) -> Option<ServiceKey> {
        let family = self.family;
        if let Some(mark) = self.mark {
            return Some(ServiceKey::Fwmark { family, mark });
        }
        let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];
        let number = self.protocol?;
        Some(ServiceKey::Address {
            protocol: protocols
                .into_iter()
                .find(|protocol| u16::from(protocol.number()) == number)?,
            address: address(family, self.address)?,
            port: self.port,
        })
    }

    fn settings(&self) -> Option<ServiceSettings> {
        let has = |flag| self.flags & flag != 0;
        let persistent = has(PERSISTENT);
        let mask: [u8; 4] = self.netmask.try_into().ok()?;
        Some(ServiceSettings {
            scheduler: Scheduler::named(self.scheduler)?,
            flags: ServiceFlags {
                one_packet: has(ONE_PACKET),
                flag_1: has(FLAG_1),
                flag_2: has(FLAG_2),
                flag_3: has(FLAG_3),
            },
            timeout: if persistent { self.timeout } else { 0 },
            netmask: match self.family {
                Family::Ipv4 => Granularity::Netmask(u32::from_be_bytes(mask)),
                Family::Ipv6 => Granularity::PrefixLength(u32::from_ne_bytes(mask).try_into().ok()?),
            },
            engine: self.engine.filter(|_| persistent).map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests;
