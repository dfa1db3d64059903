//! What the process shows on request (`spec/runtime.md` sections 11 and 12): `keepalived.data`, `keepalived.stats`,
//! `keepalived.json`, and the configuration in the log (`-d`).
//!
//! The loop only makes a [`Snapshot`], most of which is shared with the router; text is made and files are written on the
//! thread of the errands.

mod address;
mod data;
mod groups;
mod instance;
mod interfaces;
mod json;
mod route;
mod rule;
mod snapshot;
mod sockets;
mod stats;
mod status;
#[cfg(test)]
mod tests;
mod trackers;

use super::VrrpProcess;
use crate::control::Detail;
use crate::dump::{DumpFile, DumpFiles, Side};
use crate::handover::Kind;
use crate::log;
use crate::protocol::Dump;
use crate::runtime::errands::{self, ErrandError};
use snapshot::{Origin, Snapshot};
use std::os::fd::OwnedFd;
use std::process;
use std::sync::Arc;
use vrrp::Now;

/// Lines of the log that are written before the next ones are made; a queue holds more.
const PORTION: usize = 5_000;

impl VrrpProcess {
    /// Writes a file, or says why not.
    pub(super) fn dump(&mut self, now: Now, dump: Dump) {
        let result = match dump {
            Dump::Data => self.dump_data(now),
            Dump::Json => self.dump_json(now),
            Dump::Stats => self.dump_stats(""),
            Dump::StatsClear => {
                let result = self.dump_stats("and clearing ");
                self.router.clear_stats();
                result
            }
        };
        if let Err(error) = result {
            tracing::warn!("writing the {dump:?} dump: {error}");
        }
    }

    fn dump_data(&mut self, now: Now) -> Result<(), ErrandError> {
        tracing::info!("Printing VRRP data for process({}) on signal", process::id());
        let file = self.files().data(Some(Kind::Vrrp));
        let snapshot = self.snapshot(now);
        self.errands
            .ask(move || file.write_or_log(data::render(&snapshot).as_str()))
    }

    fn dump_stats(&mut self, also: &str) -> Result<(), ErrandError> {
        tracing::info!(
            "Printing {also}VRRP stats for process({}) on signal",
            process::id()
        );
        let file = self.files().stats();
        let counters: Vec<_> = self
            .router
            .instances()
            .map(|instance| (Arc::clone(instance.name()), *instance.stats()))
            .collect();
        self.errands
            .ask(move || file.write_or_log(&stats::render(&counters)))
    }

    /// Without a line in the log: some programs ask every few seconds.
    fn dump_json(&mut self, now: Now) -> Result<(), ErrandError> {
        if self.router.instances().len() == 0 {
            return Ok(());
        }
        let file = self.files().json();
        let snapshot = self.snapshot(now);
        self.errands
            .ask(move || file.write_or_log(&json::render(&snapshot)))
    }

    /// Writes this process's part of the status into a pipe, which ends with it.
    pub(super) fn tell_status(&mut self, now: Now, detail: Detail, pipe: OwnedFd) {
        let (snapshot, lateness) = (self.snapshot(now), self.lateness);
        let asked = self.errands.ask(move || {
            errands::write_json(&status::document(&snapshot, &lateness, detail), pipe);
        });
        if let Err(error) = asked {
            tracing::warn!("telling the status: {error}");
        }
    }

    /// `-d`: the data as lines of the log.
    pub(super) fn log_data(&mut self, now: Now) {
        if !self.settings.dump_configuration {
            return;
        }
        let snapshot = self.snapshot(now);
        let logged = self.errands.ask(move || {
            let text = data::render(&snapshot);
            let mut lines = text.as_str().lines().peekable();
            while lines.peek().is_some() {
                for line in lines.by_ref().take(PORTION) {
                    tracing::info!("{line}");
                }
                log::drain();
            }
        });
        if let Err(error) = logged {
            tracing::warn!("logging the configuration: {error}");
        }
    }

    /// `config_save_dir`: keeps the data before and after a reload, the first of which has number 1.
    pub(super) fn save_data(&mut self, now: Now, side: Side) {
        let Some(directory) = &self.globals.files.config_save_dir else {
            return;
        };
        let file = DumpFile::saved(directory, Kind::Vrrp, self.reloads, side);
        let snapshot = self.snapshot(now);
        let saved = self
            .errands
            .ask(move || file.write_or_log(data::render(&snapshot).as_str()));
        if let Err(error) = saved {
            tracing::warn!("saving the data in config_save_dir: {error}");
        }
    }

    fn snapshot(&self, now: Now) -> Snapshot {
        let origin = Origin {
            router: &self.router,
            globals: &self.globals,
            settings: &self.settings,
            real_time: self.real_time.current(),
            socket: &|id| self.sockets.opened(id),
        };
        Snapshot::of(&origin, now)
    }

    fn files(&self) -> DumpFiles<'_> {
        DumpFiles::new(&self.settings, &self.globals.files.dump)
    }
}
