//! What the thread does with the kernel's table, timeouts and sync daemons (`spec/ipvs.md` section 3).

use super::Leftovers;
use kernel::ipvs::{Backend, SyncDaemon, SyncRole, Timeouts, Verdict};
use model::ipvs::{Change, Table};
use model::{LvsGlobals, LvsTimeouts};
use std::collections::HashSet;

/// The back end with what was changed in it beside the table.
pub(super) struct Keeper {
    backend: Box<dyn Backend>,
    verdicts: Vec<Verdict>,
    /// The timeouts before ours.
    original: Option<Timeouts>,
    /// The sync daemons that were started, one of each role.
    daemon: Option<SyncDaemon>,
}

impl Keeper {
    pub(super) fn new(backend: Box<dyn Backend>) -> Self {
        Self {
            backend,
            verdicts: Vec::new(),
            original: None,
            daemon: None,
        }
    }

    /// Carries changes out. Returns whether one was refused.
    pub(super) fn apply(&mut self, changes: &[Change]) -> bool {
        self.verdicts.clear();
        self.backend.apply(changes, &mut self.verdicts);
        let mut is_refused = false;
        for verdict in &self.verdicts {
            if let Err(error) = verdict {
                tracing::error!("IPVS: {error}");
                is_refused = true;
            }
        }
        is_refused
    }

    /// Puts in what is missing of the wanted table. Services that are not in it are none of ours.
    pub(super) fn repair(&mut self, wanted: &Table, leftovers: Leftovers) -> bool {
        let there = match self.backend.table() {
            Ok(there) => there,
            Err(error) => {
                tracing::error!("IPVS: reading the table: {error}");
                return true;
            }
        };
        let ours: HashSet<_> = wanted.0.iter().map(|service| service.key).collect();
        let there = Table(
            there
                .0
                .into_iter()
                .filter(|service| ours.contains(&service.key))
                .collect(),
        );
        let changes: Vec<Change> = check::difference(&there, wanted)
            .into_iter()
            .filter(|change| leftovers == Leftovers::Go || !matches!(change, Change::RemoveDestination(..)))
            .collect();
        self.apply(&changes)
    }

    /// Goes by `lvs_timeouts` and by a `lvs_sync_daemon` that follows no VRRP instance.
    pub(super) fn configure(&mut self, settings: &LvsGlobals) {
        self.set_timeouts(&settings.timeouts);
        let configured = settings.sync_daemon.as_ref();
        let configured = configured.filter(|daemon| daemon.instance.is_none());
        let wanted = configured.map(|daemon| SyncDaemon::of(daemon, 0));
        if wanted != self.daemon {
            self.stop_daemons();
            if let Some(daemon) = wanted {
                self.start_daemons(daemon);
            }
        }
    }

    fn set_timeouts(&mut self, configured: &LvsTimeouts) {
        if *configured == LvsTimeouts::default() {
            return self.restore_timeouts();
        }
        let original = match self.original {
            Some(original) => Ok(original),
            None => self.backend.timeouts(),
        };
        let set = original.and_then(|original| {
            self.original = Some(original);
            self.backend.set_timeouts(original.with(configured))
        });
        if let Err(error) = set {
            tracing::error!("IPVS: lvs_timeouts: {error}");
        }
    }

    fn restore_timeouts(&mut self) {
        if let Some(original) = self.original.take()
            && let Err(error) = self.backend.set_timeouts(original)
        {
            tracing::error!("IPVS: giving the timeouts back: {error}");
        }
    }

    fn start_daemons(&mut self, daemon: SyncDaemon) {
        for role in SyncRole::BOTH {
            // One of others, or of a killed predecessor, is in the way.
            let _ = self.backend.stop_sync_daemon(role, &daemon);
        }
        for role in SyncRole::BOTH {
            if let Err(error) = self.backend.start_sync_daemon(role, &daemon) {
                tracing::error!("IPVS: starting the {role} sync daemon: {error}");
            }
        }
        self.daemon = Some(daemon);
    }

    fn stop_daemons(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            for role in SyncRole::BOTH {
                if let Err(error) = self.backend.stop_sync_daemon(role, &daemon) {
                    tracing::warn!("IPVS: stopping the {role} sync daemon: {error}");
                }
            }
        }
    }

    /// Gives back what was changed beside the table.
    pub(super) fn restore(&mut self) {
        self.stop_daemons();
        self.restore_timeouts();
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::ipvs::Fake;
    use model::LvsSyncDaemon;
    use model::ipvs::{
        Destination, DestinationKey, DestinationSettings, Service, ServiceKey, ServiceSettings,
    };
    use model::{ConnectionLimits, Forwarding, Granularity, Protocol, Scheduler, ServerWeight, ServiceFlags};

    fn service(port: u16, hosts: &[u8]) -> Service {
        let destinations = hosts.iter().map(|host| Destination {
            key: DestinationKey(([10, 0, 0, *host], 80).into()),
            settings: DestinationSettings {
                forwarding: Forwarding::Nat,
                weight: ServerWeight::clamp(1),
                limits: ConnectionLimits::default(),
            },
        });
        Service {
            key: ServiceKey::Address {
                protocol: Protocol::Tcp,
                address: [10, 0, 1, 1].into(),
                port,
            },
            settings: ServiceSettings {
                scheduler: Scheduler::RoundRobin,
                flags: ServiceFlags::default(),
                timeout: 0,
                netmask: Granularity::Netmask(u32::MAX),
                engine: None,
            },
            destinations: destinations.collect(),
        }
    }

    fn keeper(services: Vec<Service>) -> Keeper {
        let mut keeper = Keeper::new(Box::new(Fake::default()));
        keeper.apply(&check::difference(&Table::default(), &Table(services)));
        keeper
    }

    #[test]
    fn a_repair_leaves_alone_what_is_not_ours() {
        // Somebody else's service, and a server that somebody added to ours; one of ours is missing.
        let mut keeper = keeper(vec![service(80, &[3, 9]), service(81, &[5])]);
        let wanted = Table(vec![service(80, &[3, 4]), service(82, &[6])]);
        assert!(!keeper.repair(&wanted, Leftovers::Stay));
        let hosts = |keeper: &mut Keeper, port| {
            let table = keeper.backend.table().unwrap();
            let service = table.0.into_iter().find(|service| service.key.port() == port);
            service.map(|service| service.destinations.len())
        };
        assert_eq!(hosts(&mut keeper, 80), Some(3));
        assert_eq!(hosts(&mut keeper, 81), Some(1));
        assert_eq!(hosts(&mut keeper, 82), Some(1));
        keeper.repair(&wanted, Leftovers::Go);
        assert_eq!(hosts(&mut keeper, 80), Some(2));
        assert_eq!(hosts(&mut keeper, 81), Some(1));
    }

    #[test]
    fn timeouts_and_daemons_come_and_are_given_back() {
        let mut keeper = keeper(Vec::new());
        let before = keeper.backend.timeouts().unwrap();
        let mut settings = LvsGlobals::default();
        settings.timeouts.udp = Some(7);
        settings.sync_daemon = Some(LvsSyncDaemon {
            interface: model::IfName::new("eth0").unwrap(),
            instance: None,
            sync_id: Some(3),
            max_len: None,
            port: None,
            ttl: None,
            group: None,
        });
        keeper.configure(&settings);
        keeper.configure(&settings);
        assert_eq!(keeper.backend.timeouts().unwrap(), Timeouts { udp: 7, ..before });
        assert_eq!(keeper.backend.sync_daemons().unwrap().len(), 2);
        keeper.restore();
        assert_eq!(keeper.backend.timeouts().unwrap(), before);
        assert_eq!(keeper.backend.sync_daemons().unwrap(), []);
        // One that follows an instance is the VRRP process's.
        settings.sync_daemon.as_mut().unwrap().instance = Some("VI_1".to_owned());
        keeper.configure(&settings);
        assert_eq!(keeper.backend.sync_daemons().unwrap(), []);
    }
}
