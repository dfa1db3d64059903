//! The firewall as `nft` shows it, and what it does.

use crate::lab::{apply, cable, interface, isolated, json, named, run};
use kernel::operation::{Backend, FirewallEntry, Object, Operation, Outcome, Verdict};
use kernel::{FirewallSettings, Linux, snapshot};
use model::{Family, IfIndex};
use serde_json::Value;
use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};

fn add(entries: &[FirewallEntry]) -> Vec<Operation> {
    entries
        .iter()
        .cloned()
        .map(Object::from)
        .map(Operation::Add)
        .collect()
}

fn remove(entries: &[FirewallEntry]) -> Vec<Operation> {
    entries
        .iter()
        .cloned()
        .map(Object::from)
        .map(Operation::Remove)
        .collect()
}

fn done(count: usize) -> Vec<Verdict> {
    vec![Ok(Outcome::Done); count]
}

/// What `nft` shows, one blank between words.
fn rules() -> String {
    run("nft list ruleset")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn joined(lines: &[&str]) -> String {
    lines.join(" ")
}

/// A VMAC `name` on `base`.
fn vmac(name: &str, base: &str) -> (IfIndex, IfIndex) {
    run(&format!(
        "ip link add {name} link {base} type macvlan mode private"
    ));
    let interfaces = snapshot().unwrap();
    (
        interface(&interfaces, name).index,
        interface(&interfaces, base).index,
    )
}

#[test]
fn the_ipv4_rule_set_is_that_of_the_spec() {
    isolated("firewall::the_ipv4_rule_set_is_that_of_the_spec", || {
        cable("eth0", "v1");
        let (vmac, base) = vmac("vrrp.61", "eth0");
        let mut linux = Linux::open().unwrap();
        let vips = [163_u8, 164].map(|last| FirewallEntry::Vip([10, 3, 0, last].into()));
        let link = FirewallEntry::Vmac {
            family: Family::Ipv4,
            vmac,
            base,
        };
        // The addresses first: the rule of the VMAC must come before theirs all the same.
        assert_eq!(apply(&mut linux, &add(&vips)), done(2));
        assert_eq!(apply(&mut linux, &add(std::slice::from_ref(&link))), done(1));
        assert_eq!(
            rules(),
            joined(&[
                "table ip keepalived {",
                "set vips { type ipv4_addr elements = { 10.3.0.163, 10.3.0.164 } }",
                r#"map vmac_map { type iface_index : iface_index elements = { "vrrp.61" : "eth0" } }"#,
                "chain out { type filter hook output priority filter - 1; policy accept;",
                r#"ip protocol igmp meta oifkind "macvlan" dup to ip daddr device oif map @vmac_map drop"#,
                "ip saddr @vips drop }",
                "chain in { type filter hook input priority filter - 1; policy accept;",
                "ip daddr @vips drop } }",
            ])
        );
        assert_eq!(apply(&mut linux, &remove(&vips)), done(2));
        assert!(rules().contains("set vips { type ipv4_addr }"));
        linux.finish();
        assert!(rules().contains("vmac_map"), "a table with entries stays");
        assert_eq!(apply(&mut linux, &remove(&[link])), done(1));
        linux.finish();
        assert_eq!(rules(), "");
    });
}

#[test]
fn the_ipv6_rule_set_is_that_of_the_spec() {
    isolated("firewall::the_ipv6_rule_set_is_that_of_the_spec", || {
        cable("eth0", "v1");
        let (vmac, base) = vmac("vrrp.62", "eth0");
        let mut linux = Linux::open().unwrap();
        let entries = [
            FirewallEntry::Vip("2001:db8::163".parse().unwrap()),
            FirewallEntry::LinkLocalVip {
                address: "fe80::163".parse().unwrap(),
                interface: vmac,
                name: named("vrrp.62"),
            },
            FirewallEntry::ParentLinkLocal {
                address: "fe80::ff:fe00:a".parse().unwrap(),
                vmac: named("vrrp.62"),
            },
            FirewallEntry::Vmac {
                family: Family::Ipv6,
                vmac,
                base,
            },
        ];
        assert_eq!(apply(&mut linux, &add(&entries)), done(4));
        let shown = rules();
        for part in [
            "set vips { type ipv6_addr elements = { 2001:db8::163 } }",
            r#"set vips_link_local_name { type ipv6_addr . ifname elements = { fe80::163 . "vrrp.62" } }"#,
            r#"set parent_link_local { type ipv6_addr . ifname elements = { fe80::ff:fe00:a . "vrrp.62" } }"#,
            r#"map vmac_map { type iface_index : iface_index elements = { "vrrp.62" : "eth0" } }"#,
            r#"set vmac_set { type iface_index elements = { "vrrp.62" } }"#,
            "flags constant elements = { mld-listener-report, mld2-listener-report } }",
            "flags constant elements = { nd-neighbor-solicit, nd-neighbor-advert } }",
        ] {
            assert!(shown.contains(part), "{part}\nis missing in\n{shown}");
        }
        let chain = |name: &str| {
            let (_, rest) = shown.split_once(&format!("chain {name} {{ ")).unwrap();
            rest.split_once(" }").unwrap().0.to_owned()
        };
        assert_eq!(
            chain("out"),
            joined(&[
                "type filter hook output priority filter - 1; policy accept;",
                r#"icmpv6 type nd-neighbor-advert meta oifkind "macvlan" ip6 saddr . oifname @parent_link_local drop"#,
                r#"icmpv6 type @mld-report meta oifkind "macvlan" dup to ip6 daddr device oif map @vmac_map drop"#,
                r#"icmpv6 type nd-router-solicit meta oifkind "macvlan" oif @vmac_set drop"#,
                "icmpv6 type @neighbor-discovery accept",
                "ip6 saddr fe80::/10 goto out_link_local",
                "ip6 saddr @vips drop",
            ])
        );
        assert_eq!(
            chain("in"),
            joined(&[
                "type filter hook input priority filter - 1; policy accept;",
                "icmpv6 type @neighbor-discovery accept",
                "ip6 daddr fe80::/10 goto in_link_local",
                "ip6 daddr @vips drop",
            ])
        );
        assert_eq!(
            chain("in_link_local"),
            "ip6 daddr . iifname @vips_link_local_name drop"
        );
        assert_eq!(
            chain("out_link_local"),
            "ip6 saddr . oifname @vips_link_local_name drop"
        );
        assert_eq!(apply(&mut linux, &remove(&entries)), done(4));
        linux.finish();
        assert_eq!(rules(), "");
    });
}

#[test]
fn settings_change_names_priorities_and_counters() {
    isolated("firewall::settings_change_names_priorities_and_counters", || {
        cable("eth0", "v1");
        let interfaces = snapshot().unwrap();
        let mut linux = Linux::open().unwrap().with_firewall(FirewallSettings {
            table: "mine".to_owned(),
            priority: -200,
            counters: true,
            ifindex: true,
        });
        let entry = FirewallEntry::LinkLocalVip {
            address: "fe80::163".parse().unwrap(),
            interface: interface(&interfaces, "eth0").index,
            name: named("eth0"),
        };
        assert_eq!(apply(&mut linux, &add(&[entry])), done(1));
        let shown = rules();
        for part in [
            "table ip6 mine {",
            r#"set vips_link_local { type ipv6_addr . iface_index elements = { fe80::163 . "eth0" } }"#,
            "priority -200;",
            "ip6 daddr . iif @vips_link_local counter packets 0 bytes 0 drop",
        ] {
            assert!(shown.contains(part), "{part}\nis missing in\n{shown}");
        }
    });
}

#[test]
fn packets_to_a_vip_are_dropped_while_it_is_in_the_set() {
    isolated(
        "firewall::packets_to_a_vip_are_dropped_while_it_is_in_the_set",
        || {
            run("ip link set lo up");
            cable("eth0", "v1");
            run("ip addr add 10.3.0.163/32 dev eth0");
            run("ip addr add 2001:db8::163/128 dev eth0 nodad");
            // Nobody listens; what is looked at is whether the packet may leave.
            let may_send = |vip: IpAddr| match UdpSocket::bind((vip, 0)).unwrap().send_to(b"x", (vip, 9)) {
                Ok(_) => true,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
                    false
                }
            };
            let vips: [IpAddr; 2] = ["10.3.0.163", "2001:db8::163"].map(|vip| vip.parse().unwrap());
            let entries = vips.map(FirewallEntry::Vip);
            let mut linux = Linux::open().unwrap();
            assert_eq!(vips.map(may_send), [true, true]);
            assert_eq!(apply(&mut linux, &add(&entries)), done(2));
            assert_eq!(vips.map(may_send), [false, false]);
            assert_eq!(apply(&mut linux, &remove(&entries)), done(2));
            assert_eq!(vips.map(may_send), [true, true]);
        },
    );
}

#[test]
fn a_predecessors_table_is_replaced_and_others_are_left_alone() {
    isolated(
        "firewall::a_predecessors_table_is_replaced_and_others_are_left_alone",
        || {
            run("nft add table ip keepalived");
            run("nft add set ip keepalived old {type ipv4_addr;}");
            run("nft add table ip other");
            let mut linux = Linux::open().unwrap();
            let entry = [FirewallEntry::Vip([10, 3, 0, 1].into())];
            assert_eq!(apply(&mut linux, &add(&entry)), done(1));
            let shown = rules();
            assert!(
                !shown.contains("old") && shown.contains("table ip other"),
                "{shown}"
            );
            // Another that starts after us, and has nothing to enter.
            Linux::open().unwrap().remove_leftover_tables().unwrap();
            let tables = json("nft -j list tables");
            let names: Vec<&Value> = tables["nftables"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|item| item.get("table"))
                .map(|table| &table["name"])
                .collect();
            assert_eq!(names, ["other"]);
        },
    );
}

#[test]
fn a_refused_entry_does_not_take_the_others_along() {
    isolated("firewall::a_refused_entry_does_not_take_the_others_along", || {
        let mut linux = Linux::open().unwrap();
        let [one, two, never] = [1_u8, 2, 3].map(|last| FirewallEntry::Vip([10, 3, 0, last].into()));
        assert_eq!(apply(&mut linux, &add(&[one.clone(), two.clone()])), done(2));
        assert_eq!(
            apply(&mut linux, &remove(&[one, never, two])),
            [Ok(Outcome::Done), Ok(Outcome::WasSo), Ok(Outcome::Done)]
        );
        assert!(rules().contains("set vips { type ipv4_addr }"));
    });
}

#[test]
fn an_entry_that_is_added_twice_is_removed_once() {
    isolated("firewall::an_entry_that_is_added_twice_is_removed_once", || {
        let mut linux = Linux::open().unwrap();
        let entry = [FirewallEntry::Vip([10, 3, 0, 1].into())];
        assert_eq!(apply(&mut linux, &add(&entry)), done(1));
        assert_eq!(apply(&mut linux, &add(&entry)), [Ok(Outcome::WasSo)]);
        assert_eq!(apply(&mut linux, &remove(&entry)), done(1));
        linux.finish();
        assert_eq!(rules(), "");
    });
}

#[test]
fn tables_that_others_flushed_are_made_anew() {
    isolated("firewall::tables_that_others_flushed_are_made_anew", || {
        let mut linux = Linux::open().unwrap();
        let [one, two, three] = [1_u8, 2, 3].map(|last| FirewallEntry::Vip([10, 3, 0, last].into()));
        assert_eq!(apply(&mut linux, &add(&[one.clone(), two.clone()])), done(2));
        let before = rules();
        run("nft flush ruleset");
        let changes = [
            add(std::slice::from_ref(&three)),
            remove(std::slice::from_ref(&two)),
        ]
        .concat();
        assert_eq!(apply(&mut linux, &changes), done(2));
        assert_eq!(rules(), before.replace("10.3.0.2", "10.3.0.3"));
        run("nft flush ruleset");
        assert_eq!(apply(&mut linux, &remove(&[one, three])), done(2));
        linux.finish();
        assert_eq!(rules(), "");
    });
}
