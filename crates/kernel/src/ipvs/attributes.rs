//! The numbers of commands and attributes (`linux/ip_vs.h`, `spec/ipvs.md` section 1).

/// Version of the family's header.
pub(super) const VERSION: u8 = 1;

/// Commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Command {
    NewService = 1,
    SetService = 2,
    DeleteService = 3,
    GetService = 4,
    NewDestination = 5,
    SetDestination = 6,
    DeleteDestination = 7,
    GetDestination = 8,
    NewDaemon = 9,
    DeleteDaemon = 10,
    GetDaemon = 11,
    SetConfig = 12,
    GetConfig = 13,
    GetInfo = 15,
    Zero = 16,
    Flush = 17,
}

/// Attributes of a message.
pub(super) mod top {
    pub(in crate::ipvs) const SERVICE: u16 = 1;
    pub(in crate::ipvs) const DESTINATION: u16 = 2;
    pub(in crate::ipvs) const DAEMON: u16 = 3;
    pub(in crate::ipvs) const TIMEOUT_TCP: u16 = 4;
    pub(in crate::ipvs) const TIMEOUT_TCP_FIN: u16 = 5;
    pub(in crate::ipvs) const TIMEOUT_UDP: u16 = 6;
}

/// Attributes of a service.
pub(super) mod service {
    pub(in crate::ipvs) const FAMILY: u16 = 1;
    pub(in crate::ipvs) const PROTOCOL: u16 = 2;
    pub(in crate::ipvs) const ADDRESS: u16 = 3;
    pub(in crate::ipvs) const PORT: u16 = 4;
    pub(in crate::ipvs) const FWMARK: u16 = 5;
    pub(in crate::ipvs) const SCHEDULER: u16 = 6;
    pub(in crate::ipvs) const FLAGS: u16 = 7;
    pub(in crate::ipvs) const TIMEOUT: u16 = 8;
    pub(in crate::ipvs) const NETMASK: u16 = 9;
    pub(in crate::ipvs) const STATISTICS: u16 = 10;
    pub(in crate::ipvs) const ENGINE: u16 = 11;
    pub(in crate::ipvs) const STATISTICS_64: u16 = 12;
}

/// Attributes of a destination.
pub(super) mod destination {
    pub(in crate::ipvs) const ADDRESS: u16 = 1;
    pub(in crate::ipvs) const PORT: u16 = 2;
    pub(in crate::ipvs) const FORWARDING: u16 = 3;
    pub(in crate::ipvs) const WEIGHT: u16 = 4;
    pub(in crate::ipvs) const UPPER_THRESHOLD: u16 = 5;
    pub(in crate::ipvs) const LOWER_THRESHOLD: u16 = 6;
    pub(in crate::ipvs) const ACTIVE: u16 = 7;
    pub(in crate::ipvs) const INACTIVE: u16 = 8;
    pub(in crate::ipvs) const PERSISTENT: u16 = 9;
    pub(in crate::ipvs) const STATISTICS: u16 = 10;
    pub(in crate::ipvs) const FAMILY: u16 = 11;
    pub(in crate::ipvs) const STATISTICS_64: u16 = 12;
    pub(in crate::ipvs) const TUNNEL_TYPE: u16 = 13;
    pub(in crate::ipvs) const TUNNEL_PORT: u16 = 14;
    pub(in crate::ipvs) const TUNNEL_FLAGS: u16 = 15;
}

/// Attributes of a sync daemon.
pub(super) mod daemon {
    pub(in crate::ipvs) const STATE: u16 = 1;
    pub(in crate::ipvs) const INTERFACE: u16 = 2;
    pub(in crate::ipvs) const SYNC_ID: u16 = 3;
    pub(in crate::ipvs) const MAX_LEN: u16 = 4;
    pub(in crate::ipvs) const GROUP: u16 = 5;
    pub(in crate::ipvs) const GROUP_6: u16 = 6;
    pub(in crate::ipvs) const PORT: u16 = 7;
    pub(in crate::ipvs) const TTL: u16 = 8;
}
