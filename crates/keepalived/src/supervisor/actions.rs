//! What operators ask for: passed on to the child that can do it, and remembered as far as it holds.

use super::Supervisor;
use super::slot::Slot;
use crate::clock;
use crate::control::{Answer, ClientId, Peer, Verdict};
use crate::handover::Kind;
use crate::orders::Action;
use crate::protocol::ToChild;
use model::{Micros, Time};

/// How long a child may take.
const PATIENCE: Micros = Micros::from_secs(4);

/// An action that a child has not answered.
#[derive(Debug)]
pub(super) struct Pending {
    number: u64,
    kind: Kind,
    action: Action,
    client: ClientId,
    deadline: Time,
    /// The client has been told that there is no answer.
    is_overdue: bool,
}

impl Pending {
    /// When the client is told that there is no answer.
    pub(super) fn deadline(&self) -> Option<Time> {
        (!self.is_overdue).then_some(self.deadline)
    }
}

impl Supervisor {
    /// Has a child do something.
    pub(super) fn begin_action(&mut self, client: ClientId, peer: Peer, action: Action, now: Time) {
        let kind = match &action {
            Action::Failover { .. } | Action::Maintenance(_) => Kind::Vrrp,
            Action::Drain(_) | Action::Undrain(_) => Kind::Checker,
        };
        tracing::info!("{action} asked for by user {}, process {}", peer.uid, peer.pid);
        self.last_action += 1;
        let number = self.last_action;
        let process = self
            .slots
            .iter()
            .find(|slot| slot.kind == kind)
            .and_then(Slot::process);
        let Some(process) = process else {
            let report = format!("there is no {} process", kind.word());
            self.answer(&[client], &Answer::new(Verdict::Refused, report));
            return;
        };
        let message = ToChild::Act {
            number,
            action: action.clone(),
        };
        process.send(&message, &[]);
        self.pending.push(Pending {
            number,
            kind,
            action,
            client,
            deadline: now + PATIENCE,
            is_overdue: false,
        });
    }

    /// A child has done something, or says why not. What it did late holds all the same.
    pub(super) fn end_action(&mut self, number: u64, outcome: Result<String, String>) {
        let Some(place) = self.pending.iter().position(|pending| pending.number == number) else {
            return;
        };
        let pending = self.pending.remove(place);
        let answer = match outcome {
            Ok(report) => {
                self.orders.take(pending.action, clock::wall());
                Answer::new(Verdict::Done, report)
            }
            Err(report) => Answer::new(Verdict::Refused, report),
        };
        if !pending.is_overdue {
            self.answer(&[pending.client], &answer);
        }
    }

    /// Nothing that this child was asked for will be answered.
    pub(super) fn abandon_actions(&mut self, kind: Kind) {
        let (lost, kept) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|pending: &Pending| pending.kind == kind);
        self.pending = kept;
        let lost: Vec<Pending> = lost;
        let waiting = lost.iter().filter(|pending| !pending.is_overdue);
        let clients: Vec<_> = waiting.map(|pending| pending.client).collect();
        let report = format!("the {} process has died", kind.word());
        self.answer(&clients, &Answer::new(Verdict::Refused, report));
    }

    /// Tells clients that a child does not answer.
    pub(super) fn expire_actions(&mut self, now: Time) {
        let due = |pending: &&mut Pending| !pending.is_overdue && pending.deadline <= now;
        let mut overdue = Vec::new();
        for pending in self.pending.iter_mut().filter(due) {
            pending.is_overdue = true;
            overdue.push((pending.client, pending.kind));
        }
        for (client, kind) in overdue {
            let report = format!(
                "the {} process does not answer; it may still do it when it does",
                kind.word()
            );
            self.answer(&[client], &Answer::new(Verdict::Refused, report));
        }
    }
}
