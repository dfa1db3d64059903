//! What a captured frame says.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use wire::Family;
use wire::advert::PROTOCOL;
use wire::checksum::PseudoHeader;
use wire::ipv4::Datagram;

const ETHER_TYPE_IPV4: u16 = 0x0800;
const AUTHENTICATION_HEADER: u8 = 51;
const AUTHENTICATION_HEADER_LEN: usize = 24;
const ICMPV6: u8 = 58;

/// A decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A VRRP advertisement.
    Advert(Advert),
    /// A gratuitous ARP or an unsolicited neighbour advertisement.
    Announcement(Announcement),
    /// Anything else that the filter lets through.
    Other,
}

/// A VRRP advertisement with what the IP header says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advert {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// 2 or 3.
    pub version: u8,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// The interval it states.
    pub interval: Duration,
    /// The virtual addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether its checksum is right.
    pub checksum_ok: bool,
}

/// Somebody announces an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The announced address.
    pub address: IpAddr,
    /// Where it now is.
    pub mac: [u8; 6],
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advert(advert) => advert.fmt(f),
            Self::Announcement(announcement) => announcement.fmt(f),
            Self::Other => f.write_str("something else"),
        }
    }
}

impl fmt::Display for Advert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "advert v{} from {} to {}, vrid {}, priority {}, interval {:?}",
            self.version, self.source, self.destination, self.vrid, self.priority, self.interval
        )
    }
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mac = self.mac.map(|octet| format!("{octet:02x}")).join(":");
        write!(f, "{} is at {mac}", self.address)
    }
}

/// Decodes a frame that begins with its Ethernet header.
pub(super) fn message(frame: &[u8]) -> Message {
    let Some((header, payload)) = frame.split_first_chunk::<14>() else {
        return Message::Other;
    };
    let decoded = match u16::from_be_bytes([header[12], header[13]]) {
        wire::ethernet::ARP => gratuitous_arp(payload).map(Message::Announcement),
        ETHER_TYPE_IPV4 => ipv4_advert(payload).map(Message::Advert),
        wire::ethernet::IPV6 => ipv6(payload),
        _ => None,
    };
    decoded.unwrap_or(Message::Other)
}

fn gratuitous_arp(arp: &[u8]) -> Option<Announcement> {
    let sender = Ipv4Addr::from(*arp.get(14..18)?.first_chunk()?);
    let target = Ipv4Addr::from(*arp.get(24..28)?.first_chunk()?);
    (sender == target).then_some(Announcement {
        address: sender.into(),
        mac: *arp.get(8..14)?.first_chunk()?,
    })
}

fn ipv4_advert(packet: &[u8]) -> Option<Advert> {
    let datagram = Datagram::new(packet).ok()?;
    let padded = datagram.payload();
    // Frames are padded to 46 bytes, so the total length says where the advert ends.
    let length = usize::from(datagram.total_len()).checked_sub(datagram.header_len())?;
    let mut payload = padded.get(..length)?;
    match datagram.protocol() {
        PROTOCOL => {}
        AUTHENTICATION_HEADER => payload = payload.get(AUTHENTICATION_HEADER_LEN..)?,
        _ => return None,
    }
    let advert = wire::advert::Advert::new(Family::Ipv4, payload).ok()?;
    let pseudo = if advert.version() == 2 {
        PseudoHeader::None
    } else {
        PseudoHeader::Ipv4 {
            source: datagram.source(),
            destination: datagram.destination(),
        }
    };
    Some(advert_of(
        &advert,
        datagram.source().into(),
        datagram.destination().into(),
        datagram.ttl(),
        &pseudo,
    ))
}

fn ipv6(packet: &[u8]) -> Option<Message> {
    let (header, rest) = packet.split_first_chunk::<40>()?;
    let payload = rest.get(..usize::from(u16::from_be_bytes([header[4], header[5]])))?;
    let source = Ipv6Addr::from(*header[8..24].first_chunk()?);
    let destination = Ipv6Addr::from(*header[24..40].first_chunk()?);
    match header[6] {
        PROTOCOL => {
            let advert = wire::advert::Advert::new(Family::Ipv6, payload).ok()?;
            let pseudo = PseudoHeader::Ipv6 { source, destination };
            Some(Message::Advert(advert_of(
                &advert,
                source.into(),
                destination.into(),
                header[7],
                &pseudo,
            )))
        }
        ICMPV6 => neighbour_advertisement(payload).map(Message::Announcement),
        _ => None,
    }
}

/// An unsolicited advertisement (type 136, flag Solicited clear) with the option that carries the MAC address.
fn neighbour_advertisement(icmp: &[u8]) -> Option<Announcement> {
    const SOLICITED: u8 = 0x40;
    let icmp = icmp.first_chunk::<32>()?;
    if icmp[0] != 136 || icmp[4] & SOLICITED != 0 || icmp[24..26] != [2, 1] {
        return None;
    }
    let address = Ipv6Addr::from(*icmp[8..24].first_chunk()?);
    Some(Announcement {
        address: address.into(),
        mac: *icmp[26..].first_chunk()?,
    })
}

fn advert_of(
    advert: &wire::advert::Advert<'_>,
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    pseudo: &PseudoHeader,
) -> Advert {
    let interval = if advert.version() == 2 {
        Duration::from_secs(advert.advert_int().into())
    } else {
        Duration::from_millis(10) * advert.max_advert_int().into()
    };
    Advert {
        source,
        destination,
        ttl,
        version: advert.version(),
        vrid: advert.vrid(),
        priority: advert.priority(),
        interval,
        addresses: advert.addresses().collect(),
        checksum_ok: advert.checksum_is_valid(pseudo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(hex: &str) -> Vec<u8> {
        let digits: Vec<char> = hex.chars().filter(char::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).unwrap())
            .collect()
    }

    #[test]
    fn version_2_with_padding_is_read() {
        let hex = "01005e000012 02000000000a 0800
            45c0002800010000ff70d09e0a030001e0000012 2133640101016ec0 0a030064 0000000000000000 000000000000";
        let Message::Advert(advert) = message(&frame(hex)) else {
            panic!("no advert")
        };
        assert_eq!(
            (advert.version, advert.vrid, advert.priority, advert.ttl),
            (2, 51, 100, 255)
        );
        assert_eq!(advert.interval, Duration::from_secs(1));
        assert_eq!(advert.addresses, [IpAddr::from([10, 3, 0, 100])]);
    }

    #[test]
    fn version_3_has_centiseconds_and_a_pseudo_header() {
        let hex = "01005e000012 02000000000a 0800
            45c0002000010000ff70d0960a030001e0000012 3134640100327594 0a03006e";
        let Message::Advert(advert) = message(&frame(hex)) else {
            panic!("no advert")
        };
        assert_eq!(advert.interval, Duration::from_millis(500));
        assert!(advert.checksum_ok);
    }

    #[test]
    fn gratuitous_arp_and_neighbour_advertisement_announce() {
        let mac = [0, 0, 0x5e, 0, 1, 0x33];
        let mut arp = [0; wire::arp::FRAME_LEN];
        let address = Ipv4Addr::new(10, 3, 0, 100);
        wire::arp::gratuitous(&mut arp, mac, address);
        assert_eq!(
            message(&arp),
            Message::Announcement(Announcement {
                address: address.into(),
                mac
            })
        );

        let mut advertisement = [0; wire::ndp::FRAME_LEN];
        let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x53);
        wire::ndp::unsolicited(&mut advertisement, mac, address, wire::ndp::Role::Host);
        assert_eq!(
            message(&advertisement),
            Message::Announcement(Announcement {
                address: address.into(),
                mac
            })
        );
    }

    #[test]
    fn cut_frames_are_something_else() {
        let hex = "01005e000012 02000000000a 0800
            45c0002000010000ff70d0960a030001e0000012 3134640100327594 0a03006e";
        let whole = frame(hex);
        for length in 0..whole.len() - 4 {
            assert_eq!(message(&whole[..length]), Message::Other, "{length} bytes");
        }
    }
}
