//! Files that are written on request (`spec/runtime.md` sections 5 and 11).
//!
//! The loop only copies what is to be written; rendering and writing are an errand.

mod file;
mod stats;

use super::VrrpProcess;
use crate::protocol::Dump;
use crate::runtime::errands::{Busy, Errands};
use file::DumpFile;
use std::io;
use std::process;

impl VrrpProcess {
    /// Writes a file, or says why not.
    pub(super) fn dump(&mut self, dump: Dump) {
        let result = match dump {
            Dump::Stats => self.dump_stats(""),
            Dump::StatsClear => {
                let result = self.dump_stats("and clearing ");
                self.router.clear_stats();
                result
            }
            Dump::Data | Dump::Json => Err(io::Error::from(io::ErrorKind::Unsupported)),
        };
        if let Err(error) = result {
            tracing::warn!("writing the {dump:?} dump: {error}");
        }
    }

    fn dump_stats(&mut self, also: &str) -> io::Result<()> {
        tracing::info!(
            "Printing {also}VRRP stats for process({}) on signal",
            process::id()
        );
        let file = DumpFile::new(&self.settings, "keepalived.stats");
        let counters: Vec<_> = self
            .router
            .instances()
            .map(|instance| (instance.name().clone(), *instance.stats()))
            .collect();
        self.run_errand(move || {
            if let Err(error) = file.write(&stats::render(&counters)) {
                tracing::warn!("writing {}: {error}", file.path().display());
            }
        })
    }

    /// Has something done off this thread; the thread for it is started with the first errand.
    fn run_errand(&mut self, errand: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let errands = match &self.errands {
            Some(errands) => errands,
            None => self.errands.insert(Errands::start()?),
        };
        errands.ask(errand).map_err(|Busy| io::Error::other(Busy))
    }
}
