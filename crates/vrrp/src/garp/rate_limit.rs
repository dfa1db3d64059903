//! Least times between two announcements: `vrrp_garp_interval`, `vrrp_gna_interval`, `garp_group`.

use crate::alarm::Alarm;
use crate::links::Links;
use crate::placement::Target;
use crate::timers::Alarms;
use crate::{Announcement, InstanceId, Outbox};
use model::{Family, GarpGroup, IfIndex, IfName, Micros, Time};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Sends announcements at once, or queues those of interfaces with a limit.
#[derive(Debug, Default)]
pub(crate) struct Announcer {
    limits: Vec<Limit>,
    by_interface: HashMap<IfName, usize>,
}

/// How often each address of a block is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Round {
    /// Announcements of each address.
    pub(crate) count: u32,
    /// What the announcements that wait for one address are limited to: the repeat value of the whole block.
    pub(crate) most: u32,
}

impl Round {
    /// A whole block.
    pub(crate) const fn block(count: u32) -> Self {
        Self { count, most: count }
    }
}

/// What a call lends to the announcer.
#[derive(Debug)]
pub(crate) struct Wake<'a> {
    pub(crate) now: Time,
    pub(crate) alarms: &'a mut Alarms<Alarm>,
    pub(crate) out: &'a mut Outbox,
}

/// A group of interfaces that share a limit.
#[derive(Debug)]
struct Limit {
    queues: [Queue; 2],
}

/// The addresses of one family that wait.
#[derive(Debug, Default)]
struct Queue {
    /// Least time between two announcements.
    interval: Micros,
    /// When the next one may leave.
    next: Time,
    /// In the order of their turns.
    turns: BTreeMap<u64, Queued>,
    /// Where an address is in `turns`.
    positions: BTreeMap<(InstanceId, IfIndex, IpAddr), u64>,
    /// Number of the last turn given out.
    last: u64,
}

/// An address that waits, with the number of announcements that it still is to get.
#[derive(Debug)]
struct Queued {
    instance: InstanceId,
    target: Target,
    pending: u32,
    /// What `pending` is limited to: the repeat value of the blocks that asked.
    most: u32,
}

impl Queue {
    fn enqueue(&mut self, instance: InstanceId, target: &Target, round: Round) {
        let Round { count, most } = round;
        let key = (instance, target.index, target.address);
        if let Some(queued) = self.positions.get(&key).and_then(|turn| self.turns.get_mut(turn)) {
            queued.most = queued.most.max(most);
            queued.pending = queued.pending.saturating_add(count).min(queued.most);
        } else if count > 0 {
            self.push(Queued {
                instance,
                target: target.clone(),
                pending: count,
                most,
            });
        }
    }

    /// Takes the address whose turn it is, and gives it another one if it is not done.
    fn take_turn(&mut self, now: Time) -> Option<Announcement> {
        if self.next > now {
            return None;
        }
        let (_, mut queued) = self.turns.pop_first()?;
        self.positions
            .remove(&(queued.instance, queued.target.index, queued.target.address));
        self.next = now + self.interval;
        let announcement = queued.target.announcement(queued.instance, false);
        queued.pending -= 1;
        if queued.pending > 0 {
            self.push(queued);
        }
        Some(announcement)
    }

    fn push(&mut self, queued: Queued) {
        self.last += 1;
        let key = (queued.instance, queued.target.index, queued.target.address);
        self.positions.insert(key, self.last);
        self.turns.insert(self.last, queued);
    }

    fn cancel(&mut self, instance: InstanceId) {
        let unspecified = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
        let Some(first) = IfIndex::new(1) else { return };
        let mine: Vec<_> = self
            .positions
            .range((instance, first, unspecified)..)
            .take_while(|((owner, ..), _)| *owner == instance)
            .map(|(key, turn)| (*key, *turn))
            .collect();
        for (key, turn) in mine {
            self.positions.remove(&key);
            self.turns.remove(&turn);
        }
    }
}

impl Announcer {
    pub(crate) fn new(groups: &[GarpGroup]) -> Self {
        let mut announcer = Self::default();
        for group in groups {
            let position = announcer.limits.len();
            for interface in &group.interfaces {
                announcer
                    .by_interface
                    .entry(interface.clone())
                    .or_insert(position);
            }
            let queue = |interval: Option<Micros>| Queue {
                interval: interval.unwrap_or_default(),
                ..Queue::default()
            };
            announcer.limits.push(Limit {
                queues: [queue(group.garp_interval), queue(group.gna_interval)],
            });
        }
        announcer
    }

    /// Announces each address as often as the round says: round by round, all addresses in each.
    pub(crate) fn announce(
        &mut self,
        instance: InstanceId,
        targets: &[Target],
        round: Round,
        links: &Links,
        wake: &mut Wake<'_>,
    ) {
        if self.by_interface.is_empty() {
            for number in 0..round.count {
                let all = targets
                    .iter()
                    .map(|target| target.announcement(instance, number > 0));
                wake.out.announcements.extend(all);
            }
            return;
        }
        let limits: Vec<_> = targets
            .iter()
            .map(|target| self.limit_of(target, links))
            .collect();
        for number in 0..round.count {
            let free = targets.iter().zip(&limits).filter(|(_, limit)| limit.is_none());
            wake.out
                .announcements
                .extend(free.map(|(target, _)| target.announcement(instance, number > 0)));
        }
        let mut touched = BTreeSet::new();
        for (target, limit) in targets.iter().zip(limits) {
            if let Some(position) = limit {
                let family = Family::of(target.address);
                self.limits[position].queues[family as usize].enqueue(instance, target, round);
                touched.insert(position);
            }
        }
        for position in touched {
            self.release(position, wake);
        }
    }

    /// Sends what may leave now, and sets the alarm for the rest.
    pub(crate) fn release(&mut self, position: usize, wake: &mut Wake<'_>) {
        let Some(limit) = self.limits.get_mut(position) else {
            return;
        };
        for queue in &mut limit.queues {
            wake.out.announcements.extend(queue.take_turn(wake.now));
        }
        let waiting = limit.queues.iter().filter(|queue| !queue.turns.is_empty());
        match waiting.map(|queue| queue.next).min() {
            Some(next) => wake.alarms.set(Alarm::GarpLimit(position), next),
            None => wake.alarms.cancel(Alarm::GarpLimit(position)),
        }
    }

    /// An instance is no longer master: what it has queued is dropped.
    pub(crate) fn cancel(&mut self, instance: InstanceId) {
        for queue in self.limits.iter_mut().flat_map(|limit| &mut limit.queues) {
            queue.cancel(instance);
        }
    }

    /// Takes over what is queued before a reload.
    pub(crate) fn inherit(&mut self, before: Self, links: &Links, wake: &mut Wake<'_>) {
        for (position, limit) in before.limits.into_iter().enumerate() {
            wake.alarms.cancel(Alarm::GarpLimit(position));
            for queued in limit
                .queues
                .into_iter()
                .flat_map(|queue| queue.turns.into_values())
            {
                let round = Round {
                    count: queued.pending,
                    most: queued.most,
                };
                self.announce(queued.instance, &[queued.target], round, links, wake);
            }
        }
    }

    fn limit_of(&self, target: &Target, links: &Links) -> Option<usize> {
        let base = links.known_by_index(links.base(target.index))?;
        let position = *self.by_interface.get(&base.info.name)?;
        let queue = &self.limits[position].queues[Family::of(target.address) as usize];
        (!queue.interval.is_zero()).then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::MacAddr;
    use model::interface::Interfaces;

    fn target(address: &str) -> Target {
        Target {
            index: IfIndex::new(2).unwrap(),
            interface: IfName::new("eth0").unwrap(),
            mac: MacAddr([2, 0, 0, 0, 0, 1]),
            address: address.parse().unwrap(),
            extra: false,
            extra_vmac: false,
        }
    }

    fn group(millis: u64) -> GarpGroup {
        GarpGroup {
            garp_interval: Some(Micros::from_millis(millis)),
            gna_interval: None,
            interfaces: vec![IfName::new("eth0").unwrap()],
        }
    }

    fn links() -> Links {
        Links::new(Interfaces(vec![crate::links::tests::interface(2, "eth0")]))
    }

    fn addresses(out: &Outbox) -> Vec<IpAddr> {
        out.announcements
            .iter()
            .map(|announcement| announcement.address)
            .collect()
    }

    #[test]
    fn without_a_limit_a_block_leaves_at_once_round_by_round() {
        let (mut announcer, mut alarms, mut out) =
            (Announcer::new(&[]), Alarms::default(), Outbox::default());
        let targets = [target("10.0.0.1"), target("10.0.0.2")];
        let mut wake = Wake {
            now: Time(0),
            alarms: &mut alarms,
            out: &mut out,
        };
        announcer.announce(InstanceId(0), &targets, Round::block(2), &links(), &mut wake);
        let (a, b) = (targets[0].address, targets[1].address);
        assert_eq!(addresses(&out), [a, b, a, b]);
        let repeats = out
            .announcements
            .iter()
            .map(|announcement| announcement.is_repeat);
        assert_eq!(repeats.collect::<Vec<_>>(), [false, false, true, true]);
        assert_eq!(alarms.earliest(), None);
    }

    /// `spec/vrrp-protocol.md` section 10: with 0.5 s and two addresses A B A B … every 0.5 s.
    #[test]
    fn with_a_limit_addresses_take_turns() {
        let (mut announcer, mut alarms, mut out) = (
            Announcer::new(&[group(500)]),
            Alarms::default(),
            Outbox::default(),
        );
        let targets = [target("10.0.0.1"), target("10.0.0.2"), target("fe80::1")];
        let mut wake = Wake {
            now: Time(0),
            alarms: &mut alarms,
            out: &mut out,
        };
        announcer.announce(InstanceId(0), &targets, Round::block(2), &links(), &mut wake);
        let mut times = vec![0];
        while let Some((alarm, time)) = alarms.take_due(Time(u64::MAX)) {
            assert_eq!(alarm, Alarm::GarpLimit(0));
            times.push(time.0);
            announcer.release(
                0,
                &mut Wake {
                    now: time,
                    alarms: &mut alarms,
                    out: &mut out,
                },
            );
        }
        let (a, b, c) = (targets[0].address, targets[1].address, targets[2].address);
        assert_eq!(
            addresses(&out),
            [c, c, a, b, a, b],
            "those without a limit do not wait"
        );
        assert_eq!(times, [0, 500_000, 1_000_000, 1_500_000]);
    }

    #[test]
    fn a_second_block_adds_up_to_the_repeat_value() {
        let (mut announcer, mut alarms, mut out) = (
            Announcer::new(&[group(500)]),
            Alarms::default(),
            Outbox::default(),
        );
        let targets = [target("10.0.0.1")];
        let mut wake = Wake {
            now: Time(0),
            alarms: &mut alarms,
            out: &mut out,
        };
        for _ in 0..3 {
            announcer.announce(InstanceId(0), &targets, Round::block(5), &links(), &mut wake);
        }
        while let Some((_, time)) = alarms.take_due(Time(u64::MAX)) {
            announcer.release(
                0,
                &mut Wake {
                    now: time,
                    alarms: &mut alarms,
                    out: &mut out,
                },
            );
        }
        assert_eq!(out.announcements.len(), 6, "one at once, five that waited");
    }

    #[test]
    fn leaving_master_empties_the_queue() {
        let (mut announcer, mut alarms, mut out) = (
            Announcer::new(&[group(1000)]),
            Alarms::default(),
            Outbox::default(),
        );
        let targets = [target("10.0.0.1")];
        let mut wake = Wake {
            now: Time(0),
            alarms: &mut alarms,
            out: &mut out,
        };
        announcer.announce(InstanceId(0), &targets, Round::block(5), &links(), &mut wake);
        announcer.cancel(InstanceId(0));
        wake.now = Time(2_000_000);
        announcer.release(0, &mut wake);
        assert_eq!(out.announcements.len(), 1);
        assert_eq!(alarms.earliest(), None);
    }
}
