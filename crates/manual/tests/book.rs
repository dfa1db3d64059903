//! The documentation: its generated chapters are what the tables say, every page is in the summary, every link leads somewhere.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, with a few functions that they share"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .canonicalize()
        .unwrap()
}

/// The pages, relative to the directory.
fn pages(directory: &Path) -> BTreeSet<PathBuf> {
    let mut pages = BTreeSet::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.insert(path.strip_prefix(directory).unwrap().to_owned());
            }
        }
    }
    pages
}

/// The targets of the links of a page, code left out.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let prose: String = line.split('`').step_by(2).collect();
        if !in_code {
            links.extend(
                prose
                    .split("](")
                    .skip(1)
                    .filter_map(|rest| rest.split(')').next())
                    .map(String::from),
            );
        }
    }
    links
}

/// What mdBook and GitHub make of a heading.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            words
                .chars()
                .filter_map(|char| match char {
                    ' ' => Some('-'),
                    char if char.is_alphanumeric() || matches!(char, '-' | '_') => Some(char),
                    _ => None,
                })
                .collect()
        })
        .collect()
}

#[test]
fn generated_chapters_are_what_the_tables_say() {
    for document in manual::book::all() {
        let path = docs().join(document.path);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == document.text,
            "{} is stale; `cargo xtask docs` writes it",
            document.path
        );
    }
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let mut listed: BTreeSet<PathBuf> = links(&summary).into_iter().map(PathBuf::from).collect();
    listed.insert("SUMMARY.md".into());
    assert_eq!(listed, pages(&docs()));
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    for page in pages(&docs()) {
        let path = docs().join(&page);
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                // A page of the book cannot lead out of it.
                assert!(
                    Path::new(file)
                        .components()
                        .all(|part| matches!(part, Component::Normal(_) | Component::ParentDir)),
                    "{}: {link}",
                    page.display()
                );
                path.parent().unwrap().join(file)
            };
            let content = fs::read_to_string(&target);
            let content = content.unwrap_or_else(|error| panic!("{}: {link}: {error}", page.display()));
            assert!(
                anchor.is_empty() || anchors(&content).contains(anchor),
                "{}: {link} has no such heading",
                page.display()
            );
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} links were found");
}

#[test]
fn the_example_of_the_manual_page_is_one_that_is_run() {
    // The examples of the documentation are run by the testbed.
    let pages = manual::pages::all();
    let page = pages.iter().find(|page| page.path.ends_with("keepalived.conf.5"));
    let (_, example) = page.unwrap().text.split_once(".nf\n").unwrap();
    let (example, _) = example.split_once(".fi\n").unwrap();
    let quick_start = fs::read_to_string(docs().join("quick-start.md")).unwrap();
    assert!(quick_start.contains(&example.replace("\\-", "-")), "{example}");
}
