//! Which tests are properties: those inside a `proptest!` block.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The names of all property tests below `root/crates`, without their modules.
pub(super) fn names(root: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    collect(&root.join("crates"), &mut names)?;
    Ok(names)
}

fn collect(directory: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry
            .with_context(|| format!("reading {}", directory.display()))?
            .path();
        if path.is_dir() {
            collect(&path, names)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            names.extend(inside(&text));
        }
    }
    Ok(())
}

/// The functions inside the `proptest!` blocks of a formatted file.
fn inside(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // The closing brace stands under the macro's first letter.
    let mut closing = None;
    for line in text.lines() {
        match &closing {
            None if line.trim_start().starts_with("proptest! {") => {
                let indent = line.len() - line.trim_start().len();
                closing = Some(format!("{}}}", " ".repeat(indent)));
            }
            Some(end) if line == end => closing = None,
            Some(_) => {
                let function = line
                    .trim_start()
                    .strip_prefix("fn ")
                    .and_then(|rest| rest.split('(').next());
                names.extend(function.map(String::from));
            }
            None => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_inside_the_block_count() {
        let text = "
#[test]
fn a_table() {}

    proptest! {
        #[test]
        fn a_property(bytes in any::<Vec<u8>>()) {
            helper(bytes);
        }
    }

fn after() {}
";
        assert_eq!(inside(text), ["a_property"]);
    }
}
