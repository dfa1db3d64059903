use super::*;
use crate::operation::{Address, FirewallEntry, OperationError, Outcome, Sysctl, Way};
use model::{IfIndex, IfName, PreferredLifetime, Prefix};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::net::IpAddr;
use std::sync::mpsc::{SyncSender, sync_channel};

const A: Owner = Owner(1);
const B: Owner = Owner(2);

fn address(address: impl Into<IpAddr>) -> Object {
    let address = address.into();
    Object::from(Address {
        interface: IfIndex::new(2).unwrap(),
        interface_name: IfName::new("eth0").unwrap(),
        prefix: Prefix {
            address,
            len: if address.is_ipv4() { 32 } else { 128 },
        },
        peer: None,
        broadcast: None,
        label: None,
        scope: 0,
        preferred_lft: PreferredLifetime::Forever,
        flags: 0,
    })
}

fn v4(number: u16) -> Object {
    let [high, low] = number.to_be_bytes();
    address([10, 0, high, low])
}

fn v6(number: u16) -> Object {
    address([0x2001, 0xdb8, 0, 0, 0, 0, 0, number])
}

/// A back end that shows each batch to the test and carries it out when the test says so.
struct Stepped {
    batches: Sender<Vec<Operation>>,
    go: Receiver<()>,
    refused: Option<Key>,
}

impl Backend for Stepped {
    fn apply(&mut self, operations: &[Operation], verdicts: &mut Vec<Verdict>) {
        self.batches.send(operations.to_vec()).unwrap();
        self.go.recv().unwrap();
        verdicts.extend(operations.iter().map(|operation| {
            if Some(operation.object().key()) == self.refused {
                Err(OperationError::new(operation, Errno::EPERM, None))
            } else {
                Ok(Outcome::Done)
            }
        }));
    }
}

struct Rig {
    writer: Writer,
    batches: Receiver<Vec<Operation>>,
    go: SyncSender<()>,
}

impl Rig {
    fn new(refused: Option<Key>) -> Self {
        let (batch, batches) = channel();
        let (go, going) = sync_channel(1000);
        let backend = Stepped {
            batches: batch,
            go: going,
            refused,
        };
        Self {
            writer: Writer::start(backend).unwrap(),
            batches,
            go,
        }
    }

    /// The next batch, carried out.
    fn step(&self) -> Vec<Operation> {
        let batch = self.batches.recv().unwrap();
        self.go.send(()).unwrap();
        batch
    }

    /// What the writer reports after at least one more batch.
    fn progress(&mut self) -> Vec<Progress> {
        let mut descriptors = [PollFd::new(self.writer.as_fd(), PollFlags::POLLIN)];
        poll(&mut descriptors, PollTimeout::NONE).unwrap();
        let mut progress = Vec::new();
        self.writer.collect(&mut progress);
        progress
    }

    /// Lets everything run and returns the batches and all progress.
    fn finish(self) -> (Vec<Vec<Operation>>, Vec<Progress>) {
        for _ in 0..900 {
            self.go.send(()).unwrap();
        }
        let progress = self.writer.finish();
        (self.batches.iter().collect(), progress)
    }
}

fn owners_of(batch: &[Operation], mine: &[Object]) -> usize {
    batch
        .iter()
        .filter(|operation| mine.contains(operation.object()))
        .count()
}

#[test]
fn the_firewall_entries_of_a_transition_are_one_transaction() {
    let mut rig = Rig::new(None);
    let entry = |number: u16| {
        let [high, low] = number.to_be_bytes();
        Object::from(FirewallEntry::Vip([10, 1, high, low].into()))
    };
    rig.writer
        .want(A, &(0..500).map(entry).chain([v4(1)]).collect::<Vec<_>>());
    rig.writer.want(B, &[v4(2)]);
    let (batches, _) = rig.finish();
    let of_firewall = |batch: &&Vec<Operation>| batch[0].way() == Way::Firewall;
    let lengths: Vec<_> = batches.iter().filter(of_firewall).map(Vec::len).collect();
    assert_eq!(lengths, [500]);
}

#[test]
fn an_owner_with_many_addresses_does_not_hold_up_the_others() {
    let mut rig = Rig::new(None);
    let many: Vec<Object> = (0..2000).map(v4).collect();
    let first = rig.writer.want(A, &many);
    let batch = rig.batches.recv().unwrap();
    assert_eq!(batch.len(), 64);
    // While the first batch is with the kernel, ten more instances become master.
    let others: Vec<Object> = (0..10).map(|number| v4(3000 + number)).collect();
    for (number, other) in (10..).zip(&others) {
        rig.writer.want(Owner(number), std::slice::from_ref(other));
    }
    rig.go.send(()).unwrap();
    assert_eq!(owners_of(&rig.step(), &others), 10);
    let (batches, progress) = rig.finish();
    assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 2010 - 128);
    assert!(batches.len() <= 31);
    let of_first: Vec<&Progress> = progress.iter().filter(|part| part.ticket == first).collect();
    assert!(of_first.iter().rev().skip(1).all(|part| !part.finished));
    assert!(of_first.last().unwrap().finished);
    let confirmed: Vec<Object> = of_first
        .iter()
        .flat_map(|part| &part.ended)
        .map(|(operation, _)| operation.object().clone())
        .collect();
    assert_eq!(
        confirmed, many,
        "confirmed in the order in which they were asked for"
    );
}

#[test]
fn batches_of_ipv6_addresses_are_short() {
    let mut rig = Rig::new(None);
    let many: Vec<Object> = (1..100).map(v6).collect();
    rig.writer.want(A, &many);
    let (batches, _) = rig.finish();
    assert!(batches.iter().all(|batch| batch.len() <= 8));
}

#[test]
fn what_is_not_needed_any_more_is_not_added() {
    let mut rig = Rig::new(None);
    let many: Vec<Object> = (0..100).map(v4).collect();
    rig.writer.want(A, &many);
    let sent = rig.batches.recv().unwrap();
    rig.writer.want(A, &[]);
    let (batches, progress) = rig.finish();
    let rest: Vec<Operation> = batches.into_iter().flatten().collect();
    assert_eq!(sent.len(), 64);
    assert!(
        rest.iter()
            .all(|operation| matches!(operation, Operation::Remove(_)))
    );
    assert_eq!(rest.len(), 100);
    let superseded = progress
        .iter()
        .flat_map(|part| &part.ended)
        .filter(|(_, verdict)| *verdict == Ok(Outcome::Superseded))
        .count();
    assert_eq!(superseded, 36);
    let finished: Vec<Ticket> = progress
        .iter()
        .filter(|part| part.finished)
        .map(|part| part.ticket)
        .collect();
    assert_eq!(finished, [Ticket(1), Ticket(2)]);
}

#[test]
fn an_object_that_changes_hands_is_removed_before_it_is_added() {
    let mut rig = Rig::new(None);
    let vip = v4(1);
    // A's queue is long, B's is empty: without an order between them B would be first.
    let mut wanted: Vec<Object> = (100..400).map(v4).collect();
    wanted.push(vip.clone());
    rig.writer.want(A, &wanted);
    let mut batches = vec![rig.batches.recv().unwrap()];
    rig.writer.want(A, &wanted[..300]);
    rig.writer.want(B, std::slice::from_ref(&vip));
    rig.writer.want(B, &[]);
    rig.writer.want(A, std::slice::from_ref(&vip));
    let (rest, _) = rig.finish();
    batches.extend(rest);
    let ours: Vec<Operation> = batches
        .into_iter()
        .flatten()
        .filter(|operation| *operation.object() == vip)
        .collect();
    assert_eq!(ours.last(), Some(&Operation::Add(vip)));
}

#[test]
fn a_request_without_operations_finishes_after_those_before_it() {
    let mut rig = Rig::new(None);
    let first = rig.writer.want(A, &[v4(1)]);
    let second = rig.writer.want(A, &[v4(1)]);
    rig.batches.recv().unwrap();
    rig.go.send(()).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.extend(rig.progress());
    }
    assert_eq!(
        seen.iter()
            .map(|part| (part.ticket, part.ended.len(), part.finished))
            .collect::<Vec<_>>(),
        [(first, 1, true), (second, 0, true)]
    );
}

#[test]
fn ways_into_the_kernel_do_not_share_a_batch_and_keep_their_order() {
    let mut rig = Rig::new(None);
    let setting = |owner: u16| {
        Object::from(Sysctl {
            path: owner.to_string().into(),
            value: "1".into(),
        })
    };
    // Something to hold the thread while the requests come in.
    rig.writer.want(Owner(99), &[v4(99)]);
    let held = rig.batches.recv().unwrap();
    assert_eq!(held.len(), 1);
    for owner in 0..5 {
        rig.writer.want(Owner(owner.into()), &[v4(owner), setting(owner)]);
    }
    let (batches, _) = rig.finish();
    let shape: Vec<(usize, bool)> = batches
        .iter()
        .map(|batch| (batch.len(), matches!(batch[0].object(), Object::Address(_))))
        .collect();
    assert_eq!(
        shape,
        [(5, false), (5, true)],
        "settings before addresses, each in one batch"
    );
}

#[test]
fn a_refused_addition_is_asked_for_again() {
    let mut rig = Rig::new(Some(v4(1).key()));
    rig.writer.want(A, &[v4(1), v4(2)]);
    assert_eq!(rig.step().len(), 2);
    let progress = rig.progress();
    assert_eq!(
        progress[0].ended[0].1.as_ref().unwrap_err().to_string(),
        "adding 10.0.0.1/32 to eth0: Operation not permitted"
    );
    assert_eq!(rig.writer.removed(&v4(1).key()), Removal::Unwanted);
    rig.writer.want(A, &[v4(1), v4(2)]);
    assert_eq!(rig.step(), [Operation::Add(v4(1))]);
}
