//! The layout as a whole.

use super::{EVERYTHING, Lab};

#[test]
fn the_data_is_laid_out_as_people_know_it() {
    let data = Lab::new(EVERYTHING).data();
    let (_, after_globals) = data.split_once("------< Static Addresses >------").unwrap();
    // Dates are those of the machine's time zone.
    let is_dated = |line: &str| line.contains("Last transition = ") || line.contains("Read timeout = ");
    let undated: Vec<_> = after_globals
        .lines()
        .map(|line| match line.split_once(" (") {
            Some((moment, _)) if is_dated(line) => moment,
            _ => line,
        })
        .collect();
    insta::assert_snapshot!(undated.join("\n"));
}

#[test]
fn passwords_and_keys_are_in_no_output() {
    let mut hmac = EVERYTHING.to_owned();
    hmac.push_str(
        "vrrp_instance H { interface eth0\n virtual_router_id 66\n version 3\n auth_hmac { key 7 \
         \"hunter2hunter2hunter2hunter2hunter2\"\n active_key 7 }\n virtual_ipaddress { 10.3.2.202/24 } }\n",
    );
    for text in [EVERYTHING, &hmac] {
        let lab = Lab::new(text);
        for output in [lab.data(), lab.json().to_string()] {
            assert!(!output.contains("hunter2"), "{output}");
        }
        assert_eq!(lab.data().matches("Password = ********").count(), 2);
    }
}

#[test]
fn there_are_no_sections_without_contents() {
    let data =
        Lab::new("vrrp_instance V { interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1 } }")
            .data();
    let sections: Vec<_> = data.lines().filter(|line| line.starts_with("------<")).collect();
    assert_eq!(
        sections,
        [
            "------< Global definitions >------",
            "------< VRRP Topology >------",
            "------< VRRP Sockpool >------",
            "------< Interfaces >------"
        ]
    );
}

/// The order of the members, which people compare.
#[test]
fn json_is_the_one_line_that_is_documented() {
    let lab = Lab::masters(
        "vrrp_instance V3V4 { interface eth0\n virtual_router_id 52\n version 3\n advert_int 0.5\n virtual_ipaddress { \
         10.3.0.110/24 } }",
    );
    let entered = lab.router.instances().next().unwrap().last_transition().unwrap();
    let expected = format!(
        concat!(
            "[{{\"data\":{{\"iname\":\"V3V4\",\"dont_track_primary\":0,\"skip_check_adv_addr\":0,\"strict_mode\":0,",
            "\"vmac_ifname\":\"\",\"ifp_ifname\":\"eth0\",\"master_priority\":0,\"last_transition\":{},",
            "\"garp_delay\":5,\"garp_refresh\":0,\"garp_rep\":5,\"garp_refresh_rep\":1,\"garp_lower_prio_delay\":5,",
            "\"garp_lower_prio_rep\":5,\"lower_prio_no_advert\":0,\"higher_prio_send_advert\":0,\"vrid\":52,",
            "\"base_priority\":100,\"effective_priority\":100,\"vipset\":true,\"promote_secondaries\":false,",
            "\"adver_int\":0.5,\"master_adver_int\":0.5,\"accept\":1,\"nopreempt\":false,\"preempt_delay\":0,",
            "\"state\":2,\"wantstate\":2,\"version\":3,\"smtp_alert\":false,\"notify_deleted\":false,",
            "\"vips\":[\"10.3.0.110\\/24 dev eth0 scope global set\"],\"auth_type\":0}},",
            "\"stats\":{{\"advert_rcvd\":0,\"advert_sent\":1,\"become_master\":1,\"release_master\":0,",
            "\"packet_len_err\":0,\"advert_interval_err\":0,\"ip_ttl_err\":0,\"invalid_type_rcvd\":0,",
            "\"addr_list_err\":0,\"invalid_authtype\":0,\"authtype_mismatch\":0,\"auth_failure\":0,",
            "\"auth_ext_missing\":0,\"auth_ext_malformed\":0,\"auth_ext_unknown_key\":0,",
            "\"auth_ext_invalid_hmac\":0,\"auth_ext_stale\":0,\"auth_ext_replay\":0,\"pri_zero_rcvd\":0,",
            "\"pri_zero_sent\":0}}}}]\n"
        ),
        crate::dump::Moment(entered.wall)
    );
    assert_eq!(super::super::json::render(&lab.snapshot()), expected);
}

#[test]
fn version_2_has_names_and_the_causes() {
    let text = format!("{EVERYTHING}\nglobal_defs {{ json_version 2 }}\n");
    let json = Lab::new(&text).json();
    let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "sync_group",
            "track_file",
            "track_process",
            "track_script",
            "vrrp"
        ]
    );
    assert_eq!(json["vrrp"].as_array().unwrap().len(), 5);
    let unicast = &json["vrrp"][3];
    assert_eq!(unicast["data"]["iname"], "U");
    let first = &unicast["transitions"][0];
    assert_eq!((&first["from"], &first["to"]), (&0.into(), &1.into()));
    assert_eq!(first["cause"], "startup");
    let process = &json["track_process"][0];
    assert_eq!(process["process"], "keepalived");
    assert_eq!(process["param_match"], "partial");
    assert_eq!(process["terminate_delay"], 0.5);
    assert_eq!(process["have_quorum"], false);
}

#[test]
fn routes_and_rules_show_every_option() {
    let text = "static_routes {
 192.168.11.0/24 via 10.3.2.9 dev eth0 tos 4 scope link metric 7 mtu lock 1300 advmss 1200 rtt 400ms rto_min 200ms hoplimit 5 realms 3/4 quickack 1 congctl cubic features ecn
 192.168.12.0/24 dev eth0 encap ip id 5 dst 1.2.3.4 src 1.2.3.5 tos 4 ttl 8
 192.168.13.0/24 dev eth0 encap mpls 100/200 ttl-propagate enabled
 2001:db8:a::/64 dev eth0 expires 100
 append 192.168.14.0/24 dev eth0
 192.168.17.0/24 nexthop via 10.3.2.9 dev eth0 weight 2 onlink nexthop via 10.3.2.8 dev eth1 realms 5
 default dev eth0 table 90
}
static_rules {
 not from 192.168.20.0/24 tos 4 fwmark 0x10 suppress_prefixlength 5 table 90 priority 200 iif eth0 oif eth1
 to 192.168.21.0/24 uidrange 5-10 ipproto tcp sport 5-6 table 90 priority 201 iif eth0
 from 10.0.0.0/8 iif eth0 goto 300 priority 202
 from 10.0.0.0/8 iif eth0 blackhole priority 303
}
";
    let data = Lab::new(text).data();
    for line in [
        "     prepend 192.168.11.0/24 tos 4 via inet 10.3.2.9 dev eth0 proto 18 scope 253 metric 7 realms 3/4 congctl cubic rtt 400ms rto_min 200ms features ecn mtu lock 1300 advmss 1200 hoplimit 5 quickack 1",
        "     prepend 192.168.12.0/24 encap ip id 5 dst 1.2.3.4 src 1.2.3.5 tos 4 ttl 8 dev eth0 proto 18",
        "     prepend 192.168.13.0/24 encap mpls 100/200 dev eth0 proto 18 ttl-propagate enabled",
        "     prepend 2001:db8:a::/64 dev eth0 proto 18 expires 100sec",
        "     append 192.168.14.0/24 dev eth0 proto 18",
        "     prepend 192.168.17.0/24 proto 18 nexthop via inet 10.3.2.9 dev eth0 weight 2 onlink nexthop via inet 10.3.2.8 dev eth1 realm 5 no_track",
        "     prepend 0.0.0.0/0 dev eth0 table 90 proto 18",
        "     not from 192.168.20.0/24 priority 200 tos 0x4 fwmark 0x10 iif eth0 oif eth1 suppress_prefixlen 5 protocol 18 lookup 90",
        "     from all to 192.168.21.0/24 priority 201 tos 0x0 iif eth0 uidrange 5-10 protocol 18 ipproto 6 sport 5-6 lookup 90",
        "     from 10.0.0.0/8 priority 202 tos 0x0 iif eth0 protocol 18 goto 300",
        "     from 10.0.0.0/8 priority 303 tos 0x0 iif eth0 protocol 18 type blackhole",
    ] {
        assert!(data.lines().any(|shown| shown == line), "{line}\n{data}");
    }
}
