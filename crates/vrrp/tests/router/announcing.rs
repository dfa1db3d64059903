//! When gratuitous ARPs leave (`spec/vrrp-protocol.md` section 10).

use crate::build::{self, config, instance, name, vip};
use crate::lab::{Kernel, Lab};
use model::{ExtraInterfaceGarp, Garp, GarpGroup, Instance, Micros, VrrpConfiguration};
use vrrp::Input;

fn times(lab: &mut Lab) -> Vec<u64> {
    lab.announcements().into_iter().map(|(time, _)| time).collect()
}

fn with_garp(garp: Garp) -> Lab {
    Lab::new(config(vec![Instance {
        garp,
        ..instance("V", 51, 100)
    }]))
}

#[test]
fn blocks_are_repeated_delayed_and_refreshed() {
    let mut lab = with_garp(Garp {
        master_delay: Micros::from_secs(2),
        master_repeat: 2,
        master_refresh: Micros::from_secs(10),
        master_refresh_repeat: 1,
        ..Garp::default()
    });
    lab.run_ms(40_000);
    assert_eq!(
        times(&mut lab),
        [3_609, 3_609, 5_609, 5_609, 15_609, 25_609, 35_609]
    );
}

#[test]
fn without_delay_there_is_one_block() {
    let mut lab = with_garp(Garp {
        master_delay: Micros::ZERO,
        ..Garp::default()
    });
    lab.run_ms(40_000);
    assert_eq!(times(&mut lab), [3_609; 5]);
}

#[test]
fn each_round_has_all_addresses_virtual_ones_first() {
    let mut v = instance("V", 51, 100);
    v.virtual_addresses.push(vip("10.0.0.101/32"));
    v.excluded_addresses = vec![vip("10.0.0.7/32"), vip("fe80::77/64")];
    let mut lab = Lab::new(config(vec![v]));
    lab.run_ms(4_000);
    let addresses: Vec<_> = lab
        .announcements()
        .into_iter()
        .map(|(_, address)| address)
        .collect();
    assert_eq!(
        addresses[..4],
        ["10.0.0.100", "10.0.0.101", "10.0.0.7", "fe80::77"]
    );
    assert_eq!(addresses.len(), 20);
}

#[test]
fn who_is_no_master_any_more_is_silent() {
    let mut lab = with_garp(Garp {
        master_refresh: Micros::from_secs(1),
        ..Garp::default()
    });
    lab.run_ms(4_000);
    lab.announcements();
    lab.hear("V", "10.0.0.9", 200);
    for _ in 0..20 {
        lab.run_ms(1_000);
        lab.hear("V", "10.0.0.9", 200);
    }
    assert_eq!(times(&mut lab), []);
    // A confirmation that comes late announces nothing either.
    lab.kernel = Kernel::Held;
    lab.run_ms(4_000);
    lab.hear("V", "10.0.0.9", 200);
    while !lab.held.is_empty() {
        lab.confirm();
    }
    assert_eq!(times(&mut lab), []);
}

#[test]
fn a_lower_advert_before_the_kernel_is_ready_announces_nothing() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    lab.kernel = Kernel::Held;
    lab.run_ms(4_000);
    lab.hear("V", "10.0.0.9", 50);
    assert_eq!(times(&mut lab), []);
    lab.confirm();
    assert_eq!(times(&mut lab).len(), 5);
}

#[test]
fn no_arp_no_announcement() {
    let mut interfaces = crate::build::interfaces();
    interfaces.0[0].noarp = true;
    let mut lab = Lab::with(
        config(vec![instance("V", 51, 100)]),
        interfaces,
        Micros::ZERO,
        &[],
    );
    lab.run_ms(4_000);
    assert_eq!(times(&mut lab), []);
}

#[test]
fn one_round_on_request() {
    let mut lab = Lab::new(config(vec![instance("V", 51, 100)]));
    let id = lab.id("V");
    lab.input(Input::GarpRequested(id));
    assert_eq!(times(&mut lab), []);
    lab.run_ms(4_000);
    lab.announcements();
    lab.input(Input::GarpRequested(id));
    assert_eq!(times(&mut lab), [4_000]);
}

#[test]
fn interfaces_of_a_group_share_its_limit() {
    let (v, mut w) = (instance("V", 51, 100), instance("W", 52, 100));
    w.interface = Some(name("eth1"));
    let group = GarpGroup {
        garp_interval: Some(Micros::from_millis(500)),
        gna_interval: None,
        interfaces: vec![name("eth0"), name("eth1")],
    };
    let mut lab = Lab::new(VrrpConfiguration {
        garp_groups: vec![group],
        ..config(vec![v, w])
    });
    lab.run_ms(8_000);
    let expected: Vec<_> = (0..9).map(|number| 3_609 + 500 * number).collect();
    assert_eq!(times(&mut lab), expected);
}

#[test]
fn other_interfaces_are_refreshed_on_their_own() {
    let mut v = instance("V", 51, 100);
    let mut elsewhere = vip("10.0.1.100/32");
    elsewhere.dev = Some(name("eth1"));
    v.excluded_addresses = vec![elsewhere];
    v.garp.master_delay = Micros::ZERO;
    v.garp_extra_if = ExtraInterfaceGarp {
        interval: Micros::from_secs(3),
        all: true,
    };
    let mut lab = Lab::new(config(vec![v]));
    lab.run_ms(4_000);
    lab.announcements();
    lab.run_ms(6_000);
    let elsewhere = "10.0.1.100".to_owned();
    assert_eq!(
        lab.announcements(),
        [(6_609, elsewhere.clone()), (9_609, elsewhere)]
    );
}

#[test]
fn the_first_addresses_do_not_wait_for_the_last() {
    let mut v = instance("V", 51, 100);
    v.virtual_addresses.push(vip("10.0.0.101/32"));
    v.garp.master_repeat = 2;
    let mut lab = Lab::new(config(vec![v]));
    lab.kernel = Kernel::Held;
    lab.run_ms(4_000);
    assert_eq!(lab.announcements(), []);
    let ticket = lab.held.back().expect("a master asks for its addresses").ticket;
    let there = [(
        build::interfaces().0[0].index,
        "10.0.0.100".parse().expect("an address"),
    )];
    let progress = Input::Progressed {
        ticket,
        addresses: &there,
    };
    lab.input(progress);
    assert_eq!(addresses(&mut lab), ["10.0.0.100"]);
    lab.confirm();
    // The first round of what is left, then the others of all.
    assert_eq!(addresses(&mut lab), ["10.0.0.101", "10.0.0.100", "10.0.0.101"]);
    lab.run_ms(6_000);
    assert_eq!(
        addresses(&mut lab),
        ["10.0.0.100", "10.0.0.101", "10.0.0.100", "10.0.0.101"]
    );
}

fn addresses(lab: &mut Lab) -> Vec<String> {
    let announced = lab.announcements().into_iter();
    announced.map(|(_, address)| address).collect()
}
