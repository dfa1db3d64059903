//! Configurations and packets for the tests.

use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{
    Family, IfIndex, IfName, Instance, MacAddr, Peer, Prefix, Priority, SyncGroup, Tracking, Transport,
    UnicastChecksum, VirtualAddress, Vrid, VrrpConfiguration,
};
use std::net::{IpAddr, Ipv4Addr};

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn prefix(text: &str) -> Prefix {
    let (address, len) = text.split_once('/').unwrap();
    Prefix {
        address: ip(address),
        len: len.parse().unwrap(),
    }
}

pub(crate) fn name(text: &str) -> IfName {
    IfName::new(text).unwrap()
}

pub(crate) fn index(number: u32) -> IfIndex {
    IfIndex::new(number).unwrap()
}

pub(crate) fn priority(value: u8) -> Priority {
    Priority::try_from(value).unwrap()
}

pub(crate) fn vip(text: &str) -> VirtualAddress {
    VirtualAddress::new(prefix(text))
}

/// An IPv4 instance on `eth0` with one address, `10.0.0.100`.
pub(crate) fn instance(instance_name: &str, vrid: u8, value: u8) -> Instance {
    let mut instance = Instance::new(instance_name, Family::Ipv4, Vrid::try_from(vrid).unwrap());
    instance.interface = Some(name("eth0"));
    instance.priority = priority(value);
    if value == 255 {
        instance.initial_state = model::InitialState::Master;
    }
    instance.virtual_addresses = vec![vip("10.0.0.100/32")];
    instance
}

pub(crate) fn unicast(peers: &[&str]) -> Transport {
    let peer = |text: &&str| Peer {
        address: ip(text),
        min_ttl: 0,
        max_ttl: 255,
    };
    Transport::Unicast {
        peers: peers.iter().map(peer).collect(),
        check_source: false,
        ttl: None,
        checksum: UnicastChecksum::Detect,
        old_checksum_group: IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
    }
}

pub(crate) fn config(instances: Vec<Instance>) -> VrrpConfiguration {
    VrrpConfiguration {
        instances,
        ..VrrpConfiguration::default()
    }
}

pub(crate) fn group(group_name: &str, members: &[&str]) -> SyncGroup {
    SyncGroup {
        name: group_name.to_owned(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
        tracking_weight: false,
        tracking: Tracking::default(),
        notifications: model::Notifications::default(),
    }
}

pub(crate) fn ethernet(number: u32, interface: &str, addresses: &[&str]) -> Interface {
    let mac = MacAddr([2, 0, 0, 0, 0, u8::try_from(number).unwrap()]);
    let mut ethernet = Interface::ethernet(index(number), name(interface), mac);
    ethernet.addresses = addresses
        .iter()
        .map(|text| InterfaceAddress::new(prefix(text)))
        .collect();
    ethernet
}

/// `eth0` with index 2 and 10.0.0.1/24, `eth1` with index 3 and 10.0.1.1/24.
pub(crate) fn interfaces() -> Interfaces {
    Interfaces(vec![
        ethernet(2, "eth0", &["10.0.0.1/24", "fe80::1/64"]),
        ethernet(3, "eth1", &["10.0.1.1/24", "fe80::2/64"]),
    ])
}
