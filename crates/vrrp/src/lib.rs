//! The VRRP core: election, tracking and groups as a state machine without sockets or clocks.
//!
//! # Contract
//!
//! The router (all instances, sync groups, trackers and sockets of one process) is driven by four calls, each of
//! which carries the time at which its input happened and fills an [`Outbox`]:
//!
//! ```text
//! Router::new(now, Setup { configuration, globals, interfaces, … }, &mut outbox) -> Router
//! router.handle(now, Input, &mut outbox)
//! router.deadline() -> Option<Time>               call handle(now, Input::DeadlineReached, …) then
//! router.apply(now, configuration, globals, &mut outbox)       a reload is a difference: adverts never pause
//! ```
//!
//! The caller then works the outbox off in the order that [`Outbox`] names, and hands back what comes of it:
//! [`Input::Progressed`] and [`Input::Confirmed`] for each [`Want`], [`Input::ScriptFinished`] for each started script. Gratuitous ARPs, the
//! notifications of MASTER and all delayed sets wait for that confirmation; the notifications of BACKUP, FAULT, STOP and
//! DELETED wait for the confirmation of the removal. Adverts wait for nothing.
//!
//! The caller never decides: what a link going down, a lost address or a late timer means is decided here. The router
//! never fails: what it cannot do (an interface that does not exist) is a state of an instance, with its reason.
//!
//! Every change of state is a [`Transition`] with its [`Cause`]; the last hundred of each instance are in its
//! [`History`].

mod advert_buffer;
mod alarm;
mod auth;
mod cause;
mod context;
mod event;
mod garp;
mod history;
mod id;
mod input;
mod instance;
mod links;
mod log_once;
mod notification;
mod now;
mod outbox;
mod peers;
mod placement;
mod receive;
mod rhythm;
mod router;
mod socket_key;
mod sockets;
mod state;
mod stats;
mod sync_group;
mod timers;
mod track;
mod virtual_links;
mod want;

pub use cause::{Cause, FaultReason, Sender};
pub use event::{Event, GroupEvent, InstanceEvent, InterfaceEvent, Part, RouterEvent, ScriptEvent, Severity};
pub use history::{History, Transition};
pub use id::{GroupId, InstanceId, Owner, RunId, SocketId, Ticket};
pub use input::{Datagram, Input, Outcome, Received, Release, ScriptResult};
pub use instance::Instance;
pub use notification::{Notice, Notification, Subject};
pub use now::{Now, WallTime};
pub use outbox::{Advert, Announcement, Detail, Outbox, ScriptCommand, SocketChange};
pub use peers::Peer;
pub use receive::DropReason;
pub use router::{Adjustment, Reading, Router, Setup, Tracker};
pub use socket_key::{Listen, Protocol, SocketKey};
pub use state::{NotifiedState, State};
pub use stats::Stats;
pub use sync_group::SyncGroup;
pub use track::{Effect, ScriptView};
pub use virtual_links::{LinkPlan, WantedLink, WantedLinkKind};
pub use want::{Change, InterfaceSetting, Object, PlacedAddress, Presence, Want};
