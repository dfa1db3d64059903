//! Rules in dumps: `from 192.168.78.0/24 priority 1000 tos 0x0 protocol 18 lookup 77`.

use super::address::bare;
use super::route::realms;
use model::{PortRange, Rule, RuleAction};
use std::fmt::Write;

/// The line of a rule.
pub(super) fn describe(rule: &Rule) -> String {
    let mut text = String::new();
    if rule.invert {
        text.push_str("not ");
    }
    // Writing into a string cannot fail.
    let _ = write!(text, "from {}", rule.from.map_or_else(|| "all".to_owned(), bare));
    if let Some(to) = rule.to {
        let _ = write!(text, " to {}", bare(to));
    }
    let _ = write!(
        text,
        " priority {} tos 0x{:x}",
        rule.preference,
        rule.tos.unwrap_or(0)
    );
    match rule.fwmark {
        Some((value, None | Some(u32::MAX))) => {
            let _ = write!(text, " fwmark 0x{value:x}");
        }
        Some((value, Some(mask))) => {
            let _ = write!(text, " fwmark 0x{value:x}/0x{mask:x}");
        }
        None => {}
    }
    for (name, interface) in [("iif", &rule.iif), ("oif", &rule.oif)] {
        if let Some(interface) = interface {
            let _ = write!(text, " {name} {interface}");
        }
    }
    for (name, number) in [
        ("suppress_prefixlen", rule.suppress_prefixlength),
        ("suppress_ifgroup", rule.suppress_ifgroup),
    ] {
        if let Some(number) = number {
            let _ = write!(text, " {name} {number}");
        }
    }
    if rule.action == RuleAction::L3mdev {
        text.push_str(" l3mdev");
    }
    if let Some(id) = rule.tunnel_id {
        let _ = write!(text, " tunnel-id {id}");
    }
    if let Some(range) = rule.uidrange {
        let _ = write!(text, " uidrange {}-{}", range.start, range.end);
    }
    let _ = write!(text, " protocol {}", rule.protocol);
    if let Some(protocol) = rule.ipproto {
        let _ = write!(text, " ipproto {protocol}");
    }
    for (name, ports) in [("sport", rule.sport), ("dport", rule.dport)] {
        if let Some(PortRange { start, end }) = ports {
            let _ = write!(text, " {name} {start}-{end}");
        }
    }
    if let Some(number) = rule.realms {
        let _ = write!(text, " realms {}", realms(number));
    }
    let _ = match rule.action {
        RuleAction::Table(table) => write!(text, " lookup {table}"),
        RuleAction::Goto(target) => write!(text, " goto {target}"),
        RuleAction::Nop => write!(text, " nop"),
        RuleAction::Blackhole => write!(text, " type blackhole"),
        RuleAction::Unreachable => write!(text, " type unreachable"),
        RuleAction::Prohibit => write!(text, " type prohibit"),
        RuleAction::L3mdev => Ok(()),
    };
    if rule.no_track {
        text.push_str(" no_track");
    }
    if let Some(group) = &rule.track_group {
        let _ = write!(text, " track_group {group}");
    }
    text
}
