//! zsh, by its `_arguments`.

use super::{commands, keywords, quoted};
use crate::options::{Shape, Shown, shown};
use std::fmt::Write as _;

/// The script.
pub(super) fn script() -> String {
    let mut text = "#compdef keepalived\n# Completion of keepalived for zsh.\n\n_keepalived() {\n    local -a commands\n".to_owned();
    text.push_str("    commands=(\n");
    let commands = commands();
    // Writing into a string cannot fail.
    for command in &commands {
        let line = quoted(&format!("{}:{}", command.name, described(&command.about)));
        let _ = writeln!(text, "        {line}");
    }
    text.push_str("    )\n    case \"${words[2]}\" in\n");
    for command in &commands {
        let _ = write!(
            text,
            "        {})\n            shift words\n            (( CURRENT-- ))\n            _arguments",
            command.name
        );
        for option in &command.options {
            let value = if option.takes_value { ":value:_files" } else { "" };
            let line = quoted(&format!("--{}[{}]{value}", option.long, described(&option.help)));
            let _ = write!(text, " \\\n                {line}");
        }
        if command.wants_keyword {
            let names: Vec<_> = keywords().into_iter().collect();
            let line = quoted(&format!("1:keyword:({})", names.join(" ")));
            let _ = write!(text, " \\\n                {line}");
        }
        text.push_str("\n            return ;;\n");
    }
    text.push_str("    esac\n    _arguments -s");
    for option in shown() {
        for line in specifications(option) {
            let _ = write!(text, " \\\n        {}", quoted(&line));
        }
    }
    text.push_str(" \\\n        '1:command:{ _describe command commands }'\n}\n\n_keepalived \"$@\"\n");
    text
}

fn specifications(option: Shown) -> Vec<String> {
    let what = described(option.help);
    let files = if option.argument.is_file() { "_files" } else { " " };
    let (attached, after) = match option.argument {
        Shape::Nothing => ("", String::new()),
        Shape::Required(name) => ("=", format!(":{}:{files}", described(name))),
        Shape::Optional(name) => ("=-", format!("::{}:{files}", described(name))),
    };
    let mut lines = vec![format!("--{}{attached}[{what}]{after}", option.long)];
    if let Some(letter) = option.short {
        let attached = match option.argument {
            Shape::Nothing => "",
            Shape::Required(_) => "+",
            Shape::Optional(_) => "-",
        };
        lines.push(format!("-{letter}{attached}[{what}]{after}"));
    }
    lines
}

/// A description without what would end it.
fn described(text: &str) -> String {
    text.replace('[', "(").replace(']', ")").replace(':', ",")
}
