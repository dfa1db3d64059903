//! What a virtual server is in the kernel: its services, and the destination that a server is in each of them.

use crate::layout::{Layout, ServerId, VirtualServerId};
use model::ipvs::{
    Destination, DestinationKey, DestinationSettings, MapElement, ServiceKey, ServiceSettings,
};
use model::{
    ConnectionLimits, Family, Forwarding, Frontend, Granularity, GroupEntry, ServerWeight, VirtualServer,
};
use std::collections::HashSet;
use std::net::SocketAddr;

/// Who can be a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Member {
    /// A real server.
    Server(ServerId),
    /// The sorry server of a virtual server.
    Sorry(VirtualServerId),
}

impl Layout {
    /// The services of a virtual server, none twice: one, or one for each address and mark of its group, addresses
    /// first.
    pub(crate) fn services(&self, id: VirtualServerId) -> impl Iterator<Item = ServiceKey> {
        let mut seen = self.is_repetitive(id).then(HashSet::new);
        self.entries(id)
            .filter(move |key| seen.as_mut().is_none_or(|seen| seen.insert(*key)))
    }

    fn entries(&self, id: VirtualServerId) -> impl Iterator<Item = ServiceKey> {
        let virtual_server = self.virtual_server(id);
        let group = self.group(id).filter(|_| self.mark(id).is_none());
        let entries = group.map_or(&[][..], |group| &group.entries);
        let one = match (&virtual_server.frontend, virtual_server.protocol) {
            (Frontend::Address(address), Some(protocol)) => Some(ServiceKey::Address {
                protocol,
                address: address.ip(),
                port: address.port(),
            }),
            (Frontend::Fwmark(mark), _) => {
                let family = virtual_server.family.unwrap_or(Family::Ipv4);
                Some(ServiceKey::Fwmark { family, mark: *mark })
            }
            (Frontend::Address(_), None) | (Frontend::Group { .. }, _) => None,
        };
        let addresses = entries.iter().filter_map(|entry| match entry {
            GroupEntry::Addresses { range, port } => Some((*range, *port)),
            GroupEntry::Fwmark { .. } => None,
        });
        let addresses = addresses.flat_map(move |(range, port)| {
            let protocol = virtual_server.protocol;
            range.addresses().filter_map(move |address| {
                protocol.map(|protocol| ServiceKey::Address {
                    protocol,
                    address,
                    port,
                })
            })
        });
        let marks = entries.iter().filter_map(move |entry| match entry {
            GroupEntry::Fwmark { mark, family } => {
                let family = virtual_server.family.or(*family).unwrap_or(Family::Ipv4);
                Some(ServiceKey::Fwmark { family, mark: *mark })
            }
            GroupEntry::Addresses { .. } => None,
        });
        one.into_iter()
            .chain(addresses)
            .chain(marks)
            .chain(self.marked_services(id))
    }

    /// The services of the mark that nftables puts on the packets of a group: one for each family in the group.
    fn marked_services(&self, id: VirtualServerId) -> impl Iterator<Item = ServiceKey> {
        let families = [Family::Ipv4, Family::Ipv6].into_iter();
        let group = self.group(id);
        self.mark(id).into_iter().flat_map(move |mark| {
            families
                .clone()
                .filter(move |family| group.is_some_and(|group| group.has_family(*family)))
                .map(move |family| ServiceKey::Fwmark { family, mark })
        })
    }

    /// The elements of the nftables maps that put a mark on the packets of a group.
    pub(crate) fn map_elements(&self, id: VirtualServerId) -> impl Iterator<Item = MapElement> {
        let mark = self.mark(id);
        let protocol = self.virtual_server(id).protocol;
        let entries = self.group(id).map_or(&[][..], |group| &group.entries);
        entries
            .iter()
            .filter_map(move |entry| match (entry, protocol, mark) {
                (GroupEntry::Addresses { range, port }, Some(protocol), Some(mark)) => Some(MapElement {
                    protocol,
                    range: *range,
                    port: *port,
                    mark,
                }),
                _ => None,
            })
    }

    /// The destination that a member is in a service, with the weight it has there.
    pub(crate) fn destination(
        &self,
        member: Member,
        service: &ServiceKey,
        weight: ServerWeight,
    ) -> Destination {
        let (address, forwarding, limits) = match member {
            Member::Server(id) => {
                let server = self.server(id);
                (server.address, server.forwarding, server.limits)
            }
            Member::Sorry(id) => {
                let sorry = self
                    .sorry_server(id)
                    .expect("a sorry server is a member only where there is one");
                (sorry.address, sorry.forwarding, ConnectionLimits::default())
            }
        };
        Destination {
            key: destination_key(address, forwarding, service),
            settings: DestinationSettings {
                forwarding,
                weight,
                limits,
            },
        }
    }

    /// All that can be destinations of a virtual server, the sorry server last.
    pub(crate) fn members(&self, id: VirtualServerId) -> impl Iterator<Item = Member> {
        let sorry = self.sorry_server(id).map(|_| Member::Sorry(id));
        self.servers_of(id).map(Member::Server).chain(sorry)
    }
}

/// With direct routing and tunnels a packet arrives with the service's own port; 0 for a mark.
fn destination_key(address: SocketAddr, forwarding: Forwarding, service: &ServiceKey) -> DestinationKey {
    let port = if forwarding.keeps_port() {
        service.port()
    } else {
        address.port()
    };
    DestinationKey(SocketAddr::new(address.ip(), port))
}

/// How the services of a virtual server are served; `family` is that of the service.
pub(crate) fn service_settings(virtual_server: &VirtualServer, family: Family) -> ServiceSettings {
    let whole = match family {
        Family::Ipv4 => Granularity::Netmask(u32::MAX),
        Family::Ipv6 => Granularity::PrefixLength(128),
    };
    let persistence = virtual_server.persistence.as_ref();
    let configured = persistence.and_then(|persistence| persistence.granularity);
    let netmask = match (&virtual_server.frontend, configured) {
        // compat: the granularity of a group has no effect.
        (Frontend::Group { .. }, _) | (_, None) => whole,
        (_, Some(granularity)) => match (granularity, family) {
            (Granularity::Netmask(_), Family::Ipv4) | (Granularity::PrefixLength(_), Family::Ipv6) => {
                granularity
            }
            _ => whole,
        },
    };
    ServiceSettings {
        scheduler: virtual_server.scheduler,
        flags: virtual_server.flags,
        timeout: persistence.map_or(0, |persistence| persistence.timeout),
        netmask,
        engine: persistence.and_then(|persistence| persistence.engine.clone()),
    }
}
