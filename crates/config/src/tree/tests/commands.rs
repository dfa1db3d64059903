//! Section 2.4.

use super::*;
use crate::diagnostics::Class;

fn command(line: &str) -> Result<Option<CommandLine>, CommandError> {
    let (tree, report) = read_tree(&format!("vrrp_instance V {{\n{line}\n}}"));
    assert!(report.is_empty(), "{report:?}");
    let block = tree.statements().next().unwrap();
    block.children().next().unwrap().split_command()
}

fn texts(words: &[CommandWord]) -> Vec<String> {
    words
        .iter()
        .map(|word| String::from_utf8_lossy(&word.bytes).into_owned())
        .collect()
}

#[test]
fn commands_are_split_twice() {
    for (line, words, rest) in [
        ("notify /p/s.sh", vec!["/p/s.sh"], vec![]),
        ("notify /p/s.sh a b", vec!["/p/s.sh"], vec!["a", "b"]),
        (
            "notify \"/p/s.sh 'a b' c\" root wheel",
            vec!["/p/s.sh", "a b", "c"],
            vec!["root", "wheel"],
        ),
        (
            r#"notify "/p/s.sh ' spaces\\x20f\x69le ' '\"q r\"' a.b" user group"#,
            vec!["/p/s.sh", r" spaces\x20file ", "\"q r\"", "a.b"],
            vec!["user", "group"],
        ),
        ("notify \"\"", vec![], vec![]),
        ("notify \"/p a{b}\"", vec!["/p", "a{b}"], vec![]),
    ] {
        let line = command(line).unwrap().unwrap();
        assert_eq!(
            (texts(&line.words), texts(&line.rest)),
            (
                words.iter().map(ToString::to_string).collect(),
                rest.iter().map(ToString::to_string).collect()
            )
        );
    }
    assert_eq!(command("notify"), Ok(None));
}

#[test]
fn words_of_commands_know_their_place() {
    let (tree, _) = read_tree("vrrp_instance V {\n  notify \"/p '\\x41 b' c\" root\n}");
    let line = tree
        .statements()
        .next()
        .unwrap()
        .children()
        .next()
        .unwrap()
        .split_command()
        .unwrap()
        .unwrap();
    let written = |span: Span| {
        let location = tree.sources().locate(span);
        format!(
            "{} {}",
            location.column,
            String::from_utf8_lossy(tree.sources().written(span))
        )
    };
    let places: Vec<String> = line.words.iter().map(|word| written(word.span)).collect();
    assert_eq!(places, ["11 /p", "14 '\\x41 b'", "23 c"]);
    assert_eq!(written(line.span), "10 \"/p '\\x41 b' c\"");
    assert_eq!(written(line.rest[0].span), "26 root");
}

#[test]
fn commands_out_of_parameters() {
    let (tree, report) = read_tree("$S=/p x\n$U=root\nvrrp_instance V {\n  notify \"${S} y\" $U\n}");
    assert!(report.is_empty());
    let statement = tree.statements().next().unwrap().children().next().unwrap();
    let line = statement.split_command().unwrap().unwrap();
    assert_eq!(
        (texts(&line.words), texts(&line.rest)),
        (
            vec!["/p".to_owned(), "x".to_owned(), "y".to_owned()],
            vec!["root".to_owned()]
        )
    );
    let place = |span: Span| {
        (
            tree.sources().locate(span).line,
            tree.sources().locate(span).column,
            span.origin.is_some(),
        )
    };
    assert_eq!(place(line.words[0].span), (4, 11, true));
    assert_eq!(place(line.words[2].span), (4, 16, true));
    assert_eq!(place(line.rest[0].span), (4, 19, true));
}

#[test]
fn what_cannot_be_split() {
    let error = command("notify \"/p 'a b\"").unwrap_err();
    assert_eq!(error.to_string(), "the `'` is never closed");
    assert_eq!(error.diagnostic().class, Some(Class::GeneralError));
    assert!(matches!(
        command("notify \"/p a\\\\\\\\\\\\\""),
        Ok(Some(_)) | Err(_)
    ));
    assert!(matches!(
        command("notify /p\\"),
        Err(CommandError::LoneBackslash { .. })
    ));
}

#[test]
fn an_open_quote_is_left_to_the_splitting_if_it_is_behind_the_command() {
    for (line, code) in [
        ("notify \"/p a\\\" b\"", None),
        ("notify \\\"a\\\" \\\"", None),
        ("state \"/p a\\\" b\"", Some("KA0103")),
    ] {
        let (_, report) = read_tree(&format!("vrrp_instance V {{\n{line}\n}}"));
        let codes: Vec<String> = report
            .iter()
            .map(|diagnostic| diagnostic.code.to_string())
            .collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{line}");
    }
}
