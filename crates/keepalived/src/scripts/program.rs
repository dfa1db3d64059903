//! What is executed, and as whom.

use model::Credentials;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A command with all its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The file that is executed; absolute.
    pub(super) path: String,
    /// The words that the program sees, its own name first.
    pub(super) argv: Vec<String>,
    /// As whom; nothing is as keepalived itself.
    pub(super) credentials: Option<Credentials>,
}

impl Program {
    /// A configured command with further arguments behind its own.
    pub fn new<'a>(command: &model::Command, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut argv = command.argv.clone();
        argv.extend(arguments.into_iter().map(str::to_owned));
        let path = command.path.as_ref().or(argv.first()).cloned();
        Self {
            path: path.unwrap_or_default(),
            argv,
            credentials: command.credentials.clone(),
        }
    }

    /// The words that the program sees, its own name first.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.argv
    }
}

impl fmt::Display for Program {
    /// The name by which the program is called in the log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.argv.first().unwrap_or(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_follow_those_of_the_configuration() {
        let command = model::Command {
            argv: vec!["x.sh".to_owned(), "it's".to_owned()],
            path: Some("/etc/x.sh".to_owned()),
            credentials: None,
        };
        let program = Program::new(&command, ["INSTANCE", "a b"]);
        assert_eq!(program.argv, ["x.sh", "it's", "INSTANCE", "a b"]);
        assert_eq!(program.path, "/etc/x.sh");
        assert_eq!(program.to_string(), "x.sh");
    }
}
