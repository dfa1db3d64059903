//! Doing what the director wants done, in its order.

use super::conversations::Means;
use super::later::Telling;
use super::{CheckerProcess, report};
use check::dialogue::Ingredients;
use check::failure::Outcome;
use check::{CheckId, Input, Output, RunId};
use model::{CheckKind, Time};
use std::mem;

impl CheckerProcess {
    /// Works the outbox off and empties it, with what follows from that.
    pub(super) fn work_off(&mut self, now: Time) {
        // A run that is over as soon as it begins gives the director more to say.
        while !self.outbox.is_empty() {
            let mut outbox = mem::take(&mut self.outbox);
            for output in outbox.drain() {
                self.carry_out(now, output);
            }
            if self.outbox.is_empty() {
                self.outbox = outbox;
            }
        }
        self.writer.send();
        self.advance_stop(now);
    }

    fn carry_out(&mut self, now: Time, output: Output) {
        match output {
            Output::Start { check, run, url } => {
                if let Some(outcome) = self.begin(now, (check, run, url)) {
                    let input = Input::Finished { run, outcome };
                    self.director.handle(now, input, &mut self.outbox);
                }
            }
            Output::Cancel(run) => {
                if !self.conversations.cancel(run) {
                    self.scripts.cancel(run, &self.outside);
                }
            }
            Output::Ipvs(changes) => self.writer.add(changes),
            Output::Map(change) => self.writer.mark(change),
            Output::Event(event) => report::log_event(&event),
            Output::Notice(notice) => self.tell(Telling::Notice(notice)),
            Output::Mail(mail) => self.tell(Telling::Mail(mail)),
        }
    }

    fn tell(&mut self, telling: Telling) {
        self.later.tell(self.writer.ticket(), telling, &self.outside);
    }

    /// Begins a run, and says how it ended if it already has.
    fn begin(&mut self, now: Time, (check, run, url): (CheckId, RunId, usize)) -> Option<Outcome> {
        let kind = &self.director.checker(check)?.kind;
        if let CheckKind::Misc(script) = kind {
            self.scripts.begin(now, run, script, &self.outside);
            return None;
        }
        let ingredients = Ingredients {
            query_id: match kind {
                CheckKind::Dns(_) => self.query_ids.next(),
                _ => 0,
            },
            matcher: self.patterns.matcher(kind, url),
            ..Ingredients::default()
        };
        let means = Means {
            poller: &self.poller,
            tls: self.tls.as_ref(),
            ingredients,
        };
        self.conversations.begin(now, (check, run, url), kind, means)
    }
}
