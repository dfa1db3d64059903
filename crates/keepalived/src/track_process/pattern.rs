//! Whether a process is one that is tracked.

use model::{ParameterMatch, TrackProcess};

/// Longest name of a process that Linux keeps.
const NAME: usize = 15;

/// What a process has to look like.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// It has this name.
    Name(Vec<u8>),
    /// Its command line is so.
    CommandLine {
        command: Vec<u8>,
        parameters: Vec<Vec<u8>>,
        rule: ParameterMatch,
    },
}

impl Pattern {
    pub(super) fn new(process: &TrackProcess) -> Self {
        let command = process.command.as_bytes();
        if process.full_command || process.parameter_match != ParameterMatch::Ignored {
            let parameters = process.parameters.iter().map(|word| word.clone().into_bytes());
            Self::CommandLine {
                command: command.to_vec(),
                parameters: parameters.collect(),
                rule: process.parameter_match,
            }
        } else {
            Self::Name(command[..command.len().min(NAME)].to_vec())
        }
    }

    /// Whether a process of this name, or with this command line, matches.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let (command, parameters, rule) = match self {
            Self::Name(name) => return name == text,
            Self::CommandLine {
                command,
                parameters,
                rule,
            } => (command, parameters, *rule),
        };
        let text = text.strip_suffix(b"\0").unwrap_or(text);
        let mut words = text.split(|byte| *byte == 0);
        if text.is_empty() || words.next() != Some(command.as_slice()) {
            return false;
        }
        let words: Vec<&[u8]> = words.collect();
        let whole = |count: usize| {
            words.len() >= count
                && parameters[..count]
                    .iter()
                    .zip(&words)
                    .all(|(own, word)| own == word)
        };
        match (rule, parameters.split_last()) {
            (ParameterMatch::Ignored, _) => true,
            (ParameterMatch::Exact, _) => words.len() == parameters.len() && whole(parameters.len()),
            (ParameterMatch::Partial, _) | (ParameterMatch::Initial, None) => whole(parameters.len()),
            (ParameterMatch::Initial, Some((last, before))) => {
                whole(before.len()) && words.get(before.len()).is_some_and(|word| word.starts_with(last))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track_process::tests::tracked;

    #[test]
    fn names_are_compared_as_long_as_linux_keeps_them() {
        let pattern = Pattern::new(&tracked("a_very_long_daemon_name"));
        assert!(pattern.matches(b"a_very_long_dae"));
        assert!(!pattern.matches(b"a_very_long_da"));
        assert!(!pattern.matches(b""));
    }

    #[test]
    fn parameters_are_compared_by_their_rule() {
        use ParameterMatch::{Exact, Ignored, Initial, Partial};
        for (rule, parameters, line, wanted) in [
            (Ignored, &[][..], &b"sshd\0-D\0"[..], true),
            (Ignored, &[], b"/usr/sbin/sshd\0", false),
            (Ignored, &[], b"", false),
            (Exact, &[], b"sshd\0", true),
            (Exact, &[], b"sshd\0-D\0", false),
            (Exact, &["-D"], b"sshd\0-D\0", true),
            (Exact, &["-D"], b"sshd\0-D\0-e\0", false),
            (Exact, &["-D"], b"sshd\0", false),
            (Partial, &["-D"], b"sshd\0-D\0-e\0", true),
            (Partial, &["-D"], b"sshd\0-De\0", false),
            (Partial, &[], b"sshd\0", true),
            (Initial, &["-D", "-f/etc"], b"sshd\0-D\0-f/etc/x\0", true),
            (Initial, &["-D", "-f/etc"], b"sshd\0-De\0-f/etc/x\0", false),
            (Initial, &["-D"], b"sshd\0", false),
            (Initial, &[], b"sshd\0-x\0", true),
            // An empty word is a word.
            (Exact, &[""], b"sshd\0\0", true),
        ] {
            let process = TrackProcess {
                parameters: parameters.iter().map(|&word| word.to_owned()).collect(),
                parameter_match: rule,
                full_command: true,
                ..tracked("sshd")
            };
            let shown = String::from_utf8_lossy(line);
            assert_eq!(
                Pattern::new(&process).matches(line),
                wanted,
                "{rule:?} {parameters:?} {shown:?}"
            );
        }
    }
}
