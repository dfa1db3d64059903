//! `keepalived.stats`.

use std::fmt::Write;
use std::sync::Arc;
use vrrp::Stats;

/// The text for these instances, in their order.
pub(super) fn render(instances: &[(Arc<str>, Stats)]) -> String {
    let mut text = String::new();
    for (name, stats) in instances {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "VRRP Instance: {name}");
        for (heading, lines) in sections(stats) {
            if !heading.is_empty() {
                let _ = writeln!(text, "  {heading}:");
            }
            let indent = if heading.is_empty() { "  " } else { "    " };
            for (label, count) in lines {
                let _ = writeln!(text, "{indent}{label}: {count}");
            }
        }
    }
    text
}

fn sections(stats: &Stats) -> Vec<(&'static str, Vec<(&'static str, u64)>)> {
    vec![
        (
            "Advertisements",
            vec![("Received", stats.advert_rcvd), ("Sent", stats.advert_sent)],
        ),
        ("", vec![("Became master", stats.become_master)]),
        ("", vec![("Released master", stats.release_master)]),
        (
            "Packet Errors",
            vec![
                ("Length", stats.packet_len_err),
                ("TTL", stats.ip_ttl_err),
                ("Invalid Type", stats.invalid_type_rcvd),
                ("Advertisement Interval", stats.advert_interval_err),
                ("Address List", stats.addr_list_err),
            ],
        ),
        (
            "Authentication Errors",
            vec![
                ("Invalid Type", stats.invalid_authtype),
                ("Type Mismatch", stats.authtype_mismatch),
                ("Failure", stats.auth_failure),
            ],
        ),
        (
            "Authentication Extension Errors",
            vec![
                ("Missing", stats.auth_ext_missing),
                ("Malformed", stats.auth_ext_malformed),
                ("Unknown Key", stats.auth_ext_unknown_key),
                ("Invalid HMAC", stats.auth_ext_invalid_hmac),
                ("Stale", stats.auth_ext_stale),
                ("Replay", stats.auth_ext_replay),
            ],
        ),
        (
            "Priority Zero",
            vec![("Received", stats.pri_zero_rcvd), ("Sent", stats.pri_zero_sent)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_one_that_exporters_read() {
        let stats = Stats {
            advert_rcvd: 1,
            advert_sent: 2,
            become_master: 3,
            release_master: 4,
            packet_len_err: 5,
            ip_ttl_err: 6,
            invalid_type_rcvd: 7,
            advert_interval_err: 8,
            addr_list_err: 9,
            invalid_authtype: 10,
            authtype_mismatch: 11,
            auth_failure: 12,
            auth_ext_missing: 13,
            auth_ext_malformed: 14,
            auth_ext_unknown_key: 15,
            auth_ext_invalid_hmac: 16,
            auth_ext_stale: 17,
            auth_ext_replay: 18,
            pri_zero_rcvd: 19,
            pri_zero_sent: 20,
            ..Stats::default()
        };
        let expected = "\
VRRP Instance: V
  Advertisements:
    Received: 1
    Sent: 2
  Became master: 3
  Released master: 4
  Packet Errors:
    Length: 5
    TTL: 6
    Invalid Type: 7
    Advertisement Interval: 8
    Address List: 9
  Authentication Errors:
    Invalid Type: 10
    Type Mismatch: 11
    Failure: 12
  Authentication Extension Errors:
    Missing: 13
    Malformed: 14
    Unknown Key: 15
    Invalid HMAC: 16
    Stale: 17
    Replay: 18
  Priority Zero:
    Received: 19
    Sent: 20
";
        assert_eq!(render(&[(Arc::from("V"), stats)]), expected);
    }
}
