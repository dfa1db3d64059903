//! Addresses that a killed predecessor left where the router does not look for them.
//!
//! The router removes a virtual address that it finds in its place before it is master. A predecessor with another
//! configuration may have put the same address on another interface, or with another prefix length. What else has
//! keepalived's mark stays: a second daemon in the same network namespace may have put it there.

use kernel::operation::{Address, Object, Operation};
use model::interface::Interfaces;
use model::{IfName, Route, VrrpConfiguration};
use std::collections::HashMap;
use std::net::IpAddr;
use vrrp::LinkPlan;

/// Where an address belongs: its interface and its prefix length.
type Place<'a> = (Option<&'a IfName>, u8);

/// The removals of virtual addresses that are in the wrong place.
pub(super) fn removals(
    configuration: &VrrpConfiguration,
    plan: &LinkPlan,
    interfaces: &Interfaces,
) -> Vec<Operation> {
    let places = places(configuration, plan);
    let mut removals = Vec::new();
    for interface in &interfaces.0 {
        for address in &interface.addresses {
            let Some(places) = places.get(&address.prefix.address) else {
                continue;
            };
            let place = (Some(&interface.name), address.prefix.len);
            if address.protocol == Route::PROTOCOL && !places.contains(&place) {
                removals.push(Operation::Remove(Object::from(Address::present(
                    interface, address,
                ))));
            }
        }
    }
    removals
}

/// All places of each virtual address.
fn places<'a>(configuration: &'a VrrpConfiguration, plan: &'a LinkPlan) -> HashMap<IpAddr, Vec<Place<'a>>> {
    let mut places: HashMap<IpAddr, Vec<Place<'_>>> = HashMap::new();
    for (position, instance) in configuration.instances.iter().enumerate() {
        let addresses = instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses);
        for address in addresses {
            let interface = plan.interface_of(position, instance, address);
            let len = address.peer.map_or(address.prefix.len, |peer| peer.len);
            places
                .entry(address.prefix.address)
                .or_default()
                .push((interface, len));
        }
    }
    let statics = &configuration.static_objects.addresses;
    for address in statics {
        if let Some(places) = places.get_mut(&address.prefix.address) {
            places.push((address.dev.as_ref(), address.prefix.len));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::interface::{Interface, InterfaceAddress};
    use model::{Family, IfIndex, Instance, MacAddr, Prefix, VirtualAddress, Vrid, VrrpGlobals};

    const OURS: u8 = Route::PROTOCOL;

    fn configuration(vip: &str) -> VrrpConfiguration {
        let mut instance = Instance::new("V", Family::Ipv4, Vrid::try_from(51).unwrap());
        instance.interface = Some(IfName::new("eth0").unwrap());
        instance.virtual_addresses = vec![VirtualAddress::new(prefix(vip))];
        VrrpConfiguration {
            instances: vec![instance],
            ..VrrpConfiguration::default()
        }
    }

    fn prefix(text: &str) -> Prefix {
        let (address, len) = text.split_once('/').unwrap();
        Prefix {
            address: address.parse().unwrap(),
            len: len.parse().unwrap(),
        }
    }

    fn interface(index: u32, name: &str, addresses: &[(&str, u8)]) -> Interface {
        let mac = MacAddr([2, 0, 0, 0, 0, 1]);
        let addresses = addresses
            .iter()
            .map(|(address, protocol)| InterfaceAddress {
                prefix: prefix(address),
                peer: None,
                secondary: false,
                tentative: false,
                protocol: *protocol,
            })
            .collect();
        Interface {
            addresses,
            ..Interface::ethernet(IfIndex::new(index).unwrap(), IfName::new(name).unwrap(), mac)
        }
    }

    #[test]
    fn marked_virtual_addresses_in_the_wrong_place_go() {
        let eth0 = interface(
            2,
            "eth0",
            &[
                ("192.0.2.1/24", 0),
                ("192.0.2.9/32", OURS),
                ("192.0.2.9/24", OURS),
                ("192.0.2.10/32", OURS),
            ],
        );
        let eth1 = interface(3, "eth1", &[("192.0.2.9/32", OURS), ("192.0.2.9/25", 0)]);
        let configuration = configuration("192.0.2.9/32");
        let interfaces = Interfaces(vec![eth0.clone(), eth1.clone()]);
        let plan = LinkPlan::new(&configuration.instances, &VrrpGlobals::default(), &interfaces);
        let gone = removals(&configuration, &plan, &interfaces);
        let expected = [
            Address::present(&eth0, &eth0.addresses[2]),
            Address::present(&eth1, &eth1.addresses[0]),
        ];
        assert_eq!(
            gone,
            expected.map(|address| Operation::Remove(Object::from(address)))
        );
    }
}
