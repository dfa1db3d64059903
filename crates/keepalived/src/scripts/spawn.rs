//! The start of one script by the calling process.

use super::Program;
use kernel::sys::{ChildSetup, Identity, Limit, set_up_child};
use model::Credentials;
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Pid, Uid};
use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Variables that no script gets: they change what a program does, or let it speak to the service manager for us.
pub(super) const PRIVATE: [&str; 4] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH", crate::systemd::VARIABLE];

/// What runs the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The kernel.
    Itself,
    /// A shell, since it has no `#!`.
    Shell,
}

/// Starts a script and returns without waiting for more than its exec. The caller reaps it.
///
/// The standard library executes with `execvp(3)`, which has a shell run what the kernel does not take for a program.
pub(super) fn spawn(program: &Program, limits: &[Limit]) -> io::Result<(Pid, By)> {
    let by = runner(&program.path);
    let mut command = Command::new(&program.path);
    if let [name, arguments @ ..] = program.argv.as_slice() {
        command.arg0(name).args(arguments);
    }
    start(command, program, limits).map(|pid| (pid, by))
}

/// What will run a file, by its first bytes. One that cannot be read is left to the kernel to judge.
fn runner(path: &str) -> By {
    let mut magic = [0; 4];
    match File::open(path).and_then(|mut file| file.read(&mut magic)) {
        Ok(length) if !(magic[..length].starts_with(b"#!") || magic == *b"\x7fELF") => By::Shell,
        _ => By::Itself,
    }
}

fn start(mut command: Command, program: &Program, limits: &[Limit]) -> io::Result<Pid> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // Changing the environment of a command makes a copy of all of it, so only where there is a reason.
    for name in PRIVATE {
        if env::var_os(name).is_some() {
            command.env_remove(name);
        }
    }
    let setup = ChildSetup {
        identity: program.credentials.as_ref().map(identity),
        limits: limits.to_vec(),
        parent_death_signal: Some(Signal::SIGTERM),
    };
    set_up_child(&mut command, setup);
    Ok(Pid::from_raw(command.spawn()?.id().cast_signed()))
}

fn identity(credentials: &Credentials) -> Identity {
    let groups = &credentials.supplementary_groups;
    Identity {
        uid: Uid::from_raw(credentials.uid),
        gid: Gid::from_raw(credentials.gid),
        groups: groups.iter().map(|group| Gid::from_raw(*group)).collect(),
    }
}
