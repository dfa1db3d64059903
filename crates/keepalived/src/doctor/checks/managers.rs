//! Programs that may take away what keepalived has put in place.

use super::super::facts::{Facts, ManagerKind};
use super::super::finding::Finding;
use model::Configuration;

const CHECK: &str = "managers";
/// The administrator's own drop-in; it takes the place of the package's, which has the same name.
const DROP_IN: &str = "/etc/systemd/networkd.conf.d/50-keepalived.conf";

/// Whether systemd-networkd or NetworkManager manages an interface with virtual addresses.
pub(super) fn interference(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let used: Vec<_> = configuration
        .vrrp
        .instances
        .iter()
        .filter_map(|instance| facts.interface(instance))
        .collect();
    let has_rules = configuration
        .vrrp
        .instances
        .iter()
        .any(|instance| !instance.rules.is_empty());
    let has_routes = configuration
        .vrrp
        .instances
        .iter()
        .any(|instance| !instance.routes.is_empty());
    for manager in &facts.managers {
        let managed: Vec<_> = used
            .iter()
            .filter(|interface| manager.interfaces.contains(&interface.name))
            .collect();
        match manager.kind {
            ManagerKind::Networkd {
                keeps_routes,
                keeps_rules,
            } => {
                if (has_routes && !keeps_routes) || (has_rules && !keeps_rules) {
                    findings.push(Finding::problem(
                        CHECK,
                        "",
                        "systemd-networkd removes routes and rules that it has not made itself when it starts again",
                        format!("put `[Network]`, `ManageForeignRoutes=no` and `ManageForeignRoutingPolicyRules=no` into {DROP_IN}, \
                             and restart systemd-networkd"),
                    ));
                }
                for interface in &managed {
                    findings.push(Finding::note(
                        CHECK,
                        interface.name.as_str(),
                        "systemd-networkd manages it, and takes virtual addresses away when it configures it anew; keepalived puts \
                         them back",
                        format!("`KeepConfiguration=static` in the [Network] part of its .network file, see {}", "systemd.network(5)"),
                    ));
                }
            }
            ManagerKind::NetworkManager => {
                for interface in &managed {
                    findings.push(Finding::note(
                        CHECK,
                        interface.name.as_str(),
                        "NetworkManager manages it, and takes virtual addresses away when the connection is activated again; \
                         keepalived puts them back",
                        "avoid `nmcli connection up` on a master; use `nmcli device reapply` for changes",
                    ));
                }
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::good(
            CHECK,
            "",
            "no program manages the interfaces of instances",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::super::facts::Manager;
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts};
    use super::*;
    use model::IfName;

    fn manager(kind: ManagerKind, interface: &str) -> Manager {
        Manager {
            kind,
            interfaces: vec![IfName::new(interface).unwrap()],
        }
    }

    #[test]
    fn only_interfaces_of_instances_matter() {
        let mut facts = facts();
        facts.managers = vec![manager(ManagerKind::NetworkManager, "eth7")];
        assert_eq!(interference(&configuration(), &facts)[0].verdict, Verdict::Good);
        facts.managers = vec![manager(ManagerKind::NetworkManager, "eth0")];
        let found = interference(&configuration(), &facts);
        assert_eq!(
            (found[0].verdict, found[0].subject.as_str()),
            (Verdict::Note, "eth0")
        );
    }

    #[test]
    fn networkd_is_told_to_keep_its_hands_off_rules() {
        let mut facts = facts();
        let mut configuration = configuration();
        let greedy = ManagerKind::Networkd {
            keeps_routes: true,
            keeps_rules: false,
        };
        facts.managers = vec![manager(greedy, "eth7")];
        assert_eq!(
            interference(&configuration, &facts)[0].verdict,
            Verdict::Good,
            "no rules, no harm"
        );
        configuration.vrrp.instances[0]
            .rules
            .push(super::super::testing::rule());
        let found = interference(&configuration, &facts);
        assert_eq!(found[0].verdict, Verdict::Problem);
    }
}
