//! Metrics for Prometheus: over HTTP (`metrics_address`) and in a file (`metrics_file`).
//!
//! [`families`] makes them of the status document, which [`family`] writes in the two formats that are in use.
//!
//! What listens to the network is a [`process`] of its own without any right. It gets the listening socket and a connection to
//! the control socket over which it can ask for the status and for nothing else ([`server`]). The file, which may be anywhere,
//! is written by a thread of the supervisor, a client of the control socket like any other ([`source`]).

mod client;
mod families;
mod family;
mod file;
pub(crate) mod process;
mod server;
mod source;

use model::{MetricsSettings, Micros};
use source::Source;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The file that is being written. Dropping it ends that.
#[derive(Debug, Default)]
pub(crate) struct MetricsFile(Option<(String, Micros, Arc<Running>)>);

/// Whether a thread is still wanted.
#[derive(Debug)]
pub(crate) struct Running(AtomicBool);

impl Running {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl MetricsFile {
    /// Writes what a configuration wants of the daemon with this control socket. What does not work is logged, and tried
    /// again at the next reload.
    pub(crate) fn configure(&mut self, settings: &MetricsSettings, socket: &Path) {
        let wanted = settings.file.as_ref().map(|path| (path, settings.interval));
        if self.0.as_ref().map(|(path, interval, _)| (path, *interval)) == wanted {
            return;
        }
        self.end();
        self.0 = wanted.and_then(|(path, interval)| {
            let running = Running::new();
            file::start(path, interval, Source::new(socket), &running)
                .inspect_err(|error| tracing::error!("metrics_file {path}: {error}"))
                .ok()?;
            Some((path.clone(), interval, running))
        });
    }

    fn end(&mut self) {
        if let Some((path, _, running)) = self.0.take() {
            running.end();
            // What nobody keeps up to date says nothing any more.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for MetricsFile {
    fn drop(&mut self) {
        self.end();
    }
}
