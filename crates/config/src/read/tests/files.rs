//! Section 3: include lines. Section 9: the copy.

use super::*;
use crate::FileKind;
use crate::diagnostics::Severity;
use crate::include::ALL;

fn files() -> MemoryFiles {
    MemoryFiles::default()
        .with("/etc/a.conf", "a")
        .with("/etc/d/2.conf", "d2")
        .with("/etc/d/1.conf", "d1\ninclude sub/x.conf\ninclude 3.txt")
        .with("/etc/d/.hidden.conf", "hidden")
        .with("/etc/d/3.txt", "d3")
        .with("/etc/d/sub/x.conf", "x ${_PWD}\ninclude y")
        .with("/etc/d/sub/y", "y ${_PWD}")
        .with("/etc/with blank", "blank")
        .with_status("/etc/script", FileKind::Regular, 0o755, "no")
        .with_status("/etc/secret", FileKind::Regular, 0o000, "no")
        .with_status("/etc/fifo", FileKind::Fifo, 0o644, "")
        .with_status("/etc/closed", FileKind::Directory, 0o000, "")
}

fn including(text: &str) -> Reading {
    read_files(&files().with("/etc/main.conf", text))
}

#[test]
fn files_are_read_in_place() {
    for (text, lines) in [
        ("v\ninclude a.conf\nw", vec!["v", "a", "w"]),
        (
            "include d/*.conf",
            vec!["d1", "x /etc/d/sub", "y /etc/d/sub", "d3", "d2"],
        ),
        (
            "include /etc/d/{2,1}.conf",
            vec!["d2", "d1", "x /etc/d/sub", "y /etc/d/sub", "d3"],
        ),
        ("include d/[23].*", vec!["d2", "d3"]),
        ("include with blank", vec!["blank"]),
        ("include \t a.conf   # comment", vec!["a"]),
        ("$F=a\ninclude ${F}.conf", vec!["a"]),
        ("@main include a.conf\n@other include d/2.conf", vec!["a"]),
        ("~LST(F, a, d/2) include ${F}.conf", vec!["a", "d2"]),
        ("$I=include a.conf\n$I", vec!["a"]),
        ("b {\ninclude a.conf\n}", vec!["b", "{", "a", "}"]),
        (
            "x ${_PWD}\ninclude d/2.conf\nx ${_PWD}",
            vec!["x /etc", "d2", "x /etc"],
        ),
        (
            "b { include a.conf\n} include d/2.conf",
            vec!["b", "{", "a", "}", "d2"],
        ),
        ("include d/nothing*", vec![]),
        ("include", vec!["include"]),
        ("includex a.conf", vec!["includex a.conf"]),
    ] {
        let reading = including(text);
        assert_eq!(reading.lines(), lines, "{text}");
        assert_eq!(reading.codes(), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn checks() {
    // Pattern, and for no check, read, match, wildcard_match, brace_match, all: 0 silent, 1 mentioned, 6 the end.
    let keywords = [
        "include", "includer", "includem", "includew", "includeb", "includea",
    ];
    for (pattern, expected) in [
        ("a.conf", [0, 0, 0, 0, 0, 0]),
        ("missing", [1, 1, 6, 6, 6, 6]),
        ("missing/*.conf", [1, 1, 6, 6, 6, 6]),
        ("d/nothing*", [0, 0, 0, 6, 0, 6]),
        ("{a,b}.conf", [1, 1, 1, 1, 6, 6]),
        ("{b,c}.conf", [1, 1, 1, 1, 6, 6]),
        ("{b,c}*.conf", [1, 1, 1, 6, 6, 6]),
        ("script", [1, 6, 6, 6, 6, 6]),
        ("secret", [1, 6, 6, 6, 6, 6]),
        ("fifo", [1, 6, 6, 6, 6, 6]),
        ("d", [1, 6, 6, 6, 6, 6]),
        ("closed/*", [1, 6, 6, 6, 6, 6]),
    ] {
        for (keyword, expected) in keywords.iter().zip(expected) {
            let reading = including(&format!("{keyword} {pattern}"));
            let status = match reading.report.iter().map(|diagnostic| diagnostic.severity).max() {
                None => 0,
                Some(Severity::Warning) => 1,
                Some(_) => reading.report.test_status(),
            };
            assert_eq!(status, expected, "{keyword} {pattern}: {:?}", reading.report);
            assert_eq!(
                reading.report.test_status(),
                expected / 6 * 6,
                "{keyword} {pattern}"
            );
            assert_eq!(
                reading.report.daemon_status(),
                (expected == 6).then_some(6),
                "{keyword} {pattern}"
            );
        }
    }
}

#[test]
fn some_alternatives_of_braces_are_read_without_the_check() {
    assert_eq!(including("include {a,b}.conf").lines(), ["a"]);
    assert_eq!(including("includeb {a,b}.conf").lines(), Vec::<String>::new());
}

#[test]
fn include_check_holds_from_its_line_to_the_end_of_its_file() {
    let files = files().with(
        "/etc/check",
        "global_defs {\ninclude_check match\n}\ninclude gone1",
    );
    let text = "include gone2\ninclude check\ninclude gone3\nglobal_defs {\n include_check\n include gone4\n}\n\
                vrrp_instance V {\n include_check read\n include gone5\n}";
    let reading = read_files(&files.with("/etc/main.conf", text));
    let stops: Vec<_> = reading
        .report
        .iter()
        .map(|diagnostic| diagnostic.stop.is_some())
        .collect();
    assert_eq!(stops, [false, true, false, true, true]);
    let files = MemoryFiles::default().with("/etc/main.conf", "include gone");
    assert_eq!(
        read_with(&files, |input| input.include_checks = ALL)
            .report
            .test_status(),
        6
    );
}

#[test]
fn circles_end() {
    let circle = |text: &str, other: &str| {
        let files = MemoryFiles::default()
            .with("/etc/main.conf", text)
            .with("/etc/b.conf", other);
        let reading = read_files(&files);
        assert_eq!(reading.report.daemon_status(), Some(2));
        assert_eq!(reading.codes(), ["KA0008"]);
        reading.lines()
    };
    assert_eq!(circle("a\ninclude main.conf\nb", ""), ["a"]);
    assert_eq!(
        circle("a\ninclude b.conf\nb", "c\ninclude ../etc/main.conf"),
        ["a", "c"]
    );
    assert!(circle("a\n~SEQ(I, 2) include main.conf", "").len() <= 64);
}

#[test]
fn a_file_that_includes_itself_until_a_parameter_says_otherwise_is_no_circle() {
    let files = MemoryFiles::default()
        .with("/etc/main.conf", "$NEXT=b\ninclude b.conf")
        .with(
            "/etc/b.conf",
            "b\n$NEXT2=c\n$F=${NEXT}.conf\n$NEXT=${NEXT2}\ninclude ${F}",
        )
        .with("/etc/c.conf", "c");
    assert_eq!(read_files(&files).lines(), ["b", "c"]);
}

#[test]
fn limits_of_files() {
    let files = files().with(
        "/etc/main.conf",
        "include a.conf\ninclude a.conf\ninclude a.conf\nend",
    );
    let few = read_with(&files, |input| input.limits.files = 3);
    assert_eq!(
        (few.lines(), few.codes()),
        (vec!["a".to_owned(); 2], vec!["KA0009".to_owned()])
    );
    let small = read_with(&files, |input| input.limits.bytes = 50);
    assert_eq!(
        (small.lines(), small.codes()),
        (vec!["a".to_owned(); 2], vec!["KA0009".to_owned()])
    );
    let braces = including(&format!("include {}", "{a,b}".repeat(40)));
    assert_eq!(braces.codes(), ["KA0007"]);
}

#[test]
fn the_copy_is_what_was_read() {
    let text = "! comment\n  vrrp_instance V { # x\n  router_id \"a  #b\"\n@main include a.conf\n$M=a \\\n  b\n\\#x\n\
                include gone\n}";
    assert_eq!(
        String::from_utf8(including(text).copy).unwrap(),
        "# /etc/main.conf\n\nvrrp_instance V {\nrouter_id \"a  #b\"\n\n# /etc/a.conf\na\n!\n$M=a\\\nb\n\\#x\n\n}\n!\n"
    );
}

#[test]
fn several_main_files_are_one_text() {
    let files = MemoryFiles::default()
        .with("/1", "$A=5\nx {")
        .with("/2", "y $A\n}");
    let variables = |_: &str| None;
    let input = Input {
        files: &files,
        variables: &variables,
        config_id: "main",
        seed: 1,
        include_checks: IncludeChecks::default(),
        keep_copy: true,
        limits: Limits::default(),
    };
    let main = |name: &str| MainFile {
        name: name.to_owned(),
        path: name.into(),
        directory: "/".into(),
    };
    assert_eq!(
        read(&input, &[main("/1"), main("/2")]).lines(),
        ["x", "{", "y 5", "}"]
    );
    let gone = read(&input, &[main("/3")]);
    assert_eq!(gone.codes(), ["KA0001"]);
}
