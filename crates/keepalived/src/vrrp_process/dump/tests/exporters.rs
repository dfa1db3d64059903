//! The rules by which Prometheus exporters, VyOS, Zabbix and others take the dumps apart.

use super::{EVERYTHING, Lab};
use serde_json::Value;
use std::collections::BTreeMap;

/// An instance as a Prometheus exporter reads it from the text.
#[derive(Debug, Default)]
struct Parsed {
    keys: BTreeMap<String, String>,
    addresses: Vec<String>,
    excluded: Vec<String>,
}

/// The rules: a blank and `VRRP Instance = NAME`; three blanks and `Key = value`; `Virtual IP (N):` and
/// `Virtual IP Excluded` with lines of five blanks below them.
fn parse_data(text: &str) -> BTreeMap<String, Parsed> {
    let mut instances: BTreeMap<String, Parsed> = BTreeMap::new();
    let mut current = String::new();
    let mut list = "";
    for line in text.lines() {
        let blanks = line.len() - line.trim_start().len();
        if let Some(name) = line.strip_prefix(" VRRP Instance = ") {
            name.clone_into(&mut current);
            instances.insert(current.clone(), Parsed::default());
            continue;
        }
        if blanks < 3 {
            current.clear();
        }
        let Some(instance) = instances.get_mut(&current) else {
            continue;
        };
        match blanks {
            3 => {
                list = match line.trim() {
                    words if words.starts_with("Virtual IP (") => "addresses",
                    words if words.starts_with("Virtual IP Excluded") => "excluded",
                    _ => "",
                };
                if let Some((key, value)) = line.trim().split_once(" = ") {
                    instance.keys.insert(key.to_owned(), value.to_owned());
                }
            }
            5 if list == "addresses" => instance.addresses.push(line.trim().to_owned()),
            5 if list == "excluded" => instance.excluded.push(line.trim().to_owned()),
            _ => {}
        }
    }
    instances
}

/// ` VRRP Script = NAME` with `Status` and `State` below it.
fn parse_scripts(text: &str) -> Vec<(String, String, String)> {
    let mut scripts: Vec<(String, String, String)> = Vec::new();
    let mut is_in_script = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix(" VRRP Script = ") {
            is_in_script = true;
            scripts.push((name.to_owned(), String::new(), String::new()));
        } else if !line.starts_with("   ") {
            is_in_script = false;
        } else if let (true, Some(script), Some((key, value))) =
            (is_in_script, scripts.last_mut(), line.trim().split_once(" = "))
        {
            match key {
                "Status" => value.clone_into(&mut script.1),
                "State" => value.clone_into(&mut script.2),
                _ => {}
            }
        }
    }
    scripts
}

/// `VRRP Instance: NAME`; sections at two blanks that end in a colon; entries at four blanks; two totals at two blanks.
/// Any value that is no whole number breaks the reader.
fn parse_stats(text: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut instances: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let (mut current, mut section) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("VRRP Instance: ") {
            name.clone_into(&mut current);
            instances.insert(current.clone(), BTreeMap::new());
        } else if let Some(words) = line.strip_prefix("    ") {
            let (key, value) = words.split_once(": ").unwrap();
            let counters = instances.get_mut(&current).unwrap();
            counters.insert(format!("{section}/{key}"), value.parse().unwrap());
        } else if let Some(name) = line.strip_prefix("  ").and_then(|words| words.strip_suffix(':')) {
            name.clone_into(&mut section);
        } else {
            let (key, value) = line.strip_prefix("  ").unwrap().split_once(": ").unwrap();
            let counters = instances.get_mut(&current).unwrap();
            counters.insert(key.to_owned(), value.parse().unwrap());
        }
    }
    instances
}

#[test]
fn the_text_exporter_finds_what_it_looks_for() {
    let lab = Lab::new(EVERYTHING);
    let (data, counters) = (parse_data(&lab.data()), parse_stats(&lab.stats()));
    // With different numbers it would report nothing at all.
    assert_eq!(data.len(), 5);
    assert!(data.keys().eq(counters.keys()));
    for (name, instance) in &data {
        for key in ["State", "Wantstate"] {
            let state = instance.keys[key].as_str();
            assert!(
                ["INIT", "BACKUP", "MASTER", "FAULT"].contains(&state),
                "{name}: {state}"
            );
        }
        for key in ["Gratuitous ARP delay", "Virtual Router ID"] {
            instance.keys[key].parse::<u32>().unwrap();
        }
        assert!(instance.keys.contains_key("Interface"));
        for address in instance.addresses.iter().chain(&instance.excluded) {
            let words: Vec<_> = address.split(' ').collect();
            assert!(words.len() >= 3, "{address}");
            words[0]
                .split('/')
                .next()
                .unwrap()
                .parse::<std::net::IpAddr>()
                .unwrap();
        }
    }
    let first = &data["D1"];
    assert_eq!(first.keys["Interface"], "eth0");
    assert_eq!(first.keys["Gratuitous ARP delay"], "5");
    assert_eq!(first.keys["Virtual Router ID"], "61");
    let dev = |address: &str| {
        address
            .split(' ')
            .nth(if address.contains("brd") { 4 } else { 2 })
            .unwrap()
            .to_owned()
    };
    assert_eq!(first.addresses.len(), 3);
    assert_eq!(dev(&first.addresses[1]), "eth1");
    assert_eq!(first.excluded.len(), 2);
}

#[test]
fn the_text_exporter_finds_the_scripts() {
    let lab = Lab::new(EVERYTHING);
    assert_eq!(
        parse_scripts(&lab.data()),
        [("chk".to_owned(), "BAD".to_owned(), "running".to_owned())]
    );
}

#[test]
fn the_text_exporter_finds_every_counter() {
    let lab = Lab::masters(
        "vrrp_instance V { interface eth0\n virtual_router_id 1\n virtual_ipaddress { 10.0.0.1 } }",
    );
    let stats = &parse_stats(&lab.stats())["V"];
    for key in [
        "Advertisements/Received",
        "Advertisements/Sent",
        "Became master",
        "Released master",
        "Packet Errors/Length",
        "Packet Errors/TTL",
        "Packet Errors/Invalid Type",
        "Packet Errors/Advertisement Interval",
        "Packet Errors/Address List",
        "Authentication Errors/Invalid Type",
        "Authentication Errors/Type Mismatch",
        "Authentication Errors/Failure",
        "Priority Zero/Received",
        "Priority Zero/Sent",
    ] {
        assert!(stats.contains_key(key), "{key}: {stats:?}");
    }
    assert_eq!((stats["Became master"], stats["Advertisements/Sent"]), (1, 1));
}

/// Members that the readers of JSON decode into whole numbers, switches, or fractions.
#[test]
fn json_has_the_types_that_its_readers_decode() {
    let json = Lab::new(EVERYTHING).json();
    let entries = json.as_array().unwrap();
    assert_eq!(entries.len(), 5);
    for entry in entries {
        let data = entry["data"].as_object().unwrap();
        for name in [
            "vrid",
            "state",
            "wantstate",
            "effective_priority",
            "base_priority",
            "garp_delay",
            "dont_track_primary",
            "skip_check_adv_addr",
            "strict_mode",
            "master_priority",
            "lower_prio_no_advert",
            "higher_prio_send_advert",
            "accept",
            "preempt_delay",
            "version",
        ] {
            assert!(data[name].is_u64(), "{name}: {}", data[name]);
        }
        for name in [
            "vipset",
            "nopreempt",
            "promote_secondaries",
            "smtp_alert",
            "notify_deleted",
        ] {
            assert!(data[name].is_boolean(), "{name}: {}", data[name]);
        }
        for name in ["last_transition", "adver_int", "master_adver_int"] {
            assert!(data[name].is_number(), "{name}: {}", data[name]);
        }
        for name in ["iname", "ifp_ifname", "vmac_ifname"] {
            assert!(data[name].is_string(), "{name}: {}", data[name]);
        }
        assert!(entry["stats"].as_object().unwrap().values().all(Value::is_u64));
        let lists = [data.get("vips"), data.get("evips")];
        for address in lists
            .into_iter()
            .flatten()
            .flat_map(|list| list.as_array().unwrap())
        {
            let words: Vec<_> = address.as_str().unwrap().split(' ').collect();
            assert!(words.len() >= 3 && words.contains(&"dev"), "{address}");
        }
    }
    let first = &entries[0]["data"];
    assert_eq!(first["script_backup"], "'/usr/bin/true' 'b' 'a b'");
    assert_eq!(first["auth_data"], "********");
    assert_eq!(first["track_process"][0], "tp");
    assert_eq!(entries[4]["data"]["vmac_ifname"], "vrrp.65");
    assert_eq!(entries[4]["data"]["auth_type"], 2);
}
