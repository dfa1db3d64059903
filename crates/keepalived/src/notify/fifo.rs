//! FIFOs for events (`spec/runtime.md` section 7.5).

use super::SharedReader;
use model::{Command, Credentials, FifoSettings};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, lstat};
use nix::unistd::{Gid, Uid, fchown, mkfifo, unlink, write};
use std::io;
use std::os::fd::OwnedFd;

/// Permissions of a FIFO, less the umask.
const MODE: u32 = 0o644;

/// Path and owner of a FIFO.
type Place = (String, Option<Credentials>);

/// A FIFO of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FifoPlan {
    path: String,
    owner: Option<Credentials>,
    /// Started with the path as its last argument.
    pub(super) reader: Option<Command>,
}

impl FifoPlan {
    /// The FIFOs that get the events of VRRP.
    pub(super) fn of_vrrp(settings: &FifoSettings, shared: SharedReader) -> Vec<Self> {
        let reader_of_all = settings
            .all_script
            .as_ref()
            .filter(|_| shared == SharedReader::Ours);
        Self::list([
            (&settings.all, reader_of_all),
            (&settings.vrrp, settings.vrrp_script.as_ref()),
        ])
    }

    /// The FIFOs that get the events of virtual and real servers.
    pub(super) fn of_lvs(settings: &FifoSettings) -> Vec<Self> {
        Self::list([
            (&settings.all, settings.all_script.as_ref()),
            (&settings.lvs, settings.lvs_script.as_ref()),
        ])
    }

    fn list(fifos: [(&Option<Place>, Option<&Command>); 2]) -> Vec<Self> {
        let plans = fifos.into_iter().filter_map(|(fifo, reader)| {
            let (path, owner) = fifo.clone()?;
            Some(Self {
                path,
                owner,
                reader: reader.cloned(),
            })
        });
        plans.collect()
    }

    pub(super) const fn has_reader(&self) -> bool {
        self.reader.is_some()
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// Whether the file is ours to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    /// We made it.
    ByUs,
    /// It was there.
    Before,
}

/// Why a FIFO cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FifoError {
    #[error("FIFO {path}: {source}")]
    Io { path: String, source: io::Error },
    #[error("FIFO {0}: there is a file of this name that is no FIFO")]
    OtherFile(String),
    #[error("FIFO {path} belongs to user {uid}, neither to keepalived's user nor to the configured one")]
    OtherOwner { path: String, uid: u32 },
}

/// An open FIFO. Dropping it closes it, and removes it before if we made it, so that a reader that opens it again finds the
/// next one or none.
#[derive(Debug)]
pub(super) struct Fifo {
    path: String,
    descriptor: OwnedFd,
    status: FileStat,
    made: Made,
    /// Lines that found no room since one did.
    lost: u64,
}

impl Fifo {
    /// Opens the FIFO, and makes it if it is not there.
    pub(super) fn open(plan: &FifoPlan) -> Result<Self, FifoError> {
        let path = plan.path.as_str();
        let failed = |errno: Errno| FifoError::Io {
            path: path.to_owned(),
            source: errno.into(),
        };
        let made = match mkfifo(path, Mode::from_bits_truncate(MODE)) {
            Ok(()) => Made::ByUs,
            Err(Errno::EEXIST) => Made::Before,
            Err(errno) => return Err(failed(errno)),
        };
        // With a reading end of our own the open never waits, and writes succeed without a reader until the pipe is full.
        let flags = OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let descriptor = open(path, flags, Mode::empty()).map_err(failed)?;
        let status = fstat(&descriptor).map_err(failed)?;
        if status.st_mode & SFlag::S_IFMT.bits() != SFlag::S_IFIFO.bits() {
            return Err(FifoError::OtherFile(path.to_owned()));
        }
        let configured = plan.owner.as_ref().map(|owner| owner.uid);
        if status.st_uid != Uid::effective().as_raw() && Some(status.st_uid) != configured {
            return Err(FifoError::OtherOwner {
                path: path.to_owned(),
                uid: status.st_uid,
            });
        }
        if let Some(owner) = plan.owner.as_ref().filter(|_| made == Made::ByUs) {
            let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
            if let Err(errno) = fchown(&descriptor, Some(uid), Some(gid)) {
                tracing::warn!("FIFO {path}: owner {uid}:{gid}: {}", errno.desc());
            }
        }
        Ok(Self {
            path: path.to_owned(),
            descriptor,
            status,
            made,
            lost: 0,
        })
    }

    /// Writes a line that ends with a line feed. Where there is no room for it, it is lost and counted.
    pub(super) fn write(&mut self, line: &str) {
        match write(&self.descriptor, line.as_bytes()) {
            // A line is shorter than the size up to which a pipe takes all or nothing.
            Ok(_) => {
                if self.lost > 0 {
                    tracing::warn!("FIFO {} has room again; {} lines are lost", self.path, self.lost);
                    self.lost = 0;
                }
            }
            Err(errno) => {
                if self.lost == 0 {
                    let why = match errno {
                        Errno::EAGAIN => "full, and nobody reads it",
                        other => other.desc(),
                    };
                    tracing::warn!("FIFO {}: {why}; lines are lost", self.path);
                }
                self.lost += 1;
            }
        }
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        // Not one that others have put in its place.
        let is_ours = self.made == Made::ByUs
            && lstat(self.path.as_str())
                .is_ok_and(|there| (there.st_dev, there.st_ino) == (self.status.st_dev, self.status.st_ino));
        if is_ours {
            let _ = unlink(self.path.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::read;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    fn place(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("keepalived-fifo-{name}-{}", std::process::id()))
    }

    fn plan(path: &Path) -> FifoPlan {
        FifoPlan {
            path: path.display().to_string(),
            owner: None,
            reader: None,
        }
    }

    fn read_all(fifo: &Fifo) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        while let Ok(length) = read(&fifo.descriptor, &mut buffer) {
            text.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        text
    }

    #[test]
    fn lines_wait_for_a_reader_and_those_without_room_are_lost() {
        let path = place("lines");
        let mut fifo = Fifo::open(&plan(&path)).unwrap();
        let line = "INSTANCE \"V\" MASTER 100\n";
        while fifo.lost == 0 {
            fifo.write(line);
        }
        fifo.write(line);
        assert_eq!(fifo.lost, 2);
        let text = read_all(&fifo);
        assert!(text.len() > 60_000 && text.lines().all(|read| read == line.trim_end()));
        fifo.write(line);
        assert_eq!((read_all(&fifo).as_str(), fifo.lost), (line, 0));
        drop(fifo);
        assert!(!path.exists());
    }

    #[test]
    fn what_was_there_before_stays() {
        let path = place("before");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        drop(Fifo::open(&plan(&path)).unwrap());
        assert!(path.exists());
        fs::remove_file(&path).unwrap();
        // Nor is a file removed that took its place meanwhile.
        let fifo = Fifo::open(&plan(&path)).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "other").unwrap();
        drop(fifo);
        assert!(matches!(Fifo::open(&plan(&path)), Err(FifoError::OtherFile(_))));
        fs::remove_file(&path).unwrap();
        symlink("/dev/null", &path).unwrap();
        assert!(matches!(Fifo::open(&plan(&path)), Err(FifoError::Io { .. })));
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn one_of_a_third_user_is_not_written_to() {
        if !Uid::effective().is_root() {
            return;
        }
        let path = place("owner");
        let mut plan = plan(&path);
        let owner = |uid| {
            Some(Credentials {
                uid,
                gid: uid,
                supplementary_groups: Vec::new(),
            })
        };
        plan.owner = owner(65_534);
        let fifo = Fifo::open(&plan).unwrap();
        assert_eq!(lstat(&path).unwrap().st_uid, 65_534);
        plan.owner = owner(1);
        assert!(matches!(
            Fifo::open(&plan),
            Err(FifoError::OtherOwner { uid: 65_534, .. })
        ));
        drop(fifo);
    }
}
