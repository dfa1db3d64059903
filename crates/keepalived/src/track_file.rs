//! Track files: numbers in files that somebody else writes (`spec/config-global.md` section 5).
//!
//! A thread watches the directories of the files by inotify and reads a file when it was written and closed, moved in, moved
//! away or deleted. Reading can take long, on a slow disk for one, so the loop of the VRRP process does not do it.

mod value;

use crate::findings::{Finding, Guard};
use crate::runtime::inbox::{Inbox, Poster, Senders};
use model::TrackFile;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::Builder;

/// What happens to files in a directory.
const FILES: AddWatchFlags = AddWatchFlags::IN_CLOSE_WRITE
    .union(AddWatchFlags::IN_MOVED_TO)
    .union(AddWatchFlags::IN_MOVED_FROM)
    .union(AddWatchFlags::IN_DELETE);

/// What happens to the directory itself, after which it is no longer the one of that name.
const DIRECTORY: AddWatchFlags = AddWatchFlags::IN_DELETE_SELF.union(AddWatchFlags::IN_MOVE_SELF);

/// How often a directory that is not there is looked for, in milliseconds.
const SEARCH: u16 = 1_000;

/// The value of a file; nothing where the number in it cannot be a value, which has been logged then. A file that is missing
/// or cannot be read has 0.
#[must_use]
pub fn read(file: &TrackFile) -> Option<i32> {
    let value = value::read(Path::new(&file.file));
    if value.is_none() {
        tracing::warn!(
            "track file {}: the number in {} is out of range; the value stays",
            file.name,
            file.file
        );
    }
    value
}

/// `init_file`: writes the values that files have at the start of the daemon.
pub fn initialise(files: &[TrackFile]) {
    for file in files {
        let Some(init) = file.init else { continue };
        let written = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .create_new(!init.overwrite)
            .mode(0o644)
            .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK)
            .open(&file.file)
            .and_then(|mut opened| writeln!(opened, "{}", init.value));
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => tracing::warn!("init_file of track file {}: {}: {error}", file.name, file.file),
            Ok(()) => {}
        }
    }
}

/// The watch over all track files of a configuration. Dropping it ends the thread.
#[derive(Debug)]
pub struct FileWatch {
    files: Poster<Vec<TrackFile>>,
}

impl FileWatch {
    /// Begins to watch. The first values follow at once.
    pub(crate) fn start(files: Vec<TrackFile>, findings: Poster<Finding>) -> io::Result<Self> {
        let (sender, inbox) = Inbox::new()?;
        Builder::new().name("track files".to_owned()).spawn(move || {
            let _guard = Guard::new(findings.clone(), "track files");
            Watch {
                inbox,
                findings,
                directories: Vec::new(),
                inotify: None,
            }
            .live();
        })?;
        sender.post(files);
        Ok(Self { files: sender })
    }

    /// Watches these files from now on. All their values follow.
    pub fn configure(&self, files: Vec<TrackFile>) {
        self.files.post(files);
    }
}

/// A directory with files that are watched.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
    files: Vec<Watched>,
    /// Nothing while it is not there.
    watch: Option<WatchDescriptor>,
}

#[derive(Debug)]
struct Watched {
    name: Arc<str>,
    file_name: OsString,
    config: TrackFile,
    /// The value that was reported.
    value: Option<i32>,
}

#[derive(Debug)]
struct Watch {
    inbox: Inbox<Vec<TrackFile>>,
    findings: Poster<Finding>,
    directories: Vec<Directory>,
    inotify: Option<Inotify>,
}

impl Watch {
    fn live(mut self) {
        let mut news = Vec::new();
        loop {
            self.wait();
            if self.inbox.collect(&mut news) == Senders::Gone {
                return;
            }
            if let Some(files) = news.drain(..).next_back() {
                self.configure(files);
            }
            self.take_events();
            self.search();
        }
    }

    fn wait(&self) {
        let mut descriptors = vec![PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN)];
        if let Some(inotify) = &self.inotify {
            descriptors.push(PollFd::new(inotify.as_fd(), PollFlags::POLLIN));
        }
        let is_searching = self.directories.iter().any(|directory| directory.watch.is_none());
        let timeout = if is_searching {
            PollTimeout::from(SEARCH)
        } else {
            PollTimeout::NONE
        };
        // A wait that fails is a wait that ends early.
        let _ = poll(&mut descriptors, timeout);
    }

    fn configure(&mut self, files: Vec<TrackFile>) {
        // A new one, so that no event of the old watches is left.
        self.inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)
            .inspect_err(|errno| tracing::error!("track files are not watched: inotify: {}", errno.desc()))
            .ok();
        self.directories.clear();
        let mut places: HashMap<PathBuf, usize> = HashMap::new();
        for config in files {
            let path = PathBuf::from(&config.file);
            let (Some(directory), Some(file_name)) = (path.parent(), path.file_name()) else {
                continue;
            };
            let directory = directory.to_owned();
            let watched = Watched {
                name: Arc::from(config.name.as_str()),
                file_name: file_name.to_owned(),
                value: None,
                config,
            };
            let place = *places.entry(directory.clone()).or_insert_with(|| {
                self.directories.push(Directory {
                    path: directory,
                    files: Vec::new(),
                    watch: None,
                });
                self.directories.len() - 1
            });
            self.directories[place].files.push(watched);
        }
        self.search();
        for directory in &mut self.directories {
            directory
                .files
                .iter_mut()
                .for_each(|file| file.report(&self.findings));
        }
    }

    /// Watches directories that are not watched, if they are there. Their files are read after that, so that nothing is
    /// missed.
    fn search(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        for directory in self
            .directories
            .iter_mut()
            .filter(|directory| directory.watch.is_none())
        {
            let flags = FILES | DIRECTORY | AddWatchFlags::IN_ONLYDIR;
            directory.watch = inotify.add_watch(&directory.path, flags).ok();
            if directory.watch.is_some() {
                directory
                    .files
                    .iter_mut()
                    .for_each(|file| file.report(&self.findings));
            }
        }
    }

    fn take_events(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        // Several at once are read until there are no more; an overflow is one that names no watch.
        while let Ok(events) = inotify.read_events() {
            for event in events {
                if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                    tracing::warn!("inotify lost events: all track files are read again");
                    let files = self
                        .directories
                        .iter_mut()
                        .flat_map(|directory| &mut directory.files);
                    files.for_each(|file| file.report(&self.findings));
                    continue;
                }
                let directories = self.directories.iter_mut();
                // Two paths may lead to one directory, which has one watch then.
                for directory in directories.filter(|directory| directory.watch == Some(event.wd)) {
                    directory.note(&event, inotify, &self.findings);
                }
            }
        }
    }
}

impl Directory {
    fn note(&mut self, event: &InotifyEvent, inotify: &Inotify, findings: &Poster<Finding>) {
        if event.mask.intersects(DIRECTORY | AddWatchFlags::IN_IGNORED) {
            if event.mask.contains(AddWatchFlags::IN_MOVE_SELF) {
                // It is there still, under a name that is not ours.
                let _ = inotify.rm_watch(event.wd);
            }
            self.watch = None;
            self.files.iter_mut().for_each(|file| file.report(findings));
            return;
        }
        let changed = self.files.iter_mut();
        changed
            .filter(|file| event.name.as_ref() == Some(&file.file_name))
            .for_each(|file| file.report(findings));
    }
}

impl Watched {
    /// Reads the file and says what has changed.
    fn report(&mut self, findings: &Poster<Finding>) {
        let Some(value) = read(&self.config) else { return };
        if self.value != Some(value) {
            self.value = Some(value);
            let file = Arc::clone(&self.name);
            findings.post(Finding::FileRead { file, value });
        }
    }
}

#[cfg(test)]
mod tests;
