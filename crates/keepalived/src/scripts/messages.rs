//! What a process and its launcher say to each other.

use super::{End, Origin, Program};
use serde::{Deserialize, Serialize};

/// Names one run of a script. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(pub(super) u64);

#[cfg(test)]
impl JobId {
    /// A number that no launcher gave.
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// What is sent to the process group of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScriptSignal {
    /// `SIGTERM`.
    Terminate,
    /// `SIGKILL`.
    Kill,
}

/// What becomes of what a script prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// It is lost.
    Discarded,
    /// The last of it is told with the end of the script.
    Kept,
}

/// To the launcher.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// The first message: what scripts get back.
    Begin(Origin),
    /// Start a script.
    Start(JobId, Program, Output),
    /// Send a signal to the group of a script, if it has not ended.
    Signal(JobId, ScriptSignal),
}

/// From the launcher.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The script has no `#!`, and a shell was started for it.
    ByShell(JobId),
    /// The script cannot be started, with the number of the error.
    NotStarted(JobId, i32),
    /// The script has ended, and printed this last where its output is kept.
    Ended(JobId, End, Vec<u8>),
}
