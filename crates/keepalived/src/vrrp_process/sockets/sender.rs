//! The sockets that adverts leave by, each shared by the pairs on one interface.

use kernel::advert_socket::{self, AdvertSender, Cast};
use model::{Family, IfIndex};
use nix::errno::Errno;
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use vrrp::{Advert, Listen, SocketKey};

/// What tells one sender from another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    family: Family,
    /// The protocol of an IPv4 packet is in its header, so it is not looked at there.
    protocol: u8,
    cast: Cast,
    interface: Option<IfIndex>,
}

struct Sender {
    key: Key,
    socket: AdvertSender,
    /// How many pairs use it.
    users: usize,
    /// Positions of the adverts that it is to send now.
    batch: Vec<usize>,
}

/// All senders. Nothing is allocated in the steady state.
#[derive(Default)]
pub(super) struct Senders {
    places: Vec<Option<Sender>>,
    by_key: HashMap<Key, usize>,
    /// Places of the senders with something to send.
    active: Vec<usize>,
    /// Positions of the adverts that could not be sent last time.
    failures: Vec<(usize, Errno)>,
    failed: Vec<(usize, Errno)>,
}

impl Senders {
    /// The place of the sender for a pair, which is opened with the first pair that needs it.
    pub(super) fn join(&mut self, key: &SocketKey) -> io::Result<usize> {
        let key = Key {
            family: key.family,
            protocol: match key.family {
                Family::Ipv4 => 0,
                Family::Ipv6 => key.protocol.number(),
            },
            cast: match key.listen {
                Listen::Multicast { .. } => Cast::Multicast,
                Listen::Unicast { .. } => Cast::Unicast,
            },
            interface: key.interface,
        };
        if let Some(place) = self.by_key.get(&key) {
            if let Some(sender) = &mut self.places[*place] {
                sender.users += 1;
            }
            return Ok(*place);
        }
        let sender = Sender {
            key,
            socket: AdvertSender::open(key.family, key.protocol, key.cast, None)?,
            users: 1,
            batch: Vec::new(),
        };
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or(self.places.len());
        if free.is_none() {
            self.places.push(None);
        }
        self.places[place] = Some(sender);
        self.by_key.insert(key, place);
        Ok(place)
    }

    /// A pair does not need its sender any more; the last one closes it.
    pub(super) fn leave(&mut self, place: usize) {
        if let Some(sender) = &mut self.places[place] {
            sender.users -= 1;
            if sender.users == 0 {
                self.by_key.remove(&sender.key);
                self.places[place] = None;
            }
        }
    }

    /// The descriptor, for messages.
    pub(super) fn descriptor(&self, place: usize) -> BorrowedFd<'_> {
        let sender = self.places[place].as_ref().expect("a pair has joined it");
        sender.socket.as_fd()
    }

    /// Sends adverts, those of one sender together. `place` says which sender an advert leaves by, `packet` what it is.
    pub(super) fn send<'a>(
        &mut self,
        adverts: &'a [Advert],
        place: impl Fn(&Advert) -> Option<usize>,
        packet: impl Fn(&'a Advert) -> advert_socket::Advert<'a> + Copy,
    ) {
        self.failures.clear();
        for (position, advert) in adverts.iter().enumerate() {
            let Some(place) = place(advert) else {
                continue;
            };
            if let Some(sender) = &mut self.places[place] {
                if sender.batch.is_empty() {
                    self.active.push(place);
                }
                sender.batch.push(position);
            }
        }
        for place in self.active.drain(..) {
            let Some(sender) = &mut self.places[place] else {
                continue;
            };
            let packets = sender.batch.iter().map(|position| packet(&adverts[*position]));
            self.failed.clear();
            sender.socket.send(&packets, &mut self.failed);
            let failed = self.failed.iter();
            self.failures
                .extend(failed.map(|(position, errno)| (sender.batch[*position], *errno)));
            sender.batch.clear();
        }
        self.failures.sort_unstable_by_key(|(position, _)| *position);
    }

    /// Whether any advert could not be sent last time.
    pub(super) fn has_failures(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Positions of the adverts that could not be sent last time, ascending, with the reasons.
    pub(super) fn failures(&self) -> impl Iterator<Item = (usize, Errno)> {
        self.failures.iter().copied()
    }
}
