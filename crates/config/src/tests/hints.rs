//! One file a hint, named by its code, and what is said about it.

use crate::diagnostics::{Code, Style};
use crate::testing::{environment, interfaces, machine, test};
use crate::{Purpose, Reading, Request, read};
use model::interface::{Interface, Interfaces};
use model::{IfIndex, IfName, MacAddr};
use std::collections::BTreeSet;

/// The machine of the other tests, and `port0`, which belongs to a bridge.
fn with_bridge() -> Interfaces {
    let link = |index, name| {
        let index = IfIndex::new(index).unwrap();
        Interface::ethernet(index, IfName::new(name).unwrap(), MacAddr([2; 6]))
    };
    let mut all = interfaces();
    let bridge = link(10, "br0");
    let mut port = link(11, "port0");
    port.master = Some(bridge.index);
    all.0.extend([bridge, port]);
    all
}

fn read_hint(text: &str) -> Reading {
    let files = machine().with("/etc/keepalived/keepalived.conf", text);
    read(&Request::new(Purpose::Test), &environment(&files, &with_bridge()))
}

fn hints(reading: &Reading) -> BTreeSet<Code> {
    let codes = reading.report.iter().map(|diagnostic| diagnostic.code);
    codes.filter(|code| code.is_hint()).collect()
}

#[test]
fn each_hint_is_a_note_without_effect() {
    let mut shown = BTreeSet::new();
    insta::glob!("hints/*.conf", |path| {
        let reading = read_hint(&std::fs::read_to_string(path).unwrap());
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let found = hints(&reading);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        shown.extend(found.iter().copied());
        assert!(
            name.starts_with(&found.first().unwrap().to_string()),
            "{name}: {found:?}"
        );
        assert_eq!(reading.test_status(), 0, "{name}");
        let all = reading.report.distinct(&reading.sources);
        let text: Vec<String> = all
            .iter()
            .map(|diagnostic| diagnostic.render(&reading.sources, Style::Plain))
            .collect();
        insta::assert_snapshot!(text.join("\n"));
    });
    let every: BTreeSet<Code> = Code::ALL
        .iter()
        .map(|spec| spec.code)
        .filter(|code| code.is_hint())
        .collect();
    assert_eq!(shown, every, "each hint has a file");
}

/// Changes to a mistake after which there is nothing to say.
#[test]
fn what_is_meant_is_not_hinted_at() {
    let cases = [
        (
            include_str!("hints/KA0801_weight_without_effect.conf"),
            "priority 254",
            "priority 250",
        ),
        // A weight that takes away has room.
        (
            include_str!("hints/KA0801_weight_without_effect.conf"),
            "weight 5",
            "weight -5",
        ),
        (
            include_str!("hints/KA0802_weight_beside_nopreempt.conf"),
            "weight -20",
            "weight 0",
        ),
        (
            include_str!("hints/KA0802_weight_beside_nopreempt.conf"),
            "    nopreempt\n",
            "",
        ),
        (
            include_str!("hints/KA0803_addresses_closed.conf"),
            "priority 100",
            "version 3\n    accept",
        ),
        // It brings its own network.
        (
            include_str!("hints/KA0804_address_outside_networks.conf"),
            "10.0.1.200\n        10.0.1.201",
            "10.0.1.200/24",
        ),
        (
            include_str!("hints/KA0804_address_outside_networks.conf"),
            "10.0.1.200\n        10.0.1.201",
            "10.0.0.200",
        ),
        // Nothing is known of its networks.
        (
            include_str!("hints/KA0804_address_outside_networks.conf"),
            "10.0.1.200\n",
            "10.0.1.200 dev eth1\n#",
        ),
        (
            include_str!("hints/KA0805_address_unusable.conf"),
            "10.0.0.255/24",
            "10.0.0.255/23",
        ),
        (
            include_str!("hints/KA0806_port_of_another_link.conf"),
            "port0",
            "br0",
        ),
        (
            include_str!("hints/KA0808_source_not_here.conf"),
            "10.0.0.9",
            "10.0.0.9\n    track_src_ip",
        ),
        (
            include_str!("hints/KA0809_uneven_group.conf"),
            "priority 90",
            "priority 100",
        ),
        (
            include_str!("hints/KA0810_mail_goes_nowhere.conf"),
            "smtp_server 192.0.2.25",
            "smtp_alert_file /var/mail/alerts",
        ),
        (
            include_str!("hints/KA0812_quorum_of_all.conf"),
            "quorum 2",
            "quorum 2\n    hysteresis 1",
        ),
        (
            include_str!("hints/KA0813_fast_adverts.conf"),
            "vrrp_instance",
            "global_defs {\n vrrp_rt_priority 50\n}\nvrrp_instance",
        ),
    ];
    for (text, from, to) in cases {
        assert!(text.contains(from), "{from} in {text}");
        let reading = read_hint(&text.replace(from, to));
        assert_eq!(hints(&reading), BTreeSet::new(), "{from} -> {to}");
        assert_eq!(reading.test_status(), 0, "{from} -> {to}");
    }
}

#[test]
fn a_hint_about_every_instance_is_given_ten_times() {
    let text =
        "vrrp_instance V# {\n interface eth0\n virtual_router_id #\n virtual_ipaddress {\n 10.9.0.#\n }\n}\n";
    let text: Vec<_> = (1..=40).map(|i: u8| text.replace('#', &i.to_string())).collect();
    let reading = test(&text.concat());
    let said: Vec<String> = reading
        .report
        .distinct(&reading.sources)
        .into_iter()
        .filter(|diagnostic| diagnostic.code == Code::ADDRESS_OUTSIDE_NETWORKS)
        .map(|diagnostic| diagnostic.message)
        .collect();
    assert_eq!(said.len(), 11);
    assert_eq!(said[10], "30 more hints KA0804 are not shown");
}
