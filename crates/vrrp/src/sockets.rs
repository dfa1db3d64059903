//! Which instance listens on which socket.

use crate::{InstanceId, Outbox, SocketChange, SocketId, SocketKey};
use std::collections::{HashMap, VecDeque};

/// All socket pairs. Instances that agree in the key share a pair; the last one to leave closes it.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    entries: Vec<Option<Entry>>,
    by_key: HashMap<SocketKey, SocketId>,
    /// Numbers of closed pairs with the epoch of the outbox in which they were closed.
    free: VecDeque<(SocketId, u64)>,
}

#[derive(Debug)]
struct Entry {
    key: SocketKey,
    /// VRID and instance, ordered. Several unicast instances may share a VRID.
    members: Vec<(u8, InstanceId)>,
    /// VRIDs that are nobody's and have been complained about: one bit each.
    unknown: [u64; 4],
    /// Whether a datagram that is too short has been complained about.
    unreadable: bool,
}

impl Sockets {
    /// Adds an instance to the pair of this key, which is opened if need be.
    pub(crate) fn join(
        &mut self,
        key: SocketKey,
        vrid: u8,
        instance: InstanceId,
        out: &mut Outbox,
    ) -> SocketId {
        let id = match self.by_key.get(&key) {
            Some(id) => *id,
            None => self.open(key, out),
        };
        if let Some(entry) = self.entry_mut(id) {
            let member = (vrid, instance);
            if let Err(position) = entry.members.binary_search(&member) {
                entry.members.insert(position, member);
            }
            entry.unknown[usize::from(vrid >> 6)] &= !(1 << (vrid & 63));
        }
        id
    }

    /// Takes an instance off a pair, which is closed if it was the last one.
    pub(crate) fn leave(&mut self, id: SocketId, vrid: u8, instance: InstanceId, out: &mut Outbox) {
        let Some(entry) = self.entry_mut(id) else { return };
        if let Ok(position) = entry.members.binary_search(&(vrid, instance)) {
            entry.members.remove(position);
        }
        if entry.members.is_empty() {
            let key = entry.key;
            self.by_key.remove(&key);
            self.entries[id.index()] = None;
            self.free.push_back((id, out.epoch));
            out.sockets.push(SocketChange::Close(id));
        }
    }

    /// The instances with this VRID on a pair.
    pub(crate) fn members(&self, id: SocketId, vrid: u8) -> &[(u8, InstanceId)] {
        let Some(entry) = self.entries.get(id.index()).and_then(Option::as_ref) else {
            return &[];
        };
        let start = entry.members.partition_point(|(member, _)| *member < vrid);
        let rest = &entry.members[start..];
        &rest[..rest.partition_point(|(member, _)| *member == vrid)]
    }

    /// What a pair is.
    pub(crate) fn key(&self, id: SocketId) -> Option<SocketKey> {
        self.entries.get(id.index())?.as_ref().map(|entry| entry.key)
    }

    /// Every pair with the instances on it.
    pub(crate) fn iter(
        &self,
    ) -> impl Iterator<Item = (SocketId, SocketKey, impl Iterator<Item = InstanceId> + '_)> + '_ {
        (0..).zip(&self.entries).filter_map(|(number, entry)| {
            let entry = entry.as_ref()?;
            Some((
                SocketId(number),
                entry.key,
                entry.members.iter().map(|(_, instance)| *instance),
            ))
        })
    }

    /// Whether a VRID that nobody has is heard on a pair for the first time.
    pub(crate) fn is_news(&mut self, id: SocketId, vrid: u8) -> bool {
        let Some(entry) = self.entry_mut(id) else {
            return false;
        };
        let (word, bit) = (&mut entry.unknown[usize::from(vrid >> 6)], 1 << (vrid & 63));
        let news = *word & bit == 0;
        *word |= bit;
        news
    }

    /// Whether a datagram that is too short to be read arrives on a pair for the first time.
    pub(crate) fn is_first_unreadable(&mut self, id: SocketId) -> bool {
        self.entry_mut(id)
            .is_some_and(|entry| !std::mem::replace(&mut entry.unreadable, true))
    }

    fn open(&mut self, key: SocketKey, out: &mut Outbox) -> SocketId {
        let entry = Some(Entry {
            key,
            members: Vec::new(),
            unknown: [0; 4],
            unreadable: false,
        });
        // A number closed in this outbox is still in use there.
        let id = match self.free.front() {
            Some((id, epoch)) if *epoch != out.epoch => {
                let id = *id;
                self.free.pop_front();
                self.entries[id.index()] = entry;
                id
            }
            _ => {
                let id = SocketId(u32::try_from(self.entries.len()).expect("fewer than 2^32 sockets"));
                self.entries.push(entry);
                id
            }
        };
        self.by_key.insert(key, id);
        out.sockets.push(SocketChange::Open(id, key));
        id
    }

    fn entry_mut(&mut self, id: SocketId) -> Option<&mut Entry> {
        self.entries.get_mut(id.index())?.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Listen, Protocol};
    use model::{Family, IfIndex};

    fn key(index: u32) -> SocketKey {
        SocketKey {
            family: Family::Ipv4,
            protocol: Protocol::Vrrp,
            interface: IfIndex::new(index),
            listen: Listen::Multicast {
                group: "224.0.0.18".parse().unwrap(),
            },
        }
    }

    #[test]
    fn instances_share_a_pair_until_the_last_one_leaves() {
        let (mut sockets, mut out) = (Sockets::default(), Outbox::default());
        let first = sockets.join(key(2), 51, InstanceId(0), &mut out);
        let second = sockets.join(key(2), 52, InstanceId(1), &mut out);
        assert_eq!(first, second);
        assert_eq!(out.sockets, [SocketChange::Open(first, key(2))]);
        assert_eq!(sockets.members(first, 51), [(51, InstanceId(0))]);
        assert_eq!(sockets.members(first, 53), []);
        sockets.leave(first, 51, InstanceId(0), &mut out);
        assert_eq!(out.sockets.len(), 1);
        sockets.leave(first, 52, InstanceId(1), &mut out);
        assert_eq!(out.sockets[1], SocketChange::Close(first));
    }

    #[test]
    fn a_number_is_given_out_again_only_after_the_outbox_was_worked_off() {
        let (mut sockets, mut out) = (Sockets::default(), Outbox::default());
        let first = sockets.join(key(2), 51, InstanceId(0), &mut out);
        sockets.leave(first, 51, InstanceId(0), &mut out);
        let second = sockets.join(key(3), 51, InstanceId(0), &mut out);
        assert_ne!(first, second);
        out.clear();
        let third = sockets.join(key(4), 51, InstanceId(1), &mut out);
        assert_eq!(first, third);
        assert_eq!(sockets.key(third), Some(key(4)));
    }

    #[test]
    fn instances_of_one_vrid_stand_together() {
        let (mut sockets, mut out) = (Sockets::default(), Outbox::default());
        let id = sockets.join(key(2), 9, InstanceId(4), &mut out);
        for (vrid, instance) in [(7, 1), (9, 2), (8, 3), (10, 5)] {
            sockets.join(key(2), vrid, InstanceId(instance), &mut out);
        }
        assert_eq!(sockets.members(id, 9), [(9, InstanceId(2)), (9, InstanceId(4))]);
        assert!(sockets.is_news(id, 77));
        assert!(!sockets.is_news(id, 77));
    }
}
