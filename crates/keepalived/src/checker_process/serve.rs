//! What has become ready beside the conversations: the parent, signals, the writer, findings, addresses, a configuration.

use super::{CheckerProcess, ProcessError};
use crate::link::{LinkError, Request};
use crate::protocol::Dump;
use crate::signals::SignalNumber;
use check::Input;
use kernel::poll::{Event, Token};
use model::Time;

/// What the poller calls the descriptors that are no conversations.
pub(super) mod token {
    use super::Token;

    pub(in crate::checker_process) const PARENT: Token = Token(0);
    pub(in crate::checker_process) const SIGNALS: Token = Token(1);
    pub(in crate::checker_process) const WRITER: Token = Token(2);
    pub(in crate::checker_process) const OUTSIDE: Token = Token(3);
    pub(in crate::checker_process) const ADDRESSES: Token = Token(4);
    pub(in crate::checker_process) const RELOAD: Token = Token(5);
}

impl CheckerProcess {
    /// Takes in what the poller found ready.
    pub(super) fn serve(&mut self, now: Time, ready: &[Event]) -> Result<(), ProcessError> {
        for event in ready {
            match event.token {
                token::SIGNALS => self.take_signals(now)?,
                token::PARENT => self.hear_parent(now)?,
                token::WRITER => self.hear_writer(now)?,
                token::OUTSIDE => self.take_findings(now)?,
                token::ADDRESSES => self.observe(now)?,
                token::RELOAD => self.take_configuration(now)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn take_signals(&mut self, now: Time) -> Result<(), ProcessError> {
        while let Some(signal) = self
            .signals
            .next()
            .map_err(ProcessError::of("reading a signal"))?
        {
            match signal {
                SignalNumber::STOP | SignalNumber::INTERRUPT => self.stop(now),
                SignalNumber::RELOAD => {
                    // Only the parent reads files. One that has just gone is noticed by its link.
                    if let Err(error) = self.parent.request_reload() {
                        tracing::warn!("asking for a reload: {error}");
                    }
                }
                SignalNumber::DATA => self.dump(Dump::Data),
                SignalNumber::PROCESSOR_TIME => tracing::info!(
                    "Checker process has used too much CPU time, checker_rlimit_rttime may need to be increased"
                ),
                _ => {}
            }
        }
        Ok(())
    }

    fn hear_parent(&mut self, now: Time) -> Result<(), ProcessError> {
        loop {
            match self.parent.receive() {
                Ok(None) => return Ok(()),
                Ok(Some(Request::Reload(configuration))) => self.open_configuration(configuration)?,
                Ok(Some(Request::Launcher(connection))) => self.outside.adopt_launcher(connection),
                Ok(Some(Request::Dump(dump))) => self.dump(dump),
                Ok(Some(Request::Act(number, action))) => self.act(number, action),
                Ok(Some(Request::Status(_, pipe))) => self.tell_status(now, pipe),
                Err(LinkError::Closed) => {
                    self.stop(now);
                    // It stays readable for ever.
                    return self
                        .poller
                        .remove(&self.parent)
                        .map_err(ProcessError::of("forgetting the parent"));
                }
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }

    fn hear_writer(&mut self, now: Time) -> Result<(), ProcessError> {
        let news = self
            .writer
            .collect()
            .map_err(ProcessError::of("changing the IPVS table"))?;
        if let Some(news) = news {
            self.repairs.note(now, news.is_refused);
            self.later.done(news.ticket, &self.outside);
        }
        Ok(())
    }

    /// Tells the director of runs that have ended.
    pub(super) fn finish_runs(&mut self, now: Time) {
        for finished in self.finished.drain(..) {
            let input = Input::Finished {
                run: finished.run,
                outcome: finished.outcome,
            };
            self.director.handle(now, input, &mut self.outbox);
        }
    }
}
