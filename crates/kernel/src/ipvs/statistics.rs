//! What services and destinations have done (`spec/ipvs.md` section 1.4).

use super::attributes::{destination, service};
use super::request::number;
use crate::netlink::message::attributes;
use model::ipvs::DestinationKey;

/// Counters and rates of a service or destination. All are 64 bits wide with kernels from 4.1 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections.
    pub connections: u64,
    /// Packets from clients.
    pub in_packets: u64,
    /// Packets to clients.
    pub out_packets: u64,
    /// Bytes from clients.
    pub in_bytes: u64,
    /// Bytes to clients.
    pub out_bytes: u64,
    /// Connections a second.
    pub connection_rate: u64,
    /// Packets from clients a second.
    pub in_packet_rate: u64,
    /// Packets to clients a second.
    pub out_packet_rate: u64,
    /// Bytes from clients a second.
    pub in_byte_rate: u64,
    /// Bytes to clients a second.
    pub out_byte_rate: u64,
}

/// What a destination has done and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DestinationStatistics {
    /// Which one.
    pub key: DestinationKey,
    /// What it has done.
    pub counters: Counters,
    /// Connections that are established.
    pub active: u32,
    /// Connections that are not.
    pub inactive: u32,
    /// Templates of persistent clients.
    pub persistent: u32,
}

/// What a service and its destinations have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceStatistics {
    /// Of the service.
    pub counters: Counters,
    /// Of its destinations.
    pub destinations: Vec<DestinationStatistics>,
}

/// The counters among the attributes of a service.
pub(super) fn of_service(bytes: &[u8]) -> Counters {
    counters(bytes, service::STATISTICS, service::STATISTICS_64)
}

/// The numbers among the attributes of a destination.
pub(super) fn of_destination(key: DestinationKey, bytes: &[u8]) -> DestinationStatistics {
    let mut statistics = DestinationStatistics {
        key,
        counters: counters(bytes, destination::STATISTICS, destination::STATISTICS_64),
        active: 0,
        inactive: 0,
        persistent: 0,
    };
    for (kind, value) in attributes(bytes) {
        match kind {
            destination::ACTIVE => statistics.active = number(value),
            destination::INACTIVE => statistics.inactive = number(value),
            destination::PERSISTENT => statistics.persistent = number(value),
            _ => {}
        }
    }
    statistics
}

/// The wide counters if there are any, else the narrow ones.
fn counters(bytes: &[u8], narrow: u16, wide: u16) -> Counters {
    let find = |wanted| {
        attributes(bytes)
            .find(|(kind, _)| *kind == wanted)
            .map(|(_, value)| value)
    };
    find(wide)
        .or_else(|| find(narrow))
        .map(decode)
        .unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Counters {
    let mut counters = Counters::default();
    for (kind, value) in attributes(bytes) {
        let field = match kind {
            1 => &mut counters.connections,
            2 => &mut counters.in_packets,
            3 => &mut counters.out_packets,
            4 => &mut counters.in_bytes,
            5 => &mut counters.out_bytes,
            6 => &mut counters.connection_rate,
            7 => &mut counters.in_packet_rate,
            8 => &mut counters.out_packet_rate,
            9 => &mut counters.in_byte_rate,
            10 => &mut counters.out_byte_rate,
            _ => continue,
        };
        // Among the narrow ones the bytes are wide.
        *field = value
            .try_into()
            .map_or_else(|_| number(value).into(), u64::from_ne_bytes);
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::Attributes;

    #[test]
    fn wide_counters_are_preferred() {
        let mut body = Attributes::default();
        body.nested(service::STATISTICS, |body| {
            body.u32(1, 7);
            body.bytes(4, &(1_u64 << 40).to_ne_bytes());
        });
        let narrow = of_service(body.as_bytes());
        assert_eq!((narrow.connections, narrow.in_bytes), (7, 1 << 40));

        body.nested(service::STATISTICS_64, |body| {
            for kind in 1..=10 {
                body.bytes(kind, &(u64::from(kind) << 33).to_ne_bytes());
            }
            body.bytes(11, &[]);
        });
        let wide = of_service(body.as_bytes());
        assert_eq!(wide.connections, 1 << 33);
        assert_eq!(wide.out_byte_rate, 10 << 33);
    }

    #[test]
    fn a_destination_has_its_connections_too() {
        let mut body = Attributes::default();
        body.u32(destination::ACTIVE, 3);
        body.u32(destination::INACTIVE, 2);
        body.u32(destination::PERSISTENT, 1);
        body.nested(destination::STATISTICS_64, |body| {
            body.bytes(1, &5_u64.to_ne_bytes());
        });
        let key = DestinationKey(([192, 0, 2, 1], 80).into());
        let read = of_destination(key, body.as_bytes());
        assert_eq!((read.active, read.inactive, read.persistent), (3, 2, 1));
        assert_eq!((read.key, read.counters.connections), (key, 5));
    }
}
