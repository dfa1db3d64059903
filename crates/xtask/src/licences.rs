//! The licences of all dependencies, against the list of `deny.toml`.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::workspace::Workspace;

/// One line for each dependency whose licence `deny.toml` does not allow; empty when all is well.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let rules = workspace.root().join("deny.toml");
    let text = fs::read_to_string(&rules).with_context(|| format!("reading {}", rules.display()))?;
    let allowed = allowed_licences(&text);
    ensure!(!allowed.is_empty(), "{} allows no licence", rules.display());
    let packages = workspace.metadata()["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let mut complaints = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or("?");
        match package["license"].as_str() {
            Some(expression) if is_allowed(expression, &allowed) => {}
            Some(expression) => complaints.push(format!(
                "{name} is under {expression}, which deny.toml does not allow"
            )),
            None => complaints.push(format!("{name} does not say its licence")),
        }
    }
    Ok(complaints)
}

/// The strings of `allow = [ … ]` in the section `[licenses]`.
fn allowed_licences(rules: &str) -> Vec<String> {
    let section = rules
        .split("\n[")
        .find(|section| section.starts_with("licenses]"))
        .unwrap_or_default();
    let list = section
        .split_once("allow = [")
        .map_or("", |(_, rest)| rest.split(']').next().unwrap_or_default());
    list.split('"').skip(1).step_by(2).map(String::from).collect()
}

/// Whether an SPDX expression can be fulfilled with the allowed licences.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    // Old manifests separate alternatives by a slash.
    let text = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = text.split_whitespace().peekable();
    let verdict = alternatives(&mut words, allowed);
    verdict && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn alternatives(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut verdict = conjunction(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        verdict |= conjunction(words, allowed);
    }
    verdict
}

fn conjunction(words: &mut Words<'_>, allowed: &[String]) -> bool {
    let mut verdict = single(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        verdict &= single(words, allowed);
    }
    verdict
}

fn single(words: &mut Words<'_>, allowed: &[String]) -> bool {
    match words.next() {
        Some("(") => {
            let verdict = alternatives(words, allowed);
            let closed = words.next() == Some(")");
            verdict && closed
        }
        Some(licence) => {
            let mut name = licence.to_owned();
            if words.next_if_eq(&"WITH").is_some() {
                name = format!("{name} WITH {}", words.next().unwrap_or_default());
            }
            allowed.contains(&name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(expression: &str) -> bool {
        let allowed = [
            "MIT",
            "Apache-2.0",
            "Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ]
        .map(String::from);
        is_allowed(expression, &allowed)
    }

    #[test]
    fn expressions_are_evaluated() {
        assert!(verdict("MIT OR Apache-2.0"));
        assert!(verdict("MIT/Apache-2.0"));
        assert!(verdict("GPL-3.0 OR MIT"));
        assert!(verdict("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(verdict("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!verdict("GPL-3.0"));
        assert!(!verdict("MIT AND LGPL-2.1"));
        assert!(verdict("(GPL-2.0) OR MIT"));
        assert!(!verdict("(MIT OR Apache-2.0) AND GPL-2.0"));
        assert!(!verdict("MIT Apache-2.0"));
        assert!(!verdict(""));
    }

    #[test]
    fn the_list_is_read_from_the_right_section() {
        let rules =
            "[graph]\nallow = [\"X\"]\n\n[licenses]\nallow = [\n    \"MIT\",\n    \"0BSD\",\n]\n[bans]\n";
        assert_eq!(allowed_licences(rules), ["MIT", "0BSD"]);
    }
}
