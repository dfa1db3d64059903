//! A directory with scripts, and a launcher.

use keepalived::scripts::{End, Ended, JobId, Launcher, Origin, Output, Program};
use nix::poll::{PollFd, PollTimeout, poll};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Removed with the test.
pub(crate) struct Place {
    pub(crate) directory: PathBuf,
    pub(crate) launcher: Launcher,
    ended: HashMap<JobId, Ended>,
}

/// As whom the tests of another identity run scripts.
pub(crate) const NOBODY: u32 = 65534;

impl Place {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "keepalived-scripts-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        Self {
            directory,
            launcher: Launcher::new(Origin::of_this_process((0, 0))),
            ended: HashMap::new(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }

    /// Writes an executable file.
    pub(crate) fn script(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Starts a program with these words.
    pub(crate) fn start(&mut self, argv: &[&str]) -> JobId {
        self.start_as(argv, None)
    }

    pub(crate) fn start_as(&mut self, argv: &[&str], credentials: Option<model::Credentials>) -> JobId {
        self.launcher.start(program(argv, credentials), Output::Discarded)
    }

    /// The same, and what it prints is kept.
    pub(crate) fn start_kept(&mut self, argv: &[&str], credentials: Option<model::Credentials>) -> JobId {
        self.launcher.start(program(argv, credentials), Output::Kept)
    }

    /// Runs a program to its end.
    pub(crate) fn run(&mut self, argv: &[&str]) -> End {
        let job = self.start(argv);
        self.end(job)
    }

    /// Waits for the end of a script.
    pub(crate) fn end(&mut self, job: JobId) -> End {
        self.ended(job).end
    }

    /// The same, with what it printed.
    pub(crate) fn ended(&mut self, job: JobId) -> Ended {
        loop {
            if let Some(ended) = self.ended.remove(&job) {
                return ended;
            }
            self.wait();
        }
    }

    /// Waits for news of the launcher.
    pub(crate) fn wait(&mut self) {
        if let Some((descriptor, flags)) = self.launcher.descriptor() {
            poll(&mut [PollFd::new(descriptor, flags)], PollTimeout::NONE).unwrap();
        }
        let mut ended = Vec::new();
        self.launcher.collect(&mut ended);
        self.ended
            .extend(ended.into_iter().map(|ended| (ended.job, ended)));
    }

    /// The pid of the launcher, which is the only child of this process with its name.
    pub(crate) fn launcher_pid(&mut self) -> u32 {
        let path = self.script("parent", "#!/bin/sh\necho $PPID > \"$1\"\n");
        let file = self.path("ppid");
        assert_eq!(self.run(&[&path, &file]), End::Exited(0));
        self.read("ppid").trim().parse().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A program with these words.
pub(crate) fn program(argv: &[&str], credentials: Option<model::Credentials>) -> Program {
    let command = model::Command {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        path: None,
        credentials,
    };
    Program::new(&command, [])
}
