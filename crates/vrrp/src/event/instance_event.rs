//! What happens to an instance.

use super::Severity;
use crate::{Cause, DropReason, FaultReason, Sender, State, Transition};
use model::{Family, IfName, Micros, Vrid};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A part of what a master has in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `virtual_ipaddress`.
    Vips,
    /// `virtual_ipaddress_excluded`.
    ExcludedVips,
    /// `virtual_routes`.
    Routes,
    /// `virtual_rules`.
    Rules,
    /// Firewall entries of `no_accept`.
    Firewall,
}

/// What happens to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceEvent {
    /// It changed its state. [`Transition::cause`] says why; the log line is the classic one without it.
    Transition(Transition),
    /// A reason to be in FAULT appeared.
    Faulted(FaultReason),
    /// A track file became a reason to be in FAULT while the instance ran.
    FileFaulted(Arc<str>),
    /// A reason to be in FAULT is gone.
    FaultCleared(FaultReason),
    /// No advert arrived in time.
    AdvertTimedOut,
    /// The master heard an advert of lower priority, or of equal priority and lower address.
    MasterReceivedLower {
        /// Of whom.
        from: Sender,
        /// Our priority.
        ours: u8,
        /// Whether an advert was sent because of it (`lower_prio_no_advert`).
        election: bool,
    },
    /// The master heard a better one.
    MasterReceivedHigher {
        /// It.
        from: Sender,
        /// Our priority.
        ours: u8,
    },
    /// The master heard one of its own priority with a higher address.
    MasterReceivedHigherAddress(Sender),
    /// The master heard another one stop.
    MasterReceivedPriorityZero,
    /// The backup heard the master stop.
    BackupReceivedPriorityZero,
    /// Somebody uses our priority and our address.
    OwnAddressHeard,
    /// The backup ignores an advert of lower priority; logged once until an advert is accepted.
    LowerPriorityDiscarded(Sender),
    /// `preempt_delay` begins.
    PreemptDelayStarted(Micros),
    /// A better advert ended it.
    PreemptDelayStopped,
    /// The master became known or is another one than before.
    MasterIs {
        /// The one before.
        before: Option<IpAddr>,
        /// The new one.
        now: IpAddr,
    },
    /// Version 3: the master uses another interval than before, and so do we while it is master.
    IntervalLearned {
        /// Before.
        from: Micros,
        /// Now.
        to: Micros,
    },
    /// Version 3: our own interval is back.
    IntervalRestored {
        /// Before.
        from: Micros,
        /// Now.
        to: Micros,
    },
    /// Trackers changed the effective priority.
    PriorityChanged {
        /// Before.
        from: u8,
        /// Now.
        to: u8,
    },
    /// An advert of priority 0 left.
    SentPriorityZero,
    /// Something is put into the kernel.
    Setting(Part),
    /// Something is taken out of the kernel.
    Removing(Part),
    /// A block of gratuitous ARPs or neighbour advertisements of an address begins.
    Announcing {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: IfName,
    },
    /// A datagram was dropped; logged once.
    Dropped {
        /// Its sender.
        from: IpAddr,
        /// Why.
        reason: DropReason,
    },
    /// Version 3: another interval than ours in an advert that was accepted all the same; logged once.
    IntervalDiffers {
        /// As received.
        received: Micros,
        /// Ours.
        ours: Micros,
    },
    /// Another number of addresses in an advert that was accepted all the same; logged once.
    AddressCountDiffers {
        /// As received.
        received: u8,
        /// Ours.
        ours: usize,
    },
    /// An address of ours is not in an advert that was accepted all the same; logged once.
    AddressMissing {
        /// Sender.
        from: IpAddr,
        /// VRID.
        vrid: Vrid,
        /// The address.
        address: IpAddr,
    },
    /// A unicast peer computes the checksum as keepalived before 1.3.7 did; so do we from now on.
    OldChecksumDetected,
    /// AH: the counter follows that of a router that believed to be master.
    AhSequenceSynced,
    /// `auth_hmac`: the clock of an accepted sender is off by more than half the window; seconds.
    ClockSkew {
        /// Sender.
        from: IpAddr,
        /// Difference of the clocks.
        skew: u64,
        /// `time_window`.
        window: u64,
    },
    /// Two routers claim to own the address, and we yield.
    TwoOwners {
        /// The other one.
        from: IpAddr,
    },
    /// The other owner goes on; we take priority 254.
    RogueOwnerContinues {
        /// The other one.
        from: IpAddr,
    },
    /// The other owner fell silent.
    RogueOwnerStopped,
    /// `timer_expired_backup`.
    NotScheduled {
        /// Time since the last advert.
        silence: Micros,
    },
    /// Something that others removed is put back.
    PuttingBack(Arc<str>),
    /// An address of the instance is the interface's own: it is neither added nor removed.
    AddressIsOwn {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: IfName,
    },
    /// An address that a former run left behind is removed.
    LeftoverRemoved {
        /// The address.
        address: IpAddr,
        /// Its interface.
        interface: IfName,
    },
    /// A tracked BFD session changed.
    BfdChanged {
        /// `bfd_instance NAME`.
        session: Arc<str>,
        /// Whether it is up now.
        up: bool,
    },
}

impl InstanceEvent {
    pub(super) const fn severity(&self) -> Severity {
        match self {
            Self::Transition(Transition { to: State::Fault, .. })
            | Self::Faulted(_)
            | Self::FileFaulted(_)
            | Self::TwoOwners { .. }
            | Self::RogueOwnerContinues { .. }
            | Self::OwnAddressHeard => Severity::Error,
            Self::Transition(_) => Severity::Notice,
            Self::Dropped { .. }
            | Self::IntervalDiffers { .. }
            | Self::AddressCountDiffers { .. }
            | Self::AddressMissing { .. }
            | Self::OldChecksumDetected
            | Self::ClockSkew { .. }
            | Self::NotScheduled { .. }
            | Self::PuttingBack(_)
            | Self::AddressIsOwn { .. }
            | Self::LeftoverRemoved { .. }
            | Self::MasterReceivedLower { .. }
            | Self::BfdChanged { up: false, .. } => Severity::Warning,
            _ => Severity::Info,
        }
    }

    pub(super) const fn is_detail(&self) -> bool {
        match self {
            Self::FaultCleared(reason) => !matches!(reason, FaultReason::File { .. }),
            Self::AdvertTimedOut
            | Self::BackupReceivedPriorityZero
            | Self::PreemptDelayStarted(_)
            | Self::PreemptDelayStopped
            | Self::MasterIs { .. }
            | Self::IntervalLearned { .. }
            | Self::IntervalRestored { .. }
            | Self::SentPriorityZero
            | Self::Setting(_)
            | Self::Removing(_)
            | Self::Announcing { .. } => true,
            _ => false,
        }
    }

    pub(super) fn describe(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Faulted(reason) => return describe_fault(name, reason, f),
            Self::FileFaulted(file) => return write!(f, "({name}): tracked file {file} now FAULT state"),
            Self::FaultCleared(FaultReason::File { file, .. }) => {
                return write!(f, "({name}): tracked file {file} leaving FAULT state");
            }
            Self::RogueOwnerStopped => {
                return write!(
                    f,
                    "({name}): rogue address owner appears to have stopped advertising"
                );
            }
            Self::BfdChanged { session, up } => {
                let word = if *up { "UP" } else { "DOWN" };
                return write!(
                    f,
                    "VRRP_Instance({name}) Tracked BFD instance {session} is {word}"
                );
            }
            _ => write!(f, "({name}) ")?,
        }
        self.describe_rest(f)
    }

    /// The line after `(NAME) `.
    fn describe_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition(Transition { to, cause, from, .. }) => {
                let at_start = *from == State::Init
                    && *to != State::Master
                    && !matches!(cause, Cause::ScriptsReported | Cause::Group { .. } | Cause::Stop);
                let suffix = if at_start { " (init)" } else { "" };
                write!(f, "Entering {to} STATE{suffix}")
            }
            Self::FaultCleared(reason) => write!(f, "cleared: {reason}"),
            Self::AdvertTimedOut => f.write_str("Receive advertisement timeout"),
            Self::MasterReceivedLower { from, ours, election } => {
                let suffix = if *election { ", forcing new election" } else { "" };
                write!(
                    f,
                    "Received advert from {} with lower priority {}, ours {ours}{suffix}",
                    from.address, from.priority
                )
            }
            Self::MasterReceivedHigher { from, ours } => write!(
                f,
                "Master received advert from {} with higher priority {}, ours {ours}",
                from.address, from.priority
            ),
            Self::MasterReceivedHigherAddress(from) => write!(
                f,
                "Master received advert from {} with same priority {} but higher IP address than ours",
                from.address, from.priority
            ),
            Self::MasterReceivedPriorityZero => f.write_str("Master received priority 0 message"),
            Self::BackupReceivedPriorityZero => f.write_str("Backup received priority 0 advertisement"),
            Self::OwnAddressHeard => {
                f.write_str("WARNING - equal priority advert received from remote host with our IP address.")
            }
            Self::LowerPriorityDiscarded(from) => write!(
                f,
                "received lower priority ({}) advert from {} - discarding",
                from.priority, from.address
            ),
            Self::PreemptDelayStarted(delay) => {
                write!(
                    f,
                    "start preempt delay ({}.{:06})",
                    delay.0 / 1_000_000,
                    delay.0 % 1_000_000
                )
            }
            Self::PreemptDelayStopped => f.write_str("stop preempt delay"),
            Self::MasterIs { before: None, now } => write!(f, "master set to {now}"),
            Self::MasterIs {
                before: Some(before),
                now,
            } => {
                write!(f, "master changed from {before} to {now}")
            }
            Self::IntervalLearned { from, to } => write!(
                f,
                "advertisement interval updated from {}ms to {}ms by master",
                from.as_millis(),
                to.as_millis()
            ),
            Self::IntervalRestored { from, to } => write!(
                f,
                "changing advert interval from {}ms to locally configured {}ms",
                from.as_millis(),
                to.as_millis()
            ),
            Self::PriorityChanged { from, to } => {
                write!(f, "Changing effective priority from {from} to {to}")
            }
            Self::SentPriorityZero => f.write_str("sent 0 priority"),
            _ => self.describe_details(f),
        }
    }

    /// The rest of the lines: what goes to and comes from the kernel, and complaints about packets.
    fn describe_details(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(part) => f.write_str(match part {
                Part::Vips => "setting VIPs.",
                Part::ExcludedVips => "setting E-VIPs.",
                Part::Routes => "setting Virtual Routes",
                Part::Rules => "setting Virtual Rules",
                Part::Firewall => "setting firewall drop rule",
            }),
            Self::Removing(part) => f.write_str(match part {
                Part::Vips => "removing VIPs.",
                Part::ExcludedVips => "removing E-VIPs.",
                Part::Routes => "removing Virtual Routes",
                Part::Rules => "removing Virtual Rules",
                Part::Firewall => "removing firewall drop rule",
            }),
            Self::Announcing { address, interface } => match Family::of(*address) {
                Family::Ipv4 => {
                    write!(f, "Sending/queueing gratuitous ARPs on {interface} for {address}")
                }
                Family::Ipv6 => {
                    write!(
                        f,
                        "Sending/queueing Unsolicited Neighbour Adverts on {interface} for {address}"
                    )
                }
            },
            Self::Dropped { from, reason } => reason.describe(*from, f),
            Self::IntervalDiffers { received, ours } => write!(
                f,
                "advertisement interval mismatch ours = {} centi-sec rcv'd={} centi-sec",
                ours.as_millis() / 10,
                received.as_millis() / 10
            ),
            Self::AddressCountDiffers { received, ours } => {
                write!(f, "expected {ours} VIPs but received {received}")
            }
            Self::AddressMissing { from, vrid, address } => {
                write!(
                    f,
                    "ip address associated with VRID {vrid} not present in advert from {from}: {address}"
                )
            }
            Self::OldChecksumDetected => f.write_str("Setting unicast VRRPv3 checksum to old version"),
            Self::AhSequenceSynced => f.write_str("IPSEC-AH : Syncing seq_num - Increment seq"),
            Self::ClockSkew { from, skew, window } => write!(
                f,
                "authentication clock skew {skew} sec from {from} approaching window {window} sec"
            ),
            Self::TwoOwners { from } => write!(
                f,
                "CONFIGURATION ERROR: local instance and {from} are both configured as address owner, please \
                 resolve"
            ),
            Self::RogueOwnerContinues { from } => write!(
                f,
                "{from} is still advertising as address owner, please resolve - reducing our priority"
            ),
            Self::NotScheduled { silence } => write!(
                f,
                "VRRP thread timer expired {}.{:06} seconds ago",
                silence.0 / 1_000_000,
                silence.0 % 1_000_000
            ),
            Self::PuttingBack(object) => write!(f, "putting back {object}, which somebody removed"),
            Self::AddressIsOwn { address, interface } => {
                write!(f, "{address} is {interface}'s own address: it is left as it is")
            }
            Self::LeftoverRemoved { address, interface } => {
                write!(f, "removing {address} from {interface}, left by a former run")
            }
            _ => Ok(()),
        }
    }
}

fn describe_fault(name: &str, reason: &FaultReason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match reason {
        FaultReason::Config(model::ConfigFault::NoUnicastPeer) => {
            write!(
                f,
                "({name}) Cannot use unicast without any peers - going to fault state"
            )
        }
        FaultReason::Script { script, .. } => {
            write!(f, "({name}): entering FAULT state due to script {script}")
        }
        FaultReason::SourceAddressAbsent(_) => {
            write!(f, "({name}): entering FAULT state (src address not configured)")
        }
        FaultReason::NoAddress { family, .. } => {
            write!(
                f,
                "({name}) entering FAULT state (no {family} address for interface)"
            )
        }
        FaultReason::Config(_) | FaultReason::Process { .. } => {
            write!(f, "({name}) entering FAULT state ({reason})")
        }
        FaultReason::InterfaceDown(_)
        | FaultReason::InterfaceAbsent(_)
        | FaultReason::File { .. }
        | FaultReason::Bfd { .. }
        | FaultReason::Maintenance
        | FaultReason::TrackGroup { .. } => {
            write!(f, "({name}): entering FAULT state ({reason})")
        }
    }
}
