//! Metrics for Prometheus: over HTTP (`metrics_address`) and in a file (`metrics_file`).
//!
//! [`families`] makes them of the status document, which [`family`] writes in the two formats that are in use. Whoever serves
//! them is a thread of the supervisor and a client of the control socket like any other ([`source`]): it shares nothing with
//! the supervisor's loop, and can hold up nobody but those who ask it.

mod families;
mod family;
mod file;
mod server;
mod source;

use model::{MetricsSettings, Micros};
use source::Source;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What is being served. Dropping it ends that, when the request that is under way has been answered.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    server: Option<(SocketAddr, Arc<Running>)>,
    file: Option<(String, Micros, Arc<Running>)>,
}

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

impl Metrics {
    /// Serves what a configuration wants of the daemon with this control socket. What does not work is logged, and tried
    /// again at the next reload.
    pub(crate) fn configure(&mut self, settings: &MetricsSettings, socket: &Path) {
        if self.server.as_ref().map(|(address, _)| *address) != settings.address {
            self.end_server();
            self.server = settings.address.and_then(|address| {
                let running = Running::new();
                server::start(address, Source::new(socket), &running)
                    .inspect_err(|error| {
                        tracing::error!("metrics_address {address}: {error}; there are no metrics there");
                    })
                    .ok()?;
                Some((address, running))
            });
        }
        let wanted = settings.file.as_ref().map(|path| (path, settings.interval));
        if self.file.as_ref().map(|(path, interval, _)| (path, *interval)) != wanted {
            self.end_file();
            self.file = wanted.and_then(|(path, interval)| {
                let running = Running::new();
                file::start(path, interval, Source::new(socket), &running)
                    .inspect_err(|error| tracing::error!("metrics_file {path}: {error}"))
                    .ok()?;
                Some((path.clone(), interval, running))
            });
        }
    }

    fn end_server(&mut self) {
        if let Some((address, running)) = self.server.take() {
            running.end();
            server::wake(address);
        }
    }

    fn end_file(&mut self) {
        if let Some((path, _, running)) = self.file.take() {
            running.end();
            // What nobody keeps up to date says nothing any more.
            let _ = fs::remove_file(path);
        }
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.end_server();
        self.end_file();
    }
}
