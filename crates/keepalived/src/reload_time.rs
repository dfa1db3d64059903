//! `reload_time_file`: a file that says when to reload.

mod entry;

use crate::clock;
use entry::{Entry, EntryError};
use jiff::tz::TimeZone;
use model::Micros;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// Longest content that is looked at: one line, its end, and a byte more to see that there is more.
const LONGEST: u64 = 64;

/// What happens to files in the directory, and to the directory itself.
const WATCHED: AddWatchFlags = AddWatchFlags::IN_CLOSE_WRITE
    .union(AddWatchFlags::IN_MOVED_TO)
    .union(AddWatchFlags::IN_MOVED_FROM)
    .union(AddWatchFlags::IN_DELETE)
    .union(AddWatchFlags::IN_DELETE_SELF)
    .union(AddWatchFlags::IN_MOVE_SELF);

/// After these the directory is no longer the one that was configured.
const LOST: AddWatchFlags = AddWatchFlags::IN_DELETE_SELF
    .union(AddWatchFlags::IN_MOVE_SELF)
    .union(AddWatchFlags::IN_IGNORED)
    .union(AddWatchFlags::IN_UNMOUNT);

/// The watch over the file, from one reload to the next.
#[derive(Debug)]
pub(crate) struct ReloadTime {
    path: PathBuf,
    name: OsString,
    repeats: Repeats,
    /// Nothing once the directory has gone.
    inotify: Option<Inotify>,
    scheduled: Option<Entry>,
}

/// Whether a time without a date is for every day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// The file is removed when its time has come.
    Never,
    /// `reload_repeat`: it stays, unless it has a date.
    Daily,
}

impl ReloadTime {
    /// Watches the directory of the file, and takes the file in if it is there.
    pub(crate) fn watch(path: &Path, repeats: Repeats) -> io::Result<Self> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(ErrorKind::InvalidInput, "not the name of a file"));
        };
        if !path.is_absolute() {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "the name must be absolute",
            ));
        }
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        inotify.add_watch(directory, WATCHED | AddWatchFlags::IN_ONLYDIR)?;
        let mut watch = Self {
            path: path.to_owned(),
            name: name.to_owned(),
            repeats,
            inotify: Some(inotify),
            scheduled: None,
        };
        watch.read_file();
        Ok(watch)
    }

    /// Readable when something has happened to the file.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(AsFd::as_fd)
    }

    /// How long it is until the reload. A clock that is set meanwhile changes the answer, so ask now and then.
    pub(crate) fn left(&self) -> Option<Micros> {
        self.scheduled.map(|entry| entry.at.saturating_sub(clock::wall()))
    }

    /// Takes note of what has happened to the file.
    pub(crate) fn handle_events(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        let Ok(events) = inotify.read_events() else { return };
        for event in events {
            if event.mask.intersects(LOST) {
                tracing::warn!(
                    "the directory of {} is gone: no scheduled reloads until the next one",
                    self.path.display()
                );
                self.cancel();
                self.inotify = None;
                return;
            }
            if event.name.as_ref() == Some(&self.name) {
                if event
                    .mask
                    .intersects(AddWatchFlags::IN_DELETE | AddWatchFlags::IN_MOVED_FROM)
                {
                    self.cancel();
                } else {
                    self.read_file();
                }
            }
        }
    }

    /// Whether the time has come; then it is the time of one reload.
    pub(crate) fn is_due(&mut self) -> bool {
        let Some(entry) = self.scheduled.filter(|entry| entry.at <= clock::wall()) else {
            return false;
        };
        self.scheduled = None;
        if entry.has_date || self.repeats == Repeats::Never {
            if let Err(error) = fs::remove_file(&self.path) {
                tracing::warn!("{}: {error}", self.path.display());
            }
        } else {
            self.read_file();
        }
        true
    }

    fn read_file(&mut self) {
        let mut text = String::new();
        let read = File::open(&self.path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(error) => {
                tracing::warn!("{}: {error}", self.path.display());
                self.cancel();
                return;
            }
        }
        let line = text.split('\n').next().unwrap_or_default();
        match Entry::parse(line, clock::wall(), &TimeZone::system()) {
            Ok(new) => self.schedule(new),
            Err(error) => {
                self.complain(line, error);
                self.cancel();
            }
        }
    }

    fn complain(&self, line: &str, error: EntryError) {
        tracing::warn!("{}: {line:?} is {error}", self.path.display());
    }

    fn schedule(&mut self, new: Entry) {
        match self.scheduled.replace(new) {
            Some(old) if old.at == new.at => {}
            Some(old) => tracing::info!("Reload time updated from {old} to {new}"),
            None => tracing::info!("Scheduling reload for {new}"),
        }
    }

    fn cancel(&mut self) {
        if let Some(old) = self.scheduled.take() {
            tracing::info!("Cancelling reload scheduled for {old}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("keepalived-time-{name}-{}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> PathBuf {
            self.0.join("when")
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn handle(watch: &mut ReloadTime) {
        let mut descriptors = [PollFd::new(watch.descriptor().unwrap(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut descriptors, PollTimeout::from(60_000_u16)), Ok(1));
        watch.handle_events();
    }

    #[test]
    fn the_file_schedules_changes_and_cancels() {
        let directory = Directory::new("schedule");
        fs::write(directory.file(), "2999-01-01 00:00:00Z\n").unwrap();
        let mut watch = ReloadTime::watch(&directory.file(), Repeats::Never).unwrap();
        let first = watch.scheduled.unwrap().at;
        assert!(!watch.is_due());
        fs::write(directory.file(), "2999-01-01 00:00:01Z").unwrap();
        handle(&mut watch);
        assert_eq!(watch.scheduled.unwrap().at, first + Micros::SECOND);
        fs::write(directory.file(), "nonsense").unwrap();
        handle(&mut watch);
        assert_eq!(watch.scheduled, None);
        // Written elsewhere and moved in, moved out again.
        let elsewhere = directory.0.join("elsewhere");
        fs::write(&elsewhere, "00:00:00").unwrap();
        handle(&mut watch);
        assert_eq!(watch.scheduled, None);
        fs::rename(&elsewhere, directory.file()).unwrap();
        handle(&mut watch);
        assert!(watch.left().is_some());
        fs::rename(directory.file(), &elsewhere).unwrap();
        handle(&mut watch);
        assert_eq!(watch.left(), None);
        fs::remove_dir_all(&directory.0).unwrap();
        while watch.descriptor().is_some() {
            handle(&mut watch);
        }
    }

    #[test]
    fn a_time_is_used_once_or_daily() {
        let directory = Directory::new("use");
        let past = Entry {
            at: Micros::SECOND,
            has_date: false,
        };
        for (repeats, has_date, stays) in [
            (Repeats::Never, false, false),
            (Repeats::Daily, false, true),
            (Repeats::Daily, true, false),
        ] {
            fs::write(directory.file(), "12:00:00").unwrap();
            let mut watch = ReloadTime::watch(&directory.file(), repeats).unwrap();
            watch.scheduled = Some(Entry { has_date, ..past });
            assert_eq!(watch.left(), Some(Micros::ZERO));
            assert!(watch.is_due());
            assert!(!watch.is_due());
            assert_eq!(directory.file().exists(), stays, "{repeats:?} {has_date}");
            assert_eq!(watch.scheduled.is_some(), stays);
        }
    }

    #[test]
    fn the_directory_must_be_there() {
        assert!(ReloadTime::watch(Path::new("when"), Repeats::Never).is_err());
        assert!(ReloadTime::watch(Path::new("/nonexistent/when"), Repeats::Never).is_err());
    }
}
