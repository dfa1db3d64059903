//! Which servers are in IPVS and with which weight: a function of the state, and the changes when it changes.

use super::Director;
use crate::layout::{ServerId, VirtualServerId};
use crate::outbox::{Outbox, Output};
use crate::services::{Member, service_settings};
use crate::sharing::merged;
use model::ServerWeight;
use model::ipvs::{Change, Destination, DestinationKey, Service, ServiceKey, Table};
use std::collections::HashMap;

impl Director {
    /// The IPVS table as it should be. Comparing it with the kernel's and carrying out the
    /// [`difference`](crate::difference) mends what a refused command or somebody else left wrong.
    ///
    /// Services are in file order, those that virtual servers have in common at the first of them.
    #[must_use]
    pub fn wanted(&self) -> Table {
        let mut services: Vec<Service> = Vec::new();
        let mut shared = SharedServices::default();
        for id in self.layout.virtual_server_ids() {
            let is_entangled = self.sharing.is_entangled(id);
            for key in self.layout.services(id) {
                let service = || Service {
                    key,
                    settings: service_settings(self.layout.virtual_server(id), key.family()),
                    destinations: Vec::new(),
                };
                let destinations = self.layout.members(id).filter_map(|member| {
                    self.presented(member)
                        .map(|weight| self.layout.destination(member, &key, weight))
                });
                if is_entangled {
                    let place = shared.place(key, &mut services, service);
                    destinations.for_each(|one| shared.merge(place, one, &mut services));
                } else {
                    services.push(Service {
                        destinations: destinations.collect(),
                        ..service()
                    });
                }
            }
        }
        Table(services)
    }

    /// The weight that a member has in IPVS on its own account.
    fn presented(&self, member: Member) -> Option<ServerWeight> {
        match member {
            Member::Server(id) => self.servers[id.index()].presented,
            Member::Sorry(id) => self.virtual_servers[id.index()].sorry_presented,
        }
    }

    /// The weight that a member should have in IPVS.
    fn wanted_weight(&self, member: Member) -> Option<ServerWeight> {
        let (serves, weight, inhibit) = match member {
            Member::Server(id) => {
                let state = &self.servers[id.index()];
                let replaced = self.virtual_servers[self.layout.virtual_server_of(id).index()].sorry_active;
                (
                    state.alive && !replaced,
                    state.weight(),
                    self.layout.server(id).inhibit_on_failure,
                )
            }
            Member::Sorry(id) => {
                let inhibit = self
                    .layout
                    .sorry_server(id)
                    .is_some_and(|sorry| sorry.inhibit_on_failure);
                (
                    self.virtual_servers[id.index()].sorry_active,
                    ServerWeight::ONE,
                    inhibit,
                )
            }
        };
        if serves {
            Some(weight)
        } else {
            inhibit.then_some(ServerWeight::ZERO)
        }
    }

    /// Brings IPVS up to the state of a server.
    pub(super) fn refresh(&mut self, id: ServerId, out: &mut Outbox) {
        self.present(Member::Server(id), out);
    }

    /// Brings IPVS up to the state of all servers of a virtual server and of its sorry server. What comes is added
    /// before what goes is removed.
    pub(super) fn refresh_all(&mut self, id: VirtualServerId, out: &mut Outbox) {
        let members: Vec<Member> = self.layout.members(id).collect();
        let (going, coming): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|member| self.wanted_weight(*member) < self.presented(*member));
        for member in coming.into_iter().chain(going) {
            self.present(member, out);
        }
    }

    fn present(&mut self, member: Member, out: &mut Outbox) {
        let before = self.presented(member);
        let after = self.wanted_weight(member);
        if before == after {
            return;
        }
        if !self.batching {
            self.change_kernel(member, before, after, out);
        }
        match member {
            Member::Server(id) => self.servers[id.index()].presented = after,
            Member::Sorry(id) => self.virtual_servers[id.index()].sorry_presented = after,
        }
    }

    /// One change for each service of the member's virtual server.
    fn change_kernel(
        &self,
        member: Member,
        before: Option<ServerWeight>,
        after: Option<ServerWeight>,
        out: &mut Outbox,
    ) {
        let id = match member {
            Member::Server(server) => self.layout.virtual_server_of(server),
            Member::Sorry(id) => id,
        };
        let is_shared = self.sharing.involves(member);
        for service in self.layout.services(id) {
            let own = |weight| self.layout.destination(member, &service, weight);
            let key = own(ServerWeight::ZERO).key;
            let sharers = is_shared.then(|| self.sharing.members(&service, &key)).flatten();
            let (before, after) = match sharers {
                None => (before.map(own), after.map(own)),
                Some(sharers) => {
                    let with = |weight: Option<ServerWeight>| {
                        merged(sharers.iter().filter_map(|other| {
                            let weight = if *other == member {
                                weight
                            } else {
                                self.presented(*other)
                            };
                            weight.map(|weight| self.layout.destination(*other, &service, weight))
                        }))
                    };
                    (with(before), with(after))
                }
            };
            if let Some(change) = change_destination(service, before, after) {
                out.push(Output::Ipvs(vec![change]));
            }
        }
    }
}

/// Where services and destinations that may be wanted more than once are in a table.
#[derive(Default)]
struct SharedServices {
    services: HashMap<ServiceKey, usize>,
    destinations: HashMap<(usize, DestinationKey), usize>,
}

impl SharedServices {
    /// The place of a service, which is put at the end if it has none.
    fn place(&mut self, key: ServiceKey, table: &mut Vec<Service>, new: impl FnOnce() -> Service) -> usize {
        *self.services.entry(key).or_insert_with(|| {
            table.push(new());
            table.len() - 1
        })
    }

    fn merge(&mut self, service: usize, one: Destination, table: &mut [Service]) {
        let known = &mut table[service].destinations;
        let place = *self.destinations.entry((service, one.key)).or_insert(known.len());
        match known.get_mut(place) {
            Some(first) => *first = merged([*first, one]).unwrap_or(one),
            None => known.push(one),
        }
    }
}

fn change_destination(
    service: ServiceKey,
    before: Option<Destination>,
    after: Option<Destination>,
) -> Option<Change> {
    match (before, after) {
        (None, Some(after)) => Some(Change::AddDestination(service, after)),
        (Some(before), Some(after)) if before != after => Some(Change::SetDestination(service, after)),
        (Some(before), None) => Some(Change::RemoveDestination(service, before.key)),
        _ => None,
    }
}
