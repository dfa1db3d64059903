//! `keepalived_check.data`, written on `SIGUSR1` (`spec/ipvs.md` section 9), and the same text in the log with `-d`.
//!
//! The loop copies what changes, the states; the configuration is shared. Rendering and writing are the business of the thread of the errands.

mod checks;
mod groups;
mod servers;
mod snapshot;
mod status;

#[cfg(test)]
mod tests;

use super::CheckerProcess;
use crate::dump::{DumpFile, DumpFiles, Side, Text, Viewer, globals, put};
use crate::handover::Kind;
use crate::log;
use crate::protocol::Dump;
use crate::runtime::errands::{self, ErrandError};
use model::{Micros, Time};
use snapshot::Snapshot;
use std::fmt;
use std::os::fd::OwnedFd;
use std::process;

/// Lines that are logged in one go.
const PORTION: usize = 500;

impl CheckerProcess {
    /// Writes a file, or says why not. Statistics and JSON are the VRRP process's.
    pub(super) fn dump(&mut self, dump: Dump) {
        if dump != Dump::Data {
            return;
        }
        tracing::info!(
            "Printing Healthcheck data for process({}) on signal",
            process::id()
        );
        let file = DumpFiles::new(&self.settings, &self.globals.files.dump).data(Some(Kind::Checker));
        let snapshot = self.snapshot();
        let asked = self
            .errands
            .ask(move || file.write_or_log(render(&snapshot).as_str()));
        complain(asked);
    }

    /// Writes this process's part of the status into a pipe, which ends with it.
    pub(super) fn tell_status(&mut self, now: Time, pipe: OwnedFd) {
        let namespace = self.globals.identity.net_namespace_ipvs.clone();
        let draft = status::Draft::new(&self.director, &self.lateness, namespace, now);
        let asked = self
            .errands
            .ask(move || errands::write_json(&draft.complete(), pipe));
        complain(asked);
    }

    /// `-d`: the data as lines of the log.
    pub(super) fn log_data(&mut self) {
        if !self.settings.dump_configuration {
            return;
        }
        let snapshot = self.snapshot();
        let asked = self.errands.ask(move || {
            let text = render(&snapshot);
            let mut lines = text.as_str().lines().peekable();
            while lines.peek().is_some() {
                for line in lines.by_ref().take(PORTION) {
                    tracing::info!("{line}");
                }
                log::drain();
            }
        });
        complain(asked);
    }

    /// `config_save_dir`: keeps the data before and after a reload, the first of which has number 1.
    pub(super) fn save_data(&mut self, side: Side) {
        let Some(directory) = &self.globals.files.config_save_dir else {
            return;
        };
        let file = DumpFile::saved(directory, Kind::Checker, self.reloads, side);
        let snapshot = self.snapshot();
        let asked = self
            .errands
            .ask(move || file.write_or_log(render(&snapshot).as_str()));
        complain(asked);
    }

    fn snapshot(&self) -> Snapshot {
        let viewer = Viewer {
            kind: Some(Kind::Checker),
            real_time: self.real_time.current(),
        };
        Snapshot::new(&self.director, &self.globals, &self.settings, viewer)
    }
}

fn complain(asked: Result<(), ErrandError>) {
    if let Err(error) = asked {
        tracing::warn!("showing the data: {error}");
    }
}

/// The whole text.
fn render(snapshot: &Snapshot) -> Text {
    let mut text = Text::default();
    globals(&mut text, &snapshot.globals, &snapshot.settings, snapshot.viewer);
    text.section("LVS Topology");
    put!(text, " System is compiled with LVS v1.2.1");
    groups::section(&mut text, snapshot);
    servers::section(&mut text, snapshot);
    checks::section(&mut text, snapshot);
    text
}

/// Seconds with six decimals.
struct Seconds(Micros);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0.0 / 1_000_000, self.0.0 % 1_000_000)
    }
}

/// `ON` or `OFF`.
const fn switch(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// `yes` or `no`.
const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
