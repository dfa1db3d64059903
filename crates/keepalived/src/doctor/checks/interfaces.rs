//! The interfaces of instances.

use super::super::facts::Facts;
use super::super::finding::Finding;
use model::{Configuration, Instance};

/// Whether each instance could run on its interface.
pub(super) fn usable(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    configuration
        .vrrp
        .instances
        .iter()
        .filter_map(|instance| examine(instance, facts))
        .collect()
}

fn examine(instance: &Instance, facts: &Facts) -> Option<Finding> {
    const CHECK: &str = "interface";
    let name = instance.interface.as_ref()?;
    let problem =
        |reason: String, remedy: String| Some(Finding::problem(CHECK, &instance.name, reason, remedy));
    let Some(interface) = facts.interfaces.by_name(name.as_str()) else {
        let names: Vec<_> = facts
            .interfaces
            .0
            .iter()
            .map(|interface| interface.name.as_str())
            .collect();
        return problem(
            format!("interface {name} does not exist"),
            format!("write one of these for `interface`: {}", names.join(", ")),
        );
    };
    if !interface.up {
        return problem(format!("{name} is down"), format!("`ip link set {name} up`"));
    }
    if !interface.running {
        return problem(
            format!("{name} has no carrier"),
            "look at cable, switch port or, in a virtual machine, its network".to_owned(),
        );
    }
    if instance.source.is_none() && interface.source_candidates(instance.family).next().is_none() {
        let what = match instance.family {
            model::Family::Ipv4 => "IPv4 address",
            model::Family::Ipv6 => "IPv6 link-local address that is ready",
        };
        return problem(
            format!("{name} has no {what} to send adverts from"),
            "give it one, or set `mcast_src_ip` or `unicast_src_ip`".to_owned(),
        );
    }
    if !interface.multicast && !instance.transport.is_unicast() {
        return problem(
            format!("{name} cannot multicast"),
            "name the other routers with `unicast_peer`".to_owned(),
        );
    }
    Some(Finding::good(
        CHECK,
        &instance.name,
        format!("{name} is up and has an address"),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts};
    use super::*;

    fn reason(change: impl FnOnce(&mut Facts)) -> String {
        let mut facts = facts();
        change(&mut facts);
        let found = usable(&configuration(), &facts);
        assert_eq!(found.len(), 1);
        match found[0].verdict {
            Verdict::Good => String::new(),
            _ => found[0].reason.clone(),
        }
    }

    #[test]
    fn each_fault_has_its_reason() {
        assert_eq!(reason(|_| {}), "");
        assert_eq!(
            reason(|facts| facts.interfaces.0.clear()),
            "interface eth0 does not exist"
        );
        assert_eq!(reason(|facts| facts.interfaces.0[0].up = false), "eth0 is down");
        assert_eq!(
            reason(|facts| facts.interfaces.0[0].running = false),
            "eth0 has no carrier"
        );
        assert_eq!(
            reason(|facts| facts.interfaces.0[0].multicast = false),
            "eth0 cannot multicast"
        );
        assert_eq!(
            reason(|facts| facts.interfaces.0[0].addresses.clear()),
            "eth0 has no IPv4 address to send adverts from"
        );
    }
}
