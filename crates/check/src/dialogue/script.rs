//! One run of the script of a `MISC_CHECK`, and how it is ended when it takes too long
//! (`spec/checkers.md` section 8.2).

use crate::failure::{Failure, Obstacle, Outcome};
use model::{Micros, MiscCheck, Time};

/// What happened to the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEvent {
    /// It ended by itself with this status.
    Exited(u8),
    /// A signal ended it.
    Signalled(i32),
    /// It could not be signalled because it is gone.
    Gone,
    /// It could not be signalled for another reason.
    NotSignalled,
    /// The deadline has passed.
    TimedOut,
}

/// A signal for the script's process group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptSignal {
    /// `SIGTERM`.
    Terminate,
    /// `SIGKILL`.
    Kill,
}

impl ScriptSignal {
    /// `SIGTERM` on every Linux.
    const TERMINATE: i32 = 15;
    /// `SIGKILL` on every Linux.
    const KILL: i32 = 9;
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptStep {
    /// Wait for its end or the deadline.
    Wait,
    /// Send the signal to its process group.
    Signal(ScriptSignal),
    /// It is over.
    End(Outcome),
    /// It is over, but what it has started may not be: kill the process group.
    EndGroup(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    Terminating,
    Killing,
}

/// A script that is running.
#[derive(Clone, Debug)]
pub struct ScriptRun {
    timeout: Micros,
    deadline: Time,
    stage: Stage,
}

impl ScriptRun {
    const PATIENCE_AFTER_TERMINATE: Micros = Micros::from_secs(2);
    const PATIENCE_AFTER_KILL: Micros = Micros::from_secs(10);
    const PATIENCE_WITHOUT_SIGNAL: Micros = Micros::from_secs(1000);

    /// A script that has been started now.
    #[must_use]
    pub fn new(now: Time, check: &MiscCheck) -> Self {
        Self {
            timeout: check.timeout,
            deadline: now + check.timeout,
            stage: Stage::Running,
        }
    }

    /// When [`ScriptEvent::TimedOut`] is to be reported.
    #[must_use]
    pub const fn deadline(&self) -> Time {
        self.deadline
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Time, event: ScriptEvent) -> ScriptStep {
        match (event, self.stage) {
            // One that ends by itself after SIGTERM is judged by its status too.
            (ScriptEvent::Exited(status), _) => ScriptStep::End(Outcome::Exited(status)),
            (
                ScriptEvent::Signalled(signal @ ScriptSignal::TERMINATE),
                Stage::Terminating | Stage::Killing,
            ) => ScriptStep::EndGroup(self.timed_out(signal)),
            (ScriptEvent::Signalled(signal @ ScriptSignal::KILL), Stage::Killing) => {
                ScriptStep::End(self.timed_out(signal))
            }
            (ScriptEvent::Signalled(signal), _) => ScriptStep::End(Outcome::Failed(Failure::Signal(signal))),
            (ScriptEvent::Gone, _) => ScriptStep::End(Outcome::Postponed(Obstacle::ScriptGone)),
            (ScriptEvent::NotSignalled, _) => {
                self.deadline = now + Self::PATIENCE_WITHOUT_SIGNAL;
                ScriptStep::Wait
            }
            (ScriptEvent::TimedOut, Stage::Running) => {
                self.stage = Stage::Terminating;
                self.deadline = now + Self::PATIENCE_AFTER_TERMINATE;
                ScriptStep::Signal(ScriptSignal::Terminate)
            }
            (ScriptEvent::TimedOut, Stage::Terminating | Stage::Killing) => {
                self.stage = Stage::Killing;
                self.deadline = now + Self::PATIENCE_AFTER_KILL;
                ScriptStep::Signal(ScriptSignal::Kill)
            }
        }
    }

    const fn timed_out(&self, signal: i32) -> Outcome {
        Outcome::Failed(Failure::ScriptTimedOut {
            after: self.timeout,
            signal,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Command;

    fn run() -> ScriptRun {
        let check = MiscCheck {
            script: Command::default(),
            timeout: Micros::from_secs(3),
            dynamic: false,
        };
        ScriptRun::new(Time(0), &check)
    }

    const fn timed_out(signal: i32) -> Outcome {
        Outcome::Failed(Failure::ScriptTimedOut {
            after: Micros::from_secs(3),
            signal,
        })
    }

    #[test]
    fn signals_become_stronger() {
        let mut run = run();
        let at = |secs: u64| Time(secs * 1_000_000);
        assert_eq!(run.deadline(), at(3));
        assert_eq!(
            run.handle(at(3), ScriptEvent::TimedOut),
            ScriptStep::Signal(ScriptSignal::Terminate)
        );
        assert_eq!(run.deadline(), at(5));
        assert_eq!(
            run.handle(at(5), ScriptEvent::TimedOut),
            ScriptStep::Signal(ScriptSignal::Kill)
        );
        assert_eq!(run.deadline(), at(15));
        assert_eq!(
            run.handle(at(15), ScriptEvent::TimedOut),
            ScriptStep::Signal(ScriptSignal::Kill)
        );
        assert_eq!(run.handle(at(16), ScriptEvent::NotSignalled), ScriptStep::Wait);
        assert_eq!(run.deadline(), at(1016));
        assert_eq!(
            run.handle(at(17), ScriptEvent::Signalled(9)),
            ScriptStep::End(timed_out(9))
        );
    }

    #[test]
    fn the_end_is_judged_by_who_caused_it() {
        let ended = |events: &[ScriptEvent]| {
            let mut run = run();
            events
                .iter()
                .map(|event| run.handle(Time(0), *event))
                .last()
                .unwrap()
        };
        let late = ScriptEvent::TimedOut;
        assert_eq!(
            ended(&[ScriptEvent::Exited(3)]),
            ScriptStep::End(Outcome::Exited(3))
        );
        assert_eq!(
            ended(&[late, ScriptEvent::Exited(0)]),
            ScriptStep::End(Outcome::Exited(0))
        );
        assert_eq!(
            ended(&[late, ScriptEvent::Signalled(15)]),
            ScriptStep::EndGroup(timed_out(15))
        );
        let by_others = |signal| ScriptStep::End(Outcome::Failed(Failure::Signal(signal)));
        assert_eq!(ended(&[ScriptEvent::Signalled(15)]), by_others(15));
        assert_eq!(ended(&[late, ScriptEvent::Signalled(9)]), by_others(9));
        assert_eq!(
            ended(&[late, ScriptEvent::Gone]),
            ScriptStep::End(Outcome::Postponed(Obstacle::ScriptGone))
        );
    }
}
