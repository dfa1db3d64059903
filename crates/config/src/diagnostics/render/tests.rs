use super::*;

#[test]
fn bytes_are_shown_with_their_length() {
    for (bytes, text) in [
        (&b"a\tb\n"[..], "a\tb\n"),
        (b"\x1b[31m", "?[31m"),
        (b"a\xe9b", "a?b"),
        ("é\u{85}".as_bytes(), "é??"),
        (b"\r\0", "??"),
    ] {
        assert_eq!(shown(bytes), text);
        assert_eq!(shown(bytes).len(), bytes.len());
    }
}
