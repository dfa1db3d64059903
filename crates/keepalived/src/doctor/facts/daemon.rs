//! Whether keepalived is running here, and what an earlier one left.

use crate::cli::Options;
use crate::pid_file::RunFiles;
use model::Configuration;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What the pid file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum Lock {
    /// There is none.
    NoFile,
    /// A running daemon holds it.
    Held {
        /// Its number.
        pid: u32,
    },
    /// Nobody holds it.
    Stale {
        /// The number in it, if there is one.
        pid: Option<u32>,
    },
}

/// Whether keepalived is running here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) struct DaemonState {
    /// The pid file.
    pub(in crate::doctor) pid_file: PathBuf,
    /// What it says.
    pub(in crate::doctor) lock: Lock,
    /// Processes in this network namespace that are called keepalived and have no keepalived above them, other than the one
    /// in the pid file.
    pub(in crate::doctor) strays: Vec<u32>,
}

impl DaemonState {
    /// Whether it is running.
    pub(in crate::doctor) const fn is_running(&self) -> bool {
        matches!(self.lock, Lock::Held { .. })
    }
}

pub(super) fn gather(configuration: &Configuration, pid_file: Option<&Path>) -> DaemonState {
    let files = RunFiles::new(&Options::default(), &configuration.globals.identity);
    let pid_file = pid_file.map_or(files.parent, Path::to_owned);
    let lock = lock(&pid_file);
    let running = if let Lock::Held { pid } = lock {
        Some(pid)
    } else {
        None
    };
    DaemonState {
        strays: strays(running),
        pid_file,
        lock,
    }
}

/// Locks nothing itself: a daemon that starts at this moment must not meet a lock of ours.
fn lock(path: &Path) -> Lock {
    let Ok(file) = fs::metadata(path) else {
        return Lock::NoFile;
    };
    let pid = fs::read_to_string(path)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    match pid {
        Some(pid) if is_locked(&locks, file.ino()) => Lock::Held { pid },
        pid => Lock::Stale { pid },
    }
}

/// Whether somebody has a lock on the file with this inode, by `/proc/locks`.
fn is_locked(locks: &str, inode: u64) -> bool {
    locks.lines().any(|line| {
        let file = line
            .split_whitespace()
            .find(|word| word.matches(':').count() == 2);
        let held = !line.contains("->");
        held && file.and_then(|file| file.rsplit(':').next()) == Some(inode.to_string().as_str())
    })
}

/// Processes in this network namespace called keepalived whose parent is not.
fn strays(running: Option<u32>) -> Vec<u32> {
    let namespace = |pid: &str| {
        fs::metadata(format!("/proc/{pid}/ns/net"))
            .map(|file| file.ino())
            .ok()
    };
    let ours = namespace("self");
    let own = std::process::id();
    let named = |pid: &str| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "keepalived")
    };
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()) && named(pid) && namespace(pid) == ours)
        .filter(|pid| !parent(pid).is_some_and(|parent| named(&parent)))
        .filter_map(|pid| pid.parse().ok())
        .filter(|pid| Some(*pid) != running && *pid != own)
        .collect()
}

fn parent(pid: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Some(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_found_by_its_inode() {
        let locks = "\
1: FLOCK  ADVISORY  WRITE 812 00:1a:4242 0 EOF
2: POSIX  ADVISORY  WRITE 900 fe:00:77 0 EOF
2: -> POSIX  ADVISORY  WRITE 901 fe:00:78 0 EOF
";
        assert!(is_locked(locks, 4242));
        assert!(is_locked(locks, 77));
        assert!(!is_locked(locks, 42));
        assert!(!is_locked(locks, 78), "one that waits has no lock");
    }
}
