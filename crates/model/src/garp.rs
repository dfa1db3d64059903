//! When gratuitous ARPs and unsolicited neighbour advertisements leave (`spec/vrrp-protocol.md` section 10).

use crate::{IfName, Micros};
use serde::{Deserialize, Serialize};

/// Schedule of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Garp {
    /// `garp_master_delay`: time to the second set after becoming master; zero for no second set.
    pub master_delay: Micros,
    /// `garp_master_repeat`: messages per set and address, at least 1.
    pub master_repeat: u32,
    /// `garp_master_refresh`: period of the refresh while master; zero for none.
    pub master_refresh: Micros,
    /// `garp_master_refresh_repeat`: messages per refresh and address, at least 1.
    pub master_refresh_repeat: u32,
    /// `garp_lower_prio_delay`: time to the second set after a lower-priority advert; zero for no second set.
    pub lower_prio_delay: Micros,
    /// `garp_lower_prio_repeat`: messages per set after a lower-priority advert; 0 for none.
    pub lower_prio_repeat: u32,
}

impl Default for Garp {
    fn default() -> Self {
        Self {
            master_delay: Micros::from_secs(5),
            master_repeat: 5,
            master_refresh: Micros::ZERO,
            master_refresh_repeat: 1,
            lower_prio_delay: Micros::from_secs(5),
            lower_prio_repeat: 5,
        }
    }
}

/// `garp_extra_if`: periodic messages on the interfaces of addresses that are not the instance's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExtraInterfaceGarp {
    /// Period, 1 to 86400 s; zero for none.
    pub interval: Micros,
    /// `all`: on every such interface, not only on VMACs.
    pub all: bool,
}

/// `garp_group`: a rate limit that some interfaces share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GarpGroup {
    /// Least time between two gratuitous ARPs.
    pub garp_interval: Option<Micros>,
    /// Least time between two unsolicited neighbour advertisements.
    pub gna_interval: Option<Micros>,
    /// The interfaces that share the limit.
    pub interfaces: Vec<IfName>,
}
