use super::*;
use model::interface::LinkKind;
use model::{MacAddr, Prefix};

pub(crate) fn interface(index: u32, name: &str) -> Interface {
    let (index, name) = (IfIndex::new(index).unwrap(), IfName::new(name).unwrap());
    Interface::ethernet(index, name, MacAddr([2, 0, 0, 0, 0, 1]))
}

fn address(text: &str, len: u8) -> InterfaceAddress {
    InterfaceAddress::new(Prefix {
        address: text.parse().unwrap(),
        len,
    })
}

fn name(text: &str) -> IfName {
    IfName::new(text).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn a_virtual_address_is_no_source() {
    let mut eth0 = interface(2, "eth0");
    eth0.addresses = vec![
        address("10.0.0.100", 32),
        address("10.0.0.1", 24),
        address("fe80::1", 64),
    ];
    let mut links = Links::new(Interfaces(vec![eth0]));
    let id = links.intern(&name("eth0"));
    assert_eq!(links.source(id, Family::Ipv4), Some(ip("10.0.0.100")));
    let known = links.known_by_index_mut(IfIndex::new(2).unwrap()).unwrap();
    known.claim(ip("10.0.0.100"));
    assert_eq!(links.source(id, Family::Ipv4), Some(ip("10.0.0.1")));
    assert_eq!(links.source(id, Family::Ipv6), Some(ip("fe80::1")));
    assert!(links.remove_address(IfIndex::new(2).unwrap(), ip("10.0.0.1")));
    assert_eq!(links.source(id, Family::Ipv4), None);
    assert!(!links.add_address(IfIndex::new(2).unwrap(), address("10.0.0.100", 32)));
    let known = links.known_by_index_mut(IfIndex::new(2).unwrap()).unwrap();
    known.disclaim(ip("10.0.0.100"));
    assert_eq!(links.source(id, Family::Ipv4), Some(ip("10.0.0.100")));
}

#[test]
fn names_follow_interfaces_that_come_go_and_change_their_name() {
    let mut links = Links::new(Interfaces(vec![interface(2, "eth0")]));
    let (eth0, lan) = (links.intern(&name("eth0")), links.intern(&name("lan")));
    assert!(links.is_up(eth0));
    assert_eq!(links.index(lan), None);
    let changes = links.update(&interface(2, "lan"));
    assert_eq!(
        changes,
        [(eth0, LinkChange::Replaced), (lan, LinkChange::Replaced)]
    );
    assert_eq!((links.index(eth0), links.index(lan)), (None, IfIndex::new(2)));
    assert_eq!(
        links.remove(IfIndex::new(2).unwrap()),
        [(lan, LinkChange::Replaced)]
    );
    assert!(!links.is_up(lan));
    assert_eq!(links.update(&interface(7, "lan")), [(lan, LinkChange::Replaced)]);
    assert_eq!(links.index(lan), IfIndex::new(7));
    let mut other = interface(8, "wan");
    other.alt_names = vec!["eth0".to_owned()];
    assert_eq!(links.update(&other), [(eth0, LinkChange::Replaced)]);
    assert_eq!(links.index(eth0), IfIndex::new(8));
}

#[test]
fn a_stacked_interface_follows_its_base() {
    let mut vmac = interface(3, "vrrp.51");
    (vmac.kind, vmac.base) = (LinkKind::PrivateMacvlan, IfIndex::new(2));
    let mut links = Links::new(Interfaces(vec![interface(2, "eth0"), vmac]));
    let (eth0, vrrp) = (links.intern(&name("eth0")), links.intern(&name("vrrp.51")));
    assert!(links.is_up(vrrp));
    let mut down = interface(2, "eth0");
    down.running = false;
    assert_eq!(
        links.update(&down),
        [(eth0, LinkChange::UpDown), (vrrp, LinkChange::UpDown)]
    );
    assert!(!links.is_up(vrrp));
    assert_eq!(links.base(IfIndex::new(3).unwrap()), IfIndex::new(2).unwrap());
}

#[test]
fn an_interface_that_changes_in_both_ways_says_so() {
    let mut links = Links::new(Interfaces(vec![interface(2, "eth0")]));
    let eth0 = links.intern(&name("eth0"));
    let mut other = interface(2, "eth0");
    (other.running, other.mac) = (false, Some(MacAddr([2, 0, 0, 0, 0, 9])));
    assert_eq!(
        links.update(&other),
        [(eth0, LinkChange::UpDown), (eth0, LinkChange::Properties)]
    );
    assert_eq!(links.update(&other).len(), 0);
}

#[test]
fn delays_count_once_the_link_has_been_up() {
    let mut down = interface(2, "eth0");
    down.up = false;
    let mut links = Links::new(Interfaces(vec![down.clone()]));
    let eth0 = links.intern(&name("eth0"));
    let delays = InterfaceDelays {
        interface: name("eth0"),
        down: Micros(200),
        up: Micros(300),
    };
    links.set_delays(eth0, delays);
    assert_eq!(links.update(&interface(2, "eth0")), [(eth0, LinkChange::UpDown)]);
    assert_eq!(links.update(&down), [(eth0, LinkChange::Delayed(Micros(200)))]);
    assert!(links.is_up(eth0));
    assert_eq!(
        links.update(&interface(2, "eth0")),
        [(eth0, LinkChange::DelayCancelled)]
    );
    assert_eq!(links.update(&down), [(eth0, LinkChange::Delayed(Micros(200)))]);
    assert_eq!(links.delay_over(eth0), LinkChange::UpDown);
    assert!(!links.is_up(eth0));
    assert_eq!(
        links.update(&interface(2, "eth0")),
        [(eth0, LinkChange::Delayed(Micros(300)))]
    );
    assert_eq!(links.delay_over(eth0), LinkChange::UpDown);
    assert!(links.is_up(eth0));
}
