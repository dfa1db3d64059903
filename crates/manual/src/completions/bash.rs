//! bash, without the library of bash-completion.

use super::{commands, keywords};
use crate::options::{Shape, shown};

/// The script.
pub(super) fn script() -> String {
    let mut words = Vec::new();
    // `-t FILE` is no value of `-t`, `--config-test=FILE` is.
    let (mut files, mut attached) = (Vec::new(), Vec::new());
    for option in shown() {
        let equals = if option.argument == Shape::Nothing {
            ""
        } else {
            "="
        };
        words.push(format!("--{}{equals}", option.long));
        if option.argument.is_file() {
            attached.push(format!("--{}=", option.long));
        }
        if option.argument == Shape::Required("FILE") {
            files.push(format!("--{}", option.long));
            files.extend(option.short.map(|letter| format!("-{letter}")));
        }
    }
    let commands = commands();
    let names: Vec<_> = commands.iter().map(|command| command.name.clone()).collect();
    let cases: String = commands
        .iter()
        .map(|command| {
            let mut offered: Vec<_> = command
                .options
                .iter()
                .map(|option| format!("--{}", option.long))
                .collect();
            if command.wants_keyword {
                offered.extend(keywords().into_iter().map(String::from));
            }
            format!("        {}) offered='{}' ;;\n", command.name, offered.join(" "))
        })
        .collect();
    format!(
        "# Completion of keepalived for bash.\n\
         _keepalived() {{\n    \
             local word=\"${{COMP_WORDS[COMP_CWORD]}}\" before=\"${{COMP_WORDS[COMP_CWORD-1]}}\" offered=\n    \
             # bash takes the = of --option=value for a word of its own.\n    \
             if [[ $before == = && $COMP_CWORD -ge 2 ]]; then\n        \
                 before=\"${{COMP_WORDS[COMP_CWORD-2]}}=\"\n    \
             elif [[ $word == = ]]; then\n        \
                 before+== word=\n    \
             fi\n    \
             case \"$before\" in\n        \
                 {files}|{attached})\n            \
                     mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n            \
                     return ;;\n    \
             esac\n    \
             case \"${{COMP_WORDS[1]}}\" in\n\
         {cases}        \
                 *) offered='{words}'\n            \
                     if [[ $COMP_CWORD -eq 1 ]]; then offered+=' {names}'; fi ;;\n    \
             esac\n    \
             mapfile -t COMPREPLY < <(compgen -W \"$offered\" -- \"$word\")\n    \
             if [[ ${{COMPREPLY[0]-}} == *= ]]; then compopt -o nospace; fi\n\
         }}\n\
         complete -F _keepalived keepalived\n",
        files = files.join("|"),
        attached = attached.join("|"),
        words = words.join(" "),
        names = names.join(" "),
    )
}
