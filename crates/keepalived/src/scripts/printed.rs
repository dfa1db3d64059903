//! What a script has printed, as text for people.

/// The text, without what could play tricks on a terminal or a log; nothing if it is blank.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let shown = |character: char| match character {
        '\n' => '\n',
        '\t' => ' ',
        other if other.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    let text: String = text.replace("\r\n", "\n").chars().map(shown).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_becomes_harmless_text() {
        assert_eq!(text(b""), None);
        assert_eq!(text(b" \r\n\t\n"), None);
        assert_eq!(
            text(b"no\tanswer\r\nfrom a\n\n").as_deref(),
            Some("no answer\nfrom a")
        );
        assert_eq!(
            text(b"\x1b[2Jx\xff\0").as_deref(),
            Some("\u{fffd}[2Jx\u{fffd}\u{fffd}")
        );
    }
}
