//! The lines `Assigned address A for interface IF` and `Deassigned address A from interface IF` of detail logging: which
//! address of an interface adverts would come from.

use crate::log;
use model::interface::Interface;
use model::{Family, IfIndex, IfName, Route, VrrpConfiguration};
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

/// The addresses of the interfaces that instances are on, as last logged.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    used: HashSet<IfName>,
    addresses: BTreeMap<IfIndex, [Option<IpAddr>; 2]>,
}

impl Assigned {
    /// Takes in which interfaces a configuration uses.
    pub(super) fn configure(&mut self, configuration: &VrrpConfiguration) {
        self.used = configuration
            .instances
            .iter()
            .filter_map(|instance| instance.interface.clone())
            .collect();
    }

    /// Logs how the addresses of an interface differ from what was logged before.
    pub(super) fn look_at(&mut self, interface: &Interface) {
        if !self.used.contains(&interface.name)
            || !tracing::event_enabled!(target: log::DETAIL, tracing::Level::INFO)
        {
            return;
        }
        let now = [Family::Ipv4, Family::Ipv6].map(|family| source(interface, family));
        let before = self.addresses.insert(interface.index, now).unwrap_or_default();
        let name = &interface.name;
        for (before, now) in before.into_iter().zip(now) {
            if before == now {
                continue;
            }
            if let Some(address) = before {
                tracing::info!(target: log::DETAIL, "Deassigned address {address} from interface {name}");
            }
            if let Some(address) = now {
                tracing::info!(target: log::DETAIL, "Assigned address {address} for interface {name}");
            }
        }
    }

    /// Forgets an interface that is gone.
    pub(super) fn forget(&mut self, index: IfIndex) {
        self.addresses.remove(&index);
    }
}

/// The address that adverts of a family come from. One that a keepalived has added is none.
fn source(interface: &Interface, family: Family) -> Option<IpAddr> {
    let ours = |address: &IpAddr| {
        interface
            .addresses
            .iter()
            .any(|present| present.prefix.address == *address && present.protocol == Route::PROTOCOL)
    };
    interface.source_candidates(family).find(|address| !ours(address))
}
