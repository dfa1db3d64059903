//! The adverts of one instance, encoded once and sent again and again.

use crate::auth::Auth;
use crate::{Advert, InstanceId, Now, Outbox, Protocol, SocketId};
use model::{Family, Transport, UnicastChecksum, Version};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wire::advert::{AdvertMut, Authentication, Fields, Parameters};
use wire::checksum::PseudoHeader;
use wire::{ah, hmac_trailer, ipv4};

/// One encoded packet for each destination, back to back, all of the same length.
///
/// Sending one takes a change of the identification, for AH and `auth_hmac` a computation of the digest, and a copy to
/// the outbox. The priority is changed in place.
#[derive(Clone, Debug)]
pub(crate) struct AdvertBuffer {
    packets: Vec<u8>,
    /// Bytes of each packet.
    len: usize,
    /// Where the VRRP message begins in each packet, and how long it is without a trailer.
    message_at: usize,
    message_len: usize,
    family: Family,
    source: IpAddr,
    destinations: Vec<IpAddr>,
    hop_limit: Option<u8>,
    delivery: ah::Delivery,
    priority: u8,
}

/// Checksum of version 3 over IPv4 to unicast peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChecksumForm {
    /// Over the real destination.
    Standard,
    /// Over the multicast group, as keepalived before 1.3.7 did.
    Old,
}

impl AdvertBuffer {
    /// Encodes the adverts of an instance. There is none without an address to send from, or without anybody to send to.
    pub(crate) fn new(
        config: &model::Instance,
        source: Option<IpAddr>,
        priority: u8,
        form: ChecksumForm,
        auth: &Auth,
    ) -> Option<Self> {
        let source = source.filter(|_| match &config.transport {
            Transport::Multicast { .. } => true,
            Transport::Unicast { peers, .. } => !peers.is_empty(),
        })?;
        let trailer_len = match auth {
            Auth::Hmac(hmac) if hmac.signs() => hmac_trailer::LEN,
            _ => 0,
        };
        let message = message(config, priority, auth);
        let (destinations, hop_limit, delivery) = match &config.transport {
            Transport::Multicast { group } => (vec![*group], Some(ipv4::TTL), ah::Delivery::Multicast),
            Transport::Unicast { peers, ttl, .. } => (
                peers.iter().map(|peer| peer.address).collect(),
                *ttl,
                ah::Delivery::Unicast,
            ),
        };
        let mut buffer = Self {
            packets: Vec::new(),
            len: 0,
            message_at: 0,
            message_len: message.len(),
            family: config.family,
            source,
            destinations,
            hop_limit,
            delivery,
            priority,
        };
        for position in 0..buffer.destinations.len() {
            let destination = buffer.destinations[position];
            if let (IpAddr::V4(source), IpAddr::V4(destination)) = (source, destination) {
                let protocol = if matches!(auth, Auth::Ah(_)) {
                    Protocol::Ah
                } else {
                    Protocol::Vrrp
                };
                let header = ipv4::Header {
                    source,
                    destination,
                    protocol: protocol.number(),
                    ttl: hop_limit.unwrap_or(ipv4::TTL),
                    id: 0,
                };
                let ah_len = if protocol == Protocol::Ah { ah::LEN } else { 0 };
                buffer.message_at = ipv4::HEADER_LEN + ah_len;
                header
                    .encode(ah_len + message.len() + trailer_len, &mut buffer.packets)
                    .expect("255 addresses fit into a datagram");
                if protocol == Protocol::Ah {
                    let ah = ah::header(wire::advert::PROTOCOL, source.to_bits(), 0);
                    buffer.packets.extend_from_slice(&ah);
                }
            }
            let start = buffer.packets.len();
            buffer.packets.extend_from_slice(&message);
            if let (IpAddr::V4(source), IpAddr::V4(destination)) = (source, destination) {
                AdvertMut::new(&mut buffer.packets[start..])
                    .expect("the message was just written")
                    .fill_checksum(&pseudo_header(config, source, destination, form));
            }
            buffer.packets.resize(start + message.len() + trailer_len, 0);
        }
        buffer.len = buffer.packets.len() / buffer.destinations.len().max(1);
        Some(buffer)
    }

    /// Lets the identification go on where that of the adverts before ended.
    pub(crate) fn inherit(&mut self, before: &Self) {
        if (self.family, before.family) != (Family::Ipv4, Family::Ipv4) || before.packets.is_empty() {
            return;
        }
        let id = ipv4::Datagram::new(&before.packets).map_or(0, |datagram| datagram.id());
        for packet in self.packets.chunks_exact_mut(self.len) {
            ipv4::HeaderMut::new(packet)
                .expect("the packet has a header")
                .set_id(id);
        }
    }

    /// The addresses in the advert as they are in the packet, to compare received ones with.
    pub(crate) fn encoded_addresses(&self, count: usize) -> &[u8] {
        let start = self.message_at + wire::advert::HEADER_LEN;
        let len = count * self.family.address_len();
        self.packets.get(start..start + len).unwrap_or_default()
    }

    /// Sets the priority of the adverts to come.
    pub(crate) fn set_priority(&mut self, priority: u8) {
        if self.priority != priority {
            self.priority = priority;
            for packet in self.packets.chunks_exact_mut(self.len) {
                AdvertMut::new(&mut packet[self.message_at..])
                    .expect("the packet has a message")
                    .set_priority(priority);
            }
        }
    }

    /// Whether the adverts are the same but for what changes with each one.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let body = |buffer: &Self| buffer.message_at..buffer.message_at + buffer.message_len;
        self.source == other.source
            && self.destinations == other.destinations
            && self.len == other.len
            && self.packets.get(body(self)) == other.packets.get(body(other))
    }

    /// Puts one advert for each destination into the outbox.
    pub(crate) fn send(
        &mut self,
        instance: InstanceId,
        socket: SocketId,
        auth: &mut Auth,
        now: Now,
        out: &mut Outbox,
    ) {
        self.prepare(auth, now);
        for (packet, destination) in self.packets.chunks_exact(self.len).zip(&self.destinations) {
            let start = offset(out.packets.len());
            out.packets.extend_from_slice(packet);
            out.adverts.push(Advert {
                instance,
                socket,
                source: self.source,
                destination: *destination,
                hop_limit: self.hop_limit,
                bytes: start..offset(out.packets.len()),
            });
        }
    }

    /// Changes what differs from one advert to the next.
    fn prepare(&mut self, auth: &mut Auth, now: Now) {
        if self.family == Family::Ipv4 {
            for packet in self.packets.chunks_exact_mut(self.len) {
                ipv4::HeaderMut::new(packet)
                    .expect("the packet has a header")
                    .advance_id();
            }
        }
        match auth {
            Auth::Ah(ah) => {
                let sequence = ah.advance();
                for packet in self.packets.chunks_exact_mut(self.len) {
                    ah.key
                        .seal(packet, sequence, self.delivery)
                        .expect("the packet has both headers");
                }
            }
            Auth::Hmac(hmac) if hmac.signs() => {
                let end = self.message_at + self.message_len;
                let message = &self.packets[self.message_at..end];
                let trailer = hmac.sign(now.wall, self.source, message);
                for packet in self.packets.chunks_exact_mut(self.len) {
                    packet[end..].copy_from_slice(&trailer);
                }
            }
            Auth::None | Auth::Password(_) | Auth::Hmac(_) => {}
        }
    }
}

fn offset(position: usize) -> u32 {
    u32::try_from(position).expect("an outbox holds less than 4 GiB")
}

/// The VRRP message with checksum zero.
fn message(config: &model::Instance, priority: u8, auth: &Auth) -> Vec<u8> {
    let parameters = match config.version {
        Version::V2 => Parameters::V2 {
            advert_int: u8::try_from(config.advert_int.as_secs()).unwrap_or(u8::MAX),
            authentication: match auth {
                Auth::None | Auth::Hmac(_) => Authentication::None,
                Auth::Password(password) => Authentication::Password(*password),
                Auth::Ah(_) => Authentication::Ah,
            },
        },
        Version::V3 => Parameters::V3 {
            max_advert_int: u16::try_from(config.advert_int.as_millis() / 10).unwrap_or(u16::MAX),
        },
    };
    let fields = Fields {
        vrid: config.vrid.value(),
        priority,
        parameters,
    };
    let addresses = config
        .virtual_addresses
        .iter()
        .map(|address| address.prefix.address);
    let mut message = Vec::new();
    let encoded = match config.family {
        Family::Ipv4 => fields.encode_v4(&addresses.filter_map(v4).collect::<Vec<_>>(), &mut message),
        Family::Ipv6 => fields.encode_v6(&addresses.filter_map(v6).collect::<Vec<_>>(), &mut message),
    };
    encoded.expect("the configuration moves addresses beyond 255 to the excluded ones");
    message
}

/// What is summed before the message of an IPv4 advert.
fn pseudo_header(
    config: &model::Instance,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    form: ChecksumForm,
) -> PseudoHeader {
    if config.version == Version::V2 || config.v3_checksum_as_v2 {
        return PseudoHeader::None;
    }
    let destination = match (&config.transport, form) {
        (
            Transport::Unicast {
                old_checksum_group: IpAddr::V4(group),
                ..
            },
            ChecksumForm::Old,
        ) => *group,
        _ => destination,
    };
    PseudoHeader::Ipv4 { source, destination }
}

impl ChecksumForm {
    /// The form that an instance begins with.
    pub(crate) const fn of(transport: &Transport) -> Self {
        match transport {
            Transport::Unicast {
                checksum: UnicastChecksum::Old,
                ..
            } => Self::Old,
            _ => Self::Standard,
        }
    }
}

const fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

const fn v6(address: IpAddr) -> Option<Ipv6Addr> {
    match address {
        IpAddr::V6(address) => Some(address),
        IpAddr::V4(_) => None,
    }
}
