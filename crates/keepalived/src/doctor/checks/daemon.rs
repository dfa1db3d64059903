//! Whether keepalived runs, and once only.

use super::super::facts::{Facts, Lock};
use super::super::finding::Finding;
use model::Configuration;

/// The state of the daemon and of what an earlier one left.
pub(super) fn state(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    const CHECK: &str = "daemon";
    let daemon = &facts.daemon;
    let file = daemon.pid_file.display();
    let mut findings = vec![match daemon.lock {
        Lock::Held { pid } => Finding::good(CHECK, "", format!("it is running as process {pid}")),
        Lock::NoFile => Finding::note(
            CHECK,
            "",
            format!("it is not running: there is no {file}"),
            "`systemctl start keepalived`; if it ends at once, `journalctl -u keepalived` says why",
        ),
        Lock::Stale { pid } => Finding::note(
            CHECK,
            "",
            format!(
                "it is not running: {file} is left of {}, which nobody holds",
                pid.map_or("a daemon".to_owned(), |pid| format!("process {pid}"))
            ),
            "nothing to remove: the next start takes the file over",
        ),
    }];
    if !daemon.strays.is_empty() {
        let pids: Vec<_> = daemon.strays.iter().map(ToString::to_string).collect();
        let pids = pids.join(" ");
        findings.push(Finding::problem(
            CHECK,
            "",
            format!("keepalived also runs without the daemon of {file} above it, which makes two routers of one host: {pids}"),
            format!("end what an unclean restart left with `kill {pids}`; a second daemon that is wanted needs a pid file of its own"),
        ));
    }
    if !daemon.is_running() {
        findings.extend(left_addresses(configuration, facts));
        if facts
            .nftables
            .as_ref()
            .is_ok_and(|text| text.contains("\"name\": \"keepalived\""))
        {
            findings.push(Finding::problem(
                CHECK,
                "",
                "a table keepalived is left in nftables and may drop packets to virtual addresses",
                "start the daemon, which takes it over, or `nft list tables` and `nft delete table ip keepalived`",
            ));
        }
    }
    findings
}

/// Virtual addresses on this host although no daemon keeps them.
fn left_addresses(configuration: &Configuration, facts: &Facts) -> Vec<Finding> {
    let addresses = configuration.vrrp.instances.iter().flat_map(|instance| {
        let all = instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses);
        all.map(move |address| (instance, address.prefix.address))
    });
    addresses
        .filter_map(|(instance, address)| {
            let holder = facts.interfaces.0.iter().find(|interface| {
                interface
                    .addresses
                    .iter()
                    .any(|held| held.prefix.address == address)
            })?;
            Some(Finding::problem(
                "daemon",
                &instance.name,
                format!(
                    "{address} is on {} although keepalived does not run: a second owner may have it too",
                    holder.name
                ),
                format!(
                    "start the daemon, or `ip address delete {address} dev {}`",
                    holder.name
                ),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Verdict;
    use super::super::testing::{configuration, facts, hold};
    use super::*;

    #[test]
    fn an_address_without_its_daemon_is_a_problem() {
        let configuration = configuration();
        let mut facts = facts();
        hold(&mut facts, "192.0.2.100");
        assert!(
            state(&configuration, &facts)
                .iter()
                .all(|finding| finding.verdict == Verdict::Good)
        );
        facts.daemon.lock = Lock::NoFile;
        let found = state(&configuration, &facts);
        assert!(found.iter().any(|finding| {
            finding.verdict == Verdict::Problem
                && finding
                    .remedy
                    .as_ref()
                    .unwrap()
                    .contains("ip address delete 192.0.2.100 dev eth0")
        }));
    }

    #[test]
    fn a_second_daemon_is_named_by_its_number() {
        let mut facts = facts();
        facts.daemon.strays = vec![77, 78];
        let found = state(&configuration(), &facts);
        assert!(found[1].remedy.as_ref().unwrap().contains("kill 77 78"));
    }

    #[test]
    fn a_stale_pid_file_harms_nobody() {
        let mut facts = facts();
        facts.daemon.lock = Lock::Stale { pid: Some(9) };
        assert_eq!(state(&configuration(), &facts)[0].verdict, Verdict::Note);
    }
}
