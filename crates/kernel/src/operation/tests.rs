use super::*;
use model::interface::{Interface, InterfaceAddress, Interfaces, LinkKind};
use model::{Broadcast, Family, IfName, PreferredLifetime, Prefix, RuleAction, VirtualAddress};
use nix::errno::Errno;

fn name(name: &str) -> IfName {
    IfName::new(name).unwrap()
}

fn index(index: u32) -> IfIndex {
    IfIndex::new(index).unwrap()
}

fn prefix(text: &str) -> Prefix {
    let (address, len) = text.split_once('/').unwrap();
    Prefix {
        address: address.parse().unwrap(),
        len: len.parse().unwrap(),
    }
}

fn interface(number: u32, text: &str) -> Interface {
    Interface {
        index: index(number),
        name: name(text),
        alt_names: Vec::new(),
        kind: LinkKind::Other,
        up: true,
        running: true,
        loopback: false,
        multicast: true,
        broadcast: true,
        noarp: false,
        ethernet: true,
        mtu: 1500,
        mac: None,
        base: None,
        master: None,
        group: 0,
        addresses: Vec::new(),
    }
}

fn address_on(interface: &Interface, line: &VirtualAddress) -> Address {
    Address::new(interface.index, interface.name.clone(), line)
}

#[test]
fn defaults_of_addresses_follow_the_family() {
    let eth0 = interface(2, "eth0");
    let v4 = address_on(&eth0, &VirtualAddress::new(prefix("192.0.2.1/32")));
    assert_eq!(v4.flags, 0);
    assert_eq!(v4.preferred_lft, PreferredLifetime::Forever);
    let host = address_on(&eth0, &VirtualAddress::new(prefix("2001:db8::1/128")));
    assert_eq!(host.flags, Address::NODAD);
    assert_eq!(host.preferred_lft, PreferredLifetime::Seconds(0));
    let net = address_on(&eth0, &VirtualAddress::new(prefix("2001:db8::1/64")));
    assert_eq!(net.preferred_lft, PreferredLifetime::Forever);

    let mut line = VirtualAddress::new(prefix("2001:db8::1/128"));
    line.flags.leave_dad = true;
    line.flags.home = true;
    line.flags.mngtmpaddr = true;
    line.flags.noprefixroute = true;
    line.flags.autojoin = true;
    line.preferred_lft = Some(PreferredLifetime::Seconds(30));
    line.label = Some("never".to_owned());
    let flagged = address_on(&eth0, &line);
    assert_eq!(flagged.flags, 0x710);
    assert_eq!(flagged.preferred_lft, PreferredLifetime::Seconds(30));
    assert_eq!(flagged.label, None);
}

#[test]
fn broadcast_is_computed_from_the_prefix() {
    let eth0 = interface(2, "eth0");
    let of = |text: &str, broadcast| {
        let mut line = VirtualAddress::new(prefix(text));
        line.broadcast = Some(broadcast);
        address_on(&eth0, &line).broadcast.unwrap().to_string()
    };
    assert_eq!(of("192.0.2.77/24", Broadcast::HostBitsSet), "192.0.2.255");
    assert_eq!(of("192.0.2.77/24", Broadcast::HostBitsCleared), "192.0.2.0");
    assert_eq!(of("192.0.2.77/0", Broadcast::HostBitsSet), "255.255.255.255");
    assert_eq!(
        of("192.0.2.77/24", Broadcast::Address([1, 2, 3, 4].into())),
        "1.2.3.4"
    );
}

#[test]
fn errors_name_the_object() {
    let eth0 = interface(2, "eth0");
    let address = Object::from(address_on(&eth0, &VirtualAddress::new(prefix("192.0.2.1/32"))));
    let error = OperationError::new(&Operation::Add(address.clone()), Errno::EPERM, None);
    assert_eq!(
        error.to_string(),
        "adding 192.0.2.1/32 to eth0: Operation not permitted"
    );
    let error = OperationError::new(
        &Operation::Remove(address),
        Errno::EINVAL,
        Some("Invalid prefix length"),
    );
    assert_eq!(
        error.to_string(),
        "removing 192.0.2.1/32 from eth0: Invalid argument (Invalid prefix length)"
    );
    let rule = Object::from(Rule(model::Rule::new(Family::Ipv4, 100, RuleAction::Table(5))));
    assert_eq!(
        Operation::Add(rule).to_string(),
        "adding IPv4 rule 100: from all lookup 5"
    );
}

#[test]
fn undo_is_its_own_inverse() {
    let sysctl = Object::from(Sysctl::of_interface(Family::Ipv4, &name("eth0"), "arp_ignore", 1));
    let add = Operation::Add(sysctl);
    assert_eq!(add.to_string(), "setting net/ipv4/conf/eth0/arp_ignore to 1");
    assert_eq!(add.undo().to_string(), "restoring net/ipv4/conf/eth0/arp_ignore");
    assert_eq!(add.undo().undo(), add);
}

#[test]
fn keys_are_what_the_kernel_compares() {
    let eth0 = interface(2, "eth0");
    let key = |text: &str| address_on(&eth0, &VirtualAddress::new(prefix(text))).key();
    assert_ne!(key("192.0.2.1/24"), key("192.0.2.1/32"));
    assert_eq!(key("2001:db8::1/64"), key("2001:db8::1/128"));
    let present = InterfaceAddress {
        prefix: prefix("192.0.2.1/24"),
        peer: None,
        secondary: false,
        tentative: false,
        protocol: 18,
    };
    assert_eq!(Address::present(&eth0, &present).key(), key("192.0.2.1/24"));
}

#[test]
fn routes_go_into_the_table_of_their_vrf() {
    let mut port = interface(2, "eth0");
    port.master = Some(index(3));
    let mut vrf = interface(3, "blue");
    vrf.kind = LinkKind::Vrf { table: 10 };
    let interfaces = Interfaces(vec![port, vrf]);

    let mut line = model::Route::new(Family::Ipv4, Some(prefix("10.1.2.3/8")));
    assert_eq!(Route::resolve(&line, &interfaces).unwrap().table, Route::MAIN);
    line.dev = Some(name("eth0"));
    let route = Route::resolve(&line, &interfaces).unwrap();
    assert_eq!(route.table, 10);
    assert_eq!(route.key().destination, Some(prefix("10.0.0.0/8")));
    line.dev = Some(name("eth9"));
    assert_eq!(
        Route::resolve(&line, &interfaces),
        Err(UnknownInterface(name("eth9")))
    );
}

#[test]
fn the_kernels_report_of_a_route_is_recognised() {
    let mut line = model::Route::new(Family::Ipv6, Some(prefix("2001:db8::/32")));
    line.via = Some("fe80::1".parse().unwrap());
    let wanted = Route::resolve(&line, &Interfaces::default()).unwrap().key();
    let reported = RouteKey {
        interface: Some(index(7)),
        ..wanted
    };
    assert_eq!(reported.metric, 1024);
    assert!(reported.is(&wanted));
    assert!(!RouteKey { table: 9, ..reported }.is(&wanted));
}

#[test]
fn networks_have_no_host_bits() {
    for (text, expected) in [
        ("10.1.2.3/8", Some("10.0.0.0/8")),
        ("10.1.2.3/32", Some("10.1.2.3/32")),
        ("10.1.2.3/99", Some("10.1.2.3/99")),
        ("10.1.2.3/0", None),
        ("2001:db8::1/1", Some("::/1")),
        ("2001:db8::1/128", Some("2001:db8::1/128")),
        ("2001:db8::1/200", Some("2001:db8::1/200")),
    ] {
        assert_eq!(network(prefix(text)), expected.map(prefix), "{text}");
    }
}
