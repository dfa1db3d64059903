//! What scripts get back of what the daemon changed for itself.

use kernel::sys::{self, Limit};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

/// The limits that the daemon's processes raise or lower for themselves.
const RESOURCES: [Resource; 4] = [
    Resource::RLIMIT_CORE,
    Resource::RLIMIT_NOFILE,
    Resource::RLIMIT_MEMLOCK,
    Resource::RLIMIT_RTTIME,
];

/// Limits and nice value as a process found them.
///
/// Take it before anything is changed. The launcher is started early and gives itself these values, which changes nothing
/// then; one that has to be started again later needs them. (Real-time scheduling is not passed on to a process that is
/// forked, and locked memory is not either.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Soft and hard limits, in the order of `RESOURCES`; nothing where the kernel would not say.
    limits: [Option<(u64, u64)>; RESOURCES.len()],
    nice: Option<i8>,
}

impl Origin {
    /// What the calling process has now, but for the limit of core files, which `-m` has changed already in the parent.
    #[must_use]
    pub fn of_this_process(core_limit: (u64, u64)) -> Self {
        let mut limits = RESOURCES.map(|resource| getrlimit(resource).ok());
        limits[0] = Some(core_limit);
        Self {
            limits,
            nice: sys::nice().ok(),
        }
    }

    /// The limits, for a script that the calling process itself starts.
    pub(super) fn limits(&self) -> Vec<Limit> {
        let known = RESOURCES.into_iter().zip(self.limits);
        known
            .filter_map(|(resource, limit)| {
                let (soft, hard) = limit?;
                Some(Limit { resource, soft, hard })
            })
            .collect()
    }

    /// Gives these values to the calling process. What the kernel refuses stays as it is.
    pub(super) fn restore(&self) {
        for limit in self.limits() {
            let _ = setrlimit(limit.resource, limit.soft, limit.hard);
        }
        if let Some(nice) = self.nice {
            let _ = sys::set_nice(nice);
        }
    }
}
