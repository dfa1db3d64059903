//! The metrics of a status, against the document, the table in the documentation, and the files that use them.

use super::super::family::{Format, render};
use super::*;
use crate::status::testing::status;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn names() -> BTreeSet<String> {
    families(&status())
        .iter()
        .map(|family| family.name.to_owned())
        .collect()
}

/// Words of a text that look like our metrics, without the parts of histograms.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.split(|character| !is_part(character))
        .filter(|word| word.starts_with("keepalived_"))
        .map(|word| {
            let parts = ["_bucket", "_sum", "_count"];
            let part = parts.iter().find_map(|part| word.strip_suffix(part));
            part.unwrap_or(word).to_owned()
        })
        .collect()
}

#[test]
fn numbers_are_those_of_the_status() {
    let text = render(&families(&status()), Format::OpenMetrics);
    for line in [
        "keepalived_up 1",
        "keepalived_vrrp_state{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\",ip_address=\"192.0.2.10\"} 2",
        "keepalived_advertisements_sent_total{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\"} 17",
        "keepalived_vrrp_advert_sent{name=\"VI_1\",intf=\"eth0\",vrid=\"51\",state=\"MASTER\"} 17",
        "keepalived_gratuitous_arp_delay_total{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\"} 5",
        "keepalived_instance_effective_priority{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\"} 110",
        "keepalived_script_status{name=\"chk\"} 1",
        "keepalived_lvs_vip_conn{addr=\"192.0.2.10:80\",proto=\"TCP\"} 14",
        "keepalived_lvs_rs_conn{addr=\"10.0.0.2:80\",proto=\"TCP\"} 7",
        "keepalived_real_server_up{virtual_server=\"[192.0.2.10]:tcp:80\",real_server=\"10.0.0.3:80\"} 0",
        "keepalived_vrrp_lateness_seconds_bucket{le=\"0.0001\"} 9",
        "keepalived_vrrp_lateness_seconds_sum 0.0017",
    ] {
        assert!(text.lines().any(|shown| shown == line), "no {line} in\n{text}");
    }
}

#[test]
fn every_name_is_there_once_and_in_the_documentation() {
    let families = families(&status());
    assert_eq!(names().len(), families.len());
    let documented = words(&repository("docs/monitoring.md"));
    for name in names() {
        assert!(documented.contains(&name), "{name} is not in docs/monitoring.md");
    }
}

#[test]
fn dashboard_and_alerts_use_metrics_that_exist() {
    for path in [
        "dist/grafana/keepalived.json",
        "dist/prometheus/keepalived.rules.yml",
    ] {
        let used = words(&repository(path));
        assert!(used.len() > 5, "{path}: {used:?}");
        let unknown: Vec<_> = used.difference(&names()).cloned().collect();
        assert!(unknown.is_empty(), "{path} uses {unknown:?}");
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(&repository("dist/grafana/keepalived.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 5);
}

#[test]
fn a_process_that_is_silent_is_down_and_has_no_numbers() {
    let mut silent = status();
    silent.vrrp = None;
    silent.processes[0].answers = false;
    let text = render(&families(&silent), Format::Text);
    assert!(text.contains("\nkeepalived_up 0\n"), "{text}");
    assert!(
        text.contains("keepalived_process_up{process=\"vrrp\"} 0\n"),
        "{text}"
    );
    assert!(!text.contains("iname"), "{text}");
}
