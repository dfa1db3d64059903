//! What the director knows, for dumps, status and statistics.

use super::{Director, LastRun};
use crate::layout::{CheckId, ServerId, VirtualServerId};
use crate::services::Member;
use model::ipvs::{DestinationKey, ServiceKey};
use model::{Checker, LvsConfiguration, RealServer, ServerWeight, Time, VirtualServer};
use std::sync::Arc;

/// A virtual server with its state.
#[derive(Clone, Copy, Debug)]
pub struct VirtualServerView<'a> {
    /// Its number.
    pub id: VirtualServerId,
    /// As configured.
    pub config: &'a VirtualServer,
    /// Whether enough servers are alive.
    pub quorum_up: bool,
    /// Whether the sorry server serves.
    pub sorry_active: bool,
    /// The sorry server's weight in IPVS; nothing while it is not there.
    pub sorry_presented: Option<ServerWeight>,
    /// Total weight of the servers that are alive.
    pub weight: u64,
    /// Whether its checks do not run (`ha_suspend`).
    pub suspended: bool,
}

/// A real server with its state.
#[derive(Clone, Copy, Debug)]
pub struct ServerView<'a> {
    /// Its number.
    pub id: ServerId,
    /// As configured.
    pub config: &'a RealServer,
    /// Whether it is alive.
    pub alive: bool,
    /// How many of its checks have failed.
    pub failed_checks: u32,
    /// Whether an operator keeps new connections away from it.
    pub drained: bool,
    /// Its weight with what checks add to it.
    pub effective_weight: i64,
    /// Its weight in IPVS; nothing while it is not there.
    pub presented: Option<ServerWeight>,
}

/// A check with its state.
#[derive(Clone, Copy, Debug)]
pub struct CheckView<'a> {
    /// Its number.
    pub id: CheckId,
    /// As configured.
    pub config: &'a Checker,
    /// Whether the server is well as far as this check is concerned.
    pub up: bool,
    /// Whether a run has been completed.
    pub has_run: bool,
    /// Failed attempts in a row.
    pub failures: u32,
    /// What it adds to the weight of the server.
    pub contribution: i64,
    /// The last exit status of a script.
    pub last_exit: Option<u8>,
    /// How the last run ended; nothing before the first, and for checks that are told.
    pub last: Option<&'a LastRun>,
    /// Whether a run is under way.
    pub running: bool,
    /// When it runs next; nothing while a run is under way, and for checks that are told.
    pub next_run: Option<Time>,
}

impl Director {
    /// The configuration that counts. It is replaced as a whole, so a copy of the pointer stays as it is.
    #[must_use]
    pub const fn config(&self) -> &Arc<LvsConfiguration> {
        self.layout.config()
    }

    /// Every virtual server, in file order.
    pub fn virtual_servers(&self) -> impl Iterator<Item = VirtualServerView<'_>> {
        self.layout.virtual_server_ids().map(|id| {
            let state = &self.virtual_servers[id.index()];
            VirtualServerView {
                id,
                config: self.layout.virtual_server(id),
                quorum_up: state.quorum_up,
                sorry_active: state.sorry_active,
                sorry_presented: state.sorry_presented,
                weight: state.weight,
                suspended: self.is_suspended(id),
            }
        })
    }

    /// The real servers of a virtual server, in file order.
    pub fn servers(&self, id: VirtualServerId) -> impl Iterator<Item = ServerView<'_>> {
        self.layout.servers_of(id).map(|id| {
            let state = &self.servers[id.index()];
            ServerView {
                id,
                config: self.layout.server(id),
                alive: state.alive,
                failed_checks: state.failed,
                drained: state.drained,
                effective_weight: state.effective,
                presented: state.presented,
            }
        })
    }

    /// What a virtual server is in IPVS: one service, or one for each address and mark of its group.
    pub fn services(&self, id: VirtualServerId) -> impl Iterator<Item = ServiceKey> + '_ {
        self.layout.services(id)
    }

    /// The destination that a real server is in a service of its virtual server.
    #[must_use]
    pub fn destination_of(&self, server: ServerId, service: &ServiceKey) -> DestinationKey {
        let member = Member::Server(server);
        self.layout.destination(member, service, ServerWeight::ZERO).key
    }

    /// The checks of a real server, in file order.
    pub fn checks(&self, id: ServerId) -> impl Iterator<Item = CheckView<'_>> {
        self.layout.checks_of(id).map(|id| {
            let state = &self.checks[id.index()];
            CheckView {
                id,
                config: self.layout.checker(id),
                up: state.up,
                has_run: state.has_run,
                failures: state.failures,
                contribution: state.contribution,
                last_exit: state.last_exit,
                last: state.last.as_ref(),
                running: state.run.is_some(),
                next_run: self.timers.due(id.0),
            }
        })
    }
}
