//! Comments and the edges of a line (`spec/config-language.md` sections 1 and 2.1).

use crate::text::trimmed_len;
use std::ops::Range;

/// What is left of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// The text without leading blanks, comment, trailing blanks.
    pub(crate) text: Range<usize>,
    /// Backslashes in it that only protect a `#` or `!`, to be removed.
    pub(crate) escapes: Vec<usize>,
    /// The last `"`, where their number is odd.
    pub(crate) open_quote: Option<usize>,
}

/// Finds the text of a line. A `"` after a backslash does not begin or end a quotation here.
pub(crate) fn strip(line: &[u8]) -> Comment {
    let start = line
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t'))
        .unwrap_or(line.len());
    let mut escapes = Vec::new();
    let mut open_quote = None;
    let mut end = line.len();
    let mut at = start;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'"' => open_quote = if open_quote.is_none() { Some(at) } else { None },
            b'#' | b'!' if open_quote.is_none() => {
                end = at;
                break;
            }
            b'\\' => {
                if open_quote.is_none() && matches!(line.get(at + 1), Some(b'#' | b'!')) {
                    escapes.push(at);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    let end = trimmed_len(&line[..end]).max(start);
    Comment {
        text: start..end,
        escapes,
        open_quote,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_the_line_outside_quotes() {
        for (line, text, escapes, open) in [
            (" \tab # c", "ab", vec![], None),
            ("ab!c", "ab", vec![], None),
            ("# only", "", vec![], None),
            ("   ", "", vec![], None),
            ("a \"b # c\" d # e", "a \"b # c\" d", vec![], None),
            ("a \\# b \\! c", "a \\# b \\! c", vec![2, 7], None),
            ("\"a \\# b\"", "\"a \\# b\"", vec![], None),
            ("a \\\\# b", "a \\\\", vec![], None),
            ("a \"b # c", "a \"b # c", vec![], Some(2)),
            ("\"a\\\" # b\" # c", "\"a\\\" # b\"", vec![], None),
            ("a \\\" # b", "a \\\"", vec![], None),
            ("a \\", "a \\", vec![], None),
        ] {
            let found = strip(line.as_bytes());
            assert_eq!(&line[found.text.clone()], text, "{line}");
            assert_eq!((found.escapes, found.open_quote), (escapes, open), "{line}");
        }
    }
}
