//! VMACs, ipvlans and settings.

use crate::lab::{apply, cable, interface, isolated, json, named, run};
use kernel::operation::{Backend, IpvlanMode, Link, LinkShape, Object, Operation, Outcome, Sysctl};
use kernel::{Linux, snapshot, sysctl};
use model::interface::LinkKind;
use model::{Family, MacAddr};

const VIRTUAL_MAC: MacAddr = MacAddr([0x00, 0x00, 0x5e, 0x00, 0x01, 0x33]);

fn link(name: &str, shape: LinkShape) -> Object {
    let interfaces = snapshot().unwrap();
    Object::from(Link {
        name: named(name),
        shape,
        base: interface(&interfaces, "eth0").index,
        base_name: named("eth0"),
        group: 7,
        vrf: None,
        settings: Vec::new(),
        reports: None,
    })
}

#[test]
fn a_vmac_is_a_private_macvlan_without_address() {
    isolated("links::a_vmac_is_a_private_macvlan_without_address", || {
        cable("eth0", "v1");
        let mut linux = Linux::open().unwrap();
        let vmac = link("vrrp.51", LinkShape::Vmac(VIRTUAL_MAC));
        let created = apply(&mut linux, &[Operation::Add(vmac.clone())]);
        assert!(created[0].is_ok(), "{created:?}");
        let interfaces = snapshot().unwrap();
        let seen = interface(&interfaces, "vrrp.51");
        assert_eq!(created, [Ok(Outcome::Created(seen.index))]);
        assert_eq!(seen.kind, LinkKind::PrivateMacvlan);
        assert_eq!(seen.mac, Some(VIRTUAL_MAC));
        assert_eq!(seen.base, Some(interface(&interfaces, "eth0").index));
        assert_eq!(seen.group, 7);
        assert!(seen.up);
        assert_eq!(seen.addresses, []);
        let mode = json("ip -j -d link show dev vrrp.51");
        assert_eq!(mode[0]["inet6_addr_gen_mode"], "none");

        let again = apply(&mut linux, &[Operation::Add(vmac.clone())]);
        assert_eq!(again, [Ok(Outcome::Created(seen.index))]);
        let removed = apply(
            &mut linux,
            &[Operation::Remove(vmac.clone()), Operation::Remove(vmac)],
        );
        assert_eq!(removed, [Ok(Outcome::Done), Ok(Outcome::WasSo)]);
        assert!(snapshot().unwrap().by_name("vrrp.51").is_none());
    });
}

#[test]
fn an_ipvlan_has_its_mode() {
    isolated("links::an_ipvlan_has_its_mode", || {
        cable("eth0", "v1");
        let mut linux = Linux::open().unwrap();
        let ipvlan = link("ipvlan0", LinkShape::Ipvlan(IpvlanMode::Private));
        match &apply(&mut linux, &[Operation::Add(ipvlan)])[0] {
            Ok(Outcome::Created(index)) => {
                let interfaces = snapshot().unwrap();
                let seen = interface(&interfaces, "ipvlan0");
                assert_eq!((seen.index, seen.kind.clone()), (*index, LinkKind::Ipvlan));
                let shown = json("ip -j -d link show dev ipvlan0");
                assert_eq!(shown[0]["linkinfo"]["info_data"]["mode"], "l2");
                assert_eq!(shown[0]["linkinfo"]["info_data"]["flags"]["private"], true);
            }
            // A kernel without ipvlan says so.
            other => assert_eq!(
                other.as_ref().unwrap_err().errno,
                nix::errno::Errno::EOPNOTSUPP,
                "{other:?}"
            ),
        }
    });
}

#[test]
fn a_link_without_base_names_what_failed() {
    isolated("links::a_link_without_base_names_what_failed", || {
        cable("eth0", "v1");
        let mut linux = Linux::open().unwrap();
        let Object::Link(good) = link("vrrp.51", LinkShape::Vmac(VIRTUAL_MAC)) else {
            unreachable!("a link");
        };
        let mut bad = (*good).clone();
        bad.base = model::IfIndex::new(999).unwrap();
        let verdicts = apply(&mut linux, &[Operation::Add(bad.into())]);
        let error = verdicts[0].as_ref().unwrap_err().to_string();
        assert!(error.starts_with("creating VMAC vrrp.51 on eth0: "), "{error}");
    });
}

#[test]
fn settings_are_restored_to_what_they_were() {
    isolated("links::settings_are_restored_to_what_they_were", || {
        cable("eth0", "v1");
        let path = "net/ipv4/conf/eth0/arp_ignore";
        sysctl::write(path, "2").unwrap();
        let mut linux = Linux::open().unwrap();
        let wanted = Object::from(Sysctl::of_interface(
            Family::Ipv4,
            &named("eth0"),
            "arp_ignore",
            1,
        ));
        let absent = Object::from(Sysctl::of_interface(
            Family::Ipv4,
            &named("eth9"),
            "arp_ignore",
            1,
        ));
        let verdicts = apply(
            &mut linux,
            &[
                Operation::Add(wanted.clone()),
                Operation::Add(wanted.clone()),
                Operation::Add(absent.clone()),
            ],
        );
        assert_eq!(verdicts[..2], [Ok(Outcome::Done), Ok(Outcome::WasSo)]);
        assert_eq!(
            verdicts[2].as_ref().unwrap_err().to_string(),
            "setting net/ipv4/conf/eth9/arp_ignore to 1: No such file or directory"
        );
        assert_eq!(sysctl::read(path).unwrap(), "1");
        assert_eq!(
            apply(
                &mut linux,
                &[Operation::Remove(wanted.clone()), Operation::Remove(absent)]
            ),
            [Ok(Outcome::Done), Ok(Outcome::WasSo)]
        );
        assert_eq!(sysctl::read(path).unwrap(), "2");

        apply(&mut linux, &[Operation::Add(wanted.clone())]);
        sysctl::write(path, "8").unwrap();
        assert_eq!(
            apply(&mut linux, &[Operation::Remove(wanted)]),
            [Ok(Outcome::WasSo)]
        );
        assert_eq!(sysctl::read(path).unwrap(), "8", "somebody else's value stays");
        linux.finish();
    });
}

#[test]
fn a_vmac_comes_with_its_settings_and_its_firewall_entry() {
    isolated(
        "links::a_vmac_comes_with_its_settings_and_its_firewall_entry",
        || {
            cable("eth0", "v1");
            let mut linux = Linux::open().unwrap();
            let Object::Link(plain) = link("vrrp.51", LinkShape::Vmac(VIRTUAL_MAC)) else {
                unreachable!("a link");
            };
            let setting = |name| Sysctl::of_interface(Family::Ipv4, &named("vrrp.51"), name, 1);
            let vmac = Object::from(Link {
                settings: vec![setting("arp_ignore"), setting("no_such_setting")],
                reports: Some(Family::Ipv4),
                ..(*plain).clone()
            });
            for _ in 0..2 {
                let made = apply(&mut linux, &[Operation::Add(vmac.clone())]);
                assert!(matches!(made[..], [Ok(Outcome::Created(_))]), "{made:?}");
                assert_eq!(sysctl::read("net/ipv4/conf/vrrp.51/arp_ignore").unwrap(), "1");
                let rules = run("nft list map ip keepalived vmac_map");
                assert_eq!(rules.matches(r#""vrrp.51" : "eth0""#).count(), 1, "{rules}");
                // Deleted by somebody else, and made anew: the entry of the first one goes.
                run("ip link delete vrrp.51");
            }
            assert_eq!(
                apply(&mut linux, &[Operation::Remove(vmac.clone())]),
                [Ok(Outcome::WasSo)]
            );
            linux.finish();
            assert_eq!(run("nft list ruleset"), "");
            // Deleted by somebody else and never asked for again.
            apply(&mut linux, &[Operation::Add(vmac)]);
            run("ip link delete vrrp.51");
            linux.finish();
            assert_eq!(run("nft list ruleset"), "");
        },
    );
}

#[test]
fn an_interface_that_is_no_vmac_is_left_alone() {
    isolated("links::an_interface_that_is_no_vmac_is_left_alone", || {
        cable("eth0", "v1");
        cable("vrrp.51", "v2");
        let mut linux = Linux::open().unwrap();
        let vmac = link("vrrp.51", LinkShape::Vmac(VIRTUAL_MAC));
        let verdicts = apply(&mut linux, &[Operation::Add(vmac)]);
        assert_eq!(
            verdicts[0].as_ref().unwrap_err().to_string(),
            "creating VMAC vrrp.51 on eth0: File exists (another interface has this name)"
        );
    });
}

#[test]
fn a_vmac_on_an_interface_that_is_down_is_made_and_taken_up_later() {
    isolated(
        "links::a_vmac_on_an_interface_that_is_down_is_made_and_taken_up_later",
        || {
            cable("eth0", "v1");
            run("ip link set eth0 down");
            let mut linux = Linux::open().unwrap();
            let vmac = Operation::Add(link("vrrp.51", LinkShape::Vmac(VIRTUAL_MAC)));
            let is_up = || interface(&snapshot().unwrap(), "vrrp.51").up;
            let made = apply(&mut linux, std::slice::from_ref(&vmac));
            assert!(matches!(made[..], [Ok(Outcome::Created(_))]), "{made:?}");
            // Some kernels take it up at once, others not before the interface below.
            run("ip link set eth0 up");
            let again = apply(&mut linux, &[vmac]);
            assert_eq!(again, made);
            assert!(is_up());
        },
    );
}
