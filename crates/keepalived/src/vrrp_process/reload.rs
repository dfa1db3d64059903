//! A new configuration while the instances run.
//!
//! The parent has read and checked it. Opening a large one takes longer than adverts can wait, so that happens in the
//! background; the router then takes it over as a difference, in one call, and adverts go on as if nothing had happened.

use super::outside::Readings;
use super::receive_buffer::BufferSizes;
use super::serve::token;
use super::start::{monitor_buffer, objects, watch_for, without_later_trackers};
use super::sync_daemon::Following;
use super::{ProcessError, VrrpProcess, links, pace};
use crate::child;
use crate::dump::Side;
use crate::handover::Kind;
use crate::link::SealedConfiguration;
use crate::runtime::background::{Background, Progress};
use crate::runtime::stopping::Stopping;
use crate::scheduling;
use kernel::monitor::{Monitor, Watch};
use kernel::poll::Interest;
use model::Configuration;
use nix::sys::stat::umask;
use std::sync::Arc;
use vrrp::{Input, LinkPlan, Now};

/// A configuration that waits for its links, with what the trackers say.
pub(super) struct Pending {
    configuration: Configuration,
    readings: Readings,
}

impl VrrpProcess {
    /// Has a new configuration opened.
    pub(super) fn open_configuration(&mut self, sealed: SealedConfiguration) -> Result<(), ProcessError> {
        let work = move || {
            sealed.open().map(|mut configuration| {
                without_later_trackers(&mut configuration.vrrp);
                let readings = Readings::take(&configuration.vrrp);
                (configuration, readings)
            })
        };
        let opening = Background::start("configuration", work)
            .map_err(ProcessError::of("opening the new configuration"))?;
        self.poller
            .add(&opening, token::RELOAD, Interest::Readable)
            .map_err(ProcessError::of("waiting for the new configuration"))?;
        // One that is still being opened is out of date.
        self.opening = Some(opening);
        Ok(())
    }

    /// Takes a configuration in that has been opened. Where it needs links that do not exist, they are made first.
    pub(super) fn take_configuration(&mut self, now: Now) -> Result<(), ProcessError> {
        let Some(opening) = &self.opening else {
            return Ok(());
        };
        let refusal = match opening.poll() {
            Progress::Working => return Ok(()),
            Progress::Done(Ok((configuration, readings))) if self.stopping == Stopping::No => {
                self.opening = None;
                return self.prepare(
                    now,
                    Pending {
                        configuration,
                        readings,
                    },
                );
            }
            Progress::Done(Ok(_)) => "the process is stopping".to_owned(),
            Progress::Done(Err(error)) => error.to_string(),
            Progress::Lost => "it could not be opened".to_owned(),
        };
        self.opening = None;
        self.untidy = true;
        self.refuse(&refusal);
        Ok(())
    }

    fn prepare(&mut self, now: Now, pending: Pending) -> Result<(), ProcessError> {
        let (vrrp, globals) = (&pending.configuration.vrrp, &pending.configuration.globals.vrrp);
        let interfaces = self.monitor.snapshot();
        let plan = LinkPlan::new(&vrrp.instances, globals, &interfaces);
        self.requests.set(self.environment.configure(&plan, globals));
        let missing = links::missing(&plan, &self.requests, &interfaces);
        // Also one that waits already is out of date.
        self.pending = Some(pending);
        if self.requests.prepare(missing) {
            return Ok(());
        }
        self.links_are_made(now)
    }

    /// The links of the new configuration are there: it takes effect.
    pub(super) fn links_are_made(&mut self, now: Now) -> Result<(), ProcessError> {
        let Some(Pending {
            configuration,
            readings,
        }) = self.pending.take()
        else {
            return Ok(());
        };
        if self.stopping != Stopping::No {
            self.refuse("the process is stopping");
            return Ok(());
        }
        self.apply(now, configuration, &readings)?;
        self.untidy = true;
        if let Err(error) = self.parent.in_force() {
            tracing::warn!("telling the parent about the reload: {error}");
        }
        Ok(())
    }

    /// What was made in advance belongs to the instances now, which have asked for it.
    pub(super) fn hand_links_over(&mut self) {
        if self.pending.is_none() {
            self.requests.hand_over();
        }
    }

    fn refuse(&self, reason: &str) {
        tracing::error!("the new configuration is not taken over: {reason}");
        if let Err(error) = self.parent.refused(reason) {
            tracing::warn!("telling the parent about the reload: {error}");
        }
    }

    fn apply(
        &mut self,
        now: Now,
        configuration: Configuration,
        readings: &Readings,
    ) -> Result<(), ProcessError> {
        tracing::info!("Reloading");
        self.reloads += 1;
        self.save_data(now, Side::Before);
        // It may take longer than a real-time process may work without waiting.
        let mut real_time = std::mem::take(&mut self.real_time);
        let outcome = real_time.suspended(|| self.take_over(now, configuration, readings));
        real_time.configure(
            &self.globals.vrrp_process,
            &self.globals,
            objects(self.router.configuration()),
        );
        self.real_time = real_time;
        outcome?;
        self.save_data(now, Side::After);
        Ok(())
    }

    fn take_over(
        &mut self,
        now: Now,
        configuration: Configuration,
        readings: &Readings,
    ) -> Result<(), ProcessError> {
        self.outside
            .configure(&configuration, &self.settings)
            .map_err(ProcessError::of("starting the threads beside the loop"))?;
        if let Err(errno) = child::take_name(Kind::Vrrp, &configuration.globals) {
            tracing::warn!("process name: {}", errno.desc());
        }
        let following = Following::of(&configuration);
        let Configuration { vrrp, globals, .. } = configuration;
        self.requests.firewall_mut().tell(&globals.firewall, &vrrp);
        let watch = watch_for(&vrrp);
        if (watch.routes && !self.watch.routes) || (watch.rules && !self.watch.rules) {
            self.watch_more(now, watch, monitor_buffer(&globals))?;
        }
        self.pace.floor = pace::floor(&vrrp);
        self.sizes = BufferSizes::new(&vrrp, &globals.vrrp);
        self.assigned.configure(&vrrp);
        for interface in self.monitor.interfaces() {
            self.assigned.look_at(interface);
        }
        self.router
            .apply(now, vrrp, globals.vrrp.clone(), &mut self.outbox);
        self.sync_daemon.configure(following, &self.router);
        self.take_readings(now, readings);
        umask(self.settings.umask_with(&globals.files));
        scheduling::change(&self.globals.vrrp_process, &globals.vrrp_process);
        self.globals = Arc::new(globals);
        Ok(())
    }

    /// What a monitor watches is settled when it is opened, so another one takes its place.
    fn watch_more(
        &mut self,
        now: Now,
        watch: Watch,
        buffer: kernel::ReceiveBuffer,
    ) -> Result<(), ProcessError> {
        let wider = Watch {
            routes: watch.routes || self.watch.routes,
            rules: watch.rules || self.watch.rules,
        };
        let monitor =
            Monitor::open(wider, buffer).map_err(ProcessError::of("opening the netlink monitor"))?;
        let waiting = ProcessError::of("waiting for the kernel's notifications");
        self.poller
            .remove(&self.monitor)
            .and_then(|()| {
                self.poller
                    .add_urgent(&monitor, token::MONITOR, Interest::Readable)
            })
            .map_err(waiting)?;
        (self.monitor, self.watch) = (monitor, wider);
        self.requests.resynchronised();
        let interfaces = self.monitor.snapshot();
        self.handle(now, Input::Resynchronised(&interfaces));
        Ok(())
    }
}
