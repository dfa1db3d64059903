//! Finding the advert in a datagram.

use crate::{Protocol, Received};
use model::Family;
use std::net::IpAddr;
use wire::advert::Advert;
use wire::ah::AuthenticationHeader;
use wire::{ah, ipv4};

/// A datagram with an advert in it; nothing of it has been checked yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) hop_limit: u8,
    pub(crate) advert: Advert<'a>,
    /// IPv4 only.
    pub(crate) ip: Option<ipv4::Datagram<'a>>,
    /// The authentication header, if the protocol of the datagram says that there is one.
    pub(crate) ah: Option<AuthenticationHeader<'a>>,
    /// Bytes received, with the IP header for IPv4.
    pub(crate) length: usize,
}

/// The datagram is too short for an advert; its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) family: Family,
    pub(crate) length: usize,
}

impl<'a> Parsed<'a> {
    pub(crate) fn new(packet: Received<'a>) -> Result<Self, Unreadable> {
        match packet {
            Received::Ipv4(bytes) => Self::ipv4(bytes).ok_or(Unreadable {
                family: Family::Ipv4,
                length: bytes.len(),
            }),
            Received::Ipv6 {
                source,
                destination,
                hop_limit,
                payload,
            } => {
                let advert = Advert::new(wire::Family::Ipv6, payload).map_err(|_| Unreadable {
                    family: Family::Ipv6,
                    length: payload.len(),
                })?;
                Ok(Self {
                    source: source.into(),
                    destination: destination.into(),
                    hop_limit,
                    advert,
                    ip: None,
                    ah: None,
                    length: payload.len(),
                })
            }
        }
    }

    fn ipv4(bytes: &'a [u8]) -> Option<Self> {
        let ip = ipv4::Datagram::new(bytes).ok()?;
        let (ah, payload) = if ip.protocol() == Protocol::Ah.number() {
            let ah = AuthenticationHeader::new(ip.payload()).ok()?;
            (Some(ah), ah.payload())
        } else {
            (None, ip.payload())
        };
        Some(Self {
            source: ip.source().into(),
            destination: ip.destination().into(),
            hop_limit: ip.ttl(),
            advert: Advert::new(wire::Family::Ipv4, payload).ok()?,
            ip: Some(ip),
            ah,
            length: bytes.len(),
        })
    }

    /// Bytes before the VRRP message.
    pub(super) fn overhead(&self) -> usize {
        self.ip.map_or(0, |ip| ip.header_len()) + self.ah.map_or(0, |_| ah::LEN)
    }
}
