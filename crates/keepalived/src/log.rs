//! Log lines: from `tracing` events to syslog, the console and a file.
//!
//! The caller never waits. An event is formatted into a bounded queue; one thread for each output takes it from there,
//! so a console pipe that nobody reads costs its own lines and neither the lines of the other outputs nor the
//! adverts. Lines that did not fit are counted, and `N log lines lost` stands where they would have been.
//!
//! `tracing`'s levels are the severities: `error!` is `LOG_ERR`, `warn!` `LOG_WARNING`, `info!` `LOG_INFO`; nothing
//! below is written. Three targets mark what levels cannot say:
//!
//! ```
//! use keepalived::log;
//! tracing::info!("(VI_1) Entering MASTER STATE");
//! tracing::info!(target: log::DETAIL, "(VI_1) setting VIPs."); // with -D
//! tracing::info!(target: log::EXTRA, "poll took 3 ms"); // with -D -D
//! tracing::error!(target: log::ALERT, "VRRP child process(7) died: Respawning"); // LOG_ALERT
//! ```

mod console;
mod file;
mod held;
mod output;
mod queue;
mod settings;
mod stamp;
mod subscriber;
mod syslog;

pub use held::Hold;
pub use settings::{Detail, Facility, LogFile, LogSettings};

use crate::clock;
use crate::handover::Kind;
use model::Micros;
use output::Output;
use queue::{Receiver, Sender};
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use std::{io, panic, thread};
use subscriber::LineSubscriber;

/// Target of events that are written with `-D`.
pub const DETAIL: &str = "detail";

/// Target of events that are written when `-D` is given twice.
pub const EXTRA: &str = "extra";

/// Target of events with severity `LOG_ALERT`: the death of a child, a script that cannot be executed.
pub const ALERT: &str = "alert";

/// Stack of a log thread in bytes; the formatting of a date with its time zone takes a good part of it. What is not
/// used is no memory.
const STACK: usize = 512 * 1024;

/// How long to wait for outputs that do not take their lines.
const FLUSH: Micros = Micros::SECOND;

/// Where an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Syslog,
    Console,
    File,
}

/// The log of this process. Lines are collected from the start and written once [`begin`](Self::begin) has been
/// called: a daemon has to fork before it starts threads.
#[derive(Debug)]
pub struct Log {
    waiting: Vec<(Destination, Receiver)>,
    outputs: Vec<Sender>,
}

impl Log {
    /// Takes the events of this process from now on. A process has one log; a second one gets no events.
    #[must_use]
    pub fn collect(settings: &LogSettings) -> Self {
        let mut destinations = Vec::new();
        if settings.syslog.is_some() {
            destinations.push(Destination::Syslog);
        }
        if settings.console {
            destinations.push(Destination::Console);
        }
        if settings.file.is_some() {
            destinations.push(Destination::File);
        }
        let (mut waiting, mut outputs) = (Vec::new(), Vec::new());
        for destination in destinations {
            let (sender, receiver) = queue::bounded(queue::CAPACITY);
            waiting.push((destination, receiver));
            outputs.push(sender);
        }
        let subscriber = LineSubscriber::new(settings.detail, outputs.clone());
        if tracing::subscriber::set_global_default(subscriber).is_ok() {
            // Standard error of a daemon leads nowhere.
            panic::set_hook(Box::new(|info| tracing::error!(target: ALERT, "{info}")));
        }
        Self { waiting, outputs }
    }

    /// Opens the outputs under the identity of this process and starts to write.
    ///
    /// An output that cannot be opened is reported on the others and left out.
    pub fn begin(&mut self, settings: &LogSettings, kind: Option<Kind>) {
        for (destination, receiver) in std::mem::take(&mut self.waiting) {
            let output: io::Result<Box<dyn Output>> = match destination {
                Destination::Syslog => Ok(Box::new(syslog::Syslog::new(
                    syslog::SOCKET.as_ref(),
                    settings.syslog.unwrap_or(Facility::DAEMON),
                    settings.ident(kind),
                ))),
                Destination::Console => Ok(Box::new(console::Console::new())),
                Destination::File => open_file(settings, kind),
            };
            let started = output.and_then(|output| {
                thread::Builder::new()
                    .name("log".to_owned())
                    .stack_size(STACK)
                    .spawn(move || output::write_lines(output, &receiver))
            });
            if let Err(error) = started {
                tracing::warn!("log output {destination:?} cannot be opened: {error}");
            }
        }
    }

    /// [`collect`](Self::collect) and [`begin`](Self::begin) at once, for a process that will not fork.
    #[must_use]
    pub fn start(settings: &LogSettings, kind: Option<Kind>) -> Self {
        let mut log = Self::collect(settings);
        log.begin(settings, kind);
        log
    }

    /// Waits until every line is written, but a second at most. To be called once, at the end of the process.
    pub fn finish(self) {
        flush(&self.outputs);
    }
}

/// Waits until every line so far is written, but a second at most. Between portions of a text that is longer than the queues
/// are, on a thread that may wait.
pub(crate) fn drain() {
    tracing::dispatcher::get_default(|dispatch| {
        if let Some(subscriber) = dispatch.downcast_ref::<LineSubscriber>() {
            flush(subscriber.outputs());
        }
    });
}

fn flush(outputs: &[Sender]) {
    let deadline = clock::monotonic() + FLUSH;
    let waits: Vec<_> = outputs
        .iter()
        .map(|output| {
            let (done, wait) = sync_channel(1);
            output.flush(done);
            wait
        })
        .collect();
    for wait in waits {
        // An output whose thread could not be started has dropped its end, which ends the wait at once.
        let _ = wait.recv_timeout(Duration::from(deadline.since(clock::monotonic())));
    }
}

fn open_file(settings: &LogSettings, kind: Option<Kind>) -> io::Result<Box<dyn Output>> {
    let file = settings.file.as_ref().expect("a file output has its settings");
    Ok(Box::new(file::LogWriter::open(
        &settings.file_path(file, kind),
        file.flush,
    )?))
}
