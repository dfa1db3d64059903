//! Processes that help the daemon: this very program, executed anew.
//!
//! `ps` shows them under names of their own, not `keepalived`, so that those who look for or count the daemon's processes by that
//! name find what they know. Standard input is the connection to the process that started them.

use crate::exit::Exit;
use crate::signals::Signals;
use crate::systemd;
use kernel::sys::remove_variable;
use nix::errno::Errno;
use nix::sys::prctl;
use nix::unistd::dup2_stdin;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

/// Standard input: the standard library can place it without a window in which another child would inherit it.
const DESCRIPTOR: &str = "0";

/// One kind of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Helper {
    /// What `ps` calls the process.
    pub(crate) name: &'static CStr,
    /// The variable that makes this program one; its value is the descriptor of the connection.
    pub(crate) variable: &'static str,
}

/// What a helper finds in its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// All that this process has.
    Kept,
    /// Nothing.
    Cleared,
}

impl Helper {
    /// What starts one, with its end of the connection. Blocked signals stay blocked in it, so none can end it before it reads
    /// them.
    pub(crate) fn command(self, connection: OwnedFd, surroundings: Surroundings) -> Command {
        let mut command = Command::new("/proc/self/exe");
        if surroundings == Surroundings::Cleared {
            command.env_clear();
        }
        command
            .arg0(OsStr::from_bytes(self.name.to_bytes()))
            .env(self.variable, DESCRIPTOR)
            .env_remove(systemd::VARIABLE)
            .stdin(Stdio::from(connection));
        command
    }

    /// Runs `body` if this process was started as one: with its signals, which are blocked, and its end of the connection. A failure
    /// ends it with the status `failed`.
    ///
    /// Call it first in `main`, before any thread is started.
    pub(crate) fn run(
        self,
        failed: Exit,
        body: impl FnOnce(Signals, OwnedFd) -> io::Result<()>,
    ) -> Option<ExitCode> {
        let value = std::env::var_os(self.variable)?;
        let begun = if value == DESCRIPTOR {
            self.begin()
        } else {
            Err(Errno::EBADF.into())
        };
        let ended = begun.and_then(|(signals, connection)| body(signals, connection));
        Some(match ended {
            Ok(()) => Exit::Normal.into(),
            Err(error) => {
                self.complain(&error);
                failed.into()
            }
        })
    }

    fn begin(self) -> io::Result<(Signals, OwnedFd)> {
        remove_variable(self.variable)?;
        prctl::set_name(self.name)?;
        let signals = Signals::new()?;
        let connection = io::stdin().as_fd().try_clone_to_owned()?;
        dup2_stdin(File::open("/dev/null")?)?;
        Ok((signals, connection))
    }

    /// Says what is wrong where the daemon says it, as far as anybody hears that.
    pub(crate) fn complain(self, error: &io::Error) {
        let line = format!("{self}: {error}\n");
        let _ = nix::unistd::write(io::stderr(), line.as_bytes());
    }
}

impl std::fmt::Display for Helper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name.to_string_lossy())
    }
}
