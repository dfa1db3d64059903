//! Whether adverts get in and out, and packets to virtual addresses in.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::firewall::{Judgement, Packet, Way, judge};
use super::super::listen::Heard;
use super::heard_as;
use model::{Authentication, Configuration, Family, Instance, Transport};
use std::collections::BTreeSet;
use std::net::IpAddr;

const CHECK: &str = "firewall";
/// Adverts on the wire after which it is no chance that a socket gets none.
const ENOUGH: usize = 2;

/// What the rules in force do to the adverts of each instance.
pub(super) fn rules(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    let instances = &configuration.vrrp.instances;
    if instances.is_empty() {
        return Vec::new();
    }
    if let Err(reason) = &facts.nftables
        && facts.iptables.iter().all(Option::is_none)
    {
        return vec![Finding::unknown(
            CHECK,
            "",
            format!("the rules cannot be listed: {reason}"),
            "install nftables, run this as root",
        )];
    }
    let mut findings = Vec::new();
    let mut said = BTreeSet::new();
    for instance in instances {
        for way in [Way::In, Way::Out] {
            for destination in destinations(instance, way, facts) {
                if let Some((reason, finding)) = examine(instance, facts, way, destination)
                    && said.insert(reason)
                {
                    findings.push(finding);
                }
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::good(CHECK, "", "no rule drops adverts"));
    }
    findings
}

fn destinations(instance: &Instance, way: Way, facts: &Facts) -> Vec<IpAddr> {
    match (&instance.transport, way) {
        (Transport::Multicast { group }, _) => vec![*group],
        (Transport::Unicast { peers, .. }, Way::Out) => peers.iter().map(|peer| peer.address).collect(),
        (Transport::Unicast { .. }, Way::In) => {
            let own = || {
                facts
                    .interface(instance)?
                    .source_candidates(instance.family)
                    .next()
            };
            instance.source.or_else(own).into_iter().collect()
        }
    }
}

fn examine(instance: &Instance, facts: &Facts, way: Way, destination: IpAddr) -> Option<(String, Finding)> {
    let interface = instance.interface.as_ref()?.as_str();
    let is_signed = matches!(instance.authentication, Authentication::Ah(_));
    let (protocol, protocol_name) = if is_signed { (51, "ah") } else { (112, "vrrp") };
    let packet = Packet {
        way,
        interface,
        protocol,
        destination,
    };
    let old = match instance.family {
        Family::Ipv4 => &facts.iptables[0],
        Family::Ipv6 => &facts.iptables[1],
    };
    let nftables = facts.nftables.as_deref().ok();
    let Judgement::Dropped { by, certain } = judge(nftables, old.as_deref(), &packet) else {
        return None;
    };
    let (verb, chain, option) = match way {
        Way::In => ("arrive", "INPUT", "-i"),
        Way::Out => ("leave", "OUTPUT", "-o"),
    };
    let remedy = format!(
        "let IP protocol {protocol} through before it, for instance `meta l4proto {protocol_name} accept` in nftables, \
         `iptables -I {chain} {option} {interface} -p {protocol} -j ACCEPT`, or \
         `firewall-cmd --add-rich-rule='rule protocol value=\"{protocol_name}\" accept'`"
    );
    let finding = if certain {
        let reason = format!("adverts to {destination} cannot {verb} by {interface}: {by}");
        Finding::problem(CHECK, &instance.name, reason, remedy)
    } else {
        let reason = format!(
            "adverts to {destination} may not {verb} by {interface}, unless a rule before lets them: {by}"
        );
        Finding::note(CHECK, &instance.name, reason, remedy)
    };
    Some((finding.reason.clone(), finding))
}

/// Whether what is on the wire reaches a socket: true whatever it is that drops it.
pub(super) fn delivery(configuration: &Configuration, facts: &Facts, heard: &Heard) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (instance, key) in heard_as(configuration, facts) {
        if !heard.listened.contains(&(key.interface, key.family)) {
            continue;
        }
        let sources: BTreeSet<_> = match &instance.transport {
            Transport::Unicast { peers, .. } => peers.iter().map(|peer| peer.address).collect(),
            Transport::Multicast { .. } => BTreeSet::new(),
        };
        let talkers = heard.others.get(&key).into_iter().flatten();
        let talkers = talkers.filter(|(source, _)| sources.is_empty() || sources.contains(source));
        for (source, talker) in talkers {
            if talker.seen >= ENOUGH && talker.delivered == 0 {
                findings.push(Finding::problem(
                    CHECK,
                    &instance.name,
                    format!(
                        "{} adverts of {source} were on the wire and none reached a socket: both routers may be master",
                        talker.seen
                    ),
                    "a firewall (nftables, iptables, a cloud's security group does not show here) or rp_filter drops them; let IP \
                     protocol 112 (51 with auth_type AH) in",
                ));
            } else if talker.delivered > 0 {
                findings.push(Finding::good(
                    CHECK,
                    &instance.name,
                    format!("adverts of {source} get in"),
                ));
            }
        }
    }
    findings
}

/// Instances that let packets to their addresses be dropped by design.
pub(super) fn accept(configuration: &Configuration) -> Vec<Finding> {
    let closed = configuration
        .vrrp
        .instances
        .iter()
        .filter(|instance| !instance.accept && !instance.priority.is_owner());
    closed
        .map(|instance| {
            let why = if instance.strict_mode {
                "`vrrp_strict`/`strict_mode` without `accept`"
            } else {
                "`no_accept`"
            };
            let addresses: Vec<_> = instance
                .virtual_addresses
                .iter()
                .map(|address| address.prefix.address.to_string())
                .collect();
            Finding::problem(
                "accept",
                &instance.name,
                format!(
                    "packets to {} are dropped on the master, also pings: {why}",
                    addresses.join(", ")
                ),
                "write `accept` into the instance, or take `vrrp_strict` out of global_defs",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
