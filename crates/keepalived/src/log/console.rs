//! Lines on standard error: `-l` with `-n`.

use super::output::Output;
use super::queue::Line;
use super::stamp;
use std::io::{self, Write};

/// Standard error.
#[derive(Debug)]
pub(super) struct Console;

impl Output for Console {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        // One write for each line: several processes share the terminal.
        io::stderr().write_all(stamp::console_line(line).as_bytes())
    }
}
