//! The sockets of the adverts: which pair of the router is which descriptors, sending, receiving.
//!
//! A pair of the router is a receiver and a sender. Pairs on the same interface share the sender, so that all adverts that
//! are due on an interface leave with one system call. Interfaces share none: the queue of one that stands still would
//! hold up the adverts of all.

mod sender;

use kernel::ReceiveBuffer;
use kernel::advert_socket::{self, AdvertReceiver, Arrival, Arrivals, Endpoint};
use model::{IfIndex, IfName};
use nix::errno::Errno;
use sender::Senders;
use std::fmt;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use vrrp::{Advert, Listen, Outbox, Received, SocketId, SocketKey};

/// The socket pairs that the router has asked for.
#[derive(Default)]
pub(super) struct Sockets {
    pairs: Pairs,
    senders: Senders,
    arrivals: Arrivals,
}

/// What dumps show of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Receiver and sender; -1 while they are not open.
    pub(super) descriptors: (i32, i32),
    /// Bytes of receive buffer that the kernel was asked for; 0 is the system's size.
    pub(super) buffer: usize,
}

impl Opened {
    /// A pair that is not open.
    pub(super) const NOT: Self = Self {
        descriptors: (-1, -1),
        buffer: 0,
    };
}

/// The pairs, by the router's numbers.
#[derive(Default)]
struct Pairs {
    places: Vec<Option<Pair>>,
    /// How many pairs could not send their last advert.
    failing: usize,
}

struct Pair {
    id: SocketId,
    key: SocketKey,
    name: Option<IfName>,
    buffer: ReceiveBuffer,
    /// Nothing while it could not be opened.
    open: Option<Open>,
    /// Why the last advert could not be sent.
    failure: Option<Errno>,
}

struct Open {
    receiver: AdvertReceiver,
    /// Place of the sender.
    sender: usize,
}

/// A socket that could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("opening the socket for {what}: {source}")]
pub(super) struct OpenError {
    what: String,
    source: io::Error,
}

impl OpenError {
    /// Whether the process may not open such sockets at all.
    pub(super) fn is_permission(&self) -> bool {
        self.source.kind() == ErrorKind::PermissionDenied
    }
}

impl Sockets {
    /// Opens a pair. One that fails stays in the table, for [`retry`](Self::retry).
    pub(super) fn open(
        &mut self,
        id: SocketId,
        key: SocketKey,
        name: Option<IfName>,
        buffer: ReceiveBuffer,
    ) -> Result<(), OpenError> {
        let mut pair = Pair {
            id,
            key,
            name,
            buffer,
            open: None,
            failure: None,
        };
        let result = self.open_pair(&mut pair);
        let places = &mut self.pairs.places;
        if places.len() <= id.index() {
            places.resize_with(id.index() + 1, || None);
        }
        places[id.index()] = Some(pair);
        result
    }

    fn open_pair(&mut self, pair: &mut Pair) -> Result<(), OpenError> {
        let failed = |source| OpenError {
            what: pair.to_string(),
            source,
        };
        let receiver = AdvertReceiver::open(&pair.endpoint()).map_err(failed)?;
        let sender = self.senders.join(&pair.key).map_err(failed)?;
        tracing::info!(
            target: crate::log::DETAIL,
            "VRRP sockpool: {}",
            pair.describe(receiver.as_fd(), self.senders.descriptor(sender))
        );
        pair.open = Some(Open { receiver, sender });
        Ok(())
    }

    /// Tries again to open the pairs that failed on an interface, or that are on none. Appends those that are open now.
    pub(super) fn retry(&mut self, interface: IfIndex, opened: &mut Vec<SocketId>) {
        for place in 0..self.pairs.places.len() {
            let is_meant = |pair: &mut Pair| {
                pair.open.is_none() && pair.key.interface.is_none_or(|index| index == interface)
            };
            let Some(mut pair) = self.pairs.places[place].take_if(is_meant) else {
                continue;
            };
            match self.open_pair(&mut pair) {
                Ok(()) => opened.push(pair.id),
                Err(error) => tracing::info!(target: crate::log::DETAIL, "{error}"),
            }
            self.pairs.places[place] = Some(pair);
        }
    }

    /// Closes a pair.
    pub(super) fn close(&mut self, id: SocketId) {
        let Some(pair) = self.pairs.places.get_mut(id.index()).and_then(Option::take) else {
            return;
        };
        if pair.failure.is_some() {
            self.pairs.failing -= 1;
        }
        if let Some(open) = pair.open {
            self.senders.leave(open.sender);
        }
    }

    /// The descriptor that the adverts of a pair arrive at, if it is open.
    pub(super) fn receiver(&self, id: SocketId) -> Option<BorrowedFd<'_>> {
        Some(self.pairs.get(id)?.open.as_ref()?.receiver.as_fd())
    }

    /// What dumps show of a pair.
    pub(super) fn opened(&self, id: SocketId) -> Opened {
        let Some(pair) = self.pairs.get(id) else {
            return Opened::NOT;
        };
        let descriptors = pair.open.as_ref().map(|open| {
            let sender = self.senders.descriptor(open.sender);
            (open.receiver.as_fd().as_raw_fd(), sender.as_raw_fd())
        });
        Opened {
            descriptors: descriptors.unwrap_or(Opened::NOT.descriptors),
            buffer: pair.buffer.bytes(),
        }
    }

    /// The pair in this place of the table.
    pub(super) fn id_at(&self, place: usize) -> Option<SocketId> {
        Some(self.pairs.places.get(place)?.as_ref()?.id)
    }

    /// Sends all adverts of an outbox: one system call for each sender that is concerned.
    pub(super) fn send(&mut self, outbox: &Outbox) {
        let Self { pairs, senders, .. } = self;
        senders.send(
            &outbox.adverts,
            |advert| Some(pairs.get(advert.socket)?.open.as_ref()?.sender),
            |advert| advert_socket::Advert {
                interface: pairs.get(advert.socket).and_then(|pair| pair.key.interface),
                source: advert.source,
                destination: advert.destination,
                hop_limit: advert.hop_limit,
                bytes: outbox.packet(advert),
            },
        );
        if pairs.failing > 0 || senders.has_failures() {
            pairs.note_failures(&outbox.adverts, senders.failures());
        }
    }

    /// Receives one batch of datagrams of a pair and hands each to `take`. Returns how many there were; fewer than
    /// [`Arrivals::BATCH`] mean that no more are there.
    pub(super) fn receive(&mut self, id: SocketId, mut take: impl FnMut(Received<'_>)) -> usize {
        let Self { pairs, arrivals, .. } = self;
        let Some(open) = pairs.get(id).and_then(|pair| pair.open.as_ref()) else {
            return 0;
        };
        // An error is an old one of the interface, which went down: it is told once, and the monitor tells the same.
        let count = open.receiver.receive(arrivals).unwrap_or(0);
        for arrival in arrivals.iter().take(count) {
            take(match arrival {
                Arrival::Ipv4(bytes) => Received::Ipv4(bytes),
                Arrival::Ipv6 {
                    source,
                    destination,
                    hop_limit,
                    payload,
                } => Received::Ipv6 {
                    source,
                    destination,
                    hop_limit,
                    payload,
                },
            });
        }
        count
    }
}

impl Pairs {
    fn get(&self, id: SocketId) -> Option<&Pair> {
        self.places.get(id.index())?.as_ref()
    }

    /// Logs which pairs have begun or ceased to fail; the same failure again is no news. `failures` are positions of
    /// adverts in ascending order.
    fn note_failures(&mut self, adverts: &[Advert], failures: impl Iterator<Item = (usize, Errno)>) {
        let mut failures = failures.peekable();
        for (position, advert) in adverts.iter().enumerate() {
            let failure = failures.next_if(|(failed, _)| *failed == position);
            let failure = failure.map(|(_, errno)| errno);
            let Some(pair) = self
                .places
                .get_mut(advert.socket.index())
                .and_then(Option::as_mut)
            else {
                continue;
            };
            match failure {
                Some(errno) if pair.failure != failure => tracing::warn!("sending {pair}: {}", errno.desc()),
                None if pair.failure.is_some() => tracing::info!("sending {pair} works again"),
                _ => continue,
            }
            pair.failure = failure;
        }
        self.failing = self
            .places
            .iter()
            .flatten()
            .filter(|pair| pair.failure.is_some())
            .count();
    }
}

impl Pair {
    fn endpoint(&self) -> Endpoint {
        Endpoint {
            family: self.key.family,
            protocol: self.key.protocol.number(),
            interface: self.key.interface.zip(self.name.clone()),
            listen: match self.key.listen {
                Listen::Multicast { group } => advert_socket::Listen::Multicast(group),
                Listen::Unicast { source } => advert_socket::Listen::Unicast(source),
            },
            buffer: self.buffer,
        }
    }

    /// The line about the pair that people know (`spec/runtime.md` section 6).
    fn describe(&self, receiver: BorrowedFd<'_>, sender: BorrowedFd<'_>) -> String {
        let (kind, address) = match self.key.listen {
            Listen::Multicast { group } => ("multicast", group),
            Listen::Unicast { source } => ("unicast", source),
        };
        format!(
            "[ifindex({:3}), family({}), proto({}), fd({},{}) {kind}, address({address})]",
            self.key.interface.map_or(0, IfIndex::value),
            self.key.family,
            self.key.protocol.number(),
            receiver.as_raw_fd(),
            sender.as_raw_fd(),
        )
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} adverts", self.key.family)?;
        if let Some(name) = &self.name {
            write!(f, " on {name}")?;
        }
        match self.key.listen {
            Listen::Multicast { .. } => Ok(()),
            Listen::Unicast { source } => write!(f, " from {source}"),
        }
    }
}
