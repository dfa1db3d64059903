//! The states of an instance or sync group, and those that notifications know.

use std::fmt;

/// State of the virtual router (RFC 9568, section 6.3), with the two that keepalived adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not started: waits for the first results of track scripts, or for the first deadline of an owner.
    #[default]
    Init,
    /// Listens.
    Backup,
    /// Owns the virtual addresses.
    Master,
    /// Cannot take part: a link is down, a tracker has failed, there is no source address.
    Fault,
}

impl State {
    /// All states, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Init, Self::Backup, Self::Master, Self::Fault];

    /// The number that the JSON output and D-Bus carry: 0 to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
        })
    }
}

/// The states that scripts, FIFOs and mails hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotifiedState {
    /// [`State::Backup`].
    Backup,
    /// [`State::Master`].
    Master,
    /// [`State::Fault`].
    Fault,
    /// The daemon stops.
    Stop,
    /// A reload removed the instance.
    Deleted,
}

impl NotifiedState {
    /// The number that the JSON output and D-Bus carry: 1 to 3, 98 and 97.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Backup => 1,
            Self::Master => 2,
            Self::Fault => 3,
            Self::Stop => 98,
            Self::Deleted => 97,
        }
    }

    /// The notification of a state; there is none for [`State::Init`].
    #[must_use]
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::Init => None,
            State::Backup => Some(Self::Backup),
            State::Master => Some(Self::Master),
            State::Fault => Some(Self::Fault),
        }
    }
}

impl fmt::Display for NotifiedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
        })
    }
}
