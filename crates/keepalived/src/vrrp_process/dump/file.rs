//! The file of a dump.

use crate::settings::Settings;
use nix::fcntl::OFlag;
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where a dump goes. Its mode is what the umask leaves, 0600 by default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DumpFile {
    path: PathBuf,
}

impl DumpFile {
    /// The dump of this name in the directory of dumps.
    pub(super) fn new(settings: &Settings, name: &str) -> Self {
        Self {
            path: settings.temporary_directory.join(name),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file.
    ///
    /// It is written under another name and renamed when it is complete, so that nobody reads half of it. Then the file of
    /// the final name is opened for writing and closed once more: some readers wait for the rename, others for the end of
    /// writing to the final name.
    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        let mut other = OsString::from(&self.path);
        other.push(format!(".{}", std::process::id()));
        let other = PathBuf::from(other);
        let written = write_new(&other, text).and_then(|()| fs::rename(&other, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&other);
        }
        written?;
        OpenOptions::new()
            .append(true)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(&self.path)
            .map(drop)
    }
}

/// Writes a file that must not be there: in a directory that others can write to, it would be theirs.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_replaced_and_a_link_not_followed() {
        let directory = std::env::temp_dir().join(format!("keepalived-dump-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let (path, victim) = (directory.join("keepalived.stats"), directory.join("victim"));
        fs::write(&victim, "untouched").unwrap();
        symlink(&victim, &path).unwrap();
        let file = DumpFile { path: path.clone() };
        for text in ["longer", "new"] {
            file.write(text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2);
        fs::remove_dir_all(&directory).unwrap();
    }
}
