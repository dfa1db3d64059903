//! Addresses in dumps: `10.9.9.9/24 dev eth0 scope global set`. Programs take the first word as the address and the third as
//! the interface.

use super::snapshot::InstanceView;
use model::{Broadcast, Family, IfName, PreferredLifetime, Prefix, VirtualAddress};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

/// The virtual addresses of an instance.
pub(super) fn virtual_addresses(instance: &InstanceView) -> Vec<String> {
    describe_all(instance, &instance.config.virtual_addresses, 0)
}

/// Its excluded addresses.
pub(super) fn excluded_addresses(instance: &InstanceView) -> Vec<String> {
    let before = instance.config.virtual_addresses.len();
    describe_all(instance, &instance.config.excluded_addresses, before)
}

fn describe_all(instance: &InstanceView, addresses: &[VirtualAddress], first: usize) -> Vec<String> {
    let config = &instance.config;
    let describe_one = |(position, address): (usize, &VirtualAddress)| {
        let dev = address.dev.as_ref().or(config.interface.as_ref());
        let place = instance.interface_of(position, address);
        let mut text = describe(address, place, dev);
        if instance.has_addresses {
            text.push_str(" set");
            if !config.accept && !config.priority.is_owner() {
                text.push_str(" nftable_set");
            }
        }
        text
    };
    (first..).zip(addresses).map(describe_one).collect()
}

/// A static address, which is set while the daemon runs.
pub(super) fn describe_static(address: &VirtualAddress) -> String {
    let dev = address.dev.as_ref();
    format!("{} set", describe(address, dev, dev))
}

/// The words of an address: on `place`, which may have been made upon `dev`.
fn describe(address: &VirtualAddress, place: Option<&IfName>, dev: Option<&IfName>) -> String {
    let mut text = bare(address.prefix);
    // Writing into a string cannot fail.
    if let Some(broadcast) = broadcast(address) {
        let _ = write!(text, " brd {broadcast}");
    }
    match (place, dev) {
        (Some(place), Some(base)) if place != base => {
            let _ = write!(text, " dev {place}@{base}");
        }
        (Some(place), _) => {
            let _ = write!(text, " dev {place}");
        }
        (None, _) => text.push_str(" dev (none)"),
    }
    if address.use_vmac {
        text.push_str(" use_vmac");
    }
    let _ = write!(text, " scope {}", scope(address.scope));
    if let Some(label) = &address.label {
        let _ = write!(text, " label {label}");
    }
    if let Some(peer) = address.peer {
        let _ = write!(text, " peer {peer}");
    }
    let flags = address.flags;
    for (is_set, word) in [
        (flags.home, "home"),
        (flags.leave_dad, "-nodad"),
        (flags.mngtmpaddr, "mngtmpaddr"),
        (flags.noprefixroute, "noprefixroute"),
        (flags.autojoin, "autojoin"),
        (address.no_track, "no_track"),
    ] {
        if is_set {
            let _ = write!(text, " {word}");
        }
    }
    if let Some(group) = &address.track_group {
        let _ = write!(text, " track_group {group}");
    }
    if address.family() == Family::Ipv6 {
        text.push_str(&lifetime(address));
    }
    text
}

/// A prefix, without its length if it is a host.
pub(super) fn bare(prefix: Prefix) -> String {
    if prefix.is_host() {
        prefix.address.to_string()
    } else {
        prefix.to_string()
    }
}

fn broadcast(address: &VirtualAddress) -> Option<Ipv4Addr> {
    let IpAddr::V4(ip) = address.prefix.address else {
        return None;
    };
    let hosts = u32::MAX.checked_shr(u32::from(address.prefix.len)).unwrap_or(0);
    Some(match address.broadcast? {
        Broadcast::HostBitsSet => Ipv4Addr::from(u32::from(ip) | hosts),
        Broadcast::HostBitsCleared => Ipv4Addr::from(u32::from(ip) & !hosts),
        Broadcast::Address(address) => address,
    })
}

/// Scopes by name, as `ip` shows them.
fn scope(number: u8) -> String {
    match number {
        0 => "global".into(),
        200 => "site".into(),
        253 => "link".into(),
        254 => "host".into(),
        255 => "nowhere".into(),
        other => other.to_string(),
    }
}

fn lifetime(address: &VirtualAddress) -> String {
    let default = if address.prefix.is_host() {
        PreferredLifetime::Seconds(0)
    } else {
        PreferredLifetime::Forever
    };
    match address.preferred_lft.unwrap_or(default) {
        PreferredLifetime::Seconds(0) => " deprecated".into(),
        PreferredLifetime::Seconds(seconds) => format!(" preferred_lft {seconds}"),
        PreferredLifetime::Forever => " preferred_lft forever".into(),
    }
}
