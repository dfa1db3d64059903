//! What the instance has in the kernel: asking for it, and hearing what becomes of it.

use super::{Instance, Reaction};
use crate::context::Context;
use crate::placement::{Parts, Placement, Target};
use crate::{Cause, Change, InstanceEvent, Object, Outcome, Owner, Presence, State, Want};
use model::{IfIndex, IfName, Micros, Time};
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Somebody who removes our addresses more often than this within [`PATIENCE`] has the last word.
const PUT_BACK_LIMIT: u32 = 5;
const PATIENCE: Micros = Micros::from_secs(10);

/// The kernel's side of an instance.
#[derive(Debug, Default)]
pub(super) struct InKernel {
    /// What a master has.
    placement: Placement,
    /// What has been asked to be there.
    wanted: Parts,
    /// Links, and addresses on them that are there in every state.
    permanent: Vec<Arc<Object>>,
    /// Addresses of a new master that were announced before the last one was there.
    announced: HashSet<(IfIndex, IpAddr)>,
    /// Where the targets of the addresses to come begin.
    announced_to: usize,
    /// Number of the last ticket, and of the last one confirmed.
    asked: u64,
    confirmed: u64,
    /// Objects that vanished while a change was under way: ours or somebody else's doing, that shows in the end.
    suspects: Vec<Arc<Object>>,
    /// How often something was put back since this time.
    put_back: (u32, Time),
}

/// What a new placement brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reconciled {
    /// Nothing that the neighbours have to know.
    Quietly,
    /// New addresses.
    AddressesAdded,
}

impl InKernel {
    pub(super) const fn last_ticket(&self) -> u64 {
        self.asked
    }

    /// Whether the kernel writer still has something to do for us.
    pub(super) const fn is_outstanding(&self) -> bool {
        self.confirmed < self.asked
    }

    pub(super) fn targets(&self) -> &[Target] {
        &self.placement.targets
    }

    /// The targets of addresses that are there now, in the order of the targets, which is the order in which the
    /// addresses were asked for. They count as announced from then on.
    pub(super) fn next_targets(&mut self, addresses: &[(IfIndex, IpAddr)]) -> Vec<Target> {
        let mut targets = Vec::with_capacity(addresses.len());
        for address in addresses {
            let rest = self
                .placement
                .targets
                .get(self.announced_to..)
                .unwrap_or_default();
            let is_meant = |target: &Target| (target.index, target.address) == *address;
            if let Some(skipped) = rest.iter().position(is_meant) {
                self.announced_to += skipped + 1;
                targets.push(rest[skipped].clone());
                self.announced.insert(*address);
            }
        }
        targets
    }

    pub(super) fn take_announced(&mut self) -> HashSet<(IfIndex, IpAddr)> {
        self.announced_to = 0;
        std::mem::take(&mut self.announced)
    }
}

impl Instance {
    /// What has been asked to be in the kernel for this state.
    pub(crate) const fn wanted(&self) -> &Parts {
        &self.in_kernel.wanted
    }

    /// Takes a first placement over, and removes what a former run left behind.
    pub(crate) fn clean_up(
        &mut self,
        cx: &mut Context<'_>,
        placement: Placement,
        permanent: Vec<Arc<Object>>,
    ) {
        let parts = &placement.parts;
        let leftovers = parts
            .rules
            .iter()
            .chain(&parts.routes)
            .chain(&placement.leftovers);
        let mut changes: Vec<_> = leftovers.map(absent).collect();
        changes.extend(permanent.iter().map(present));
        for object in &placement.leftovers {
            if let Object::Address(placed) = &**object {
                let (address, interface) = (placed.ip(), placed.interface.clone());
                self.event(cx, InstanceEvent::LeftoverRemoved { address, interface });
            }
        }
        self.in_kernel.permanent = permanent;
        self.take_placement(cx, placement);
        self.want(cx, changes);
    }

    /// Asks for everything that a master has.
    pub(super) fn install(&mut self, cx: &mut Context<'_>) {
        let parts = self.in_kernel.placement.parts.clone();
        let mut changes = Vec::new();
        for (part, objects) in parts.in_order() {
            if !objects.is_empty() {
                self.event(cx, InstanceEvent::Setting(part));
                changes.extend(objects.iter().map(present));
            }
        }
        self.in_kernel.wanted = parts;
        self.in_kernel.take_announced();
        self.want(cx, changes);
    }

    /// Asks for the removal of everything that a master has.
    pub(super) fn withdraw(&mut self, cx: &mut Context<'_>) {
        let parts = std::mem::take(&mut self.in_kernel.wanted);
        let mut changes = Vec::new();
        for (part, objects) in parts.in_removal_order() {
            if !objects.is_empty() {
                self.event(cx, InstanceEvent::Removing(part));
                changes.extend(objects.iter().map(absent));
            }
        }
        self.in_kernel.suspects.clear();
        self.want(cx, changes);
    }

    /// What is in the kernel stays there, although the instance ends.
    pub(super) fn keep_in_kernel(&mut self) {
        self.in_kernel.wanted = Parts::default();
        self.in_kernel.permanent.clear();
    }

    /// Asks for the removal of links and what is on them.
    pub(super) fn remove_permanent(&mut self, cx: &mut Context<'_>) {
        let permanent = std::mem::take(&mut self.in_kernel.permanent);
        let gone = permanent
            .iter()
            .rev()
            .filter(|object| is_ours_to_remove(object, cx));
        let changes = gone.map(absent).collect();
        self.want(cx, changes);
    }

    /// Asks once more for something that is there in every state.
    pub(crate) fn want_again(&mut self, cx: &mut Context<'_>, object: &Arc<Object>) {
        if self.in_kernel.permanent.contains(object) {
            self.want(cx, vec![present(object)]);
        }
    }

    /// What is to be there in every state.
    pub(crate) fn permanent(&self) -> &[Arc<Object>] {
        &self.in_kernel.permanent
    }

    /// An interface changed, or the configuration: what a master has is to be elsewhere, or something else.
    pub(crate) fn reconcile(
        &mut self,
        cx: &mut Context<'_>,
        placement: Placement,
        permanent: Vec<Arc<Object>>,
    ) -> Reconciled {
        let mut changes = Vec::new();
        let before = std::mem::replace(&mut self.in_kernel.permanent, permanent);
        let permanent = &self.in_kernel.permanent;
        let gone = before.iter().rev().filter(|object| !permanent.contains(object));
        let gone = gone.filter(|object| is_ours_to_remove(object, cx));
        // A link has to go before another one of its name comes.
        let (replaced, gone): (Vec<_>, Vec<_>) = gone.partition(|object| is_replaced(object, permanent));
        changes.extend(replaced.into_iter().map(absent));
        let new = permanent.iter().filter(|object| !before.contains(object));
        changes.extend(new.map(present));
        if self.state == State::Master {
            changes.extend(placement.parts.changes_from(&self.in_kernel.wanted));
            self.in_kernel.wanted = placement.parts.clone();
        }
        changes.extend(gone.into_iter().map(absent));
        self.take_placement(cx, placement);
        let is_new_address = |change: &Change| {
            change.presence == Presence::Present && matches!(*change.object, Object::Address(_))
        };
        let added = self.state == State::Master && changes.iter().any(is_new_address);
        self.want(cx, changes);
        if added {
            Reconciled::AddressesAdded
        } else {
            Reconciled::Quietly
        }
    }

    /// The kernel writer has done what was asked for.
    pub(crate) fn confirmed(&mut self, cx: &mut Context<'_>, number: u64, _outcome: Outcome) -> Reaction {
        self.in_kernel.confirmed = self.in_kernel.confirmed.max(number);
        self.release_reports(cx, number);
        if self.in_kernel.is_outstanding() || self.in_kernel.suspects.is_empty() {
            return Reaction::None;
        }
        let suspects = std::mem::take(&mut self.in_kernel.suspects);
        let lost: Vec<_> = suspects
            .into_iter()
            .filter(|object| self.is_wanted(object))
            .collect();
        self.put_back(cx, &lost)
    }

    /// One of our addresses vanished from an interface.
    pub(crate) fn address_lost(&mut self, cx: &mut Context<'_>, index: IfIndex, address: IpAddr) -> Reaction {
        match self.in_kernel.wanted.address(index, address).cloned() {
            Some(object) => self.object_lost(cx, object),
            None => Reaction::None,
        }
    }

    /// One of our objects vanished. While changes are under way it may be our own doing.
    pub(crate) fn object_lost(&mut self, cx: &mut Context<'_>, object: Arc<Object>) -> Reaction {
        if !self.is_wanted(&object) || is_untracked(&object) {
            return Reaction::None;
        }
        if self.in_kernel.is_outstanding() {
            if !self.in_kernel.suspects.contains(&object) {
                self.in_kernel.suspects.push(object);
            }
            return Reaction::None;
        }
        self.put_back(cx, &[object])
    }

    /// One of our addresses appeared on an interface.
    pub(crate) fn address_found(&mut self, index: IfIndex, address: IpAddr) {
        self.in_kernel.suspects.retain(|object| match &**object {
            Object::Address(placed) => (placed.index, placed.ip()) != (index, address),
            _ => true,
        });
    }

    /// One of our objects is there.
    pub(crate) fn object_found(&mut self, object: &Arc<Object>) {
        self.in_kernel.suspects.retain(|suspect| suspect != object);
    }

    /// Puts back what somebody else removed. Whoever does that again and again gets their way: another router is
    /// master then, if there is one.
    fn put_back(&mut self, cx: &mut Context<'_>, lost: &[Arc<Object>]) -> Reaction {
        let Some(first) = lost.first() else {
            return Reaction::None;
        };
        let (count, since) = &mut self.in_kernel.put_back;
        if cx.now.time.since(*since) > PATIENCE {
            (*count, *since) = (0, cx.now.time);
        }
        // Only a master has something to give up; its links are made anew as often as it takes.
        if self.state == State::Master {
            *count += 1;
        }
        if *count > PUT_BACK_LIMIT {
            *count = 0;
            return Reaction::Yield(Cause::TakenAway {
                object: Arc::from(first.to_string()),
            });
        }
        let mut addresses = Vec::new();
        for object in lost {
            self.event(cx, InstanceEvent::PuttingBack(Arc::from(object.to_string())));
            if let Object::Address(placed) = &**object {
                addresses.push((placed.index, placed.ip()));
            }
        }
        let changes = lost.iter().map(present).collect();
        self.want(cx, changes);
        self.announce_when_confirmed(cx, addresses);
        Reaction::None
    }

    fn take_placement(&mut self, cx: &mut Context<'_>, placement: Placement) {
        for own in &placement.own {
            if !self.in_kernel.placement.own.contains(own) {
                let (interface, address) = own.clone();
                self.event(cx, InstanceEvent::AddressIsOwn { address, interface });
            }
        }
        self.in_kernel.placement = placement;
    }

    fn is_wanted(&self, object: &Arc<Object>) -> bool {
        self.in_kernel
            .wanted
            .in_order()
            .into_iter()
            .any(|(_, objects)| objects.contains(object))
            || self.in_kernel.permanent.contains(object)
    }

    fn want(&mut self, cx: &mut Context<'_>, changes: Vec<Change>) {
        if !changes.is_empty() {
            let ticket = cx.tickets.next(Owner::Instance(self.id));
            self.in_kernel.asked = ticket.number;
            cx.out.wants.push(Want { ticket, changes });
        }
    }
}

/// Whether nobody is to care when the object vanishes (`no_track`).
fn is_untracked(object: &Object) -> bool {
    match object {
        Object::Address(placed) => placed.address.no_track,
        Object::Route(route) => route.no_track,
        Object::Rule(rule) => rule.no_track,
        Object::Setting(_) | Object::Link(_) | Object::Refuse(_) | Object::Unadvertised(_) => false,
    }
}

/// An interface that is gone has taken along what was stacked on it, and its settings.
fn is_ours_to_remove(object: &Object, cx: &Context<'_>) -> bool {
    let exists = |name: &IfName| {
        cx.links
            .id_of(name)
            .is_some_and(|id| cx.links.known(id).is_some())
    };
    match object {
        Object::Link(link) => exists(&link.base),
        Object::Setting(setting) => exists(&setting.interface),
        Object::Address(_)
        | Object::Route(_)
        | Object::Rule(_)
        | Object::Refuse(_)
        | Object::Unadvertised(_) => true,
    }
}

/// Whether another link of the same name is wanted.
fn is_replaced(object: &Object, permanent: &[Arc<Object>]) -> bool {
    let Object::Link(link) = object else {
        return false;
    };
    permanent
        .iter()
        .any(|other| matches!(&**other, Object::Link(other) if other.name == link.name))
}

fn present(object: &Arc<Object>) -> Change {
    Change {
        presence: Presence::Present,
        object: Arc::clone(object),
    }
}

fn absent(object: &Arc<Object>) -> Change {
    Change {
        presence: Presence::Absent,
        object: Arc::clone(object),
    }
}
