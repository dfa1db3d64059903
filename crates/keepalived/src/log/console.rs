//! Lines on standard error: `-l` with `-n`.

use super::output::Output;
use super::queue::Line;
use super::stamp::Dates;
use std::io::{self, Write};

/// What a pipe takes as one piece (`PIPE_BUF`). Several processes share the terminal, and their lines must not mix.
const PIECE: usize = 4096;

/// Standard error. Lines that come together leave with one write.
#[derive(Debug)]
pub(super) struct Console {
    dates: Dates,
    waiting: String,
}

impl Console {
    pub(super) const fn new() -> Self {
        Self {
            dates: Dates::of_console(),
            waiting: String::new(),
        }
    }
}

impl Output for Console {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let before = self.waiting.len();
        self.dates.append(line, &mut self.waiting);
        if self.waiting.len() <= PIECE || before == 0 {
            return Ok(());
        }
        let line = self.waiting.split_off(before);
        let written = self.flush();
        self.waiting = line;
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        io::stderr().write_all(waiting.as_bytes())
    }
}
