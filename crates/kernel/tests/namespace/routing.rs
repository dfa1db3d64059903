//! Routes and rules with their whole grammar, as `ip` shows them.

use crate::lab::{apply, cable, isolated, json, named, prefix, run};
use kernel::ledger::{Ledger, Owner, Removal};
use kernel::monitor::{Change, Monitor, Watch};
use kernel::operation::{Object, Operation, Outcome, Route, Rule};
use kernel::{Linux, ReceiveBuffer, snapshot};
use model::{Encap, Family, LockableMetric, NextHop, PortRange, RouteMode, RuleAction, UidRange};
use serde_json::Value;

fn route(line: &model::Route) -> Object {
    Object::from(Route::resolve(line, &snapshot().unwrap()).unwrap())
}

fn v4(destination: &str) -> model::Route {
    model::Route::new(Family::Ipv4, Some(prefix(destination)))
}

fn v6(destination: &str) -> model::Route {
    model::Route::new(Family::Ipv6, Some(prefix(destination)))
}

fn setup() -> (Linux, Monitor) {
    cable("v0", "v1");
    cable("w0", "w1");
    run("ip addr add 10.1.0.1/24 dev v0");
    run("ip addr add 10.2.0.1/24 dev w0");
    run("ip addr add 2001:db8:1::1/64 dev v0 nodad");
    run("ip addr add 2001:db8:2::1/64 dev w0 nodad");
    let watch = Watch {
        routes: true,
        rules: true,
    };
    (
        Linux::open().unwrap(),
        Monitor::open(watch, ReceiveBuffer::Default).unwrap(),
    )
}

/// Adds an object, shows what `command` prints then, removes it, and checks that the monitor recognised both.
fn round_trip(linux: &mut Linux, monitor: &mut Monitor, object: &Object, command: &str) -> Vec<Value> {
    let add = Operation::Add(object.clone());
    assert_eq!(
        apply(linux, std::slice::from_ref(&add)),
        [Ok(Outcome::Done)],
        "{object}"
    );
    let shown = json(command).as_array().unwrap().clone();
    let remove = Operation::Remove(object.clone());
    assert_eq!(
        apply(linux, std::slice::from_ref(&remove)),
        [Ok(Outcome::Done)],
        "{object}"
    );
    assert_eq!(
        apply(linux, std::slice::from_ref(&remove)),
        [Ok(Outcome::WasSo)],
        "{object}"
    );
    let mut changes = Vec::new();
    while monitor.read(&mut changes).unwrap() {}
    // The ledger is what compares the kernel's report with what was asked for.
    let mut ledger = Ledger::default();
    ledger.want(Owner(1), std::slice::from_ref(object));
    let removed: Vec<_> = changes.iter().filter_map(Change::removed).collect();
    assert_eq!(removed.len(), 1, "{changes:?}");
    assert_eq!(
        ledger.removed(&removed[0]),
        Removal::Others(vec![(Owner(1), object.clone())]),
        "{:?} is not recognised as {:?}",
        removed[0],
        object.key()
    );
    shown
}

#[test]
fn ipv4_routes_have_every_option() {
    isolated("routing::ipv4_routes_have_every_option", || {
        let (mut linux, mut monitor) = setup();
        let metric = |value| Some(LockableMetric { value, locked: false });
        let mut line = v4("10.9.1.77/24");
        line.via = Some("10.1.0.2".parse().unwrap());
        line.dev = Some(named("v0"));
        line.preferred_source = Some("10.1.0.1".parse().unwrap());
        line.tos = 0x10;
        line.table = Some(1000);
        line.metric = Some(55);
        line.realms = Some(3 << 16 | 4);
        line.metrics.mtu = Some(LockableMetric {
            value: 1400,
            locked: true,
        });
        line.metrics.advmss = metric(1300);
        line.metrics.cwnd = metric(20);
        line.metrics.window = Some(6000);
        line.metrics.hoplimit = Some(9);
        line.metrics.initcwnd = Some(11);
        line.metrics.quickack = Some(true);
        line.metrics.congctl = Some(("reno".to_owned(), false));
        line.metrics.ecn = true;
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -d route show table 1000",
        );
        assert_eq!(shown.len(), 1, "{shown:?}");
        let seen = &shown[0];
        assert_eq!(seen["dst"], "10.9.1.0/24");
        assert_eq!(seen["gateway"], "10.1.0.2");
        assert_eq!(seen["protocol"], "keepalived");
        assert_eq!(seen["prefsrc"], "10.1.0.1");
        assert_eq!(seen["metric"], 55);
        assert_eq!(seen["scope"], "global");
        let metrics = seen["metrics"].as_array().unwrap();
        let all = Value::Array(metrics.clone()).to_string();
        for part in [
            "1400",
            "1300",
            "6000",
            "\"reno\"",
            "\"hoplimit\":9",
            "\"initcwnd\":11",
            "ecn",
        ] {
            assert!(all.contains(part), "{part} in {all}");
        }

        let mut line = v4("10.9.2.0/24");
        line.dev = Some(named("v0"));
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -d route show 10.9.2.0/24",
        );
        assert_eq!(shown[0]["scope"], "link");

        let mut line = v4("10.9.3.0/24");
        line.kind = 6;
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -d route show 10.9.3.0/24",
        );
        assert_eq!(shown[0]["type"], "blackhole");

        let mut line = v4("10.9.4.0/24");
        line.via = Some("10.77.0.1".parse().unwrap());
        line.dev = Some(named("v0"));
        line.onlink = true;
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j route show 10.9.4.0/24",
        );
        assert_eq!(shown[0]["flags"][0], "onlink");

        let mut line = v4("10.9.5.0/24");
        line.via = Some("2001:db8:1::2".parse().unwrap());
        line.dev = Some(named("v0"));
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j route show 10.9.5.0/24",
        );
        assert_eq!(shown[0]["via"]["host"], "2001:db8:1::2");

        let mut line = model::Route::new(Family::Ipv4, None);
        line.via = Some("10.1.0.2".parse().unwrap());
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j route show default",
        );
        assert_eq!(shown[0]["dev"], "v0");
    });
}

#[test]
fn ipv6_routes_have_every_option() {
    isolated("routing::ipv6_routes_have_every_option", || {
        let (mut linux, mut monitor) = setup();
        let mut line = v6("2001:db8:9::/48");
        line.via = Some("2001:db8:1::2".parse().unwrap());
        line.dev = Some(named("v0"));
        line.expires = Some(600);
        line.pref = Some(1);
        line.metric = Some(77);
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -6 -d route show 2001:db8:9::/48",
        );
        assert_eq!(shown[0]["gateway"], "2001:db8:1::2");
        assert_eq!(shown[0]["metric"], 77);
        assert_eq!(shown[0]["pref"], "high");
        assert!(
            (500..=600).contains(&shown[0]["expires"].as_u64().unwrap()),
            "{shown:?}"
        );

        let mut line = v6("2001:db8:a::/48");
        line.via = Some("2001:db8:1::2".parse().unwrap());
        let shown = round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -6 route show 2001:db8:a::/48",
        );
        assert_eq!(shown[0]["dev"], "v0");

        let mut line = model::Route::new(Family::Ipv6, None);
        line.via = Some("fe80::1".parse().unwrap());
        line.dev = Some(named("v0"));
        round_trip(
            &mut linux,
            &mut monitor,
            &route(&line),
            "ip -j -6 route show default",
        );
    });
}

#[test]
fn next_hops_share_the_traffic() {
    isolated("routing::next_hops_share_the_traffic", || {
        let (mut linux, mut monitor) = setup();
        for (mut line, hops, command) in [
            (
                v4("10.9.6.0/24"),
                ["10.1.0.2", "10.2.0.2"],
                "ip -j route show 10.9.6.0/24",
            ),
            (
                v6("2001:db8:b::/48"),
                ["2001:db8:1::2", "2001:db8:2::2"],
                "ip -j -6 route show 2001:db8:b::/48",
            ),
        ] {
            line.nexthops = hops
                .iter()
                .zip([("v0", 3), ("w0", 1)])
                .map(|(via, (dev, weight))| NextHop {
                    via: Some(via.parse().unwrap()),
                    dev: Some(named(dev)),
                    weight: Some(weight),
                    ..NextHop::default()
                })
                .collect();
            let object = route(&line);
            let add = Operation::Add(object.clone());
            assert_eq!(apply(&mut linux, &[add]), [Ok(Outcome::Done)]);
            let shown = json(command);
            let nexthops = shown[0]["nexthops"].as_array().unwrap();
            assert_eq!(nexthops.len(), 2);
            assert_eq!(nexthops[0]["gateway"], hops[0]);
            assert_eq!(nexthops[0]["weight"], 3);
            assert_eq!(nexthops[1]["dev"], "w0");
            let remove = Operation::Remove(object);
            assert_eq!(apply(&mut linux, &[remove]), [Ok(Outcome::Done)]);
            assert_eq!(json(command), Value::Array(Vec::new()));
        }
        let mut changes = Vec::new();
        while monitor.read(&mut changes).unwrap() {}
        assert!(changes.iter().any(|change| change.removed().is_some()));
    });
}

#[test]
fn modes_order_equal_routes() {
    isolated("routing::modes_order_equal_routes", || {
        let (mut linux, _) = setup();
        let through = |via: &str, mode| {
            let mut line = v4("10.9.7.0/24");
            line.via = Some(via.parse().unwrap());
            line.mode = mode;
            Operation::Add(route(&line))
        };
        let verdicts = apply(
            &mut linux,
            &[
                through("10.1.0.2", RouteMode::Add),
                through("10.1.0.3", RouteMode::Prepend),
                through("10.1.0.4", RouteMode::Append),
                through("10.1.0.5", RouteMode::Add),
            ],
        );
        assert_eq!(verdicts[..3], [const { Ok(Outcome::Done) }; 3]);
        assert_eq!(verdicts[3], Ok(Outcome::WasSo));
        let shown = json("ip -j route show 10.9.7.0/24");
        let order: Vec<&str> = shown
            .as_array()
            .unwrap()
            .iter()
            .map(|route| route["gateway"].as_str().unwrap())
            .collect();
        assert_eq!(order, ["10.1.0.3", "10.1.0.2", "10.1.0.4"]);
    });
}

#[test]
fn encapsulations_are_accepted_or_named() {
    isolated("routing::encapsulations_are_accepted_or_named", || {
        let (mut linux, _) = setup();
        let mut line = v4("10.9.8.0/24");
        line.dev = Some(named("v0"));
        line.encap = Some(Encap::Ip {
            id: Some(42),
            dst: Some([192, 0, 2, 1].into()),
            src: None,
            tos: Some(4),
            ttl: Some(64),
            flags: None,
        });
        let verdicts = apply(&mut linux, &[Operation::Add(route(&line))]);
        match &verdicts[0] {
            Ok(outcome) => {
                assert_eq!(*outcome, Outcome::Done);
                let shown = json("ip -j route show 10.9.8.0/24");
                assert_eq!(shown[0]["encap"], "ip");
                assert_eq!(shown[0]["id"], 42);
                assert_eq!(shown[0]["dst"], "192.0.2.1");
            }
            // A kernel without lightweight tunnels says so.
            Err(error) => assert!(
                error.to_string().starts_with("adding route 10.9.8.0/24 dev v0: "),
                "{error}"
            ),
        }
    });
}

#[test]
fn rules_have_every_option() {
    isolated("routing::rules_have_every_option", || {
        let (mut linux, mut monitor) = setup();
        let mut rule = model::Rule::new(Family::Ipv4, 100, RuleAction::Table(1000));
        rule.invert = true;
        rule.from = Some(prefix("10.5.0.0/16"));
        rule.to = Some(prefix("10.6.0.0/16"));
        rule.tos = Some(0x10);
        rule.fwmark = Some((5, Some(0xff)));
        rule.realms = Some(3 << 16 | 4);
        rule.suppress_prefixlength = Some(8);
        rule.iif = Some(named("v0"));
        rule.oif = Some(named("w0"));
        rule.uidrange = Some(UidRange { start: 0, end: 0 });
        rule.ipproto = Some(6);
        rule.sport = Some(PortRange { start: 10, end: 20 });
        rule.dport = Some(PortRange { start: 80, end: 80 });
        let ours = |shown: Vec<Value>, preference: u32| {
            shown
                .into_iter()
                .find(|rule| rule["priority"] == preference)
                .unwrap()
        };
        let object = Object::from(Rule(rule));
        let shown = ours(
            round_trip(&mut linux, &mut monitor, &object, "ip -j -d rule"),
            100,
        );
        assert_eq!(
            (&shown["src"], &shown["srclen"]),
            (&"10.5.0.0".into(), &16.into()),
            "{shown}"
        );
        assert_eq!(
            (&shown["dst"], &shown["dstlen"]),
            (&"10.6.0.0".into(), &16.into())
        );
        assert_eq!(shown["table"], "1000");
        assert_eq!((&shown["iif"], &shown["oif"]), (&"v0".into(), &"w0".into()));
        assert_eq!(
            (&shown["fwmark"], &shown["fwmask"]),
            (&"0x5".into(), &"0xff".into())
        );
        assert_eq!(shown["protocol"], "keepalived");
        assert_eq!(shown["ipproto"], "tcp");
        assert!(shown.get("not").is_some());

        for (preference, action) in [
            (101, RuleAction::Nop),
            (102, RuleAction::Blackhole),
            (103, RuleAction::Unreachable),
            (104, RuleAction::Prohibit),
            (105, RuleAction::Goto(32766)),
            (106, RuleAction::Table(70_000)),
        ] {
            for family in [Family::Ipv4, Family::Ipv6] {
                let object = Object::from(Rule(model::Rule::new(family, preference, action)));
                let command = if family == Family::Ipv4 {
                    "ip -j rule"
                } else {
                    "ip -j -6 rule"
                };
                ours(round_trip(&mut linux, &mut monitor, &object, command), preference);
            }
        }
        let v6 = {
            let mut rule = model::Rule::new(Family::Ipv6, 110, RuleAction::Table(9));
            rule.from = Some(prefix("2001:db8::/32"));
            Object::from(Rule(rule))
        };
        let shown = ours(round_trip(&mut linux, &mut monitor, &v6, "ip -j -6 rule"), 110);
        assert_eq!(shown["src"], "2001:db8::");
    });
}
