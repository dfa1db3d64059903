//! What the rare deadlines are for.

use crate::InstanceId;
use crate::links::LinkId;
use crate::track::ScriptId;

/// A deadline other than that of the next advert or the master-down timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Alarm {
    /// `vrrp_startup_delay` is over.
    StartupDelay,
    /// `interface_up_down_delays`.
    Link(LinkId),
    /// A track script is to be run.
    ScriptDue(ScriptId),
    /// A run of a track script takes too long.
    ScriptOverdue(ScriptId),
    /// `terminate_delay` or `fork_delay` of a tracked process.
    Process(usize),
    /// The second block of gratuitous ARPs after becoming master.
    GarpDelayed(InstanceId),
    /// `garp_master_refresh`.
    GarpRefresh(InstanceId),
    /// The second block after an advert of lower priority.
    GarpLowerPriority(InstanceId),
    /// `garp_extra_if`.
    GarpExtra(InstanceId),
    /// The least time between two announcements of a group of interfaces is over.
    GarpLimit(usize),
    /// Time to see whether another address owner is still there.
    RogueOwner(InstanceId),
}

impl Alarm {
    /// All alarms of an instance.
    pub(crate) const fn of_instance(id: InstanceId) -> [Self; 5] {
        [
            Self::GarpDelayed(id),
            Self::GarpRefresh(id),
            Self::GarpLowerPriority(id),
            Self::GarpExtra(id),
            Self::RogueOwner(id),
        ]
    }
}
