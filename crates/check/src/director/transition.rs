//! Servers going up and down, weights, and quorums (`spec/ipvs.md` sections 4.2 to 4.5).

use super::Director;
use crate::event::{
    Cause, Mail, Notice, Presence, QuorumFigures, Reach, ServerEvent, ServerNews, VirtualServerEvent,
    VirtualServerNews,
};
use crate::failure::Failure;
use crate::layout::{CheckId, ServerId, VirtualServerId};
use crate::outbox::Outbox;
use crate::quorum;
use crate::schedule::Verdict;
use model::{CheckKind, ServerWeight};

/// Which evaluation of a quorum it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evaluation {
    /// The one when a configuration is applied.
    Initial,
    /// One after a change.
    Later,
}

impl Director {
    /// A check passed.
    pub(super) fn pass(&mut self, id: CheckId, first: bool, out: &mut Outbox) {
        let server = self.layout.server_of(id);
        let checker = self.layout.checker(id);
        let is_http = matches!(checker.kind, CheckKind::Http(_));
        if self.checks[id.index()].up {
            if first && checker.alpha && !is_http {
                self.notify_server(server, Cause::CheckPassed(self.label(id)), out);
            }
            // compat: MISC_CHECK mails its first success too.
            if first && !checker.alpha && matches!(checker.kind, CheckKind::Misc(_)) {
                self.mail_check(id, false, None, out);
            }
            return;
        }
        self.checks[id.index()].up = true;
        let state = &mut self.servers[server.index()];
        state.failed -= 1;
        let comes_up = state.failed == 0;
        if comes_up {
            let cause = Cause::CheckPassed(self.label(id));
            self.raise(server, &cause, out);
            self.evaluate_quorum(
                self.layout.virtual_server_of(server),
                &cause,
                Evaluation::Later,
                out,
            );
        }
        self.mail_check(id, comes_up, None, out);
    }

    /// A check failed for good. Without a reason it had failed before.
    pub(super) fn fail(&mut self, id: CheckId, first: bool, failure: Option<Failure>, out: &mut Outbox) {
        let server = self.layout.server_of(id);
        let Some(failure) = failure else { return };
        let cause = Cause::CheckFailed(self.label(id), failure.clone());
        if !self.checks[id.index()].up {
            // compat: each alpha check says once that it failed from the start; HTTP_GET and SSL_GET do not.
            if first && !matches!(self.layout.checker(id).kind, CheckKind::Http(_)) {
                self.notify_server(server, cause, out);
            }
            return;
        }
        self.checks[id.index()].up = false;
        let state = &mut self.servers[server.index()];
        state.failed += 1;
        let goes_down = state.failed == 1;
        if goes_down {
            self.lower(server, &cause, out);
            self.evaluate_quorum(
                self.layout.virtual_server_of(server),
                &cause,
                Evaluation::Later,
                out,
            );
        }
        self.mail_check(id, goes_down, Some(&failure), out);
    }

    /// A server is alive again.
    pub(super) fn raise(&mut self, id: ServerId, cause: &Cause, out: &mut Outbox) {
        let presence = Presence::of(self.layout.server(id).inhibit_on_failure);
        self.server_event(id, ServerNews::Up(presence), cause, out);
        self.set_alive(id);
        self.refresh(id, out);
        self.notify_server(id, cause.clone(), out);
    }

    /// Counts a server as alive.
    pub(super) fn set_alive(&mut self, id: ServerId) {
        let state = &mut self.servers[id.index()];
        state.alive = true;
        let weight = u64::from(state.weight().value());
        self.virtual_servers[self.layout.virtual_server_of(id).index()].weight += weight;
    }

    /// A server is not alive any more.
    pub(super) fn lower(&mut self, id: ServerId, cause: &Cause, out: &mut Outbox) {
        let presence = Presence::of(self.layout.server(id).inhibit_on_failure);
        self.server_event(id, ServerNews::Down(presence), cause, out);
        let state = &mut self.servers[id.index()];
        state.alive = false;
        let weight = u64::from(state.weight().value());
        self.virtual_servers[self.layout.virtual_server_of(id).index()].weight -= weight;
        self.refresh(id, out);
        self.notify_server(id, cause.clone(), out);
    }

    /// A check adds something else to the weight of a server than before.
    pub(super) fn change_weight(&mut self, id: ServerId, delta: i64, out: &mut Outbox) {
        if delta == 0 {
            return;
        }
        let state = &mut self.servers[id.index()];
        let from = state.weight();
        state.effective += delta;
        let to = state.weight();
        self.take_weight(id, from, to, &Cause::Weight, out);
    }

    /// The weight of a server is another one now.
    pub(super) fn take_weight(
        &mut self,
        id: ServerId,
        from: ServerWeight,
        to: ServerWeight,
        cause: &Cause,
        out: &mut Outbox,
    ) {
        if from == to {
            return;
        }
        let alive = self.servers[id.index()].alive;
        let virtual_server = self.layout.virtual_server_of(id);
        if alive {
            let total = &mut self.virtual_servers[virtual_server.index()].weight;
            *total = *total - u64::from(from.value()) + u64::from(to.value());
        }
        self.server_event(id, ServerNews::Weight { from, to, alive }, cause, out);
        self.refresh(id, out);
        self.evaluate_quorum(virtual_server, cause, Evaluation::Later, out);
    }

    /// Finds out whether the quorum is gained or lost, and what follows.
    pub(super) fn evaluate_quorum(
        &mut self,
        id: VirtualServerId,
        cause: &Cause,
        evaluation: Evaluation,
        out: &mut Outbox,
    ) {
        let state = &self.virtual_servers[id.index()];
        let configured = self.layout.virtual_server(id).quorum;
        let figures = QuorumFigures {
            configured,
            weight: state.weight,
        };
        let decision = quorum::decide(configured, state.quorum_up, state.weight);
        match decision {
            Some(Verdict::Up) => {
                self.virtual_servers[id.index()].quorum_up = true;
                self.virtual_event(id, VirtualServerNews::QuorumGained(figures), cause, out);
                self.retire_sorry_server(id, cause, out);
            }
            Some(Verdict::Down) => {
                self.virtual_servers[id.index()].quorum_up = false;
                self.virtual_event(id, VirtualServerNews::QuorumLost(figures), cause, out);
                self.install_sorry_server(id, cause, out);
            }
            // From the start too few servers are alive: worth a word only if that makes a difference.
            None if evaluation == Evaluation::Initial
                && !state.quorum_up
                && !state.sorry_active
                && self.layout.sorry_server(id).is_some() =>
            {
                self.virtual_event(id, VirtualServerNews::QuorumMissing(figures), cause, out);
                self.install_sorry_server(id, cause, out);
            }
            None => return,
        }
        self.notify_virtual_server(id, figures, evaluation, cause, out);
    }

    fn install_sorry_server(&mut self, id: VirtualServerId, cause: &Cause, out: &mut Outbox) {
        let Some(sorry) = self.layout.sorry_server(id) else {
            return;
        };
        let name = self.layout.virtual_server(id).server_name(sorry.address);
        let presence = Presence::of(sorry.inhibit_on_failure);
        self.virtual_event(id, VirtualServerNews::SorryServerUp(name, presence), cause, out);
        self.virtual_servers[id.index()].sorry_active = true;
        self.virtual_event(id, VirtualServerNews::AliveServersRemoved, cause, out);
        self.refresh_all(id, out);
    }

    fn retire_sorry_server(&mut self, id: VirtualServerId, cause: &Cause, out: &mut Outbox) {
        if !self.virtual_servers[id.index()].sorry_active {
            return;
        }
        self.virtual_servers[id.index()].sorry_active = false;
        if let Some(sorry) = self.layout.sorry_server(id) {
            let name = self.layout.virtual_server(id).server_name(sorry.address);
            let presence = Presence::of(sorry.inhibit_on_failure);
            self.virtual_event(id, VirtualServerNews::SorryServerDown(name, presence), cause, out);
            self.virtual_event(id, VirtualServerNews::AliveServersAdded, cause, out);
        }
        self.refresh_all(id, out);
    }

    /// Tells others the state of a server.
    pub(super) fn notify_server(&self, id: ServerId, cause: Cause, out: &mut Outbox) {
        let verdict = Verdict::of(self.servers[id.index()].alive);
        out.notice(self.server_notice(id, verdict, Reach::Everyone, cause));
    }

    pub(super) fn server_notice(&self, id: ServerId, verdict: Verdict, reach: Reach, cause: Cause) -> Notice {
        let server = self.layout.server(id);
        let script = if verdict.is_up() {
            &server.notify_up
        } else {
            &server.notify_down
        };
        Notice::Server {
            place: self.layout.place(id),
            verdict,
            script: script.clone(),
            reach,
            cause,
        }
    }

    fn notify_virtual_server(
        &self,
        id: VirtualServerId,
        figures: QuorumFigures,
        evaluation: Evaluation,
        cause: &Cause,
        out: &mut Outbox,
    ) {
        let verdict = Verdict::of(self.virtual_servers[id.index()].quorum_up);
        out.notice(self.virtual_notice(id, verdict, Reach::Everyone, cause.clone()));
        let virtual_server = self.layout.virtual_server(id);
        if virtual_server.smtp_alert {
            let initial = evaluation == Evaluation::Initial;
            out.mail(Mail::quorum(virtual_server.name(), verdict, figures, initial));
        }
    }

    pub(super) fn virtual_notice(
        &self,
        id: VirtualServerId,
        verdict: Verdict,
        reach: Reach,
        cause: Cause,
    ) -> Notice {
        let server = self.layout.virtual_server(id);
        let script = if verdict.is_up() {
            &server.quorum_up
        } else {
            &server.quorum_down
        };
        Notice::VirtualServer {
            virtual_server: server.name(),
            verdict,
            script: script.clone(),
            reach,
            cause,
        }
    }

    pub(super) fn server_event(&self, id: ServerId, news: ServerNews, cause: &Cause, out: &mut Outbox) {
        out.event(ServerEvent {
            place: self.layout.place(id),
            news,
            cause: cause.clone(),
        });
    }

    pub(super) fn virtual_event(
        &self,
        id: VirtualServerId,
        news: VirtualServerNews,
        cause: &Cause,
        out: &mut Outbox,
    ) {
        let virtual_server = self.layout.virtual_server(id).name();
        out.event(VirtualServerEvent {
            virtual_server,
            news,
            cause: cause.clone(),
        });
    }
}
