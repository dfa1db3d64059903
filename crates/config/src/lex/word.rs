//! Braces and words (`spec/config-language.md` sections 2.3 and 7.2).

use std::ops::Range;

/// What a line consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The text of a word, without its quotes.
    Word(Range<usize>),
    /// `${…}` outside quotes: nothing that could be substituted. Also the beginning or the middle of a word.
    Unresolved(Range<usize>),
    /// A `"` that nothing closes; the rest of the line is dropped.
    OpenQuote(usize),
    /// `{`.
    Open(usize),
    /// `}`.
    Close(usize),
}

const fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Calls `found` for each token, in order. There are no escapes at this level, and a `"` also ends a word that stands
/// before it. A word in quotes may be empty.
pub(crate) fn tokens(line: &[u8], mut found: impl FnMut(Token)) {
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                let Some(length) = line[start..].iter().position(|byte| *byte == b'"') else {
                    found(Token::OpenQuote(at));
                    return;
                };
                found(Token::Word(start..start + length));
                at = start + length + 1;
            }
            b'{' => {
                found(Token::Open(at));
                at += 1;
            }
            b'}' => {
                found(Token::Close(at));
                at += 1;
            }
            _ if separates(byte) => at += 1,
            _ => at = word(line, at, &mut found),
        }
    }
}

/// Where a line has to be taken up anew behind a brace.
///
/// compat: what stands there is a line of its own, so it may begin with a condition, a definition, a generator or
/// `include`. Gives the first such place.
pub(crate) fn restart(line: &[u8]) -> Option<usize> {
    if !line.iter().any(|byte| matches!(byte, b'{' | b'}')) {
        return None;
    }
    let mut found = None;
    tokens(line, |token| {
        if let (None, Token::Open(at) | Token::Close(at)) = (found, token) {
            let rest = &line[at + 1..];
            let blanks = rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
            let rest = &rest[blanks..];
            if matches!(rest.first(), Some(b'@' | b'$' | b'~')) || rest.starts_with(b"include") {
                found = Some(at + 1 + blanks);
            }
        }
    });
    found
}

/// Where a line goes on behind its first brace, if it does.
pub(crate) fn first_brace(line: &[u8]) -> Option<usize> {
    if !line.iter().any(|byte| matches!(byte, b'{' | b'}')) {
        return None;
    }
    let mut found = None;
    tokens(line, |token| {
        if let (None, Token::Open(at) | Token::Close(at)) = (found, token) {
            found = Some(at + 1);
        }
    });
    found.filter(|at| *at < line.len())
}

/// A word without quotes; gives its end.
fn word(line: &[u8], start: usize, found: &mut impl FnMut(Token)) -> usize {
    let mut at = start;
    while let Some(&byte) = line.get(at) {
        match byte {
            b'$' if line.get(at + 1) == Some(&b'{') => match reference(&line[at..]) {
                Some(length) => {
                    found(Token::Unresolved(at..at + length));
                    at += length;
                }
                None => at += 1,
            },
            b'"' | b'{' | b'}' => break,
            _ if separates(byte) => break,
            _ => at += 1,
        }
    }
    found(Token::Word(start..at));
    at
}

/// Length of the `${…}` at the beginning.
fn reference(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| matches!(byte, b'}' | b'"'))?;
    (text[end] == b'}' && !text[2..end].contains(&b'{')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> Vec<String> {
        let mut all = Vec::new();
        tokens(line.as_bytes(), |token| {
            all.push(match token {
                Token::Word(range) => format!("[{}]", &line[range]),
                Token::Unresolved(range) => format!("?{}", &line[range]),
                Token::OpenQuote(at) => format!("quote {at}"),
                Token::Open(_) => "{".to_owned(),
                Token::Close(_) => "}".to_owned(),
            });
        });
        all
    }

    #[test]
    fn words_and_braces() {
        for (line, expected) in [
            ("a  b\tc", vec!["[a]", "[b]", "[c]"]),
            ("a\u{b}b\u{c}c\rd", vec!["[a]", "[b]", "[c]", "[d]"]),
            ("ab\"cd ef\"gh", vec!["[ab]", "[cd ef]", "[gh]"]),
            ("a \"\" b", vec!["[a]", "[]", "[b]"]),
            ("a \"x # { ' \\\" y", vec!["[a]", "[x # { ' \\]", "[y]"]),
            ("it's one'", vec!["[it's]", "[one']"]),
            ("virtual_ipaddress{", vec!["[virtual_ipaddress]", "{"]),
            ("group { A }", vec!["[group]", "{", "[A]", "}"]),
            ("a}b{c", vec!["[a]", "}", "[b]", "{", "[c]"]),
            ("a \"{\" }", vec!["[a]", "[{]", "}"]),
            ("a b\" c } d", vec!["[a]", "[b]", "quote 3"]),
            ("a \\\"{i}", vec!["[a]", "[\\]", "quote 3"]),
            ("x ${Y} z", vec!["[x]", "?${Y}", "[${Y}]", "[z]"]),
            (
                "x a${Y}b${Z f}",
                vec!["[x]", "?${Y}", "?${Z f}", "[a${Y}b${Z f}]"],
            ),
            ("x ${Y", vec!["[x]", "[$]", "{", "[Y]"]),
            ("x ${Y {", vec!["[x]", "[$]", "{", "[Y]", "{"]),
            ("x ${Y\"}\"", vec!["[x]", "[$]", "{", "[Y]", "[}]"]),
            ("", vec![]),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
