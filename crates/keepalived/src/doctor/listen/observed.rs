//! What was heard, put together.

use kernel::advert_socket::Arrival;
use kernel::sniffer::{Direction, Seen};
use model::{Family, IfIndex, MacAddr, Micros};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::advert::Advert;
use wire::ah::AuthenticationHeader;
use wire::arp::Arp;
use wire::ethernet;
use wire::ipv4::Datagram;

const IPV4: u16 = 0x0800;
const IPV6_HEADER_LEN: usize = 40;

/// One virtual router on one interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The interface.
    pub(crate) interface: IfIndex,
    /// Family of the adverts.
    pub(crate) family: Family,
    /// VRID.
    pub(crate) vrid: u8,
}

/// An advert as it was on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObservedAdvert {
    /// 2 or 3.
    pub(crate) version: u8,
    /// Priority.
    pub(crate) priority: u8,
    /// Version 2: kind of authentication; 0 none, 1 password, 2 header.
    pub(crate) auth_type: u8,
    /// Interval that it states.
    pub(crate) interval: Micros,
    /// TTL or hop limit.
    pub(crate) ttl: u8,
    /// Virtual addresses.
    pub(crate) addresses: BTreeSet<IpAddr>,
}

/// Somebody who sends adverts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Talker {
    /// Hardware address of the frames.
    pub(crate) mac: MacAddr,
    /// Adverts seen on the wire.
    pub(crate) seen: usize,
    /// Adverts that a raw socket got.
    pub(crate) delivered: usize,
    /// The last one seen.
    pub(crate) last: ObservedAdvert,
}

/// Everything heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Others that send adverts, by virtual router and source address.
    pub(crate) others: BTreeMap<Key, BTreeMap<IpAddr, Talker>>,
    /// Adverts that this host has sent.
    pub(crate) own: BTreeMap<Key, usize>,
    /// Hardware addresses that answer for an address; not our own.
    pub(crate) answers: BTreeMap<(IfIndex, Ipv4Addr), BTreeSet<MacAddr>>,
    /// Where a raw socket was open.
    pub(crate) listened: Vec<(IfIndex, Family)>,
}

impl Heard {
    /// A frame on the wire.
    pub(super) fn see(&mut self, seen: &Seen<'_>) {
        let Some((header, payload)) = seen.frame.split_first_chunk::<{ ethernet::HEADER_LEN }>() else {
            return;
        };
        let [.., high, low] = *header;
        let mac: &[u8; 6] = header[6..12].first_chunk().expect("six bytes");
        let mac = MacAddr(*mac);
        match (u16::from_be_bytes([high, low]), seen.direction) {
            (ethernet::ARP, Direction::Incoming) => self.arp(seen.interface, payload),
            (_, Direction::Passing) => {}
            (kind, direction) => {
                if let Some((source, vrid, advert)) = advert(kind, payload) {
                    let key = Key {
                        interface: seen.interface,
                        family: Family::of(source),
                        vrid,
                    };
                    self.advert(key, source, mac, direction, advert);
                }
            }
        }
    }

    /// A raw socket on an interface got an advert.
    pub(super) fn deliver(&mut self, interface: IfIndex, source: IpAddr, vrid: u8) {
        let key = Key {
            interface,
            family: Family::of(source),
            vrid,
        };
        let talker = self
            .others
            .get_mut(&key)
            .and_then(|talkers| talkers.get_mut(&source));
        if let Some(talker) = talker {
            talker.delivered += 1;
        }
    }

    fn arp(&mut self, interface: IfIndex, payload: &[u8]) {
        if let Some(arp) = Arp::new(payload)
            && arp.is_reply
        {
            self.answers
                .entry((interface, arp.sender))
                .or_default()
                .insert(MacAddr(arp.sender_mac));
        }
    }

    fn advert(
        &mut self,
        key: Key,
        source: IpAddr,
        mac: MacAddr,
        direction: Direction,
        advert: ObservedAdvert,
    ) {
        if direction == Direction::Outgoing {
            *self.own.entry(key).or_default() += 1;
            return;
        }
        let talker = self
            .others
            .entry(key)
            .or_default()
            .entry(source)
            .or_insert_with(|| Talker {
                mac,
                seen: 0,
                delivered: 0,
                last: advert.clone(),
            });
        talker.seen += 1;
        talker.mac = mac;
        talker.last = advert;
    }
}

/// Sender and VRID of what a raw socket got.
pub(super) fn sender(protocol: u8, arrival: &Arrival<'_>) -> Option<(IpAddr, u8)> {
    let (source, payload) = match *arrival {
        Arrival::Ipv4(bytes) => {
            let datagram = Datagram::new(bytes).ok()?;
            (IpAddr::V4(datagram.source()), datagram.payload())
        }
        Arrival::Ipv6 { source, payload, .. } => (IpAddr::V6(source), payload),
    };
    let advert = Advert::new(wire::Family::of(source), unwrapped(protocol, payload)?).ok()?;
    Some((source, advert.vrid()))
}

fn unwrapped(protocol: u8, payload: &[u8]) -> Option<&[u8]> {
    match protocol {
        wire::advert::PROTOCOL => Some(payload),
        wire::ah::PROTOCOL => {
            let header = AuthenticationHeader::new(payload).ok()?;
            (header.next_header() == wire::advert::PROTOCOL).then(|| header.payload())
        }
        _ => None,
    }
}

fn advert(ether_type: u16, packet: &[u8]) -> Option<(IpAddr, u8, ObservedAdvert)> {
    let (source, ttl, protocol, payload) = match ether_type {
        IPV4 => {
            let datagram = Datagram::new(packet).ok()?;
            let source = IpAddr::V4(datagram.source());
            (source, datagram.ttl(), datagram.protocol(), datagram.payload())
        }
        ethernet::IPV6 => {
            let (header, payload) = packet.split_first_chunk::<IPV6_HEADER_LEN>()?;
            let source: &[u8; 16] = header[8..24].first_chunk()?;
            (IpAddr::V6(Ipv6Addr::from(*source)), header[7], header[6], payload)
        }
        _ => return None,
    };
    let advert = Advert::new(wire::Family::of(source), unwrapped(protocol, payload)?).ok()?;
    if advert.packet_type() != wire::advert::ADVERTISEMENT {
        return None;
    }
    let (interval, auth_type) = if advert.version() == 2 {
        (Micros::from_secs(advert.advert_int().into()), advert.auth_type())
    } else {
        (Micros::from_millis(u64::from(advert.max_advert_int()) * 10), 0)
    };
    let observed = ObservedAdvert {
        version: advert.version(),
        priority: advert.priority(),
        auth_type,
        interval,
        ttl,
        addresses: advert.addresses().collect(),
    };
    Some((source, advert.vrid(), observed))
}
