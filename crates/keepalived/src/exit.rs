//! Exit statuses.

use std::process::ExitCode;

/// How a process of the daemon ends (`spec/runtime.md` §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well; also when another daemon holds the pid file.
    Normal,
    /// A mistake on the command line; a child that cannot run at all.
    Fatal,
    /// A configuration that cannot run.
    Configuration,
    /// A right is missing.
    Permission,
    /// `-t`: something was reported.
    Reported,
    /// No configuration file; `-t`: a report about security.
    NoConfiguration,
    /// A mistake of this program.
    Software,
    /// A status that comes from elsewhere: from a child, or from the reading of a configuration.
    Status(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::Fatal => 1,
            Self::Configuration => 2,
            Self::Permission => 4,
            Self::Reported => 5,
            Self::NoConfiguration => 6,
            Self::Software => 70,
            Self::Status(code) => code,
        }
    }

    /// What the log calls the reason of an end after which a new process would fail too.
    pub(crate) const fn permanent(self) -> Option<&'static str> {
        match self.code() {
            1 => Some("FATAL"),
            2 => Some("CONFIG"),
            4 => Some("missing permission"),
            _ => None,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
