//! Whose an object in the kernel is.

use crate::links::Links;
use crate::placement::Parts;
use crate::{InstanceId, Object};
use model::IfIndex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The instances by what they have in the kernel when they are master.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_address: HashMap<(IfIndex, IpAddr), Vec<InstanceId>>,
    by_object: HashMap<Arc<Object>, Vec<InstanceId>>,
    of_instance: HashMap<InstanceId, Claimed>,
}

#[derive(Debug, Default)]
struct Claimed {
    addresses: Vec<(IfIndex, IpAddr)>,
    objects: Vec<Arc<Object>>,
}

impl Claims {
    /// Claims addresses for an instance: they are no source of adverts.
    pub(super) fn claim(&mut self, id: InstanceId, addresses: &[(IfIndex, IpAddr)], links: &mut Links) {
        for (index, address) in addresses {
            if let Some(known) = links.known_by_index_mut(*index) {
                known.claim(*address);
            }
            self.by_address.entry((*index, *address)).or_default().push(id);
            self.of_instance
                .entry(id)
                .or_default()
                .addresses
                .push((*index, *address));
        }
    }

    /// Claims the routes and rules of an instance.
    pub(super) fn claim_objects(&mut self, id: InstanceId, parts: &Parts) {
        for object in parts.routes.iter().chain(&parts.rules) {
            self.by_object.entry(Arc::clone(object)).or_default().push(id);
            self.of_instance
                .entry(id)
                .or_default()
                .objects
                .push(Arc::clone(object));
        }
    }

    /// Gives an address back: it is the interface's own.
    pub(super) fn renounce(&mut self, id: InstanceId, index: IfIndex, address: IpAddr, links: &mut Links) {
        if let Some(claimed) = self.of_instance.get_mut(&id) {
            claimed.addresses.retain(|claim| *claim != (index, address));
        }
        self.remove_address(id, index, address, links);
    }

    /// Gives everything of an instance back.
    pub(super) fn release(&mut self, id: InstanceId, links: &mut Links) {
        let Some(claimed) = self.of_instance.remove(&id) else {
            return;
        };
        for (index, address) in claimed.addresses {
            self.remove_address(id, index, address, links);
        }
        for object in claimed.objects {
            if let Some(owners) = self.by_object.get_mut(&object) {
                owners.retain(|owner| *owner != id);
                if owners.is_empty() {
                    self.by_object.remove(&object);
                }
            }
        }
    }

    /// The instances that an address belongs to.
    pub(super) fn of_address(&self, index: IfIndex, address: IpAddr) -> &[InstanceId] {
        self.by_address.get(&(index, address)).map_or(&[], Vec::as_slice)
    }

    /// The instances that a route or rule belongs to, and the object as they share it.
    pub(super) fn of_object(&self, object: &Object) -> Option<(Arc<Object>, Vec<InstanceId>)> {
        self.by_object
            .get_key_value(object)
            .map(|(object, owners)| (Arc::clone(object), owners.clone()))
    }

    fn remove_address(&mut self, id: InstanceId, index: IfIndex, address: IpAddr, links: &mut Links) {
        let Some(owners) = self.by_address.get_mut(&(index, address)) else {
            return;
        };
        owners.retain(|owner| *owner != id);
        if owners.is_empty() {
            self.by_address.remove(&(index, address));
            if let Some(known) = links.known_by_index_mut(index) {
                known.disclaim(address);
            }
        }
    }
}
