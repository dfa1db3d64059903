//! Servers that an operator takes out of service: they keep their connections and get no new ones, and their checks go on.

use super::Director;
use crate::event::Cause;
use crate::layout::ServerId;
use crate::outbox::Outbox;
use std::net::SocketAddr;

/// Which server is drained. What it is about need not be there: it counts for configurations to come as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Drain {
    /// Address and port as configured.
    pub server: SocketAddr,
    /// The virtual server, by its name in the log; without one it is drained in all of them.
    pub virtual_server: Option<String>,
}

impl Director {
    /// What is drained.
    pub fn drains(&self) -> impl Iterator<Item = &Drain> {
        self.drains.iter()
    }

    /// Drains a server: its weight is 0, whatever its checks say. Says in how many virtual servers there is such a one now.
    pub fn drain(&mut self, drain: Drain, out: &mut Outbox) -> usize {
        let concerned = self.concerned(&drain);
        self.drains.insert(drain);
        self.update_drains(&concerned, out);
        concerned.len()
    }

    /// Puts a server into service again that was drained with the same words. Says whether it was.
    pub fn undrain(&mut self, drain: &Drain, out: &mut Outbox) -> bool {
        let was_drained = self.drains.remove(drain);
        let concerned = self.concerned(drain);
        self.update_drains(&concerned, out);
        was_drained
    }

    pub(super) fn is_to_be_drained(&self, id: ServerId) -> bool {
        // Without any, which is the rule, names are not made for thousands of servers.
        !self.drains.is_empty() && self.drains.iter().any(|drain| self.is_about(drain, id))
    }

    fn concerned(&self, drain: &Drain) -> Vec<ServerId> {
        let ids = self.layout.server_ids();
        ids.filter(|id| self.is_about(drain, *id)).collect()
    }

    fn is_about(&self, drain: &Drain, id: ServerId) -> bool {
        let name = || {
            let virtual_server = self.layout.virtual_server_of(id);
            self.layout.virtual_server(virtual_server).name().to_string()
        };
        self.layout.server(id).address == drain.server
            && drain
                .virtual_server
                .as_ref()
                .is_none_or(|wanted| *wanted == name())
    }

    fn update_drains(&mut self, servers: &[ServerId], out: &mut Outbox) {
        for id in servers {
            let drained = self.is_to_be_drained(*id);
            let state = &mut self.servers[id.index()];
            let from = state.weight();
            state.drained = drained;
            let to = state.weight();
            self.take_weight(*id, from, to, &Cause::Operator, out);
        }
    }
}
