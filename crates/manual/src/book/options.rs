//! The command line.

use std::fmt::Write as _;

use super::{HEADER, code, plain};
use crate::options::{Shape, shown};

/// The chapter.
pub(super) fn chapter() -> String {
    let mut text = format!(
        "{HEADER}# Command line\n\n\
         `keepalived [OPTION...]` is the daemon, `keepalived COMMAND [OPTION...]` one of its commands.\n\n\
         ## Options\n\n| option | meaning |\n|---|---|\n"
    );
    // Writing into a string cannot fail.
    for option in shown() {
        let letter = option.short.map_or_else(String::new, |c| format!("-{c}, "));
        let argument = match option.argument {
            Shape::Nothing => String::new(),
            Shape::Required(name) => format!("={name}"),
            Shape::Optional(name) => format!("[={name}]"),
        };
        let _ = writeln!(
            text,
            "| {} | {} |",
            code(&format!("{letter}--{}{argument}", option.long)),
            plain(option.help)
        );
    }
    text.push_str("\n## Commands\n\n| command | meaning |\n|---|---|\n");
    for command in keepalived::cli::subcommands().get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = format!("keepalived {}", command.get_name());
        let _ = writeln!(text, "| {} | {} |", code(&name), plain(&about));
    }
    text
}
