//! Every word leads back to where it was written.

use super::*;
use crate::source::Origin;

/// The place of each word, and the chain of how it came about.
fn ways(reading: &Reading) -> Vec<String> {
    let words = 0..reading.stream.word_count();
    words
        .map(|word| {
            let text = String::from_utf8_lossy(reading.stream.bytes(word, &reading.sources)).into_owned();
            let span = reading.stream.span(word);
            let mut way = format!("{text} = {}", reading.shown(span));
            let mut origin = span.origin;
            while let Some(step) = origin {
                let step = reading.sources.origin(step);
                let shown = match step {
                    Origin::Parameter { name, definition, .. } => {
                        format!("{name} {}", reading.shown(*definition))
                    }
                    Origin::Builtin { name, .. } => name.to_string(),
                    Origin::Generated {
                        name,
                        value,
                        generator,
                        ..
                    } => {
                        format!("{name}={value} {}", reading.shown(*generator))
                    }
                };
                way = format!("{way} < {shown}");
                origin = step.parent();
            }
            way.replace("/etc/main.conf:", "")
        })
        .collect()
}

#[test]
fn words_know_their_place() {
    let reading = read_text("  a \"b c\" d{e # x\n\\#f g");
    assert_eq!(
        ways(&reading),
        [
            "a = 1:3 a",
            "b c = 1:6 b c",
            "d = 1:11 d",
            "{ = 1:12 {",
            "e = 1:13 e",
            "#f = 2:2 #f",
            "g = 2:5 g"
        ]
    );
}

#[test]
fn words_of_values_know_the_reference_and_the_definition() {
    let reading = read_text("$B=y z\n$A=x ${B}1\nk $A e${B}");
    assert_eq!(
        ways(&reading),
        [
            "k = 3:1 k",
            "x = 3:3 $A < A 2:4 x",
            "y = 3:3 $A < B 1:4 y < A 2:6 ${B}",
            // One word out of two values: the first of them counts.
            "z1 = 3:3 $A < B 1:6 z < A 2:6 ${B}",
            "ey = 3:6 e${B} < B 1:4 y",
            "z = 3:7 ${B} < B 1:6 z",
        ]
    );
}

#[test]
fn words_of_multi_line_values_and_loops() {
    let reading = read_text("$M=a {\\\n  b 1$I\\\n}\n@main ~SEQ(I, 2, 2) $M");
    assert_eq!(
        ways(&reading),
        [
            "a = 4:21 $M < M 1:4 a",
            "{ = 4:21 $M < M 1:6 {",
            "b = 4:21 $M < M 2:3 b",
            "12 = 4:21 $M < M 2:5 1",
            "} = 4:21 $M < M 3:1 }",
        ]
    );
    let reading = read_text("~LST(V, a, b) x $V");
    assert_eq!(ways(&reading)[3], "b = 1:17 $V < V=b 1:1 ~LST(V, a, b)");
    let reading = read_text("x ${_INSTANCE}");
    assert_eq!(ways(&reading)[1], "main = 1:3 ${_INSTANCE} < _INSTANCE");
}

#[test]
fn a_definition_within_a_value_is_found_where_it_was_written() {
    let reading = read_text("$M=\\\n $X=v w\\\nz\n$M\nk $X");
    assert_eq!(
        ways(&reading),
        [
            "z = 4:1 $M < M 3:1 z",
            "k = 5:1 k",
            "v = 5:3 $X < X 2:5 v",
            "w = 5:3 $X < X 2:7 w"
        ]
    );
}

#[test]
fn included_files_know_who_included_them() {
    let files = MemoryFiles::default()
        .with("/etc/main.conf", "a\n  include sub/b.conf\n")
        .with("/etc/sub/b.conf", "\n b");
    let reading = read_files(&files);
    let span = reading.stream.span(1);
    assert_eq!(reading.shown(span), "/etc/sub/b.conf:2:2 b");
    let included_at = reading.sources.source(span.source).included_at().unwrap();
    assert_eq!(
        reading.shown(included_at),
        "/etc/main.conf:2:3 include sub/b.conf"
    );
}
