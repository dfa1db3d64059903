//! A new configuration while checks run.
//!
//! The parent has read and checked it. Opening a large one takes long, and so does what has to be read for it (certificates,
//! tracked files) and made of it (regular expressions): all of that happens in the background. The director then takes it over as
//! a difference, in one call.

use super::addresses::Addresses;
use super::ping_group::PingGroup;
use super::regex::Patterns;
use super::serve::token;
use super::tls::TlsContext;
use super::{CheckerProcess, ProcessError};
use crate::dump::Side;
use crate::handover::Kind;
use crate::link::SealedConfiguration;
use crate::runtime::background::{Background, Progress};
use crate::runtime::descriptors;
use crate::runtime::stopping::Stopping;
use crate::{child, scheduling, track_file};
use check::{Input, Settings};
use kernel::poll::Interest;
use model::{Configuration, Globals, LvsConfiguration, Time};
use nix::sys::stat::umask;
use std::sync::Arc;

/// A configuration with everything that had to be read for it.
pub(super) struct Prepared {
    globals: Globals,
    lvs: LvsConfiguration,
    tls: Option<TlsContext>,
    patterns: Patterns,
    /// Tracked files that have a value, with it.
    files: Vec<(String, i32)>,
}

impl Prepared {
    /// Reads what is needed, which takes its time. An error is a reason to refuse the configuration.
    pub(super) fn new(configuration: Configuration) -> Result<Self, String> {
        let Configuration { globals, lvs, .. } = configuration;
        let tls = TlsContext::of(&lvs).map_err(|error| error.to_string())?;
        let files = lvs.track_files.iter();
        Ok(Self {
            tls,
            patterns: Patterns::of(&lvs),
            files: files
                .filter_map(|file| Some((file.name.clone(), track_file::read(file)?)))
                .collect(),
            globals,
            lvs,
        })
    }

    pub(super) const fn globals(&self) -> &Globals {
        &self.globals
    }

    /// How many checks there are, each of which may have a socket.
    pub(super) fn checks(&self) -> usize {
        let servers = self
            .lvs
            .virtual_servers
            .iter()
            .flat_map(|virtual_server| &virtual_server.real_servers);
        servers.map(|server| server.checkers.len()).sum()
    }

    pub(super) const fn lvs(&self) -> &LvsConfiguration {
        &self.lvs
    }
}

impl CheckerProcess {
    /// Has a new configuration prepared.
    pub(super) fn open_configuration(&mut self, sealed: SealedConfiguration) -> Result<(), ProcessError> {
        let work = move || {
            sealed
                .open()
                .map_err(|error| error.to_string())
                .and_then(Prepared::new)
        };
        let opening = Background::start("configuration", work)
            .map_err(ProcessError::of("opening the new configuration"))?;
        self.poller
            .add(&opening, token::RELOAD, Interest::Readable)
            .map_err(ProcessError::of("waiting for the new configuration"))?;
        // One that is still being prepared is out of date.
        self.opening = Some(opening);
        Ok(())
    }

    /// Takes a configuration over that has been prepared, and tells the parent.
    pub(super) fn take_configuration(&mut self, now: Time) -> Result<(), ProcessError> {
        let Some(opening) = &self.opening else {
            return Ok(());
        };
        let refusal = match opening.poll() {
            Progress::Working => return Ok(()),
            Progress::Done(Ok(prepared)) if self.stopping == Stopping::No => {
                tracing::info!("Reloading");
                self.reloads += 1;
                self.save_data(Side::Before);
                self.outside
                    .configure(prepared.globals(), prepared.lvs())
                    .map_err(ProcessError::of("starting the threads beside the loop"))?;
                self.reschedule(&prepared);
                self.apply(now, prepared)?;
                self.save_data(Side::After);
                None
            }
            Progress::Done(Ok(_)) => Some("the process is stopping".to_owned()),
            Progress::Done(Err(error)) => Some(error),
            Progress::Lost => Some("it could not be opened".to_owned()),
        };
        self.opening = None;
        let told = match refusal {
            None => self.parent.in_force(),
            Some(reason) => {
                tracing::error!("the new configuration is not taken over: {reason}");
                self.parent.refused(&reason)
            }
        };
        if let Err(error) = told {
            tracing::warn!("telling the parent about the reload: {error}");
        }
        Ok(())
    }

    /// Takes over from a new configuration how the process is called and scheduled.
    fn reschedule(&mut self, prepared: &Prepared) {
        let (before, globals) = (Arc::clone(&self.globals), &prepared.globals);
        if let Err(errno) = child::take_name(Kind::Checker, globals) {
            tracing::warn!("process name: {}", errno.desc());
        }
        umask(self.settings.umask_with(&globals.files));
        scheduling::change(&before.checker_process, &globals.checker_process);
        let checks = prepared.checks();
        self.real_time
            .configure(&globals.checker_process, globals, checks);
    }

    /// Makes a configuration the one in force, at the start and at a reload.
    pub(super) fn apply(&mut self, now: Time, prepared: Prepared) -> Result<(), ProcessError> {
        let checks = prepared.checks();
        let Prepared {
            globals,
            lvs,
            tls,
            patterns,
            files,
        } = prepared;
        self.listen_for_addresses(now, &lvs, &globals)?;
        (self.tls, self.patterns) = (tls, patterns);
        if self.ping_group.is_none() {
            self.ping_group = PingGroup::of(&lvs);
        }
        descriptors::allow(checks);
        // Before the configuration, so that no server comes up for nothing.
        for (name, value) in &files {
            let (name, value) = (name.as_str(), i64::from(*value));
            let input = Input::FileRead { name, value };
            self.director.handle(now, input, &mut self.outbox);
        }
        self.conversations.forget_kept();
        let settings = Settings::from(&globals);
        self.globals = Arc::new(globals);
        self.writer.configure(Arc::clone(&self.globals));
        self.repairs.configure(now, self.globals.lvs.repair_interval);
        self.director.apply(now, lvs, settings, &mut self.outbox);
        Ok(())
    }

    /// Listens for addresses from now on, if that is needed and not done yet.
    fn listen_for_addresses(
        &mut self,
        now: Time,
        lvs: &LvsConfiguration,
        globals: &Globals,
    ) -> Result<(), ProcessError> {
        if self.addresses.is_some() {
            return Ok(());
        }
        let opened =
            Addresses::open(lvs, globals).map_err(ProcessError::of("opening the netlink monitor"))?;
        if let Some(addresses) = &opened {
            addresses
                .listen(&self.poller)
                .map_err(ProcessError::of("waiting for the kernel's notifications"))?;
            for address in addresses.all() {
                let input = Input::AddressAdded(address);
                self.director.handle(now, input, &mut self.outbox);
            }
        }
        self.addresses = opened;
        Ok(())
    }
}
