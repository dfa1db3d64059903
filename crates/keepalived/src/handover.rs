//! What a child gets from its parent when it starts.

use crate::link::ParentLink;
use crate::orders::Orders;
use crate::scripts::Origin;
use crate::settings::Settings;
use model::Configuration;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::os::fd::OwnedFd;

/// One of the three processes that the supervisor starts. The order is that of the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Health checkers and IPVS.
    Checker,
    /// VRRP.
    Vrrp,
    /// BFD.
    Bfd,
}

impl Kind {
    /// All kinds in the order of the start.
    pub const ALL: [Self; 3] = [Self::Checker, Self::Vrrp, Self::Bfd];

    /// The name in log lines about the process: `VRRP child process(7) died`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Checker => "Healthcheck",
            Self::Vrrp => "VRRP",
            Self::Bfd => "BFD",
        }
    }

    /// What follows `Keepalived` in the syslog identity.
    #[must_use]
    pub const fn ident_suffix(self) -> &'static str {
        match self {
            Self::Checker => "_healthcheckers",
            Self::Vrrp => "_vrrp",
            Self::Bfd => "_bfd",
        }
    }

    /// What the line of a forced stop calls the process.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Checker => "checker",
            Self::Vrrp => "vrrp",
            Self::Bfd => "bfd",
        }
    }

    /// What the names of its log file and its dumps call the process.
    #[must_use]
    pub const fn file_word(self) -> &'static str {
        match self {
            Self::Checker => "check",
            Self::Vrrp => "vrrp",
            Self::Bfd => "bfd",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Why the process is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// With the daemon.
    First,
    /// A reload gave it something to do.
    Reload,
    /// Its predecessor died, and may have left addresses in the kernel.
    Respawn,
}

/// Everything a child starts with.
#[derive(Debug)]
pub struct Handover {
    /// Which process this is.
    pub kind: Kind,
    /// Why it is started.
    pub start: Start,
    /// The command line.
    pub settings: Settings,
    /// The checked configuration.
    pub configuration: Configuration,
    /// What operators have ordered.
    pub orders: Orders,
    /// The connection to the parent.
    pub parent: ParentLink,
    /// What scripts get back of what this process has changed for itself since it was started.
    pub origin: Origin,
    /// Keeps the lock on this process's pid file for as long as the process lives, also without its parent.
    pub pid_file: Option<OwnedFd>,
}
