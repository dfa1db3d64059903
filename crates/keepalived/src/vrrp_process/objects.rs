//! From what the router wants to what the kernel takes.

use kernel::operation::{
    Address, FirewallEntry, IpvlanMode, Link, LinkShape, Object, Operation, Route, Rule, UnknownInterface,
};
use model::IfIndex;
use model::interface::{Interfaces, LinkKind, is_link_local};
use std::cell::LazyCell;
use std::net::IpAddr;
use vrrp::{Change, PlacedAddress, Presence, WantedLink, WantedLinkKind};

/// The operation that makes a change. `interfaces` gives the names in a route their meaning.
pub(super) fn operation(
    change: &Change,
    interfaces: &LazyCell<Interfaces, impl FnOnce() -> Interfaces>,
) -> Result<Operation, UnknownInterface> {
    let object = match &*change.object {
        vrrp::Object::Link(link) => Object::from(self::link(link, interfaces)?),
        vrrp::Object::Address(placed) => Object::from(Address::new(
            placed.index,
            placed.interface.clone(),
            &placed.address,
        )),
        vrrp::Object::Route(route) => Object::from(Route::resolve(route, interfaces)?),
        vrrp::Object::Rule(rule) => Object::from(Rule(rule.clone())),
        vrrp::Object::Refuse(placed) => Object::from(refusal(placed)),
    };
    Ok(match change.presence {
        Presence::Present => Operation::Add(object),
        Presence::Absent => Operation::Remove(object),
    })
}

/// A VMAC or ipvlan on the interface that is below it now, in the same link group and VRF unless configured otherwise.
fn link(wanted: &WantedLink, interfaces: &Interfaces) -> Result<Link, UnknownInterface> {
    let base = interfaces
        .by_name(wanted.base.as_str())
        .ok_or_else(|| UnknownInterface(wanted.base.clone()))?;
    let is_vrf = |master: &IfIndex| {
        let master = interfaces.by_index(*master);
        master.is_some_and(|master| matches!(master.kind, LinkKind::Vrf { .. }))
    };
    Ok(Link {
        name: wanted.name.clone(),
        shape: match wanted.kind {
            WantedLinkKind::Vmac { mac, .. } => LinkShape::Vmac(mac),
            WantedLinkKind::Ipvlan { mode, .. } => LinkShape::Ipvlan(match mode {
                0 => IpvlanMode::Bridge,
                1 => IpvlanMode::Private,
                _ => IpvlanMode::Vepa,
            }),
        },
        base: base.index,
        base_name: base.name.clone(),
        group: wanted.group.unwrap_or(base.group),
        vrf: base.master.filter(is_vrf),
    })
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
