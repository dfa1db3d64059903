//! What is asked of the kernel, and what others do to it (`spec/vrrp-protocol.md` sections 6.1, 6.7 and 11).

use crate::build::{config, ethernet, index, instance, interfaces, ip, name, prefix, vip};
use crate::lab::{Kernel, Lab};
use model::interface::{InterfaceAddress, Interfaces};
use model::{Family, Micros, Route, Rule, RuleAction, StaticObjects, TrackGroup, VrrpConfiguration};
use vrrp::{Cause, Input, Outcome, Owner, Presence, State};

fn taken_away(lab: &mut Lab, address: &str) {
    lab.objects
        .retain(|_, object| !matches!(object, vrrp::Object::Address(placed) if placed.ip() == ip(address)));
    lab.input(Input::AddressRemoved {
        interface: index(2),
        address: ip(address),
    });
}

/// The kernel tells of what it was asked to add.
fn monitor(lab: &mut Lab, address: &str) {
    let address = InterfaceAddress {
        protocol: 18,
        ..InterfaceAddress::new(prefix(address))
    };
    lab.input(Input::AddressAdded {
        interface: index(2),
        address,
    });
}

fn master(instance: model::Instance) -> Lab {
    let mut lab = Lab::new(config(vec![instance]));
    lab.run_ms(4_000);
    monitor(&mut lab, "10.0.0.100/32");
    lab.take_log();
    lab.take_fifo();
    lab.announcements();
    lab.adverts();
    lab
}

#[test]
fn objects_are_added_and_removed_in_order() {
    let mut v = instance("V", 51, 100);
    v.accept = false;
    v.excluded_addresses = vec![vip("10.0.0.7/32")];
    v.routes = vec![Route::new(Family::Ipv4, Some(prefix("192.168.0.0/24")))];
    v.rules = vec![Rule::new(Family::Ipv4, 1000, RuleAction::Table(77))];
    let mut lab = Lab::new(config(vec![v]));
    lab.kernel = Kernel::Held;
    lab.run_ms(4_000);
    let order = |want: &vrrp::Want| {
        want.changes
            .iter()
            .map(|change| (change.presence, change.object.to_string()))
            .collect::<Vec<_>>()
    };
    let added: Vec<_> = order(lab.held.back().unwrap());
    let expected = [
        "firewall entries for 10.0.0.100",
        "firewall entries for 10.0.0.7",
        "10.0.0.100/32 on eth0",
        "10.0.0.7/32 on eth0",
        "route to 192.168.0.0/24",
        "rule with preference 1000",
    ];
    assert_eq!(
        added,
        expected.map(|object| (Presence::Present, object.to_owned()))
    );
    lab.hear("V", "10.0.0.9", 200);
    let removed: Vec<_> = order(lab.held.back().unwrap());
    let expected = [
        "rule with preference 1000",
        "route to 192.168.0.0/24",
        "10.0.0.100/32 on eth0",
        "10.0.0.7/32 on eth0",
        "firewall entries for 10.0.0.100",
        "firewall entries for 10.0.0.7",
    ];
    assert_eq!(
        removed,
        expected.map(|object| (Presence::Absent, object.to_owned()))
    );
}

#[test]
fn an_address_that_somebody_removed_is_put_back_and_announced() {
    let mut lab = master(instance("V", 51, 100));
    taken_away(&mut lab, "10.0.0.100");
    assert_eq!(
        (lab.state("V"), lab.addresses()),
        (State::Master, vec!["eth0 10.0.0.100/32".to_owned()])
    );
    assert_eq!(
        lab.take_log()[..2],
        [
            "Netlink reflector reports IP 10.0.0.100 removed from eth0",
            "(V) putting back 10.0.0.100/32 on eth0, which somebody removed",
        ]
    );
    assert_eq!((lab.announcements().len(), lab.take_fifo().len()), (5, 0));
}

#[test]
fn whoever_removes_it_again_and_again_gets_their_way() {
    let mut lab = master(instance("V", 51, 100));
    for _ in 0..5 {
        taken_away(&mut lab, "10.0.0.100");
        monitor(&mut lab, "10.0.0.100/32");
    }
    assert_eq!(lab.state("V"), State::Master);
    taken_away(&mut lab, "10.0.0.100");
    assert_eq!(lab.state("V"), State::Backup);
    assert_eq!(lab.adverts(), [(4_000, 0)]);
    let cause = lab.get("V").history().last().unwrap().cause.clone();
    assert!(matches!(cause, Cause::TakenAway { .. }), "{cause:?}");
    lab.run_ms(610);
    assert_eq!(lab.state("V"), State::Master);
}

#[test]
fn an_untracked_address_is_left_to_whoever_removed_it() {
    let mut v = instance("V", 51, 100);
    v.virtual_addresses[0].no_track = true;
    let mut lab = master(v);
    taken_away(&mut lab, "10.0.0.100");
    assert_eq!((lab.state("V"), lab.addresses().len()), (State::Master, 0));
}

#[test]
fn our_own_removals_are_not_taken_for_somebody_elses() {
    let mut lab = master(instance("V", 51, 100));
    lab.kernel = Kernel::Held;
    lab.hear("V", "10.0.0.9", 200);
    lab.run_ms(4_000);
    assert_eq!((lab.state("V"), lab.held.len()), (State::Master, 2));
    // The kernel tells of the removal and the addition before both are confirmed.
    lab.input(Input::AddressRemoved {
        interface: index(2),
        address: ip("10.0.0.100"),
    });
    monitor(&mut lab, "10.0.0.100/32");
    lab.confirm();
    lab.confirm();
    assert!(lab.held.is_empty(), "nothing is put back: {:?}", lab.held);
    // Somebody removes it while a change is under way: that shows when the change is done.
    lab.hear("V", "10.0.0.9", 200);
    lab.run_ms(4_000);
    lab.input(Input::AddressRemoved {
        interface: index(2),
        address: ip("10.0.0.100"),
    });
    monitor(&mut lab, "10.0.0.100/32");
    lab.input(Input::AddressRemoved {
        interface: index(2),
        address: ip("10.0.0.100"),
    });
    lab.confirm();
    assert_eq!(lab.held.len(), 1);
    lab.confirm();
    assert_eq!(lab.held.len(), 1, "it is put back");
    assert_eq!(lab.held[0].changes[0].presence, Presence::Present);
}

#[test]
fn routes_and_rules_are_put_back() {
    let mut v = instance("V", 51, 100);
    let route = Route::new(Family::Ipv4, Some(prefix("192.168.0.0/24")));
    let rule = Rule::new(Family::Ipv4, 1000, RuleAction::Table(77));
    (v.routes, v.rules) = (vec![route.clone()], vec![rule.clone()]);
    let mut lab = Lab::new(config(vec![v]));
    lab.input(Input::RouteRemoved(&route));
    lab.run_ms(4_000);
    lab.kernel = Kernel::Held;
    lab.input(Input::RouteRemoved(&route));
    lab.input(Input::RuleRemoved(&rule));
    lab.confirm();
    lab.confirm();
    assert!(lab.logged("(V) putting back route to 192.168.0.0/24, which somebody removed"));
    assert!(lab.logged("(V) putting back rule with preference 1000, which somebody removed"));
}

#[test]
fn leftovers_of_a_former_run_are_removed_before_backup_is_told() {
    let mut eth0 = ethernet(2, "eth0", &["10.0.0.1/24", "10.0.0.100/32"]);
    eth0.addresses[1].protocol = 18;
    let lab = Lab::with(
        config(vec![instance("V", 51, 100)]),
        Interfaces(vec![eth0]),
        Micros::ZERO,
        &[],
    );
    assert!(lab.logged("(V) removing 10.0.0.100 from eth0, left by a former run"));
    assert_eq!(lab.fifo, ["INSTANCE V BACKUP 100"]);
    assert_eq!(lab.get("V").source(), Some(ip("10.0.0.1")));
}

#[test]
fn an_interfaces_own_address_is_neither_added_nor_removed() {
    let mut owner = instance("V", 51, 255);
    owner.virtual_addresses = vec![vip("10.0.0.1/32")];
    let mut lab = Lab::new(config(vec![owner]));
    assert!(lab.logged("(V) 10.0.0.1 is eth0's own address: it is left as it is"));
    lab.run_ms(100);
    assert_eq!(
        (lab.state("V"), lab.get("V").source()),
        (State::Master, Some(ip("10.0.0.1")))
    );
    assert_eq!(lab.addresses(), Vec::<String>::new());
    lab.input(Input::Stop(vrrp::Release::Everything));
    assert!(lab.router.is_stopped());
}

fn statics() -> VrrpConfiguration {
    let mut address = vip("10.9.0.1/24");
    (address.dev, address.track_group) = (Some(name("eth1")), Some("T".to_owned()));
    let mut route = Route::new(Family::Ipv4, Some(prefix("192.168.99.0/24")));
    route.dev = Some(name("eth1"));
    VrrpConfiguration {
        static_objects: StaticObjects {
            addresses: vec![address],
            routes: vec![route],
            rules: Vec::new(),
        },
        track_groups: vec![TrackGroup {
            name: "T".to_owned(),
            members: vec!["V".to_owned()],
        }],
        ..config(vec![instance("V", 51, 100)])
    }
}

#[test]
fn static_objects_are_there_from_start_to_stop_and_put_back() {
    let mut lab = Lab::new(statics());
    assert_eq!(lab.addresses(), ["eth1 10.9.0.1/24"]);
    assert_eq!(lab.objects.len(), 2);
    lab.objects.clear();
    lab.input(Input::AddressRemoved {
        interface: index(3),
        address: ip("10.9.0.1"),
    });
    let route = statics().static_objects.routes.remove(0);
    lab.input(Input::RouteRemoved(&route));
    assert_eq!(lab.objects.len(), 2);
    lab.input(Input::Stop(vrrp::Release::Everything));
    assert!(lab.objects.is_empty());
    assert!(lab.router.is_stopped());
}

#[test]
fn a_static_object_that_cannot_be_put_back_is_a_fault_of_its_track_group() {
    let mut lab = Lab::new(statics());
    lab.kernel = Kernel::Held;
    lab.input(Input::AddressRemoved {
        interface: index(3),
        address: ip("10.9.0.1"),
    });
    let ticket = lab.held.pop_front().unwrap().ticket;
    assert_eq!(ticket.owner(), Owner::Static);
    lab.input(Input::Confirmed(ticket, Outcome::Failed));
    assert_eq!(lab.state("V"), State::Fault);
    let address = InterfaceAddress::new(prefix("10.9.0.1/24"));
    lab.input(Input::AddressAdded {
        interface: index(3),
        address,
    });
    lab.input(Input::InterfaceChanged(&interfaces().0[1]));
    assert_eq!(lab.state("V"), State::Backup);
}
