//! The part of the checker process in the status document.

use crate::ipvs_table;
use crate::runtime::lateness::Lateness;
use crate::status::document::{
    CheckStatus, CountersStatus, LvsStatus, RealServerStatus, SorryServerStatus, VirtualServerStatus,
};
use check::{CheckView, Director, ServerView, VirtualServerView};
use kernel::ipvs::{Backend, Counters, ServiceStatistics};
use model::ipvs::{DestinationKey, ServiceKey};
use model::{ServerWeight, Time};
use std::collections::HashMap;

/// The document, and what the kernel is to be asked about it.
pub(super) struct Draft {
    document: LvsStatus,
    /// For each virtual server its services, with the destination that each of its servers is there.
    services: Vec<Vec<(ServiceKey, Vec<DestinationKey>)>>,
    namespace: Option<String>,
}

impl Draft {
    /// What the director knows.
    pub(super) fn new(
        director: &Director,
        lateness: &Lateness,
        namespace: Option<String>,
        now: Time,
    ) -> Self {
        let mut services = Vec::new();
        let virtual_servers = director.virtual_servers().map(|view| {
            let keys = director.services(view.id).map(|key| {
                let servers = director.servers(view.id);
                let destinations = servers.map(|server| director.destination_of(server.id, &key));
                (key, destinations.collect())
            });
            services.push(keys.collect());
            virtual_server(director, &view, now)
        });
        Self {
            document: LvsStatus {
                virtual_servers: virtual_servers.collect(),
                counters_missing: None,
                lateness: lateness.status(),
            },
            services,
            namespace,
        }
    }

    /// The document with the kernel's counters. Waits for the kernel.
    pub(super) fn complete(mut self) -> LvsStatus {
        let counted = match ipvs_table::open(self.namespace.as_deref()) {
            Ok(mut backend) => self.count(backend.as_mut()),
            Err(error) => Err(error),
        };
        self.document.counters_missing = counted.err();
        self.document
    }

    fn count(&mut self, backend: &mut dyn Backend) -> Result<(), String> {
        let all = backend.all_statistics().map_err(|error| error.to_string())?;
        let all: HashMap<_, _> = all.into_iter().collect();
        for (server, services) in self.document.virtual_servers.iter_mut().zip(&self.services) {
            for (key, destinations) in services {
                if let Some(statistics) = all.get(key) {
                    add(server, statistics, destinations);
                }
            }
        }
        Ok(())
    }
}

/// Adds what one of its services has done to a virtual server.
fn add(server: &mut VirtualServerStatus, statistics: &ServiceStatistics, destinations: &[DestinationKey]) {
    let total = server.counters.get_or_insert_default();
    add_counters(total, &statistics.counters);
    for one in &statistics.destinations {
        total.active += u64::from(one.active);
        total.inactive += u64::from(one.inactive);
    }
    for (real, key) in server.real_servers.iter_mut().zip(destinations) {
        if let Some(one) = statistics.destinations.iter().find(|one| one.key == *key) {
            let counters = real.counters.get_or_insert_default();
            add_counters(counters, &one.counters);
            counters.active += u64::from(one.active);
            counters.inactive += u64::from(one.inactive);
        }
    }
}

fn add_counters(sum: &mut CountersStatus, counters: &Counters) {
    sum.connections += counters.connections;
    sum.in_packets += counters.in_packets;
    sum.out_packets += counters.out_packets;
    sum.in_bytes += counters.in_bytes;
    sum.out_bytes += counters.out_bytes;
}

fn virtual_server(director: &Director, view: &VirtualServerView<'_>, now: Time) -> VirtualServerStatus {
    let sorry = view.config.sorry_server.as_ref();
    VirtualServerStatus {
        name: view.config.name().to_string(),
        quorum_up: view.quorum_up,
        quorum: view.config.quorum.quorum.into(),
        weight: view.weight,
        sorry_server: sorry.map(|sorry| SorryServerStatus {
            address: sorry.address.to_string(),
            active: view.sorry_active,
        }),
        suspended: view.suspended,
        real_servers: director
            .servers(view.id)
            .map(|server| real_server(director, &server, now))
            .collect(),
        counters: None,
    }
}

fn real_server(director: &Director, view: &ServerView<'_>, now: Time) -> RealServerStatus {
    RealServerStatus {
        address: view.config.address.to_string(),
        alive: view.alive,
        drained: view.drained,
        weight: view.config.weight.value().into(),
        effective_weight: ServerWeight::clamp(view.effective_weight).value().into(),
        weight_in_kernel: view.presented.map(|weight| weight.value().into()),
        checks: director.checks(view.id).map(|check| one(&check, now)).collect(),
        counters: None,
    }
}

fn one(view: &CheckView<'_>, now: Time) -> CheckStatus {
    let reason = view.last.and_then(|last| {
        let failure = last.failure.as_ref().map(ToString::to_string);
        failure.or_else(|| last.obstacle.as_ref().map(ToString::to_string))
    });
    let passed = view.last.filter(|last| last.obstacle.is_none());
    CheckStatus {
        kind: view.config.kind.keyword().to_owned(),
        up: view.up,
        failures: view.failures,
        weight: view.contribution,
        passed: passed.map(|last| last.failure.is_none()),
        reason,
        age_us: view.last.map(|last| now.since(last.at).0),
    }
}
