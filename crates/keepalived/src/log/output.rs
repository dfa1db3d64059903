//! What an output does with lines, and the thread that feeds it.

use super::queue::{Entry, Line, Receiver};
use std::io;
use std::thread::park_timeout;
use std::time::Duration;

/// How long lines gather after a portion of them: whoever logs many, one after the other, does not wake this thread for each.
const GATHERING: Duration = Duration::from_millis(1);

/// A place that lines are written to. Its calls may block: they run in a thread of their own.
pub(super) trait Output: Send {
    /// Writes one line.
    fn write(&mut self, line: &Line) -> io::Result<()>;
    /// Writes what is still buffered.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the lines of a queue until its senders are gone.
///
/// Lines that the output refuses (no syslog daemon, a full disk) are counted and reported as soon as it takes one again.
pub(super) fn write_lines(mut output: Box<dyn Output>, lines: &Receiver) {
    let mut missed = 0;
    loop {
        let entry = lines.next(|| {
            let _ = output.flush();
            park_timeout(GATHERING);
        });
        match entry {
            Some(Entry::Line(line)) => match output.write(&line) {
                Ok(()) if missed > 0 => {
                    if output.write(&Line::about_lost(missed)).is_ok() {
                        missed = 0;
                    }
                }
                Ok(()) => {}
                Err(_) => missed += 1,
            },
            Some(Entry::Flush(done)) => {
                let _ = output.flush();
                let _ = done.send(());
            }
            None => return,
        }
    }
}
