//! Applying a configuration: the first one, and every other as a difference (`spec/checkers.md` section 12,
//! `spec/ipvs.md` sections 4.2 and 5).
//!
//! There is one path. What both configurations have keeps its state: health, weight, quorum, and a check that has
//! not changed at all keeps its schedule and a run under way too (compat: keepalived 2.4.3 starts all checks anew
//! at every reload, so that frequent reloads can keep a check from ever running). The kernel's changes are the
//! difference of the wanted tables, and precede what others are told.

use super::{Director, ServerState, VirtualState};
use crate::difference::difference;
use crate::event::{
    Activation, Cause, Mail, MailSubject, Presence, QuorumFigures, Reach, ServerNews, VirtualServerNews,
};
use crate::layout::{CheckId, Layout, ServerId, VirtualServerId};
use crate::matching::Kept;
use crate::outbox::{Outbox, Output};
use crate::schedule::{CheckState, HttpProgress, Run, Verdict};
use crate::settings::Settings;
use crate::sharing::Sharing;
use crate::timers::Timers;
use crate::weight;
use model::ipvs::{Change, MapChange, MapElement};
use model::{CheckKind, Frontend, LvsConfiguration, Time};
use std::collections::HashSet;
use std::mem;

/// What was before.
struct Before {
    layout: Layout,
    virtual_servers: Vec<VirtualState>,
    servers: Vec<ServerState>,
    checks: Vec<CheckState>,
    timers: Timers,
    kept: Kept,
}

impl Director {
    /// Makes `config` the configuration.
    ///
    /// Numbers in tracked files, local addresses and BFD states that are known beforehand are to be handed to
    /// [`Director::handle`] first, so that a server does not come up for nothing. Numbers of checks change; runs
    /// that are not cancelled go on.
    pub fn apply(&mut self, now: Time, config: LvsConfiguration, settings: Settings, out: &mut Outbox) {
        let table = self.wanted();
        let elements = self.elements();
        self.marks.start_at(settings.nftables_first_mark);
        let layout = Layout::new(config, settings, &mut self.marks);
        let kept = Kept::new(&self.layout, &layout);
        let mut news = Outbox::default();
        self.announce_removals(&kept, &mut news);

        let before = Before {
            layout: mem::replace(&mut self.layout, layout),
            virtual_servers: mem::take(&mut self.virtual_servers),
            servers: mem::take(&mut self.servers),
            checks: mem::take(&mut self.checks),
            timers: mem::take(&mut self.timers),
            kept,
        };
        self.settings = settings;
        self.local.index(&self.layout);
        self.told.index(&self.layout);
        self.sharing = Sharing::new(&self.layout);
        self.carry_states(&before);

        self.batching = true;
        let cause = if self.started { Cause::Reload } else { Cause::Start };
        for id in self.layout.virtual_server_ids() {
            self.settle(id, &before, &cause, &mut news);
        }
        self.batching = false;

        if !self.started && settings.flush {
            out.push(Output::Ipvs(vec![Change::Flush]));
        }
        let changes = difference(&table, &self.wanted());
        if !changes.is_empty() {
            out.push(Output::Ipvs(changes));
        }
        self.change_maps(&elements, out);
        out.append(news);
        self.schedule(now, before, out);
        self.started = true;
    }

    /// The elements of the nftables maps, none twice.
    pub(super) fn elements(&self) -> Vec<MapElement> {
        let mut seen = HashSet::new();
        let ids = self.layout.virtual_server_ids();
        ids.flat_map(|id| self.layout.map_elements(id))
            .filter(|element| seen.insert(*element))
            .collect()
    }

    fn change_maps(&self, before: &[MapElement], out: &mut Outbox) {
        let after = self.elements();
        let old: HashSet<_> = before.iter().collect();
        let new: HashSet<_> = after.iter().collect();
        // Removals first: a range may have grown over one that goes.
        for element in before.iter().filter(|element| !new.contains(element)) {
            out.push(Output::Map(MapChange::Remove(*element)));
        }
        for element in after.iter().filter(|element| !old.contains(element)) {
            out.push(Output::Map(MapChange::Add(*element)));
        }
    }

    /// Says goodbye to what is not in the new configuration.
    fn announce_removals(&self, kept: &Kept, out: &mut Outbox) {
        let mut virtual_stays = vec![false; self.virtual_servers.len()];
        let mut stays = vec![false; self.servers.len()];
        for id in kept.virtual_servers.iter().flatten() {
            virtual_stays[id.index()] = true;
        }
        for id in kept.servers.iter().flatten() {
            stays[id.index()] = true;
        }
        for id in self.layout.virtual_server_ids() {
            let gone = !virtual_stays[id.index()];
            if gone {
                self.virtual_event(id, VirtualServerNews::Unconfigured, &Cause::Reload, out);
            }
            for server in self.layout.servers_of(id).filter(|server| !stays[server.index()]) {
                if !gone {
                    self.server_event(server, ServerNews::Unconfigured, &Cause::Reload, out);
                }
                self.announce_removal(server, out);
            }
            if gone {
                self.announce_virtual_removal(id, out);
            }
        }
    }

    fn announce_removal(&self, id: ServerId, out: &mut Outbox) {
        let state = &self.servers[id.index()];
        if state.presented.is_some() {
            self.server_event(id, ServerNews::Removed, &Cause::Reload, out);
        }
        if state.alive {
            out.notice(self.server_notice(id, Verdict::Down, Reach::Everyone, Cause::Reload));
            if self.layout.server(id).smtp_alert {
                let subject = MailSubject::Server(self.layout.place(id), Verdict::Down);
                out.mail(Mail::leaving(subject, false));
            }
        }
    }

    fn announce_virtual_removal(&self, id: VirtualServerId, out: &mut Outbox) {
        if !self.virtual_servers[id.index()].quorum_up {
            return;
        }
        out.notice(self.virtual_notice(id, Verdict::Down, Reach::Everyone, Cause::Reload));
        let virtual_server = self.layout.virtual_server(id);
        if virtual_server.smtp_alert {
            let figures = QuorumFigures {
                configured: virtual_server.quorum,
                weight: 0,
            };
            out.mail(Mail::quorum(virtual_server.name(), Verdict::Down, figures, false));
        }
    }

    /// The states of the new configuration, as far as the old one has them.
    fn carry_states(&mut self, before: &Before) {
        let tally = self.local.tally();
        self.virtual_servers = self
            .layout
            .virtual_server_ids()
            .map(|id| {
                let addresses = tally.get(&id).copied().unwrap_or(0);
                let Some(old) = before.kept.virtual_servers[id.index()] else {
                    return VirtualState {
                        addresses,
                        ..VirtualState::default()
                    };
                };
                let state = &before.virtual_servers[old.index()];
                let sorry = |layout: &Layout, id| layout.sorry_server(id).map(|sorry| sorry.address);
                let same_sorry = sorry(&before.layout, old) == sorry(&self.layout, id);
                VirtualState {
                    quorum_up: state.quorum_up,
                    sorry_active: state.sorry_active && same_sorry,
                    weight: 0,
                    sorry_presented: None,
                    addresses,
                }
            })
            .collect();
        let mut checks = Vec::with_capacity(before.checks.len());
        let mut servers = Vec::with_capacity(before.servers.len());
        for id in self.layout.server_ids() {
            let (server, states) = self.carry_server(id, before);
            servers.push(server);
            checks.extend(states);
        }
        self.servers = servers;
        self.checks = checks;
    }

    fn carry_server(&self, id: ServerId, before: &Before) -> (ServerState, Vec<CheckState>) {
        let alive = before.kept.servers[id.index()].map(|old| before.servers[old.index()].alive);
        let mut states: Vec<(CheckId, bool, CheckState)> = self
            .layout
            .checks_of(id)
            .map(|check| match before.kept.checks[check.index()] {
                Some(old) => (
                    check,
                    true,
                    self.carry_check(check, id, &before.checks[old.index()]),
                ),
                None => (check, false, CheckState::new(true)),
            })
            .collect();
        // A check that is new to a server which is known to be well does not take it down: `alpha` counts for a
        // server that is new, that has failed, or that nothing is known about yet.
        let failed = states.iter().any(|(_, kept, state)| *kept && !state.up);
        let unknown = alive == Some(false) && !states.iter().any(|(_, _, state)| state.has_run);
        let doubtful = alive.is_none() || failed || unknown;
        for (check, kept, state) in &mut states {
            if !*kept {
                *state = self.new_check(*check, doubtful);
            }
        }
        let states: Vec<CheckState> = states.into_iter().map(|(_, _, state)| state).collect();
        let failed = states.iter().filter(|state| !state.up).count();
        let contributions: i64 = states.iter().map(|state| state.contribution).sum();
        let server = ServerState {
            alive: alive.unwrap_or(false),
            failed: u32::try_from(failed).expect("a server has less than 2^32 checks"),
            drained: self.is_to_be_drained(id),
            effective: i64::from(self.layout.server(id).weight.value()) + contributions,
            presented: None,
        };
        (server, states)
    }

    fn new_check(&self, id: CheckId, doubtful: bool) -> CheckState {
        let checker = self.layout.checker(id);
        let mut state = CheckState::new(!(checker.alpha && doubtful));
        match &checker.kind {
            CheckKind::File(check) => {
                let contribution = self.told.contribution(check);
                state.has_run = true;
                state.up = contribution.is_some();
                state.contribution = contribution.unwrap_or(0);
            }
            CheckKind::Bfd(check) => {
                if let Some(verdict) = self.told.session(&check.instance) {
                    state.has_run = true;
                    state.up = verdict.is_up();
                }
            }
            _ => {}
        }
        state
    }

    /// The state of a check that both configurations have, fitted to the new one.
    fn carry_check(&self, id: CheckId, server: ServerId, old: &CheckState) -> CheckState {
        let checker = self.layout.checker(id);
        let mut state = old.clone();
        state.failures = state.failures.min(checker.schedule.retry);
        if let Some(status) = state.counted_exit {
            state.contribution = weight::of_exit(status, self.layout.server(server).weight);
        }
        state
    }

    /// What becomes of a virtual server and its servers now that the configuration counts.
    fn settle(&mut self, id: VirtualServerId, before: &Before, cause: &Cause, out: &mut Outbox) {
        for server in self.layout.servers_of(id) {
            match before.kept.servers[server.index()] {
                Some(old) => self.settle_kept(server, &before.servers[old.index()], cause, out),
                None if self.servers[server.index()].failed == 0 => {
                    self.set_alive(server);
                    if self.settings.rs_init_notifies {
                        self.notify_server(server, cause.clone(), out);
                    }
                }
                None => {}
            }
        }
        if let Some(old) = before.kept.virtual_servers[id.index()] {
            self.announce_entries(id, old, &before.layout, out);
            self.announce_sorry_removal(id, old, before, out);
        }
        self.evaluate_quorum(id, cause, super::transition::Evaluation::Initial, out);
        self.refresh_all(id, out);
    }

    fn settle_kept(&mut self, id: ServerId, old: &ServerState, cause: &Cause, out: &mut Outbox) {
        let state = &self.servers[id.index()];
        let (alive, failed, from, to) = (state.alive, state.failed, old.weight(), state.weight());
        if alive {
            self.set_alive(id);
        }
        if from != to {
            self.server_event(id, ServerNews::Weight { from, to, alive }, cause, out);
        }
        match (alive, failed) {
            (false, 0) => self.raise(id, cause, out),
            (true, 1..) => self.lower(id, cause, out),
            _ => {}
        }
    }

    fn announce_entries(&self, id: VirtualServerId, old: VirtualServerId, before: &Layout, out: &mut Outbox) {
        if !matches!(self.layout.virtual_server(id).frontend, Frontend::Group { .. }) {
            return;
        }
        let entries = |group: Option<&'_ model::VirtualServerGroup>| -> HashSet<model::GroupEntry> {
            group
                .map(|group| group.entries.iter().copied().collect())
                .unwrap_or_default()
        };
        let (old_entries, new_entries) = (before.group(old), self.layout.group(id));
        if old_entries == new_entries {
            return;
        }
        let (was, is) = (entries(old_entries), entries(new_entries));
        for entry in old_entries
            .iter()
            .flat_map(|group| &group.entries)
            .filter(|entry| !is.contains(entry))
        {
            self.virtual_event(id, VirtualServerNews::EntryRemoved(*entry), &Cause::Reload, out);
        }
        for entry in new_entries
            .iter()
            .flat_map(|group| &group.entries)
            .filter(|entry| !was.contains(entry))
        {
            self.virtual_event(id, VirtualServerNews::EntryAdded(*entry), &Cause::Reload, out);
        }
    }

    fn announce_sorry_removal(
        &self,
        id: VirtualServerId,
        old: VirtualServerId,
        before: &Before,
        out: &mut Outbox,
    ) {
        let Some(sorry) = before.layout.sorry_server(old) else {
            return;
        };
        let stays = self
            .layout
            .sorry_server(id)
            .is_some_and(|new| new.address == sorry.address);
        if !stays && before.virtual_servers[old.index()].sorry_presented.is_some() {
            let name = before.layout.virtual_server(old).server_name(sorry.address);
            let news = VirtualServerNews::SorryServerDown(name, Presence::Removed);
            self.virtual_event(id, news, &Cause::Reload, out);
        }
    }

    /// When each check runs next. One that has not changed at all goes on as it was.
    fn schedule(&mut self, now: Time, before: Before, out: &mut Outbox) {
        self.timers = Timers::new(self.checks.len());
        let Before {
            layout,
            checks,
            timers,
            kept,
            ..
        } = before;
        let mut runs: Vec<Option<Run>> = checks.into_iter().map(|state| state.run).collect();
        self.runs.clear();
        for id in self.layout.check_ids() {
            if !self.layout.checker(id).kind.is_scheduled() {
                continue;
            }
            let old = kept.checks[id.index()].filter(|old| layout.checker(*old) == self.layout.checker(id));
            let suspended = self.is_suspended(self.layout.virtual_server_of(self.layout.server_of(id)));
            let goes_on = match old {
                Some(old) if !suspended => self.go_on(id, timers.due(old.0), runs[old.index()].take()),
                Some(old) => self.go_on(id, timers.due(old.0), None),
                None => false,
            };
            if !goes_on {
                self.start_anew(now, id, suspended, out);
            }
        }
        for run in runs.into_iter().flatten() {
            out.push(Output::Cancel(run.id));
        }
    }

    /// Keeps the deadline or the run of a check; `false` if it has neither.
    fn go_on(&mut self, id: CheckId, due: Option<Time>, run: Option<Run>) -> bool {
        self.checks[id.index()].run = run;
        if let Some(run) = run {
            self.runs.insert(run.id, id);
        } else if let Some(due) = due {
            self.timers.set(id.0, due);
        }
        run.is_some() || due.is_some()
    }

    fn start_anew(&mut self, now: Time, id: CheckId, suspended: bool, out: &mut Outbox) {
        let schedule = self.layout.checker(id).schedule;
        let state = &mut self.checks[id.index()];
        state.run = None;
        if state.http.failed.is_none() {
            state.http = HttpProgress::default();
        }
        if !state.has_run {
            let activation = if suspended {
                Activation::Deactivating
            } else {
                Activation::Activating
            };
            let news = ServerNews::Checking(activation);
            self.server_event(self.layout.server_of(id), news, &Cause::Start, out);
        }
        self.timers
            .set(id.0, now + Self::FIRST_RUN + self.random.up_to(schedule.warmup));
    }
}
