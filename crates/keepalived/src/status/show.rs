//! `keepalived status`.

use super::document::Status;
use super::{health, table};
use crate::cli;
use crate::client::{self, ClientError};
use crate::control::{Detail, Request};
use crate::exit::Exit;
use crate::{clock, say};
use nix::poll::{PollTimeout, poll};
use serde_json::value::RawValue;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// Longest wait for a status: longer than the supervisor gives its children.
const PATIENCE: Duration = Duration::from_secs(10);

/// A needed process does not run or does not answer (`--live`, `--ready`).
const NOT_LIVE: Exit = Exit::Status(2);

/// Something that is configured is not served (`--ready`).
const NOT_READY: Exit = Exit::Status(3);

/// From the upper left corner, without what stood there.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Shows the status, once or again and again, and judges it where that is asked for.
pub(crate) fn run(arguments: &cli::Status) -> Exit {
    loop {
        let exit = match fetch(arguments.pid.as_deref(), Detail::Present) {
            Ok((status, text)) => print(arguments, &status, &text),
            Err(error) => {
                say(&format!("keepalived status: {error}"));
                Exit::Fatal
            }
        };
        let Some(seconds) = arguments.watch else {
            return exit;
        };
        let pause = Duration::from_secs(seconds.into());
        let _ = poll(&mut [], PollTimeout::try_from(pause).unwrap_or(PollTimeout::MAX));
    }
}

/// Gets the status, and its text as the daemon gave it.
pub(super) fn fetch(pid_file: Option<&Path>, detail: Detail) -> Result<(Status, Box<RawValue>), ClientError> {
    let answer = client::ask(client::find(pid_file)?, &Request::Status { detail }, PATIENCE)?;
    let text = answer.status.ok_or(ClientError::Closed)?;
    Ok((serde_json::from_str(text.get())?, text))
}

fn print(arguments: &cli::Status, status: &Status, text: &RawValue) -> Exit {
    let mut out = io::stdout().lock();
    let probes = arguments.live || arguments.ready;
    let is_shown = !probes || arguments.json;
    let shown = if arguments.json {
        format!("{}\n", text.get())
    } else {
        table::render(status, clock::wall(), table::Style::of(out.is_terminal()))
    };
    if arguments.watch.is_some() && out.is_terminal() {
        let _ = out.write_all(CLEAR.as_bytes());
    }
    if is_shown
        && out
            .write_all(shown.as_bytes())
            .and_then(|()| out.flush())
            .is_err()
    {
        // Whoever read it has gone, so nobody is left to watch.
        std::process::exit(Exit::Fatal.code().into());
    }
    let not_live = health::not_live(status).filter(|_| probes);
    let not_ready = health::not_ready(status).filter(|_| arguments.ready);
    let (exit, reason) = match (not_live, not_ready) {
        (Some(reason), _) => (NOT_LIVE, reason),
        (None, Some(reason)) => (NOT_READY, reason),
        (None, None) => return Exit::Normal,
    };
    say(&format!("keepalived status: {reason}"));
    exit
}
