//! Text in the language of manual pages: the macros of man(7), with everything escaped that they would act on.

use std::fmt::Write as _;

/// A manual page while it is written.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// Begins `NAME(SECTION)`, with what stands in the line `NAME`.
    pub(crate) fn new(name: &str, section: u8, about: &str) -> Self {
        let mut page = Self { text: String::new() };
        page.macro_line(&format!(
            "TH \"{}\" {section} \"\" \"keepalived {}\"",
            name.to_uppercase(),
            crate::version()
        ));
        // Keywords are no words of a language that could be hyphenated or stretched.
        page.macro_line("nh");
        page.macro_line("ad l");
        page.section("NAME");
        // What whatis(1) reads: a hyphen between blanks, nothing else escaped.
        let _ = writeln!(page.text, "{} \\- {}", escape(name), escape(about));
        page
    }

    /// The page.
    pub(crate) fn finish(self) -> String {
        self.text
    }

    /// A section.
    pub(crate) fn section(&mut self, title: &str) {
        self.macro_line(&format!("SH \"{}\"", escape(title)));
    }

    /// A part of a section.
    pub(crate) fn subsection(&mut self, title: &str) {
        self.macro_line(&format!("SS \"{}\"", escape(title)));
    }

    /// A paragraph. Words in backquotes are printed bold.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.macro_line("PP");
        self.words(text);
    }

    /// A tag and what is to be said about it.
    pub(crate) fn tagged(&mut self, tag: &Tag, text: &str) {
        self.macro_line("TP");
        self.text.push_str(&tag.0);
        self.text.push('\n');
        self.words(text);
    }

    /// A further line of a tagged paragraph, below the others.
    pub(crate) fn below(&mut self, text: &str) {
        self.macro_line("br");
        self.words(text);
    }

    /// Lines as they stand.
    pub(crate) fn verbatim(&mut self, text: &str) {
        for name in ["PP", "RS 4", "nf"] {
            self.macro_line(name);
        }
        for line in text.lines() {
            let _ = writeln!(self.text, "{}", escape_line(line));
        }
        for name in ["fi", "RE"] {
            self.macro_line(name);
        }
    }

    fn macro_line(&mut self, line: &str) {
        let _ = writeln!(self.text, ".{line}");
    }

    fn words(&mut self, text: &str) {
        let mut line = String::new();
        for (index, part) in text.split('`').enumerate() {
            if index % 2 == 1 {
                let _ = write!(line, "\\fB{}\\fR", escape(part));
            } else {
                line.push_str(&escape(part));
            }
        }
        self.text.push_str(&guarded(&line));
        self.text.push('\n');
    }
}

/// The tag of a paragraph: words in fonts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tag(String);

impl Tag {
    /// Words that are typed as they stand.
    pub(crate) fn literal(mut self, text: &str) -> Self {
        let _ = write!(self.0, "\\fB{}\\fR", escape(text));
        self
    }

    /// Words that stand for others.
    pub(crate) fn variable(mut self, text: &str) -> Self {
        let _ = write!(self.0, "\\fI{}\\fR", escape(text));
        self
    }

    /// Words in between.
    pub(crate) fn plain(mut self, text: &str) -> Self {
        self.0.push_str(&escape(text));
        self
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => escaped.push_str("\\e"),
            '-' => escaped.push_str("\\-"),
            '"' => escaped.push_str("\\(dq"),
            '\'' => escaped.push_str("\\(aq"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            '`' => escaped.push_str("\\(ga"),
            char if char.is_ascii() => escaped.push(char),
            char => {
                let _ = write!(escaped, "\\[u{:04X}]", u32::from(char));
            }
        }
    }
    escaped
}

fn escape_line(line: &str) -> String {
    guarded(&escape(line))
}

/// A line that does not begin with what begins a request.
fn guarded(line: &str) -> String {
    if line.starts_with('.') {
        format!("\\&{line}")
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_a_request() {
        let mut page = Page::new("x", 8, "y");
        page.verbatim(".so /etc/passwd\n'nf\na\\b \"c\"");
        page.paragraph(".hidden `-f` – end");
        let text = page.finish();
        assert!(
            text.contains("\n\\&.so /etc/passwd\n\\(aqnf\na\\eb \\(dqc\\(dq\n"),
            "{text}"
        );
        assert!(
            text.contains("\n\\&.hidden \\fB\\-f\\fR \\[u2013] end\n"),
            "{text}"
        );
    }
}
