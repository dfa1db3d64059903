//! The limit of open files.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors that every process has beside those that its configuration asks for.
const OTHERS: u64 = 64;

/// Lets the process have this many descriptors at once for what is configured. What the administrator allows at most is the
/// bound.
pub(crate) fn allow(count: usize) {
    let needed = u64::try_from(count).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft >= needed {
            return Ok(());
        }
        setrlimit(Resource::RLIMIT_NOFILE, needed.min(hard), hard)
    });
    if let Err(errno) = raised {
        tracing::warn!("raising the limit of open files to {needed}: {}", errno.desc());
    }
}
