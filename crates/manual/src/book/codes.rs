//! The codes of diagnostics.

use config::diagnostics::{Code, CodeSpec};
use std::fmt::Write as _;

use super::{HEADER, plain};

/// The groups of codes, by their first two digits.
const GROUPS: &[(&str, &str)] = &[
    ("00", "Files and includes"),
    ("01", "Lines and words"),
    ("02", "Parameters and generators"),
    ("03", "Keywords and braces"),
    ("04", "Values"),
    ("05", "What a configuration lacks"),
    ("06", "Scripts"),
    ("07", "Reloads"),
    ("08", "Hints"),
];

/// The chapter.
pub(super) fn chapter() -> String {
    let mut text = format!(
        "{HEADER}# Diagnostic codes\n\n\
         Each report on a configuration has a code that stays the same. `keepalived --config-test` prints it with the \
         line and with what to do about it, for programs as JSON (`--message-format json`); the daemon logs the text. Hints \
         are notes beyond the reports of the C program, and never change the exit status.\n"
    );
    let mut group = None;
    // Writing into a string cannot fail.
    for CodeSpec { code, meaning, help } in Code::ALL {
        let name = code.to_string();
        let digits = &name[2..4];
        if group != Some(digits.to_owned()) {
            let title = GROUPS
                .iter()
                .find(|(prefix, _)| *prefix == digits)
                .map_or("Others", |(_, title)| title);
            let _ = write!(
                text,
                "\n## {title}\n\n| code | meaning | what to do |\n|---|---|---|\n"
            );
            group = Some(digits.to_owned());
        }
        let _ = writeln!(text, "| `{name}` | {} | {} |", plain(meaning.trim()), plain(help));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_belongs_to_a_group_with_a_title() {
        assert!(!chapter().contains("## Others"));
        for CodeSpec { code, .. } in Code::ALL {
            assert!(chapter().contains(&format!("`{code}`")));
        }
    }
}
