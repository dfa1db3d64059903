//! Commands and users of a line.

use super::{CommandDraft, Context};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::tree::{CommandWord, Statement, Word};
use crate::values::user::{UserError, credentials};
use model::Credentials;
use std::path::{Path, PathBuf};

impl Context<'_> {
    /// The command of a script keyword, split again (`spec/config-language.md` section 2.4), with user and group if they
    /// stand behind it. A user that does not exist costs the command, which is only logged.
    pub(crate) fn command(&mut self, line: Statement<'_>) -> Option<CommandDraft> {
        let split = match line.split_command() {
            Ok(split) => split?,
            Err(error) => {
                self.push(error.diagnostic());
                return None;
            }
        };
        let text = |word: &CommandWord| String::from_utf8_lossy(&word.bytes).into_owned();
        let argv: Vec<String> = split.words.iter().map(text).collect();
        if argv.first().is_none_or(String::is_empty) {
            let message = format!("`{}` names no command", line.name().text());
            self.error(Code::INVALID_VALUE, split.span, message);
            return None;
        }
        let mut named = None;
        if let Some(user) = split.rest.first() {
            let group = split.rest.get(1).map(text);
            match credentials(&text(user), group.as_deref(), self.env.users) {
                Ok(found) => named = Some(found),
                // These have a keyword of their own for the user; what follows their command is ignored.
                Err(_) if matches!(line.name().text(), "script" | "misc_path") => {}
                Err(error) => {
                    let message = format!("`{}` is not run: {error}", line.name().text());
                    self.push(
                        crate::diagnostics::Diagnostic::logged(Code::UNKNOWN_USER, message)
                            .at(user.span, "")
                            .help("put the command and its arguments in one pair of quotes"),
                    );
                    return None;
                }
            }
        }
        Some(CommandDraft {
            argv,
            credentials: named,
            span: split.span,
        })
    }

    /// `USER [[:]GROUP]`.
    pub(crate) fn credentials(
        &self,
        user: Word<'_>,
        group: Option<Word<'_>>,
    ) -> Result<Credentials, UserError> {
        credentials(user.text(), group.map(Word::text), self.env.users)
    }

    /// The directory of the file in which something stands.
    pub(crate) fn directory_of(&self, span: Span) -> PathBuf {
        let directory: &Path = self.sources.source(span.source).directory();
        directory.to_owned()
    }
}
