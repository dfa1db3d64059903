//! One virtual router.
//!
//! ```text
//!                      +--------------------------+
//!        +------------>|           INIT           |<--------------+     waits for track scripts;
//!        |             +--------------------------+               |     priority 255: for nothing
//!        |               |                      |                 |
//!        |   priority 255|                      |priority < 255   |
//!        |               V                      V                 |
//!   stop | +----------------+   better advert  +----------------+ | stop
//!        +-|                |----------------->|                |-+
//!          |     MASTER     |                  |     BACKUP     |
//!          |                |<-----------------|                |
//!          +----------------+  master_down     +----------------+
//!                  |               timer             |     ^
//!                  | fault                     fault |     | all faults gone
//!                  V                                 V     |
//!          +---------------------------------------------------+
//!          |                       FAULT                       |
//!          +---------------------------------------------------+
//! ```
//!
//! (RFC 9568, section 6.4, with the state that keepalived adds.) What each event does in each state is in the files of
//! the states; entering and leaving states is in [`transition`]; the sync group's say in it is in `sync_group`.

mod announce;
mod backup;
mod fault;
mod hear;
mod in_kernel;
mod master;
mod owner;
mod reload;
mod report;
mod timing;
mod transition;

pub(crate) use fault::Health;
pub(crate) use hear::Reaction;
pub(crate) use in_kernel::Reconciled;
use report::Report;
pub(crate) use transition::Noticed;

use crate::advert_buffer::{AdvertBuffer, ChecksumForm};
use crate::auth::Auth;
use crate::context::Context;
use crate::log_once::LogOnce;
use crate::peers::Peers;
use crate::virtual_links::InstanceLinks;
use crate::{
    Event, FaultReason, GroupId, History, InstanceEvent, InstanceId, Now, Peer, Sender, SocketId, State,
    Stats,
};
use in_kernel::InKernel;
use model::{Micros, Notifications, Priority, Time, Transport};
use owner::Rivalry;
use report::Reports;
use std::net::IpAddr;
use std::sync::Arc;

/// One virtual router: its configuration, its state and what it knows of others.
#[derive(Debug)]
pub struct Instance {
    id: InstanceId,
    name: Arc<str>,
    config: Arc<model::Instance>,
    settings: Arc<Notifications>,
    links: InstanceLinks,
    group: Option<GroupId>,

    state: State,
    entered: Option<Now>,
    history: History,
    stats: Stats,

    // Election.
    /// Configured priority and what the trackers add.
    total: i32,
    /// The owner that made us lower our own priority from 255 to 254.
    backed_off: Option<IpAddr>,
    rivalry: Rivalry,
    /// Interval of the master's adverts: ours while we are master, or as learnt (version 3).
    interval: Micros,
    /// The master that was last accepted.
    master: Option<Sender>,
    /// Everybody whose adverts were accepted.
    peers: Peers,
    /// When its last advert arrived, or when we began to listen.
    heard_at: Time,
    /// The master said that it stops.
    master_stopped: bool,
    /// End of `preempt_delay`, or of the time that an operator has set, while it runs or after it ran out.
    preempt_at: Option<Time>,
    /// The deadline passed, but the sync group holds us back.
    wants_master: bool,
    /// When the last advert was sent.
    sent_at: Option<Time>,
    /// Whether its adverts have their place among those of the other instances.
    in_rhythm: bool,

    // Health.
    faults: Vec<FaultReason>,
    waits_for_scripts: bool,

    // Transport.
    source: Option<IpAddr>,
    socket: Option<SocketId>,
    buffer: Option<AdvertBuffer>,
    /// What the adverts said before the reload that is under way.
    announced: Option<AdvertBuffer>,
    checksum: ChecksumForm,
    auth: Auth,
    logged: LogOnce,

    // Kernel and notifications.
    in_kernel: InKernel,
    reports: Reports,
}

impl Instance {
    pub(crate) fn new(id: InstanceId, config: &model::Instance, links: InstanceLinks, now: Now) -> Self {
        let peers = match &config.transport {
            Transport::Unicast { peers, .. } => Some(peers.len()),
            Transport::Multicast { .. } => None,
        };
        Self {
            id,
            name: Arc::from(config.name.as_str()),
            settings: Arc::new(config.notifications.clone()),
            links,
            group: None,
            state: State::Init,
            entered: None,
            history: History::default(),
            stats: Stats::default(),
            total: config.priority.value().into(),
            backed_off: None,
            rivalry: Rivalry::None,
            interval: config.advert_int,
            master: None,
            peers: Peers::default(),
            heard_at: now.time,
            master_stopped: false,
            preempt_at: None,
            wants_master: false,
            sent_at: None,
            in_rhythm: false,
            faults: Vec::new(),
            waits_for_scripts: false,
            source: None,
            socket: None,
            buffer: None,
            announced: None,
            checksum: ChecksumForm::of(&config.transport),
            auth: Auth::new(&config.authentication, peers),
            logged: LogOnce::default(),
            in_kernel: InKernel::default(),
            reports: Reports::default(),
            config: Arc::new(config.clone()),
        }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> InstanceId {
        self.id
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &Arc<model::Instance> {
        &self.config
    }

    /// Its sync group.
    #[must_use]
    pub const fn group(&self) -> Option<GroupId> {
        self.group
    }

    /// Its state.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// The state that it would have without its sync group (`wantstate` of the dumps).
    #[must_use]
    pub fn wanted_state(&self) -> State {
        if self.wants_master {
            State::Master
        } else {
            self.state
        }
    }

    /// Its last transitions.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// When it entered its state; nothing before the first transition.
    #[must_use]
    pub const fn last_transition(&self) -> Option<Now> {
        self.entered
    }

    /// Its counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The priority of its adverts: 255 for an owner that has not backed off, else 1 to 254.
    #[must_use]
    pub fn effective_priority(&self) -> u8 {
        if self.config.priority.is_owner() {
            let priority = if self.backed_off.is_some() {
                Priority::MAX_BACKUP
            } else {
                Priority::OWNER
            };
            return priority.value();
        }
        u8::try_from(self.total.clamp(1, 254)).unwrap_or(Priority::MAX_BACKUP.value())
    }

    /// Configured priority and what the trackers add, without limits.
    #[must_use]
    pub const fn total_priority(&self) -> i32 {
        self.total
    }

    /// The master that it heard last. A master has none.
    #[must_use]
    pub fn master(&self) -> Option<Sender> {
        self.master.filter(|_| self.state != State::Master)
    }

    /// Priority of the master that it heard last, also while it is master itself; 0 if there was none since a fault.
    #[must_use]
    pub fn last_master_priority(&self) -> u8 {
        self.master.map_or(0, |master| master.priority)
    }

    /// The routers whose adverts it has accepted, 16 at most.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        self.peers.as_slice()
    }

    /// Until when it lets a master of lower priority be, if it does: `preempt_delay`, or what an operator has set.
    #[must_use]
    pub fn preempts_at(&self) -> Option<Time> {
        self.preempt_at.filter(|_| self.state == State::Backup)
    }

    /// The interval of the master's adverts: its own while it is master.
    #[must_use]
    pub const fn master_advert_int(&self) -> Micros {
        self.interval
    }

    /// When it last sent an advert.
    #[must_use]
    pub const fn last_advert_sent(&self) -> Option<Time> {
        self.sent_at
    }

    /// When it last accepted an advert of the master, or began to listen.
    #[must_use]
    pub const fn last_heard(&self) -> Time {
        self.heard_at
    }

    /// The address that its adverts come from.
    #[must_use]
    pub const fn source(&self) -> Option<IpAddr> {
        self.source
    }

    /// Its socket pair.
    #[must_use]
    pub const fn socket(&self) -> Option<SocketId> {
        self.socket
    }

    /// Why it is in FAULT.
    #[must_use]
    pub fn faults(&self) -> &[FaultReason] {
        &self.faults
    }

    /// Whether it waits for the first results of its track scripts.
    #[must_use]
    pub const fn waits_for_scripts(&self) -> bool {
        self.waits_for_scripts
    }

    /// Whether its virtual addresses are in the kernel, as far as has been asked for (`vipset` of the dumps).
    #[must_use]
    pub fn has_addresses(&self) -> bool {
        self.state == State::Master
    }

    /// The interface that carries addresses without `dev`: its VMAC, or `interface`.
    #[must_use]
    pub const fn interface(&self) -> Option<&model::IfName> {
        self.links.own.as_ref()
    }

    /// The interface that carries one of its addresses; nothing if that is not known yet.
    #[must_use]
    pub fn interface_of<'a>(&'a self, address: &'a model::VirtualAddress) -> Option<&'a model::IfName> {
        self.links.of(&self.config, address)
    }

    /// Whether it uses the checksum of keepalived before 1.3.7 with its unicast peers.
    #[must_use]
    pub fn uses_old_checksum(&self) -> bool {
        self.checksum == ChecksumForm::Old
    }

    pub(crate) fn clear_stats(&mut self) {
        self.stats = Stats::default();
    }

    pub(crate) const fn links(&self) -> &InstanceLinks {
        &self.links
    }

    pub(crate) const fn set_group(&mut self, group: Option<GroupId>) {
        self.group = group;
    }

    pub(crate) const fn wants_master(&self) -> bool {
        self.wants_master
    }

    fn event(&self, cx: &mut Context<'_>, event: InstanceEvent) {
        cx.out.event(Event::Instance {
            id: self.id,
            name: Arc::clone(&self.name),
            event,
        });
    }
}
