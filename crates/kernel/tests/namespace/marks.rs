//! The marks of groups as `nft` shows them.

use crate::lab::{isolated, run};
use kernel::{MarkSettings, Marks};
use model::ipvs::{MapChange, MapElement};
use model::{AddressRange, Protocol};
use nix::errno::Errno;

fn settings(table: &str, counters: bool) -> MarkSettings {
    MarkSettings {
        table: table.to_owned(),
        priority: -1,
        counters,
    }
}

fn element(protocol: Protocol, first: &str, last: &str, port: u16, mark: u32) -> MapElement {
    MapElement {
        protocol,
        range: AddressRange::new(first.parse().unwrap(), last.parse().unwrap()).unwrap(),
        port,
        mark: mark.try_into().unwrap(),
    }
}

/// What `nft` shows, one blank between words.
fn rules() -> String {
    run("nft list ruleset")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_rule_set_is_that_of_the_spec() {
    isolated("marks::the_rule_set_is_that_of_the_spec", || {
        let mut marks = Marks::new(settings("keepalived_ipvs", false));
        let elements = [
            element(Protocol::Tcp, "10.0.0.1", "10.0.0.3", 80, 1000),
            element(Protocol::Tcp, "10.0.0.9", "10.0.0.9", 0, 1001),
            element(Protocol::Udp, "fd00::1", "fd00::3", 53, 1002),
        ];
        assert_eq!(marks.apply(&elements.map(MapChange::Add)), []);
        let shown = "table ip keepalived_ipvs { \
             map tcp_map { type ipv4_addr . inet_service : mark flags interval \
             elements = { 10.0.0.1-10.0.0.3 . 80 : 0x000003e8, 10.0.0.9 . 0 : 0x000003e9 } } \
             chain in { type filter hook input priority filter - 1; policy accept; \
             meta mark set ip daddr . tcp dport map @tcp_map return } } \
             table ip6 keepalived_ipvs { \
             map udp_map { type ipv6_addr . inet_service : mark flags interval \
             elements = { fd00::1-fd00::3 . 53 : 0x000003ea } } \
             chain in { type filter hook input priority filter - 1; policy accept; \
             meta mark set ip6 daddr . udp dport map @udp_map return } }";
        assert_eq!(rules(), shown);

        // There and gone already is no error.
        assert_eq!(marks.apply(&elements.map(MapChange::Add)), []);
        assert_eq!(rules(), shown);
        for _ in 0..2 {
            assert_eq!(marks.apply(&[MapChange::Remove(elements[0])]), []);
            assert!(!rules().contains("10.0.0.1-10.0.0.3"), "{}", rules());
        }
        marks.finish().unwrap();
        assert_eq!(rules(), "");
    });
}

#[test]
fn counters_are_where_they_are_asked_for() {
    isolated("marks::counters_are_where_they_are_asked_for", || {
        let mut marks = Marks::new(settings("other", true));
        let one = element(Protocol::Sctp, "10.0.0.1", "10.0.0.1", 80, 7);
        assert_eq!(marks.apply(&[MapChange::Add(one)]), []);
        let shown = rules();
        assert!(
            shown.contains("10.0.0.1 . 80 counter packets 0 bytes 0 : 0x00000007"),
            "{shown}"
        );
        assert!(
            shown.contains("ip daddr . sctp dport map @sctp_map counter packets 0 bytes 0 return"),
            "{shown}"
        );
        // A successor replaces what is left.
        let mut successor = Marks::new(settings("other", false));
        assert_eq!(successor.apply(&[MapChange::Add(one)]), []);
        assert!(!rules().contains("counter"), "{}", rules());
    });
}

#[test]
fn a_refused_element_does_not_take_the_others_along() {
    isolated("marks::a_refused_element_does_not_take_the_others_along", || {
        let mut marks = Marks::new(settings("keepalived_ipvs", false));
        let wide = element(Protocol::Tcp, "10.0.0.1", "10.0.0.9", 80, 7);
        let overlapping = element(Protocol::Tcp, "10.0.0.5", "10.0.0.12", 80, 8);
        let other = element(Protocol::Tcp, "10.0.0.1", "10.0.0.9", 81, 9);
        let errors = marks.apply(&[wide, overlapping, other].map(MapChange::Add));
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].change, MapChange::Add(overlapping));
        assert_ne!(errors[0].errno, Errno::ENOENT);
        let said = errors[0].to_string();
        assert!(
            said.starts_with("adding the mark 8 of tcp packets to 10.0.0.5-10.0.0.12 port 80: "),
            "{said}"
        );
        assert!(
            rules().contains("10.0.0.1-10.0.0.9 . 81 : 0x00000009"),
            "{}",
            rules()
        );
    });
}
