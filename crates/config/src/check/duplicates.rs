//! Instances with the same VRID (`spec/config-vrrp.md` section 4.3), and virtual MACs that two of them would share.

use super::groups::Groups;
use super::instance::Completed;
use crate::diagnostics::{Class, Code, Diagnostic, Stop};
use crate::lower::Context;
use model::interface::LinkKind;
use model::{ConfigFault, Family, IfName, Instance, Transport, VirtualLink, Vrid};
use std::collections::HashMap;
use std::net::IpAddr;

/// Reports instances that would disturb each other.
pub(super) fn check(
    instances: &mut [Completed],
    groups: &Groups,
    allow_if_changes: bool,
    cx: &mut Context<'_>,
) {
    multicast(instances, allow_if_changes, cx);
    unicast(instances, cx);
    shared_vmacs(instances, groups, cx);
}

/// The interface that carries an instance's packets: below a VMAC, or itself.
fn base_interface(instance: &Instance, cx: &Context<'_>) -> Option<String> {
    let name = instance.interface.as_ref()?;
    let base = cx
        .find_interface(name.as_str())
        .map(|interface| cx.env.interfaces.base_of(interface).name.as_str().to_owned());
    Some(base.unwrap_or_else(|| name.as_str().to_owned()))
}

fn conflict(first: &Completed, second: &Completed, where_: &str) -> Diagnostic {
    let message = format!(
        "({}) VRID {} is used by instance {} too{where_}",
        second.model.name, second.model.vrid, first.model.name
    );
    Diagnostic::error(Code::DUPLICATE_VRID, Class::GeneralError, message)
        .at(second.vrid, "")
        .and_at(first.vrid, "there")
        .stops(Stop::Permanent)
}

fn multicast(instances: &mut [Completed], allow_if_changes: bool, cx: &mut Context<'_>) {
    let mut first_of: HashMap<(Vrid, Family, Option<String>, IpAddr), usize> = HashMap::new();
    for position in 0..instances.len() {
        let model = &instances[position].model;
        let Transport::Multicast { group } = model.transport else {
            continue;
        };
        let base = base_interface(model, cx);
        let on = base
            .as_ref()
            .map(|base| format!(" on {base}"))
            .unwrap_or_default();
        let first = match first_of.entry((model.vrid, model.family, base, group)) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(position);
                continue;
            }
            std::collections::hash_map::Entry::Occupied(taken) => *taken.get(),
        };
        if allow_if_changes && may_change(model, cx) {
            let name = instances[first].model.name.clone();
            let message = format!("({}) has the VRID of instance {name}{on} for now", model.name);
            cx.log(Code::DUPLICATE_VRID, instances[position].vrid, message);
            instances[position]
                .model
                .config_faults
                .push(ConfigFault::DuplicateVrid(name));
        } else {
            let diagnostic = conflict(&instances[first], &instances[position], &on);
            cx.push(diagnostic);
        }
    }
}

/// Whether the interface of an instance may come back as another one: it is absent, or made of another one.
fn may_change(instance: &Instance, cx: &Context<'_>) -> bool {
    let found = instance
        .interface
        .as_ref()
        .and_then(|name| cx.find_interface(name.as_str()));
    found.is_none_or(|interface| interface.base.is_some() || !matches!(interface.kind, LinkKind::Other))
}

fn unicast(instances: &[Completed], cx: &mut Context<'_>) {
    let mut same_vrid: HashMap<(Vrid, Family), Vec<usize>> = HashMap::new();
    for (position, instance) in instances.iter().enumerate() {
        if instance.model.transport.is_unicast() {
            same_vrid
                .entry((instance.model.vrid, instance.model.family))
                .or_default()
                .push(position);
        }
    }
    let mut conflicts = Vec::new();
    for positions in same_vrid.values() {
        for (index, second) in positions.iter().enumerate() {
            let first = positions[..index]
                .iter()
                .find(|first| clash(&instances[**first].model, &instances[*second].model, cx));
            if let Some(first) = first {
                conflicts.push((*second, *first));
            }
        }
    }
    conflicts.sort_unstable();
    for (second, first) in conflicts {
        let diagnostic = conflict(&instances[first], &instances[second], " with a common peer");
        cx.push(diagnostic);
    }
}

/// Whether packets for one of two unicast instances could be for the other: interface, source and a peer agree.
fn clash(a: &Instance, b: &Instance, cx: &Context<'_>) -> bool {
    let (Transport::Unicast { peers: of_a, .. }, Transport::Unicast { peers: of_b, .. }) =
        (&a.transport, &b.transport)
    else {
        return false;
    };
    let same_interface = match (&a.interface, &b.interface) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let source = |instance: &Instance| {
        instance.source.or_else(|| {
            let interface = cx.find_interface(instance.interface.as_ref()?.as_str())?;
            interface.source_candidates(instance.family).next()
        })
    };
    same_interface
        && source(a).is_some()
        && source(a) == source(b)
        && of_a
            .iter()
            .any(|peer| of_b.iter().any(|other| other.address == peer.address))
}

/// Two instances that are not in one sync group must not have the same virtual MAC.
fn shared_vmacs(instances: &mut [Completed], groups: &Groups, cx: &mut Context<'_>) {
    let mut first_of: HashMap<(IfName, Vrid, Family), usize> = HashMap::new();
    for position in 0..instances.len() {
        for key in vmacs(&instances[position].model) {
            let first = *first_of.entry(key.clone()).or_insert(position);
            if first == position
                || groups.together(&instances[first].model.name, &instances[position].model.name)
            {
                continue;
            }
            let other = instances[first].model.name.clone();
            let instance = &mut instances[position];
            let message = format!(
                "({}) would share the virtual MAC of VRID {} on {} with instance {other}",
                instance.model.name, key.1, key.0
            );
            cx.error(Code::SHARED_VMAC, instance.span, message);
            instance.model.config_faults.push(ConfigFault::SharedVmac(other));
            break;
        }
    }
}

/// The virtual MACs of an instance: its own, and those for its addresses.
fn vmacs(instance: &Instance) -> Vec<(IfName, Vrid, Family)> {
    let own = match (&instance.virtual_link, &instance.interface) {
        (Some(VirtualLink::Vmac { .. }), Some(interface)) => Some(interface.clone()),
        _ => None,
    };
    let addresses = instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses)
        .filter_map(|address| {
            let dev = address.dev.as_ref().or(instance.interface.as_ref())?;
            let elsewhere = Some(dev) != instance.interface.as_ref() || address.family() != instance.family;
            (address.use_vmac || (instance.use_vmac_addr && elsewhere))
                .then(|| (dev.clone(), instance.vrid, address.family()))
        });
    own.map(|interface| (interface, instance.vrid, instance.family))
        .into_iter()
        .chain(addresses)
        .collect()
}
