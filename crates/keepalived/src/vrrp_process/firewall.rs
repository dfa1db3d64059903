//! The firewall of the VRRP process: whether there is one, and what is said about it.
//!
//! It drops packets from and to the addresses of an instance that is to accept none (`no_accept`, strict mode), and has the
//! group reports of VMACs leave by the interface below them (`spec/vrrp-protocol.md` section 13). The kernel writer makes
//! the entries; here they are let through to it, or not.

use kernel::Linux;
use model::{Family, Globals, Instance, Version, VirtualLink, VrrpConfiguration};

/// How many instances are named before the others are counted.
const NAMED: usize = 5;

/// Whether there are firewall entries, and which.
#[derive(Debug)]
pub(super) struct Firewall {
    /// Why there is none.
    off: Option<String>,
    /// `disable_local_igmp`: VMACs have no IGMP reports to be led away.
    without_igmp: bool,
    /// The settings that the tables are made with.
    settings: model::Firewall,
    /// What has been said about the instances.
    told: Vec<String>,
}

impl Firewall {
    /// Takes away tables that a predecessor has left, and finds out whether the back end can have some of its own.
    pub(super) fn prepare(
        mut backend: Linux,
        globals: &Globals,
        vrrp: &VrrpConfiguration,
        switched_off: bool,
    ) -> (Linux, Self) {
        let mut off = switched_off.then(|| "by --no-firewall".to_owned());
        if off.is_none() {
            (backend, off) = open(backend, &globals.firewall, vrrp);
        }
        let firewall = Self {
            off,
            without_igmp: globals.vrrp.disable_local_igmp,
            settings: globals.firewall.clone(),
            told: Vec::new(),
        };
        (backend, firewall)
    }

    /// Whether entries are made at all.
    pub(super) const fn is_on(&self) -> bool {
        self.off.is_none()
    }

    /// Whether the group reports of a VMAC of this family are to leave by the interface below it.
    pub(super) fn leads_reports(&self, family: Family) -> bool {
        self.is_on() && !(self.without_igmp && family == Family::Ipv4)
    }

    /// Says what a configuration means for packets to the addresses: at the start, and when a reload changes it.
    pub(super) fn tell(&mut self, globals: &model::Firewall, vrrp: &VrrpConfiguration) {
        let lines = self.lines(vrrp);
        if lines != self.told {
            for line in &lines {
                tracing::warn!("{line}");
            }
            self.told = lines;
        }
        let of = |settings: &model::Firewall| (settings.priority, settings.counters, settings.ifindex);
        if of(&self.settings) != of(globals) {
            tracing::warn!(
                "nftables_priority, nftables_counters and nftables_ifindex are taken over by a restart only"
            );
        }
    }

    fn lines(&self, vrrp: &VrrpConfiguration) -> Vec<String> {
        let refusing: Vec<_> = vrrp.instances.iter().filter(|one| refuses(one)).collect();
        let mut lines = Vec::new();
        if let Some(reason) = &self.off {
            if needs_firewall(vrrp) {
                lines.push(format!(
                    "the firewall is off {reason}: packets to virtual addresses are accepted in spite of no_accept or \
                     strict mode, and group reports of VMACs leave with the virtual MAC address"
                ));
            }
            return lines;
        }
        lines.extend(refusing.iter().take(NAMED).map(|instance| refusal(instance)));
        if let Some(more @ 1..) = refusing.len().checked_sub(NAMED) {
            lines.push(format!(
                "packets to the addresses of {more} more instances are dropped for such reasons"
            ));
        }
        lines
    }
}

/// Whether packets to the addresses of an instance are dropped while it is master.
const fn refuses(instance: &Instance) -> bool {
    !instance.accept && !instance.priority.is_owner()
}

fn needs_firewall(vrrp: &VrrpConfiguration) -> bool {
    let has_vmac = |instance: &Instance| {
        let addresses = instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses);
        matches!(instance.virtual_link, Some(VirtualLink::Vmac { .. }))
            || instance.use_vmac_addr
            || addresses.into_iter().any(|address| address.use_vmac)
    };
    vrrp.instances
        .iter()
        .any(|instance| refuses(instance) || has_vmac(instance))
}

/// What is dropped, why, and what to do about it.
fn refusal(instance: &Instance) -> String {
    let addresses = &instance.virtual_addresses;
    let what = match (addresses.first(), addresses.len()) {
        (Some(first), 1) => first.prefix.address.to_string(),
        (Some(first), count) => format!("{} and {} more addresses", first.prefix.address, count - 1),
        (None, _) => "its addresses".to_owned(),
    };
    let why = match (instance.strict_mode, instance.version) {
        (false, _) => "because of `no_accept`: remove that line to have them accepted",
        (true, Version::V3) => "because of strict mode: add `accept` to the instance to have them accepted",
        (true, Version::V2) => {
            "because of strict mode, which knows no `accept` in version 2: end strict mode to have them accepted"
        }
    };
    format!(
        "({}) packets to {what} are dropped while it is master, {why}",
        instance.name
    )
}

#[cfg(feature = "nftables")]
fn open(backend: Linux, settings: &model::Firewall, vrrp: &VrrpConfiguration) -> (Linux, Option<String>) {
    let defaults = kernel::FirewallSettings::default();
    let mut backend = backend.with_firewall(kernel::FirewallSettings {
        table: settings.table.clone().unwrap_or(defaults.table),
        priority: settings.priority.unwrap_or(defaults.priority),
        counters: settings.counters,
        ifindex: settings.ifindex,
    });
    let is_needed = needs_firewall(vrrp);
    match backend.remove_leftover_tables() {
        Ok(()) => {
            if is_needed && settings.table.is_none() {
                tracing::info!(
                    "use_vmac or no_accept/strict specified, but no firewall configured - using nftables"
                );
            }
            (backend, None)
        }
        Err(error) if is_needed => (backend, Some(format!("because nftables does not work ({error})"))),
        // Whoever needs it later, after a reload, hears why it does not work.
        Err(_) => (backend, None),
    }
}

#[cfg(not(feature = "nftables"))]
fn open(backend: Linux, _: &model::Firewall, _: &VrrpConfiguration) -> (Linux, Option<String>) {
    (backend, Some("in this build".to_owned()))
}

#[cfg(test)]
impl Firewall {
    /// One that has everything let through.
    pub(super) fn on() -> Self {
        Self {
            off: None,
            without_igmp: false,
            settings: model::Firewall::default(),
            told: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Prefix, VirtualAddress, Vrid};

    fn refusing(name: &str, version: Version, strict_mode: bool) -> Instance {
        let mut instance = Instance::new(name, Family::Ipv4, Vrid::try_from(51).unwrap());
        (instance.version, instance.strict_mode, instance.accept) = (version, strict_mode, false);
        let address = "192.0.2.9".parse().unwrap();
        instance.virtual_addresses = vec![VirtualAddress::new(Prefix { address, len: 32 })];
        instance
    }

    fn of(instances: Vec<Instance>) -> VrrpConfiguration {
        VrrpConfiguration {
            instances,
            ..VrrpConfiguration::default()
        }
    }

    #[test]
    fn each_refusal_names_its_cause_and_its_cure() {
        let vrrp = of(vec![
            refusing("A", Version::V3, false),
            refusing("B", Version::V3, true),
            refusing("C", Version::V2, true),
            Instance::new("D", Family::Ipv4, Vrid::try_from(52).unwrap()),
        ]);
        assert_eq!(
            Firewall::on().lines(&vrrp),
            [
                "(A) packets to 192.0.2.9 are dropped while it is master, because of `no_accept`: remove that line to have \
                 them accepted",
                "(B) packets to 192.0.2.9 are dropped while it is master, because of strict mode: add `accept` to the \
                 instance to have them accepted",
                "(C) packets to 192.0.2.9 are dropped while it is master, because of strict mode, which knows no `accept` \
                 in version 2: end strict mode to have them accepted",
            ]
        );
    }

    #[test]
    fn many_refusals_are_few_lines() {
        let name = |number| format!("V{number}");
        let instances = (0..1_000).map(|number| refusing(&name(number), Version::V3, false));
        let lines = Firewall::on().lines(&of(instances.collect()));
        assert_eq!(lines.len(), NAMED + 1);
        assert!(lines[NAMED].contains(" 995 more instances "), "{}", lines[NAMED]);
    }

    #[test]
    fn a_firewall_that_is_off_is_only_missed_where_it_is_needed() {
        let off = Firewall {
            off: Some("by --no-firewall".to_owned()),
            ..Firewall::on()
        };
        let lines = off.lines(&of(vec![refusing("A", Version::V3, false)]));
        assert!(
            lines[0].starts_with("the firewall is off by --no-firewall"),
            "{lines:?}"
        );
        let plain = Instance::new("A", Family::Ipv4, Vrid::try_from(51).unwrap());
        assert_eq!(off.lines(&of(vec![plain])), [""; 0]);
    }
}
