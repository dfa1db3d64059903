//! `track_file`: a number in a file.

use super::Status;
use model::TrackFile;
use std::sync::Arc;

/// A track file and the last value read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: Arc<str>,
    pub(crate) value: i32,
}

impl File {
    pub(super) fn new(config: &TrackFile) -> Self {
        Self {
            name: Arc::from(config.name.as_str()),
            value: 0,
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::Value(self.value)
    }
}
