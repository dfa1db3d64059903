//! The world beside the network: scripts, FIFOs, mail, files, processes and drivers, each on a thread of its own.
//!
//! The loop hands over what is to be told and run, and waits for one descriptor to hear what has come of it.

use super::serve::token;
use super::{ProcessError, VrrpProcess};
use crate::findings::Finding;
use crate::link_polling::LinkWatch;
use crate::notify::{KernelWork, Notify, NotifySettings, SharedReader};
use crate::runtime::inbox::{Inbox, Poster};
use crate::runtime::stopping::Stopping;
use crate::scripts::Origin;
use crate::settings::Settings;
use crate::track_file::{self, FileWatch};
use crate::track_process::{self, ProcessWatch};
use kernel::poll::{Interest, Poller};
use model::{Configuration, LinkPolling, NetlinkBuffers, Time, TrackFile, TrackProcess, VrrpConfiguration};
use std::io;
use std::os::fd::OwnedFd;
use vrrp::{Input, Notification, Now, Reading, ScriptCommand};

/// What the trackers of a configuration say at a moment.
#[derive(Debug, Default)]
pub(super) struct Readings {
    files: Vec<(String, i32)>,
    processes: Vec<(String, u32)>,
}

impl Readings {
    /// Looks at files and processes, which takes its time.
    pub(super) fn take(vrrp: &VrrpConfiguration) -> Self {
        let files = vrrp.track_files.iter();
        let processes = vrrp.track_processes.iter();
        Self {
            files: files
                .filter_map(|file| Some((file.name.clone(), track_file::read(file)?)))
                .collect(),
            processes: processes
                .map(|process| (process.name.clone(), track_process::count(process)))
                .collect(),
        }
    }

    /// For a router that starts.
    pub(super) fn list(&self) -> Vec<Reading<'_>> {
        let files = self.files.iter().map(|(name, value)| Reading::File(name, *value));
        let processes = self.processes.iter();
        files
            .chain(processes.map(|(name, count)| Reading::Processes(name, *count)))
            .collect()
    }
}

/// The threads.
#[derive(Debug)]
pub(super) struct Outside {
    poster: Poster<Finding>,
    findings: Inbox<Finding>,
    arrived: Vec<Finding>,
    notify: Notify,
    files: Option<FileWatch>,
    processes: Option<ProcessWatch>,
    links: Option<LinkWatch>,
}

impl Outside {
    /// Starts the threads that the configuration needs.
    pub(super) fn start(
        origin: Origin,
        configuration: &Configuration,
        settings: &Settings,
    ) -> io::Result<Self> {
        let (poster, findings) = Inbox::new()?;
        let notify = Notify::start(origin, notification(configuration, settings), poster.clone())?;
        let mut outside = Self {
            poster,
            findings,
            arrived: Vec::new(),
            notify,
            files: None,
            processes: None,
            links: None,
        };
        outside.watch(configuration)?;
        Ok(outside)
    }

    /// Goes by a new configuration.
    pub(super) fn configure(&mut self, configuration: &Configuration, settings: &Settings) -> io::Result<()> {
        self.notify.configure(notification(configuration, settings));
        self.watch(configuration)
    }

    fn watch(&mut self, configuration: &Configuration) -> io::Result<()> {
        let Configuration { vrrp, globals, .. } = configuration;
        self.watch_files(&vrrp.track_files)?;
        self.watch_processes(&vrrp.track_processes, globals.netlink_buffers)?;
        self.watch_links(vrrp.polled_links(&globals.vrrp))
    }

    fn watch_files(&mut self, files: &[TrackFile]) -> io::Result<()> {
        match &self.files {
            _ if files.is_empty() => self.files = None,
            Some(watch) => watch.configure(files.to_vec()),
            None => self.files = Some(FileWatch::start(files.to_vec(), self.poster.clone())?),
        }
        Ok(())
    }

    fn watch_processes(&mut self, processes: &[TrackProcess], buffers: NetlinkBuffers) -> io::Result<()> {
        match &self.processes {
            _ if processes.is_empty() => self.processes = None,
            Some(watch) => watch.configure(processes.to_vec()),
            None => {
                let watch = ProcessWatch::start(processes.to_vec(), buffers, self.poster.clone())?;
                self.processes = Some(watch);
            }
        }
        Ok(())
    }

    fn watch_links(&mut self, links: Vec<LinkPolling>) -> io::Result<()> {
        match &self.links {
            _ if links.is_empty() => self.links = None,
            Some(watch) => watch.configure(links),
            None => self.links = Some(LinkWatch::start(links, self.poster.clone())?),
        }
        Ok(())
    }

    pub(super) fn adopt_launcher(&self, connection: OwnedFd) {
        self.notify.adopt_launcher(connection);
    }

    /// Waits for findings.
    pub(super) fn listen(&self, poller: &Poller) -> io::Result<()> {
        poller.add(&self.findings, token::OUTSIDE, Interest::Readable)
    }

    pub(super) fn notify(&mut self, now: Time, notification: &Notification) {
        self.notify.notify(now, notification);
    }

    pub(super) fn script(&self, command: ScriptCommand) {
        self.notify.script(command);
    }

    pub(super) fn kernel_work(&mut self, now: Time, work: KernelWork) {
        self.notify.kernel_work(now, work);
    }

    /// Ends everything; [`Finding::Quiet`] follows.
    pub(super) fn stop(&mut self) {
        self.files = None;
        self.processes = None;
        self.links = None;
        self.notify.stop();
    }
}

/// What notification goes by. The reader of the FIFO for all events is the checkers', where they run.
fn notification(configuration: &Configuration, settings: &Settings) -> NotifySettings {
    let shared = if settings.has_checker && configuration.has_virtual_servers {
        SharedReader::Checkers
    } else {
        SharedReader::Ours
    };
    NotifySettings::new(&configuration.globals, &configuration.vrrp, shared)
}

impl VrrpProcess {
    /// Takes in what the threads have found out.
    pub(super) fn take_findings(&mut self, now: Now) -> Result<(), ProcessError> {
        let mut arrived = std::mem::take(&mut self.outside.arrived);
        self.outside.findings.collect(&mut arrived);
        for finding in arrived.drain(..) {
            match finding {
                Finding::ScriptPrinted { run, output } => {
                    let output = &output;
                    self.handle(now, Input::ScriptPrinted { run, output });
                }
                Finding::ScriptFinished { run, result } => {
                    self.handle(now, Input::ScriptFinished { run, result });
                }
                Finding::FileRead { file, value } => {
                    self.handle(now, Input::FileRead { file: &file, value });
                }
                Finding::ProcessesCounted { process, count } => {
                    let process = &process;
                    self.handle(now, Input::ProcessesCounted { process, count });
                }
                Finding::LinkPolled { interface, up } => {
                    let interface = &interface;
                    self.handle(now, Input::LinkPolled { interface, up });
                }
                // Only the checker process has checks.
                Finding::CheckScriptEnded { .. } => {}
                Finding::Quiet => self.stopping = Stopping::Done,
                Finding::Lost(thread) => {
                    let source = io::Error::other("it panicked");
                    return Err(ProcessError::System { what: thread, source });
                }
            }
        }
        self.outside.arrived = arrived;
        Ok(())
    }

    /// Hands what was read for a new configuration to the router.
    pub(super) fn take_readings(&mut self, now: Now, readings: &Readings) {
        for (file, value) in &readings.files {
            self.handle(now, Input::FileRead { file, value: *value });
        }
        for (process, count) in &readings.processes {
            let count = *count;
            self.handle(now, Input::ProcessesCounted { process, count });
        }
    }
}
