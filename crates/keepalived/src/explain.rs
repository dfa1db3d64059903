//! `keepalived explain`: what the table of keywords says.

use crate::cli::Explain;
use crate::exit::Exit;
use crate::say;
use std::io::{self, Write};

/// Prints the entries of one keyword, or the list of all.
pub(crate) fn run(arguments: &Explain) -> Exit {
    let text = match &arguments.keyword {
        Some(keyword) => match config::explain::explain(keyword) {
            Ok(text) => text,
            Err(error) => {
                say(&format!("keepalived explain: {error}"));
                return Exit::Fatal;
            }
        },
        None => config::explain::list(),
    };
    // A reader that has seen enough closes the pipe.
    let _ = io::stdout().write_all(text.as_bytes());
    Exit::Normal
}
