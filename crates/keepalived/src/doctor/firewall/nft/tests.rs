use super::super::ruleset::Judgement;
use super::*;
use serde_json::json;
use std::net::IpAddr;

const GROUP: &str = "224.0.0.18";

fn judge(rules: &Value, policy: &str, way: Way, destination: &str) -> Judgement {
    let hook = if way == Way::In { "input" } else { "output" };
    let mut objects = vec![
        json!({"metainfo": {"json_schema_version": 1}}),
        json!({"table": {"family": "inet", "name": "filter", "handle": 1}}),
        json!({"chain": {"family": "inet", "table": "filter", "name": hook, "type": "filter", "hook": hook,
            "prio": 0, "policy": policy}}),
    ];
    for rule in rules.as_array().unwrap() {
        let chain = rule.get("chain").and_then(Value::as_str).unwrap_or(hook);
        objects.push(
            json!({"rule": {"family": "inet", "table": "filter", "chain": chain, "expr": rule["expr"]}}),
        );
    }
    let packet = Packet {
        way,
        interface: "eth0",
        protocol: 112,
        destination: destination.parse::<IpAddr>().unwrap(),
    };
    read(&json!({ "nftables": objects }).to_string(), &packet)
        .unwrap()
        .judge()
}

fn dropped(by: &str) -> Judgement {
    Judgement::Dropped {
        by: by.to_owned(),
        certain: true,
    }
}

fn meta(key: &str, right: &Value) -> Value {
    json!({"match": {"op": "==", "left": {"meta": {"key": key}}, "right": right}})
}

fn payload(protocol: &str, field: &str, op: &str, right: &Value) -> Value {
    json!({"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}})
}

#[test]
fn a_rule_that_drops_the_protocol() {
    let rules = json!([{"expr": [payload("ip", "protocol", "==", &json!("vrrp")), {"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]}]);
    assert_eq!(
        judge(&rules, "accept", Way::In, GROUP),
        dropped("rule \"ip protocol vrrp drop\" of chain inet filter input")
    );
    assert_eq!(judge(&json!([]), "accept", Way::In, GROUP), Judgement::Passes);
}

#[test]
fn a_policy_that_drops_what_nobody_lets_in() {
    let usual = json!([
        {"expr": [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]},
        {"expr": [meta("iifname", &json!("lo")), {"accept": null}]},
        {"expr": [payload("tcp", "dport", "==", &json!(22)), {"accept": null}]},
        {"expr": [meta("l4proto", &json!({"set": ["icmp", "ipv6-icmp"]})), {"accept": null}]},
    ]);
    assert_eq!(
        judge(&usual, "drop", Way::In, GROUP),
        dropped("policy drop of chain inet filter input")
    );
    for open in [
        json!({"expr": [payload("ip", "daddr", "==", &json!({"prefix": {"addr": "224.0.0.0", "len": 4}})), {"accept": null}]}),
        json!({"expr": [meta("l4proto", &json!({"set": [51, "vrrp"]})), {"accept": null}]}),
        json!({"expr": [meta("pkttype", &json!("multicast")), {"accept": null}]}),
        json!({"expr": [payload("ip", "daddr", "!=", &json!("192.0.2.1")), {"accept": null}]}),
    ] {
        let mut rules = usual.clone();
        rules.as_array_mut().unwrap().push(open);
        assert_eq!(
            judge(&rules, "drop", Way::In, GROUP),
            Judgement::Passes,
            "{rules}"
        );
    }
}

#[test]
fn what_may_let_it_in_makes_it_uncertain() {
    let rules = json!([{"expr": [payload("ip", "saddr", "==", &json!("@peers")), {"accept": null}]}]);
    let judgement = judge(&rules, "drop", Way::In, GROUP);
    assert!(matches!(judgement, Judgement::Dropped { certain: false, .. }));
}

#[test]
fn what_may_drop_it_is_not_blamed() {
    let rules = json!([{"expr": [{"limit": {"rate": 1, "per": "second"}}, {"drop": null}]}, {"expr": [{"xt": null}, {"drop": null}]}]);
    assert_eq!(judge(&rules, "accept", Way::In, GROUP), Judgement::Passes);
}

#[test]
fn a_chain_of_its_own_is_followed() {
    let rules = json!([
        {"expr": [meta("iifname", &json!("eth*")), {"jump": {"target": "outside"}}]},
        {"chain": "outside", "expr": [meta("l4proto", &json!(112)), {"reject": null}]},
    ]);
    assert!(matches!(
        judge(&rules, "accept", Way::In, GROUP),
        Judgement::Dropped { .. }
    ));
}

#[test]
fn the_way_out_has_chains_of_its_own() {
    let rules =
        json!([{"expr": [meta("oifname", &json!("eth0")), meta("l4proto", &json!("vrrp")), {"drop": null}]}]);
    assert!(matches!(
        judge(&rules, "accept", Way::Out, "ff02::12"),
        Judgement::Dropped { .. }
    ));
}

#[test]
fn what_is_no_list_is_not_read() {
    let packet = Packet {
        way: Way::In,
        interface: "eth0",
        protocol: 112,
        destination: GROUP.parse().unwrap(),
    };
    assert_eq!(read("", &packet), None);
    assert_eq!(read("{}", &packet), None);
}
