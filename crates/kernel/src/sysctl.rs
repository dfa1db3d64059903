//! Reading and writing settings under `/proc/sys`.

use std::fs;
use std::io;
use std::path::PathBuf;

fn file(path: &str) -> PathBuf {
    PathBuf::from("/proc/sys").join(path)
}

/// The value of a setting, `path` being relative to `/proc/sys`, without the line end.
pub fn read(path: &str) -> io::Result<String> {
    fs::read_to_string(file(path)).map(|value| value.trim_end().to_owned())
}

/// Sets a setting, in the network namespace of the calling thread.
pub fn write(path: &str, value: &str) -> io::Result<()> {
    fs::write(file(path), value)
}
