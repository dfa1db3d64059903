//! bash, without the library of bash-completion.

use super::{commands, keywords};
use crate::options::{Shape, shown};
use std::fmt::Write as _;

const SCRIPT: &str = r#"# Completion of keepalived for bash.
_keepalived() {
    local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" offered=
    # bash takes the = of --option=value for a word of its own.
    if [[ $before == = && $COMP_CWORD -ge 2 ]]; then
        before="${COMP_WORDS[COMP_CWORD-2]}="
    elif [[ $word == = ]]; then
        before+== word=
    fi
    case "$before" in
        @FILES@)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return ;;
    esac
    case "${COMP_WORDS[1]}" in
@COMMANDS@
        *)
            offered='@OPTIONS@'
            if [[ $COMP_CWORD -eq 1 ]]; then offered+=' @NAMES@'; fi ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$word")
    if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
}
complete -F _keepalived keepalived
"#;

/// The script.
pub(super) fn script() -> String {
    let (mut words, mut files) = (Vec::new(), Vec::new());
    for option in shown() {
        let equals = if option.argument == Shape::Nothing {
            ""
        } else {
            "="
        };
        words.push(format!("--{}{equals}", option.long));
        if option.argument.is_file() {
            files.push(format!("--{}=", option.long));
        }
        // `-t FILE` is no value of `-t`; `--config-test=FILE` is.
        if option.argument == Shape::Required("FILE") {
            files.push(format!("--{}", option.long));
            files.extend(option.short.map(|letter| format!("-{letter}")));
        }
    }
    let commands = commands();
    let names: Vec<_> = commands.iter().map(|command| command.name.clone()).collect();
    let mut cases = String::new();
    for command in &commands {
        let options = command.options.iter().map(|option| format!("--{}", option.long));
        let mut offered: Vec<_> = options.collect();
        if command.wants_keyword {
            offered.extend(keywords().into_iter().map(String::from));
        }
        // Writing into a string cannot fail.
        let _ = writeln!(
            cases,
            "        {}) offered='{}' ;;",
            command.name,
            offered.join(" ")
        );
    }
    SCRIPT
        .replace("@FILES@", &files.join("|"))
        .replace("@COMMANDS@", cases.trim_end())
        .replace("@OPTIONS@", &words.join(" "))
        .replace("@NAMES@", &names.join(" "))
}
