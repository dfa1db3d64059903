//! Why a datagram was dropped.

use crate::Stats;
use std::fmt;
use std::net::IpAddr;

/// The check of `spec/vrrp-protocol.md` section 5 that a datagram failed. A dropped datagram changes nothing but one
/// counter; each reason is logged once until the next change to or from MASTER or the next new master.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// An authentication header where none is configured, or none where `auth_type AH` is.
    AuthHeader {
        /// Whether the packet has one.
        received: bool,
    },
    /// Shorter than its contents need; lengths in bytes, with the IP header for IPv4.
    TooShort {
        /// Length of the packet.
        length: usize,
        /// Length that its contents need.
        expected: usize,
    },
    /// Longer than its contents need.
    TooLong {
        /// Length of the packet.
        length: usize,
        /// Length that its contents need.
        expected: usize,
    },
    /// Total length in the IPv4 header differs from what was received.
    TotalLength {
        /// The field.
        total: usize,
        /// What was received.
        length: usize,
    },
    /// Multicast with a TTL or hop limit other than 255: it did not come from this link.
    HopLimit {
        /// As received.
        received: u8,
    },
    /// Unicast with a TTL or hop limit outside the peer's range.
    PeerHopLimit {
        /// As received.
        received: u8,
        /// `min_ttl`.
        min: u8,
        /// `max_ttl`.
        max: u8,
    },
    /// Another version of the protocol.
    Version {
        /// As received.
        received: u8,
        /// Ours.
        expected: u8,
    },
    /// A packet type other than ADVERTISEMENT.
    Type {
        /// As received.
        received: u8,
    },
    /// An authentication type that does not exist.
    UnknownAuthType {
        /// As received.
        received: u8,
    },
    /// An authentication type other than ours.
    AuthType {
        /// As received.
        received: u8,
        /// Ours.
        expected: u8,
    },
    /// Wrong password.
    Password,
    /// AH: wrong integrity check value.
    AhValue,
    /// AH: the SPI is not the source address.
    AhSpi {
        /// Source address as a host-order number of its bytes in memory (as the reference prints it).
        source: u32,
        /// The field likewise.
        spi: u32,
    },
    /// AH: the sequence number is not a new one.
    AhSequence {
        /// As received.
        received: u32,
        /// Ours.
        local: u32,
    },
    /// Version 2: another advertisement interval; seconds.
    Interval {
        /// As received.
        received: u8,
        /// Ours.
        expected: u8,
    },
    /// Wrong checksum.
    Checksum {
        /// Version of the protocol.
        version: u8,
    },
    /// A multicast instance was sent unicast, or the other way round.
    Destination {
        /// Destination of the packet.
        destination: IpAddr,
    },
    /// `owner_ignore_adverts`.
    OwnerIgnores,
    /// Unicast from somebody who is no peer.
    UnknownPeer,
    /// `auth_hmac`: no trailer.
    HmacMissing,
    /// `auth_hmac`: a trailer of another form.
    HmacMalformed,
    /// `auth_hmac`: a key id that is not configured.
    HmacUnknownKey {
        /// As received.
        key: u8,
    },
    /// `auth_hmac`: wrong HMAC.
    HmacInvalid,
    /// `auth_hmac`: outside the time window; seconds.
    HmacStale {
        /// Difference of the clocks.
        skew: u64,
        /// `time_window`.
        window: u64,
    },
    /// `auth_hmac`: a sequence that was used already.
    HmacReplay,
}

impl DropReason {
    /// Number of kinds.
    pub(crate) const KINDS: u8 = 25;

    /// Position in the set of what has been logged, below [`KINDS`](Self::KINDS).
    pub(crate) const fn kind(self) -> u8 {
        match self {
            Self::AuthHeader { .. } => 0,
            Self::TooShort { .. } => 1,
            Self::TooLong { .. } => 2,
            Self::TotalLength { .. } => 3,
            Self::HopLimit { .. } => 4,
            Self::PeerHopLimit { .. } => 5,
            Self::Version { .. } => 6,
            Self::Type { .. } => 7,
            Self::UnknownAuthType { .. } => 8,
            Self::AuthType { .. } => 9,
            Self::Password => 10,
            Self::AhValue => 11,
            Self::AhSpi { .. } => 12,
            Self::AhSequence { .. } => 13,
            Self::Interval { .. } => 14,
            Self::Checksum { .. } => 15,
            Self::Destination { .. } => 16,
            Self::OwnerIgnores => 17,
            Self::UnknownPeer => 18,
            Self::HmacMissing => 19,
            Self::HmacMalformed => 20,
            Self::HmacUnknownKey { .. } => 21,
            Self::HmacInvalid => 22,
            Self::HmacStale { .. } => 23,
            Self::HmacReplay => 24,
        }
    }

    /// The counter of the reason.
    pub(crate) const fn counter(self, stats: &mut Stats) -> &mut u64 {
        match self {
            Self::AuthHeader { .. } | Self::AuthType { .. } => &mut stats.authtype_mismatch,
            Self::TooShort { .. } | Self::TooLong { .. } | Self::TotalLength { .. } => {
                &mut stats.packet_len_err
            }
            Self::HopLimit { .. } | Self::PeerHopLimit { .. } => &mut stats.ip_ttl_err,
            Self::Version { .. } => &mut stats.vers_err,
            Self::Type { .. } => &mut stats.invalid_type_rcvd,
            Self::UnknownAuthType { .. } => &mut stats.invalid_authtype,
            Self::Password | Self::AhValue | Self::AhSpi { .. } | Self::AhSequence { .. } => {
                &mut stats.auth_failure
            }
            Self::Interval { .. } => &mut stats.advert_interval_err,
            Self::Checksum { .. } => &mut stats.chk_err,
            Self::Destination { .. } => &mut stats.addr_list_err,
            Self::OwnerIgnores => &mut stats.owner_ignored,
            Self::UnknownPeer => &mut stats.unknown_peer,
            Self::HmacMissing => &mut stats.auth_ext_missing,
            Self::HmacMalformed => &mut stats.auth_ext_malformed,
            Self::HmacUnknownKey { .. } => &mut stats.auth_ext_unknown_key,
            Self::HmacInvalid => &mut stats.auth_ext_invalid_hmac,
            Self::HmacStale { .. } => &mut stats.auth_ext_stale,
            Self::HmacReplay => &mut stats.auth_ext_replay,
        }
    }

    /// Writes the log line without the `(I) ` in front.
    pub(crate) fn describe(self, from: IpAddr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthHeader { received: true } => {
                write!(f, "received an AH packet from {from}, but auth_type is not AH")
            }
            Self::AuthHeader { received: false } => write!(f, "received a packet without AH from {from}"),
            Self::TooShort { length, expected } => {
                write!(
                    f,
                    "vrrp packet from {from} too short, length {length} and expect {expected}"
                )
            }
            Self::TooLong { length, expected } => {
                write!(
                    f,
                    "vrrp packet from {from} too long, length {length} and expect {expected}"
                )
            }
            Self::TotalLength { total, length } => {
                write!(
                    f,
                    "vrrp packet from {from} has IP total length {total}, but {length} bytes arrived"
                )
            }
            Self::HopLimit { received } => {
                write!(
                    f,
                    "invalid TTL/HL from {from}. Received {received} and expect 255"
                )
            }
            Self::PeerHopLimit { received, min, max } => {
                write!(f, "TTL/HL {received} from {from} not in range [{min}, {max}]")
            }
            Self::Version { received, expected } => {
                write!(
                    f,
                    "wrong VRRP version from {from}. Received {received} and expect {expected}"
                )
            }
            Self::Type { received } => {
                write!(f, "Invalid packet type from {from}. {received} and expect 1")
            }
            Self::UnknownAuthType { received } => write!(f, "Invalid auth type from {from}: {received}"),
            Self::AuthType { received, expected } => {
                write!(f, "received a {received} auth from {from}, expecting {expected}!")
            }
            Self::Password => write!(f, "received an invalid passwd from {from}!"),
            Self::AhValue => f.write_str(
                "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !",
            ),
            Self::AhSpi { source, spi } => {
                write!(f, "IPSEC AH : invalid IPSEC SPI value. {source} and expect {spi}")
            }
            Self::AhSequence { received, local } => write!(
                f,
                "IPSEC-AH : sequence number {received} already processed. Packet dropped. Local({local})"
            ),
            Self::Interval { received, expected } => write!(
                f,
                "advertisement interval mismatch with {from} mine={expected} sec rcv'd={received} sec"
            ),
            Self::Checksum { version } => write!(f, "Invalid VRRPv{version} checksum from {from}"),
            Self::Destination { destination } => {
                write!(
                    f,
                    "packet from {from} has destination {destination}, which is not ours"
                )
            }
            Self::OwnerIgnores => write!(f, "advert from {from} ignored by the address owner"),
            Self::UnknownPeer => write!(f, "unicast source address {from} not a unicast peer"),
            Self::HmacMissing => write!(f, "missing authentication trailer from {from}"),
            Self::HmacMalformed => write!(f, "malformed authentication trailer from {from}"),
            Self::HmacUnknownKey { key } => {
                write!(f, "unknown authentication key id {key} from {from}")
            }
            Self::HmacInvalid => write!(f, "invalid authentication HMAC from {from}"),
            Self::HmacStale { skew, window } => write!(
                f,
                "stale authentication trailer from {from}, clock skew {skew} sec exceeds window {window} sec"
            ),
            Self::HmacReplay => write!(f, "replayed authentication trailer from {from}"),
        }
    }
}
