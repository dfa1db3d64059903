//! The machine: rights, clock, IPVS, confinement.

use super::super::facts::{Facts, Ipvs};
use super::super::finding::Finding;
use crate::privileges;
use model::Configuration;

/// Whether a daemon started like this command could do all that it is configured for.
pub(super) fn rights(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "rights";
    const REMEDY: &str = "run it as root; in a container add the capability; without root name it in AmbientCapabilities= of the \
                          unit";
    let missing: Vec<_> = privileges::missing(configuration, &facts.rights)
        .into_iter()
        .map(|need| {
            let reason = format!("this process lacks it: {}", need.loss);
            let capability = need.capability.to_string();
            if need.vital {
                Finding::problem(CHECK, &capability, reason, REMEDY)
            } else {
                Finding::note(CHECK, &capability, reason, REMEDY)
            }
        })
        .collect();
    if !missing.is_empty() {
        return missing;
    }
    let needs = privileges::of_daemon(configuration);
    let names: Vec<_> = needs.iter().map(|need| need.capability.to_string()).collect();
    let text = match names.as_slice() {
        [] => "the configuration needs none".to_owned(),
        names => format!("there are {}", names.join(", ")),
    };
    vec![Finding::good(CHECK, "", text)]
}

/// Logs and certificates need the time of day.
pub(super) fn clock(facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "clock";
    vec![match facts.clock_synchronised {
        Some(true) => Finding::good(CHECK, "", "it is synchronised"),
        Some(false) => Finding::note(
            CHECK,
            "",
            "the kernel's clock is not synchronised: logs of the nodes cannot be compared, and signed adverts with time \
             stamps may be refused",
            "install and start chrony, ntpd or systemd-timesyncd",
        ),
        None => Finding::unknown(CHECK, "", "the kernel does not say", "ask `timedatectl`"),
    }]
}

/// Whether the kernel can balance, if it is to.
pub(super) fn ipvs(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "ipvs";
    if !configuration.has_virtual_servers {
        return Vec::new();
    }
    vec![match facts.ipvs {
        Ipvs::Present => Finding::good(CHECK, "", "the kernel has IPVS"),
        Ipvs::Loadable => Finding::good(CHECK, "", "module ip_vs is installed and will be loaded"),
        Ipvs::Absent => Finding::problem(
            CHECK,
            "",
            "virtual servers are configured, and the kernel has no IPVS: neither /proc/net/ip_vs nor a module ip_vs",
            "install the kernel's modules (on a cloud or container kernel they may be a package of their own), or load \
             ip_vs on the host of the container",
        ),
    }]
}

/// What security modules deny.
pub(super) fn confinement(facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "confinement";
    let confinement = &facts.confinement;
    if !confinement.denials.is_empty() {
        let remedy = if confinement.apparmor_profile {
            "allow it in /etc/apparmor.d/local/, then `apparmor_parser -r` the profile"
        } else {
            "see `ausearch -m avc -c keepalived`; allow it with a module from `audit2allow`, or \
             `setsebool -P keepalived_connect_any 1` for checks and scripts that connect"
        };
        return confinement
            .denials
            .iter()
            .map(|denial| Finding::problem(CHECK, "", format!("denied: {denial}"), remedy))
            .collect();
    }
    let text = match (confinement.selinux_enforcing, confinement.apparmor_profile) {
        (true, _) => "SELinux is enforcing; no denial for keepalived is on record",
        (false, true) => "AppArmor has a profile for keepalived; no denial is on record",
        (false, false) => "neither SELinux nor AppArmor confines keepalived",
    };
    vec![Finding::good(CHECK, "", text)]
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts};
    use super::*;
    use caps::Capability;

    #[test]
    fn each_missing_right_is_named_with_what_is_lost() {
        let (mut facts, mut configuration) = (facts(), configuration());
        facts.rights = [Capability::CAP_NET_ADMIN].into_iter().collect();
        let found = rights(&configuration, &facts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "CAP_NET_RAW");
        assert_eq!(found[0].verdict, Verdict::Problem);
        facts.rights.insert(Capability::CAP_NET_RAW);
        assert_eq!(rights(&configuration, &facts)[0].verdict, Verdict::Good);
        configuration.globals.vrrp_process.rt_priority = Some(50);
        let found = rights(&configuration, &facts);
        assert_eq!(found[0].subject, "CAP_SYS_NICE");
        assert_eq!(found[0].verdict, Verdict::Note);
    }

    #[test]
    fn ipvs_is_only_missed_where_it_is_needed() {
        let mut facts = facts();
        facts.ipvs = Ipvs::Absent;
        let mut configuration = Configuration::default();
        assert!(ipvs(&configuration, &facts).is_empty());
        configuration.has_virtual_servers = true;
        assert_eq!(ipvs(&configuration, &facts)[0].verdict, Verdict::Problem);
        facts.ipvs = Ipvs::Loadable;
        assert_eq!(ipvs(&configuration, &facts)[0].verdict, Verdict::Good);
    }

    #[test]
    fn a_denial_is_shown_as_it_was_recorded() {
        let mut facts = facts();
        facts
            .confinement
            .denials
            .push("avc:  denied  { execute }".to_owned());
        let found = confinement(&facts);
        assert_eq!(found[0].verdict, Verdict::Problem);
        assert!(found[0].reason.contains("{ execute }"));
    }

    #[test]
    fn a_clock_that_runs_free_is_worth_knowing() {
        let mut facts = facts();
        facts.clock_synchronised = Some(false);
        assert_eq!(clock(&facts)[0].verdict, Verdict::Note);
    }
}
