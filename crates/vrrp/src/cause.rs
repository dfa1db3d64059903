//! Why a state changed. One value that log, notifications, status, metrics and history all print.

use crate::ScriptResult;
use model::{ConfigFault, Family, IfName, Micros};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A master, as its adverts describe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    /// Source address of its adverts.
    pub address: IpAddr,
    /// Priority in its last advert.
    pub priority: u8,
}

/// One reason to be in FAULT. All reasons of an instance must be gone before it leaves the state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FaultReason {
    /// A mistake of the configuration; it stays until a reload.
    Config(ConfigFault),
    /// An interface that the instance needs is down.
    InterfaceDown(IfName),
    /// An interface that the instance needs does not exist.
    InterfaceAbsent(IfName),
    /// The interface has no address that adverts could come from.
    NoAddress {
        /// The family that is missing.
        family: Family,
        /// The interface.
        interface: IfName,
    },
    /// `track_src_ip`: no interface has the configured source address.
    SourceAddressAbsent(IpAddr),
    /// A track script with weight 0 fails.
    Script {
        /// `vrrp_script NAME`.
        script: Arc<str>,
        /// How its last run ended; nothing when it timed out or has not run yet (`init_fail`).
        result: Option<ScriptResult>,
    },
    /// A track file says so.
    File {
        /// `track_file NAME`.
        file: Arc<str>,
        /// Its value with weight and sense applied.
        status: i32,
    },
    /// The number of processes is outside the quorum.
    Process {
        /// `vrrp_track_process NAME`.
        process: Arc<str>,
    },
    /// A BFD session is down (up, if it is tracked in reverse).
    Bfd {
        /// `bfd_instance NAME`.
        session: Arc<str>,
    },
    /// An operator asked for maintenance.
    Maintenance,
    /// A static object of a `track_group` is gone and cannot be put back.
    TrackGroup {
        /// `track_group NAME`.
        group: Arc<str>,
    },
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(fault) => fault.fmt(f),
            Self::InterfaceDown(interface) => write!(f, "interface {interface} down"),
            Self::InterfaceAbsent(interface) => write!(f, "interface {interface} does not exist"),
            Self::NoAddress { family, interface } => {
                write!(f, "no {family} address for interface {interface}")
            }
            Self::SourceAddressAbsent(address) => write!(f, "source address {address} not configured"),
            Self::Script { script, result: None } => write!(f, "script {script}"),
            Self::Script {
                script,
                result: Some(ScriptResult::Exited(status)),
            } => {
                write!(f, "script {script} exited with status {status}")
            }
            Self::Script {
                script,
                result: Some(ScriptResult::Signalled(signal)),
            } => {
                write!(f, "script {script} ended by signal {signal}")
            }
            Self::File { file, status } => write!(f, "tracked file {file} has status {status}"),
            Self::Process { process } => write!(f, "tracked process {process} quorum not achieved"),
            Self::Bfd { session } => write!(f, "BFD session {session}"),
            Self::Maintenance => f.write_str("maintenance asked by operator"),
            Self::TrackGroup { group } => write!(f, "static object of track group {group} lost"),
        }
    }
}

/// Why an instance or a sync group changed its state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The daemon started, or a reload brought the instance.
    Startup,
    /// The instance owns the address: priority 255, or a group of such members.
    AddressOwner,
    /// The first results of all track scripts are in.
    ScriptsReported,
    /// No advert arrived in time.
    AdvertTimeout {
        /// The master that fell silent; nothing if none was heard.
        master: Option<Sender>,
        /// Time since its last advert, or since the instance began to listen.
        silence: Micros,
        /// How long after the deadline this was noticed.
        late: Micros,
    },
    /// The master said with priority 0 that it stops, and none took over before us.
    MasterStopped {
        /// That master.
        master: Sender,
        /// How long after the deadline this was noticed.
        late: Micros,
    },
    /// A better router is master.
    HigherPriority {
        /// It.
        from: Sender,
        /// Our own priority then.
        ours: u8,
    },
    /// A router of the same priority and a higher address is master.
    HigherAddress {
        /// It.
        from: Sender,
    },
    /// A reason to be in FAULT appeared.
    Fault(FaultReason),
    /// The last reason to be in FAULT is gone; this is the one that went last.
    Recovered(FaultReason),
    /// The sync group follows a member.
    Group {
        /// The group.
        group: Arc<str>,
        /// The member that moved first.
        member: Arc<str>,
    },
    /// `timer_expired_backup`: the process was not scheduled for too long to be sure of still being master.
    NotScheduled {
        /// Time since the last advert.
        silence: Micros,
    },
    /// Somebody keeps on removing something that the master needs.
    TakenAway {
        /// What was removed.
        object: Arc<str>,
    },
    /// An operator had the instance give up mastership.
    Operator,
    /// A reload changed what the state depends on.
    Reload,
    /// The daemon stops.
    Stop,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Startup => f.write_str("startup"),
            Self::AddressOwner => f.write_str("owner of the address"),
            Self::ScriptsReported => f.write_str("all track scripts have reported"),
            Self::AdvertTimeout {
                master: Some(master),
                silence,
                late,
            } => write!(
                f,
                "no advert from {} (priority {}) for {silence}, noticed {late} after the deadline",
                master.address, master.priority
            ),
            Self::AdvertTimeout {
                master: None,
                silence,
                late,
            } => {
                write!(
                    f,
                    "no advert heard for {silence}, noticed {late} after the deadline"
                )
            }
            Self::MasterStopped { master, late } => {
                write!(
                    f,
                    "master {} stopped, noticed {late} after the deadline",
                    master.address
                )
            }
            Self::HigherPriority { from, ours } => {
                write!(
                    f,
                    "advert from {} with priority {}, ours {ours}",
                    from.address, from.priority
                )
            }
            Self::HigherAddress { from } => write!(
                f,
                "advert from {} with the same priority {} and a higher address",
                from.address, from.priority
            ),
            Self::Fault(reason) => reason.fmt(f),
            Self::Recovered(reason) => write!(f, "cleared: {reason}"),
            Self::Group { group, member } => write!(f, "sync group {group} follows {member}"),
            Self::NotScheduled { silence } => write!(f, "not scheduled for {silence}"),
            Self::TakenAway { object } => write!(f, "{object} was removed again and again"),
            Self::Operator => f.write_str("asked by operator"),
            Self::Reload => f.write_str("reload"),
            Self::Stop => f.write_str("stop"),
        }
    }
}
