//! Passwords and keys in lines that are shown.

use std::ops::Range;

/// Keywords whose lines end in a secret, and how many words stand between.
const SECRETS: [(&[u8], usize); 3] = [(b"auth_pass", 0), (b"key", 1), (b"smtp_auth", 1)];

/// What names the place of a secret instead of being one.
const FILE: &[u8] = b"file:";

/// The text with each byte of a secret in it as `*`, so that every place stays where it is.
pub(super) fn masked(text: &[u8]) -> Vec<u8> {
    let mut shown = text.to_vec();
    for place in secrets(text) {
        shown[place].fill(b'*');
    }
    shown
}

/// Whether a piece of the text is a secret, or has one in it.
pub(super) fn is_secret(text: &[u8], piece: Range<usize>) -> bool {
    secrets(text).any(|secret| secret.start < piece.end && piece.start < secret.end)
}

fn secrets(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    lines(text).filter_map(|line| {
        let secret = secret_of(&text[line.clone()])?;
        Some(line.start + secret.start..line.start + secret.end)
    })
}

fn lines(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let range = start..start + line.len();
        start = range.end + 1;
        range
    })
}

/// From the secret of a line to its end: it may have blanks in it, and what follows it is no loss.
fn secret_of(line: &[u8]) -> Option<Range<usize>> {
    let words: Vec<Range<usize>> = words(line).collect();
    let (place, between) = words.iter().enumerate().find_map(|(place, word)| {
        let known = SECRETS
            .iter()
            .find(|(keyword, _)| *keyword == &line[word.clone()]);
        known.map(|(_, between)| (place, *between))
    })?;
    let secret = words.get(place + 1 + between)?;
    let value = line[secret.clone()]
        .strip_prefix(b"\"")
        .unwrap_or(&line[secret.clone()]);
    (!value.starts_with(FILE)).then_some(secret.start..line.trim_ascii_end().len())
}

fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + line[rest..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        let length = line[start..].iter().position(u8::is_ascii_whitespace);
        rest = length.map_or(line.len(), |length| start + length);
        Some(start..rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_starred_and_nothing_moves() {
        for (line, shown) in [
            ("  auth_pass d0gm@t1c", "  auth_pass ********"),
            ("auth_pass \"two words\" ", "auth_pass *********** "),
            (
                "  key 7 hex:00 11\nactive_key 7",
                "  key 7 *********\nactive_key 7",
            ),
            ("auth_hmac { key 1 abc", "auth_hmac { key 1 ***"),
            ("smtp_auth me secret", "smtp_auth me ******"),
            ("key 7 file:/etc/key", "key 7 file:/etc/key"),
            ("smtp_auth me \"file:/etc/a b\"", "smtp_auth me \"file:/etc/a b\""),
            ("key 7", "key 7"),
            ("auth_pass", "auth_pass"),
            ("interface eth0", "interface eth0"),
            ("", ""),
        ] {
            assert_eq!(masked(line.as_bytes()), shown.as_bytes(), "{line}");
        }
    }

    #[test]
    fn pieces_of_secrets_are_known() {
        let text = b"priority 7\nauth_pass secret\n";
        assert!(is_secret(text, 21..27));
        assert!(is_secret(text, 25..26));
        assert!(!is_secret(text, 11..20));
        assert!(!is_secret(text, 9..10));
    }
}
