//! Interfaces and source addresses come and go (`spec/vrrp-protocol.md` sections 6.6, 6.7 and 12).

use crate::build::{config, ethernet, index, instance, interfaces, ip, name, prefix, vip};
use crate::lab::Lab;
use model::interface::{InterfaceAddress, Interfaces, LinkKind};
use model::{Family, Instance, Micros, VirtualLink, VmacName, Vrid};
use vrrp::{Input, LinkPlan, State};

fn add(lab: &mut Lab, number: u32, address: &str) {
    let address = InterfaceAddress::new(prefix(address));
    lab.input(Input::AddressAdded {
        interface: index(number),
        address,
    });
}

fn remove(lab: &mut Lab, number: u32, address: &str) {
    lab.input(Input::AddressRemoved {
        interface: index(number),
        address: ip(address),
    });
}

#[test]
fn another_address_of_the_interface_is_adopted() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.run_ms(4_000);
    add(&mut lab, 2, "10.0.0.2/24");
    remove(&mut lab, 2, "10.0.0.1");
    assert_eq!(
        (lab.state("V"), lab.get("V").source()),
        (State::Master, Some(ip("10.0.0.2")))
    );
    assert!(lab.logged("Netlink reflector reports IP 10.0.0.1 removed from eth0"));
    lab.sent.clear();
    lab.run_ms(1_000);
    assert_eq!(lab.sent[0].advert.source, ip("10.0.0.2"));
    remove(&mut lab, 2, "10.0.0.2");
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("(V) entering FAULT state (no IPv4 address for interface)"));
    add(&mut lab, 2, "10.0.0.3/24");
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn a_configured_source_is_used_whether_or_not_it_is_there() {
    let v = Instance {
        source: Some(ip("10.0.0.50")),
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v.clone()]));
    remove(&mut lab, 2, "10.0.0.1");
    assert_eq!((lab.state("V"), lab.get("V").source()), (State::Backup, v.source));
    let mut lab = Lab::new(config(vec![Instance {
        track_src_ip: true,
        ..v
    }]));
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("(V): entering FAULT state (src address not configured)"));
    add(&mut lab, 2, "10.0.0.50/24");
    assert_eq!(lab.state("V"), State::Backup);
    remove(&mut lab, 2, "10.0.0.50");
    assert_eq!(lab.state("V"), State::Fault);
}

#[test]
fn an_interface_may_come_later_and_with_another_index() {
    let mut lab = Lab::with(
        config(vec![instance("V", 51, 100)]),
        Interfaces::default(),
        Micros::ZERO,
        &[],
    );
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("(V): entering FAULT state (interface eth0 does not exist)"));
    assert!(lab.sockets.is_empty());
    lab.input(Input::InterfaceChanged(&ethernet(7, "eth0", &["10.0.0.1/24"])));
    assert_eq!(lab.state("V"), State::Backup);
    assert_eq!(lab.sockets.values().next().unwrap().interface, Some(index(7)));
    lab.run_ms(4_000);
    assert_eq!(lab.state("V"), State::Master);
    lab.input(Input::InterfaceRemoved(index(7)));
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.sockets.is_empty());
    lab.input(Input::InterfaceChanged(&ethernet(9, "eth0", &["10.0.0.1/24"])));
    lab.run_ms(4_000);
    assert_eq!(lab.state("V"), State::Master);
    assert_eq!(lab.sent.last().unwrap().advert.source, ip("10.0.0.1"));
}

#[test]
fn a_renamed_interface_is_another_one() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.input(Input::InterfaceChanged(&ethernet(2, "lan", &[])));
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("Netlink reports eth0 renamed to lan"));
    lab.input(Input::InterfaceChanged(&ethernet(2, "eth0", &[])));
    assert_eq!(
        (lab.state("V"), lab.get("V").source()),
        (State::Backup, Some(ip("10.0.0.1")))
    );
}

#[test]
fn dont_track_primary_ignores_the_link() {
    let v = Instance {
        dont_track_primary: true,
        ..instance("V", 51, 100)
    };
    let mut lab = Lab::new(config(vec![v]));
    let mut down = ethernet(2, "eth0", &[]);
    down.up = false;
    lab.input(Input::InterfaceChanged(&down));
    assert_eq!(lab.state("V"), State::Backup);
    lab.input(Input::InterfaceRemoved(index(2)));
    assert_eq!(lab.state("V"), State::Fault);
}

#[test]
fn the_interface_of_an_address_is_needed_unless_untracked() {
    let with = |no_track| {
        let mut elsewhere = vip("10.0.1.100/32");
        (elsewhere.dev, elsewhere.no_track) = (Some(name("eth1")), no_track);
        let mut v = instance("V", 51, 100);
        v.virtual_addresses.push(elsewhere);
        Lab::new(config(vec![v]))
    };
    let mut down = ethernet(3, "eth1", &[]);
    down.running = false;
    let (mut tracked, mut untracked) = (with(false), with(true));
    tracked.input(Input::InterfaceChanged(&down));
    untracked.input(Input::InterfaceChanged(&down));
    assert_eq!(
        (tracked.state("V"), untracked.state("V")),
        (State::Fault, State::Backup)
    );
    // An address whose interface is gone is placed when it is back.
    untracked.run_ms(4_000);
    untracked.input(Input::InterfaceRemoved(index(3)));
    assert_eq!(untracked.state("V"), State::Master);
    untracked.input(Input::InterfaceChanged(&ethernet(12, "eth1", &[])));
    assert!(untracked.objects.values().any(|object| matches!(
        object,
        vrrp::Object::Address(placed) if placed.index == index(12)
    )));
}

#[test]
fn tentative_link_local_addresses_are_no_source() {
    let mut v = Instance::new("V", Family::Ipv6, Vrid::try_from(51).unwrap());
    v.interface = Some(name("eth0"));
    v.virtual_addresses = vec![vip("fe80::100/64")];
    let mut interfaces = interfaces();
    interfaces.0[0].addresses[1].tentative = true;
    let mut lab = Lab::with(config(vec![v]), interfaces, Micros::ZERO, &[]);
    assert_eq!(lab.state("V"), State::Fault);
    assert!(lab.logged("(V) entering FAULT state (no IPv6 address for interface)"));
    add(&mut lab, 2, "fe80::1/64");
    assert_eq!(lab.state("V"), State::Backup);
}

#[test]
fn lost_messages_are_made_up_for() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.run_ms(4_000);
    let mut picture = Interfaces(vec![ethernet(2, "eth0", &["10.0.0.8/24"])]);
    lab.input(Input::Resynchronised(&picture));
    assert_eq!(
        (lab.state("V"), lab.get("V").source()),
        (State::Master, Some(ip("10.0.0.8")))
    );
    assert_eq!(lab.router.interfaces(), picture);
    picture.0[0].running = false;
    lab.input(Input::Resynchronised(&picture));
    assert_eq!(lab.state("V"), State::Fault);
    lab.input(Input::Resynchronised(&interfaces()));
    assert_eq!(lab.state("V"), State::Backup);
    assert_eq!(lab.router.interfaces(), interfaces());
}

fn vmac(family: Family, vrid: u8, xmit_base: bool) -> Instance {
    let mut v = Instance::new("V", family, Vrid::try_from(vrid).unwrap());
    v.interface = Some(name("eth0"));
    v.virtual_link = Some(VirtualLink::Vmac {
        name: VmacName::Generated("vrrp".to_owned()),
        mac: None,
        xmit_base,
        netlink_notify: false,
        group: None,
    });
    v.virtual_addresses = vec![match family {
        Family::Ipv4 => vip("10.0.0.100/32"),
        Family::Ipv6 => vip("fe80::100/64"),
    }];
    v
}

/// The interfaces with the links of the plan made.
fn with_links(configuration: &model::VrrpConfiguration) -> Interfaces {
    let mut all = interfaces();
    let plan = LinkPlan::new(&configuration.instances, &model::VrrpGlobals::default(), &all);
    for (number, link) in (20..).zip(plan.links()) {
        let vrrp::WantedLinkKind::Vmac { mac, .. } = link.kind else {
            panic!("a VMAC is planned")
        };
        let mut made = ethernet(number, link.name.as_str(), &[]);
        (made.kind, made.mac) = (LinkKind::PrivateMacvlan, Some(mac));
        made.base = all.by_name(link.base.as_str()).map(|base| base.index);
        all.0.push(made);
    }
    all
}

#[test]
fn a_vmac_carries_addresses_and_adverts() {
    let configuration = config(vec![vmac(Family::Ipv4, 61, false)]);
    let mut lab = Lab::with(
        configuration.clone(),
        with_links(&configuration),
        Micros::ZERO,
        &[],
    );
    lab.run_ms(4_000);
    assert_eq!(lab.addresses(), ["vrrp.61 10.0.0.100/32"]);
    assert_eq!(lab.sockets.values().next().unwrap().interface, Some(index(20)));
    assert_eq!(
        lab.sent[0].advert.source,
        ip("10.0.0.1"),
        "the base's own address"
    );
    assert_eq!(lab.announced[0].1.mac.to_string(), "00:00:5e:00:01:3d");
    // The base goes down: so does what is on it.
    let mut down = ethernet(2, "eth0", &[]);
    down.running = false;
    lab.input(Input::InterfaceChanged(&down));
    assert_eq!(lab.state("V"), State::Fault);
}

#[test]
fn a_vmac_may_leave_the_adverts_to_its_base() {
    let configuration = config(vec![vmac(Family::Ipv4, 61, true)]);
    let mut lab = Lab::with(
        configuration.clone(),
        with_links(&configuration),
        Micros::ZERO,
        &[],
    );
    lab.run_ms(4_000);
    assert_eq!(lab.addresses(), ["vrrp.61 10.0.0.100/32"]);
    assert_eq!(lab.sockets.values().next().unwrap().interface, Some(index(2)));
}

#[test]
fn an_ipv6_vmac_has_the_link_local_address_of_its_base() {
    let configuration = config(vec![vmac(Family::Ipv6, 62, false)]);
    let mut lab = Lab::with(
        configuration.clone(),
        with_links(&configuration),
        Micros::ZERO,
        &[],
    );
    assert_eq!(lab.addresses(), ["vrrp.62 fe80::1/64"]);
    lab.input(Input::Stop(vrrp::Release::Everything));
    assert!(lab.objects.is_empty(), "{:?}", lab.objects);
}

#[test]
fn a_vmac_that_somebody_removed_is_made_anew() {
    let configuration = config(vec![vmac(Family::Ipv4, 61, false)]);
    let links = with_links(&configuration);
    let mut lab = Lab::with(configuration, links.clone(), Micros::ZERO, &[]);
    lab.run_ms(4_000);
    lab.kernel = crate::lab::Kernel::Held;
    lab.input(Input::InterfaceRemoved(index(20)));
    assert_eq!(lab.state("V"), State::Fault);
    let wanted = |lab: &Lab| {
        let changes = lab.held.iter().flat_map(|want| &want.changes);
        changes
            .filter(|c| matches!(*c.object, vrrp::Object::Link(_)))
            .map(|c| c.presence)
            .collect::<Vec<_>>()
    };
    assert_eq!(wanted(&lab), [vrrp::Presence::Present]);
    let mut made = links.0[2].clone();
    made.index = index(31);
    lab.input(Input::InterfaceChanged(&made));
    while !lab.held.is_empty() {
        lab.confirm();
    }
    assert_eq!(lab.state("V"), State::Backup);
    // The base goes, and takes the VMAC along; when it is back, so is the VMAC.
    lab.input(Input::InterfaceRemoved(index(31)));
    lab.held.clear();
    lab.input(Input::InterfaceRemoved(index(2)));
    assert_eq!(wanted(&lab), []);
}

#[test]
fn a_vmac_has_the_delays_of_its_base() {
    let delays = model::InterfaceDelays {
        interface: name("eth0"),
        down: Micros::from_millis(500),
        up: Micros::ZERO,
    };
    let configuration = model::VrrpConfiguration {
        interface_delays: vec![delays],
        ..config(vec![vmac(Family::Ipv4, 61, false)])
    };
    let links = with_links(&configuration);
    let mut lab = Lab::with(configuration, links, Micros::ZERO, &[]);
    let mut down = ethernet(2, "eth0", &[]);
    down.running = false;
    lab.input(Input::InterfaceChanged(&down));
    lab.run_ms(499);
    assert_eq!(lab.state("V"), State::Backup);
    lab.run_ms(1);
    assert_eq!(lab.state("V"), State::Fault);
}

#[test]
fn generated_names_avoid_each_other_and_existing_links_are_found_again() {
    let (mut four, mut six) = (vmac(Family::Ipv4, 61, false), vmac(Family::Ipv6, 61, false));
    (four.name, six.name) = ("four".to_owned(), "six".to_owned());
    let configuration = config(vec![four, six]);
    let globals = model::VrrpGlobals::default();
    let names = |interfaces: &Interfaces| {
        let plan = LinkPlan::new(&configuration.instances, &globals, interfaces);
        plan.links().map(|link| link.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&interfaces()), ["vrrp.61", "vrrp6.61"]);
    let mut existing = with_links(&configuration);
    for (link, new) in existing.0[2..].iter_mut().zip(["mine", "yours"]) {
        link.name = name(new);
    }
    assert_eq!(names(&existing), ["mine", "yours"]);
    // Somebody else's interface of that name is left alone.
    let mut taken = interfaces();
    taken.0.push(ethernet(9, "vrrp.61", &[]));
    assert_eq!(names(&taken), ["vrrp1.61", "vrrp6.61"]);
}
