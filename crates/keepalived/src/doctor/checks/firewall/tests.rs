use super::super::super::finding::Verdict;
use super::super::testing::{configuration, facts, hear};
use super::*;
use serde_json::json;

fn ruleset(rule: &serde_json::Value) -> String {
    json!({"nftables": [
        {"chain": {"family": "ip", "table": "t", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
        {"rule": {"family": "ip", "table": "t", "chain": "in", "expr": rule}},
    ]})
    .to_string()
}

#[test]
fn a_rule_against_adverts_is_named() {
    let mut facts = facts();
    facts.nftables = Ok(ruleset(
        &json!([{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}, {"drop": null}]),
    ));
    let found = rules(&configuration(), &facts);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].verdict, Verdict::Problem);
    assert!(found[0].reason.contains("chain ip t in"), "{}", found[0].reason);
    assert!(found[0].remedy.as_ref().unwrap().contains("-p 112"));
}

#[test]
fn a_signed_instance_needs_another_protocol() {
    let mut facts = facts();
    facts.nftables = Ok(ruleset(
        &json!([{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": "ah"}}, {"drop": null}]),
    ));
    let mut configuration = configuration();
    assert_eq!(rules(&configuration, &facts)[0].verdict, Verdict::Good);
    configuration.vrrp.instances[0].authentication =
        Authentication::Ah(model::Secret::new(b"secret".to_vec()));
    assert_eq!(rules(&configuration, &facts)[0].verdict, Verdict::Problem);
}

#[test]
fn rules_that_cannot_be_listed_are_no_verdict() {
    let mut facts = facts();
    facts.nftables = Err("there is no program `nft`".to_owned());
    assert_eq!(rules(&configuration(), &facts)[0].verdict, Verdict::Unknown);
}

#[test]
fn what_is_on_the_wire_has_to_reach_a_socket() {
    let (configuration, facts) = (configuration(), facts());
    let mut heard = hear(&configuration, &facts, "192.0.2.2", |_| {});
    assert_eq!(delivery(&configuration, &facts, &heard)[0].verdict, Verdict::Good);
    let talker = heard
        .others
        .values_mut()
        .next()
        .unwrap()
        .values_mut()
        .next()
        .unwrap();
    talker.delivered = 0;
    assert_eq!(
        delivery(&configuration, &facts, &heard)[0].verdict,
        Verdict::Problem
    );
    heard.listened.clear();
    assert!(
        delivery(&configuration, &facts, &heard).is_empty(),
        "nobody listened"
    );
}

#[test]
fn an_instance_that_accepts_nothing_is_named_with_its_addresses() {
    let mut configuration = configuration();
    assert!(accept(&configuration).is_empty());
    configuration.vrrp.instances[0].accept = false;
    let found = accept(&configuration);
    assert!(found[0].reason.contains("192.0.2.100"));
}
