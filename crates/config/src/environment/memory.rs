//! Files in memory, for tests, fuzzing and `simulate`.

use super::{FileKind, FileStatus, FileSystem, Files};
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A file system in memory. Its working directory is `/`; it has no links. Everything belongs to root.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles(BTreeMap<PathBuf, (FileStatus, Vec<u8>)>);

impl MemoryFiles {
    /// With a readable file, and the directories above it.
    #[must_use]
    pub fn with(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.with_status(path, FileKind::Regular, 0o644, content)
    }

    /// With a file of any kind.
    #[must_use]
    pub fn with_status(mut self, path: &str, kind: FileKind, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        let path = plain(Path::new(path));
        for parent in path.ancestors().skip(1) {
            let directory = || (status(FileKind::Directory, 0o755), Vec::new());
            self.0.entry(parent.to_owned()).or_insert_with(directory);
        }
        self.0.insert(path, (status(kind, mode), content.into()));
        self
    }

    fn find(&self, path: &Path) -> io::Result<&(FileStatus, Vec<u8>)> {
        self.0
            .get(&plain(path))
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

const fn status(kind: FileKind, mode: u32) -> FileStatus {
    FileStatus {
        kind,
        mode,
        uid: 0,
        gid: 0,
    }
}

/// An absolute path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => _ = plain.pop(),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    plain
}

impl Files for MemoryFiles {
    fn working_directory(&self) -> io::Result<PathBuf> {
        Ok("/".into())
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.find(path)? {
            (status, _) if status.mode & 0o444 == 0 => Err(io::ErrorKind::PermissionDenied.into()),
            (status, content) if status.kind == FileKind::Regular => Ok(content.clone()),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        self.find(path).map(|(status, _)| *status)
    }

    fn link_status(&self, path: &Path) -> io::Result<FileStatus> {
        self.status(path)
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        self.find(path).map(|_| plain(path))
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let (status, _) = self.find(directory)?;
        if status.mode & 0o444 == 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let directory = plain(directory);
        let inside = self.0.keys().filter(|path| path.parent() == Some(&directory));
        Ok(inside
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }

    fn file_system(&self, path: &Path) -> io::Result<FileSystem> {
        self.find(path).map(|_| FileSystem {
            magic: 0xef53,
            read_only: false,
        })
    }
}
