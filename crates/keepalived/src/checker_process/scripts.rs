//! The scripts of `MISC_CHECK` that run (`spec/checkers.md` section 8).

use super::conversations::Finished;
use super::outside::Outside;
use crate::notify::CheckScript;
use crate::scripts::{End, Program, ScriptSignal};
use check::RunId;
use check::dialogue::{self, ScriptEvent, ScriptRun, ScriptStep};
use model::{MiscCheck, Time};
use std::collections::{BTreeSet, HashMap};

/// Those that run.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    runs: HashMap<RunId, ScriptRun>,
    deadlines: BTreeSet<(Time, RunId)>,
}

impl Scripts {
    /// Has a script started.
    pub(super) fn begin(&mut self, now: Time, run: RunId, check: &MiscCheck, outside: &Outside) {
        let script = ScriptRun::new(now, check);
        self.deadlines.insert((script.deadline(), run));
        self.runs.insert(run, script);
        outside.check_script(CheckScript::Start(run, Program::new(&check.script, [])));
    }

    /// A script has ended.
    pub(super) fn ended(
        &mut self,
        now: Time,
        run: RunId,
        end: End,
        outside: &Outside,
        finished: &mut Vec<Finished>,
    ) {
        let event = match end {
            End::Exited(status) => ScriptEvent::Exited(u8::try_from(status & 0xff).unwrap_or(u8::MAX)),
            End::Signalled(signal) => ScriptEvent::Signalled(signal),
        };
        self.handle(now, run, event, outside, finished);
    }

    /// Deals with those that take too long.
    pub(super) fn expire(&mut self, now: Time, outside: &Outside, finished: &mut Vec<Finished>) {
        while let Some((deadline, run)) = self.deadlines.first().copied()
            && deadline <= now
        {
            self.handle(now, run, ScriptEvent::TimedOut, outside, finished);
        }
    }

    fn handle(
        &mut self,
        now: Time,
        run: RunId,
        event: ScriptEvent,
        outside: &Outside,
        finished: &mut Vec<Finished>,
    ) {
        let Some(script) = self.runs.get_mut(&run) else {
            return;
        };
        self.deadlines.remove(&(script.deadline(), run));
        let step = script.handle(now, event);
        let outcome = match step {
            ScriptStep::Wait => None,
            ScriptStep::Signal(signal) => {
                let signal = match signal {
                    dialogue::ScriptSignal::Terminate => ScriptSignal::Terminate,
                    dialogue::ScriptSignal::Kill => ScriptSignal::Kill,
                };
                outside.check_script(CheckScript::Signal(run, signal));
                None
            }
            // The launcher kills what is left of the group of a script that a signal of ours has ended.
            ScriptStep::End(outcome) | ScriptStep::EndGroup(outcome) => Some(outcome),
        };
        match outcome {
            Some(outcome) => {
                self.runs.remove(&run);
                finished.push(Finished { run, outcome });
            }
            None => {
                self.deadlines.insert((script.deadline(), run));
            }
        }
    }

    /// Ends a script whose result is of no interest any more; `false` if it is none of these.
    pub(super) fn cancel(&mut self, run: RunId, outside: &Outside) -> bool {
        let Some(script) = self.runs.remove(&run) else {
            return false;
        };
        self.deadlines.remove(&(script.deadline(), run));
        outside.check_script(CheckScript::Abandon(run));
        true
    }

    /// When [`Self::expire`] is wanted at the latest.
    pub(super) fn deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }
}
