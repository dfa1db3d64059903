//! Scripts, files, processes and BFD sessions report.

use super::Router;
use crate::alarm::Alarm;
use crate::track::{ProcessChange, ScriptAlarm, ScriptId, TrackerId};
use crate::{Event, InstanceEvent, Now, Outbox, RunId, ScriptCommand, ScriptEvent, ScriptResult};
use model::{Micros, Time};
use std::sync::Arc;

impl Router {
    /// The first runs: all at once, so that nobody waits longer than needed; later ones are spread over the interval.
    pub(super) fn start_scripts(&mut self, now: Now, out: &mut Outbox) {
        let ids: Vec<_> = self.trackers.scripts().map(|(id, _)| id).collect();
        for id in ids {
            if self.alarms.due(Alarm::ScriptDue(id)).is_none() {
                let second = self.trackers.second_run(id, now.time);
                self.alarms.set(Alarm::ScriptDue(id), second);
                self.run_script(now, id, out);
            }
        }
    }

    /// Runs are due at whole intervals from the first of them, so that a late one does not move those behind it. Those
    /// whose time has passed altogether are left out: nothing is gained by several runs at once.
    pub(super) fn script_due(&mut self, now: Now, id: ScriptId, due: Time, out: &mut Outbox) {
        let interval = self.trackers.get_script(id).config.interval;
        let missed = now.time.since(due).0 / interval.0.max(1);
        let next = due + Micros(interval.0.max(1).saturating_mul(missed + 1));
        self.alarms.set(Alarm::ScriptDue(id), next);
        self.run_script(now, id, out);
    }

    fn run_script(&mut self, now: Now, id: ScriptId, out: &mut Outbox) {
        match self.trackers.start_run(id) {
            Ok(run) => {
                let script = Arc::clone(&self.trackers.get_script(id).config);
                self.alarms
                    .set(Alarm::ScriptOverdue(id), now.time + script.timeout);
                out.scripts.push(ScriptCommand::Start { run, script });
            }
            Err(event) => self.script_event(id, event, out),
        }
    }

    pub(super) fn script_overdue(&mut self, now: Now, id: ScriptId, out: &mut Outbox) {
        let (command, again) = match self.trackers.script_mut(id).overdue() {
            ScriptAlarm::Nothing => return,
            ScriptAlarm::Terminate(run, again) => (ScriptCommand::Terminate(run), again),
            ScriptAlarm::Kill(run, again) => (ScriptCommand::Kill(run), again),
            ScriptAlarm::KillAgain(run, again) => {
                self.script_event(id, ScriptEvent::FailedToTerminate, out);
                (ScriptCommand::Kill(run), again)
            }
        };
        out.scripts.push(command);
        self.alarms.set(Alarm::ScriptOverdue(id), now.time + again);
    }

    pub(super) fn script_finished(&mut self, now: Now, run: RunId, result: ScriptResult, out: &mut Outbox) {
        let Some(id) = self.trackers.take_run(run) else {
            return;
        };
        let Some(change) = self.trackers.script_mut(id).finished(run, result) else {
            return;
        };
        self.alarms.cancel(Alarm::ScriptOverdue(id));
        for event in change.events {
            self.script_event(id, event, out);
        }
        if change.changed {
            self.examine_users(now, TrackerId::Script(id), out);
        }
    }

    pub(super) fn file_read(&mut self, now: Now, name: &str, value: i32, out: &mut Outbox) {
        let Some(tracker @ TrackerId::File(file)) = self.trackers.file(name) else {
            return;
        };
        let before = std::mem::replace(&mut self.trackers.file_mut(file).value, value);
        if before != value {
            self.examine_users(now, tracker, out);
        }
    }

    pub(super) fn processes_counted(&mut self, now: Now, name: &str, count: u32, out: &mut Outbox) {
        let Some(TrackerId::Process(process)) = self.trackers.process(name) else {
            return;
        };
        let alarm = Alarm::Process(process);
        match self.trackers.process_mut(process).counted(count) {
            ProcessChange::Nothing => self.alarms.cancel(alarm),
            ProcessChange::Delayed(delay) => {
                if self.alarms.due(alarm).is_none() {
                    self.alarms.set(alarm, now.time + delay);
                }
            }
            ProcessChange::Changed => {
                self.alarms.cancel(alarm);
                self.quorum_changed(now, process, out);
            }
        }
    }

    pub(super) fn process_delay_over(&mut self, now: Now, process: usize, out: &mut Outbox) {
        if self.trackers.process_mut(process).delay_over() {
            self.quorum_changed(now, process, out);
        }
    }

    pub(super) fn bfd_changed(&mut self, now: Now, name: &str, up: bool, out: &mut Outbox) {
        let Some(tracker @ TrackerId::Bfd(bfd)) = self.trackers.bfd(name) else {
            return;
        };
        if !self.trackers.set_bfd(bfd, up) {
            return;
        }
        let session = Arc::clone(self.trackers.bfd_name(bfd));
        for id in self.trackers.users(tracker).to_vec() {
            let name = Arc::clone(self.get(id).name());
            let event = InstanceEvent::BfdChanged {
                session: Arc::clone(&session),
                up,
            };
            out.event(Event::Instance { id, name, event });
        }
        self.examine_users(now, tracker, out);
    }

    fn quorum_changed(&mut self, now: Now, process: usize, out: &mut Outbox) {
        let process_state = self.trackers.process_at(process);
        let (name, quorum) = (Arc::clone(&process_state.name), process_state.quorum());
        out.event(Event::Process { name, quorum });
        self.examine_users(now, TrackerId::Process(process), out);
    }

    fn examine_users(&mut self, now: Now, tracker: TrackerId, out: &mut Outbox) {
        for id in self.trackers.users(tracker).to_vec() {
            self.examine(now, id, out);
        }
    }

    pub(super) fn script_event(&self, id: ScriptId, event: ScriptEvent, out: &mut Outbox) {
        let name = Arc::clone(&self.trackers.get_script(id).name);
        out.event(Event::Script { name, event });
    }
}
