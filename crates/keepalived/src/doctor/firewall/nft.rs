//! nftables, as `nft -j list ruleset` prints it (`libnftables-json(5)`).

use super::ruleset::{Action, Base, Match, Rule, Ruleset};
use super::{Packet, Way, covers, is_protocol, names};
use serde_json::Value;

/// Reads the chains of the families and hooks that see the packet; nothing if the text is not such a list.
pub(super) fn read(text: &str, packet: &Packet<'_>) -> Option<Ruleset> {
    let document: Value = serde_json::from_str(text).ok()?;
    let mut ruleset = Ruleset::default();
    let mut bases: Vec<(i64, Base)> = Vec::new();
    for object in document.get("nftables")?.as_array()? {
        if let Some(chain) = object.get("chain") {
            if let Some(base) = base(chain, packet) {
                bases.push(base);
            }
        } else if let Some(rule) = object.get("rule") {
            let key = key(rule, "chain")?;
            ruleset
                .chains
                .entry(key)
                .or_default()
                .push(self::rule(rule, packet));
        }
    }
    bases.sort_by_key(|(priority, _)| *priority);
    ruleset.bases = bases.into_iter().map(|(_, base)| base).collect();
    Some(ruleset)
}

/// The name of a chain with its table, which is what makes it unique.
fn key(object: &Value, field: &str) -> Option<String> {
    let word = |field: &str| object.get(field)?.as_str();
    Some(format!("{} {} {}", word("family")?, word("table")?, word(field)?))
}

fn base(chain: &Value, packet: &Packet<'_>) -> Option<(i64, Base)> {
    let word = |field: &str| chain.get(field).and_then(Value::as_str);
    let hooks: &[(&str, i64)] = match packet.way {
        Way::In => &[("ingress", 0), ("prerouting", 1), ("input", 2)],
        Way::Out => &[("output", 0), ("postrouting", 1), ("egress", 2)],
    };
    let (_, order) = hooks.iter().find(|(hook, _)| Some(*hook) == word("hook"))?;
    let family = word("family")?;
    let sees = match family {
        "ip" => packet.destination.is_ipv4(),
        "ip6" => packet.destination.is_ipv6(),
        "inet" => true,
        "netdev" => word("dev").is_none_or(|dev| dev == packet.interface),
        _ => false,
    };
    if !sees || word("type") == Some("nat") {
        return None;
    }
    let priority = chain.get("prio").and_then(Value::as_i64).unwrap_or_default();
    let base = Base {
        chain: key(chain, "name")?,
        policy: if word("policy") == Some("drop") {
            Action::Drop
        } else {
            Action::Accept
        },
    };
    Some((order * (1 << 32) + priority, base))
}

fn rule(rule: &Value, packet: &Packet<'_>) -> Rule {
    let mut matches = Match::Yes;
    let mut action = Action::Continue;
    let mut text = Vec::new();
    let table = |target: &Value| {
        let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let target = word(target.get("target"));
        format!(
            "{} {} {target}",
            word(rule.get("family")),
            word(rule.get("table"))
        )
    };
    for statement in rule.get("expr").and_then(Value::as_array).into_iter().flatten() {
        let Some((name, value)) = statement.as_object().and_then(|object| object.iter().next()) else {
            // A statement without settings is a word.
            continue;
        };
        match name.as_str() {
            "match" => {
                matches = matches.and(condition(value, packet));
                text.push(shown(value));
            }
            "accept" => action = Action::Accept,
            "drop" | "reject" => action = Action::Drop,
            "return" => action = Action::Return,
            "jump" => action = Action::Jump(table(value)),
            "goto" => action = Action::Goto(table(value)),
            "counter" | "log" | "comment" | "notrack" | "mangle" | "meta" => continue,
            // Rates, sets, maps, extensions of the old tables: what they decide is not known here.
            _ => matches = matches.and(Match::Maybe),
        }
        if name != "match" {
            text.push(name.clone());
        }
    }
    Rule {
        matches,
        action,
        text: text.join(" "),
    }
}

fn condition(value: &Value, packet: &Packet<'_>) -> Match {
    let (Some(left), Some(right)) = (value.get("left"), value.get("right")) else {
        return Match::Maybe;
    };
    let holds = any_of(right, &|item| equals(left, item, packet));
    match value.get("op").and_then(Value::as_str) {
        Some("==" | "in") => holds,
        Some("!=") => holds.negated(),
        _ => Match::Maybe,
    }
}

/// One of an anonymous set, or the value itself.
fn any_of(right: &Value, test: &dyn Fn(&Value) -> Match) -> Match {
    let items = right.get("set").unwrap_or(right).as_array();
    match items {
        Some(items) => items.iter().map(test).fold(Match::No, Match::or),
        None => test(right),
    }
}

fn equals(left: &Value, right: &Value, packet: &Packet<'_>) -> Match {
    let text = shown_value(right);
    if let Some(meta) = left.get("meta") {
        let ours = |way| packet.way == way;
        return match meta.get("key").and_then(Value::as_str).unwrap_or_default() {
            "l4proto" => is_protocol(&text, packet.protocol),
            "iifname" | "iif" if ours(Way::In) => names(&text, '*', packet.interface),
            "oifname" | "oif" if ours(Way::Out) => names(&text, '*', packet.interface),
            "nfproto" => Match::from((text == "ipv4") == packet.destination.is_ipv4()),
            "protocol" => Match::from(match text.as_str() {
                "ip" => packet.destination.is_ipv4(),
                "ip6" => packet.destination.is_ipv6(),
                _ => false,
            }),
            "pkttype" => Match::from((text == "multicast") == packet.destination.is_multicast()),
            _ => Match::Maybe,
        };
    }
    if let Some(payload) = left.get("payload") {
        let word = |field: &str| payload.get(field).and_then(Value::as_str).unwrap_or_default();
        return match (word("protocol"), word("field")) {
            ("ip", "protocol") | ("ip6", "nexthdr") => is_protocol(&text, packet.protocol),
            ("ip" | "ip6", "daddr") => covers(&text, packet.destination),
            // What its header says is not known; of another protocol it has none.
            ("tcp" | "udp" | "udplite" | "icmp" | "icmpv6" | "sctp" | "dccp" | "esp" | "igmp" | "ah", _)
                if is_protocol(word("protocol"), packet.protocol) != Match::Yes =>
            {
                Match::No
            }
            _ => Match::Maybe,
        };
    }
    // An advert begins a connection each time: nobody answers it.
    if left
        .get("ct")
        .and_then(|ct| ct.get("key"))
        .and_then(Value::as_str)
        == Some("state")
    {
        return Match::from(text == "new");
    }
    if left
        .get("fib")
        .and_then(|fib| fib.get("result"))
        .and_then(Value::as_str)
        == Some("type")
    {
        return match text.as_str() {
            "multicast" => Match::from(packet.destination.is_multicast()),
            "broadcast" | "anycast" => Match::No,
            _ => Match::Maybe,
        };
    }
    Match::Maybe
}

fn shown(condition: &Value) -> String {
    let left = condition.get("left").map(shown_value).unwrap_or_default();
    let right = condition.get("right").map(shown_value).unwrap_or_default();
    match condition.get("op").and_then(Value::as_str) {
        Some("==" | "in") | None => format!("{left} {right}"),
        Some(op) => format!("{left} {op} {right}"),
    }
}

/// A value as it is written in a rule.
fn shown_value(value: &Value) -> String {
    let word = |value: Option<&Value>| value.map(shown_value).unwrap_or_default();
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown_value).collect::<Vec<_>>().join(", "),
        Value::Object(object) => {
            if let Some(prefix) = object.get("prefix") {
                format!("{}/{}", word(prefix.get("addr")), word(prefix.get("len")))
            } else if let Some(set) = object.get("set") {
                format!("{{ {} }}", shown_value(set))
            } else if let Some(payload) = object.get("payload") {
                format!("{} {}", word(payload.get("protocol")), word(payload.get("field")))
            } else if let Some((name, settings)) = object.iter().next() {
                format!("{name} {}", word(settings.get("key")))
            } else {
                String::new()
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
