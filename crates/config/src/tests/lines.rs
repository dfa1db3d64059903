//! Address, route and rule lines as the model gets them.

use crate::testing::{messages, test};
use model::{
    Broadcast, Encap, Family, LockableMetric, PreferredLifetime, Route, RouteMode, Rule, RuleAction,
    VirtualAddress,
};

fn instance(block: &str, line: &str) -> model::Instance {
    let text = format!(
        "vrrp_instance V {{\n interface eth0\n virtual_router_id 5\n no_virtual_ipaddress\n {block} {{\n {line}\n }}\n}}\n"
    );
    let reading = test(&text);
    assert_eq!(messages(&reading), [""; 0], "{line}");
    reading.configuration.vrrp.instances[0].clone()
}

fn address(line: &str) -> VirtualAddress {
    instance("virtual_ipaddress", line).virtual_addresses[0].clone()
}

fn route(line: &str) -> Route {
    instance("virtual_routes", line).routes[0].clone()
}

fn rule(line: &str) -> Rule {
    instance("virtual_rules", line).rules[0].clone()
}

#[test]
fn every_option_of_an_address() {
    let full = address("10.0.0.9/24 dev eth1 brd 10.0.0.255 scope link label eth1:vip no_track use_vmac");
    assert_eq!(full.prefix.to_string(), "10.0.0.9/24");
    assert_eq!(full.dev.unwrap().as_str(), "eth1");
    assert_eq!(full.broadcast, Some(Broadcast::Address([10, 0, 0, 255].into())));
    assert_eq!(full.scope, 253);
    assert_eq!(full.label.as_deref(), Some("eth1:vip"));
    assert!(full.no_track && full.use_vmac);
    let ipv6 = address("fe80::9 home -nodad mngtmpaddr noprefixroute autojoin preferred_lft 90");
    assert_eq!(ipv6.preferred_lft, Some(PreferredLifetime::Seconds(90)));
    let flags = ipv6.flags;
    assert!(flags.home && flags.leave_dad && flags.mngtmpaddr && flags.noprefixroute && flags.autojoin);
    assert_eq!(
        address("10.0.0.9 peer 10.0.0.10").peer.unwrap().to_string(),
        "10.0.0.10/32"
    );
    assert_eq!(
        address("10.0.0.9/24 brd +").broadcast,
        Some(Broadcast::HostBitsSet)
    );
}

#[test]
fn destinations_of_routes() {
    let default = route("default via 10.0.0.2 dev eth0");
    assert_eq!((default.family, default.destination), (Family::Ipv4, None));
    assert_eq!(default.via, Some("10.0.0.2".parse().unwrap()));
    let ipv6 = route("inet6 default via fe80::2 dev eth0");
    assert_eq!((ipv6.family, ipv6.destination), (Family::Ipv6, None));
    assert_eq!(route("default via fe80::2 dev eth0").family, Family::Ipv6);
    let hole = route("blackhole 10.5.0.0/16 no_track");
    assert_eq!(
        (hole.kind, hole.destination.unwrap().to_string()),
        (6, "10.5.0.0/16".to_owned())
    );
    assert_eq!(route("to 10.5.0.0/16 dev eth0").destination.unwrap().len, 16);
}

#[test]
fn options_of_routes() {
    let full = route(
        "10.5.0.0/16 dev eth0 via inet 10.0.0.2 src 10.0.0.1 tos 4 table 200 scope link metric 10 onlink \
         mtu lock 1400 rtt 500ms rto_min 1.5s window 7 hoplimit 9 congctl lock cubic features ecn quickack 1 \
         realms 2/3 append ttl-propagate disabled",
    );
    assert_eq!(
        (full.tos, full.table, full.scope, full.metric),
        (4, Some(200), Some(253), Some(10))
    );
    assert!(full.onlink && full.metrics.ecn);
    assert_eq!(
        full.metrics.mtu,
        Some(LockableMetric {
            value: 1400,
            locked: true
        })
    );
    assert_eq!(full.metrics.rtt.unwrap().value, 4_000);
    assert_eq!(full.metrics.rto_min.unwrap().value, 1_500);
    assert_eq!(full.metrics.congctl, Some(("cubic".to_owned(), true)));
    assert_eq!(full.metrics.quickack, Some(true));
    assert_eq!(full.realms, Some(2 << 16 | 3));
    assert_eq!(full.mode, RouteMode::Append);
    assert_eq!(full.ttl_propagate, Some(false));
    let ipv6 = route("2001:db8::/32 dev eth0 from 2001:db8:1::/48 expires 5 pref high");
    assert_eq!((ipv6.expires, ipv6.pref), (Some(5), Some(1)));
    assert_eq!(ipv6.source.unwrap().len, 48);
}

#[test]
fn tunnels_and_next_hops() {
    assert_eq!(
        route("10.5.0.0/16 dev eth0 encap ip id 7 dst 192.0.2.1 tos 8 ttl 3").encap,
        Some(Encap::Ip {
            id: Some(7),
            dst: Some([192, 0, 2, 1].into()),
            src: None,
            tos: Some(8),
            ttl: Some(3),
            flags: None,
        })
    );
    assert_eq!(
        route("10.5.0.0/16 dev eth0 encap mpls 100/200").encap,
        Some(Encap::Mpls(vec![100, 200]))
    );
    assert_eq!(
        route("2001:db8::/32 dev eth0 encap ila 1:2:3:f").encap,
        Some(Encap::Ila(0x0001_0002_0003_000f))
    );
    let hops = route(
        "10.5.0.0/16 no_track nexthop via 10.0.0.2 dev eth0 weight 2 nexthop via 10.0.0.3 dev eth1 onlink encap mpls 9",
    )
    .nexthops;
    assert_eq!(hops.len(), 2);
    assert_eq!((hops[0].weight, hops[0].onlink), (Some(2), false));
    assert_eq!(
        (hops[1].onlink, hops[1].encap.clone()),
        (true, Some(Encap::Mpls(vec![9])))
    );
}

#[test]
fn options_of_rules() {
    let full = rule(
        "not from 10.0.0.0/8 to 192.0.2.0/24 table 7 preference 0x20 tos 4 fwmark 0x5/0xf realms 1/2 sup_pl 0 \
         iif eth0 oif eth1 uidrange 5-9 ipproto tcp sport 1-2 dport 3-4 tunnel-id 6",
    );
    assert!(full.invert);
    assert_eq!(full.action, RuleAction::Table(7));
    assert_eq!((full.preference, full.tos), (32, Some(4)));
    assert_eq!(full.fwmark, Some((5, Some(15))));
    assert_eq!(full.suppress_prefixlength, Some(0));
    assert_eq!((full.ipproto, full.tunnel_id), (Some(6), Some(6)));
    assert_eq!(full.dport.map(|ports| (ports.start, ports.end)), Some((3, 4)));
    for (line, action) in [
        ("from all unreachable priority 5", RuleAction::Unreachable),
        ("from all type prohibit priority 5", RuleAction::Prohibit),
        ("from all goto 9 priority 5", RuleAction::Goto(9)),
        ("from all nop priority 5", RuleAction::Nop),
        ("from all l3mdev priority 5", RuleAction::L3mdev),
        ("from all lookup main priority 5", RuleAction::Table(254)),
    ] {
        assert_eq!(rule(line).action, action, "{line}");
    }
    assert_eq!(rule("inet6 from all table 5 priority 5").family, Family::Ipv6);
}

#[test]
fn rules_without_preference_count_down_for_each_family() {
    let reading = test(
        "vrrp_instance V {\n interface eth0\n virtual_router_id 5\n no_virtual_ipaddress\n virtual_rules {\n \
         from 10.0.0.1 table 5\n from fe80::1 table 5\n from 10.0.0.2 table 5\n }\n}\n",
    );
    let preferences: Vec<u32> = reading.configuration.vrrp.instances[0]
        .rules
        .iter()
        .map(|rule| rule.preference)
        .collect();
    assert_eq!(preferences, [16_384, 16_384, 16_383]);
    assert_eq!(reading.test_status(), 5);
}
