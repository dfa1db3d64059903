//! Real servers coming and going, weights, quorums and sorry servers (`spec/ipvs.md` sections 4 and 5).

use super::{CheckLabel, Place};
use crate::failure::Failure;
use model::{GroupEntry, Quorum, ServerName, ServerWeight, VirtualServerName};
use std::fmt;

/// Why something happened to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A check failed; the reason is as the check gave it.
    CheckFailed(CheckLabel, Failure),
    /// The last check that had failed passed.
    CheckPassed(CheckLabel),
    /// The total weight of the servers that are alive changed.
    Weight,
    /// An operator drains the server, or no longer does.
    Operator,
    /// The configuration was read for the first time.
    Start,
    /// The configuration was read again.
    Reload,
    /// The daemon stops.
    Stop,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckFailed(label, failure) => write!(f, "{} failed: {failure}", label.keyword()),
            Self::CheckPassed(label) => write!(f, "{} passed", label.keyword()),
            Self::Weight => f.write_str("weight changed"),
            Self::Operator => f.write_str("asked by operator"),
            Self::Start => f.write_str("start"),
            Self::Reload => f.write_str("reload"),
            Self::Stop => f.write_str("stop"),
        }
    }
}

/// How a server that is down is kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is removed.
    Removed,
    /// `inhibit_on_failure`: it stays with weight 0.
    Inhibited,
}

impl Presence {
    pub(crate) const fn of(inhibit_on_failure: bool) -> Self {
        if inhibit_on_failure {
            Self::Inhibited
        } else {
            Self::Removed
        }
    }
}

/// Something happened to a real server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Which one.
    pub place: Place,
    /// What.
    pub news: ServerNews,
    /// Why.
    pub cause: Cause,
}

/// Whether the checks of a server run (`ha_suspend`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// They run from the start, or again.
    Activating,
    /// They do not run from the start.
    Deactivating,
    /// They run no more.
    Suspending,
}

/// What can happen to a real server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerNews {
    /// A check of it starts or stops running.
    Checking(Activation),
    /// It is alive.
    Up(Presence),
    /// It is not alive any more.
    Down(Presence),
    /// It is not in the configuration any more.
    Unconfigured,
    /// It leaves IPVS because its server is stopped or removed.
    Removed,
    /// It leaves IPVS because the daemon stops; whether it was there with weight 0 only.
    ShutDown(Presence),
    /// Its weight changed.
    Weight {
        /// From.
        from: ServerWeight,
        /// To.
        to: ServerWeight,
        /// Whether it is alive.
        alive: bool,
    },
}

impl fmt::Display for ServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            server,
            virtual_server,
        } = &self.place;
        match &self.news {
            ServerNews::Checking(activation) => {
                write!(
                    f,
                    "{activation:?} healthchecker for service {server} for VS {virtual_server}"
                )
            }
            ServerNews::Up(Presence::Removed) => write!(f, "Adding service {server} to VS {virtual_server}"),
            ServerNews::Up(Presence::Inhibited) => {
                write!(f, "Enabling service {server} of VS {virtual_server}")
            }
            ServerNews::Down(Presence::Removed) | ServerNews::Removed => {
                write!(f, "Removing service {server} from VS {virtual_server}")
            }
            ServerNews::Down(Presence::Inhibited) => {
                write!(f, "Disabling service {server} of VS {virtual_server}")
            }
            ServerNews::Unconfigured => write!(f, "service {server} no longer exist"),
            ServerNews::ShutDown(presence) => {
                let inhibited = if *presence == Presence::Inhibited {
                    "(inhibited) "
                } else {
                    ""
                };
                write!(
                    f,
                    "Shutting down {inhibited}service {server} from VS {virtual_server}"
                )
            }
            ServerNews::Weight { from, to, alive } => {
                let active = if *alive { "active" } else { "inactive" };
                write!(
                    f,
                    "Changing weight from {from} to {to} for {active} service {server} of VS {virtual_server}"
                )
            }
        }
    }
}

/// The figures of a quorum at the time of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuorumFigures {
    /// As configured.
    pub configured: Quorum,
    /// Total weight of the servers that are alive.
    pub weight: u64,
}

/// Something happened to a virtual server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualServerEvent {
    /// Which one.
    pub virtual_server: VirtualServerName,
    /// What.
    pub news: VirtualServerNews,
    /// Why.
    pub cause: Cause,
}

/// What can happen to a virtual server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VirtualServerNews {
    /// Enough servers are alive.
    QuorumGained(QuorumFigures),
    /// Too few servers are alive.
    QuorumLost(QuorumFigures),
    /// Too few servers are alive from the start, and there is a sorry server.
    QuorumMissing(QuorumFigures),
    /// The sorry server serves.
    SorryServerUp(ServerName, Presence),
    /// The sorry server does not serve any more.
    SorryServerDown(ServerName, Presence),
    /// The servers that are alive serve again in place of the sorry server.
    AliveServersAdded,
    /// The servers that are alive do not serve any more, but the sorry server.
    AliveServersRemoved,
    /// It is not in the configuration any more.
    Unconfigured,
    /// An entry of its group is new.
    EntryAdded(GroupEntry),
    /// An entry of its group is not in the configuration any more.
    EntryRemoved(GroupEntry),
}

impl fmt::Display for VirtualServerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.virtual_server;
        match &self.news {
            VirtualServerNews::QuorumGained(figures) => {
                let Quorum { quorum, hysteresis } = figures.configured;
                let threshold = figures.configured.gained_at();
                write!(
                    f,
                    "Gained quorum {quorum}+{hysteresis}={threshold} <= {} for VS {name}",
                    figures.weight
                )
            }
            VirtualServerNews::QuorumLost(figures) => {
                let Quorum { quorum, hysteresis } = figures.configured;
                let threshold = figures.configured.lost_below();
                write!(
                    f,
                    "Lost quorum {quorum}-{hysteresis}={threshold} > {} for VS {name}",
                    figures.weight
                )
            }
            VirtualServerNews::QuorumMissing(figures) => {
                let Quorum { quorum, hysteresis } = figures.configured;
                // compat: a minus, and the sum.
                let threshold = figures.configured.gained_at();
                write!(
                    f,
                    "Starting with quorum down {quorum}-{hysteresis}={threshold} > {} for VS {name}",
                    figures.weight
                )
            }
            VirtualServerNews::SorryServerUp(server, presence) => {
                let verb = if *presence == Presence::Inhibited {
                    "Enabling"
                } else {
                    "Adding"
                };
                write!(f, "{verb} sorry server {server} to VS {name}")
            }
            VirtualServerNews::SorryServerDown(server, presence) => {
                let verb = if *presence == Presence::Inhibited {
                    "Disabling"
                } else {
                    "Removing"
                };
                write!(f, "{verb} sorry server {server} from VS {name}")
            }
            VirtualServerNews::AliveServersAdded => {
                write!(f, "Adding alive servers to the pool for VS {name}")
            }
            VirtualServerNews::AliveServersRemoved => {
                write!(f, "Removing alive servers from the pool for VS {name}")
            }
            VirtualServerNews::Unconfigured => match name {
                VirtualServerName::Group { name, .. } => write!(f, "Removing Virtual Server Group [{name}]"),
                _ => write!(f, "Removing Virtual Server {name}"),
            },
            VirtualServerNews::EntryAdded(entry) => {
                write!(f, "VS [{entry}] added into group {}", GroupName(name))
            }
            VirtualServerNews::EntryRemoved(entry) => {
                write!(f, "VS [{entry}] in group {} no longer exists", GroupName(name))
            }
        }
    }
}

/// The group of a virtual server, without the place of the server in it.
struct GroupName<'a>(&'a VirtualServerName);

impl fmt::Display for GroupName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            VirtualServerName::Group { name, .. } => f.write_str(name),
            other => other.fmt(f),
        }
    }
}
