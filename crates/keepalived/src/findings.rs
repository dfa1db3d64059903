//! What the threads beside the loop of the VRRP process or the checker process find out.

use crate::runtime::inbox::Poster;
use crate::scripts::End;
use model::IfName;
use std::sync::Arc;
use std::thread;
use vrrp::{RunId, ScriptResult};

/// One thing that a thread found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A run of a track script, of which [`Self::ScriptFinished`] tells next, has printed this.
    ScriptPrinted {
        /// The run.
        run: RunId,
        /// The last of what it printed.
        output: String,
    },
    /// A run of a track script ended.
    ScriptFinished {
        /// The run.
        run: RunId,
        /// How it ended.
        result: ScriptResult,
    },
    /// A run of the script of a check ended.
    CheckScriptEnded {
        /// The run.
        run: check::RunId,
        /// How it ended.
        end: End,
    },
    /// A track file has this value.
    FileRead {
        /// `track_file NAME`.
        file: Arc<str>,
        /// The value.
        value: i32,
    },
    /// This many processes match.
    ProcessesCounted {
        /// `vrrp_track_process NAME`.
        process: Arc<str>,
        /// How many.
        count: u32,
    },
    /// The driver of an interface says what its link is.
    LinkPolled {
        /// The interface.
        interface: IfName,
        /// Whether there is a link.
        up: bool,
    },
    /// All that was to be told at a stop has been told.
    Quiet,
    /// This thread has panicked, which is in the log.
    Lost(&'static str),
}

/// Tells of the end of a thread that was not to end.
#[derive(Debug)]
pub(crate) struct Guard {
    findings: Poster<Finding>,
    what: &'static str,
}

impl Guard {
    /// Keep it for as long as the thread lives; `what` names it.
    pub(crate) const fn new(findings: Poster<Finding>, what: &'static str) -> Self {
        Self { findings, what }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.findings.post(Finding::Lost(self.what));
        }
    }
}
