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
    // Nobody's adverts come from these.
    add(&mut lab, 2, "fe80::7/64");
    remove(&mut lab, 3, "10.0.1.1");
    assert!(!lab.logged("Netlink reflector reports IP fe80::7 added to eth0"));
    assert!(!lab.logged("Netlink reflector reports IP 10.0.1.1 removed from eth1"));
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

#[test]
fn instances_share_a_vmac_and_an_address_may_name_the_interface_below() {
    let (mut one, mut two) = (vmac(Family::Ipv4, 61, false), vmac(Family::Ipv4, 61, false));
    one.virtual_addresses[0].dev = Some(name("eth0"));
    two.name = "W".to_owned();
    two.virtual_addresses = vec![vip("10.0.0.101/32")];
    let configuration = config(vec![one, two]);
    let globals = model::VrrpGlobals::default();
    let plan = LinkPlan::new(&configuration.instances, &globals, &interfaces());
    assert_eq!(plan.links().count(), 1);
    let address = |position: usize| {
        let config = &configuration.instances[position];
        plan.interface_of(position, config, &config.virtual_addresses[0])
            .cloned()
    };
    assert_eq!(
        [address(0), address(1)],
        [Some(name("vrrp.61")), Some(name("vrrp.61"))]
    );
}

#[test]
fn a_link_of_another_shape_is_in_the_way_of_a_configured_name() {
    let mut configured = vmac(Family::Ipv4, 61, false);
    configured.virtual_link = Some(VirtualLink::Vmac {
        name: VmacName::Configured(name("mine")),
        mac: None,
        xmit_base: false,
        netlink_notify: false,
        group: None,
    });
    let configuration = config(vec![configured]);
    let globals = model::VrrpGlobals::default();
    let misshapen = |interfaces: &Interfaces| {
        let plan = LinkPlan::new(&configuration.instances, &globals, interfaces);
        let names = plan.misshapen(interfaces).map(|link| link.name.to_string());
        names.collect::<Vec<_>>()
    };
    let mut existing = with_links(&configuration);
    assert_eq!(misshapen(&existing), [""; 0]);
    existing.0.last_mut().unwrap().mac = Some(model::MacAddr([2, 0, 0, 0, 0, 9]));
    assert_eq!(misshapen(&existing), ["mine"]);
    // Anything else of that name is not ours to remove.
    existing.0.last_mut().unwrap().kind = LinkKind::Other;
    assert_eq!(misshapen(&existing), [""; 0]);
}

#[test]
fn an_ipvlan_has_its_address_and_is_found_again_beside_a_vmac() {
    let mut ipvlan = vmac(Family::Ipv4, 61, false);
    let address = model::Prefix {
        address: ip("10.0.0.61"),
        len: 24,
    };
    ipvlan.name = "I".to_owned();
    ipvlan.source = Some(address.address);
    ipvlan.virtual_link = Some(VirtualLink::Ipvlan {
        name: VmacName::Generated("vrrp".to_owned()),
        address: Some(address),
        mode: 0,
        group: None,
    });
    let configuration = config(vec![vmac(Family::Ipv6, 61, false), ipvlan]);
    let globals = model::VrrpGlobals::default();
    let mut all = interfaces();
    let plan = LinkPlan::new(&configuration.instances, &globals, &all);
    for (number, link) in (20..).zip(plan.links()) {
        let mut made = ethernet(number, link.name.as_str(), &[]);
        made.base = Some(index(2));
        (made.kind, made.mac) = match link.kind {
            vrrp::WantedLinkKind::Vmac { mac, .. } => (LinkKind::PrivateMacvlan, Some(mac)),
            vrrp::WantedLinkKind::Ipvlan { .. } => (LinkKind::Ipvlan, made.mac),
        };
        all.0.push(made);
    }
    let names = |plan: &LinkPlan| plan.links().map(|link| link.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&plan), ["vrrp.61", "vrrp1.61"]);
    assert_eq!(
        names(&LinkPlan::new(&configuration.instances, &globals, &all)),
        names(&plan)
    );
    let lab = Lab::with(configuration, all, Micros::ZERO, &[]);
    assert_eq!(lab.addresses(), ["vrrp1.61 10.0.0.61/24", "vrrp.61 fe80::1/64"]);
}

#[test]
fn settings_of_the_interface_below_last_as_long_as_the_instance() {
    let mut promoting = vmac(Family::Ipv4, 62, false);
    promoting.name = "P".to_owned();
    (promoting.virtual_link, promoting.promote_secondaries) = (None, true);
    let configuration = config(vec![vmac(Family::Ipv4, 61, false), promoting]);
    let links = with_links(&configuration);
    let mut lab = Lab::with(configuration, links, Micros::ZERO, &[]);
    let settings = |lab: &Lab| {
        let objects = lab.objects.values();
        let settings = objects.filter(|object| matches!(object, vrrp::Object::Setting(_)));
        settings.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        settings(&lab),
        [
            "arp_filter 1 of eth0",
            "arp_ignore 1 of eth0",
            "promote_secondaries 1 of eth0"
        ]
    );
    lab.input(Input::Stop(vrrp::Release::Everything));
    assert!(lab.objects.is_empty(), "{:?}", lab.objects);
}

#[test]
fn a_vmac_that_was_made_while_its_base_was_down_is_taken_up_with_it() {
    let configuration = config(vec![vmac(Family::Ipv4, 61, false)]);
    let mut links = with_links(&configuration);
    for link in [0, 2] {
        (links.0[link].up, links.0[link].running) = (false, false);
    }
    let mut lab = Lab::with(configuration, links.clone(), Micros::ZERO, &[]);
    assert_eq!(lab.state("V"), State::Fault);
    lab.kernel = crate::lab::Kernel::Held;
    (links.0[0].up, links.0[0].running) = (true, true);
    lab.input(Input::InterfaceChanged(&links.0[0]));
    let asked: Vec<_> = lab.held.iter().flat_map(|want| &want.changes).collect();
    assert!(
        matches!(&asked[..], [change] if matches!(*change.object, vrrp::Object::Link(_))
            && change.presence == vrrp::Presence::Present),
        "{asked:?}"
    );
}
