//! The checks of `spec/vrrp-protocol.md` section 5, in its order. They only look: what an accepted advert changes in
//! the authentication state is handed back as a [`Proof`].

use super::{DropReason, Parsed};
use crate::WallTime;
use crate::advert_buffer::ChecksumForm;
use crate::auth::{Auth, Authentic, HmacAuth};
use model::{Micros, Peer, Transport, UnicastChecksum, Version};
use std::net::{IpAddr, Ipv4Addr};
use wire::checksum::PseudoHeader;
use wire::hmac_trailer::{self, Trailer};
use wire::{ah, ethernet, ipv4};

/// What the checks need to know of the instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listener<'a> {
    pub(crate) config: &'a model::Instance,
    pub(crate) auth: &'a Auth,
    pub(crate) checksum: ChecksumForm,
    /// Effective priority.
    pub(crate) priority: u8,
    pub(crate) wall: WallTime,
}

/// What the checks learnt, to be remembered if the advert is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proof {
    /// AH: sequence number.
    pub(crate) ah_sequence: Option<u32>,
    /// `auth_hmac`: what the trailer says.
    pub(crate) hmac: Option<Authentic>,
    /// The peer uses the old unicast checksum.
    pub(crate) old_checksum: bool,
}

/// What there is to complain about in the address list of an advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressCheck {
    Same,
    CountDiffers,
    Missing(IpAddr),
}

impl Listener<'_> {
    /// Checks 1 to 13. Interval differences of version 3 are no reason to drop and not looked at here.
    pub(crate) fn check(&self, packet: &Parsed<'_>) -> Result<Proof, DropReason> {
        let advert = &packet.advert;
        let mut proof = Proof::default();
        if packet.ah.is_some() != matches!(self.auth, Auth::Ah(_)) {
            return Err(DropReason::AuthHeader {
                received: packet.ah.is_some(),
            });
        }
        let trailer = self.trailer(packet);
        check_length(packet, trailer.is_some())?;
        let message = advert.message().ok_or(DropReason::TooShort {
            length: packet.length,
            expected: packet.overhead() + advert.expected_len(),
        })?;
        if !self.config.transport.is_unicast() && packet.hop_limit != ipv4::TTL {
            return Err(DropReason::HopLimit {
                received: packet.hop_limit,
            });
        }
        let version = self.config.version.number();
        if advert.version() != version {
            return Err(DropReason::Version {
                received: advert.version(),
                expected: version,
            });
        }
        if let Auth::Hmac(hmac) = self.auth {
            proof.hmac = self.check_hmac(hmac, packet, trailer, message)?;
        }
        if self.config.version == Version::V2 {
            self.check_v2(packet, message, &mut proof)?;
        }
        if advert.packet_type() != wire::advert::ADVERTISEMENT {
            return Err(DropReason::Type {
                received: advert.packet_type(),
            });
        }
        if let Some(ip) = packet.ip {
            let total = usize::from(ip.total_len());
            if total != packet.length && !is_padding(total, packet.length) {
                return Err(DropReason::TotalLength {
                    total,
                    length: packet.length,
                });
            }
            proof.old_checksum = self.check_checksum(packet, &ip)?;
        }
        if packet.destination.is_multicast() == self.config.transport.is_unicast() {
            return Err(DropReason::Destination {
                destination: packet.destination,
            });
        }
        if self.config.owner_ignore_adverts && self.priority == model::Priority::OWNER.value() {
            return Err(DropReason::OwnerIgnores);
        }
        Ok(proof)
    }

    /// Checks 14 and 15. `own` are our addresses as they are encoded.
    pub(crate) fn check_addresses(&self, packet: &Parsed<'_>, own: &[u8], skip_list: bool) -> AddressCheck {
        let advert = &packet.advert;
        let addresses = &self.config.virtual_addresses;
        if usize::from(advert.address_count()) != addresses.len() {
            return AddressCheck::CountDiffers;
        }
        let received = &advert.as_bytes()[wire::advert::HEADER_LEN..];
        // Routers of one configuration send the same bytes; only others are compared address by address.
        if skip_list || received.starts_with(own) && !own.is_empty() {
            return AddressCheck::Same;
        }
        addresses
            .iter()
            .map(|address| address.prefix.address)
            .find(|address| !advert.addresses().any(|received| received == *address))
            .map_or(AddressCheck::Same, AddressCheck::Missing)
    }

    /// Checks 16 and 17.
    pub(crate) fn check_peer(&self, packet: &Parsed<'_>) -> Result<(), DropReason> {
        let Transport::Unicast {
            check_source: true, ..
        } = self.config.transport
        else {
            return Ok(());
        };
        let Peer {
            min_ttl: min,
            max_ttl: max,
            ..
        } = self.peer(packet.source).ok_or(DropReason::UnknownPeer)?;
        if (min..=max).contains(&packet.hop_limit) {
            Ok(())
        } else {
            Err(DropReason::PeerHopLimit {
                received: packet.hop_limit,
                min,
                max,
            })
        }
    }

    /// The interval of an accepted advert.
    pub(crate) fn interval(&self, packet: &Parsed<'_>) -> Micros {
        match self.config.version {
            Version::V2 => Micros::from_secs(packet.advert.advert_int().into()),
            Version::V3 => Micros::from_millis(u64::from(packet.advert.max_advert_int()) * 10),
        }
    }

    fn peer(&self, address: IpAddr) -> Option<Peer> {
        let Transport::Unicast { peers, .. } = &self.config.transport else {
            return None;
        };
        peers.iter().find(|peer| peer.address == address).copied()
    }

    /// The trailer is recognised by the length alone, and only where `auth_hmac` is configured.
    fn trailer<'a>(&self, packet: &Parsed<'a>) -> Option<Trailer<'a>> {
        match self.auth {
            Auth::Hmac(_) => Trailer::after(packet.advert.expected_len(), packet.advert.as_bytes()),
            _ => None,
        }
    }

    fn check_hmac(
        &self,
        hmac: &HmacAuth,
        packet: &Parsed<'_>,
        trailer: Option<Trailer<'_>>,
        message: &[u8],
    ) -> Result<Option<Authentic>, DropReason> {
        if trailer.is_some() && self.config.transport.is_unicast() && self.peer(packet.source).is_none() {
            return Err(DropReason::UnknownPeer);
        }
        hmac.check(trailer, self.wall, packet.source, message)
    }

    /// Checks 6 and 7.
    fn check_v2(&self, packet: &Parsed<'_>, message: &[u8], proof: &mut Proof) -> Result<(), DropReason> {
        let advert = &packet.advert;
        let (received, expected) = (advert.auth_type(), self.auth.type_number());
        if received > 2 {
            return Err(DropReason::UnknownAuthType { received });
        }
        if received != expected {
            return Err(DropReason::AuthType { received, expected });
        }
        match self.auth {
            Auth::Password(password) if packet.ip.is_some() => {
                if !advert.password_matches(password) {
                    return Err(DropReason::Password);
                }
            }
            Auth::Ah(state) => {
                let (Some(ip), Some(header)) = (&packet.ip, &packet.ah) else {
                    return Err(DropReason::AuthHeader { received: false });
                };
                let delivery = if self.config.transport.is_unicast() {
                    ah::Delivery::Unicast
                } else {
                    ah::Delivery::Multicast
                };
                if !state.key.verify(ip, header, message, delivery) {
                    return Err(DropReason::AhValue);
                }
                if header.spi() != ip.source().to_bits() {
                    return Err(DropReason::AhSpi {
                        source: ip.source().to_bits().swap_bytes(),
                        spi: header.spi().swap_bytes(),
                    });
                }
                if header.sequence() <= state.sequence() {
                    return Err(DropReason::AhSequence {
                        received: header.sequence(),
                        local: state.sequence(),
                    });
                }
                proof.ah_sequence = Some(header.sequence());
            }
            Auth::None | Auth::Password(_) | Auth::Hmac(_) => {}
        }
        let expected = u8::try_from(self.config.advert_int.as_secs()).unwrap_or(u8::MAX);
        if advert.advert_int() != expected {
            return Err(DropReason::Interval {
                received: advert.advert_int(),
                expected,
            });
        }
        Ok(())
    }

    /// Check 11. Says whether the checksum is right only in the old unicast form, where that is to be detected.
    fn check_checksum(&self, packet: &Parsed<'_>, ip: &ipv4::Datagram<'_>) -> Result<bool, DropReason> {
        let with = |destination| PseudoHeader::Ipv4 {
            source: ip.source(),
            destination,
        };
        let is_valid = |pseudo| packet.advert.checksum_is_valid(&pseudo);
        let wrong = DropReason::Checksum {
            version: self.config.version.number(),
        };
        if self.config.version == Version::V2 {
            return if is_valid(PseudoHeader::None) {
                Ok(false)
            } else {
                Err(wrong)
            };
        }
        if self.config.v3_checksum_as_v2 {
            return Ok(false);
        }
        let old_group = self.old_checksum_group();
        let valid = match (self.checksum, old_group) {
            (ChecksumForm::Old, Some(group)) => is_valid(with(group)),
            _ => is_valid(with(ip.destination())),
        };
        if valid {
            return Ok(false);
        }
        match &self.config.transport {
            Transport::Unicast {
                checksum: UnicastChecksum::Detect,
                ..
            } if self.checksum == ChecksumForm::Standard
                && old_group.is_some_and(|group| is_valid(with(group))) =>
            {
                Ok(true)
            }
            _ => Err(wrong),
        }
    }

    const fn old_checksum_group(&self) -> Option<Ipv4Addr> {
        match self.config.transport {
            Transport::Unicast {
                old_checksum_group: IpAddr::V4(group),
                ..
            } => Some(group),
            _ => None,
        }
    }
}

/// Check 2.
fn check_length(packet: &Parsed<'_>, has_trailer: bool) -> Result<(), DropReason> {
    let trailer = if has_trailer { hmac_trailer::LEN } else { 0 };
    let expected = packet.overhead() + packet.advert.expected_len() + trailer;
    let length = packet.length;
    if length < expected {
        return Err(DropReason::TooShort { length, expected });
    }
    if length > expected && !(packet.ip.is_some() && is_padding(expected, length)) {
        return Err(DropReason::TooLong { length, expected });
    }
    Ok(())
}

/// Whether the difference can be what a network card left of the padding of a short Ethernet frame.
const fn is_padding(expected: usize, received: usize) -> bool {
    expected < received && received / 4 == ethernet::MIN_PAYLOAD_LEN / 4
}
