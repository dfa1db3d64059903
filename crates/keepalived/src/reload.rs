//! `keepalived reload`: ask the running daemon, wait, print its verdict.

use crate::cli::Reload;
use crate::client;
use crate::control::{Request, Verdict};
use crate::exit::Exit;
use crate::messages::MessageFormat;
use crate::say;
use std::io::{self, Write};
use std::time::Duration;

/// Longest wait for a verdict: a little more than the supervisor gives its children.
const PATIENCE: Duration = Duration::from_secs(90);

/// Reloads and says how it went: status 0 when the new configuration is in force, 1 otherwise.
pub(crate) fn run(arguments: &Reload) -> Exit {
    let answer = client::find(arguments.pid.as_deref())
        .and_then(|daemon| client::ask(daemon, &Request::Reload, PATIENCE));
    match answer {
        Ok(answer) => {
            match arguments.message_format {
                MessageFormat::Human if answer.report.is_empty() => {}
                MessageFormat::Human => say(answer.report.trim_end()),
                // A reader that has seen enough closes the pipe.
                MessageFormat::Json => drop(io::stdout().write_all(answer.messages.as_bytes())),
            }
            match answer.verdict {
                Verdict::Done => Exit::Normal,
                Verdict::Refused => Exit::Fatal,
            }
        }
        Err(error) => {
            say(&format!("keepalived reload: {error}"));
            Exit::Fatal
        }
    }
}
