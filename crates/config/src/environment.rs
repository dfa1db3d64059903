//! What the reading of a configuration asks of the machine, so that a test needs no real file, user or interface.

mod memory;

pub use memory::MemoryFiles;

use model::RegexCheck;
use model::interface::Interfaces;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Everything outside the text of the configuration that its meaning depends on.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Files and directories.
    pub files: &'a dyn Files,
    /// Users and groups.
    pub users: &'a dyn Users,
    /// Compiles a regular expression (`regex`); an error is why it is none.
    pub patterns: &'a dyn Fn(&RegexCheck) -> Result<(), String>,
    /// Name look-ups (`smtp_server`).
    pub resolver: &'a dyn Resolver,
    /// The interfaces of the network namespace that the daemon runs in.
    pub interfaces: &'a Interfaces,
    /// Variables of the process environment (`${_ENV NAME}`, `PATH`).
    pub variables: &'a dyn Fn(&str) -> Option<String>,
    /// The node name, `uname -n`.
    pub node_name: &'a str,
    /// The canonical local host name: default of `router_id` and of the mail sender.
    pub host_name: &'a str,
    /// User id that the daemon runs under.
    pub uid: u32,
    /// Group id that the daemon runs under.
    pub gid: u32,
    /// Number of processors that are online.
    pub processors: u16,
    /// Seed of `${_RANDOM}`.
    pub seed: u64,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link; only [`Files::link_status`] says so.
    Link,
    /// A FIFO.
    Fifo,
    /// A device or socket.
    Other,
}

/// Type, owner and permissions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// What it is.
    pub kind: FileKind,
    /// Permission bits, `0o7777` at most.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// The file system that holds a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// `f_type` of `statfs(2)`.
    pub magic: i64,
    /// Mounted read-only.
    pub read_only: bool,
}

/// The file system.
pub trait Files {
    /// The working directory at start; relative names start here.
    fn working_directory(&self) -> io::Result<PathBuf>;
    /// The whole content of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The whole content of a file that has no more than `limit` bytes; else [`io::ErrorKind::FileTooLarge`].
    fn read_at_most(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let content = self.read(path)?;
        if content.len() as u64 > limit {
            Err(io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(content)
        }
    }
    /// Status of what `path` leads to, links followed.
    fn status(&self, path: &Path) -> io::Result<FileStatus>;
    /// Status of `path` itself, the last link not followed.
    fn link_status(&self, path: &Path) -> io::Result<FileStatus>;
    /// The path with every link resolved.
    fn real_path(&self, path: &Path) -> io::Result<PathBuf>;
    /// Names in a directory, sorted, without `.` and `..`.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// The file system that holds `path`.
    fn file_system(&self, path: &Path) -> io::Result<FileSystem>;
}

/// A user of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Login name.
    pub name: String,
    /// User id.
    pub uid: u32,
    /// Primary group.
    pub gid: u32,
}

/// The user database.
pub trait Users {
    /// The user with this name.
    fn user(&self, name: &str) -> Option<User>;
    /// The user with this id.
    fn user_of_id(&self, uid: u32) -> Option<User>;
    /// Id of the group with this name.
    fn group(&self, name: &str) -> Option<u32>;
    /// The supplementary groups of a user, its primary group among them.
    fn groups_of(&self, user: &User) -> Vec<u32>;
}

/// Name look-ups.
pub trait Resolver {
    /// Addresses of a host, best first; empty where it has none.
    fn addresses(&self, host: &str) -> Vec<IpAddr>;
}
