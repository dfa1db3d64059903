//! One table a section of the specification: text in, logical lines and codes of reports out.

mod files;
mod lines;
mod main_files;
mod parameters;
mod properties;
mod spans;

use super::*;
use crate::MemoryFiles;
use crate::diagnostics::Diagnostic;
use crate::stream::LineKind;

/// Reads `/etc/main.conf` out of these files, on the node `main`.
fn read_files(files: &MemoryFiles) -> Reading {
    read_with(files, |_| {})
}

fn read_with(files: &MemoryFiles, change: impl FnOnce(&mut Input<'_>)) -> Reading {
    let variables = |name: &str| (name == "HOME").then(|| "/root".to_owned());
    let mut input = Input {
        files,
        variables: &variables,
        config_id: "main",
        seed: 1,
        include_checks: IncludeChecks::default(),
        keep_copy: true,
        limits: Limits::default(),
    };
    change(&mut input);
    let main = MainFile {
        name: "/etc/main.conf".to_owned(),
        path: "/etc/main.conf".into(),
        directory: "/etc".into(),
    };
    read(&input, &[main])
}

fn read_text(text: &str) -> Reading {
    read_files(&MemoryFiles::default().with("/etc/main.conf", text))
}

impl Reading {
    /// The logical lines, words in brackets where blanks make that necessary.
    fn lines(&self) -> Vec<String> {
        let lines = self.stream.lines();
        lines
            .map(|line| {
                let words = (line.first..line.end).map(|word| self.stream.text(word, &self.sources));
                let words: Vec<String> = words
                    .map(|word| {
                        let plain = !word.is_empty() && !word.contains(' ');
                        if plain || line.kind != LineKind::Words {
                            word.to_owned()
                        } else {
                            format!("[{word}]")
                        }
                    })
                    .collect();
                words.join(" ")
            })
            .collect()
    }

    fn codes(&self) -> Vec<String> {
        self.report
            .iter()
            .map(|diagnostic| diagnostic.code.to_string())
            .collect()
    }

    fn only(&self) -> &Diagnostic {
        assert_eq!(self.report.len(), 1, "{:?}", self.report);
        self.report.iter().next().unwrap()
    }

    /// What stands under a span, and where.
    fn shown(&self, span: Span) -> String {
        let location = self.sources.locate(span);
        let written = String::from_utf8_lossy(self.sources.written(span)).into_owned();
        format!(
            "{}:{}:{} {written}",
            location.file, location.line, location.column
        )
    }
}

/// Lines and codes that a text gives.
fn check(table: &[(&str, &[&str], &[&str])]) {
    for (text, lines, codes) in table {
        let reading = read_text(text);
        assert_eq!(reading.lines(), *lines, "lines of {text:?}");
        assert_eq!(reading.codes(), *codes, "codes of {text:?}");
    }
}
