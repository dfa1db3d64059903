//! Who else takes part in a virtual router, as far as adverts tell.

use crate::Sender;
use model::Time;
use std::net::IpAddr;

/// A router whose adverts were accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where its last advert came from, and with which priority; 0 is one that stops.
    pub sender: Sender,
    /// When that was.
    pub heard_at: Time,
    /// How many adverts of it were accepted.
    pub adverts: u64,
}

/// The routers that were heard. Whoever was not heard for the longest time makes room: senders can be made up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers(Vec<Peer>);

impl Peers {
    /// Most routers that are remembered.
    const CAPACITY: usize = 16;

    /// Takes note of an accepted advert.
    pub(crate) fn heard(&mut self, sender: Sender, now: Time) {
        let news = Peer {
            sender,
            heard_at: now,
            adverts: 1,
        };
        if let Some(known) = self.find(sender.address) {
            *known = Peer {
                adverts: known.adverts + 1,
                ..news
            };
        } else if self.0.len() < Self::CAPACITY {
            self.0.push(news);
        } else if let Some(oldest) = self.0.iter_mut().min_by_key(|peer| peer.heard_at) {
            *oldest = news;
        }
    }

    pub(crate) fn as_slice(&self) -> &[Peer] {
        &self.0
    }

    fn find(&mut self, address: IpAddr) -> Option<&mut Peer> {
        self.0.iter_mut().find(|peer| peer.sender.address == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(last: u8, priority: u8) -> Sender {
        Sender {
            address: [192, 0, 2, last].into(),
            priority,
        }
    }

    #[test]
    fn a_peer_is_known_by_its_address_and_the_oldest_makes_room() {
        let mut peers = Peers::default();
        peers.heard(sender(1, 100), Time(1));
        peers.heard(sender(1, 90), Time(2));
        let [peer] = peers.as_slice() else {
            panic!("{peers:?}")
        };
        assert_eq!(
            (peer.sender.priority, peer.heard_at, peer.adverts),
            (90, Time(2), 2)
        );
        for last in 2..=200 {
            peers.heard(sender(last, 100), Time(last.into()));
        }
        assert_eq!(peers.as_slice().len(), Peers::CAPACITY);
        let oldest = peers.as_slice().iter().map(|peer| peer.heard_at).min();
        assert_eq!(oldest, Some(Time(185)));
    }
}
