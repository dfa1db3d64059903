//! The kernel's notifications.

use crate::lab::{cable, interface, isolated, named, prefix, run};
use kernel::monitor::{Change, Monitor, Watch};
use kernel::{ReceiveBuffer, snapshot};
use model::IfIndex;
use model::interface::{Interface, InterfaceAddress, Interfaces};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd;

fn open(watch: Watch) -> Monitor {
    Monitor::open(watch, ReceiveBuffer::Default).unwrap()
}

/// Everything that has been reported so far. What a command did is reported before it ends.
fn drain(monitor: &mut Monitor) -> Vec<Change> {
    let mut changes = Vec::new();
    while monitor.read(&mut changes).unwrap() {}
    changes
}

/// Reads on until the picture is as `wanted` says, and returns what was reported until then. Carrier comes and goes a
/// little later than the command that causes it.
fn until(monitor: &mut Monitor, wanted: impl Fn(&Monitor) -> bool) -> Vec<Change> {
    let mut changes = drain(monitor);
    while !wanted(monitor) {
        let mut descriptors = [PollFd::new(monitor.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut descriptors, PollTimeout::from(10_000_u16)).unwrap();
        assert_eq!(ready, 1, "only {changes:?}");
        changes.extend(drain(monitor));
    }
    changes
}

fn is_up(monitor: &Monitor, index: IfIndex) -> bool {
    monitor.interface(index).unwrap().is_up()
}

fn index(monitor: &Monitor, name: &str) -> IfIndex {
    find(monitor, name).unwrap().index
}

fn find<'a>(monitor: &'a Monitor, name: &str) -> Option<&'a Interface> {
    monitor
        .interfaces()
        .find(|interface| interface.name.as_str() == name)
}

/// The kernel puts new addresses between others, by their scope.
fn sorted(mut interfaces: Interfaces) -> Interfaces {
    interfaces.0.sort_by_key(|interface| interface.index);
    for interface in &mut interfaces.0 {
        interface.addresses.sort_by_key(|address| address.prefix);
    }
    interfaces
}

fn address(text: &str) -> InterfaceAddress {
    InterfaceAddress {
        prefix: prefix(text),
        peer: None,
        secondary: false,
        tentative: false,
        protocol: 0,
    }
}

#[test]
fn links_come_change_and_go() {
    isolated("monitor::links_come_change_and_go", || {
        let mut monitor = open(Watch::default());
        run("ip link add v0 type veth peer name v1");
        let added = drain(&mut monitor);
        let v0 = index(&monitor, "v0");
        assert!(added.contains(&Change::LinkAdded(v0)), "{added:?}");
        assert!(!monitor.interface(v0).unwrap().up);

        run("ip link set v0 up");
        run("ip link set v1 up");
        until(&mut monitor, |monitor| is_up(monitor, v0));

        run("ip link set v1 down");
        let down = until(&mut monitor, |monitor| !is_up(monitor, v0));
        let was_up = |change: &Change| matches!(change, Change::LinkChanged { before } if before.index == v0 && before.is_up());
        assert!(down.iter().any(was_up), "{down:?}");

        run("ip link set v0 down");
        run("ip link set v0 name other");
        run("ip link set other mtu 1400");
        drain(&mut monitor);
        let renamed = monitor.interface(v0).unwrap();
        assert_eq!((&renamed.name, renamed.mtu), (&named("other"), 1400));

        run("ip link del other");
        let gone = drain(&mut monitor);
        assert!(
            gone.iter()
                .any(|change| matches!(change, Change::LinkRemoved { before } if before.index == v0)),
            "{gone:?}"
        );
        assert_eq!(monitor.interface(v0), None);
        assert_eq!(drain(&mut monitor), []);
    });
}

#[test]
fn a_bridge_port_that_leaves_is_no_deleted_link() {
    isolated("monitor::a_bridge_port_that_leaves_is_no_deleted_link", || {
        cable("v0", "v1");
        run("ip link add br0 type bridge");
        run("ip link set v0 master br0");
        let mut monitor = open(Watch::default());
        run("ip link set v0 nomaster");
        let changes = drain(&mut monitor);
        assert!(
            !changes
                .iter()
                .any(|change| matches!(change, Change::LinkRemoved { .. })),
            "{changes:?}"
        );
        assert_eq!(find(&monitor, "v0").unwrap().master, None);
    });
}

#[test]
fn addresses_come_and_go() {
    isolated("monitor::addresses_come_and_go", || {
        cable("v0", "v1");
        let mut monitor = open(Watch::default());
        let v0 = index(&monitor, "v0");
        run("ip addr add 10.1.0.1/24 dev v0");
        run("ip addr add 10.1.0.2/24 dev v0");
        run("ip addr add 2001:db8::1/64 dev v0 nodad");
        let secondary = InterfaceAddress {
            secondary: true,
            ..address("10.1.0.2/24")
        };
        let added = [address("10.1.0.1/24"), secondary, address("2001:db8::1/64")];
        // The kernel tells of an IPv6 address a little later.
        let changes = until(&mut monitor, |monitor| {
            monitor.interface(v0).unwrap().addresses.contains(&added[2])
        });
        assert_eq!(changes, added.map(|address| Change::AddressAdded(v0, address)));
        // Removing the primary address takes the secondary one along; nobody has asked for that.
        run("ip addr del 10.1.0.1/24 dev v0");
        let removed = [secondary, address("10.1.0.1/24")];
        assert_eq!(
            drain(&mut monitor),
            removed.map(|address| Change::AddressRemoved(v0, address))
        );
        assert_eq!(sorted(monitor.snapshot()), sorted(snapshot().unwrap()));
        run("ip link del v0");
        let gone = drain(&mut monitor);
        assert!(
            gone.contains(&Change::AddressRemoved(v0, address("2001:db8::1/64"))),
            "{gone:?}"
        );
        assert!(
            matches!(gone.last(), Some(Change::LinkRemoved { .. })),
            "{gone:?}"
        );
    });
}

#[test]
fn lost_notifications_are_made_up_for() {
    isolated("monitor::lost_notifications_are_made_up_for", || {
        cable("v0", "v1");
        run("ip addr add 10.1.0.1/24 dev v0");
        run("ip addr add 10.1.0.2/24 dev v0");
        run("ip link add w0 type veth peer name w1");
        let mut monitor = Monitor::open(Watch::default(), ReceiveBuffer::Limited(4096)).unwrap();
        let (v0, w0) = (index(&monitor, "v0"), index(&monitor, "w0"));
        for last in 1..=50 {
            run(&format!("ip addr add 10.2.0.{last}/32 dev v0"));
        }
        run("ip addr del 10.1.0.2/24 dev v0");
        run("ip link del w0");
        run("ip link set v1 down");
        let changes = until(&mut monitor, |monitor| !is_up(monitor, v0));
        assert_eq!(
            changes
                .iter()
                .filter(|change| **change == Change::Resynchronised)
                .count(),
            1
        );
        let added = changes
            .iter()
            .filter(|change| matches!(change, Change::AddressAdded(index, _) if *index == v0))
            .count();
        assert_eq!(added, 50);
        let secondary = InterfaceAddress {
            secondary: true,
            ..address("10.1.0.2/24")
        };
        assert!(changes.contains(&Change::AddressRemoved(v0, secondary)));
        assert!(
            changes
                .iter()
                .any(|change| matches!(change, Change::LinkRemoved { before } if before.index == w0))
        );
        assert!(
            changes
                .iter()
                .any(|change| matches!(change, Change::LinkChanged { before } if before.index == v0))
        );
        assert_eq!(sorted(monitor.snapshot()), sorted(snapshot().unwrap()));
        run("ip addr add 10.3.0.1/32 dev v0");
        assert_eq!(
            drain(&mut monitor),
            [Change::AddressAdded(v0, address("10.3.0.1/32"))]
        );
    });
}

/// The changes of routes and rules.
fn routing(mut changes: Vec<Change>) -> Vec<Change> {
    changes.retain(|change| {
        matches!(
            change,
            Change::RouteAdded(_) | Change::RouteRemoved(_) | Change::RuleAdded(_) | Change::RuleRemoved(_)
        )
    });
    changes
}

#[test]
fn routes_and_rules_of_others_are_not_reported() {
    isolated("monitor::routes_and_rules_of_others_are_not_reported", || {
        cable("v0", "v1");
        run("ip addr add 10.1.0.1/24 dev v0");
        let watch = Watch {
            routes: true,
            rules: true,
        };
        let mut monitor = open(watch);
        run("ip route add 10.9.0.0/24 via 10.1.0.2 proto bgp");
        run("ip -6 route add 2001:db8:9::/48 dev v0 proto bgp");
        run("ip rule add pref 100 lookup 9 proto static");
        assert_eq!(routing(drain(&mut monitor)), []);

        run("ip route add 10.8.0.0/24 via 10.1.0.2 proto 18");
        run("ip rule add pref 101 lookup 9 proto 18");
        let added = routing(drain(&mut monitor));
        assert!(
            matches!(added.as_slice(), [Change::RouteAdded(_), Change::RuleAdded(_)]),
            "{added:?}"
        );
        // Taking the interface down drops the route, about which the kernel says nothing.
        run("ip link set v0 down");
        let down = routing(drain(&mut monitor));
        assert!(
            down.iter()
                .any(|change| matches!(change, Change::RouteRemoved(_))),
            "{down:?}"
        );
        run("ip rule del pref 101");
        let gone = routing(drain(&mut monitor));
        assert!(matches!(gone.as_slice(), [Change::RuleRemoved(_)]), "{gone:?}");
        assert!(!interface(&monitor.snapshot(), "v0").up);
    });
}
