//! When gratuitous ARPs and neighbour advertisements leave (`spec/vrrp-protocol.md` section 10).

use super::{Instance, Report};
use crate::alarm::Alarm;
use crate::context::Context;
use crate::garp::{Round, Wake};
use crate::placement::Target;
use crate::{InstanceEvent, State};
use model::IfIndex;
use std::collections::HashSet;
use std::net::IpAddr;

impl Instance {
    /// A new master announces its addresses as soon as the kernel has them.
    pub(super) fn begin_announcing(&mut self, cx: &mut Context<'_>) {
        self.report_in_order(cx, Report::BeginAnnouncing);
    }

    /// The kernel has the addresses of a new master: the first block, and alarms for the others.
    pub(super) fn start_announcing(&mut self, cx: &mut Context<'_>) {
        if self.state != State::Master {
            return;
        }
        let repeat = self.config.garp.master_repeat;
        let announced = self.in_kernel.take_announced();
        if announced.is_empty() {
            self.announce(cx, repeat);
        } else {
            let is_left = |target: &&Target| !announced.contains(&(target.index, target.address));
            let left: Vec<_> = self.in_kernel.targets().iter().filter(is_left).cloned().collect();
            self.first_round(cx, &left);
            let rest = Round {
                count: repeat.saturating_sub(1),
                most: repeat,
            };
            self.send_round(cx, self.in_kernel.targets(), rest);
        }
        self.set_delayed_alarm(cx);
        let garp = self.config.garp;
        if !garp.master_refresh.is_zero() {
            let first = cx.now.time + garp.master_delay + garp.master_refresh;
            cx.alarms.set(Alarm::GarpRefresh(self.id), first);
        }
        self.set_extra_alarm(cx);
    }

    /// The kernel has some of the addresses of a new master: their first round. The others follow when all are there, so
    /// that no address waits for the second round of another.
    pub(crate) fn progressed(&mut self, cx: &mut Context<'_>, number: u64, addresses: &[(IfIndex, IpAddr)]) {
        if self.will_announce_after(number) {
            let targets = self.in_kernel.next_targets(addresses);
            self.first_round(cx, &targets);
        }
    }

    /// The first round of a block whose others follow later.
    fn first_round(&self, cx: &mut Context<'_>, targets: &[Target]) {
        self.say_announcing(cx, targets);
        let first = Round {
            count: 1,
            most: self.config.garp.master_repeat,
        };
        self.send_round(cx, targets, first);
    }

    /// One block now and the delayed one, after a reload that brought addresses.
    pub(super) fn announce_again(&mut self, cx: &mut Context<'_>) {
        if self.state != State::Master {
            return;
        }
        self.announce(cx, self.config.garp.master_repeat);
        self.set_delayed_alarm(cx);
    }

    fn set_delayed_alarm(&self, cx: &mut Context<'_>) {
        let delay = self.config.garp.master_delay;
        if !delay.is_zero() {
            cx.alarms.set(Alarm::GarpDelayed(self.id), cx.now.time + delay);
        }
    }

    /// After a reload that added addresses.
    pub(crate) fn announce_all_when_confirmed(&mut self, cx: &mut Context<'_>) {
        self.report_in_order(cx, Report::AnnounceAll);
    }

    /// Announces what was put back, as soon as the kernel has it.
    pub(super) fn announce_when_confirmed(
        &mut self,
        cx: &mut Context<'_>,
        addresses: Vec<(IfIndex, IpAddr)>,
    ) {
        if !addresses.is_empty() {
            self.report_in_order(cx, Report::Announce(addresses));
        }
    }

    /// One block of some addresses.
    pub(super) fn announce_some(&mut self, cx: &mut Context<'_>, addresses: &[(IfIndex, IpAddr)]) {
        if self.state == State::Master {
            let addresses: HashSet<_> = addresses.iter().copied().collect();
            let is_meant = |target: &&Target| addresses.contains(&(target.index, target.address));
            let targets: Vec<_> = self
                .in_kernel
                .targets()
                .iter()
                .filter(is_meant)
                .cloned()
                .collect();
            self.send_announcements(cx, &targets, self.config.garp.master_repeat);
        }
    }

    /// `garp_master_delay` is over.
    pub(crate) fn delayed_garp_alarm(&mut self, cx: &mut Context<'_>) {
        self.announce(cx, self.config.garp.master_repeat);
    }

    /// `garp_master_refresh` is over.
    pub(crate) fn refresh_garp_alarm(&mut self, cx: &mut Context<'_>) {
        let garp = self.config.garp;
        self.announce(cx, garp.master_refresh_repeat);
        if !garp.master_refresh.is_zero() {
            cx.alarms
                .set(Alarm::GarpRefresh(self.id), cx.now.time + garp.master_refresh);
        }
    }

    /// `garp_lower_prio_delay` is over.
    pub(crate) fn lower_priority_garp_alarm(&mut self, cx: &mut Context<'_>) {
        self.announce(cx, self.config.garp.lower_prio_repeat);
    }

    /// `garp_extra_if`: one announcement on each interface that is not the instance's own.
    pub(crate) fn extra_garp_alarm(&mut self, cx: &mut Context<'_>) {
        let all = self.config.garp_extra_if.all;
        let is_meant = |target: &&Target| target.extra_vmac || all && target.extra;
        let targets: Vec<_> = self
            .in_kernel
            .targets()
            .iter()
            .filter(is_meant)
            .cloned()
            .collect();
        self.send_announcements(cx, &targets, 1);
        self.set_extra_alarm(cx);
    }

    /// Somebody asked for one round.
    pub(crate) fn garp_requested(&mut self, cx: &mut Context<'_>) {
        self.announce(cx, 1);
    }

    /// Somebody else believed to be master, and may have announced our addresses: now, and once more later.
    pub(crate) fn reassert(&mut self, cx: &mut Context<'_>) {
        let garp = self.config.garp;
        if self.state != State::Master || garp.lower_prio_repeat == 0 || self.in_kernel.is_outstanding() {
            return;
        }
        self.announce(cx, garp.lower_prio_repeat);
        if !garp.lower_prio_delay.is_zero() {
            let due = cx.now.time + garp.lower_prio_delay;
            cx.alarms.set(Alarm::GarpLowerPriority(self.id), due);
        }
    }

    /// A unicast instance is back: its peers may have its source address with another MAC address.
    pub(super) fn announce_source(&self, cx: &mut Context<'_>) {
        let base = self.links.base.as_ref().and_then(|name| cx.links.id_of(name));
        let known = base.and_then(|base| cx.links.known(base));
        let (Some(known), Some(address)) = (known, self.source) else {
            return;
        };
        let mac = known
            .info
            .mac
            .filter(|_| !known.info.noarp && !known.info.loopback);
        if let (true, Some(mac)) = (self.config.transport.is_unicast(), mac) {
            let (index, interface) = (known.index(), known.info.name.clone());
            let target = Target {
                index,
                interface,
                mac,
                address,
                extra: false,
                extra_vmac: false,
            };
            self.send_announcements(cx, &[target], 1);
        }
    }

    fn announce(&self, cx: &mut Context<'_>, count: u32) {
        if self.state == State::Master {
            self.send_announcements(cx, self.in_kernel.targets(), count);
        }
    }

    /// Sends a whole block.
    fn send_announcements(&self, cx: &mut Context<'_>, targets: &[Target], count: u32) {
        self.say_announcing(cx, targets);
        self.send_round(cx, targets, Round::block(count));
    }

    fn say_announcing(&self, cx: &mut Context<'_>, targets: &[Target]) {
        if cx.out.detail() == crate::Detail::On {
            for target in targets {
                let (address, interface) = (target.address, target.interface.clone());
                self.event(cx, InstanceEvent::Announcing { address, interface });
            }
        }
    }

    fn send_round(&self, cx: &mut Context<'_>, targets: &[Target], round: Round) {
        let mut wake = Wake {
            now: cx.now.time,
            alarms: cx.alarms,
            out: cx.out,
        };
        cx.announcer
            .announce(self.id, targets, round, cx.links, &mut wake);
    }

    fn set_extra_alarm(&self, cx: &mut Context<'_>) {
        let interval = self.config.garp_extra_if.interval;
        if !interval.is_zero() {
            cx.alarms.set(Alarm::GarpExtra(self.id), cx.now.time + interval);
        }
    }
}
