//! The start of one script by the calling process.

use super::Program;
use kernel::sys::{self, ChildSetup, Identity, Limit, Start};
use model::Credentials;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid};
use std::env;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;

/// Variables that no script gets: they change what a program does, or let it speak to the service manager for us.
const PRIVATE: [&str; 4] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH", crate::systemd::VARIABLE];

/// What runs what the kernel does not take for a program.
const SHELL: &CStr = c"/bin/sh";

/// What runs the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The kernel.
    Itself,
    /// A shell, since it has no `#!`.
    Shell,
}

/// What all scripts of a process get.
#[derive(Debug)]
pub(super) struct Surroundings {
    environment: Vec<CString>,
    null: File,
    limits: Vec<Limit>,
}

impl Surroundings {
    /// The environment of the calling process, and these limits.
    pub(super) fn new(limits: Vec<Limit>) -> io::Result<Self> {
        let variables = env::vars_os().filter(|(name, _)| PRIVATE.iter().all(|private| name != private));
        let variables = variables.filter_map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            CString::new(name.into_vec()).ok()
        });
        Ok(Self {
            environment: variables.collect(),
            null: File::options().read(true).write(true).open("/dev/null")?,
            limits,
        })
    }

    /// Starts a script that prints to this descriptor, or to none, and returns without waiting for more than its exec. The caller
    /// reaps it.
    pub(super) fn spawn(&self, program: &Program, output: Option<BorrowedFd<'_>>) -> io::Result<(Pid, By)> {
        let output = output.unwrap_or_else(|| self.null.as_fd());
        let path = CString::new(&*program.path)?;
        let words = program.argv.iter().map(|word| CString::new(&**word));
        let mut words: Vec<CString> = words.collect::<Result<_, _>>()?;
        let setup = ChildSetup {
            identity: program.credentials.as_ref().map(identity),
            limits: self.limits.clone(),
            parent_death_signal: Some(Signal::SIGTERM),
        };
        match self.start(&path, &words, output, &setup) {
            Err(Errno::ENOEXEC) => {
                // As execvp(3) does it.
                words.splice(..words.len().min(1), [SHELL.to_owned(), path]);
                Ok((self.start(SHELL, &words, output, &setup)?, By::Shell))
            }
            other => Ok((other?, By::Itself)),
        }
    }

    fn start(
        &self,
        path: &CStr,
        arguments: &[CString],
        output: BorrowedFd<'_>,
        setup: &ChildSetup,
    ) -> nix::Result<Pid> {
        sys::start(&Start {
            path,
            arguments,
            environment: &self.environment,
            input: self.null.as_fd(),
            output,
            setup,
        })
    }
}

fn identity(credentials: &Credentials) -> Identity {
    let groups = &credentials.supplementary_groups;
    Identity {
        uid: Uid::from_raw(credentials.uid),
        gid: Gid::from_raw(credentials.gid),
        groups: groups.iter().map(|group| Gid::from_raw(*group)).collect(),
    }
}
