//! Sections 1 and 2: physical lines, comments, quotes, words, braces.

use super::*;
use crate::diagnostics::{Class, Code, Stop};

#[test]
fn physical_lines() {
    check(&[
        ("", &[], &[]),
        ("\n\n \t \n", &[], &[]),
        ("a b\nc", &["a b", "c"], &[]),
        ("a\r\nb\r\r\nc\r", &["a", "b", "c"], &[]),
        ("  a \t b  ", &["a b"], &[]),
        ("\u{c}a\u{b}b", &["a b"], &[]),
        ("a \\\nb # c\\\n\"d\" \\", &["a\\", "b\\", "d \\"], &[]),
        ("virtual_router_id 5\\", &["virtual_router_id 5\\"], &[]),
        ("a\0b\nc", &["c"], &["KA0102"]),
        ("é ü", &["é ü"], &[]),
    ]);
}

#[test]
fn a_long_line_is_one_error_and_never_half_parsed() {
    let line = |length: usize| format!("xx{}\nnext", " y".repeat(length / 2 - 1));
    for (length, code) in [(1022, None), (1024, Some("KA0101"))] {
        let reading = read_text(&line(length));
        assert_eq!(reading.lines().last().unwrap(), "next");
        assert_eq!(reading.lines().len(), if code.is_some() { 1 } else { 2 });
        assert_eq!(reading.codes(), code.into_iter().collect::<Vec<_>>());
        assert_eq!(reading.report.test_status(), if code.is_some() { 5 } else { 0 });
    }
    let comment = format!("{}#{}\n", "x ".repeat(500), "c".repeat(1000));
    assert_eq!(read_text(&comment).codes(), ["KA0101"]);
    assert_eq!(
        read_text(&format!("{}\r\n", "x".repeat(1023))).codes(),
        Vec::<String>::new()
    );
}

#[test]
fn comments() {
    check(&[
        ("a # b\n! c\nd!e", &["a", "d"], &[]),
        ("a \"b # c\" # d", &["a [b # c]"], &[]),
        ("a \\#b c\\!d", &["a #b c!d"], &[]),
        ("a \"\\#\"", &["a \\#"], &[]),
        ("a \"x\\\" # y\" z # w", &["a x\\ # y"], &[]),
        ("$H=a#b\n$H", &["a"], &[]),
        ("$H=\"a#b\"\n$H", &["a#b"], &[]),
        ("${_HASH} x\na${_HASH}b c", &["a"], &[]),
        ("a \"${_HASH} ${_BANG}\"", &["a [# !]"], &[]),
    ]);
}

#[test]
fn quotes() {
    check(&[
        ("a \"b c\" d", &["a [b c] d"], &[]),
        ("ab\"cd ef\"gh", &["ab [cd ef] gh"], &[]),
        ("a \"\"", &["a []"], &[]),
        ("a \"{ # ' \\\\\" '{", &["a [{ # ' \\\\] '", "{"], &[]),
        ("a \"b c\nd", &["a", "d"], &["KA0103"]),
        ("a b \"c d\" \"e\nf", &["a b [c d]", "f"], &["KA0103"]),
        ("\"a\nb", &["", "b"], &["KA0103"]),
    ]);
    // The number of quotes is even, so the reading does not know whether this is a mistake.
    let reading = read_text("a \"b\\\" c\" d");
    assert_eq!(reading.codes(), Vec::<String>::new());
    assert!(reading.stream.line(0).open_quote);
    assert!(!reading.stream.line(0).reported);
}

#[test]
fn what_is_said_about_a_line_with_an_open_quote_is_a_consequence() {
    let mut reading = read_text("priority \"10\n");
    let word = reading.stream.span(0);
    let consequence = Diagnostic::error(Code::COMMAND, Class::InvalidNumber, "missing")
        .at(word, "")
        .stops(Stop::MissingParameter);
    reading.report.push(consequence);
    assert_eq!(reading.codes(), ["KA0103"]);
    assert_eq!(reading.report.test_status(), 2);
}

#[test]
fn braces() {
    check(&[
        ("a{", &["a", "{"], &[]),
        ("group { A }", &["group", "{", "A", "}"], &[]),
        ("a }b{ c", &["a", "}", "b", "{", "c"], &[]),
        ("{}", &["{", "}"], &[]),
        ("a \"{\"b{\"}\"}", &["a { b", "{", "}", "}"], &[]),
        (
            "interface eth0 virtual_router_id 5",
            &["interface eth0 virtual_router_id 5"],
            &[],
        ),
        // What follows a brace is a line of its own.
        ("a { @main b\n} @other c", &["a", "{", "b", "}"], &[]),
        ("a { $X=5\nb $X", &["a", "{", "b 5"], &[]),
        ("a { ~SEQ(I, 2) b$I", &["a", "{", "b1", "b2"], &[]),
        ("$M={ @other b\nfoo $M", &["foo", "{"], &[]),
        ("$M=@main b\nfoo { $M }", &["foo", "{", "b", "}"], &[]),
        (
            "$X=~{ $Y\n$Y=~{ $X\na $X",
            &["a ~", "{", "~", "{", "$X"],
            &["KA0203"],
        ),
        ("a \"{\" @main b", &["a { @main b"], &[]),
        ("a \\#b { \\#c d", &["a #b", "{", "#c d"], &[]),
        ("$A=1\n~a $A { b $A", &["~a $A", "{", "b 1"], &[]),
        ("$A=1\n~a $A { \\# $A", &["~a $A", "{"], &[]),
        ("$A=1\n$T=~ $A\nx $T { $A $A", &["x ~ $A", "{", "1 1"], &[]),
    ]);
}
