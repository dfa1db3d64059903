//! The end (`spec/ipvs.md` section 4.6).

use super::Director;
use crate::event::{Cause, Mail, MailSubject, Presence, Reach, ServerNews};
use crate::layout::VirtualServerId;
use crate::outbox::{Outbox, Output};
use crate::schedule::Verdict;
use model::LvsFlushOnStop;
use model::ipvs::{Change, MapChange};
use std::collections::HashSet;

impl Director {
    /// Takes everything out of the kernel that was put there, and tells those who want to be told.
    ///
    /// With `--dont-release-ipvs` the daemon does not call this. The director is of no use afterwards.
    pub fn stop(&mut self, out: &mut Outbox) {
        for run in self.checks.iter_mut().filter_map(|state| state.run.take()) {
            out.push(Output::Cancel(run.id));
        }
        self.runs.clear();
        self.timers = crate::timers::Timers::default();
        if self.settings.flush_on_stop == LvsFlushOnStop::All {
            out.push(Output::Ipvs(vec![Change::Flush]));
        }
        // Packets lose their mark before the mark loses its service.
        for element in self.elements() {
            out.push(Output::Map(MapChange::Remove(element)));
        }
        let mut removed = HashSet::new();
        for id in self.layout.virtual_server_ids() {
            if self.settings.flush_on_stop == LvsFlushOnStop::No {
                self.stop_servers(id, out);
            }
            self.announce_stop(id, out);
            if self.settings.flush_on_stop != LvsFlushOnStop::All {
                // The kernel drops the destinations with their service.
                let services = self.layout.services(id).filter(|key| removed.insert(*key));
                out.push(Output::Ipvs(services.map(Change::RemoveService).collect()));
            }
        }
    }

    fn stop_servers(&self, id: VirtualServerId, out: &mut Outbox) {
        let omega = self.layout.virtual_server(id).omega;
        let reach = if omega { Reach::Everyone } else { Reach::TrapOnly };
        for server in self.layout.servers_of(id) {
            let state = &self.servers[server.index()];
            let inhibited = self.layout.server(server).inhibit_on_failure && !state.alive;
            self.server_event(
                server,
                ServerNews::ShutDown(Presence::of(inhibited)),
                &Cause::Stop,
                out,
            );
            if !state.alive {
                continue;
            }
            out.notice(self.server_notice(server, Verdict::Down, reach, Cause::Stop));
            if omega && self.layout.server(server).smtp_alert {
                let subject = MailSubject::Server(self.layout.place(server), Verdict::Down);
                out.mail(Mail::leaving(subject, true));
            }
        }
    }

    /// compat: the quorum is said to be lost even where it was not there.
    fn announce_stop(&self, id: VirtualServerId, out: &mut Outbox) {
        let virtual_server = self.layout.virtual_server(id);
        let reach = if virtual_server.omega {
            Reach::Everyone
        } else {
            Reach::TrapOnly
        };
        out.notice(self.virtual_notice(id, Verdict::Down, reach, Cause::Stop));
        if virtual_server.omega && virtual_server.smtp_alert {
            let subject = MailSubject::VirtualServer(virtual_server.name(), Verdict::Down);
            out.mail(Mail::leaving(subject, true));
        }
    }
}
