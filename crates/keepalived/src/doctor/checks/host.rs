//! The machine: rights, clock, IPVS, confinement.

use super::super::facts::{Facts, Ipvs};
use super::super::finding::Finding;
use model::Configuration;

/// Capabilities, their numbers (`linux/capability.h`) and what each is for.
const RIGHTS: [(u32, &str, &str); 2] = [
    (
        12,
        "CAP_NET_ADMIN",
        "addresses, routes, firewall entries and IPVS cannot be changed",
    ),
    (13, "CAP_NET_RAW", "adverts can neither be sent nor heard"),
];

/// Whether a daemon started like this command could work.
pub(super) fn rights(facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "rights";
    let missing: Vec<_> = RIGHTS
        .iter()
        .filter(|(number, ..)| facts.rights & (1 << number) == 0)
        .map(|(_, name, loss)| {
            Finding::problem(
                CHECK,
                name,
                format!("this process lacks it: {loss}"),
                "run it as root; in a container add NET_ADMIN and NET_RAW; without root use AmbientCapabilities= in the unit",
            )
        })
        .collect();
    if missing.is_empty() {
        vec![Finding::good(
            CHECK,
            "",
            "CAP_NET_ADMIN and CAP_NET_RAW are there",
        )]
    } else {
        missing
    }
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
    use super::super::testing::facts;
    use super::*;

    #[test]
    fn each_missing_right_is_named_with_what_is_lost() {
        let mut facts = facts();
        facts.rights = 1 << 12;
        let found = rights(&facts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "CAP_NET_RAW");
        facts.rights = 0x3000;
        assert_eq!(rights(&facts)[0].verdict, Verdict::Good);
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
