use super::*;
use crate::Purpose;
use crate::testing::{machine, read_with};

const RUNNING: &str = "\
vrrp_instance V {
 interface eth0
 virtual_router_id 5
 virtual_ipaddress {
  10.0.0.9
  10.0.0.10
 }
}
vrrp_instance W {
 interface eth1
 virtual_router_id 6
 virtual_ipaddress {
  10.0.0.11
 }
}
vrrp_sync_group G {
 group {
  V
  W
 }
}
";

fn verdict(text: &str) -> Result<(), Vec<String>> {
    let running = read_with(machine(), RUNNING, Purpose::Start);
    let reading = read_with(machine(), text, Purpose::Reload);
    reload_verdict(&running.configuration, &reading)
        .map_err(|reasons| reasons.into_iter().map(|reason| reason.message).collect())
}

fn edited(from: &str, to: &str) -> Result<(), Vec<String>> {
    assert!(RUNNING.contains(from));
    verdict(&RUNNING.replacen(from, to, 1))
}

#[test]
fn changes_on_purpose_are_taken() {
    assert_eq!(verdict(RUNNING), Ok(()));
    assert_eq!(edited("  10.0.0.10\n", ""), Ok(()));
    assert_eq!(edited("  10.0.0.10\n", "  #10.0.0.10\n"), Ok(()));
    assert_eq!(
        edited("vrrp_instance V", "vrrp_instance X").map_err(|reasons| reasons.len()),
        Ok(())
    );
    assert_eq!(verdict(""), Ok(()));
}

#[test]
fn a_mistake_elsewhere_does_not_hold_a_removal_back() {
    let text = RUNNING
        .replace("  10.0.0.10\n", "")
        .replace("virtual_router_id 6\n", "virtual_router_id 6\n priority 999\n");
    assert_eq!(verdict(&text), Ok(()));
}

#[test]
fn a_text_that_would_not_start_is_refused() {
    assert_eq!(
        edited(" virtual_router_id 5\n", "").unwrap_err()[0],
        "a mistake would remove the running instance V"
    );
    let refused = edited("interface eth0", "interface eth7").unwrap_err();
    assert!(
        refused
            .iter()
            .any(|reason| reason.contains("eth7 does not exist")),
        "{refused:#?}"
    );
}

#[test]
fn braces_that_do_not_match_are_refused() {
    assert!(edited("  10.0.0.10\n }\n", "  10.0.0.10\n").is_err());
    assert!(edited("}\nvrrp_instance W", "}\n}\nvrrp_instance W").is_err());
}

#[test]
fn an_address_lost_by_a_mistake_is_refused() {
    for to in [
        "10.0.0.1000",
        "10.0.0.10 dev eth0 dev eth0",
        "10.0.0.10 label averyverylonglabel",
    ] {
        let reasons = edited("10.0.0.10", to).unwrap_err();
        assert_eq!(
            reasons[0], "a mistake would remove address 10.0.0.10 of V",
            "{to}"
        );
    }
    let reasons = edited("virtual_ipaddress {", "virtual_ipadress {").unwrap_err();
    assert_eq!(reasons[0], "a mistake would remove address 10.0.0.9 of V");
}

#[test]
fn an_instance_or_group_lost_by_a_mistake_is_refused() {
    for (from, to, reason) in [
        (
            "vrrp_instance W",
            "vrrp_instnace W",
            "a mistake would remove the running instance W",
        ),
        (
            "vrrp_instance W",
            "vrrp_instance W X",
            "a mistake would remove the running instance W",
        ),
        (
            "vrrp_sync_group G",
            "vrrp_sync_group G H",
            "a mistake would remove the running sync group G",
        ),
    ] {
        let reasons = edited(from, to).unwrap_err();
        assert!(reasons.contains(&reason.to_owned()), "{to}: {reasons:#?}");
    }
}

#[test]
fn what_only_a_restart_can_change_is_refused() {
    for line in [
        "instance other\n",
        "net_namespace other\n",
        "net_namespace_ipvs other\n",
        "global_defs {\n nftables other\n}\n",
        "global_defs {\n nftables_ipvs other\n}\n",
        "global_defs {\n tmp_config_directory /tmp\n}\n",
        "global_defs {\n disable_local_igmp\n}\n",
    ] {
        let reasons = verdict(&format!("{line}{RUNNING}")).unwrap_err();
        assert!(reasons[0].ends_with("cannot be changed by a reload"), "{line}");
    }
}

#[test]
fn other_reports_do_not_refuse() {
    assert_eq!(
        edited(" virtual_router_id 5\n", " virtual_router_id 5\n priority 999\n"),
        Ok(())
    );
    assert_eq!(
        edited(" virtual_router_id 5\n", " virtual_router_id 5\n bogus 1\n"),
        Ok(())
    );
}

const SERVING: &str = "\
virtual_server_group G {
 10.1.0.1 80
 10.1.0.2 80
}
virtual_server 10.0.0.20 80 {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 10.0.0.21 80 {
 }
 real_server 10.0.0.22 80 {
 }
}
virtual_server fwmark 77 {
 lb_algo rr
 lb_kind NAT
 real_server 10.0.0.21 80 {
 }
}
virtual_server group G {
 lb_algo rr
 lb_kind NAT
 protocol TCP
 real_server 10.0.0.21 80 {
 }
}
";

fn serving(from: &str, to: &str) -> Result<(), Vec<String>> {
    assert!(SERVING.contains(from));
    let running = read_with(machine(), SERVING, Purpose::Start);
    let reading = read_with(machine(), &SERVING.replacen(from, to, 1), Purpose::Reload);
    reload_verdict(&running.configuration, &reading)
        .map_err(|reasons| reasons.into_iter().map(|reason| reason.message).collect())
}

#[test]
fn servers_may_be_changed_on_purpose() {
    for (from, to) in [
        ("", ""),
        ("10.0.0.20 80", "10.0.0.20 8080"),
        (" real_server 10.0.0.22 80 {\n }\n", ""),
        (" 10.1.0.2 80\n", ""),
        // A mistake that costs nothing.
        ("lb_algo rr", "lb_algo rrr"),
        (" real_server 10.0.0.22 80 {\n }\n", " quorum 5\n"),
    ] {
        assert_eq!(serving(from, to), Ok(()), "{to}");
    }
    let all = SERVING.split_once("virtual_server 10").unwrap().1;
    assert_eq!(
        serving(all, "0.0.0.20 80 {\n real_server 10.0.0.21 80 {\n }\n}\n"),
        Ok(())
    );
}

#[test]
fn a_server_lost_by_a_mistake_is_refused() {
    let service = "virtual server 10.0.0.20 80";
    for (from, to, reason) in [
        (
            "10.0.0.20 80",
            "10.0.0.200000 80",
            format!("the running {service}"),
        ),
        ("10.0.0.20 80", "10.0.0.20 8O", format!("the running {service}")),
        (
            "virtual_server 10.0.0.20",
            "virtual_sever 10.0.0.20",
            format!("the running {service}"),
        ),
        (
            "virtual_server fwmark 77",
            "virtual_sever fwmark 77",
            "the running virtual server fwmark 77".to_owned(),
        ),
        (
            "virtual_server group G",
            "virtual_server group H",
            "the running virtual server group G".to_owned(),
        ),
        (
            "10.1.0.2 80",
            "10.1.0.300 80",
            "10.1.0.2:80 of virtual server group G".to_owned(),
        ),
        (
            "real_server 10.0.0.22",
            "real_server 10.0.0.222222",
            format!("real server 10.0.0.22:80 of {service}"),
        ),
        (
            "real_server 10.0.0.22",
            "real_servr 10.0.0.22",
            format!("real server 10.0.0.22:80 of {service}"),
        ),
    ] {
        let reasons = serving(from, to).expect_err(to);
        assert!(
            reasons.contains(&format!("a mistake would remove {reason}")),
            "{to}: {reasons:#?}"
        );
    }
}
