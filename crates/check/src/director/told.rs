//! Checks that do not run but are told: numbers in files and BFD sessions (`spec/checkers.md` sections 10 and 11).

use super::Director;
use crate::event::CheckNews;
use crate::failure::Failure;
use crate::layout::{CheckId, Layout};
use crate::outbox::Outbox;
use crate::schedule::Verdict;
use crate::weight;
use model::{CheckKind, FileCheck};
use std::collections::HashMap;

/// What was told last, and whom it concerns.
#[derive(Debug, Default)]
pub(super) struct Told {
    files: HashMap<String, i64>,
    sessions: HashMap<String, Verdict>,
    file_checks: HashMap<String, Vec<CheckId>>,
    session_checks: HashMap<String, Vec<CheckId>>,
}

impl Told {
    /// Learns from a configuration which checks follow what.
    pub(super) fn index(&mut self, layout: &Layout) {
        self.file_checks.clear();
        self.session_checks.clear();
        for id in layout.check_ids() {
            match &layout.checker(id).kind {
                CheckKind::File(check) => self.file_checks.entry(check.file.clone()).or_default().push(id),
                CheckKind::Bfd(check) => {
                    self.session_checks
                        .entry(check.instance.clone())
                        .or_default()
                        .push(id);
                }
                _ => {}
            }
        }
    }

    /// What a file adds to the weight as far as is known, nothing if it means a fault. A file that has not been
    /// read counts as 0.
    pub(super) fn contribution(&self, check: &FileCheck) -> Option<i64> {
        weight::of_file(check, self.files.get(&check.file).copied().unwrap_or(0))
    }

    /// The state of a BFD session, if it was told.
    pub(super) fn session(&self, instance: &str) -> Option<Verdict> {
        self.sessions.get(instance).copied()
    }
}

impl Director {
    pub(super) fn read_file(&mut self, name: &str, value: i64, out: &mut Outbox) {
        self.told.files.insert(name.to_owned(), value);
        let Some(checks) = self.told.file_checks.get(name).cloned() else {
            return;
        };
        for id in checks {
            let CheckKind::File(check) = &self.layout.checker(id).kind else {
                continue;
            };
            let status = self.told.contribution(check);
            let (was_up, contribution) = (self.checks[id.index()].up, self.checks[id.index()].contribution);
            self.checks[id.index()].contribution = status.unwrap_or(0);
            let delta = self.checks[id.index()].contribution - contribution;
            let server = self.layout.server_of(id);
            match (was_up, status) {
                (true, None) => {
                    let failure = Failure::FileFault(name.into());
                    let news = failed_at_once(failure.clone());
                    self.report(id, news, out);
                    self.fail(id, false, Some(failure), out);
                    self.change_weight(server, delta, out);
                }
                (false, Some(_)) => {
                    self.report(id, CheckNews::Passed, out);
                    self.change_weight(server, delta, out);
                    self.pass(id, false, out);
                }
                _ => self.change_weight(server, delta, out),
            }
        }
    }

    pub(super) fn change_bfd(&mut self, instance: &str, verdict: Verdict, out: &mut Outbox) {
        self.told.sessions.insert(instance.to_owned(), verdict);
        let Some(checks) = self.told.session_checks.get(instance).cloned() else {
            return;
        };
        for id in checks {
            let state = &mut self.checks[id.index()];
            let first = !state.has_run;
            if !first && state.up == verdict.is_up() {
                continue;
            }
            state.has_run = true;
            match verdict {
                Verdict::Up => {
                    self.report(id, CheckNews::Passed, out);
                    self.pass(id, first, out);
                }
                Verdict::Down => {
                    let failure = Failure::BfdDown(instance.into());
                    self.report(id, failed_at_once(failure.clone()), out);
                    self.fail(id, first, Some(failure), out);
                }
            }
        }
    }
}

const fn failed_at_once(failure: Failure) -> CheckNews {
    CheckNews::Failed {
        failure,
        retries: None,
        retry_disabled: false,
    }
}
