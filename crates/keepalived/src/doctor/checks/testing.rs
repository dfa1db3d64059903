//! A host where all is well: `eth0` with 192.0.2.1, instance `VI_1` with VRID 51 and 192.0.2.100.

use super::super::facts::{Confinement, DaemonState, Facts, Ipvs, Lock};
use super::super::listen::{Heard, ObservedAdvert, Talker};
use super::heard_as;
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{
    Configuration, Family, IfIndex, IfName, Instance, MacAddr, Micros, Prefix, Rule, RuleAction,
    VirtualAddress, Vrid,
};
use std::collections::BTreeMap;
use std::net::IpAddr;

fn prefix(address: &str, len: u8) -> Prefix {
    Prefix {
        address: address.parse().unwrap(),
        len,
    }
}

pub(super) fn configuration() -> Configuration {
    let mut instance = Instance::new("VI_1", Family::Ipv4, Vrid::try_from(51).unwrap());
    instance.interface = Some(IfName::new("eth0").unwrap());
    instance.virtual_addresses = vec![VirtualAddress::new(prefix("192.0.2.100", 24))];
    let mut configuration = Configuration::default();
    configuration.vrrp.instances.push(instance);
    configuration
}

pub(super) fn facts() -> Facts {
    let name = IfName::new("eth0").unwrap();
    let mut interface = Interface::ethernet(IfIndex::new(2).unwrap(), name, MacAddr([2, 0, 0, 0, 0, 1]));
    interface.addresses = vec![InterfaceAddress::new(prefix("192.0.2.1", 24))];
    Facts {
        interfaces: Interfaces(vec![interface]),
        sysctls: BTreeMap::new(),
        rights: caps::all(),
        clock_synchronised: Some(true),
        ipvs: Ipvs::Present,
        nftables: Ok("{\"nftables\": []}".to_owned()),
        iptables: [None, None],
        managers: Vec::new(),
        confinement: Confinement::default(),
        daemon: DaemonState {
            pid_file: "/run/keepalived.pid".into(),
            lock: Lock::Held { pid: 1234 },
            strays: Vec::new(),
        },
    }
}

/// Puts an address on `eth0`.
pub(super) fn hold(facts: &mut Facts, address: &str) {
    facts.interfaces.0[0]
        .addresses
        .push(InterfaceAddress::new(prefix(address, 24)));
}

/// Another router that is configured like this host and is master.
pub(super) fn hear(
    configuration: &Configuration,
    facts: &Facts,
    source: &str,
    change: impl FnOnce(&mut Talker),
) -> Heard {
    let (instance, key) = heard_as(configuration, facts).next().unwrap();
    let addresses = instance
        .virtual_addresses
        .iter()
        .map(|address| address.prefix.address);
    let mut talker = Talker {
        mac: MacAddr([2, 0, 0, 0, 0, 2]),
        seen: 4,
        delivered: 4,
        last: ObservedAdvert {
            version: 2,
            priority: 150,
            auth_type: 0,
            interval: Micros::SECOND,
            ttl: 255,
            addresses: addresses.collect(),
        },
    };
    change(&mut talker);
    let mut heard = Heard::default();
    heard.listened.push((key.interface, key.family));
    let source: IpAddr = source.parse().unwrap();
    heard.others.entry(key).or_default().insert(source, talker);
    heard
}

/// Some routing rule.
pub(super) fn rule() -> Rule {
    Rule::new(Family::Ipv4, 100, RuleAction::Table(100))
}
