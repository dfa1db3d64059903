//! Command lines: quoting of the second level (`spec/config-language.md` section 2.4).

use std::ops::Range;

/// A word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: Vec<u8>,
    /// For each byte of the text, where it stands in what was split.
    pub(crate) places: Vec<usize>,
    /// What the word covers of what was split, quotes included.
    pub(crate) range: Range<usize>,
}

/// Why a command line cannot be split, with the byte where it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// A quote without its partner.
    OpenQuote { quote: u8, at: usize },
    /// A `\` with nothing after it.
    LoneBackslash { at: usize },
}

/// How escapes are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// A backslash and the character after it stay as they are (pass 1).
    Keep,
    /// They become what they stand for (pass 2).
    Resolve,
}

/// Splits at white space; `"…"` and `'…'` hold words together, also within one.
pub(crate) fn split(text: &[u8], escapes: Escapes) -> Result<Vec<Part>, SplitError> {
    let mut parts = Vec::new();
    let mut part: Option<Part> = None;
    let mut quote: Option<(u8, usize)> = None;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if quote.is_none() && (byte.is_ascii_whitespace() || byte == 0x0b) {
            parts.extend(part.take());
            at += 1;
            continue;
        }
        let current = part.get_or_insert_with(|| Part::beginning(at));
        let mut length = 1;
        match (byte, quote) {
            (b'\\', _) => {
                let (value, taken) = escape(&text[at + 1..]).ok_or(SplitError::LoneBackslash { at })?;
                if escapes == Escapes::Keep {
                    length = 2;
                    current.push(byte, at);
                    current.push(text[at + 1], at + 1);
                } else {
                    length = 1 + taken;
                    current.push(value, at);
                }
            }
            (b'"' | b'\'', None) => quote = Some((byte, at)),
            (_, Some((open, _))) if open == byte => quote = None,
            _ => current.push(byte, at),
        }
        at += length;
        current.range.end = at;
    }
    if let Some((quote, at)) = quote {
        return Err(SplitError::OpenQuote { quote, at });
    }
    parts.extend(part);
    Ok(parts)
}

impl Part {
    const fn beginning(at: usize) -> Self {
        Self {
            text: Vec::new(),
            places: Vec::new(),
            range: at..at,
        }
    }

    fn push(&mut self, byte: u8, at: usize) {
        self.text.push(byte);
        self.places.push(at);
    }
}

/// The byte that the text after a backslash stands for, and how many bytes of it that takes.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let first = *text.first()?;
    let digits = |digits: &[u8], limit: usize, radix: u32| {
        digits
            .iter()
            .take(limit)
            .map_while(|digit| char::from(*digit).to_digit(radix))
            .fold((0u32, 0), |(value, count), digit| {
                (value * radix + digit, count + 1)
            })
    };
    // Three octal digits may exceed a byte; the excess is cut off, as C does.
    let byte = |value: u32| value.to_le_bytes()[0];
    Some(match first {
        b'a' => (0x07, 1),
        b'b' => (0x08, 1),
        b'E' => (0x1b, 1),
        b'f' => (0x0c, 1),
        b'n' => (b'\n', 1),
        b'r' => (b'\r', 1),
        b't' => (b'\t', 1),
        b'v' => (0x0b, 1),
        b'0'..=b'7' => {
            let (value, count) = digits(text, 3, 8);
            (byte(value), count)
        }
        b'x' => match digits(&text[1..], 2, 16) {
            (_, 0) => (b'x', 1),
            (value, count) => (byte(value), 1 + count),
        },
        b'c' if text.len() > 1 => (text[1] & 0x1f, 2),
        other => (other, 1),
    })
}

#[cfg(test)]
mod tests;
