//! The section of the interfaces.

use super::snapshot::{InstanceView, Snapshot};
use crate::dump::{Significant, Text, put};
use model::Micros;
use model::interface::{Interface, LinkKind};
use std::net::IpAddr;

/// Adds the section.
pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.interfaces.0.is_empty() {
        text.section("Interfaces");
    }
    for interface in &snapshot.interfaces.0 {
        put!(text, " Name = {}", interface.name);
        put!(text, "   index = {}", interface.index.value());
        addresses(text, "IPv4", interface, IpAddr::is_ipv4);
        addresses(text, "IPv6", interface, IpAddr::is_ipv6);
        if let Some(mac) = interface.mac {
            put!(text, "   MAC = {mac}");
        }
        put!(text, "   State = {}", state(interface));
        delays(text, interface, snapshot);
        put!(text, "   Group = {}", interface.group);
        if let Some(kind) = kind(interface) {
            let base = snapshot.interfaces.base_of(interface);
            put!(
                text,
                "   {kind}, underlying interface = {}, state = {}",
                base.name,
                state(base)
            );
        }
        put!(text, "   MTU = {}", interface.mtu);
        let hardware = match (interface.ethernet, interface.loopback) {
            (true, _) => "ETHERNET",
            (false, true) => "LOOPBACK",
            (false, false) => "UNKNOWN",
        };
        put!(text, "   HW Type = {hardware}");
        limits(text, interface, snapshot);
        users(text, interface, snapshot);
    }
}

/// The first address, and the others below it.
fn addresses(text: &mut Text, family: &str, interface: &Interface, is_meant: fn(&IpAddr) -> bool) {
    let mut all = interface
        .addresses
        .iter()
        .map(|address| address.prefix.address)
        .filter(is_meant);
    match all.next() {
        None => put!(text, "   {family} address = (none)"),
        Some(first) => put!(text, "   {family} address = {first}"),
    }
    let others: Vec<_> = all.collect();
    if !others.is_empty() {
        put!(text, "   Additional {family} addresses :");
    }
    for other in others {
        put!(text, "     {other}");
    }
}

fn state(interface: &Interface) -> String {
    let not = |is: bool| if is { "" } else { "not " };
    let mut state = format!("{}UP, {}RUNNING", not(interface.up), not(interface.running));
    for (is_so, word) in [
        (!interface.broadcast, ", no broadcast"),
        (interface.loopback, ", loopback"),
        (!interface.multicast, ", no multicast"),
    ] {
        if is_so {
            state.push_str(word);
        }
    }
    state
}

const fn kind(interface: &Interface) -> Option<&'static str> {
    match interface.kind {
        LinkKind::PrivateMacvlan => Some("VMAC type private"),
        LinkKind::Macvlan => Some("VMAC"),
        LinkKind::Ipvlan => Some("IPVLAN"),
        LinkKind::Other | LinkKind::Vrf { .. } => None,
    }
}

fn delays(text: &mut Text, interface: &Interface, snapshot: &Snapshot) {
    let mut all = snapshot.configuration.interface_delays.iter();
    let delays = all.find(|delays| delays.interface == interface.name);
    let (up, down) = delays.map_or((Micros::ZERO, Micros::ZERO), |delays| (delays.up, delays.down));
    put!(text, "   Up debounce timer = {}us", up.0);
    put!(text, "   Down debounce timer = {}us", down.0);
}

fn limits(text: &mut Text, interface: &Interface, snapshot: &Snapshot) {
    let groups = (1_u32..).zip(&snapshot.configuration.garp_groups);
    for (number, group) in groups {
        if !group.interfaces.contains(&interface.name) {
            continue;
        }
        if let Some(interval) = group.garp_interval {
            put!(text, "   Gratuitous ARP interval {}s", Significant(interval));
        }
        if let Some(interval) = group.gna_interval {
            put!(text, "   Gratuitous NA interval {}s", Significant(interval));
        }
        put!(text, "   Gratuitous ARP aggregation group {number}");
    }
}

/// The instances that an interface matters to: those on it, and those that track it.
fn users(text: &mut Text, interface: &Interface, snapshot: &Snapshot) {
    let is_on = |instance: &InstanceView| {
        !instance.config.dont_track_primary
            && [&instance.interface, &instance.config.interface]
                .into_iter()
                .flatten()
                .any(|name| *name == interface.name)
    };
    let weight = |instance: &InstanceView| {
        let mut tracked = instance.config.tracking.interfaces.iter();
        let entry = tracked.find(|entry| entry.target == interface.name);
        entry
            .map(|entry| i32::from(entry.weight.0))
            .or_else(|| is_on(instance).then_some(0))
    };
    let users: Vec<_> = snapshot
        .instances
        .iter()
        .filter_map(|instance| Some((&instance.config.name, weight(instance)?)))
        .collect();
    if !users.is_empty() {
        put!(text, "   Tracking VRRP instances :");
    }
    for (name, weight) in users {
        put!(text, "     {name}, weight {weight}");
    }
}
