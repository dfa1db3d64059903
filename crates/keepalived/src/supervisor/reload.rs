//! New configurations: which is refused, and when one is in force everywhere.

use super::files::{self, Marker};
use super::slot::Slot;
use super::{Reload, Supervisor};
use crate::control::{Answer, ClientId, Verdict};
use crate::exit::Exit;
use crate::handover::Start;
use crate::reading::log_main_file;
use crate::status::document::ReloadStatus;
use crate::systemd::State as Notice;
use crate::{clock, memory};
use kernel::sys::give_back;
use model::Configuration;
use std::os::fd::AsFd;

impl Supervisor {
    /// Whether a child still has to take over the newest configuration.
    pub(super) fn is_busy(&self) -> bool {
        self.slots
            .iter()
            .filter_map(Slot::process)
            .any(|process| process.in_force != Some(self.generation))
    }

    pub(super) fn request_reload(&mut self, client: Option<ClientId>) {
        if self.stop.is_some() {
            return;
        }
        self.queued.get_or_insert_default().extend(client);
        self.settle();
    }

    /// Completes the start or the reload if every child has taken its configuration over, and begins the next one.
    pub(super) fn settle(&mut self) {
        while !self.is_busy() && self.stop.is_none() {
            let is_complete = self
                .slots
                .iter()
                .all(|slot| !slot.is_needed || slot.process().is_some());
            if !self.has_started && is_complete {
                self.has_started = true;
                tracing::info!("Startup complete");
                self.plan
                    .notifier
                    .tell(&[Notice::Ready, Notice::Status("running")]);
            }
            if let Some(reload) = self.reload.take() {
                tracing::info!("Reload complete");
                self.plan
                    .notifier
                    .tell(&[Notice::Ready, Notice::Status("running")]);
                let verdict = if reload.has_failed {
                    Verdict::Refused
                } else {
                    Verdict::Done
                };
                self.note_reload(verdict);
                let answer = Answer {
                    messages: reload.messages,
                    ..Answer::new(verdict, reload.report)
                };
                self.answer(&reload.clients, &answer);
            }
            let Some(clients) = self.queued.take() else {
                // Of what the reading of a configuration took nothing is needed until the next one.
                give_back();
                return;
            };
            self.begin_reload(clients);
        }
    }

    pub(super) fn begin_reload(&mut self, clients: Vec<ClientId>) {
        let running = match self
            .configuration
            .try_clone()
            .and_then(memory::open::<Configuration>)
        {
            Ok(running) => running,
            Err(error) => {
                tracing::error!("the configuration in force cannot be read back: {error}");
                let answer = Answer::new(Verdict::Refused, error.to_string());
                self.answer(&clients, &answer);
                return;
            }
        };
        let marker = Marker::make(&running.globals.files, &self.plan.run_files.reload_marker());
        let reading = (self.plan.read)(&running);
        drop(marker);
        reading.log();
        files::write_report(&running.globals.files, &reading.report);
        let sealed = reading.outcome.and_then(|configuration| {
            let sealed = memory::seal("keepalived.conf", &configuration).map_err(|error| {
                tracing::error!("the new configuration cannot be handed over: {error}");
                Exit::Software
            })?;
            Ok((configuration, sealed))
        });
        let Ok((configuration, sealed)) = sealed else {
            tracing::error!("Reload refused: the running configuration stays in force");
            let report = "reload refused, the running configuration stays in force";
            self.plan.notifier.tell(&[Notice::Status(report)]);
            self.note_reload(Verdict::Refused);
            let answer = Answer {
                messages: reading.messages,
                ..Answer::new(Verdict::Refused, format!("{}{report}\n", reading.report))
            };
            self.answer(&clients, &answer);
            return;
        };
        tracing::info!("Reloading ...");
        log_main_file(&reading.files);
        self.plan.notifier.tell(&[Notice::Reloading]);
        self.generation.0 += 1;
        self.configuration = sealed;
        self.reload = Some(Reload {
            clients,
            report: reading.report,
            messages: reading.messages,
            has_failed: false,
        });
        self.adopt(&configuration, &reading.copy);
        for slot in &mut self.slots {
            slot.reload(self.generation, self.configuration.as_fd());
        }
        self.start_needed(Start::Reload);
    }

    fn note_reload(&mut self, verdict: Verdict) {
        self.last_reload = Some(ReloadStatus {
            at_us: clock::wall().0,
            accepted: verdict == Verdict::Done,
        });
    }

    pub(super) fn answer(&mut self, clients: &[ClientId], answer: &Answer) {
        if let Some(control) = &mut self.plan.control {
            for client in clients {
                control.answer(*client, answer);
            }
        }
    }
}
