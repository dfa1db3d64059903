//! fish.

use super::{commands, keywords, quoted};
use crate::options::{Shape, shown};
use std::fmt::Write as _;

/// The script.
pub(super) fn script() -> String {
    let commands = commands();
    let names: Vec<_> = commands.iter().map(|command| command.name.as_str()).collect();
    let mut text = "# Completion of keepalived for fish.\ncomplete -c keepalived -f\n".to_owned();
    let none = format!("not __fish_seen_subcommand_from {}", names.join(" "));
    // Writing into a string cannot fail.
    for command in &commands {
        let _ = writeln!(
            text,
            "complete -c keepalived -n __fish_is_first_token -a {} -d {}",
            command.name,
            quote(&command.about)
        );
        let seen = quote(&format!("__fish_seen_subcommand_from {}", command.name));
        for option in &command.options {
            let letter = option.short.map_or_else(String::new, |c| format!(" -s {c}"));
            let value = if option.takes_value { " -r -F" } else { "" };
            let _ = writeln!(
                text,
                "complete -c keepalived -n {seen}{letter} -l {}{value} -d {}",
                option.long,
                quote(&option.help)
            );
        }
        if command.wants_keyword {
            let all: Vec<_> = keywords().into_iter().collect();
            let _ = writeln!(
                text,
                "complete -c keepalived -n {seen} -a {}",
                quote(&all.join(" "))
            );
        }
    }
    for option in shown() {
        let letter = option.short.map_or_else(String::new, |c| format!(" -s {c}"));
        let value = match option.argument {
            Shape::Required(_) if option.argument.is_file() => " -r -F",
            Shape::Required(_) => " -x",
            Shape::Optional(_) if option.argument.is_file() => " -F",
            Shape::Nothing | Shape::Optional(_) => "",
        };
        let _ = writeln!(
            text,
            "complete -c keepalived -n {}{letter} -l {}{value} -d {}",
            quote(&none),
            option.long,
            quote(option.help)
        );
    }
    text
}

/// fish has no `'\''`; a quote within quotes is `\'`.
fn quote(text: &str) -> String {
    if text.contains('\'') {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
    } else {
        quoted(text)
    }
}
