//! The status of the daemon: the children's parts, and what the supervisor knows itself.

use super::Supervisor;
use super::inquiry::Inquiry;
use super::slot::Slot;
use crate::cli::COMPATIBLE;
use crate::clock;
use crate::control::{Answer, ClientId, Detail, Verdict};
use crate::handover::Kind;
use crate::orders::Target;
use crate::status::document::{Daemon, DrainStatus, ProcessStatus, Status, VERSION};
use model::Time;
use nix::unistd::{Pid, SysconfVar, sysconf};
use serde_json::value::{RawValue, to_raw_value};
use std::fs;
use std::os::fd::AsFd;

/// Most questions at one time, those of clients that have gone included.
const INQUIRIES: usize = 16;

impl Supervisor {
    /// Asks the children; the answer follows when all have answered, or after a time.
    pub(super) fn begin_status(&mut self, client: ClientId, detail: Detail, now: Time) {
        if self.inquiries.len() >= INQUIRIES {
            let report = "too many ask for the status at the same time".to_owned();
            self.answer(&[client], &Answer::new(Verdict::Refused, report));
            return;
        }
        let mut inquiry = Inquiry::new(client, now);
        for slot in &self.slots {
            let Some(process) = slot.process() else { continue };
            let asked = inquiry.ask(slot.kind, detail, |message, pipe| {
                process.send(message, &[pipe.as_fd()]);
            });
            if let Err(error) = asked {
                tracing::warn!("asking the {} process for its status: {error}", slot.kind.word());
            }
        }
        self.inquiries.push(inquiry);
        self.continue_status(now);
    }

    /// Reads what the children have written, and answers whoever has waited for the last of it.
    pub(super) fn continue_status(&mut self, now: Time) {
        let (complete, pending): (Vec<_>, Vec<_>) = std::mem::take(&mut self.inquiries)
            .into_iter()
            .map(|mut inquiry| (inquiry.read(now), inquiry))
            .partition(|(is_complete, _)| *is_complete);
        self.inquiries = pending.into_iter().map(|(_, inquiry)| inquiry).collect();
        for (_, mut inquiry) in complete {
            let status = self.status(&mut inquiry, now);
            let answer = match to_raw_value(&status) {
                Ok(status) => Answer {
                    status: Some(status),
                    ..Answer::new(Verdict::Done, String::new())
                },
                Err(error) => Answer::new(Verdict::Refused, error.to_string()),
            };
            if let Some(control) = &mut self.plan.control {
                control.answer(inquiry.client, &answer);
            }
        }
    }

    fn status(&self, inquiry: &mut Inquiry, now: Time) -> Status<Box<RawValue>, Box<RawValue>> {
        let mut part = |kind| {
            let text = String::from_utf8(inquiry.take(kind)?).ok()?;
            RawValue::from_string(text).ok()
        };
        let (vrrp, lvs) = (part(Kind::Vrrp), part(Kind::Checker));
        let answered = [(Kind::Vrrp, vrrp.is_some()), (Kind::Checker, lvs.is_some())];
        let processes = self.slots.iter().map(|slot| {
            let answers = answered.contains(&(slot.kind, true));
            self.process_status(slot, answers, now)
        });
        let word = |place| {
            let mut words = COMPATIBLE.split_whitespace();
            words.nth(place).unwrap_or_default().trim_start_matches('v')
        };
        Status {
            version: VERSION,
            daemon: Daemon {
                compatible_with: word(1).to_owned(),
                release: env!("CARGO_PKG_VERSION").to_owned(),
                pid: std::process::id(),
                router_id: self.router_id.clone(),
                started_at_us: self.started_at.0,
                made_at_us: clock::wall().0,
                configurations: self.generation.0,
                last_reload: self.last_reload.clone(),
                maintenance_since_us: self.orders.maintenance.map(|since| since.0),
                drained: self.orders.drained.iter().map(drained).collect(),
            },
            processes: processes.collect(),
            vrrp,
            lvs,
        }
    }

    fn process_status(&self, slot: &Slot, answers: bool, now: Time) -> ProcessStatus {
        let process = slot.process();
        ProcessStatus {
            name: slot.kind.word().to_owned(),
            needed: slot.is_needed,
            running: process.is_some(),
            answers,
            up_to_date: process.is_some_and(|process| process.in_force == Some(self.generation)),
            pid: process.map(|process| process.pid.as_raw().unsigned_abs()),
            uptime_us: process.map(|process| now.since(process.started).0),
            restarts: slot.restarts,
            memory_bytes: process.and_then(|process| resident(process.pid)),
        }
    }
}

fn drained(target: &Target) -> DrainStatus {
    DrainStatus {
        server: target.server.to_string(),
        virtual_server: target.virtual_server.clone(),
    }
}

/// The memory that a process has, as the kernel tells it without asking the process.
fn resident(pid: Pid) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = text.split_whitespace().nth(1)?.parse().ok()?;
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten()?;
    Some(pages * u64::try_from(page).ok()?)
}
