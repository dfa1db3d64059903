//! What is known of a process.

use std::fs::{self, File};
use std::io::Read;

/// Where names and command lines come from.
pub(super) trait Processes {
    /// All processes.
    fn all(&self) -> Vec<u32>;
    /// The name, without line end; empty for a process that is gone.
    fn name(&self, pid: u32, name: &mut Vec<u8>);
    /// The command line, each word with a zero byte behind it; empty for a process that is gone or has none.
    fn command_line(&self, pid: u32, line: &mut Vec<u8>);
}

/// `/proc`.
#[derive(Debug)]
pub(super) struct Proc;

impl Processes for Proc {
    fn all(&self) -> Vec<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }

    fn name(&self, pid: u32, name: &mut Vec<u8>) {
        read(&format!("/proc/{pid}/comm"), name);
        if name.last() == Some(&b'\n') {
            name.pop();
        }
    }

    fn command_line(&self, pid: u32, line: &mut Vec<u8>) {
        read(&format!("/proc/{pid}/cmdline"), line);
    }
}

fn read(path: &str, content: &mut Vec<u8>) {
    content.clear();
    let complete = File::open(path).and_then(|mut file| file.read_to_end(content));
    if complete.is_err() {
        content.clear();
    }
}
