//! What the daemon wants of the reading of a configuration.

use crate::cli::Options;
use crate::exit::Exit;
use crate::log::DETAIL;
use config::diagnostics::Style;
use model::Configuration;
use std::path::PathBuf;

/// A function that reads a configuration.
pub type Reader = fn(&ReadRequest<'_>) -> Reading;

/// What is to be read, and how.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest<'a> {
    /// The command line: the file, and what counts before the text.
    pub options: &'a Options,
    /// What it is read for.
    pub purpose: Purpose<'a>,
    /// How the report is written.
    pub style: Style,
}

/// What a configuration is read for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// `-t`.
    Test,
    /// The start of the daemon.
    Start,
    /// A reload. What the configuration in force has must not be lost by mistake.
    Reload(&'a Configuration),
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
    /// The mistakes for programs, as `--message-format json` prints them.
    pub messages: String,
    /// The files that were read.
    pub files: Vec<PathBuf>,
    /// The whole text without comments, for `config_save_dir`.
    pub copy: Vec<u8>,
}

/// Logs which file a configuration that is used begins with.
pub(crate) fn log_main_file(files: &[PathBuf]) {
    if let Some(file) = files.first() {
        tracing::info!("Configuration file {}", file.display());
    }
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
