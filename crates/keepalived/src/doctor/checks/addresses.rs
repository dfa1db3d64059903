//! Where the virtual addresses are.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::listen::{Heard, Key};
use super::heard_as;
use model::{Configuration, Instance, MacAddr};
use std::collections::BTreeSet;
use std::net::IpAddr;

const CHECK: &str = "addresses";

/// Hosts that answer for a virtual address and should not.
pub(super) fn answers(configuration: &Configuration, facts: &Facts, heard: &Heard) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (instance, key) in heard_as(configuration, facts) {
        for address in addresses(instance) {
            let IpAddr::V4(v4) = address else { continue };
            let Some(macs) = heard.answers.get(&(key.interface, v4)) else {
                continue;
            };
            if is_here(facts, address) {
                findings.push(Finding::problem(
                    CHECK,
                    &instance.name,
                    format!("{address} is on this host, and {} answers for it too: split brain, or a duplicate address", list(macs)),
                    "take the address from that host, or mend what keeps its adverts from arriving",
                ));
            } else if macs.len() > 1 {
                findings.push(Finding::problem(
                    CHECK,
                    &instance.name,
                    format!("several hosts answer for {address}: {}", list(macs)),
                    "two routers are master, or somebody has the address configured; look for these hardware addresses in the \
                     switch",
                ));
            } else if let Some(strangers) = not_of_a_master(instance, key, heard, macs) {
                findings.push(Finding::problem(
                    CHECK,
                    &instance.name,
                    format!(
                        "{address} is answered for by {}, which is not the router that sends adverts",
                        list(&strangers)
                    ),
                    "somebody else has the address; take it from that host",
                ));
            }
        }
    }
    findings
}

/// Answers that do not come from a router that was heard; nothing if none was heard, or if it uses another hardware address
/// for the virtual one.
fn not_of_a_master(
    instance: &Instance,
    key: Key,
    heard: &Heard,
    macs: &BTreeSet<MacAddr>,
) -> Option<BTreeSet<MacAddr>> {
    let masters = heard.others.get(&key)?;
    let virtual_mac = MacAddr::virtual_router(instance.family, instance.vrid);
    let known: BTreeSet<_> = masters
        .values()
        .map(|talker| talker.mac)
        .chain([virtual_mac])
        .collect();
    let strangers: BTreeSet<_> = macs.difference(&known).copied().collect();
    (!strangers.is_empty()).then_some(strangers)
}

/// Whether the addresses are here when this host is master.
pub(super) fn presence(configuration: &Configuration, facts: &Facts, heard: &Heard) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (instance, key) in heard_as(configuration, facts) {
        if heard.own.get(&key).copied().unwrap_or_default() == 0 {
            continue;
        }
        let absent: Vec<_> = addresses(instance)
            .filter(|address| !is_here(facts, *address))
            .collect();
        findings.push(if absent.is_empty() {
            Finding::good(CHECK, &instance.name, "this host is master and has all virtual addresses")
        } else {
            let absent: Vec<_> = absent.iter().map(ToString::to_string).collect();
            Finding::problem(
                CHECK,
                &instance.name,
                format!("this host is master and lacks {}", absent.join(", ")),
                "`journalctl -u keepalived` says what the kernel answered; some program may take it away again and again",
            )
        });
    }
    findings
}

fn addresses(instance: &Instance) -> impl Iterator<Item = IpAddr> + '_ {
    let all = instance
        .virtual_addresses
        .iter()
        .chain(&instance.excluded_addresses);
    all.map(|address| address.prefix.address)
}

fn is_here(facts: &Facts, address: IpAddr) -> bool {
    let mut held = facts
        .interfaces
        .0
        .iter()
        .flat_map(|interface| &interface.addresses);
    held.any(|held| held.prefix.address == address)
}

fn list(macs: &BTreeSet<MacAddr>) -> String {
    let macs: Vec<_> = macs.iter().map(ToString::to_string).collect();
    macs.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts, hear, hold};
    use super::*;

    const MASTER: MacAddr = MacAddr([2, 0, 0, 0, 0, 2]);
    const OTHER: MacAddr = MacAddr([2, 0, 0, 0, 0, 9]);

    fn found(here: bool, macs: &[MacAddr]) -> Vec<Finding> {
        let configuration = configuration();
        let mut facts = facts();
        if here {
            hold(&mut facts, "192.0.2.100");
        }
        let mut heard = hear(&configuration, &facts, "192.0.2.2", |talker| talker.mac = MASTER);
        let interface = facts.interfaces.0[0].index;
        heard.answers.insert(
            (interface, "192.0.2.100".parse().unwrap()),
            macs.iter().copied().collect(),
        );
        answers(&configuration, &facts, &heard)
    }

    #[test]
    fn the_master_may_answer_by_its_own_or_the_virtual_mac() {
        assert!(found(false, &[MASTER]).is_empty());
        assert!(found(false, &[MacAddr([0, 0, 0x5e, 0, 1, 51])]).is_empty());
    }

    #[test]
    fn anybody_else_is_a_problem() {
        assert!(found(false, &[OTHER])[0].reason.contains("not the router"));
        assert!(found(false, &[MASTER, OTHER])[0].reason.contains("several hosts"));
        assert!(found(true, &[MASTER])[0].reason.contains("split brain"));
    }

    #[test]
    fn a_master_has_its_addresses() {
        let configuration = configuration();
        let mut facts = facts();
        let mut heard = Heard::default();
        assert!(
            presence(&configuration, &facts, &heard).is_empty(),
            "it is no master"
        );
        let (_, key) = heard_as(&configuration, &facts).next().unwrap();
        heard.own.insert(key, 3);
        assert_eq!(
            presence(&configuration, &facts, &heard)[0].verdict,
            Verdict::Problem
        );
        hold(&mut facts, "192.0.2.100");
        assert_eq!(presence(&configuration, &facts, &heard)[0].verdict, Verdict::Good);
    }
}
