//! Completions of the shells: options, commands, and the keywords that `keepalived explain` knows.

mod bash;
mod fish;
mod zsh;

use std::collections::BTreeSet;

use clap::Arg;

use crate::Document;

/// All of them, each below `completions/`.
#[must_use]
pub fn all() -> Vec<Document> {
    vec![
        Document {
            path: "completions/bash/keepalived",
            text: bash::script(),
        },
        Document {
            path: "completions/zsh/_keepalived",
            text: zsh::script(),
        },
        Document {
            path: "completions/fish/keepalived.fish",
            text: fish::script(),
        },
    ]
}

/// A command with what can follow it.
struct Command {
    name: String,
    about: String,
    options: Vec<CommandOption>,
    wants_keyword: bool,
}

struct CommandOption {
    short: Option<char>,
    long: String,
    help: String,
    takes_value: bool,
}

fn commands() -> Vec<Command> {
    keepalived::cli::subcommands()
        .get_subcommands()
        .map(|command| Command {
            name: command.get_name().to_owned(),
            about: command.get_about().map(ToString::to_string).unwrap_or_default(),
            options: command.get_arguments().filter_map(option).collect(),
            wants_keyword: command
                .get_positionals()
                .any(|argument| argument.get_id() == "keyword"),
        })
        .collect()
}

fn option(argument: &Arg) -> Option<CommandOption> {
    Some(CommandOption {
        short: argument.get_short(),
        long: argument.get_long()?.to_owned(),
        help: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        takes_value: argument.get_action().takes_values(),
    })
}

/// The names of all keywords, each once.
fn keywords() -> BTreeSet<&'static str> {
    config::explain::all()
        .iter()
        .map(|place| place.entry.name)
        .collect()
}

/// A text within single quotes of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
