//! What may be read as a configuration file (`spec/config-language.md` section 1).

use crate::{FileKind, Files};
use std::io;
use std::path::Path;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("it does not exist")]
    Missing,
    #[error("it is a directory")]
    Directory,
    #[error("it is not a regular file")]
    NotRegular,
    #[error("it is executable")]
    Executable,
    #[error("it cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

/// Whether a file may be read: regular, and not executable for anyone, so that a script is not taken for one.
pub(crate) fn is_usable(files: &dyn Files, path: &Path) -> Result<(), Unusable> {
    let status = files.status(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unusable::Missing,
        _ => Unusable::Unreadable(error),
    })?;
    match status.kind {
        FileKind::Regular if status.mode & 0o111 != 0 => Err(Unusable::Executable),
        FileKind::Regular => Ok(()),
        FileKind::Directory => Err(Unusable::Directory),
        _ => Err(Unusable::NotRegular),
    }
}

impl Unusable {
    /// What to do about it.
    pub(crate) const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Executable => {
                Some("take the execute permission away (`chmod a-x`) if it is a configuration file")
            }
            Self::Directory => Some("write `DIRECTORY/*.conf` for the files in it"),
            _ => None,
        }
    }
}
