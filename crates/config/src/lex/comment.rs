//! Comments and the edges of a line (`spec/config-language.md` sections 1 and 2.1).

use crate::text::trimmed_len;
use std::ops::Range;

/// What is left of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Comment {
    /// The text without leading blanks, comment, trailing blanks, and without the backslash that ends the line.
    pub(crate) text: Range<usize>,
    /// The backslash that ends the line. It belongs to the text, right behind it, whatever stands between.
    pub(crate) backslash: Option<usize>,
    /// Backslashes in it that only protect a `#` or `!`, to be removed.
    pub(crate) escapes: Vec<usize>,
    /// The last `"`, where their number is odd.
    pub(crate) open_quote: Option<usize>,
}

/// Finds the text of a line. A `"` after a backslash does not begin or end a quotation here.
///
/// compat: a single backslash at the very end of the line counts even behind a comment.
pub(crate) fn strip(whole: &[u8]) -> Comment {
    let line = match whole {
        [line @ .., b'\\'] if !line.ends_with(b"\\") => line,
        _ => whole,
    };
    let backslash = (line.len() < whole.len()).then_some(line.len());
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
        backslash,
        escapes,
        open_quote,
    }
}

impl Comment {
    /// What to remove of the line to be left with the text, from back to front.
    pub(crate) fn removed(&self) -> impl Iterator<Item = Range<usize>> {
        let gap = self
            .backslash
            .map(|at| self.text.end..at)
            .filter(|gap| !gap.is_empty());
        gap.into_iter()
            .chain(self.escapes.iter().rev().map(|at| *at..at + 1))
    }

    /// Where the text ends, the backslash included.
    pub(crate) fn end(&self) -> usize {
        self.backslash.map_or(self.text.end, |at| at + 1)
    }

    /// Whether the text is not simply a part of the line.
    pub(crate) fn is_cut(&self) -> bool {
        !self.escapes.is_empty() || self.backslash.is_some_and(|at| at != self.text.end)
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
        ] {
            let found = strip(line.as_bytes());
            assert_eq!(&line[found.text.clone()], text, "{line}");
            assert_eq!(
                (found.escapes, found.open_quote, found.backslash),
                (escapes, open, None),
                "{line}"
            );
        }
    }

    #[test]
    fn a_backslash_at_the_end_stays() {
        for (line, text) in [
            ("a \\", "a\\"),
            ("a\\", "a\\"),
            ("a # c \\", "a\\"),
            ("# c \\", "\\"),
            ("a\\# b # c\\", "a# b\\"),
            ("a \\\\", "a \\\\"),
            ("a # c\\\\", "a"),
            ("a \\ # c", "a \\"),
            ("a # c \\ ", "a"),
            ("a \"b \\", "a \"b\\"),
            ("\\", "\\"),
        ] {
            let found = strip(line.as_bytes());
            let mut left = line.to_owned();
            left.truncate(found.end());
            for range in found.removed() {
                left.replace_range(range, "");
            }
            left.replace_range(..found.text.start, "");
            assert_eq!(left, text, "{line}");
        }
    }
}
