//! `keepalived failover`, `maintenance`, `drain`, `undrain`: an operator has the running daemon do something.

use crate::client;
use crate::control::{Request, Verdict};
use crate::exit::Exit;
use crate::say;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Longest wait for a verdict: longer than the supervisor gives its children.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks and prints what came of it: status 0 if it is done, 1 otherwise. `name` is that of the command.
pub(crate) fn run(name: &str, pid_file: Option<&Path>, request: &Request) -> Exit {
    let answer = client::find(pid_file).and_then(|daemon| client::ask(daemon, request, PATIENCE));
    match answer {
        Ok(answer) if answer.verdict == Verdict::Done => {
            // Done is done, whether somebody reads it or not.
            let _ = writeln!(io::stdout(), "{}", answer.report.trim_end());
            Exit::Normal
        }
        Ok(answer) => {
            say(&format!("keepalived {name}: {}", answer.report.trim_end()));
            Exit::Fatal
        }
        Err(error) => {
            say(&format!("keepalived {name}: {error}"));
            Exit::Fatal
        }
    }
}
