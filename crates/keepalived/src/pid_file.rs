//! Pid files.
//!
//! What says that a daemon is running is a lock on the file, never the number in it: the number may be that of a
//! process long gone, or of another one by now. The lock belongs to the open file, so it passes from the process that
//! starts a child to the child, and ends with the last of them, however they end. The original holds the same kind of
//! lock on the same files, so the two never run beside each other by mistake.

use crate::child::LEAVING;
use crate::cli::Options;
use crate::handover::Kind;
use model::{Identity, Micros};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Where pid files are by default.
const RUN: &str = "/run";

/// Where they are with `use_pid_dir`, in a network namespace and with an instance name.
const RUN_DIRECTORY: &str = "/run/keepalived";

/// How long to wait for a child whose parent has been killed: a little longer than it may take to leave.
pub(crate) const ORPHAN: Micros = Micros(LEAVING.0 + 2_000_000);

/// What went wrong with a pid file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PidFileError {
    /// Another process holds the lock.
    #[error("Another process has pid file {} locked", .0.display())]
    Locked(PathBuf),
    /// The file cannot be made, locked or written.
    #[error("pid file {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        error: io::Error,
    },
}

/// The names of the files of one daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunFiles {
    /// Pid file of the supervisor.
    pub(crate) parent: PathBuf,
    checker: PathBuf,
    vrrp: PathBuf,
    bfd: PathBuf,
    /// The directory that the daemon makes for them.
    pub(crate) directory: Option<PathBuf>,
}

impl RunFiles {
    /// The names by the command line and the configuration. Those on the command line must be absolute: a daemon
    /// changes its directory.
    pub(crate) fn new(options: &Options, identity: &Identity) -> Self {
        let has_namespace = options.namespace.is_some() || identity.net_namespace.is_some();
        let instance = identity.instance.as_deref();
        let own_directory = identity.use_pid_dir || has_namespace || instance.is_some();
        let directory = Path::new(if own_directory { RUN_DIRECTORY } else { RUN });
        let file = |given: &Option<PathBuf>, name: &str| {
            given.clone().unwrap_or_else(|| {
                directory.join(instance.map_or_else(
                    || format!("{name}.pid"),
                    |instance| format!("{name}_{instance}.pid"),
                ))
            })
        };
        Self {
            parent: file(&options.pid_file, "keepalived"),
            checker: file(&options.checkers_pid_file, "checkers"),
            vrrp: file(&options.vrrp_pid_file, "vrrp"),
            bfd: file(&options.bfd_pid_file, "bfd"),
            directory: own_directory.then(|| directory.to_owned()),
        }
    }

    /// The pid file of a child.
    pub(crate) fn child(&self, kind: Kind) -> &Path {
        match kind {
            Kind::Checker => &self.checker,
            Kind::Vrrp => &self.vrrp,
            Kind::Bfd => &self.bfd,
        }
    }

    /// The socket beside the parent's pid file: the same name with `.sock`.
    pub(crate) fn control(&self) -> PathBuf {
        control_socket(&self.parent)
    }

    /// The default of `reload_file`.
    pub(crate) fn reload_marker(&self) -> PathBuf {
        self.parent.with_extension("reload")
    }

    /// Makes the directory, for everybody to read.
    pub(crate) fn make_directory(&self) -> io::Result<()> {
        self.directory.as_deref().map_or(Ok(()), make_readable_directory)
    }

    /// Removes the directory if nothing is left in it.
    pub(crate) fn remove_directory(&self) {
        if let Some(directory) = &self.directory {
            // Another instance's files may be in it.
            let _ = fs::remove_dir(directory);
        }
    }
}

/// The socket that belongs to a parent's pid file.
pub(crate) fn control_socket(pid_file: &Path) -> PathBuf {
    pid_file.with_extension("sock")
}

/// A locked pid file.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
    file: File,
}

impl PidFile {
    /// Makes the file, or takes a stale one over, and locks it. It is empty then.
    ///
    /// With patience, waits that long for another process to give up its lock.
    pub(crate) fn lock(path: &Path, patience: Option<Micros>) -> Result<Self, PidFileError> {
        let failed = |error| PidFileError::Io {
            path: path.to_owned(),
            error,
        };
        loop {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o644)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(path)
                .map_err(failed)?;
            match (try_lock(&file).map_err(failed)?, patience) {
                (true, _) => {}
                (false, None) => return Err(PidFileError::Locked(path.to_owned())),
                (false, Some(patience)) => {
                    tracing::info!(
                        "Waiting for the process that has pid file {} locked",
                        path.display()
                    );
                    if !wait_for_lock(&file, patience).map_err(failed)? {
                        return Err(PidFileError::Locked(path.to_owned()));
                    }
                }
            }
            // Whoever held the lock before may have removed the name: then this is a file that nobody can find.
            if is_named(&file, path).map_err(failed)? {
                file.set_len(0)
                    .and_then(|()| file.set_permissions(Permissions::from_mode(0o644)))
                    .map_err(failed)?;
                return Ok(Self {
                    path: path.to_owned(),
                    file,
                });
            }
        }
    }

    /// Writes a pid, never leaving the file empty.
    pub(crate) fn write(&self, pid: u32) -> Result<(), PidFileError> {
        let text = format!("{pid}\n");
        let written = self.file.write_all_at(text.as_bytes(), 0);
        let written = written.and_then(|()| self.file.set_len(text.len() as u64));
        written.map_err(|error| PidFileError::Io {
            path: self.path.clone(),
            error,
        })
    }

    /// Removes the file and gives the lock up.
    pub(crate) fn remove(self) {
        if matches!(is_named(&self.file, &self.path), Ok(true)) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl AsFd for PidFile {
    /// Whoever gets a copy of the descriptor keeps the lock too.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Whether the name leads to this very file.
fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let open = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (open.dev(), open.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A write lock on the whole file.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two constants are small numbers"
)]
const fn whole_file() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file())) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Waits for the lock, but not longer than `patience`. The kernel's wait has no limit, so it is left to a thread; when
/// that is still waiting in the end, the program is about to end too.
fn wait_for_lock(file: &File, patience: Micros) -> io::Result<bool> {
    let waiting = file.try_clone()?;
    let (locked, wait) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = fcntl(&waiting, FcntlArg::F_OFD_SETLKW(&whole_file()));
        let _ = locked.send(result);
    });
    match wait.recv_timeout(Duration::from(patience)) {
        Ok(result) => {
            // The daemon has to be a single thread again before it forks.
            let _ = thread.join();
            result.map(|_| true).map_err(io::Error::from)
        }
        Err(_) => Ok(false),
    }
}

/// Makes a directory that everybody may read, whatever the umask is; one that is there stays as it is.
pub(crate) fn make_readable_directory(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o755).create(directory) {
        Ok(()) => fs::set_permissions(directory, Permissions::from_mode(0o755)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
