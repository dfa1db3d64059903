//! Checks of instances as a whole: what is corrected, what stops the start, what the model gets.

use super::table;
use crate::testing::{messages, test};
use crate::{Fatal, Reading};
use model::{
    AntiReplay, Authentication, ConfigFault, Family, InitialState, Instance, Micros, Transport, Version,
    VirtualLink, VmacName,
};

/// A complete instance with these lines in it.
fn with(lines: &str) -> String {
    format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 5\n {lines}\n \
         virtual_ipaddress {{ 10.0.0.9 }}\n}}\n"
    )
}

fn only(reading: &Reading) -> &Instance {
    let [instance] = &reading.configuration.vrrp.instances[..] else {
        panic!("one instance: {:#?}", messages(reading));
    };
    instance
}

#[test]
fn defaults_are_filled_in() {
    let reading = test(&with(""));
    let instance = only(&reading);
    assert_eq!(messages(&reading), [""; 0]);
    assert_eq!(instance.family, Family::Ipv4);
    assert_eq!(instance.version, Version::V2);
    assert_eq!(instance.initial_state, InitialState::Backup);
    assert_eq!(instance.priority.value(), 100);
    assert_eq!(instance.advert_int, Micros::SECOND);
    assert_eq!(instance.down_timer_adverts, 3);
    assert!(instance.accept);
    assert_eq!(instance.garp, model::Garp::default());
}

#[test]
fn globals_count_wherever_they_stand() {
    let text = with("")
        + "global_defs {\n vrrp_version 3\n vrrp_garp_master_delay 7\n vrrp_garp_lower_prio_repeat 2\n \
           vrrp_down_timer_adverts 4\n vrrp_mcast_group4 224.0.0.99\n dynamic_interfaces\n}\n";
    let reading = test(&text.replace("eth0", "later0"));
    let instance = only(&reading);
    assert_eq!(messages(&reading), [""; 0]);
    assert_eq!(instance.version, Version::V3);
    assert_eq!(instance.down_timer_adverts, 4);
    assert_eq!(instance.garp.master_delay, Micros::from_secs(7));
    assert_eq!(instance.garp.lower_prio_delay, Micros::from_secs(7));
    assert_eq!(instance.garp.lower_prio_repeat, 2);
    assert_eq!(
        instance.transport,
        Transport::Multicast {
            group: "224.0.0.99".parse().unwrap()
        }
    );
}

#[test]
fn min_garp_leaves_what_was_set_before_it() {
    let text = "global_defs {\n vrrp_garp_master_repeat 3\n vrrp_min_garp\n vrrp_garp_master_delay 9\n}\n"
        .to_owned();
    let reading = test(&(text + &with("")));
    let garp = only(&reading).garp;
    assert_eq!(garp.master_repeat, 3);
    assert_eq!(garp.master_delay, Micros::from_secs(9));
    assert_eq!(garp.master_refresh_repeat, 1);
}

#[test]
fn a_master_without_priority_owns_its_addresses() {
    let reading = test(&with("state MASTER"));
    assert!(only(&reading).priority.is_owner());
    let reading = test(&with("state MASTER\n priority 150"));
    assert_eq!(only(&reading).priority.value(), 150);
    let reading = test(&with("priority 255"));
    assert_eq!(only(&reading).initial_state, InitialState::Master);
}

/// Lines of an instance with `strict_mode`.
const STRICT: &[(&str, u8)] = &[
    ("", 0),
    ("state MASTER\n priority 100", 5),
    ("priority 255", 0),
    ("priority 255\n state BACKUP", 5),
    ("accept", 5),
    ("version 3\n accept", 0),
    ("priority 255\n accept", 0),
    ("preempt_delay 5", 5),
    ("down_timer_adverts 4", 5),
    ("down_timer_adverts 3", 0),
    ("garp_lower_prio_delay 1", 5),
    ("garp_lower_prio_repeat 1", 5),
    ("garp_lower_prio_repeat 0", 0),
    ("lower_prio_no_advert off", 5),
    ("lower_prio_no_advert on", 0),
    ("higher_prio_send_advert on", 5),
    ("owner_ignore_adverts on", 5),
    ("priority 255\n owner_ignore_adverts off", 5),
    ("use_vmac\n vmac_xmit_base", 5),
    ("use_vmac 00:11:22:33:44:55", 5),
    ("no_virtual_ipaddress", 5),
    ("authentication {\n auth_type PASS\n auth_pass x\n }", 5),
    ("unicast_peer {\n 10.0.0.2\n }", 5),
    (
        "auth_hmac {\n key 1 0123456789abcdef0123456789abcdef\n active_key 1\n mode permissive\n }",
        5,
    ),
];

#[test]
fn strict_mode() {
    insta::assert_snapshot!(table(STRICT, |lines| with(&format!("strict_mode\n {lines}"))));
    let reading = test(&with("strict_mode"));
    let instance = only(&reading);
    assert!(!instance.accept);
    assert!(instance.lower_prio_no_advert);
    assert!(!instance.higher_prio_send_advert);
    assert_eq!(instance.garp.lower_prio_repeat, 0);
}

/// Texts that the VRRP process does not start with.
const FATAL: &[&str] = &[
    "vrrp_instance V {\n interface eth0\n virtual_ipaddress { 10.0.0.9 }\n}\n",
    "vrrp_instance V {\n virtual_router_id 5\n virtual_ipaddress { 10.0.0.9 }\n}\n",
    "vrrp_instance V {\n virtual_router_id 5\n use_vmac\n unicast_src_ip 10.0.0.1\n unicast_peer { 10.0.0.2 }\n \
     virtual_ipaddress { 10.0.0.9 dev eth0\n }\n}\n",
    "vrrp_instance V {\n interface eth9\n virtual_router_id 5\n virtual_ipaddress { 10.0.0.9 }\n}\n",
    "vrrp_instance V {\n virtual_router_id 5\n unicast_peer { 10.0.0.2 }\n \
     virtual_ipaddress { 10.0.0.9 dev eth0\n }\n}\n",
    "vrrp_instance V {\n virtual_router_id 5\n unicast_src_ip fe80::1\n unicast_peer { fe80::2 }\n \
     virtual_ipaddress { fe80::9 dev eth0\n }\n}\n",
    "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n version 3\n}\n",
    "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n strict_mode\n no_virtual_ipaddress\n}\n",
    "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n strict_mode\n unicast_peer { 10.0.0.2 }\n \
     virtual_ipaddress { 10.0.0.9 }\n}\n",
];

#[test]
fn what_ends_the_start() {
    for text in FATAL {
        let reading = test(text);
        assert_eq!(reading.start, Err(Fatal { status: 2 }), "{text}");
        assert_eq!(reading.test_status(), 5, "{text}: {:#?}", messages(&reading));
    }
}

#[test]
fn reload_check_config_makes_every_report_fatal() {
    let warned = with("garp_master_repeat 0");
    assert_eq!(test(&warned).start, Ok(()));
    let reading = test(&("global_defs {\n reload_check_config\n}\n".to_owned() + &warned));
    assert_eq!(reading.start, Err(Fatal { status: 2 }));
    let reading = test(&("global_defs {\n reload_check_config\n}\n".to_owned() + &with("")));
    assert_eq!(reading.start, Ok(()));
}

#[test]
fn intervals_fit_the_version() {
    for (lines, millis) in [
        ("advert_int 1.4", 1_000),
        ("advert_int 0.2", 1_000),
        ("advert_int 255", 255_000),
        ("advert_int 1\n version 3", 1_000),
        ("advert_int 0.014\n version 3", 10),
        ("advert_int 40.95\n version 3", 40_950),
        ("advert_int 100\n version 3", 40_950),
    ] {
        let reading = test(&with(lines));
        assert_eq!(only(&reading).advert_int, Micros::from_millis(millis), "{lines}");
    }
}

#[test]
fn faults_that_only_the_configuration_ends() {
    for (interface, lines, fault) in [
        ("tun0", "", ConfigFault::NoMulticast),
        ("eth0", "unicast_fault_no_peer", ConfigFault::NoUnicastPeer),
        (
            "tun0",
            "use_vmac\n unicast_peer { 10.0.0.2 }",
            ConfigFault::VmacNeedsEthernet,
        ),
        ("eth0", "use_ipvlan", ConfigFault::IpvlanNeedsAddress),
    ] {
        let reading = test(&with(lines).replace("eth0", interface));
        assert_eq!(only(&reading).config_faults, [fault], "{lines}");
    }
}

#[test]
fn signed_adverts() {
    let key = "key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let reading = test(&with(&format!(
        "advert_int 2\n auth_hmac {{\n {key}\n key 2 0123456789abcdef0123456789abcdef\n active_key 2\n }}"
    )));
    let Authentication::Hmac(hmac) = &only(&reading).authentication else {
        panic!("{:#?}", messages(&reading));
    };
    assert_eq!(hmac.key(1).unwrap().expose()[31], 0x1f);
    assert_eq!(hmac.active_key, 2);
    assert_eq!(
        hmac.anti_replay,
        AntiReplay::Time {
            window: Micros::from_secs(6)
        }
    );
    let reading = test(&with(&format!("auth_hmac {{\n {key}\n active_key 3\n }}")));
    assert_eq!(only(&reading).authentication, Authentication::None);
    assert_eq!(reading.test_status(), 5);
}

#[test]
fn virtual_links() {
    let reading = test(&with(
        "use_vmac vrrp.5 aa:bb:cc:dd:ee netlink_notify_msg group 7\n vmac_xmit_base",
    ));
    assert_eq!(messages(&reading), [""; 0]);
    let Some(VirtualLink::Vmac {
        name,
        mac,
        xmit_base,
        netlink_notify,
        group,
    }) = &only(&reading).virtual_link
    else {
        panic!("a VMAC");
    };
    assert_eq!(*name, VmacName::Configured(model::IfName::new("vrrp.5").unwrap()));
    assert_eq!(mac.unwrap().to_string(), "aa:bb:cc:dd:ee:05");
    assert!(*xmit_base && *netlink_notify);
    assert_eq!(*group, Some(7));
    let reading = test(&with("use_ipvlan name ipv0 10.0.0.7/24 private"));
    let instance = only(&reading);
    assert_eq!(instance.source, Some("10.0.0.7".parse().unwrap()));
    assert!(matches!(
        instance.virtual_link,
        Some(VirtualLink::Ipvlan { mode: 1, .. })
    ));
}

#[test]
fn only_so_many_addresses_fit_into_an_advert() {
    let addresses: String = (0..300).fold(String::new(), |all, n| {
        all + &format!("10.1.{}.{}\n", n / 250, n % 250 + 1)
    });
    let text = with("").replace("{ 10.0.0.9 }", &format!("{{\n{addresses} }}"));
    let reading = test(&text);
    let instance = only(&reading);
    assert_eq!(instance.virtual_addresses.len(), 255);
    assert_eq!(instance.excluded_addresses.len(), 45);
    assert_eq!(instance.excluded_addresses[0].prefix.to_string(), "10.1.1.6/32");
    assert_eq!(reading.test_status(), 5);
    let ipv6: String = (0..100).fold(String::new(), |all, n| all + &format!("fe80::{n:x}\n"));
    let reading = test(&with("").replace("{ 10.0.0.9 }", &format!("{{\n{ipv6} }}")));
    assert_eq!(only(&reading).virtual_addresses.len(), 89);
}

#[test]
fn same_vrid() {
    let pair = |first: &str, second: &str| {
        let text = with(first)
            + &with(second)
                .replace("V {", "W {")
                .replace("10.0.0.9 }", "10.0.0.10 }");
        test(&text).start
    };
    let conflict = Err(Fatal { status: 2 });
    assert_eq!(pair("", ""), conflict);
    assert_eq!(pair("", "mcast_dst_ip 224.0.0.99"), Ok(()));
    let peers = "unicast_src_ip 10.0.0.1\n unicast_peer {\n 10.0.0.2\n 10.0.0.3\n }";
    assert_eq!(pair("", peers), Ok(()));
    assert_eq!(pair(peers, peers), conflict);
    assert_eq!(pair(peers, "unicast_peer {\n 10.0.0.3\n }"), conflict);
    assert_eq!(pair(peers, "unicast_peer {\n 10.0.0.4\n }"), Ok(()));
    let text = with("") + &with("").replace("V {", "W {").replace("eth0", "eth1");
    assert_eq!(test(&text).start, Ok(()));
}

#[test]
fn limits_of_announcements_are_kept_by_interface() {
    let text =
        "global_defs {\n vrrp_garp_interval 0.5\n}\ngarp_group {\n gna_interval 1\n interface eth1\n}\n"
            .to_owned()
            + &with("").replace(
                "10.0.0.9 }",
                "10.0.0.9\n 10.0.0.10 dev eth1\n 10.0.0.11 dev tun0\n }",
            );
    let groups = test(&text).configuration.vrrp.garp_groups;
    let limits: Vec<_> = groups
        .iter()
        .map(|group| {
            (
                group.interfaces[0].as_str(),
                group.garp_interval,
                group.gna_interval,
            )
        })
        .collect();
    let half = Some(Micros::from_millis(500));
    assert_eq!(
        limits,
        [
            ("eth1", None, Some(Micros::SECOND)),
            ("eth0", half, None),
            ("tun0", half, None)
        ]
    );
}

#[test]
fn a_static_address_needs_an_interface() {
    let reading = test("global_defs {\n default_interface eth7\n}\nstatic_ipaddress {\n 10.1.1.1/24\n}\n");
    assert_eq!(reading.test_status(), 4);
    assert_eq!(reading.start, Err(Fatal { status: 2 }));
    let reading = test("static_ipaddress {\n 10.1.1.1/24\n}\n");
    let [address] = &reading.configuration.vrrp.static_objects.addresses[..] else {
        panic!("one address");
    };
    assert_eq!(address.dev.as_ref().unwrap().as_str(), "eth0");
}
