//! Whether one script can and may be run (`spec/runtime.md` section 7.3).

use crate::{FileKind, FileStatus, Files};
use model::Credentials;
use std::path::{Path, PathBuf};

/// A script that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Usable {
    /// What is executed.
    pub(super) path: PathBuf,
    /// It was found by a search of `PATH`.
    pub(super) searched: bool,
    /// Why others than root could change what root runs.
    pub(super) insecure: Option<Insecure>,
}

/// A script that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    /// No file of this name in any directory of `PATH`.
    #[error("'{0}' is in no directory of PATH")]
    NotFound(String),
    /// The file or a directory before it cannot be reached.
    #[error("{path} cannot be accessed: {reason}")]
    Inaccessible {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It is no program for its user.
    #[error("{path} is not executable for uid {uid}, gid {gid}")]
    NotExecutable {
        /// The path.
        path: PathBuf,
        /// User it would run under.
        uid: u32,
        /// Group it would run under.
        gid: u32,
    },
    /// Root would run it through something that others can put there.
    #[error("{0}")]
    Unsafe(Insecure),
}

/// A component of a path that others than root can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Insecure {
    component: PathBuf,
    status: FileStatus,
}

impl std::fmt::Display for Insecure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let FileStatus { mode, uid, gid, .. } = self.status;
        let component = self.component.display();
        if self.status.kind == FileKind::Link {
            return write!(f, "{component} is a link that user {uid} owns, not root");
        }
        if uid != 0 {
            return write!(f, "{component} belongs to user {uid}, not root");
        }
        let who = if mode & 0o002 != 0 {
            "everybody".to_owned()
        } else {
            format!("group {gid}")
        };
        write!(f, "{component} can be written by {who} (mode {mode:04o})")
    }
}

impl Insecure {
    /// The command that mends it.
    pub(super) fn remedy(&self) -> String {
        let component = self.component.display();
        match self.status.uid {
            0 => format!("chmod go-w {component}"),
            _ if self.status.kind == FileKind::Link => format!("chown -h root {component}"),
            _ => format!("chown root {component}"),
        }
    }
}

/// How scripts are looked at.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) files: &'a dyn Files,
    /// `PATH`.
    pub(super) search_path: &'a str,
    /// `use_symlink_paths`: the path as written is executed.
    pub(super) keep_links: bool,
}

impl Rules<'_> {
    /// Looks a program up, as its user would see it.
    pub(super) fn look(&self, program: &str, user: &Credentials) -> Result<Usable, Unusable> {
        let searched = !program.contains('/');
        let written = if searched {
            self.search(program, user)
                .ok_or_else(|| Unusable::NotFound(program.to_owned()))?
        } else {
            PathBuf::from(program)
        };
        let inaccessible = |reason: String| Unusable::Inaccessible {
            path: written.clone(),
            reason,
        };
        if !written.is_absolute() {
            return Err(inaccessible("it is no absolute path".to_owned()));
        }
        self.reach(&written, user).map_err(&inaccessible)?;
        let real = self
            .files
            .real_path(&written)
            .map_err(|error| inaccessible(error.to_string()))?;
        let status = self
            .files
            .status(&real)
            .map_err(|error| inaccessible(error.to_string()))?;
        if status.kind != FileKind::Regular || !may(status, user, 0o1) {
            return Err(Unusable::NotExecutable {
                path: written,
                uid: user.uid,
                gid: user.gid,
            });
        }
        let privileged = user.uid == 0
            || user.gid == 0
            || (status.mode & 0o4000 != 0 && status.uid == 0)
            || (status.mode & 0o2000 != 0 && status.gid == 0);
        let insecure = if privileged {
            let found = self.insecure(&written).or_else(|| self.insecure(&real));
            // A foreign link decides what root runs; no setting makes that acceptable.
            if let Some(link) = found.as_ref().filter(|found| found.status.kind == FileKind::Link) {
                return Err(Unusable::Unsafe(link.clone()));
            }
            found
        } else {
            None
        };
        Ok(Usable {
            path: if self.keep_links { written } else { real },
            searched,
            insecure,
        })
    }

    fn search(&self, program: &str, user: &Credentials) -> Option<PathBuf> {
        self.search_path
            .split(':')
            .filter(|directory| directory.starts_with('/'))
            .map(|directory| Path::new(directory).join(program))
            .find(|path| {
                self.reach(path, user).is_ok()
                    && self
                        .files
                        .status(path)
                        .is_ok_and(|status| status.kind == FileKind::Regular && may(status, user, 0o1))
            })
    }

    /// Whether the user can get through the directories to a file.
    fn reach(&self, path: &Path, user: &Credentials) -> Result<(), String> {
        for directory in directories(path) {
            let status = self.files.status(&directory).map_err(|error| error.to_string())?;
            if status.kind != FileKind::Directory {
                return Err(format!("{} is no directory", directory.display()));
            }
            if !may(status, user, 0o1) {
                return Err(format!("{} is closed to user {}", directory.display(), user.uid));
            }
        }
        self.files
            .status(path)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// The first component of a path that others than root can change. Links that root owns are as good as what they
    /// lead to, which is looked at by the real path.
    fn insecure(&self, path: &Path) -> Option<Insecure> {
        let mut components: Vec<PathBuf> = directories(path);
        components.push(path.to_owned());
        components.into_iter().find_map(|component| {
            let link = self.files.link_status(&component).ok()?;
            let is_last = component == path;
            let status = match link.kind {
                FileKind::Link if link.uid != 0 && !is_last => link,
                _ => self.files.status(&component).ok()?,
            };
            let sticky_directory = status.kind == FileKind::Directory && status.mode & 0o1000 != 0;
            let open = !sticky_directory
                && ((status.mode & 0o020 != 0 && status.gid != 0) || status.mode & 0o002 != 0);
            (status.uid != 0 || status.kind == FileKind::Link || open)
                .then_some(Insecure { component, status })
        })
    }
}

/// `/`, and every directory on the way to a file.
fn directories(path: &Path) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = path.ancestors().skip(1).map(Path::to_owned).collect();
    directories.reverse();
    directories
}

/// Whether a user has a permission of a file; root has it if anybody does.
fn may(status: FileStatus, user: &Credentials, bit: u32) -> bool {
    if user.uid == 0 {
        return status.kind == FileKind::Directory || status.mode & (bit * 0o111) != 0;
    }
    let shift = if status.uid == user.uid {
        6
    } else if status.gid == user.gid || user.supplementary_groups.contains(&status.gid) {
        3
    } else {
        0
    };
    status.mode >> shift & bit != 0
}

#[cfg(test)]
mod tests;
