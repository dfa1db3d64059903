//! From what the router wants to what the kernel takes.

use super::firewall::Firewall;
use kernel::operation::{
    Address, FirewallEntry, IpvlanMode, Link, LinkShape, Object, Operation, Route, Rule, Sysctl,
    UnknownInterface,
};
use model::interface::{Interfaces, LinkKind, is_link_local};
use model::{Family, IfIndex};
use std::cell::LazyCell;
use std::net::IpAddr;
use vrrp::{Change, PlacedAddress, Presence, WantedLink, WantedLinkKind};

/// The operation that makes a change; nothing for an entry of a firewall that is off. `interfaces` gives the names in a
/// route their meaning.
pub(super) fn operation(
    change: &Change,
    interfaces: &LazyCell<Interfaces, impl FnOnce() -> Interfaces>,
    firewall: &Firewall,
) -> Result<Option<Operation>, UnknownInterface> {
    let object = match &*change.object {
        vrrp::Object::Setting(setting) => Object::from(Sysctl::of_interface(
            Family::Ipv4,
            &setting.interface,
            setting.name,
            setting.value,
        )),
        vrrp::Object::Link(link) => Object::from(self::link(link, interfaces, firewall)?),
        vrrp::Object::Address(placed) => Object::from(Address::new(
            placed.index,
            placed.interface.clone(),
            &placed.address,
        )),
        vrrp::Object::Route(route) => Object::from(Route::resolve(route, interfaces)?),
        vrrp::Object::Rule(rule) => Object::from(Rule(rule.clone())),
        vrrp::Object::Refuse(_) | vrrp::Object::Unadvertised(_) if !firewall.is_on() => return Ok(None),
        vrrp::Object::Refuse(placed) => Object::from(refusal(placed)),
        vrrp::Object::Unadvertised(placed) => match placed.ip() {
            IpAddr::V6(address) => Object::from(FirewallEntry::ParentLinkLocal {
                address,
                vmac: placed.interface.clone(),
            }),
            IpAddr::V4(_) => return Ok(None),
        },
    };
    Ok(Some(match change.presence {
        Presence::Present => Operation::Add(object),
        Presence::Absent => Operation::Remove(object),
    }))
}

/// A VMAC or ipvlan on the interface that is below it now, in the same link group and VRF unless configured otherwise.
pub(super) fn link(
    wanted: &WantedLink,
    interfaces: &Interfaces,
    firewall: &Firewall,
) -> Result<Link, UnknownInterface> {
    let base = interfaces
        .by_name(wanted.base.as_str())
        .ok_or_else(|| UnknownInterface(wanted.base.clone()))?;
    let is_vrf = |master: &IfIndex| {
        let master = interfaces.by_index(*master);
        master.is_some_and(|master| matches!(master.kind, LinkKind::Vrf { .. }))
    };
    let (shape, reports) = match wanted.kind {
        WantedLinkKind::Vmac { mac, .. } => {
            let reports = firewall.leads_reports(wanted.family).then_some(wanted.family);
            (LinkShape::Vmac(mac), reports)
        }
        WantedLinkKind::Ipvlan { mode, .. } => {
            let mode = match mode {
                0 => IpvlanMode::Bridge,
                1 => IpvlanMode::Private,
                _ => IpvlanMode::Vepa,
            };
            (LinkShape::Ipvlan(mode), None)
        }
    };
    Ok(Link {
        name: wanted.name.clone(),
        shape,
        base: base.index,
        base_name: base.name.clone(),
        group: wanted.group.unwrap_or(base.group),
        vrf: base.master.filter(is_vrf),
        settings: own_settings(wanted),
        reports,
    })
}

/// The settings that a link has from its making (`spec/vrrp-protocol.md` section 12).
fn own_settings(link: &WantedLink) -> Vec<Sysctl> {
    let setting = |family, name, value| Sysctl::of_interface(family, &link.name, name, value);
    match (link.kind, link.family) {
        (WantedLinkKind::Vmac { .. }, Family::Ipv4) => {
            let mut settings = vec![
                setting(Family::Ipv4, "arp_ignore", 1),
                setting(Family::Ipv4, "accept_local", 1),
                setting(Family::Ipv4, "rp_filter", 0),
                setting(Family::Ipv4, "promote_secondaries", 1),
            ];
            if !link.carries_ipv6 {
                settings.push(setting(Family::Ipv6, "disable_ipv6", 1));
            }
            settings
        }
        // Autoconfiguration would make an address of the virtual MAC address, the same one on every router.
        (WantedLinkKind::Vmac { .. }, Family::Ipv6) => vec![
            setting(Family::Ipv4, "arp_ignore", 1),
            setting(Family::Ipv6, "accept_ra", 0),
        ],
        (WantedLinkKind::Ipvlan { .. }, Family::Ipv4) => {
            vec![setting(Family::Ipv4, "promote_secondaries", 1)]
        }
        (WantedLinkKind::Ipvlan { .. }, Family::Ipv6) => Vec::new(),
    }
}

/// The firewall's entry that has packets to and from an address dropped.
fn refusal(placed: &PlacedAddress) -> FirewallEntry {
    match placed.ip() {
        IpAddr::V6(address) if is_link_local(address) => FirewallEntry::LinkLocalVip {
            address,
            interface: placed.index,
            name: placed.interface.clone(),
        },
        address => FirewallEntry::Vip(address),
    }
}
