//! One check between its runs: what a result means for it, and when it runs next (`spec/checkers.md` section 1).
//!
//! [`CheckState::judge`] is the whole state machine. It knows the check alone; what a verdict means for the server
//! is the director's business.

mod http;

#[cfg(test)]
mod tests;

use crate::failure::{Failure, Obstacle, Outcome};
use crate::weight;
use model::{CheckKind, CheckSchedule, Checker, Micros, ServerWeight, Time};

pub(crate) use http::{HttpProgress, UrlProof, proof};

/// A run of a check, unique over the life of the director.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// What a check knows between its runs.
#[derive(Clone, Debug)]
pub(crate) struct CheckState {
    /// Whether the server is well as far as this check is concerned.
    pub(crate) up: bool,
    /// Whether a run has been completed.
    pub(crate) has_run: bool,
    /// Failed attempts in a row.
    pub(crate) failures: u32,
    /// What the check adds to the weight of the server.
    pub(crate) contribution: i64,
    /// Which URL is next; `HTTP_GET` and `SSL_GET` only.
    pub(crate) http: HttpProgress,
    /// The exit status of the last run of a script that ended by itself.
    pub(crate) last_exit: Option<u8>,
    /// The exit status that the contribution is made of.
    pub(crate) counted_exit: Option<u8>,
    /// How the last run ended.
    pub(crate) last: Option<LastRun>,
    /// The run that is under way.
    pub(crate) run: Option<Run>,
}

/// How the last run of a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When.
    pub at: Time,
    /// Why it failed; nothing if it passed.
    pub failure: Option<Failure>,
    /// What kept it from finding anything out.
    pub obstacle: Option<Obstacle>,
}

impl LastRun {
    pub(crate) fn of(at: Time, outcome: &Outcome, checker: &Checker) -> Self {
        let (failure, obstacle) = match outcome {
            Outcome::Succeeded => (None, None),
            Outcome::Exited(status) => (exit_failure(checker, *status), None),
            Outcome::Failed(failure) => (Some(failure.clone()), None),
            Outcome::Postponed(obstacle) => (None, Some(obstacle.clone())),
        };
        Self {
            at,
            failure,
            obstacle,
        }
    }
}

/// A run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) started: Time,
}

/// Whether a server is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It is.
    Up,
    /// It is not.
    Down,
}

impl Verdict {
    pub(crate) const fn of(up: bool) -> Self {
        if up { Self::Up } else { Self::Down }
    }

    pub(crate) const fn is_up(self) -> bool {
        matches!(self, Self::Up)
    }
}

/// What a result means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// From the end of the run, or of a script from its start, to the next run.
    pub(crate) next: Micros,
    /// What the server is to be told, if anything.
    pub(crate) verdict: Option<Verdict>,
    /// Whether this is the first completed run.
    pub(crate) first: bool,
    /// What goes to the log.
    pub(crate) report: Report,
    /// The URL that passed while the check is down, and by what.
    pub(crate) url_proof: Option<UrlProof>,
}

/// What a result has the log say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Nothing,
    /// The check passed for the first time or again.
    Success,
    /// One attempt failed, others follow: this was number `attempt`, from 1.
    Attempt {
        failure: Failure,
        attempt: u32,
    },
    /// The check failed, after this many retries where that is told.
    Failed {
        failure: Failure,
        retries: Option<u32>,
    },
}

impl CheckState {
    /// The state before the first run.
    pub(crate) fn new(up: bool) -> Self {
        Self {
            up,
            has_run: false,
            failures: 0,
            contribution: 0,
            http: HttpProgress::default(),
            last_exit: None,
            counted_exit: None,
            last: None,
            run: None,
        }
    }

    /// Takes the result of a run that was not postponed. `weight` is the configured weight of the server.
    pub(crate) fn judge(&mut self, checker: &Checker, outcome: Outcome, weight: ServerWeight) -> Judgement {
        let failure = match outcome {
            Outcome::Succeeded | Outcome::Postponed(_) => None,
            Outcome::Failed(failure) => Some(failure),
            Outcome::Exited(status) => {
                self.note_exit(checker, status, weight);
                exit_failure(checker, status)
            }
        };
        match (&checker.kind, failure) {
            (CheckKind::Http(check), failure) => self.judge_url(checker, check, failure),
            (_, None) => self.passed(&checker.schedule),
            (_, Some(failure)) => self.failed(checker, failure),
        }
    }

    /// The contribution of a script's status, as soon as the status counts. A failure's is taken away only when
    /// the failure is final.
    fn note_exit(&mut self, checker: &Checker, status: u8, weight: ServerWeight) {
        self.last_exit = Some(status);
        let CheckKind::Misc(misc) = &checker.kind else {
            return;
        };
        if misc.dynamic && exit_failure(checker, status).is_none() {
            self.counted_exit = Some(status);
            self.contribution = weight::of_exit(status, weight);
        }
    }

    fn passed(&mut self, schedule: &CheckSchedule) -> Judgement {
        let first = !self.has_run;
        let report = if first || !self.up {
            Report::Success
        } else {
            Report::Nothing
        };
        self.failures = 0;
        self.has_run = true;
        Judgement {
            next: schedule.delay_loop,
            verdict: Some(Verdict::Up),
            first,
            report,
            url_proof: None,
        }
    }

    fn failed(&mut self, checker: &Checker, failure: Failure) -> Judgement {
        let schedule = &checker.schedule;
        let first = !self.has_run;
        // compat: SMTP_CHECK tries again in every cycle, the first one and those while it is down included. The
        // others take a first failure at its word, and wait a whole delay loop while they are down.
        let tries_always = matches!(checker.kind, CheckKind::Smtp(_));
        let allowed = if tries_always || (self.up && !first) {
            schedule.retry
        } else {
            0
        };
        if self.failures < allowed {
            self.failures += 1;
            let report = if checker.log_all_failures && self.up {
                Report::Attempt {
                    failure,
                    attempt: self.failures,
                }
            } else {
                Report::Nothing
            };
            return Judgement {
                next: schedule.delay_before_retry,
                verdict: None,
                first: false,
                report,
                url_proof: None,
            };
        }
        let report = if self.up || first {
            // compat: the scripts' line tells the retries although a first failure had none.
            let is_script = matches!(checker.kind, CheckKind::Misc(_));
            let told = schedule.retry > 0 && (tries_always || is_script || !first);
            Report::Failed {
                failure,
                retries: told.then_some(schedule.retry),
            }
        } else {
            Report::Nothing
        };
        self.failures = 0;
        self.has_run = true;
        // A script that is taken for failed no longer has a say in the weight, however it ended.
        self.contribution = 0;
        self.counted_exit = None;
        Judgement {
            next: schedule.delay_loop,
            verdict: Some(Verdict::Down),
            first,
            report,
            url_proof: None,
        }
    }
}

/// Why an exit status is a failure; nothing if it is none.
fn exit_failure(checker: &Checker, status: u8) -> Option<Failure> {
    let dynamic = matches!(&checker.kind, CheckKind::Misc(misc) if misc.dynamic);
    match status {
        0 => None,
        2.. if dynamic => None,
        status => Some(Failure::Exit(status)),
    }
}
