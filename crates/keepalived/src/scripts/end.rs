//! How a script ended.

use nix::sys::wait::WaitStatus;
use serde::{Deserialize, Serialize};

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// It exited with this status.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
}

impl End {
    /// What scripts that cannot be started are taken to have done.
    /// compat: errors of scripts are not errors of servers.
    pub(super) const NOT_STARTED: Self = Self::Exited(0);

    /// From what the kernel says; nothing for a process that goes on.
    pub(super) const fn of(status: WaitStatus) -> Option<Self> {
        match status {
            WaitStatus::Exited(_, code) => Some(Self::Exited(code)),
            WaitStatus::Signaled(_, signal, _) => Some(Self::Signalled(signal as i32)),
            _ => None,
        }
    }
}
