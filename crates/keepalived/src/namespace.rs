//! A network namespace to run in.

use crate::pid_file::make_readable_directory;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Where `ip netns` keeps namespaces.
const NAMESPACES: &str = "/run/netns";

/// The directory that each namespace has for itself.
const RUN_DIRECTORY: &str = "/run/keepalived";

/// Why a namespace cannot be entered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NamespaceError {
    /// There is none with that name.
    #[error("{}: {error}", path.display())]
    Open {
        /// Where it should be.
        path: PathBuf,
        /// What the kernel says.
        error: io::Error,
    },
    /// A system call failed.
    #[error("{step}: {errno}")]
    System {
        /// What was to be done.
        step: &'static str,
        /// What the kernel says.
        errno: Errno,
    },
    /// The run directory of the namespace cannot be made.
    #[error("{RUN_DIRECTORY}: {0}")]
    Directory(io::Error),
}

fn step(step: &'static str) -> impl FnOnce(Errno) -> NamespaceError {
    move |errno| NamespaceError::System { step, errno }
}

/// Enters a network namespace. Interfaces are those of the namespace from then on; nothing else changes.
pub(crate) fn enter(name: &str) -> Result<(), NamespaceError> {
    enter_file(Path::new(NAMESPACES).join(name))
}

/// Enters the network namespace of the machine.
pub(crate) fn enter_initial() -> Result<(), NamespaceError> {
    enter_file(PathBuf::from("/proc/1/ns/net"))
}

fn enter_file(path: PathBuf) -> Result<(), NamespaceError> {
    let file = File::open(&path).map_err(|error| NamespaceError::Open { path, error })?;
    setns(&file, CloneFlags::CLONE_NEWNET).map_err(step("setns"))
}

/// The private `/run/keepalived` of a namespace, so that daemons in several namespaces use the same names there. On the
/// outside it is `/run/keepalived/NAME`.
#[derive(Debug)]
pub(crate) struct PrivateRun {
    outside: PathBuf,
}

impl PrivateRun {
    /// Makes the directory and mounts it, in a mount namespace of this process and its children.
    pub(crate) fn mount(name: &str) -> Result<Self, NamespaceError> {
        let outside = Path::new(RUN_DIRECTORY).join(name);
        for directory in [Path::new(RUN_DIRECTORY), &outside] {
            make_readable_directory(directory).map_err(NamespaceError::Directory)?;
        }
        unshare(CloneFlags::CLONE_NEWNS).map_err(step("unshare of the mount namespace"))?;
        let nothing = None::<&str>;
        mount(
            nothing,
            "/",
            nothing,
            MsFlags::MS_REC | MsFlags::MS_SLAVE,
            nothing,
        )
        .map_err(step("slave mount of /"))?;
        mount(Some(&outside), RUN_DIRECTORY, nothing, MsFlags::MS_BIND, nothing)
            .map_err(step("bind mount of /run/keepalived"))?;
        Ok(Self { outside })
    }

    /// Takes the mount away, and the directories as far as they are empty.
    pub(crate) fn unmount(self) {
        if umount2(RUN_DIRECTORY, MntFlags::MNT_DETACH).is_ok() && fs::remove_dir(self.outside).is_ok() {
            let _ = fs::remove_dir(RUN_DIRECTORY);
        }
    }
}
