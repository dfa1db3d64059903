//! Which children run: starts, deaths and their consequences.

use super::death::{self, Consequence};
use super::own_scripts::OwnScript;
use super::slot::{State, Supply};
use super::{CHILD_WAIT, Supervisor, files};
use crate::exit::Exit;
use crate::handover::{Kind, Start};
use crate::pid_file::PidFile;
use crate::reload_time::{ReloadTime, Repeats};
use crate::systemd::State as Notice;
use crate::{child, clock, privileges};
use model::{Configuration, Micros};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::stat::umask;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use std::ffi::CString;
use std::os::fd::AsFd;

impl Supervisor {
    /// Takes from a configuration what the supervisor itself goes by.
    pub(super) fn adopt(&mut self, configuration: &Configuration, copy: &[u8]) {
        self.router_id
            .clone_from(&configuration.globals.identity.router_id);
        let operation = &configuration.globals.operation;
        if let Some(control) = &mut self.plan.control
            && let Err(error) = control.open_to(operation.control_group)
        {
            tracing::error!("control_group: {error}; the control socket is for root alone");
        }
        let metrics = &operation.metrics;
        self.metrics_file
            .configure(metrics, &self.plan.run_files.control());
        self.metrics_process
            .configure(metrics.address, clock::monotonic());
        let files = &configuration.globals.files;
        umask(self.plan.settings.umask_with(files));
        if let Some(name) = &configuration.globals.identity.process_name
            && let Ok(name) = CString::new(name.as_bytes())
            && let Err(errno) = prctl::set_name(&name)
        {
            tracing::warn!("process name: {}", errno.desc());
        }
        files::save_copy(files, self.generation.0 - 1, copy);
        self.reload_time = files.reload_time_file.as_ref().and_then(|path| {
            let repeats = if files.reload_repeat {
                Repeats::Daily
            } else {
                Repeats::Never
            };
            ReloadTime::watch(path.as_ref(), repeats)
                .inspect_err(|error| tracing::warn!("reload_time_file {path}: {error}"))
                .ok()
        });
        for slot in &mut self.slots {
            slot.is_confined = privileges::is_confined(slot.kind, configuration);
            let is_configured = match slot.kind {
                Kind::Checker => configuration.has_virtual_servers,
                Kind::Vrrp => !configuration.vrrp.is_empty(),
                Kind::Bfd => configuration.has_bfd_instances,
            };
            let is_built = self.plan.bodies.of(slot.kind).is_some();
            // A child that runs goes on without configuration.
            slot.is_needed =
                is_built && (is_configured || self.plan.unconfigured || slot.process().is_some());
        }
        self.names = Kind::ALL.map(|kind| {
            child::process_name(kind, &configuration.globals).map(|name| name.to_string_lossy().into_owned())
        });
        self.shutdown_script = OwnScript::shutdown(&configuration.globals);
        self.child_wait = configuration
            .globals
            .identity
            .child_wait_time
            .unwrap_or(CHILD_WAIT);
    }

    pub(super) fn start_needed(&mut self, start: Start) {
        for index in 0..self.slots.len() {
            let slot = &mut self.slots[index];
            if slot.is_needed && matches!(slot.state, State::Off) {
                if slot.pid_file.is_none() {
                    match PidFile::lock(self.plan.run_files.child(slot.kind), None) {
                        Ok(file) => slot.pid_file = Some(file),
                        Err(error) => {
                            tracing::error!("{error}: {} process not started", slot.kind);
                            slot.is_needed = false;
                            continue;
                        }
                    }
                }
                self.start_child(index, start);
            } else if !slot.is_needed
                && let Some(file) = slot.pid_file.take()
            {
                file.remove();
            }
        }
    }

    pub(super) fn start_child(&mut self, index: usize, start: Start) {
        let supply = Supply {
            arguments: &self.plan.arguments,
            settings: &self.plan.settings,
            generation: self.generation,
            configuration: self.configuration.as_fd(),
            orders: &self.orders,
        };
        let slot = &mut self.slots[index];
        slot.restarts += u64::from(start == Start::Respawn);
        if let Err(error) = slot.start(start, supply) {
            tracing::error!("{} process cannot be started: {error}", slot.kind);
            // No process, no memory: that may pass.
            let delay = slot.respawn.delay(Micros::ZERO).unwrap_or(0).max(1);
            slot.state = State::Waiting {
                until: clock::monotonic() + Micros::from_secs(delay),
            };
        }
    }

    /// Takes note of every process that has ended. Some are grandchildren whose parents have gone.
    pub(super) fn reap(&mut self) {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
                Ok(status) => self.handle_death(status),
                Err(Errno::EINTR) => {}
                Err(errno) => {
                    tracing::error!("waitpid: {errno}");
                    return;
                }
            }
        }
    }

    pub(super) fn handle_death(&mut self, status: WaitStatus) {
        if self.metrics_process.note_end(status, clock::monotonic()) {
            return;
        }
        let pid = status.pid();
        let Some(index) = self
            .slots
            .iter()
            .position(|slot| slot.process().map(|process| process.pid) == pid)
        else {
            return;
        };
        // Its last words: that a configuration was in force, or that it asks for a reload.
        self.handle_messages();
        let kind = self.slots[index].kind;
        self.abandon_actions(kind);
        let slot = &mut self.slots[index];
        let State::Running(process) = std::mem::replace(&mut slot.state, State::Off) else {
            return;
        };
        if self.stop.is_some() {
            return;
        }
        let now = clock::monotonic();
        let name = self.names[slot.kind as usize].as_deref();
        match death::judge(name, process.pid, status, process.killer()) {
            Consequence::Terminate(exit) => {
                let number = if exit == Exit::Status(4) {
                    Errno::EPERM
                } else {
                    Errno::EINVAL
                };
                self.plan.notifier.tell(&[Notice::Error(number as i32)]);
                self.begin_stop(exit);
            }
            Consequence::Replace => {
                death::announce(slot.kind, process.pid, !self.plan.dont_respawn);
                if self.plan.dont_respawn {
                    self.begin_stop(Exit::Normal);
                    return;
                }
                let delay = slot.respawn.delay(now.since(process.started));
                if let Some(seconds) = delay {
                    tracing::info!(
                        "Restart of {} process delayed {seconds} seconds to limit respawn rate",
                        slot.kind
                    );
                }
                match delay.unwrap_or(0) {
                    0 => self.start_child(index, Start::Respawn),
                    seconds => {
                        slot.state = State::Waiting {
                            until: now + Micros::from_secs(seconds),
                        }
                    }
                }
                self.settle();
            }
        }
    }
}
