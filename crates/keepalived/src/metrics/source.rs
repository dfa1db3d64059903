//! Where metrics come from: the status that the daemon gives over its control socket.

use super::families::families;
use super::family::{Format, render};
use crate::client;
use crate::control::{Answer, Detail, Request};
use crate::status::document::Status;
use model::Micros;
use std::path::{Path, PathBuf};

/// Longest wait for a status: longer than the supervisor gives its children.
pub(super) const PATIENCE: Micros = Micros::from_secs(8);

#[derive(Clone, Debug)]
pub(super) struct Source {
    socket: PathBuf,
}

impl Source {
    pub(super) fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
        }
    }

    /// The metrics as they are now.
    pub(super) fn text(&self, format: Format) -> Result<String, String> {
        let detail = Detail::Present;
        let answer = client::connect(&self.socket)
            .and_then(|daemon| client::ask(daemon, &Request::Status { detail }, PATIENCE.into()))
            .map_err(|error| error.to_string())?;
        status(&answer).map(|status| text(&status, format))
    }
}

/// The status in an answer.
pub(super) fn status(answer: &Answer) -> Result<Status, String> {
    let text = answer.status.as_ref().ok_or("no status")?;
    serde_json::from_str(text.get()).map_err(|error| error.to_string())
}

/// A status as metrics.
pub(super) fn text(status: &Status, format: Format) -> String {
    render(&families(status), format)
}
