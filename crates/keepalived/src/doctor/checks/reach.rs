//! Whether rules of others let packets to the virtual addresses in.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::firewall::{Judgement, Packet, Way, judge};
use model::{Configuration, Family, Instance, VirtualAddress};

const CHECK: &str = "reach";
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// What the rules in force do to packets to virtual addresses. Those that keepalived makes itself are the check of `accept`.
pub(super) fn addresses(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    let open = configuration
        .vrrp
        .instances
        .iter()
        .filter(|instance| instance.accept || instance.priority.is_owner());
    open.filter_map(|instance| {
        let mut addresses = instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses);
        addresses.find_map(|address| examine(instance, address, facts))
    })
    .collect()
}

fn examine(instance: &Instance, address: &VirtualAddress, facts: &Facts) -> Option<Finding> {
    let interface = address.dev.as_ref().or(instance.interface.as_ref())?.as_str();
    let (old, ping) = match address.family() {
        Family::Ipv4 => (&facts.iptables[0], ICMP),
        Family::Ipv6 => (&facts.iptables[1], ICMPV6),
    };
    let destination = address.prefix.address;
    let dropped_by = |protocol| {
        let packet = Packet {
            way: Way::In,
            interface,
            protocol,
            destination,
        };
        match judge(facts.nftables.as_deref().ok(), old.as_deref(), &packet) {
            Judgement::Dropped { by, certain: true } => Some(by),
            Judgement::Dropped { .. } | Judgement::Passes => None,
        }
    };
    let by = dropped_by(ping)?;
    let remedy = format!(
        "let in what the address is for before it, for instance `nft insert rule inet filter input ip daddr {destination} tcp dport \
         443 accept` or `iptables -I INPUT -d {destination} -j ACCEPT`"
    );
    let subject = &instance.name;
    Some(if dropped_by(TCP).is_some() && dropped_by(UDP).is_some() {
        let reason = format!("packets to {destination} are dropped on this host: {by}");
        Finding::problem(CHECK, subject, reason, remedy)
    } else {
        let reason = format!("pings to {destination} are dropped on this host: {by}");
        Finding::note(CHECK, subject, reason, remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts};
    use super::*;

    fn found(rules: &str, change: impl FnOnce(&mut Instance)) -> Vec<(Verdict, String)> {
        let (mut configuration, mut facts) = (configuration(), facts());
        let instance = &mut configuration.vrrp.instances[0];
        let address = instance.virtual_addresses[0].prefix.address.to_string();
        change(instance);
        let rules = format!("*filter\n:INPUT ACCEPT [0:0]\n{rules}COMMIT\n").replace("VIP", &address);
        facts.iptables[0] = Some(rules);
        let findings = addresses(&configuration, &facts);
        findings
            .into_iter()
            .map(|finding| (finding.verdict, finding.reason))
            .collect()
    }

    #[test]
    fn a_rule_about_the_address_is_a_problem() {
        let all = found("-A INPUT -d VIP/32 -j DROP\n", |_| {});
        assert!(
            matches!(&all[..], [(Verdict::Problem, reason)] if reason.contains("-d ")),
            "{all:?}"
        );
        let closed = found("-A INPUT -d VIP/32 -j DROP\n", |instance| instance.accept = false);
        assert_eq!(closed, [], "that is said by the check of `accept`");
    }

    #[test]
    fn a_closed_host_may_let_in_what_the_address_is_for() {
        let web = "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\n-A INPUT -j DROP\n";
        let all = found(web, |_| {});
        assert!(
            matches!(&all[..], [(Verdict::Note, reason)] if reason.starts_with("pings to")),
            "{all:?}"
        );
        assert_eq!(
            found("-A INPUT -p icmp -j ACCEPT\n-A INPUT -j DROP\n", |_| {}),
            []
        );
        assert_eq!(found("-A INPUT -s 10.0.0.0/8 -j DROP\n", |_| {}), []);
    }
}
