//! What scripts, FIFOs, mails, SNMP and D-Bus are told.

use crate::{Cause, GroupId, InstanceId, NotifiedState};
use model::Notifications;
use std::sync::Arc;

/// Whom a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An instance.
    Instance(InstanceId),
    /// A sync group.
    Group(GroupId),
}

/// What a notification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A state was entered.
    Entered(NotifiedState),
    /// A reload left the state as it was (`fifo_write_vrrp_states_on_reload`: FIFO only, no script).
    Kept(NotifiedState),
    /// The master heard an advert of lower priority (`notify_master_rx_lower_pri`, FIFO `MASTER_RX_LOWER_PRI`).
    MasterReceivedLowerPriority,
    /// `notify_priority_changes`: the effective priority of a master changed (FIFO `MASTER_PRIORITY`).
    MasterPriorityChanged,
    /// The same in any other state (FIFO `BACKUP_PRIORITY`).
    BackupPriorityChanged,
}

/// One notification. It carries the commands of its subject, so that a removed instance can still report.
///
/// Notifications come when what they report is true: MASTER when the kernel has the addresses, BACKUP, FAULT, STOP and
/// DELETED when it has them no more. Those of a group follow those of its members, except at start, where they precede
/// them (`spec/runtime.md` section 7.4).
#[derive(Clone, Debug)]
pub struct Notification {
    /// Whom it is about.
    pub subject: Subject,
    /// Name of the instance or group.
    pub name: Arc<str>,
    /// What it says.
    pub notice: Notice,
    /// Effective priority of the instance; 0 for a group.
    pub priority: u8,
    /// Why, where a state was entered.
    pub cause: Option<Cause>,
    /// The notification keywords of the subject.
    pub settings: Arc<Notifications>,
}
