//! The world beside network and kernel: scripts, FIFOs, mail and files, each on a thread of its own.

use super::later::Telling;
use super::serve::token;
use super::{CheckerProcess, ProcessError};
use crate::findings::Finding;
use crate::notify::{CheckScript, Notify, NotifySettings};
use crate::runtime::inbox::{Inbox, Poster};
use crate::runtime::stopping::Stopping;
use crate::scripts::Origin;
use crate::track_file::FileWatch;
use check::Input;
use kernel::poll::{Interest, Poller};
use model::{Globals, LvsConfiguration, Time, TrackFile};
use std::io;
use std::os::fd::OwnedFd;

/// The threads.
#[derive(Debug)]
pub(super) struct Outside {
    poster: Poster<Finding>,
    findings: Inbox<Finding>,
    arrived: Vec<Finding>,
    notify: Notify,
    files: Option<FileWatch>,
}

impl Outside {
    /// Starts the threads that the configuration needs.
    pub(super) fn start(origin: Origin, globals: &Globals, lvs: &LvsConfiguration) -> io::Result<Self> {
        let (poster, findings) = Inbox::new()?;
        let settings = NotifySettings::of_checkers(globals, lvs);
        let notify = Notify::start(origin, settings, poster.clone())?;
        let mut outside = Self {
            poster,
            findings,
            arrived: Vec::new(),
            notify,
            files: None,
        };
        outside.watch(&lvs.track_files)?;
        Ok(outside)
    }

    /// Goes by a new configuration.
    pub(super) fn configure(&mut self, globals: &Globals, lvs: &LvsConfiguration) -> io::Result<()> {
        self.notify.configure(NotifySettings::of_checkers(globals, lvs));
        self.watch(&lvs.track_files)
    }

    fn watch(&mut self, files: &[TrackFile]) -> io::Result<()> {
        match &self.files {
            _ if files.is_empty() => self.files = None,
            Some(watch) => watch.configure(files.to_vec()),
            None => self.files = Some(FileWatch::start(files.to_vec(), self.poster.clone())?),
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

    pub(super) fn tell(&self, telling: Telling) {
        match telling {
            Telling::Notice(notice) => self.notify.notice(notice),
            Telling::Mail(mail) => self.notify.mail(mail),
        }
    }

    pub(super) fn check_script(&self, command: CheckScript) {
        self.notify.check_script(command);
    }

    /// Ends everything; [`Finding::Quiet`] follows.
    pub(super) fn stop(&mut self) {
        self.files = None;
        self.notify.stop();
    }
}

impl CheckerProcess {
    /// Takes in what the threads have found out.
    pub(super) fn take_findings(&mut self, now: Time) -> Result<(), ProcessError> {
        let mut arrived = std::mem::take(&mut self.outside.arrived);
        self.outside.findings.collect(&mut arrived);
        for finding in arrived.drain(..) {
            match finding {
                Finding::CheckScriptEnded { run, end } => {
                    let outside = &self.outside;
                    self.scripts.ended(now, run, end, outside, &mut self.finished);
                }
                Finding::FileRead { file, value } => {
                    let input = Input::FileRead {
                        name: &file,
                        value: value.into(),
                    };
                    self.director.handle(now, input, &mut self.outbox);
                }
                Finding::Quiet => self.stopping = Stopping::Done,
                Finding::Lost(thread) => {
                    let source = io::Error::other("it panicked");
                    return Err(ProcessError::System { what: thread, source });
                }
                // Only the VRRP process has those.
                Finding::ScriptPrinted { .. }
                | Finding::ScriptFinished { .. }
                | Finding::ProcessesCounted { .. }
                | Finding::LinkPolled { .. } => {}
            }
        }
        self.outside.arrived = arrived;
        self.finish_runs(now);
        Ok(())
    }
}
