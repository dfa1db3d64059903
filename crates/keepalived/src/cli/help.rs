//! The help, from the table of options.

use super::subcommand::summaries;
use super::table::{Argument, OPTIONS, OptionSpec};
use std::fmt::Write;

/// Column where the explanations begin.
const COLUMN: usize = 36;

/// What `-h` prints, for a program called `name`.
#[must_use]
pub fn help(name: &str) -> String {
    let mut text = format!("Usage: {name} [OPTION...]\n       {name} COMMAND [OPTION...]\n\nOptions:\n");
    for spec in OPTIONS.iter().filter(|spec| !spec.help.is_empty()) {
        row(&mut text, &synopsis(spec), spec.help);
    }
    text.push_str("\nCommands:\n");
    for (command, about) in summaries() {
        row(&mut text, &format!("  {command}"), &about);
    }
    text
}

/// `  -f, --use-file=FILE`.
fn synopsis(spec: &OptionSpec) -> String {
    let letter = spec
        .short
        .map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let argument = match &spec.argument {
        Argument::None(_) | Argument::Ends(_) => String::new(),
        Argument::Required(name, _) | Argument::EndsWith(name, _) => format!("={name}"),
        Argument::Optional(name, _) => format!("[={name}]"),
    };
    format!("  {letter}--{}{argument}", spec.long)
}

fn row(text: &mut String, left: &str, right: &str) {
    // Writing into a string cannot fail.
    let _ = if left.len() < COLUMN {
        writeln!(text, "{left:COLUMN$}{right}")
    } else {
        writeln!(text, "{left}\n{:COLUMN$}{right}", "")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_that_people_use_is_explained() {
        let text = help("keepalived");
        assert!(text.starts_with("Usage: keepalived [OPTION...]\n"));
        let rows: Vec<_> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for start in [
            "-f, --use-file=FILE Configuration to read",
            "-t, --config-test[=FILE] Check",
            "--all Run every process",
            "-S, --log-facility=0-7|local0-7|user|daemon",
            "reload Reload",
        ] {
            assert!(rows.iter().any(|row| row.starts_with(start)), "{start}\n{text}");
        }
        assert!(!text.contains("config-fd"));
        assert!(text.lines().all(|line| line.len() <= 120));
    }
}
