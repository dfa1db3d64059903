//! `vrrp_sync_group` (`spec/config-vrrp.md` section 2).

use crate::{Notifications, Tracking};
use serde::{Deserialize, Serialize};

/// Instances that change state together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroup {
    /// Name; unique.
    pub name: String,
    /// Names of the members; each exists and is in no other group. Never empty.
    pub members: Vec<String>,
    /// `sync_group_tracking_weight`: weighted trackers of members count.
    pub tracking_weight: bool,
    /// Trackers that apply to each member.
    pub tracking: Tracking,
    /// Scripts, FIFO lines and mails of the group.
    pub notifications: Notifications,
}
