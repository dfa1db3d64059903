//! `startup_script` and `shutdown_script`.

use super::Supervisor;
use crate::scripts::{self, Attended, Program};
use crate::signals::SignalNumber;
use model::{Command, Globals, Micros};

/// How long a script may take where it is not configured.
const TIMEOUT: Micros = Micros::from_secs(10);

/// A script of the supervisor.
#[derive(Debug)]
pub(super) struct OwnScript {
    what: &'static str,
    program: Program,
    timeout: Micros,
}

impl OwnScript {
    /// `startup_script`: runs before the children are started, which wait for its end, whatever that is.
    pub(super) fn startup(globals: &Globals) -> Option<Self> {
        let command = globals.startup_script.as_ref()?;
        Some(Self::new(
            "startup script",
            command,
            globals.startup_script_timeout,
        ))
    }

    /// `shutdown_script`: runs when all children have ended.
    pub(super) fn shutdown(globals: &Globals) -> Option<Self> {
        let command = globals.shutdown_script.as_ref()?;
        Some(Self::new(
            "shutdown script",
            command,
            globals.shutdown_script_timeout,
        ))
    }

    fn new(what: &'static str, command: &Command, timeout: Option<Micros>) -> Self {
        Self {
            what,
            program: Program::new(command, []),
            timeout: timeout.unwrap_or(TIMEOUT),
        }
    }
}

impl Supervisor {
    /// Runs a script and waits for it. A signal of `interrupts` ends it early.
    pub(super) fn run_own(&self, script: &OwnScript, interrupts: &[SignalNumber]) -> Attended {
        let plan = &self.plan;
        scripts::attend(
            script.what,
            &script.program,
            script.timeout,
            &plan.origin,
            &plan.signals,
            interrupts,
        )
    }

    /// The signals that stop the daemon.
    pub(super) const fn stop_signals(&self) -> &'static [SignalNumber] {
        if self.plan.ignore_sigint {
            &[SignalNumber::STOP]
        } else {
            &[SignalNumber::STOP, SignalNumber::INTERRUPT]
        }
    }
}
