//! The environment of the process.

use std::{fs, io};

/// Removes a variable from the environment of this process.
///
/// Fails with `Other` when the process has more than one thread, or when `/proc` cannot tell.
pub fn remove_variable(name: &str) -> io::Result<()> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other(
            "the environment can only be changed before threads are started",
        ));
    }
    // SAFETY: changing the environment is sound while no other thread can read it. This thread is the only one, as
    // has just been seen, and only it could start another.
    unsafe { std::env::remove_var(name) };
    Ok(())
}
