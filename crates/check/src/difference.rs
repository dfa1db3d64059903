//! From one IPVS table to another in linear time.

use model::ipvs::{Change, DestinationKey, DestinationSettings, Service, ServiceKey, Table};
use std::collections::HashMap;

/// The commands that make `to` of `from`.
///
/// What is new comes first and what goes comes last, so that no service is ever without the servers that both
/// tables give it.
#[must_use]
pub fn difference(from: &Table, to: &Table) -> Vec<Change> {
    let mut changes = Changes::default();
    // Most of a table stays where it is.
    let same = |(from, to): &(&Service, &Service)| from.key == to.key;
    let head = from.0.iter().zip(&to.0).take_while(same).count();
    from.0
        .iter()
        .zip(&to.0[..head])
        .for_each(|(before, service)| changes.alter(before, service));
    let (from, to) = (&from.0[head..], &to.0[head..]);
    let tail = from.iter().rev().zip(to.iter().rev()).take_while(same).count();
    let (from, from_tail) = from.split_at(from.len() - tail);
    let (to, to_tail) = to.split_at(to.len() - tail);

    let mut gone: HashMap<ServiceKey, &Service> = from.iter().map(|service| (service.key, service)).collect();
    for service in to {
        match gone.remove(&service.key) {
            Some(before) => changes.alter(before, service),
            None => changes.add(service),
        }
    }
    from_tail
        .iter()
        .zip(to_tail)
        .for_each(|(before, service)| changes.alter(before, service));
    let removed = from.iter().filter(|service| gone.contains_key(&service.key));
    changes
        .last
        .extend(removed.map(|service| Change::RemoveService(service.key)));
    changes.first.append(&mut changes.last);
    changes.first
}

/// Changes in two parts.
#[derive(Default)]
struct Changes {
    /// What comes or changes.
    first: Vec<Change>,
    /// What goes.
    last: Vec<Change>,
}

impl Changes {
    fn add(&mut self, service: &Service) {
        self.first
            .push(Change::AddService(service.key, service.settings.clone()));
        let destinations = service.destinations.iter();
        self.first
            .extend(destinations.map(|one| Change::AddDestination(service.key, *one)));
    }

    fn alter(&mut self, from: &Service, to: &Service) {
        if from.settings != to.settings {
            self.first.push(Change::SetService(to.key, to.settings.clone()));
        }
        if from.destinations == to.destinations {
            return;
        }
        let mut gone: HashMap<DestinationKey, DestinationSettings> = from
            .destinations
            .iter()
            .map(|one| (one.key, one.settings))
            .collect();
        for destination in &to.destinations {
            match gone.remove(&destination.key) {
                None => self.first.push(Change::AddDestination(to.key, *destination)),
                Some(before) if before != destination.settings => {
                    self.first.push(Change::SetDestination(to.key, *destination));
                }
                Some(_) => {}
            }
        }
        let left = from.destinations.iter().filter(|one| gone.contains_key(&one.key));
        self.last
            .extend(left.map(|one| Change::RemoveDestination(to.key, one.key)));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::ipvs::{Destination, ServiceSettings};
    use model::{ConnectionLimits, Forwarding, Granularity, Protocol, Scheduler, ServerWeight, ServiceFlags};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// A kernel that refuses what the real one refuses.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub(crate) struct FakeKernel {
        services: BTreeMap<ServiceKey, (ServiceSettings, BTreeMap<DestinationKey, DestinationSettings>)>,
    }

    impl FakeKernel {
        pub(crate) fn of(table: &Table) -> Self {
            let mut kernel = Self::default();
            for service in &table.0 {
                let destinations: BTreeMap<_, _> = service
                    .destinations
                    .iter()
                    .map(|one| (one.key, one.settings))
                    .collect();
                assert_eq!(
                    destinations.len(),
                    service.destinations.len(),
                    "a destination twice"
                );
                let entry = (service.settings.clone(), destinations);
                assert!(
                    kernel.services.insert(service.key, entry).is_none(),
                    "a service twice"
                );
            }
            kernel
        }

        pub(crate) fn carry_out(&mut self, change: &Change) {
            match change {
                Change::Flush => self.services.clear(),
                Change::AddService(key, settings) => {
                    let entry = (settings.clone(), BTreeMap::new());
                    assert!(self.services.insert(*key, entry).is_none(), "{change:?}: exists");
                }
                Change::SetService(key, settings) => {
                    self.services.get_mut(key).expect("no such service").0 = settings.clone();
                }
                Change::RemoveService(key) => {
                    assert!(self.services.remove(key).is_some(), "{change:?}: no such service");
                }
                Change::AddDestination(key, one) => {
                    let service = self.services.get_mut(key).expect("no such service");
                    assert!(
                        service.1.insert(one.key, one.settings).is_none(),
                        "{change:?}: exists"
                    );
                }
                Change::SetDestination(key, one) => {
                    let service = self.services.get_mut(key).expect("no such service");
                    let before = service.1.insert(one.key, one.settings);
                    assert!(
                        before.is_some_and(|before| before != one.settings),
                        "{change:?}: {before:?}"
                    );
                }
                Change::RemoveDestination(key, one) => {
                    let service = self.services.get_mut(key).expect("no such service");
                    assert!(service.1.remove(one).is_some(), "{change:?}: no such destination");
                }
            }
        }

        /// The destinations of the service on a port, as `address:port=weight`.
        pub(crate) fn destinations(&self, port: u16) -> Vec<String> {
            let services = self.services.iter().filter(|(key, _)| key.port() == port);
            services
                .flat_map(|(_, (_, destinations))| destinations)
                .map(|(key, settings)| format!("{key}={}", settings.weight))
                .collect()
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.services.is_empty()
        }
    }

    fn table() -> impl Strategy<Value = Table> {
        let destination = (1..5u8, 0..3i64);
        let service = (
            1..4u8,
            any::<bool>(),
            prop::collection::btree_map(1..5u8, destination, 0..4),
        );
        prop::collection::btree_map(1..6u16, service, 0..5).prop_map(|services| {
            let services = services
                .into_iter()
                .map(|(port, (timeout, swapped, destinations))| {
                    let mut destinations: Vec<_> = destinations
                        .into_iter()
                        .map(|(host, (limit, weight))| Destination {
                            key: DestinationKey(([10, 0, 0, host], 80).into()),
                            settings: DestinationSettings {
                                forwarding: Forwarding::Nat,
                                weight: ServerWeight::clamp(weight),
                                limits: ConnectionLimits {
                                    upper: limit.into(),
                                    lower: 0,
                                },
                            },
                        })
                        .collect();
                    if swapped {
                        destinations.reverse();
                    }
                    Service {
                        key: ServiceKey::Address {
                            protocol: Protocol::Tcp,
                            address: [10, 0, 1, 1].into(),
                            port,
                        },
                        settings: ServiceSettings {
                            scheduler: Scheduler::RoundRobin,
                            flags: ServiceFlags::default(),
                            timeout: timeout.into(),
                            netmask: Granularity::Netmask(u32::MAX),
                            engine: None,
                        },
                        destinations,
                    }
                });
            Table(services.collect())
        })
    }

    proptest! {
        #[test]
        fn leads_from_any_table_to_any_other(from in table(), to in table()) {
            let mut kernel = FakeKernel::of(&from);
            for change in difference(&from, &to) {
                kernel.carry_out(&change);
            }
            prop_assert_eq!(kernel, FakeKernel::of(&to));
        }

        #[test]
        fn nothing_is_done_where_nothing_differs(one in table()) {
            prop_assert_eq!(difference(&one, &one), vec![]);
        }
    }
}
