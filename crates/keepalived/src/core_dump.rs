//! `-m` and `-M`: core files.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::{fs, io};

const PATTERN: &str = "/proc/sys/kernel/core_pattern";

/// The soft and hard limit on the size of core files.
pub(crate) fn limit() -> io::Result<(u64, u64)> {
    Ok(getrlimit(Resource::RLIMIT_CORE)?)
}

/// Takes the limit away, for this process and its children.
pub(crate) fn unlimit() -> io::Result<()> {
    Ok(setrlimit(Resource::RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY)?)
}

/// The kernel's pattern for the names of core files, put back at the end.
#[derive(Debug)]
pub(crate) struct Pattern {
    before: Vec<u8>,
}

impl Pattern {
    /// Sets the pattern.
    pub(crate) fn set(pattern: &OsStr) -> io::Result<Self> {
        let before = fs::read(Path::new(PATTERN))?;
        fs::write(PATTERN, pattern.as_bytes())?;
        Ok(Self { before })
    }

    /// Puts the one before back.
    pub(crate) fn restore(self) {
        let before = std::ffi::OsString::from_vec(self.before);
        if let Err(error) = fs::write(PATTERN, before.as_bytes()) {
            tracing::warn!("{PATTERN} cannot be put back to {}: {error}", before.display());
        }
    }
}
