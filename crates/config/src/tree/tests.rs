//! Sections 2.4 and 7 with a small table of keywords: text in, statements and reports out.

mod braces;
mod commands;
mod mistakes;
mod properties;
mod table;

use super::*;
use crate::MemoryFiles;
use crate::read::{Input, MainFile, read};
use model::IncludeChecks;
use table::ROOT;

fn read_tree(text: &str) -> (Tree, Report) {
    let files = MemoryFiles::default().with("/etc/main.conf", text);
    let input = Input {
        files: &files,
        variables: &|_| None,
        config_id: "main",
        seed: 1,
        include_checks: IncludeChecks::default(),
        keep_copy: true,
        limits: crate::Limits::default(),
    };
    let main = MainFile {
        name: "main.conf".to_owned(),
        path: "/etc/main.conf".into(),
        directory: "/etc".into(),
    };
    read(&input, &[main]).tree(&ROOT)
}

/// The statements in one line, blocks in braces; a brace that is missing is shown as `_`.
fn shown(tree: &Tree) -> String {
    tree.statements().map(statement).collect::<Vec<_>>().join("; ")
}

fn statement(statement: Statement<'_>) -> String {
    let words: Vec<&str> = statement.words().map(Word::text).collect();
    let mut text = words.join(" ");
    if statement.entry().is_some() && !matches!(statement.form(), Form::Words | Form::Command) {
        let inside: Vec<String> = statement.children().map(self::statement).collect();
        let open = if statement.opened().is_some() { "{" } else { "_" };
        let close = if statement.closed().is_some() { "}" } else { "_" };
        text = format!("{text} {open} {} {close}", inside.join("; "));
    }
    text
}

/// Code and line of each report.
fn codes(tree: &Tree, report: &Report) -> Vec<String> {
    let place = |diagnostic: &crate::diagnostics::Diagnostic| {
        let line = diagnostic
            .primary
            .as_ref()
            .map(|label| tree.sources().locate(label.span).line);
        format!("{}:{}", diagnostic.code, line.unwrap_or(0))
    };
    report.iter().map(place).collect()
}

fn check(table: &[(&str, &str, &[&str])]) {
    for (text, expected, reports) in table {
        let (tree, report) = read_tree(text);
        assert_eq!(shown(&tree), *expected, "statements of {text}");
        assert_eq!(codes(&tree, &report), *reports, "reports of {text}");
        let status = if reports.is_empty() { 0 } else { 5 };
        assert_eq!(report.test_status(), status, "{text}");
    }
}
