use super::*;
use crate::{FileKind, MemoryFiles};

#[test]
fn components_match() {
    for (pattern, names, others) in [
        ("*", vec!["", "a", "a.b"], vec![]),
        (
            "*.conf",
            vec![".conf", "a.conf", "a.b.conf"],
            vec!["a.con", "a.conf~"],
        ),
        ("a*b*c", vec!["abc", "axbxc", "abcbc"], vec!["ab", "abcd"]),
        ("a?c", vec!["abc", "aéc"], vec!["ac", "abbc"]),
        ("[abc]x", vec!["ax", "cx"], vec!["dx", "x"]),
        ("[!abc]x", vec!["dx"], vec!["ax", "x"]),
        ("[^abc]x", vec!["dx"], vec!["ax"]),
        ("[a-c0-9]", vec!["b", "5"], vec!["d", "-"]),
        ("[]a]", vec!["]", "a"], vec!["b"]),
        ("[!]a]", vec!["b"], vec!["]", "a"]),
        ("[a-]", vec!["a", "-"], vec!["b"]),
        ("[[:digit:]x]", vec!["5", "x"], vec!["d", ":"]),
        ("[a", vec!["[a"], vec!["a"]),
        ("\\*", vec!["*"], vec!["a"]),
        ("[\\]]", vec!["]"], vec!["\\"]),
    ] {
        for name in names {
            assert!(component_matches(pattern, name), "{pattern} {name}");
        }
        for name in others {
            assert!(!component_matches(pattern, name), "{pattern} {name}");
        }
    }
}

#[test]
fn braces_give_alternatives() {
    for (pattern, expected) in [
        ("a", vec!["a"]),
        ("{b,a}.c", vec!["b.c", "a.c"]),
        ("x{1,2}{3,4}", vec!["x13", "x14", "x23", "x24"]),
        ("{a,b{c,d}}", vec!["a", "bc", "bd"]),
        ("{a}", vec!["a"]),
        ("{,a}b", vec!["b", "ab"]),
        ("{}", vec!["{}"]),
        ("{a", vec!["{a"]),
        ("a}", vec!["a}"]),
        ("\\{a,b}", vec!["\\{a,b}"]),
    ] {
        assert_eq!(
            alternatives(pattern),
            Ok(expected.into_iter().map(str::to_owned).collect()),
            "{pattern}"
        );
    }
    assert_eq!(alternatives(&"{a,b}".repeat(13)), Err(TooMany));
}

#[test]
fn files_are_found() {
    let files = MemoryFiles::default()
        .with("/etc/k/b.conf", "")
        .with("/etc/k/a.conf", "")
        .with("/etc/k/.c.conf", "")
        .with("/etc/k/x/a.conf", "")
        .with("/etc/k/y/a.conf", "")
        .with_status("/etc/shut", FileKind::Directory, 0, "");
    let found = |pattern: &str| {
        let matches = expand(pattern, Path::new("/etc"), &files).unwrap();
        (
            matches.names.join(" "),
            matches.missing.join(" "),
            matches.unreadable,
        )
    };
    let is = |names: &str, missing: &str| (names.to_owned(), missing.to_owned(), None);
    assert_eq!(found("k/*.conf"), is("k/a.conf k/b.conf", ""));
    assert_eq!(found("/etc/k/*.conf"), is("/etc/k/a.conf /etc/k/b.conf", ""));
    assert_eq!(found("k/.*.conf"), is("k/.c.conf", ""));
    assert_eq!(found("k/*/a.conf"), is("k/x/a.conf k/y/a.conf", ""));
    assert_eq!(found("k/{y,x,z}/a.*"), is("k/y/a.conf k/x/a.conf", "k/z/a.*"));
    assert_eq!(found("k//a.conf"), is("k//a.conf", ""));
    assert_eq!(found("./k/../k/a.conf"), is("./k/../k/a.conf", ""));
    assert_eq!(found("k/a\\.conf"), is("k/a.conf", ""));
    assert_eq!(found("none*"), is("", "none*"));
    assert_eq!(
        found("shut/*"),
        (String::new(), "shut/*".to_owned(), Some("shut/".to_owned()))
    );
}
