//! Several URLs, one a run (`spec/checkers.md` section 5.8).
//!
//! A check comes up when all of its URLs pass in a row; it goes down with the first that does not, and then that
//! URL alone is asked until it passes. After that all have to pass again, so that a check of a single URL needs two
//! successes to recover.

use super::{CheckState, Judgement, Report, Verdict};
use crate::failure::Failure;
use model::{Checker, HttpCheck, Micros, Url};

/// Which URL is next, and which one took the check down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HttpProgress {
    /// Index of the URL of the next run.
    pub(crate) url: usize,
    /// Index of the URL that failed, until it passes.
    pub(crate) failed: Option<usize>,
}

/// By what a URL passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UrlProof {
    /// Index of the URL.
    pub(crate) url: usize,
}

impl CheckState {
    pub(super) fn judge_url(
        &mut self,
        checker: &Checker,
        check: &HttpCheck,
        failure: Option<Failure>,
    ) -> Judgement {
        match failure {
            None => self.url_passed(checker, check),
            Some(failure) => self.url_failed(checker, failure),
        }
    }

    fn url_passed(&mut self, checker: &Checker, check: &HttpCheck) -> Judgement {
        let first = !self.has_run;
        let url = self.http.url;
        let url_proof = (!self.up).then_some(UrlProof { url });
        self.failures = 0;
        let mut verdict = None;
        let mut report = Report::Nothing;
        if self.http.failed == Some(url) {
            self.http = HttpProgress::default();
        } else if url + 1 < check.urls.len() {
            self.http.url += 1;
        } else {
            self.http.url = 0;
            self.has_run = true;
            verdict = Some(Verdict::Up);
            if first || !self.up {
                report = Report::Success;
            }
        }
        // `up` is what it was before this run: a completed cycle waits as usual.
        let hurries = check.fast_recovery && verdict.is_none() && (!self.has_run || !self.up);
        let next = if hurries {
            Micros::ZERO
        } else {
            checker.schedule.delay_loop
        };
        Judgement {
            next,
            verdict,
            first: first && self.has_run,
            report,
            url_proof,
        }
    }

    fn url_failed(&mut self, checker: &Checker, failure: Failure) -> Judgement {
        let schedule = &checker.schedule;
        let first = !self.has_run;
        let mut judgement = Judgement {
            next: schedule.delay_before_retry,
            verdict: None,
            first: false,
            report: Report::Nothing,
            url_proof: None,
        };
        if !self.up && !first {
            // Down: the URL that failed is asked at leisure; one that fails during recovery is asked again soon.
            if self.http.failed == Some(self.http.url) {
                judgement.next = schedule.delay_before_retry.max(schedule.delay_loop);
            }
            return judgement;
        }
        let allowed = if first { 0 } else { schedule.retry };
        if self.failures < allowed {
            self.failures += 1;
            if checker.log_all_failures {
                judgement.report = Report::Attempt {
                    failure,
                    attempt: self.failures,
                };
            }
            return judgement;
        }
        // compat: told although a first failure had none.
        let retries = (schedule.retry > 0).then_some(schedule.retry);
        self.failures = 0;
        self.has_run = true;
        self.http.failed = Some(self.http.url);
        judgement.next = schedule.delay_before_retry.max(schedule.delay_loop);
        judgement.verdict = Some(Verdict::Down);
        judgement.first = first;
        judgement.report = Report::Failed { failure, retries };
        judgement
    }
}

/// What the log says that a URL passed by: the last test that was made.
pub(crate) const fn proof(url: &Url) -> &'static str {
    if url.regex.is_some() {
        "Regex match"
    } else if url.digest.is_some() {
        "MD5 digest"
    } else {
        "HTTP status code"
    }
}
