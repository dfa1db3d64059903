//! What is shown, copied at one moment.

use crate::dump::Viewer;
use crate::settings::Settings;
use check::{CheckView, Director, ServerView, VirtualServerView};
use model::{Globals, LvsConfiguration, ServerWeight};
use std::sync::Arc;

/// Configuration and states; those of servers and checks are in file order.
pub(super) struct Snapshot {
    pub(super) globals: Arc<Globals>,
    pub(super) settings: Settings,
    pub(super) viewer: Viewer,
    pub(super) lvs: Arc<LvsConfiguration>,
    pub(super) virtual_servers: Vec<VirtualState>,
    pub(super) servers: Vec<ServerState>,
    pub(super) checks: Vec<CheckState>,
}

/// State of a virtual server.
pub(super) struct VirtualState {
    pub(super) quorum_up: bool,
    pub(super) sorry_active: bool,
    pub(super) sorry_presented: Option<ServerWeight>,
    pub(super) suspended: bool,
}

/// State of a real server.
pub(super) struct ServerState {
    pub(super) alive: bool,
    pub(super) failed_checks: u32,
    pub(super) effective_weight: i64,
    pub(super) presented: Option<ServerWeight>,
}

/// State of a check.
pub(super) struct CheckState {
    pub(super) up: bool,
    pub(super) has_run: bool,
    pub(super) failures: u32,
    pub(super) contribution: i64,
    pub(super) last_exit: Option<u8>,
}

impl Snapshot {
    pub(super) fn new(
        director: &Director,
        globals: &Arc<Globals>,
        settings: &Settings,
        viewer: Viewer,
    ) -> Self {
        let mut snapshot = Self {
            globals: Arc::clone(globals),
            settings: settings.clone(),
            viewer,
            lvs: Arc::clone(director.config()),
            virtual_servers: Vec::new(),
            servers: Vec::new(),
            checks: Vec::new(),
        };
        for virtual_server in director.virtual_servers() {
            snapshot.virtual_servers.push(VirtualState::of(&virtual_server));
            for server in director.servers(virtual_server.id) {
                snapshot.servers.push(ServerState::of(&server));
                let checks = director.checks(server.id);
                snapshot.checks.extend(checks.map(|check| CheckState::of(&check)));
            }
        }
        snapshot
    }
}

impl VirtualState {
    const fn of(view: &VirtualServerView<'_>) -> Self {
        Self {
            quorum_up: view.quorum_up,
            sorry_active: view.sorry_active,
            sorry_presented: view.sorry_presented,
            suspended: view.suspended,
        }
    }
}

impl ServerState {
    const fn of(view: &ServerView<'_>) -> Self {
        Self {
            alive: view.alive,
            failed_checks: view.failed_checks,
            effective_weight: view.effective_weight,
            presented: view.presented,
        }
    }
}

impl CheckState {
    const fn of(view: &CheckView<'_>) -> Self {
        Self {
            up: view.up,
            has_run: view.has_run,
            failures: view.failures,
            contribution: view.contribution,
            last_exit: view.last_exit,
        }
    }
}
