//! What a mistake would take out of the load balancer.

use super::{Written, reason};
use crate::Reading;
use crate::diagnostics::Diagnostic;
use crate::lower::title;
use model::{Frontend, LvsConfiguration, VirtualServer};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

/// Virtual servers, real servers and entries of groups of the running configuration that a mistake in the new text drops.
pub(super) fn lost(old: &LvsConfiguration, reading: &Reading, written: &Written<'_>) -> Vec<Diagnostic> {
    let new = &reading.configuration.lvs;
    let kept: HashMap<String, &VirtualServer> = new
        .virtual_servers
        .iter()
        .map(|server| (title(&server.frontend), server))
        .collect();
    let addresses: HashSet<IpAddr> = new.virtual_servers.iter().filter_map(address).collect();
    let lost = &reading.lost;
    let mut reasons = Vec::new();
    for server in &old.virtual_servers {
        let title = title(&server.frontend);
        if let Some(new) = kept.get(&title) {
            reasons.extend(lost_real_servers(&title, server, new, reading, written));
            continue;
        }
        let elsewhere = address(server).is_some_and(|address| addresses.contains(&address));
        if lost.virtual_server_headers
            || lost.virtual_servers.contains(&title)
            || (!elsewhere && written.has_frontend(&server.frontend))
        {
            reasons.push(reason(format!("a mistake would remove the running {title}")));
        }
    }
    reasons.extend(lost_entries(old, reading));
    reasons
}

fn address(server: &VirtualServer) -> Option<IpAddr> {
    match &server.frontend {
        Frontend::Address(address) => Some(address.ip()),
        Frontend::Fwmark(_) | Frontend::Group { .. } => None,
    }
}

fn lost_real_servers(
    title: &str,
    old: &VirtualServer,
    new: &VirtualServer,
    reading: &Reading,
    written: &Written<'_>,
) -> Vec<Diagnostic> {
    let dropped = reading.lost.real_servers_of.contains(title);
    let misspelt = reading.tree.has_misspelt("real_server");
    if !dropped && !misspelt {
        return Vec::new();
    }
    let kept: HashSet<SocketAddr> = new.real_servers.iter().map(|real| real.address).collect();
    old.real_servers
        .iter()
        .map(|real| real.address)
        .filter(|address| !kept.contains(address))
        .filter(|address| dropped || written.addresses.contains(&address.ip()))
        .map(|address| reason(format!("a mistake would remove real server {address} of {title}")))
        .collect()
}

fn lost_entries(old: &LvsConfiguration, reading: &Reading) -> Vec<Diagnostic> {
    let new = &reading.configuration.lvs.groups;
    let touched = old
        .groups
        .iter()
        .filter(|group| reading.lost.entries_of.contains(&group.name));
    touched
        .flat_map(|group| {
            let kept: HashSet<_> = new
                .iter()
                .filter(|new| new.name == group.name)
                .flat_map(|new| &new.entries)
                .collect();
            let gone = group.entries.iter().filter(move |entry| !kept.contains(entry));
            gone.map(|entry| {
                reason(format!(
                    "a mistake would remove {entry} of virtual server group {}",
                    group.name
                ))
            })
        })
        .collect()
}
