//! `vrrp_script`: when it runs, when a run is ended, and what its results add up to (`spec/runtime.md` section 7.6).
//!
//! ```text
//!            success x rise                      failure x fall
//!   BAD  ─────────────────────►  GOOD     GOOD ─────────────────────►  BAD
//!   result 0 … rise-1            result rise … rise+fall-1
//! ```

use super::Status;
use crate::{RunId, ScriptEvent, ScriptResult};
use model::{Micros, Time, VrrpScript};
use std::sync::Arc;

/// From SIGTERM to SIGKILL, and from there to the second SIGKILL.
const GRACE: Micros = Micros::from_secs(2);
/// Between further attempts.
const PERSISTENCE: Micros = Micros::from_secs(10);

/// A track script.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: Arc<str>,
    pub(crate) config: Arc<VrrpScript>,
    /// 0 to rise + fall - 1; GOOD from rise on.
    result: u32,
    knowledge: Knowledge,
    run: Run,
    /// How the last run ended.
    last: Option<ScriptResult>,
    /// What the current run has printed.
    printed: Option<Arc<str>>,
    /// What the last run had printed.
    output: Option<Arc<str>>,
}

/// How much the result is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Knowledge {
    /// No run has ended.
    None,
    /// No run has ended, and that counts as BAD (`init_fail`).
    AssumedBad,
    /// At least one run has ended, or a reload kept the result.
    Settled,
}

/// The process, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Idle,
    Running(RunId),
    Terminating(RunId),
    Killing(RunId, u32),
}

/// What the end of a run changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptChange {
    /// What to log.
    pub(crate) events: Vec<ScriptEvent>,
    /// Whether the status changed.
    pub(crate) changed: bool,
}

/// What an alarm of a run asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScriptAlarm {
    /// Nothing, the run has ended.
    Nothing,
    /// SIGTERM, and an alarm after this time.
    Terminate(RunId, Micros),
    /// SIGKILL, and an alarm after this time.
    Kill(RunId, Micros),
    /// SIGKILL once more, which did not help before, and an alarm after this time.
    KillAgain(RunId, Micros),
}

impl Script {
    pub(super) fn new(config: &VrrpScript) -> Self {
        let knowledge = if config.init_fail {
            Knowledge::AssumedBad
        } else {
            Knowledge::None
        };
        // One success is enough at start, unless the script is assumed to fail.
        let result = if config.init_fail {
            0
        } else {
            config.rise.max(1) - 1
        };
        Self {
            name: Arc::from(config.name.as_str()),
            config: Arc::new(config.clone()),
            result,
            knowledge,
            run: Run::Idle,
            last: None,
            printed: None,
            output: None,
        }
    }

    /// Keeps the result through a reload, if the script does the same as before. Says what to log.
    pub(super) fn inherit(&mut self, before: &Self) -> Option<ScriptEvent> {
        if self.config.kind != before.config.kind {
            return None;
        }
        self.run = before.run;
        self.last = before.last;
        self.printed.clone_from(&before.printed);
        self.output.clone_from(&before.output);
        if before.knowledge != Knowledge::Settled {
            return None;
        }
        let good = before.is_good();
        self.knowledge = Knowledge::Settled;
        self.result = if good { self.top() } else { 0 };
        Some(ScriptEvent::KeptOnReload { good })
    }

    /// The process that is running, if any.
    pub(crate) const fn run(&self) -> Option<RunId> {
        match self.run {
            Run::Idle => None,
            Run::Running(run) | Run::Terminating(run) | Run::Killing(run, _) => Some(run),
        }
    }

    /// A run is due: starts one, unless the one before has not ended.
    pub(crate) const fn start(&mut self, run: RunId) -> Result<(), ScriptEvent> {
        match self.run {
            Run::Idle => {
                self.run = Run::Running(run);
                Ok(())
            }
            Run::Running(_) => Err(ScriptEvent::StillRunning),
            Run::Terminating(_) | Run::Killing(..) => Err(ScriptEvent::StillEnding),
        }
    }

    /// The run takes too long.
    pub(crate) const fn overdue(&mut self) -> ScriptAlarm {
        match self.run {
            Run::Idle => ScriptAlarm::Nothing,
            Run::Running(run) => {
                self.run = Run::Terminating(run);
                ScriptAlarm::Terminate(run, GRACE)
            }
            Run::Terminating(run) => {
                self.run = Run::Killing(run, 1);
                ScriptAlarm::Kill(run, GRACE)
            }
            Run::Killing(run, attempts) => {
                self.run = Run::Killing(run, attempts.saturating_add(1));
                ScriptAlarm::KillAgain(run, PERSISTENCE)
            }
        }
    }

    /// A run has printed this. Of no interest if it is not the current one.
    pub(crate) fn printed(&mut self, run: RunId, output: &str) {
        if self.run() == Some(run) {
            self.printed = Some(Arc::from(output));
        }
    }

    /// A run has ended. Nothing if it is not the current one.
    pub(crate) fn finished(&mut self, run: RunId, result: ScriptResult) -> Option<ScriptChange> {
        if self.run() != Some(run) {
            return None;
        }
        let timed_out = !matches!(self.run, Run::Running(_));
        self.run = Run::Idle;
        let mut events = Vec::new();
        if let ScriptResult::Exited(status) = result
            && !timed_out
        {
            let before = self.last.unwrap_or(ScriptResult::Exited(0));
            if before != result {
                events.push(ScriptEvent::NowReturning(status));
            }
        }
        self.last = Some(result);
        self.output = self.printed.take();
        let before = self.status();
        let success = result == ScriptResult::Exited(0) && !timed_out;
        if success {
            self.succeeded();
        } else {
            self.failed();
        }
        let after = self.status();
        let changed = before != after;
        // A first failure of a script that was assumed to fail is news, although nothing changes.
        let news = changed || !success && self.knowledge == Knowledge::AssumedBad;
        self.knowledge = Knowledge::Settled;
        if news {
            events.push(match after {
                Status::Up => ScriptEvent::Succeeded,
                _ if timed_out => ScriptEvent::TimedOut,
                _ => ScriptEvent::Failed(result),
            });
        }
        if !success
            && !events.is_empty()
            && let Some(output) = &self.output
        {
            events.push(ScriptEvent::Printed(Arc::clone(output)));
        }
        Some(ScriptChange { events, changed })
    }

    /// Whether the script is GOOD; a script without result is not.
    fn is_good(&self) -> bool {
        self.result >= self.config.rise
    }

    /// How the last run ended.
    pub(crate) const fn last(&self) -> Option<ScriptResult> {
        self.last
    }

    pub(super) fn status(&self) -> Status {
        match self.knowledge {
            Knowledge::None => Status::Unknown,
            Knowledge::AssumedBad | Knowledge::Settled if self.is_good() => Status::Up,
            Knowledge::AssumedBad | Knowledge::Settled => Status::Down,
        }
    }

    fn top(&self) -> u32 {
        (self.config.rise.max(1) - 1).saturating_add(self.config.fall.max(1))
    }

    fn succeeded(&mut self) {
        if self.knowledge == Knowledge::None {
            self.knowledge = Knowledge::Settled;
        }
        let enough = self.config.rise.max(1) - 1;
        self.result = if self.result < enough {
            self.result + 1
        } else {
            self.top()
        };
    }

    fn failed(&mut self) {
        let was_unknown = self.knowledge == Knowledge::None;
        if was_unknown {
            self.knowledge = Knowledge::Settled;
        }
        self.result = if !was_unknown && self.result > self.config.rise {
            self.result - 1
        } else {
            0
        };
    }
}

/// When the second run is due after the first, which all scripts make at once: the runs are spread over the interval.
pub(crate) fn second_run(now: Time, interval: Micros, position: usize, scripts: usize) -> Time {
    let (position, scripts) = (position as u64 + 1, scripts.max(1) as u64);
    now + Micros(interval.0 / scripts * position + interval.0 % scripts * position / scripts)
}

/// A track script as dumps show it.
#[derive(Clone, Copy, Debug)]
pub struct ScriptView<'a> {
    script: &'a Script,
}

impl<'a> ScriptView<'a> {
    pub(crate) const fn new(script: &'a Script) -> Self {
        Self { script }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'a Arc<str> {
        &self.script.name
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &'a Arc<VrrpScript> {
        &self.script.config
    }

    /// Whether it is GOOD; a script without result is not.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.script.is_good()
    }

    /// The counter: 0 to rise + fall - 1, GOOD from rise on.
    #[must_use]
    pub const fn result(&self) -> u32 {
        self.script.result
    }

    /// How the last run ended.
    #[must_use]
    pub const fn last_result(&self) -> Option<ScriptResult> {
        self.script.last
    }

    /// The end of what the last run printed, if it printed anything.
    #[must_use]
    pub const fn output(&self) -> Option<&'a Arc<str>> {
        self.script.output.as_ref()
    }

    /// `State` of the data dump.
    #[must_use]
    pub const fn run_state(&self) -> &'static str {
        match self.script.run {
            Run::Idle => "idle",
            Run::Running(_) => "running",
            Run::Terminating(_) => "requested termination",
            Run::Killing(..) => "forcing termination",
        }
    }

    /// `Init state` of the data dump.
    #[must_use]
    pub const fn init_state(&self) -> &'static str {
        match self.script.knowledge {
            Knowledge::None => "INIT",
            Knowledge::AssumedBad => "INIT/FAILED",
            Knowledge::Settled => "unknown",
        }
    }
}
