//! What is known of a process.

use std::fs::{self, File};
use std::io::{self, Read};

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

/// Every event of the machine may lead here, so this makes no calls beside the necessary: these files have no size to ask for, and
/// say all that they have at once, if there is room.
fn read(path: &str, content: &mut Vec<u8>) {
    const ROOM: usize = 4096;
    content.clear();
    let Ok(mut file) = File::open(path) else { return };
    loop {
        let start = content.len();
        content.resize(start + ROOM, 0);
        match file.read(&mut content[start..]) {
            Ok(length) => content.truncate(start + length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                content.truncate(start);
                continue;
            }
            Err(_) => return content.clear(),
        }
        if content.len() < start + ROOM {
            return;
        }
    }
}
