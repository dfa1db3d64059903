//! The machine that the program runs on, for [`Environment`](crate::Environment).

use crate::{FileKind, FileStatus, FileSystem, Files, Resolver, User, Users};
use nix::unistd;
use std::ffi::CString;
use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::net::{IpAddr, ToSocketAddrs};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

fn status(metadata: &Metadata) -> FileStatus {
    let kind = metadata.file_type();
    FileStatus {
        kind: if kind.is_file() {
            FileKind::Regular
        } else if kind.is_dir() {
            FileKind::Directory
        } else if kind.is_symlink() {
            FileKind::Link
        } else if kind.is_fifo() {
            FileKind::Fifo
        } else {
            FileKind::Other
        },
        mode: metadata.mode() & 0o7777,
        uid: metadata.uid(),
        gid: metadata.gid(),
    }
}

impl Files for SystemFiles {
    fn working_directory(&self) -> io::Result<PathBuf> {
        std::env::current_dir()
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }
    fn read_at_most(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        let more = limit.saturating_add(1);
        let read = fs::File::open(path)?.take(more).read_to_end(&mut content)?;
        if read as u64 > limit {
            Err(io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(content)
        }
    }
    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        fs::metadata(path).map(|metadata| status(&metadata))
    }
    fn link_status(&self, path: &Path) -> io::Result<FileStatus> {
        fs::symlink_metadata(path).map(|metadata| status(&metadata))
    }
    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names: Vec<String> = fs::read_dir(directory)?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        Ok(names)
    }
    fn file_system(&self, path: &Path) -> io::Result<FileSystem> {
        let kind = nix::sys::statfs::statfs(path)?;
        let flags = nix::sys::statvfs::statvfs(path)?.flags();
        Ok(FileSystem {
            magic: kind.filesystem_type().0,
            read_only: flags.contains(nix::sys::statvfs::FsFlags::ST_RDONLY),
        })
    }
}

/// The user database of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemUsers;

fn user(found: unistd::User) -> User {
    User {
        name: found.name,
        uid: found.uid.as_raw(),
        gid: found.gid.as_raw(),
    }
}

impl Users for SystemUsers {
    fn user(&self, name: &str) -> Option<User> {
        unistd::User::from_name(name).ok().flatten().map(user)
    }
    fn user_of_id(&self, uid: u32) -> Option<User> {
        unistd::User::from_uid(uid.into()).ok().flatten().map(user)
    }
    fn group(&self, name: &str) -> Option<u32> {
        let group = unistd::Group::from_name(name).ok().flatten()?;
        Some(group.gid.as_raw())
    }
    fn groups_of(&self, user: &User) -> Vec<u32> {
        let Ok(name) = CString::new(user.name.as_bytes()) else {
            return Vec::new();
        };
        unistd::getgrouplist(&name, user.gid.into())
            .map(|groups| groups.into_iter().map(unistd::Gid::as_raw).collect())
            .unwrap_or_default()
    }
}

/// Name look-ups by the system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        (host, 0)
            .to_socket_addrs()
            .map(|found| found.map(|address| address.ip()).collect())
            .unwrap_or_default()
    }
}
