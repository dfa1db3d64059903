//! One file a mistake, and what is said about it.

use super::*;
use crate::diagnostics::Style;

/// Files of one mistake: `--- NAME` begins a file, the first is the main one.
fn read_mistake(text: &[u8]) -> String {
    let mut files = MemoryFiles::default();
    let starts: Vec<usize> = (0..text.len())
        .filter(|at| text[*at..].starts_with(b"--- "))
        .chain([text.len()])
        .collect();
    for range in starts.windows(2) {
        let file = &text[range[0] + 4..range[1]];
        let line = file
            .iter()
            .position(|byte| *byte == b'\n')
            .expect("a file has a name and content");
        let name = String::from_utf8_lossy(&file[..line]);
        files = files.with(&format!("/etc/keepalived/{name}"), &file[line + 1..]);
    }
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
        name: "keepalived.conf".to_owned(),
        path: "/etc/keepalived/keepalived.conf".into(),
        directory: "/etc/keepalived".into(),
    };
    let (tree, report) = read(&input, &[main]).tree(&ROOT);
    let sources = tree.sources();
    let all = report.distinct(sources);
    let rendered: Vec<String> = all
        .iter()
        .map(|diagnostic| diagnostic.render(sources, Style::Plain))
        .collect();
    let lines: Vec<String> = all.iter().map(|diagnostic| diagnostic.line(sources)).collect();
    format!(
        "{}\n{}\nstatus {}",
        rendered.join("\n"),
        lines.join("\n"),
        report.test_status()
    )
}

#[test]
fn mistakes() {
    insta::glob!("mistakes/*.conf", |path| {
        let text = std::fs::read(path).unwrap();
        insta::assert_snapshot!(read_mistake(&text));
    });
}
