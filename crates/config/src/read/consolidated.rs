//! The consolidated copy that `config_save_dir` keeps (`spec/config-language.md` section 9).

/// Every line without comments and blanks around it, as long as the files are read.
#[derive(Default)]
pub(super) struct Consolidated {
    text: Vec<u8>,
    /// Where the copy of the physical line being processed begins.
    line: Option<usize>,
    /// Nobody wants the copy, so it stays empty.
    unwanted: bool,
}

impl Consolidated {
    pub(super) fn new(is_wanted: bool) -> Self {
        Self {
            unwanted: !is_wanted,
            ..Self::default()
        }
    }

    fn push(&mut self, parts: &[&[u8]]) {
        if !self.unwanted {
            for part in parts {
                self.text.extend_from_slice(part);
            }
        }
    }

    /// The lines of a file begin.
    pub(super) fn begin_file(&mut self, name: &str) {
        self.push(&[b"# ", name.as_bytes(), b"\n"]);
    }

    /// The lines of a file are over.
    pub(super) fn end_file(&mut self) {
        self.push(&[b"!\n"]);
    }

    /// A line begins.
    pub(super) fn begin_line(&mut self, text: &[u8], end: &[u8]) {
        self.line = Some(self.text.len());
        self.push(&[text, end]);
    }

    /// A line of which nothing is used.
    pub(super) fn blank_line(&mut self) {
        self.push(&[b"\n"]);
    }

    /// The line that began names a file: what is in the file takes its place.
    pub(super) fn replace_line(&mut self) {
        if let Some(start) = self.line.take() {
            self.text.truncate(start);
            self.blank_line();
        }
    }

    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }
}
