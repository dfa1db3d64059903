//! Settings of the kernel.

use super::super::facts::Facts;
use super::super::finding::Finding;
use model::{Configuration, Family};

const CHECK: &str = "sysctl";

/// Settings that keep packets or addresses from where they are wanted.
pub(super) fn settings(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let instances = &configuration.vrrp.instances;
    for instance in instances {
        let Some(interface) = facts.interface(instance) else {
            continue;
        };
        let name = &interface.name;
        if instance.family == Family::Ipv6 && is_on(facts, &["all", name.as_str()], "ipv6", "disable_ipv6") {
            findings.push(Finding::problem(
                CHECK,
                &instance.name,
                format!("IPv6 is disabled on {name}"),
                format!("`sysctl net.ipv6.conf.{name}.disable_ipv6=0`"),
            ));
        }
        // The kernel takes the larger of the two.
        let rp_filter = largest(facts, name.as_str(), "rp_filter");
        if instance.transport.is_unicast() && instance.family == Family::Ipv4 && rp_filter == 1 {
            findings.push(Finding::note(
                CHECK,
                &instance.name,
                format!("rp_filter of {name} is strict: adverts of a peer that is reached by another interface are dropped"),
                format!("`sysctl net.ipv4.conf.{name}.rp_filter=2` if peers are reached by more than one interface"),
            ));
        }
        if largest(facts, name.as_str(), "arp_ignore") >= 3 {
            findings.push(Finding::problem(
                CHECK,
                &instance.name,
                format!("arp_ignore of {name} is 3 or more: nobody is told where a virtual address is"),
                format!("`sysctl net.ipv4.conf.{name}.arp_ignore=1` or 0"),
            ));
        }
    }
    let has_ipv4 = instances.iter().any(|instance| instance.family == Family::Ipv4);
    if has_ipv4 && facts.sysctl("net/ipv4/ip_nonlocal_bind") == Some("0") {
        findings.push(Finding::note(
            CHECK,
            "",
            "ip_nonlocal_bind is 0: a program can bind to a virtual address only while it is here",
            "`sysctl net.ipv4.ip_nonlocal_bind=1` if programs bind to the address and are started before a takeover",
        ));
    }
    if facts.sysctl("net/ipv4/ip_forward") == Some("0") && configuration.has_virtual_servers {
        findings.push(Finding::note(
            CHECK,
            "",
            "ip_forward is 0: real servers with forwarding method NAT get no packets",
            "`sysctl net.ipv4.ip_forward=1`, unless every real server is reached by DR or TUN",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(CHECK, "", "nothing is set against it"));
    }
    findings
}

fn is_on(facts: &Facts, places: &[&str], family: &str, setting: &str) -> bool {
    places
        .iter()
        .any(|place| facts.sysctl(&format!("net/{family}/conf/{place}/{setting}")) == Some("1"))
}

fn largest(facts: &Facts, interface: &str, setting: &str) -> u8 {
    ["all", interface]
        .iter()
        .filter_map(|place| {
            facts
                .sysctl(&format!("net/ipv4/conf/{place}/{setting}"))?
                .parse()
                .ok()
        })
        .max()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts};
    use super::*;

    fn with(settings: &[(&str, &str)]) -> Vec<Finding> {
        let mut facts = facts();
        for (name, value) in settings {
            facts.sysctls.insert((*name).to_owned(), (*value).to_owned());
        }
        super::settings(&configuration(), &facts)
    }

    #[test]
    fn usual_settings_are_good() {
        let found = with(&[
            ("net/ipv4/ip_nonlocal_bind", "1"),
            ("net/ipv4/conf/eth0/rp_filter", "1"),
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].verdict, Verdict::Good);
    }

    #[test]
    fn answers_that_are_forbidden_are_a_problem_wherever_it_is_set() {
        for place in ["all", "eth0"] {
            let found = with(&[(&format!("net/ipv4/conf/{place}/arp_ignore"), "8")]);
            assert_eq!(found[0].verdict, Verdict::Problem, "{place}");
        }
    }

    #[test]
    fn binding_before_a_takeover_is_worth_knowing() {
        let found = with(&[("net/ipv4/ip_nonlocal_bind", "0")]);
        assert_eq!(found[0].verdict, Verdict::Note);
    }
}
