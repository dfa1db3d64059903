//! What is asked for, and what comes back.

use crate::diagnostics::Report;
use crate::lower::Lost;
use crate::read::USUAL_FILE;
use crate::source::Sources;
use crate::tree::Tree;
use model::{Configuration, IncludeChecks};
use std::sync::Arc;

/// What a configuration is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `--config-test`: the strict reading of numbers, and checks that belong to a start are left out.
    Test,
    /// The start of the daemon.
    Start,
    /// A reload.
    Reload,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `-f`: a file name or pattern; nothing for the default file.
    pub file: Option<String>,
    /// The default file, `SYSCONFDIR/keepalived/keepalived.conf`.
    pub default_file: String,
    /// `-i`: what `@ID` lines are compared with; nothing for the node name up to its first dot.
    pub config_id: Option<String>,
    /// `-e`: every include check is in force from the start.
    pub include_checks: IncludeChecks,
    /// What it is read for.
    pub purpose: Purpose,
    /// `-x`: all parts of SNMP are on unless the text says otherwise.
    pub snmp: bool,
    /// `-A`: the AgentX socket; it counts before `snmp_socket`.
    pub snmp_socket: Option<String>,
    /// `-s`: the network namespace; it counts before `net_namespace`.
    pub net_namespace: Option<String>,
    /// `-u`: the umask; it counts before `umask`.
    pub umask: Option<u32>,
}

impl Request {
    /// A request for the default file with nothing special on the command line.
    #[must_use]
    pub fn new(purpose: Purpose) -> Self {
        Self {
            file: None,
            default_file: USUAL_FILE.to_owned(),
            config_id: None,
            include_checks: IncludeChecks::default(),
            purpose,
            snmp: false,
            snmp_socket: None,
            net_namespace: None,
            umask: None,
        }
    }

    /// The same for this file or pattern.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }
}

/// Why the daemon may not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration does not allow a start (exit status {status})")]
pub struct Fatal {
    /// Exit status of the daemon.
    pub status: u8,
}

/// A configuration that was read, with everything that was found in it.
#[derive(Clone)]
pub struct Reading {
    /// What the daemon would run. Where [`start`](Self::start) is an error it is incomplete.
    pub configuration: Configuration,
    /// Every report.
    pub report: Report,
    /// The files, for the places in the report.
    pub sources: Arc<Sources>,
    /// Whether the daemon may start (`spec/config-language.md` section 10.4).
    pub start: Result<(), Fatal>,
    /// Every line without comments, as `config_save_dir` keeps it; empty for a test.
    pub copy: Vec<u8>,
    pub(crate) tree: Tree,
    pub(crate) lost: Lost,
}

impl Reading {
    /// Exit status of `--config-test` (`spec/config-language.md` section 10.3).
    #[must_use]
    pub fn test_status(&self) -> u8 {
        self.report.test_status()
    }
}

/// Whether the daemon may start after these reports.
pub(crate) fn may_start(report: &Report, configuration: &Configuration) -> Result<(), Fatal> {
    if let Some(status) = report.daemon_status() {
        return Err(Fatal { status });
    }
    // `reload_check_config` makes every report permanent, at the first start too.
    if configuration.globals.files.reload_check_config.is_some() && report.class().is_some() {
        return Err(Fatal {
            status: PERMANENT_ERROR,
        });
    }
    Ok(())
}

/// Exit status of a daemon whose child refused its configuration for good.
const PERMANENT_ERROR: u8 = 2;
