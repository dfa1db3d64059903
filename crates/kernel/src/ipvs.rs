//! The kernel's table of virtual servers: what is in it, and how it changes (`spec/ipvs.md` section 1).
//!
//! Everything is said in the types of [`model::ipvs`]. A back end ([`Ipvs`], or the [`Fake`] in tests) carries
//! [`Change`]s out, many with one system call, and says of each how it ended. `check::difference` makes changes of two
//! tables.
//!
//! Calls wait for the kernel, which takes about 5 µs a change.

mod attributes;
mod daemon;
mod destination;
mod error;
mod fake;
mod family;
mod linux;
mod request;
mod service;
mod statistics;
mod timeouts;

pub use daemon::{SyncDaemon, SyncRole};
pub use error::{ChangeError, OpenError};
pub use fake::Fake;
pub use linux::Ipvs;
pub use statistics::{Counters, DestinationStatistics, ServiceStatistics};
pub use timeouts::Timeouts;

use model::ipvs::{Change, ServiceKey, Table};
use std::io;

/// How a change ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The table is changed.
    Done,
    /// What was to be added was there already; it has the settings now that it should have.
    WasThere,
    /// What was to be removed was not there.
    WasGone,
}

/// What [`Backend::apply`] says of one change.
pub type Verdict = Result<Outcome, ChangeError>;

/// Something that has a table of virtual servers: the kernel, or the [fake](Fake) in memory.
pub trait Backend: Send {
    /// Carries the changes out in their order and appends a verdict for each to `verdicts`. A failed change does not
    /// stop those after it.
    ///
    /// A service or destination that is to be added and is there already gets the settings instead; a destination
    /// that is to be changed and is not there is added.
    fn apply(&mut self, changes: &[Change], verdicts: &mut Vec<Verdict>);

    /// The whole table, in the back end's own order. Services and destinations of others that
    /// [`Table`] has no words for are left out.
    fn table(&mut self) -> io::Result<Table>;

    /// Counters of a service and its destinations; nothing if there is no such service. The kernel sums up every two
    /// seconds, so they may be that old.
    fn statistics(&mut self, service: &ServiceKey) -> io::Result<Option<ServiceStatistics>>;

    /// Counters of every service with its destinations, in the back end's own order; those of others too.
    fn all_statistics(&mut self) -> io::Result<Vec<(ServiceKey, ServiceStatistics)>>;

    /// How long idle connections are remembered.
    fn timeouts(&mut self) -> io::Result<Timeouts>;

    /// Sets how long idle connections are remembered; 0 keeps a value.
    fn set_timeouts(&mut self, timeouts: Timeouts) -> io::Result<()>;

    /// Starts the synchronisation of connections in one role. Both roles may run at the same time.
    ///
    /// # Errors
    /// `EEXIST` when it runs in that role already.
    fn start_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()>;

    /// Ends the synchronisation in one role.
    ///
    /// # Errors
    /// `ESRCH` when it does not run in that role.
    fn stop_sync_daemon(&mut self, role: SyncRole, daemon: &SyncDaemon) -> io::Result<()>;

    /// The synchronisation that runs.
    fn sync_daemons(&mut self) -> io::Result<Vec<(SyncRole, SyncDaemon)>>;

    /// Sets counters to 0: those of one service with its destinations, or all.
    fn zero(&mut self, service: Option<&ServiceKey>) -> io::Result<()>;
}
