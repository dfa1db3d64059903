use super::*;

fn words(text: &str, escapes: Escapes) -> Vec<String> {
    let words = split(text.as_bytes(), escapes).unwrap();
    words
        .into_iter()
        .map(|word| word.text.escape_ascii().to_string())
        .collect()
}

#[test]
fn the_first_pass_joins_quoted_pieces_and_keeps_escapes() {
    for (text, expected) in [
        ("abcd\" efg h jkl \"mnop x", vec!["abcd efg h jkl mnop", "x"]),
        (
            "script \"/p 'a b' c\" user",
            vec!["script", "/p \\'a b\\' c", "user"],
        ),
        (
            "script '/p \"a b\"' user",
            vec!["script", "/p \\\"a b\\\"", "user"],
        ),
        ("a\\ b \\\"c", vec!["a\\\\ b", "\\\\\\\"c"]),
        ("a '' b", vec!["a", "", "b"]),
        ("", vec![]),
        ("  ", vec![]),
    ] {
        assert_eq!(words(text, Escapes::Keep), expected, "{text}");
    }
}

#[test]
fn the_second_pass_resolves_escapes() {
    for (text, expected) in [
        (r"\a\b\E\f\n\r\t\v", vec![r"\x07\x08\x1b\x0c\n\r\t\x0b"]),
        (r"\101\60\1x\7778", vec![r"A0\x01x\xff8"]),
        (r"\x41\x4g\xg", vec![r"A\x04gxg"]),
        (r"\cA\c", vec![r"\x01c"]),
        (r"a\ b \' \z", vec![r"a b", r"\'", "z"]),
        (r"'a\'b' c", vec![r"a\'b", "c"]),
    ] {
        assert_eq!(words(text, Escapes::Resolve), expected, "{text}");
    }
}

#[test]
fn the_documented_example() {
    let line = r#"notify_master "/p/s.sh ' spaces\\x20f\x69le ' '\"q r\"' a.b" user group"#;
    let first = split(line.as_bytes(), Escapes::Keep).unwrap();
    let rest: Vec<_> = first[2..]
        .iter()
        .map(|word| String::from_utf8_lossy(&word.text))
        .collect();
    assert_eq!(rest, ["user", "group"]);
    let second = split(&first[1].text, Escapes::Resolve).unwrap();
    let argv: Vec<_> = second
        .iter()
        .map(|word| String::from_utf8_lossy(&word.text))
        .collect();
    assert_eq!(argv, ["/p/s.sh", r" spaces\x20file ", "\"q r\"", "a.b"]);
}

#[test]
fn what_is_open_is_an_error() {
    for escapes in [Escapes::Keep, Escapes::Resolve] {
        assert_eq!(
            split(b"a 'b", escapes),
            Err(SplitError::OpenQuote { quote: b'\'', at: 2 })
        );
        assert_eq!(
            split(b"a b\"", escapes),
            Err(SplitError::OpenQuote { quote: b'"', at: 3 })
        );
        assert_eq!(split(b"a\\", escapes), Err(SplitError::LoneBackslash { at: 1 }));
    }
}

#[test]
fn ranges_include_the_quotes() {
    let words = split(b" a 'b c'd e", Escapes::Keep).unwrap();
    let ranges: Vec<_> = words.into_iter().map(|word| word.range).collect();
    assert_eq!(ranges, [1..2, 3..9, 10..11]);
}

#[test]
fn every_byte_knows_its_place() {
    let parts = split(br#"x "a\"b"c"#, Escapes::Keep).unwrap();
    assert_eq!(parts[1].text, br#"a\"bc"#);
    assert_eq!(parts[1].places, [3, 4, 5, 6, 8]);
    let parts = split(br"\x41b", Escapes::Resolve).unwrap();
    assert_eq!(parts[0].places, [0, 4]);
}
