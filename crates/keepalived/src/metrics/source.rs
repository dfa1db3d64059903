//! Where metrics come from: the daemon's own control socket.

use super::families::families;
use super::family::{Format, render};
use crate::client;
use crate::control::{Detail, Request};
use crate::status::document::Status;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest wait for a status: longer than the supervisor gives its children.
const PATIENCE: Duration = Duration::from_secs(8);

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
            .and_then(|daemon| client::ask(daemon, &Request::Status { detail }, PATIENCE))
            .map_err(|error| error.to_string())?;
        let text = answer.status.ok_or("no status")?;
        let status: Status = serde_json::from_str(text.get()).map_err(|error| error.to_string())?;
        Ok(render(&families(&status), format))
    }
}
