//! The files for containers, as far as they can be looked at without an engine.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is tests, with a few functions that they share"
)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use keepalived::cli::{Outcome, parse};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn dockerfile() -> String {
    fs::read_to_string(repository().join("Dockerfile")).unwrap()
}

/// The options of a list in JSON, without the program.
fn words(list: &str) -> Vec<OsString> {
    let words: Vec<String> = serde_json::from_str(list).unwrap();
    words.into_iter().map(OsString::from).collect()
}

#[test]
fn what_is_copied_into_the_image_exists() {
    let mut copied = 0;
    for line in dockerfile().lines() {
        let Some(rest) = line.strip_prefix("COPY ") else {
            continue;
        };
        if rest.starts_with("--from=") {
            continue;
        }
        let paths: Vec<_> = rest.split_whitespace().collect();
        let (_, sources) = paths.split_last().unwrap();
        for source in sources {
            assert!(repository().join(source).exists(), "{line}");
            copied += 1;
        }
    }
    assert!(copied > 5, "only {copied} paths were found");
}

#[test]
fn the_entry_point_takes_its_options() {
    let text = dockerfile();
    let list = text
        .lines()
        .find_map(|line| line.strip_prefix("ENTRYPOINT "))
        .unwrap();
    let manifest = fs::read_to_string(repository().join("dist/kubernetes/keepalived.yaml")).unwrap();
    let args = manifest
        .lines()
        .find_map(|line| line.trim().strip_prefix("args: "))
        .unwrap();
    let options = words(list).into_iter().skip(1).chain(words(args));
    let parsed = parse(options);
    assert!(matches!(parsed.outcome, Outcome::Run));
    assert!(parsed.complaints.is_empty() && parsed.unexpected.is_empty());
    assert!(parsed.options.foreground && parsed.options.log_console && parsed.options.no_syslog);
}
