//! The order in which operations are carried out: first come, first served within an owner, in turns among owners.

use super::{Progress, Request, Ticket};
use crate::ledger::Owner;
use crate::map::{Map, Set};
use crate::operation::{Class, Key, Object, Operation, Outcome, Verdict, Way};
use model::Family;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

/// What one chunk may cost in all. An IPv4 address costs 1, which is about 5 µs of the kernel's time; so a chunk is
/// some hundred microseconds to a few milliseconds, after which progress is reported and others have their turn.
const CHUNK: u32 = 64;
/// What one owner may put into a chunk while others wait for their turn.
const TURN: u32 = 16;

/// About how many IPv4 addresses the kernel could add in the same time.
///
/// An IPv6 address takes some 0.35 ms (routes and a multicast group are made with it), a link about a millisecond.
fn cost(operation: &Operation) -> u32 {
    match operation.object() {
        Object::Address(address) if address.family() == Family::Ipv6 => 8,
        Object::Link(_) => TURN,
        Object::Route(_) | Object::Rule(_) | Object::Sysctl(_) => 2,
        Object::Address(_) | Object::Firewall(_) => 1,
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    owners: Map<Owner, VecDeque<Pending>>,
    /// Owners with something in the queue, the next first.
    turns: VecDeque<Owner>,
    /// The last request that is to change each object.
    touched: Map<Key, (Owner, Ticket)>,
}

#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    operations: VecDeque<Operation>,
    /// Additions that a later request has made pointless.
    superseded: Vec<Operation>,
    /// Requests of other owners that change the same objects and were made before.
    after: Vec<(Owner, Ticket)>,
}

/// Operations that go to the back end together, all by one way.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) operations: Vec<Operation>,
    parts: Vec<Part>,
    way: Option<Way>,
}

/// The share of one request in a chunk.
#[derive(Debug)]
struct Part {
    owner: Owner,
    ticket: Ticket,
    superseded: Vec<Operation>,
    count: usize,
    finished: bool,
}

impl Queue {
    /// Takes a request. What it removes need not be added first.
    pub(super) fn push(&mut self, request: Request) {
        let Request {
            owner,
            ticket,
            operations,
        } = request;
        let mut after = Vec::new();
        for operation in &operations {
            match self.touched.insert(operation.object().key(), (owner, ticket)) {
                Some((other, earlier)) if other != owner && after.last() != Some(&(other, earlier)) => {
                    after.push((other, earlier));
                }
                _ => {}
            }
        }
        let pending = self.owners.entry(owner).or_default();
        if pending.is_empty() {
            self.turns.push_back(owner);
        } else {
            supersede(pending, &operations);
        }
        pending.push_back(Pending {
            ticket,
            operations: operations.into(),
            superseded: Vec::new(),
            after,
        });
    }

    /// The next operations to be carried out.
    ///
    /// The way is that of the owner whose turn it is; owners that need another one keep their place.
    pub(super) fn next_chunk(&mut self) -> Option<Chunk> {
        let mut chunk = Chunk::default();
        let mut room = CHUNK;
        let mut skipped = VecDeque::new();
        while room > 0 {
            let Some(owner) = self.turns.pop_front() else {
                break;
            };
            let share = if self.turns.is_empty() {
                room
            } else {
                room.min(TURN)
            };
            let spent = self.take_turn(owner, share, &mut chunk);
            room -= spent.min(room);
            if !self.owners.contains_key(&owner) {
                continue;
            }
            if spent == 0 {
                skipped.push_back(owner);
            } else {
                self.turns.push_back(owner);
            }
        }
        while let Some(owner) = skipped.pop_back() {
            self.turns.push_front(owner);
        }
        (!chunk.parts.is_empty()).then_some(chunk)
    }

    /// Moves operations of an owner into the chunk; what they cost.
    fn take_turn(&mut self, owner: Owner, room: u32, chunk: &mut Chunk) -> u32 {
        let mut spent = 0;
        while let Some(request) = self.first_ready(owner) {
            let mut count = 0;
            while let Some(operation) = request.operations.front() {
                // The firewall entries of a transition are one transaction, however many they are.
                let is_begun = operation.way() == Way::Firewall && count > 0;
                if spent >= room && !is_begun || chunk.way.is_some_and(|way| way != operation.way()) {
                    break;
                }
                chunk.way = Some(operation.way());
                spent += cost(operation);
                count += 1;
                chunk.operations.extend(request.operations.pop_front());
            }
            let finished = request.operations.is_empty();
            let part = Part {
                owner,
                ticket: request.ticket,
                superseded: std::mem::take(&mut request.superseded),
                count,
                finished,
            };
            self.forget(part.ticket, &chunk.operations[chunk.operations.len() - count..]);
            if count > 0 || finished {
                chunk.parts.push(part);
            }
            if !finished {
                break;
            }
            self.retire_first(owner);
        }
        spent
    }

    /// The first request of an owner, unless it has to wait for those of others.
    fn first_ready(&mut self, owner: Owner) -> Option<&mut Pending> {
        let waits = {
            let first = self.owners.get(&owner)?.front()?;
            first.after.iter().any(|(other, ticket)| {
                self.owners
                    .get(other)
                    .and_then(VecDeque::front)
                    .is_some_and(|first| first.ticket <= *ticket)
            })
        };
        if waits {
            return None;
        }
        self.owners.get_mut(&owner)?.front_mut()
    }

    fn retire_first(&mut self, owner: Owner) {
        if let Some(requests) = self.owners.get_mut(&owner) {
            requests.pop_front();
            if requests.is_empty() {
                self.owners.remove(&owner);
            }
        }
    }

    /// Notes that operations of a request are on their way to the kernel.
    fn forget(&mut self, ticket: Ticket, operations: &[Operation]) {
        for operation in operations {
            if let Entry::Occupied(last) = self.touched.entry(operation.object().key())
                && last.get().1 == ticket
            {
                last.remove();
            }
        }
    }
}

/// Takes additions out of the queue that `later` removes again. Links stay: what is to be done in between may need them.
fn supersede(requests: &mut VecDeque<Pending>, later: &[Operation]) {
    let removed: Set<Key> = later
        .iter()
        .filter_map(|operation| match operation {
            Operation::Remove(object) if object.class() != Class::Link => Some(object.key()),
            _ => None,
        })
        .collect();
    if removed.is_empty() {
        return;
    }
    for request in requests {
        let (superseded, kept) = std::mem::take(&mut request.operations)
            .into_iter()
            .partition::<VecDeque<_>, _>(
                |operation| matches!(operation, Operation::Add(object) if removed.contains(&object.key())),
            );
        request.operations = kept;
        request.superseded.extend(superseded);
    }
}

impl Chunk {
    /// The progress that these verdicts, one for each operation, are.
    pub(super) fn progress(self, verdicts: impl Iterator<Item = Verdict>) -> Vec<Progress> {
        let mut ended = self.operations.into_iter().zip(verdicts);
        self.parts
            .into_iter()
            .map(|part| Progress {
                owner: part.owner,
                ticket: part.ticket,
                ended: part
                    .superseded
                    .into_iter()
                    .map(|operation| (operation, Ok(Outcome::Superseded)))
                    .chain(ended.by_ref().take(part.count))
                    .collect(),
                finished: part.finished,
            })
            .collect()
    }
}
