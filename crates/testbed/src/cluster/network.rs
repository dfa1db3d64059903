//! The network: segments that delay, lose, duplicate and reorder, and that fall apart.

use super::rng::Rng;
use std::net::IpAddr;
use vrrp::{Advert, Protocol};

/// A packet under way.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: Protocol,
    pub(super) segment: usize,
    /// Copies that have not arrived.
    copies: u32,
}

/// Packets under way. Their memory is used again.
#[derive(Debug, Default)]
pub(super) struct Packets {
    slots: Vec<Packet>,
    free: Vec<u32>,
}

/// Number of a packet under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PacketId(u32);

impl Packets {
    /// Copies a packet. It lives until all its copies have [arrived](Self::done); at first there is one, the sender's.
    pub(super) fn add(
        &mut self,
        advert: &Advert,
        bytes: &[u8],
        protocol: Protocol,
        segment: usize,
    ) -> PacketId {
        let (source, destination) = (advert.source, advert.destination);
        if let Some(id) = self.free.pop() {
            let packet = &mut self.slots[id as usize];
            packet.bytes.clear();
            packet.bytes.extend_from_slice(bytes);
            (packet.source, packet.destination) = (source, destination);
            (packet.protocol, packet.segment, packet.copies) = (protocol, segment, 1);
            return PacketId(id);
        }
        let bytes = bytes.to_vec();
        self.slots.push(Packet {
            bytes,
            source,
            destination,
            protocol,
            segment,
            copies: 1,
        });
        PacketId(u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 packets under way"))
    }

    pub(super) fn get(&self, id: PacketId) -> &Packet {
        &self.slots[id.0 as usize]
    }

    /// One more copy is under way.
    pub(super) fn copy(&mut self, id: PacketId) {
        self.slots[id.0 as usize].copies += 1;
    }

    /// One copy has arrived.
    pub(super) fn done(&mut self, id: PacketId) {
        let packet = &mut self.slots[id.0 as usize];
        packet.copies -= 1;
        if packet.copies == 0 {
            self.free.push(id.0);
        }
    }
}

/// One segment, to which every node is attached.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// Least and most time that a packet takes, in microseconds. Different times reorder.
    pub(super) delay: (u64, u64),
    /// Chance to lose a packet, in percent.
    pub(super) loss: u64,
    /// Chance to deliver a packet twice, in percent.
    pub(super) duplication: u64,
    /// On which side each node is; packets stay on their side.
    pub(super) sides: Vec<u8>,
}

impl Segment {
    /// Whether two nodes can hear each other.
    pub(super) fn connects(&self, a: usize, b: usize) -> bool {
        self.sides[a] == self.sides[b]
    }

    /// When the copies of a packet arrive that leaves now.
    pub(super) fn arrivals(&self, rng: &mut Rng) -> impl Iterator<Item = u64> + use<> {
        let copies = if rng.chance(self.loss) {
            0
        } else if rng.chance(self.duplication) {
            2
        } else {
            1
        };
        let times = [0; 2].map(|_| rng.between(self.delay.0, self.delay.1));
        times.into_iter().take(copies)
    }
}
