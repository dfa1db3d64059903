//! Reference chapters of the documentation, in Markdown. They stand in `docs/reference/`; `cargo xtask docs` writes them.

mod codes;
mod keywords;
mod options;

use crate::Document;

/// What a reader of the source is told.
const HEADER: &str = "<!-- Made by `cargo xtask docs` from the tables of the program; edit those. -->\n\n";

/// All of them, each relative to `docs/`.
#[must_use]
pub fn all() -> Vec<Document> {
    vec![
        Document {
            path: "reference/keywords.md",
            text: keywords::chapter(),
        },
        Document {
            path: "reference/options.md",
            text: options::chapter(),
        },
        Document {
            path: "reference/diagnostics.md",
            text: codes::chapter(),
        },
    ]
}

/// A text that Markdown shows as it is, in a table too.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut in_code = false;
    for char in text.chars() {
        if char == '`' {
            in_code = !in_code;
        }
        if char == '|' || (!in_code && matches!(char, '\\' | '*' | '_' | '<' | '>' | '[' | ']')) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// A text in the font of code, in a table too.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_act_on_is_escaped() {
        assert_eq!(plain("a_b `c_d` <E>|"), "a\\_b `c_d` \\<E\\>\\|");
        assert_eq!(code("on|off"), "`on\\|off`");
    }
}
