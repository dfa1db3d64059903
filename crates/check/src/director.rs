//! The director: everything that is known about the servers, and what follows from each event.

mod apply;
mod drain;
mod local;
mod present;
mod stop;
mod told;
mod transition;
mod view;

#[cfg(test)]
mod tests;

pub use drain::Drain;
pub use view::{CheckView, ServerView, VirtualServerView};

use crate::event::{CheckEvent, CheckLabel, CheckNews, Mail};
use crate::failure::{Failure, Outcome};
use crate::layout::{CheckId, Layout, ServerId};
use crate::marks::Marks;
use crate::outbox::{Outbox, Output};
use crate::random::Random;
pub use crate::schedule::LastRun;
use crate::schedule::{CheckState, Judgement, Report, Run, RunId, Verdict, proof};
use crate::settings::Settings;
use crate::sharing::Sharing;
use crate::timers::Timers;
use local::LocalAddresses;
use model::{CheckKind, Checker, Micros, ServerWeight, Time};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use told::Told;

/// What happened.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The time of [`Director::deadline`] has come. Where many checks are due, the first of them are started, and the
    /// deadline is still a time that has come.
    DeadlineReached,
    /// A run has ended. Outcomes of runs that were cancelled are ignored.
    Finished {
        /// Which run.
        run: RunId,
        /// How.
        outcome: Outcome,
    },
    /// An interface of this machine has the address now (`ha_suspend`).
    AddressAdded(IpAddr),
    /// An interface of this machine does not have the address any more.
    AddressRemoved(IpAddr),
    /// A tracked file was read; a missing file and one without a number count as 0.
    FileRead {
        /// Name of the track file.
        name: &'a str,
        /// The number in it.
        value: i64,
    },
    /// A BFD session came up or went down.
    BfdChanged {
        /// Name of the BFD instance.
        instance: &'a str,
        /// Its state.
        verdict: Verdict,
    },
}

/// State of a virtual server.
#[derive(Clone, Debug, Default)]
struct VirtualState {
    /// Whether enough servers are alive.
    quorum_up: bool,
    /// Whether the sorry server serves.
    sorry_active: bool,
    /// Total weight of the servers that are alive.
    weight: u64,
    /// The sorry server's weight in IPVS; nothing while it is not there.
    sorry_presented: Option<ServerWeight>,
    /// How many times an address of it is on a local interface; counted for `ha_suspend` only.
    addresses: u32,
}

/// State of a real server.
#[derive(Clone, Debug, Default)]
struct ServerState {
    alive: bool,
    /// How many of its checks have failed.
    failed: u32,
    /// An operator keeps new connections away from it.
    drained: bool,
    /// Configured weight and the contributions of its checks.
    effective: i64,
    /// Its weight in IPVS; nothing while it is not there.
    presented: Option<ServerWeight>,
}

impl ServerState {
    fn weight(&self) -> ServerWeight {
        if self.drained {
            ServerWeight::ZERO
        } else {
            ServerWeight::clamp(self.effective)
        }
    }
}

/// Owns the configuration and the state of every virtual server, real server and check.
///
/// Deterministic: the same calls with the same times give the same outputs; the seed decides about the warm-up.
#[derive(Debug)]
pub struct Director {
    layout: Layout,
    settings: Settings,
    virtual_servers: Vec<VirtualState>,
    servers: Vec<ServerState>,
    checks: Vec<CheckState>,
    timers: Timers,
    runs: HashMap<RunId, CheckId>,
    last_run: RunId,
    random: Random,
    sharing: Sharing,
    marks: Marks,
    local: LocalAddresses,
    told: Told,
    drains: BTreeSet<Drain>,
    started: bool,
    /// While a configuration is being applied the kernel's changes follow at the end, as one difference.
    batching: bool,
}

impl Director {
    /// From the start to the first run of a check there is at least this much time.
    const FIRST_RUN: Micros = Micros::SECOND;

    /// Runs that one [`Input::DeadlineReached`] starts at most, so that whoever carries them out stays responsive on a machine
    /// that cannot do all of its checks in time.
    const RUNS_AT_ONCE: usize = 64;

    /// A director of nothing.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            layout: Layout::default(),
            settings: Settings::default(),
            virtual_servers: Vec::new(),
            servers: Vec::new(),
            checks: Vec::new(),
            timers: Timers::default(),
            runs: HashMap::new(),
            last_run: RunId(0),
            random: Random::new(seed),
            sharing: Sharing::default(),
            marks: Marks::default(),
            local: LocalAddresses::default(),
            told: Told::default(),
            drains: BTreeSet::new(),
            started: false,
            batching: false,
        }
    }

    /// When [`Input::DeadlineReached`] is wanted at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Takes what happened at `now`.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Outbox) {
        match input {
            Input::DeadlineReached => {
                for _ in 0..Self::RUNS_AT_ONCE {
                    let Some(number) = self.timers.expire(now) else {
                        break;
                    };
                    self.run(now, CheckId(number), out);
                }
            }
            Input::Finished { run, outcome } => self.finish(now, run, outcome, out),
            Input::AddressAdded(address) => self.add_address(address, out),
            Input::AddressRemoved(address) => self.remove_address(now, address, out),
            Input::FileRead { name, value } => self.read_file(name, value, out),
            Input::BfdChanged { instance, verdict } => self.change_bfd(instance, verdict, out),
        }
    }

    /// Starts a run that is due, unless the virtual server is suspended.
    fn run(&mut self, now: Time, id: CheckId, out: &mut Outbox) {
        if self.is_suspended(self.layout.virtual_server_of(self.layout.server_of(id))) {
            self.timers
                .set(id.0, now + self.layout.checker(id).schedule.delay_loop);
            return;
        }
        self.last_run = RunId(self.last_run.0 + 1);
        let run = self.last_run;
        let state = &mut self.checks[id.index()];
        state.run = Some(Run {
            id: run,
            started: now,
        });
        self.runs.insert(run, id);
        out.push(Output::Start {
            check: id,
            run,
            url: state.http.url,
        });
    }

    fn finish(&mut self, now: Time, run: RunId, outcome: Outcome, out: &mut Outbox) {
        let Some(id) = self.runs.remove(&run) else { return };
        let started = self.checks[id.index()].run.take().map_or(now, |run| run.started);
        let server = self.layout.server_of(id);
        let checker = self.layout.checker(id);
        self.checks[id.index()].last = Some(LastRun::of(now, &outcome, checker));
        if let Outcome::Postponed(obstacle) = outcome {
            self.timers.set(id.0, now + checker.schedule.delay_loop);
            self.report(id, CheckNews::Postponed(obstacle), out);
            return;
        }
        let configured = self.layout.server(server).weight;
        let contribution = self.checks[id.index()].contribution;
        let judgement = self.checks[id.index()].judge(checker, outcome, configured);
        let from = if matches!(checker.kind, CheckKind::Misc(_)) {
            started
        } else {
            now
        };
        self.timers.set(id.0, now.max(from + judgement.next));
        let delta = self.checks[id.index()].contribution - contribution;
        self.take(id, server, judgement, delta, out);
    }

    /// Carries out what a result means.
    fn take(&mut self, id: CheckId, server: ServerId, judgement: Judgement, delta: i64, out: &mut Outbox) {
        if let Some(url) = judgement
            .url_proof
            .as_ref()
            .and_then(|url_proof| self.url(id, url_proof.url))
        {
            let news = CheckNews::UrlPassed {
                proof: proof(url),
                path: url.path.as_str().into(),
            };
            self.report(id, news, out);
        }
        let failure = self.tell(id, judgement.report, out);
        match judgement.verdict {
            // The weight first, so that a server that comes up does so with its new weight.
            Some(Verdict::Up) => {
                self.change_weight(server, delta, out);
                self.pass(id, judgement.first, out);
            }
            Some(Verdict::Down) => {
                self.fail(id, judgement.first, failure, out);
                self.change_weight(server, delta, out);
            }
            None => self.change_weight(server, delta, out),
        }
    }

    /// Writes the log line of a result and hands the reason of a failure on.
    fn tell(&self, id: CheckId, report: Report, out: &mut Outbox) -> Option<Failure> {
        let retry = self.layout.checker(id).schedule.retry;
        let (news, failure) = match report {
            Report::Nothing => return None,
            // compat: DNS_CHECK says nothing when it passes.
            Report::Success if matches!(self.layout.checker(id).kind, CheckKind::Dns(_)) => return None,
            Report::Success => (CheckNews::Passed, None),
            Report::Attempt { failure, attempt } => (
                CheckNews::Attempt {
                    failure: failure.clone(),
                    attempt,
                    retry,
                },
                Some(failure),
            ),
            Report::Failed { failure, retries } => {
                if self.tells_each_attempt(id) {
                    self.report(
                        id,
                        CheckNews::Attempt {
                            failure: failure.clone(),
                            attempt: retry + 1,
                            retry,
                        },
                        out,
                    );
                }
                let news = CheckNews::Failed {
                    failure: failure.clone(),
                    retries,
                    retry_disabled: retry == 0,
                };
                (news, Some(failure))
            }
        };
        self.report(id, news, out);
        failure
    }

    /// Whether the last attempt has a line of its own beside the one about the failure.
    fn tells_each_attempt(&self, id: CheckId) -> bool {
        let checker = self.layout.checker(id);
        let has_line = matches!(
            checker.kind,
            CheckKind::Tcp(_) | CheckKind::Udp(_) | CheckKind::Http(_) | CheckKind::Ping(_)
        );
        checker.log_all_failures && has_line
    }

    fn report(&self, id: CheckId, news: CheckNews, out: &mut Outbox) {
        let place = self.layout.place(self.layout.server_of(id));
        out.event(CheckEvent {
            label: self.label(id),
            place,
            news,
        });
    }

    fn label(&self, id: CheckId) -> CheckLabel {
        CheckLabel::of(&self.layout.checker(id).kind)
    }

    fn url(&self, id: CheckId, index: usize) -> Option<&model::Url> {
        match &self.layout.checker(id).kind {
            CheckKind::Http(check) => check.urls.get(index),
            _ => None,
        }
    }

    /// Mails what a check found, if the server wants mails and it is about the server or every check is to be told.
    fn mail_check(&self, id: CheckId, server_changed: bool, failure: Option<&Failure>, out: &mut Outbox) {
        let server = self.layout.server_of(id);
        let wanted = self.layout.server(server).smtp_alert;
        if !wanted || (self.settings.no_checker_emails && !server_changed) {
            return;
        }
        let label = self.label(id);
        if matches!(label, CheckLabel::File(_)) {
            return;
        }
        let state = Verdict::of(self.servers[server.index()].alive);
        let place = self.layout.place(server);
        out.mail(match failure {
            Some(failure) => Mail::failed(place, state, &label, failure),
            None => Mail::passed(place, state, &label),
        });
    }

    /// The run of a check that is under way.
    #[must_use]
    pub fn run_of(&self, id: CheckId) -> Option<RunId> {
        self.checks
            .get(id.index())
            .and_then(|state| state.run)
            .map(|run| run.id)
    }

    /// The check that a run belongs to: what it does and where it connects to.
    #[must_use]
    pub fn checker(&self, id: CheckId) -> Option<&Checker> {
        self.layout.has_check(id).then(|| self.layout.checker(id))
    }
}
