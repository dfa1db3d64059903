//! Whether a running daemon may take a new configuration over.

mod services;

use crate::Reading;
use crate::diagnostics::{Class, Code, Diagnostic, Severity};
use crate::source::Span;
use crate::values::address::prefix;
use model::{Configuration, Frontend, Instance};
use std::collections::HashSet;
use std::net::IpAddr;

/// Reports after which what stands where is a guess.
const BRACES: [Code; 4] = [
    Code::MISSING_OPEN,
    Code::UNEXPECTED_OPEN,
    Code::MISSING_CLOSE,
    Code::EXTRA_CLOSE,
];

/// Refuses a configuration that would not start, whose braces do not match, that changes what only a restart can, or
/// in which a mistake costs an instance, a sync group, an address, a virtual server, a real server or an entry of a group
/// that the running configuration has.
///
/// What somebody took out of the text on purpose is no reason. An object counts as lost by mistake if its line was
/// reported, or if its name or address still stands somewhere in the text while there are errors.
pub fn reload_verdict(old: &Configuration, reading: &Reading) -> Result<(), Vec<Diagnostic>> {
    let mut reasons = unchangeable(old, reading);
    reasons.extend(lost(old, reading));
    let braces = reading.report.iter().any(|report| BRACES.contains(&report.code));
    if reading.start.is_ok() && !braces && reasons.is_empty() {
        return Ok(());
    }
    let errors = reading
        .report
        .iter()
        .filter(|report| report.severity == Severity::Error || report.stop.is_some());
    reasons.extend(errors.cloned());
    if reading.start.is_err() && reasons.is_empty() {
        // `reload_check_config` makes warnings a reason too.
        reasons.extend(
            reading
                .report
                .iter()
                .filter(|report| report.class.is_some())
                .cloned(),
        );
    }
    Err(reasons)
}

/// What a reload cannot change (`spec/config-language.md` section 11).
fn unchangeable(old: &Configuration, reading: &Reading) -> Vec<Diagnostic> {
    let new = &reading.configuration.globals;
    let old = &old.globals;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let settings = [
        (
            "net_namespace",
            text(&old.identity.net_namespace),
            text(&new.identity.net_namespace),
        ),
        (
            "net_namespace_ipvs",
            format!("{:?}", old.identity.net_namespace_ipvs),
            format!("{:?}", new.identity.net_namespace_ipvs),
        ),
        (
            "instance",
            text(&old.identity.instance),
            text(&new.identity.instance),
        ),
        ("nftables", text(&old.firewall.table), text(&new.firewall.table)),
        (
            "nftables_ipvs",
            text(&old.firewall.ipvs_table),
            text(&new.firewall.ipvs_table),
        ),
        (
            "tmp_config_directory",
            text(&old.files.tmp_config_directory),
            text(&new.files.tmp_config_directory),
        ),
        (
            "disable_local_igmp",
            old.vrrp.disable_local_igmp.to_string(),
            new.vrrp.disable_local_igmp.to_string(),
        ),
    ];
    settings
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(keyword, _, _)| {
            let message = format!("`{keyword}` cannot be changed by a reload");
            let diagnostic = Diagnostic::error(Code::NEEDS_RESTART, Class::GeneralError, message)
                .help("restart the daemon");
            match place(reading, keyword) {
                Some(span) => diagnostic.at(span, "changed"),
                None => diagnostic,
            }
        })
        .collect()
}

/// Where a global keyword stands.
fn place(reading: &Reading, keyword: &str) -> Option<Span> {
    reading
        .tree
        .statements()
        .flat_map(|statement| std::iter::once(statement).chain(statement.children()))
        .find(|statement| statement.entry().is_some_and(|entry| entry.name == keyword))
        .map(super::tree::Statement::span)
}

/// Objects of the running configuration that a mistake in the new text drops.
fn lost(old: &Configuration, reading: &Reading) -> Vec<Diagnostic> {
    let new = &reading.configuration;
    let has_errors = reading.report.has_errors();
    let names: HashSet<&str> = new
        .vrrp
        .instances
        .iter()
        .map(|instance| instance.name.as_str())
        .collect();
    let groups: HashSet<&str> = new
        .vrrp
        .sync_groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    let kept: HashSet<IpAddr> = addresses(new).map(|(_, address)| address).collect();
    let written = Written::of(reading, has_errors);
    let mut reasons = Vec::new();
    for instance in &old.vrrp.instances {
        if names.contains(instance.name.as_str()) || renamed(instance, new) {
            continue;
        }
        if reading.lost.instances.contains(&instance.name) || written.words.contains(instance.name.as_str()) {
            reasons.push(reason(format!(
                "a mistake would remove the running instance {}",
                instance.name
            )));
        }
    }
    for group in &old.vrrp.sync_groups {
        let by_mistake =
            reading.lost.groups.contains(&group.name) || written.words.contains(group.name.as_str());
        if !groups.contains(group.name.as_str()) && by_mistake {
            reasons.push(reason(format!(
                "a mistake would remove the running sync group {}",
                group.name
            )));
        }
    }
    for (owner, address) in addresses(old) {
        let by_mistake = reading.lost.addresses.contains(&address)
            || reading.lost.addresses_of.contains(owner)
            || written.addresses.contains(&address);
        if !kept.contains(&address) && by_mistake {
            reasons.push(reason(format!(
                "a mistake would remove address {address} of {owner}"
            )));
        }
    }
    reasons.extend(services::lost(&old.lvs, reading, &written));
    reasons
}

fn reason(message: String) -> Diagnostic {
    Diagnostic::error(Code::WOULD_BE_LOST, Class::GeneralError, message)
}

/// Whether an instance goes on under another name.
fn renamed(old: &Instance, new: &Configuration) -> bool {
    new.vrrp.instances.iter().any(|instance| {
        instance.vrid == old.vrid
            && instance.family == old.family
            && instance.interface == old.interface
            && instance.transport.is_unicast() == old.transport.is_unicast()
    })
}

/// Every address with what it belongs to.
fn addresses(configuration: &Configuration) -> impl Iterator<Item = (&str, IpAddr)> {
    let vrrp = &configuration.vrrp;
    let of_instances = vrrp.instances.iter().flat_map(|instance| {
        instance
            .virtual_addresses
            .iter()
            .chain(&instance.excluded_addresses)
            .map(|address| (instance.name.as_str(), address.prefix.address))
    });
    let fixed = vrrp
        .static_objects
        .addresses
        .iter()
        .map(|address| ("static_ipaddress", address.prefix.address));
    of_instances.chain(fixed)
}

/// Words of the new text, wherever they ended up.
#[derive(Default)]
struct Written<'t> {
    words: HashSet<&'t str>,
    addresses: HashSet<IpAddr>,
    /// Words behind `fwmark`.
    marks: HashSet<&'t str>,
}

impl<'t> Written<'t> {
    /// Without errors nothing can have been lost by one, so nothing needs to be looked at.
    fn of(reading: &'t Reading, has_errors: bool) -> Self {
        if !has_errors {
            return Self::default();
        }
        let words: HashSet<&str> = reading.tree.words().collect();
        let addresses = words
            .iter()
            .filter_map(|word| prefix(word).map(|parsed| parsed.prefix.address))
            .collect();
        let behind = reading.tree.words().skip(1);
        let marks = reading
            .tree
            .words()
            .zip(behind)
            .filter(|(word, _)| *word == "fwmark")
            .map(|(_, mark)| mark)
            .collect();
        Self {
            words,
            addresses,
            marks,
        }
    }

    /// Whether what clients address stands in the text.
    fn has_frontend(&self, frontend: &Frontend) -> bool {
        match frontend {
            Frontend::Address(address) => self.addresses.contains(&address.ip()),
            Frontend::Fwmark(mark) => self.marks.contains(mark.to_string().as_str()),
            Frontend::Group { name, .. } => self.words.contains(name.as_str()),
        }
    }
}

#[cfg(test)]
mod tests;
