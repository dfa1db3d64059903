//! Pipes that nobody reads.

use std::os::fd::OwnedFd;

use anyhow::{Context as _, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::{pipe2, write};

/// A pipe that takes no more bytes: its reading and its writing end.
pub(crate) fn full_pipe() -> Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("making a pipe")?;
    for size in [4096, 1] {
        while write(&writer, &vec![b'\n'; size]).is_ok() {}
    }
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).context("making the pipe block")?;
    Ok((reader, writer))
}
