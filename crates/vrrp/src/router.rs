//! The router: everything that one VRRP process runs.

mod apply;
mod claims;
mod elect;
mod examine;
mod interfaces;
mod operator;
mod permanent;
mod receive;
mod start;
mod static_objects;
mod stop;
mod trackers;
mod view;

pub use start::{Reading, Setup};
pub use view::{Adjustment, Tracker};

use crate::alarm::Alarm;
use crate::context::{Context, Tickets};
use crate::garp::Announcer;
use crate::links::Links;
use crate::rhythm::Rhythm;
use crate::sockets::Sockets;
use crate::timers::{Alarms, Deadlines};
use crate::track::{Track, Trackers};
use crate::{
    GroupId, Input, Instance, InstanceId, Now, Outbox, Owner, ScriptView, SocketId, SocketKey, State,
    SyncGroup,
};
use claims::Claims;
use model::interface::Interfaces;
use model::{Time, VrrpConfiguration, VrrpGlobals};
use static_objects::Statics;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// Most deadlines of instances that one [`Input::DeadlineReached`] handles. Their adverts take the kernel less than a
/// millisecond.
const PORTION: usize = 256;

/// All instances, sync groups, trackers and sockets of a VRRP process.
#[derive(Debug)]
pub struct Router {
    slots: Vec<Slot>,
    /// The instances of the configuration, in its order.
    order: Vec<InstanceId>,
    groups: Vec<SyncGroup>,
    links: Links,
    trackers: Trackers,
    sockets: Sockets,
    claims: Claims,
    statics: Statics,
    deadlines: Deadlines,
    alarms: Alarms<Alarm>,
    rhythm: Rhythm,
    announcer: Announcer,
    tickets: Tickets,
    /// Groups with a notification that waits for those of the members.
    waiting_groups: Vec<GroupId>,
    /// Deleted instances of which the kernel still has something.
    leaving: BTreeSet<InstanceId>,
    /// Numbers of instances that are gone, with the epoch of the outbox in which they went.
    free: VecDeque<(InstanceId, u64)>,
    /// Instances that watch their configured source address (`track_src_ip`), by that address.
    source_trackers: HashMap<IpAddr, Vec<InstanceId>>,
    configuration: Arc<VrrpConfiguration>,
    globals: VrrpGlobals,
    /// End of the startup delay, while it lasts.
    quiet_until: Option<Time>,
    in_maintenance: bool,
    stopping: Stopping,
    /// Up to here everything is confirmed that a stop waits for.
    stop_cursor: usize,
}

/// Where an instance is kept.
#[derive(Debug)]
struct Slot {
    instance: Option<Instance>,
    tracks: Vec<Track>,
}

/// How far the end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopping {
    Running,
    /// Removals are under way.
    Removing,
    Stopped,
}

impl Router {
    /// Takes one input in. Everything that follows from it is in the outbox afterwards.
    pub fn handle(&mut self, now: Now, input: Input<'_>, out: &mut Outbox) {
        if self.stopping != Stopping::Running && !matches!(input, Input::Confirmed(..)) {
            return;
        }
        match input {
            Input::DeadlineReached => self.deadline_reached(now, out),
            Input::AdvertReceived(datagram) => self.datagram_received(now, datagram, out),
            Input::InterfaceChanged(interface) => self.interface_changed(now, interface, out),
            Input::InterfaceRemoved(index) => self.interface_removed(now, index, out),
            Input::AddressAdded { interface, address } => {
                self.address_added(now, interface, address, out);
            }
            Input::AddressRemoved { interface, address } => {
                self.address_removed(now, interface, address, out);
            }
            Input::RouteRemoved(route) => self.route_removed(now, route, out),
            Input::RuleRemoved(rule) => self.rule_removed(now, rule, out),
            Input::Resynchronised(interfaces) => self.resynchronised(now, interfaces, out),
            Input::Progressed { ticket, addresses } => {
                if let Owner::Instance(id) = ticket.owner {
                    self.with(now, out, id, |instance, cx| {
                        instance.progressed(cx, ticket.number, addresses);
                    });
                }
            }
            Input::Confirmed(ticket, outcome) => match ticket.owner {
                Owner::Instance(id) => self.instance_confirmed(now, id, ticket.number, outcome, out),
                Owner::Static => self.static_confirmed(now, ticket.number, outcome, out),
            },
            Input::ScriptPrinted { run, output } => self.trackers.script_printed(run, output),
            Input::ScriptFinished { run, result } => self.script_finished(now, run, result, out),
            Input::FileRead { file, value } => self.file_read(now, file, value, out),
            Input::ProcessesCounted { process, count } => {
                self.processes_counted(now, process, count, out);
            }
            Input::LinkPolled { interface, up } => self.link_polled(now, interface, up, out),
            Input::BfdChanged { session, up } => self.bfd_changed(now, session, up, out),
            Input::GarpRequested(id) => {
                self.with(now, out, id, Instance::garp_requested);
            }
            Input::GiveUp { instance, hold } => self.give_up(now, instance, hold, out),
            Input::Maintenance(on) => self.set_maintenance(now, on, out),
            Input::Stop(release) => self.stop(now, release, out),
        }
        self.notify_groups(out);
        self.finish_stop(out);
    }

    /// When [`Input::DeadlineReached`] is to be handed in, unless something else happens before. It may be earlier than
    /// anything is due: deadlines that were moved are looked at again when the old time comes. A router that stops has
    /// none.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        if self.stopping != Stopping::Running {
            return None;
        }
        match (self.deadlines.earliest(), self.alarms.earliest()) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// When an instance will believe that its master is dead, if that is the next thing to happen. Nothing where another
    /// deadline comes first.
    #[must_use]
    pub fn next_takeover(&self) -> Option<Time> {
        let (key, due) = self.deadlines.next()?;
        let is_backup = self.state(InstanceId(key)) == State::Backup;
        (is_backup && self.stopping == Stopping::Running).then_some(due)
    }

    /// The instances, in the order of the configuration.
    #[must_use]
    pub fn instances(&self) -> impl ExactSizeIterator<Item = &Instance> {
        self.order.iter().map(|id| self.get(*id))
    }

    /// An instance; nothing if it does not exist (any more).
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.slots.get(id.index())?.instance.as_ref()
    }

    /// The deadline of an instance: its next advert, or the end of its master-down timer.
    #[must_use]
    pub fn instance_deadline(&self, id: InstanceId) -> Option<Time> {
        self.deadlines.due(id.0)
    }

    /// The sync groups, in the order of the configuration.
    #[must_use]
    pub fn groups(&self) -> &[SyncGroup] {
        &self.groups
    }

    /// A sync group; nothing if a reload removed it.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<&SyncGroup> {
        self.groups.get(id.index())
    }

    /// The track scripts, in the order of the configuration.
    #[must_use]
    pub fn scripts(&self) -> impl ExactSizeIterator<Item = ScriptView<'_>> {
        self.trackers.scripts().map(|(_, script)| ScriptView::new(script))
    }

    /// The value of a track file.
    #[must_use]
    pub fn file_value(&self, file: &str) -> Option<i32> {
        self.trackers.file_value(file)
    }

    /// Whether a tracked BFD session is up.
    #[must_use]
    pub fn bfd_is_up(&self, session: &str) -> Option<bool> {
        self.trackers.bfd_is_up(session)
    }

    /// How many processes match a `vrrp_track_process`, and whether it counts as having its quorum.
    #[must_use]
    pub fn process_status(&self, process: &str) -> Option<(u32, bool)> {
        self.trackers.process_status(process)
    }

    /// The open socket pairs, with the instances on each.
    pub fn sockets(
        &self,
    ) -> impl Iterator<Item = (SocketId, SocketKey, impl Iterator<Item = InstanceId> + '_)> + '_ {
        self.sockets.iter()
    }

    /// The interfaces as the router knows them.
    #[must_use]
    pub fn interfaces(&self) -> Interfaces {
        self.links.snapshot()
    }

    /// The configuration that is in force.
    #[must_use]
    pub const fn configuration(&self) -> &Arc<VrrpConfiguration> {
        &self.configuration
    }

    /// Whether the kernel writer still owes a confirmation.
    #[must_use]
    pub fn is_outstanding(&self) -> bool {
        let instances = self.slots.iter().filter_map(|slot| slot.instance.as_ref());
        self.statics.is_outstanding() || instances.into_iter().any(Instance::is_outstanding)
    }

    /// Sets all counters to 0.
    pub fn clear_stats(&mut self) {
        for slot in &mut self.slots {
            if let Some(instance) = &mut slot.instance {
                instance.clear_stats();
            }
        }
    }

    fn deadline_reached(&mut self, now: Now, out: &mut Outbox) {
        for _ in 0..PORTION {
            let Some((key, due)) = self.deadlines.take_due(now.time) else {
                break;
            };
            self.instance_due(now, InstanceId(key), due, out);
        }
        while let Some((alarm, due)) = self.alarms.take_due(now.time) {
            self.alarm(now, alarm, due, out);
        }
    }

    fn instance_due(&mut self, now: Now, id: InstanceId, due: Time, out: &mut Outbox) {
        match self.state(id) {
            State::Master => {
                let reaction = self.with(now, out, id, |instance, cx| instance.advert_due(cx, due));
                self.react(now, id, reaction.unwrap_or_default(), out);
            }
            State::Backup => {
                let cause = self.with(now, out, id, |instance, cx| instance.advert_timeout(cx, due));
                if let Some(cause) = cause {
                    self.elect(now, id, cause, out);
                }
            }
            State::Init => self.elect(now, id, crate::Cause::AddressOwner, out),
            State::Fault => {}
        }
    }

    fn alarm(&mut self, now: Now, alarm: Alarm, due: Time, out: &mut Outbox) {
        match alarm {
            Alarm::StartupDelay => self.startup_delay_over(out),
            Alarm::Link(link) => self.link_delay_over(now, link, out),
            Alarm::ScriptDue(script) => self.script_due(now, script, due, out),
            Alarm::ScriptOverdue(script) => self.script_overdue(now, script, out),
            Alarm::Process(process) => self.process_delay_over(now, process, out),
            Alarm::GarpDelayed(id) => {
                self.with(now, out, id, Instance::delayed_garp_alarm);
            }
            Alarm::GarpRefresh(id) => {
                self.with(now, out, id, Instance::refresh_garp_alarm);
            }
            Alarm::GarpLowerPriority(id) => {
                self.with(now, out, id, Instance::lower_priority_garp_alarm);
            }
            Alarm::GarpExtra(id) => {
                self.with(now, out, id, Instance::extra_garp_alarm);
            }
            Alarm::GarpLimit(position) => {
                let mut wake = crate::garp::Wake {
                    now: now.time,
                    alarms: &mut self.alarms,
                    out,
                };
                self.announcer.release(position, &mut wake);
            }
            Alarm::RogueOwner(id) => {
                self.with(now, out, id, Instance::rogue_owner_alarm);
            }
        }
    }

    fn get(&self, id: InstanceId) -> &Instance {
        self.instance(id)
            .expect("ids are given out for instances that exist")
    }

    fn state(&self, id: InstanceId) -> State {
        self.instance(id).map_or(State::Init, Instance::state)
    }

    /// Lends the rest of the router to an instance. Nothing happens if the instance does not exist any more.
    fn with<R>(
        &mut self,
        now: Now,
        out: &mut Outbox,
        id: InstanceId,
        work: impl FnOnce(&mut Instance, &mut Context<'_>) -> R,
    ) -> Option<R> {
        let instance = self.slots.get_mut(id.index())?.instance.as_mut()?;
        let mut cx = Context {
            now,
            out,
            deadlines: &mut self.deadlines,
            alarms: &mut self.alarms,
            rhythm: &mut self.rhythm,
            announcer: &mut self.announcer,
            links: &self.links,
            tickets: &mut self.tickets,
            quiet_until: self.quiet_until,
        };
        Some(work(instance, &mut cx))
    }
}
