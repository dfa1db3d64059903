//! Destinations that are wanted by several at once.
//!
//! Two virtual servers may have the same service (compat: nothing forbids it), and a sorry server may be one of the
//! real servers. Such a destination is in the kernel once: as long as one wants it, with the largest weight that
//! one gives it, otherwise as the first that wants it says. Few configurations have any, so only these destinations
//! are kept track of.

use crate::layout::{Layout, VirtualServerId};
use crate::services::Member;
use model::ServerWeight;
use model::ipvs::{Destination, DestinationKey, ServiceKey};
use std::collections::{HashMap, HashSet};

/// The shared destinations, each with its members in file order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sharing {
    entangled: HashSet<VirtualServerId>,
    members: HashMap<(ServiceKey, DestinationKey), Vec<Member>>,
    sharers: HashSet<Member>,
}

impl Sharing {
    pub(crate) fn new(layout: &Layout) -> Self {
        let mut members: HashMap<(ServiceKey, DestinationKey), Vec<Member>> = HashMap::new();
        let entangled = entangled(layout);
        for id in layout.virtual_server_ids().filter(|id| entangled.contains(id)) {
            for service in layout.services(id) {
                for member in layout.members(id) {
                    let key = layout.destination(member, &service, ServerWeight::ZERO).key;
                    members.entry((service, key)).or_default().push(member);
                }
            }
        }
        members.retain(|_, members| members.len() > 1);
        let sharers = members.values().flatten().copied().collect();
        Self {
            entangled,
            members,
            sharers,
        }
    }

    /// Whether a virtual server may have a service or a destination in common with another or itself.
    pub(crate) fn is_entangled(&self, id: VirtualServerId) -> bool {
        !self.entangled.is_empty() && self.entangled.contains(&id)
    }

    /// Whether a member shares any destination.
    pub(crate) fn involves(&self, member: Member) -> bool {
        !self.sharers.is_empty() && self.sharers.contains(&member)
    }

    /// Who shares a destination; nobody if it is one member's own.
    pub(crate) fn members(&self, service: &ServiceKey, destination: &DestinationKey) -> Option<&[Member]> {
        self.members.get(&(*service, *destination)).map(Vec::as_slice)
    }
}

/// The virtual servers that can share a destination: those with a service in common, and those whose sorry server
/// has the address of a real server.
fn entangled(layout: &Layout) -> HashSet<VirtualServerId> {
    let mut owners: HashMap<ServiceKey, VirtualServerId> = HashMap::new();
    let mut found: HashSet<VirtualServerId> = HashSet::new();
    for id in layout.virtual_server_ids() {
        for service in layout.services(id) {
            if let Some(other) = owners.insert(service, id) {
                found.extend([other, id]);
            }
        }
        if let Some(sorry) = layout.sorry_server(id) {
            let servers = &layout.virtual_server(id).real_servers;
            if servers
                .iter()
                .any(|server| server.address.ip() == sorry.address.ip())
            {
                found.insert(id);
            }
        }
    }
    found
}

/// One destination of what several want; nothing if nobody wants it.
pub(crate) fn merged(wanted: impl IntoIterator<Item = Destination>) -> Option<Destination> {
    wanted.into_iter().reduce(|mut first, other| {
        first.settings.weight = first.settings.weight.max(other.settings.weight);
        first
    })
}
