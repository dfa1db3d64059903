//! What an operator asks this process for.

use super::CheckerProcess;
use crate::orders::{Action, Orders, Target};
use check::Drain;
use std::fmt::Write as _;

impl CheckerProcess {
    /// Does it, and tells the supervisor, or says why not.
    pub(super) fn act(&mut self, number: u64, action: Action) {
        let outcome = match action {
            Action::Drain(target) => self.drain(target),
            Action::Undrain(target) => self.undrain(target),
            Action::Failover { .. } | Action::Maintenance(_) => Err("the vrrp process does that".to_owned()),
        };
        if let Err(error) = self.parent.acted(number, outcome) {
            tracing::warn!("telling the parent what was done: {error}");
        }
    }

    /// Takes over what holds since before this process was started.
    pub(super) fn follow(&mut self, orders: Orders) {
        for target in orders.drained {
            self.director.drain(target.into(), &mut self.outbox);
        }
    }

    fn drain(&mut self, target: Target) -> Result<String, String> {
        let server = target.server;
        let drain = Drain::from(target);
        let number = self.director.drain(drain.clone(), &mut self.outbox);
        if number == 0 {
            self.director.undrain(&drain, &mut self.outbox);
            return Err(match drain.virtual_server {
                Some(name) => {
                    format!(
                        "there is no virtual server {name} with a server {server}; see `keepalived status`"
                    )
                }
                None => format!("no virtual server has a server {server}; see `keepalived status`"),
            });
        }
        let mut report = format!("{server} gets no new connections in {number} virtual server(s)");
        let concerned = self.director.virtual_servers().filter(|view| {
            let mut servers = view.config.real_servers.iter();
            !view.quorum_up && servers.any(|one| one.address == server)
        });
        for view in concerned {
            let name = view.config.name();
            // Writing into a string cannot fail.
            let _ = write!(report, "\nwarning: {name} has no quorum");
        }
        Ok(report)
    }

    fn undrain(&mut self, target: Target) -> Result<String, String> {
        let wanted = Drain::from(target);
        // Without a virtual server it is in service again everywhere.
        let meant = |drain: &&Drain| {
            drain.server == wanted.server
                && (wanted.virtual_server.is_none() || drain.virtual_server == wanted.virtual_server)
        };
        let drains: Vec<_> = self.director.drains().filter(meant).cloned().collect();
        if drains.is_empty() {
            let mut others = self.director.drains();
            let everywhere =
                others.any(|drain| drain.server == wanted.server && drain.virtual_server.is_none());
            return Err(if everywhere {
                format!(
                    "{} is drained in every virtual server: undrain it without --virtual-server",
                    wanted.server
                )
            } else {
                format!("{} is not drained", wanted.server)
            });
        }
        for drain in drains {
            self.director.undrain(&drain, &mut self.outbox);
        }
        Ok(format!("{} is in service again", wanted.server))
    }
}
