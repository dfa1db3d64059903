//! The old tables, as `iptables-save` and `ip6tables-save` print them.

use super::ruleset::{Action, Base, Match, Rule, Ruleset};
use super::{Packet, Way, covers, is_protocol, names};

/// Reads the chains of every table that see the packet.
pub(super) fn read(text: &str, packet: &Packet<'_>) -> Ruleset {
    let entrances: &[&str] = match packet.way {
        Way::In => &["PREROUTING", "INPUT"],
        Way::Out => &["OUTPUT", "POSTROUTING"],
    };
    let mut ruleset = Ruleset::default();
    let mut table = "";
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        } else if let Some(chain) = line.strip_prefix(':') {
            let mut words = chain.split_whitespace();
            let (Some(name), policy) = (words.next(), words.next()) else {
                continue;
            };
            // Address translation does not see these packets in a way that drops them.
            if entrances.contains(&name) && table != "nat" {
                ruleset.bases.push(Base {
                    chain: format!("{table} {name}"),
                    policy: if policy == Some("DROP") {
                        Action::Drop
                    } else {
                        Action::Accept
                    },
                });
            }
        } else if words.next() == Some("-A")
            && let Some(chain) = words.next()
        {
            let words: Vec<_> = words.collect();
            let rules = ruleset.chains.entry(format!("{table} {chain}")).or_default();
            rules.push(rule(table, &words, packet));
        }
    }
    ruleset
}

fn rule(table: &str, words: &[&str], packet: &Packet<'_>) -> Rule {
    let mut matches = Match::Yes;
    let mut action = Action::Continue;
    let mut negated = false;
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        let condition = match word {
            "!" => {
                negated = true;
                continue;
            }
            "-p" => is_protocol(rest.next().unwrap_or_default(), packet.protocol),
            "-d" => covers(rest.next().unwrap_or_default(), packet.destination),
            "-i" | "-o" => names(rest.next().unwrap_or_default(), '+', packet.interface),
            "--pkt-type" => {
                Match::from((rest.next() == Some("multicast")) == packet.destination.is_multicast())
            }
            "--ctstate" | "--state" => Match::from(
                rest.next()
                    .unwrap_or_default()
                    .split(',')
                    .any(|state| state == "NEW"),
            ),
            "-m" => {
                rest.next();
                continue;
            }
            "--comment" => {
                skip_quoted(&mut rest);
                continue;
            }
            "-j" | "-g" => {
                let target = rest.next().unwrap_or_default();
                action = match target {
                    "ACCEPT" => Action::Accept,
                    "DROP" | "REJECT" => Action::Drop,
                    "RETURN" => Action::Return,
                    // Targets that end nothing have names in capitals; chains of people may too, and exist.
                    _ if word == "-g" => Action::Goto(format!("{table} {target}")),
                    _ => Action::Jump(format!("{table} {target}")),
                };
                // What follows are the target's own settings.
                break;
            }
            _ => Match::Maybe,
        };
        matches = matches.and(if negated { condition.negated() } else { condition });
        negated = false;
    }
    Rule {
        matches,
        action,
        text: words.join(" "),
    }
}

/// The words of a comment, which is quoted if it is more than one.
fn skip_quoted<'a>(words: &mut impl Iterator<Item = &'a str>) {
    let Some(first) = words.next() else { return };
    if first.starts_with('"') && !(first.len() > 1 && first.ends_with('"')) {
        words.find(|word| word.ends_with('"'));
    }
}

#[cfg(test)]
mod tests {
    use super::super::ruleset::Judgement;
    use super::*;

    fn judge(rules: &str) -> Judgement {
        let packet = Packet {
            way: Way::In,
            interface: "eth0",
            protocol: 112,
            destination: "224.0.0.18".parse().unwrap(),
        };
        read(rules, &packet).judge()
    }

    #[test]
    fn a_rule_that_drops_the_protocol() {
        let judgement = judge("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p vrrp -j DROP\nCOMMIT\n");
        let expected = Judgement::Dropped {
            by: "rule \"-p vrrp -j DROP\" of chain filter INPUT".to_owned(),
            certain: true,
        };
        assert_eq!(judgement, expected);
    }

    #[test]
    fn a_policy_that_drops_what_nobody_lets_in() {
        let closed =
            "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\n";
        assert!(matches!(judge(closed), Judgement::Dropped { certain: true, .. }));
        let open =
            format!("{closed}-A INPUT -i eth+ -d 224.0.0.0/4 -m comment --comment \"let it in\" -j ACCEPT\n");
        assert_eq!(judge(&open), Judgement::Passes);
        let perhaps = format!("{closed}-A INPUT -m set --match-set peers src -j ACCEPT\n");
        assert!(matches!(
            judge(&perhaps),
            Judgement::Dropped { certain: false, .. }
        ));
    }

    #[test]
    fn a_chain_of_its_own_is_followed() {
        let rules = "*filter\n:INPUT ACCEPT [0:0]\n:mine - [0:0]\n-A INPUT ! -i lo -j mine\n-A mine -p 112 -j REJECT --reject-with icmp-port-unreachable\n";
        assert!(matches!(judge(rules), Judgement::Dropped { .. }));
        let returns = rules.replace("-A mine", "-A mine -j RETURN\n-A mine");
        assert_eq!(judge(&returns), Judgement::Passes);
    }
}
