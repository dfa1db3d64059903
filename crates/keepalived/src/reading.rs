//! What the daemon wants of the reading of a configuration.

use crate::exit::Exit;
use crate::log::DETAIL;
use model::Configuration;
use std::path::{Path, PathBuf};

/// The default configuration file.
pub const DEFAULT_FILE: &str = "/etc/keepalived/keepalived.conf";

/// A function that reads a configuration.
pub type Reader = fn(&ReadRequest<'_>) -> Reading;

/// What is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest<'a> {
    /// The file, or a pattern for several.
    pub file: &'a Path,
    /// Identity for `@` lines; nothing is the node name up to its first dot.
    pub config_id: Option<&'a str>,
    /// `-e`.
    pub all_config: bool,
    /// For a reload, the configuration in force: what it must not lose decides.
    pub running: Option<&'a Configuration>,
}

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The configuration, or the status with which a daemon ends that is started with it. A reload with such a
    /// configuration is refused.
    pub outcome: Result<Configuration, Exit>,
    /// Exit status of a configuration test.
    pub test: Exit,
    /// One line for each mistake, for the log.
    pub lines: Vec<String>,
    /// The mistakes with the lines that they are in, for people.
    pub report: String,
    /// The files that were read.
    pub files: Vec<PathBuf>,
}

impl Reading {
    /// The network namespace that the configuration names.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.outcome
            .as_ref()
            .ok()?
            .globals
            .identity
            .net_namespace
            .as_deref()
    }

    /// Logs which files were read and what is wrong with them.
    pub(crate) fn log(&self) {
        for file in &self.files {
            tracing::info!(target: DETAIL, "Opening file '{}'.", file.display());
        }
        for line in &self.lines {
            tracing::info!("{line}");
        }
    }
}
