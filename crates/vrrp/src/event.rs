//! What happened, as values. `Display` gives exactly the log lines of `spec/runtime.md` section 6 and
//! `spec/vrrp-protocol.md` section 5.

mod instance_event;
#[cfg(test)]
mod tests;

use crate::{InstanceId, Notification, ScriptResult, Sender};
pub use instance_event::{InstanceEvent, Part};
use model::{Family, IfName, Micros};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// How bad an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The course of things.
    Info,
    /// A change that somebody may wait for: every transition.
    Notice,
    /// Something that should not be so, and does not stop us.
    Warning,
    /// A fault, or a mistake in the set-up of the routers.
    Error,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// To an instance.
    Instance {
        /// Its number.
        id: InstanceId,
        /// Its name.
        name: Arc<str>,
        /// What.
        event: InstanceEvent,
    },
    /// To a sync group.
    Group {
        /// Its name.
        name: Arc<str>,
        /// What.
        event: GroupEvent,
    },
    /// To an interface.
    Interface {
        /// Its name.
        name: IfName,
        /// What.
        event: InterfaceEvent,
    },
    /// To a track script.
    Script {
        /// `vrrp_script NAME`.
        name: Arc<str>,
        /// What.
        event: ScriptEvent,
    },
    /// To a tracked process.
    Process {
        /// `vrrp_track_process NAME`.
        name: Arc<str>,
        /// Whether it has its quorum now.
        quorum: bool,
    },
    /// To the whole router.
    Router(RouterEvent),
    /// Somebody is to be told. Has no log line of its own.
    Notification(Notification),
}

/// What happens to a sync group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// The members follow one of them.
    Syncing(crate::State),
    /// A member is taken to FAULT at start because another one is.
    SyncingMemberAtStart(Arc<str>),
}

/// What happens to an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterfaceEvent {
    /// It can carry packets.
    Up,
    /// It cannot.
    Down,
    /// It has a link, as its driver says when asked.
    BeatHeard,
    /// It has none, as its driver says when asked.
    BeatLost,
    /// It does not exist any more.
    Removed,
    /// It has another name now.
    Renamed(IfName),
    /// An address of ours, or one that adverts come from, appeared.
    AddressAdded(IpAddr),
    /// An address of ours, or one that adverts come from, is gone.
    AddressRemoved(IpAddr),
    /// A change of the link was undone before its delay was over.
    DelayCancelled,
}

/// What happens to a track script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptEvent {
    /// It ended with another status than last time.
    NowReturning(i32),
    /// It became GOOD.
    Succeeded,
    /// It became BAD.
    Failed(ScriptResult),
    /// It became BAD because it took too long.
    TimedOut,
    /// A reload kept its result.
    KeptOnReload {
        /// Whether that is GOOD.
        good: bool,
    },
    /// A run is due and the one before has not ended.
    StillRunning,
    /// A run is due and the one before is just being ended.
    StillEnding,
    /// It did not succeed, and printed this.
    Printed(Arc<str>),
    /// It cannot be killed.
    FailedToTerminate,
}

/// What happens to the whole router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouterEvent {
    /// `vrrp_startup_delay` begins.
    StartupDelayed(Micros),
    /// It is over.
    StartupDelayOver,
    /// A datagram too short to tell whose it is.
    PacketTooShort {
        /// Family.
        family: Family,
        /// Its length in bytes.
        length: usize,
    },
    /// An advert of a VRID that nobody here has (`log_unknown_vrids`); once for each VRID of a socket.
    UnknownVrid {
        /// The VRID.
        vrid: u8,
        /// Where it arrived.
        interface: Option<IfName>,
    },
    /// Everything is out of the kernel and all STOP notifications are out: the process may end.
    Stopped,
}

impl Event {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Instance { event, .. } => event.severity(),
            Self::Group {
                event: GroupEvent::Syncing(_),
                ..
            } => Severity::Notice,
            Self::Interface {
                event: InterfaceEvent::Down | InterfaceEvent::BeatLost | InterfaceEvent::Removed,
                ..
            }
            | Self::Script {
                event:
                    ScriptEvent::Failed(_)
                    | ScriptEvent::TimedOut
                    | ScriptEvent::StillRunning
                    | ScriptEvent::StillEnding
                    | ScriptEvent::FailedToTerminate,
                ..
            }
            | Self::Process { quorum: false, .. }
            | Self::Router(RouterEvent::PacketTooShort { .. } | RouterEvent::UnknownVrid { .. }) => {
                Severity::Warning
            }
            Self::Group { .. }
            | Self::Interface { .. }
            | Self::Script { .. }
            | Self::Process { .. }
            | Self::Router(_)
            | Self::Notification(_) => Severity::Info,
        }
    }

    /// Whether it is only logged with `-D`.
    #[must_use]
    pub const fn is_detail(&self) -> bool {
        match self {
            Self::Instance { event, .. } => event.is_detail(),
            _ => false,
        }
    }

    /// Whether the event has a line in the log; a notification has none.
    #[must_use]
    pub const fn is_logged(&self) -> bool {
        !matches!(self, Self::Notification(_) | Self::Router(RouterEvent::Stopped))
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance { name, event, .. } => event.describe(name, f),
            Self::Group {
                name,
                event: GroupEvent::Syncing(state),
            } => {
                write!(f, "VRRP_Group({name}) Syncing instances to {state} state")
            }
            Self::Group {
                name,
                event: GroupEvent::SyncingMemberAtStart(member),
            } => {
                write!(f, "VRRP_Group({name}): Syncing {member} to FAULT state")
            }
            Self::Interface { name, event } => match event {
                InterfaceEvent::Up => write!(f, "Netlink reports {name} up"),
                InterfaceEvent::Down => write!(f, "Netlink reports {name} down"),
                InterfaceEvent::BeatHeard => write!(f, "Link polling reports {name} up"),
                InterfaceEvent::BeatLost => write!(f, "Link polling reports {name} down"),
                InterfaceEvent::Removed => write!(f, "Netlink reports {name} removed"),
                InterfaceEvent::Renamed(new) => write!(f, "Netlink reports {name} renamed to {new}"),
                InterfaceEvent::AddressAdded(address) => {
                    write!(f, "Netlink reflector reports IP {address} added to {name}")
                }
                InterfaceEvent::AddressRemoved(address) => {
                    write!(f, "Netlink reflector reports IP {address} removed from {name}")
                }
                InterfaceEvent::DelayCancelled => write!(f, "Delay timer for {name} cancelled"),
            },
            Self::Script { name, event } => match event {
                ScriptEvent::NowReturning(status) => write!(f, "Script `{name}` now returning {status}"),
                ScriptEvent::Succeeded => write!(f, "VRRP_Script({name}) succeeded"),
                ScriptEvent::Failed(ScriptResult::Exited(status)) => {
                    write!(f, "VRRP_Script({name}) failed (exited with status {status})")
                }
                ScriptEvent::Failed(ScriptResult::Signalled(signal)) => {
                    write!(f, "VRRP_Script({name}) failed (due to signal {signal})")
                }
                ScriptEvent::TimedOut => write!(f, "VRRP_Script({name}) timed_out"),
                ScriptEvent::Printed(output) => {
                    write!(f, "VRRP_Script({name}) printed: {}", output.replace('\n', " | "))
                }
                ScriptEvent::KeptOnReload { good } => {
                    let word = if *good { "successful" } else { "unsuccessful" };
                    write!(f, "VRRP_Script({name}) considered {word} on reload")
                }
                ScriptEvent::StillRunning => {
                    write!(
                        f,
                        "Track script {name} is already running, expect idle - skipping run"
                    )
                }
                ScriptEvent::StillEnding => {
                    write!(
                        f,
                        "Track script {name} is being timed out, expect idle - skipping run"
                    )
                }
                ScriptEvent::FailedToTerminate => {
                    write!(f, "Script {name} failed to terminate after kill")
                }
            },
            Self::Process { name, quorum } => {
                let word = if *quorum { "gained" } else { "lost" };
                write!(f, "Quorum {word} for tracked process {name}")
            }
            Self::Router(event) => event.fmt(f),
            Self::Notification(notification) => write!(f, "{notification:?}"),
        }
    }
}

impl fmt::Display for RouterEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StartupDelayed(delay) => {
                write!(
                    f,
                    "Delaying startup for {} seconds",
                    delay.to_string().trim_end_matches('s')
                )
            }
            Self::StartupDelayOver => f.write_str("Delayed start completed"),
            Self::PacketTooShort { family, length } => {
                write!(f, "{family} VRRP packet too short - {length} bytes")
            }
            Self::UnknownVrid {
                vrid,
                interface: Some(interface),
            } => {
                write!(
                    f,
                    "Unknown VRID({vrid}) received on interface({interface}). ignoring..."
                )
            }
            Self::UnknownVrid {
                vrid,
                interface: None,
            } => {
                write!(f, "Unknown VRID({vrid}) received. ignoring...")
            }
            Self::Stopped => f.write_str("Stopped"),
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (priority {})", self.address, self.priority)
    }
}
