//! Gratuitous ARPs and neighbour advertisements on their way out.
//!
//! A new master of thousands of addresses asks for tens of thousands of frames at once. They leave in small portions
//! between adverts, those of an interface in their order. An interface whose queue is full waits alone. A frame whose
//! address is taken away meanwhile does not leave any more.

mod queue;

use kernel::sysctl;
use model::{IfIndex, IfName, Micros, Time};
use queue::{Queue, State};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use vrrp::Announcement;
use wire::ndp::Role;

/// How long the forwarding setting of an interface is taken for true.
const ROLE_AGE: Micros = Micros::from_secs(5);

/// Most frames that one interface sends before it is the turn of the next.
const TURN: usize = 64;

/// The frames that wait.
#[derive(Default)]
pub(super) struct Announcements {
    queues: HashMap<IfIndex, Queue>,
    /// Interfaces with frames that wait for nothing but their turn, the next first.
    turns: VecDeque<IfIndex>,
    /// Queues of interfaces that are gone. Closing a packet socket takes the kernel milliseconds, so they are used again.
    spare: Vec<Queue>,
    roles: HashMap<IfIndex, (Role, Time)>,
}

impl Announcements {
    /// Opens a first queue, so that it need not be done when there is a hurry, and to see that it can be done.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self {
            spare: vec![Queue::open()?],
            ..Self::default()
        })
    }

    /// Takes an announcement in.
    pub(super) fn push(&mut self, now: Time, announcement: Announcement) {
        let index = announcement.index;
        if announcement.address.is_ipv6() {
            self.learn_role(now, index, &announcement.interface);
        }
        let queue = match self.queues.entry(index) {
            Entry::Occupied(queue) => queue.into_mut(),
            Entry::Vacant(place) => match self.spare.pop().map_or_else(Queue::open, Ok) {
                Ok(queue) => place.insert(queue),
                Err(error) => {
                    let interface = announcement.interface;
                    tracing::warn!("opening a socket for gratuitous ARPs on {interface}: {error}");
                    return;
                }
            },
        };
        if queue.is_empty() {
            self.turns.push_back(index);
        }
        queue.push(announcement);
    }

    /// Forgets what was to be announced and is no longer ours.
    pub(super) fn retract(&mut self, addresses: &HashSet<(IfIndex, IpAddr)>) {
        for (index, queue) in &mut self.queues {
            queue.retain(|address| !addresses.contains(&(*index, address)));
        }
        let queues = &self.queues;
        self.turns
            .retain(|index| queues.get(index).is_some_and(|queue| !queue.is_empty()));
    }

    /// Whether the next portion can leave at once.
    pub(super) fn is_ready(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Sends up to `portion` frames, in turns among the interfaces. Appends the interfaces whose queues are full to
    /// `blocked`: they are left out until [`unblock`](Self::unblock).
    pub(super) fn send(&mut self, portion: usize, blocked: &mut Vec<IfIndex>) {
        let mut left = portion;
        while left > 0
            && let Some(index) = self.turns.pop_front()
        {
            let Some(queue) = self.queues.get_mut(&index) else {
                continue;
            };
            let role = self.roles.get(&index).map_or(Role::Host, |(role, _)| *role);
            let (done, state) = queue.send(left.min(TURN), role);
            left -= done;
            match state {
                State::Empty => {}
                State::Ready => self.turns.push_back(index),
                State::Blocked => blocked.push(index),
            }
        }
    }

    /// What tells that the queue of an interface takes frames again.
    pub(super) fn descriptor(&self, index: IfIndex) -> Option<BorrowedFd<'_>> {
        self.queues.get(&index).map(Queue::as_fd)
    }

    /// The queue of an interface takes frames again.
    pub(super) fn unblock(&mut self, index: IfIndex) {
        if self.queues.get(&index).is_some_and(|queue| !queue.is_empty()) {
            self.turns.push_back(index);
        }
    }

    /// Forgets an interface that is gone.
    pub(super) fn forget(&mut self, index: IfIndex) {
        self.roles.remove(&index);
        if let Some(mut queue) = self.queues.remove(&index) {
            queue.clear();
            self.spare.push(queue);
            self.turns.retain(|other| *other != index);
        }
    }

    /// A neighbour advertisement says whether we forward. The setting is read at most every few seconds.
    fn learn_role(&mut self, now: Time, index: IfIndex, interface: &IfName) {
        let known = self.roles.get(&index);
        if known.is_none_or(|(_, read)| now.since(*read) >= ROLE_AGE) {
            self.roles.insert(index, (role_of(interface), now));
        }
    }
}

fn role_of(interface: &IfName) -> Role {
    match sysctl::read(&format!("net/ipv6/conf/{interface}/forwarding")).as_deref() {
        Ok("0") | Err(_) => Role::Host,
        Ok(_) => Role::Router,
    }
}
