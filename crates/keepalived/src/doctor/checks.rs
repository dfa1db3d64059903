//! The checks, each a function of the configuration and of what the machine and the wire say.

mod addresses;
mod adverts;
mod daemon;
mod firewall;
mod host;
mod interfaces;
mod managers;
mod reach;
mod sysctls;
#[cfg(test)]
mod testing;

use super::facts::Facts;
use super::finding::Finding;
use super::listen::{Heard, Key};
use crate::reading::Reading;
use model::{Configuration, Instance};

/// Every check but that of the configuration itself.
pub(super) fn all(configuration: &Configuration, facts: &Facts, heard: &Heard) -> Vec<Finding> {
    [
        host::rights(configuration, facts),
        host::clock(facts),
        host::ipvs(configuration, facts),
        host::confinement(facts),
        reach::addresses(configuration, facts),
        daemon::state(configuration, facts),
        interfaces::usable(configuration, facts),
        sysctls::settings(configuration, facts),
        managers::interference(configuration, facts),
        firewall::rules(configuration, facts),
        firewall::delivery(configuration, facts, heard),
        firewall::accept(configuration),
        adverts::peers(configuration, facts, heard),
        addresses::answers(configuration, facts, heard),
        addresses::presence(configuration, facts, heard),
    ]
    .concat()
}

/// Whether a daemon would start with the configuration.
pub(super) fn configuration(reading: &Reading) -> Vec<Finding> {
    const CHECK: &str = "configuration";
    let mut findings: Vec<_> = match &reading.outcome {
        Ok(configuration) => vec![Finding::good(
            CHECK,
            "",
            format!(
                "the daemon starts with it: {} VRRP instances, {} virtual servers",
                configuration.vrrp.instances.len(),
                configuration.lvs.virtual_servers.len()
            ),
        )],
        Err(_) => vec![Finding::problem(
            CHECK,
            "",
            "the daemon does not start with it, so what depends on it was not examined",
            "mend what is reported below; `keepalived --config-test` shows it with its lines\n\
             the file is /etc/keepalived/keepalived.conf unless --use-file names another; a sample is in \
             /etc/keepalived/keepalived.conf.sample",
        )],
    };
    let is_fatal = reading.outcome.is_err();
    findings.extend(reading.lines.iter().map(|line| {
        let remedy = "see `keepalived --config-test`";
        if is_fatal {
            Finding::problem(CHECK, "", line.as_str(), remedy)
        } else {
            Finding::note(CHECK, "", line.as_str(), remedy)
        }
    }));
    findings
}

/// Instances whose interface exists, with the key under which they are heard.
fn heard_as<'a>(
    configuration: &'a Configuration,
    facts: &'a Facts,
) -> impl Iterator<Item = (&'a Instance, Key)> {
    configuration.vrrp.instances.iter().filter_map(|instance| {
        let key = Key {
            interface: facts.interface(instance)?.index,
            family: instance.family,
            vrid: instance.vrid.value(),
        };
        Some((instance, key))
    })
}
