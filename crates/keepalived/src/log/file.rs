//! Lines in a file: `-g`.

use super::output::Output;
use super::queue::Line;
use super::stamp::Dates;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A log file, written at once or whenever there is nothing else to do.
#[derive(Debug)]
pub(super) struct LogWriter {
    file: BufWriter<File>,
    flush_each: bool,
    dates: Dates,
    line: String,
}

impl LogWriter {
    /// Opens the file at its end.
    pub(super) fn open(path: &Path, flush_each: bool) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            file: BufWriter::new(file),
            flush_each,
            dates: Dates::of_console(),
            line: String::new(),
        })
    }
}

impl Output for LogWriter {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        self.line.clear();
        self.dates.append(line, &mut self.line);
        self.file.write_all(self.line.as_bytes())?;
        if self.flush_each {
            self.file.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Micros;

    #[test]
    fn lines_are_appended() {
        let path = std::env::temp_dir().join(format!("keepalived-log-file-{}", std::process::id()));
        for text in ["one", "two"] {
            let mut file = LogWriter::open(&path, true).unwrap();
            file.write(&Line {
                at: Micros::ZERO,
                severity: 6,
                text: text.to_owned(),
            })
            .unwrap();
        }
        let content = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let texts: Vec<_> = content
            .lines()
            .map(|line| line.rsplit(": ").next().unwrap())
            .collect();
        assert_eq!(texts, ["one", "two"]);
    }
}
