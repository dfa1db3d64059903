//! `virtual_server_group`.

use super::snapshot::Snapshot;
use super::yes;
use crate::dump::{Text, put};
use model::{Family, Frontend, GroupEntry, Protocol, VirtualServer, VirtualServerGroup};

pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    let groups = &snapshot.lvs.groups;
    if groups.is_empty() {
        return;
    }
    put!(text, " ------< Virtual server group >------");
    for group in groups {
        one(text, snapshot, group);
    }
}

fn one(text: &mut Text, snapshot: &Snapshot, group: &VirtualServerGroup) {
    put!(
        text,
        " Virtual Server Group = {}, IPv4 = {}, IPv6 = {}",
        group.name,
        yes(group.has_family(Family::Ipv4)),
        yes(group.has_family(Family::Ipv6))
    );
    for entry in &group.entries {
        match entry {
            GroupEntry::Addresses { range, port } => {
                if range.first() == range.last() {
                    put!(text, "   VIP = {}, VPORT = {port}", range.first());
                } else {
                    put!(
                        text,
                        "   VIP Range = {}-{}, VPORT = {port}",
                        range.first(),
                        range.last()
                    );
                }
                let alive = |protocol| servers(snapshot, group, |server| server.protocol == Some(protocol));
                put!(
                    text,
                    "     Alive: {} tcp, {} udp, {} sctp",
                    alive(Protocol::Tcp),
                    alive(Protocol::Udp),
                    alive(Protocol::Sctp)
                );
            }
            GroupEntry::Fwmark { mark, family } => {
                put!(text, "   FWMARK = {mark}");
                let alive = |own| {
                    servers(snapshot, group, |server| {
                        server.family.or(*family).unwrap_or(Family::Ipv4) == own
                    })
                };
                put!(
                    text,
                    "     Alive: {} IPv4, {} IPv6",
                    alive(Family::Ipv4),
                    alive(Family::Ipv6)
                );
            }
        }
        put!(text, "     reloaded = False");
    }
}

/// How many destinations an entry has in the services of these virtual servers.
fn servers(
    snapshot: &Snapshot,
    group: &VirtualServerGroup,
    counts: impl Fn(&VirtualServer) -> bool,
) -> usize {
    let mut states = snapshot.servers.iter();
    let mut count = 0;
    for virtual_server in &snapshot.lvs.virtual_servers {
        let states = states.by_ref().take(virtual_server.real_servers.len());
        let present = states.filter(|state| state.presented.is_some()).count();
        let is_ours = matches!(&virtual_server.frontend, Frontend::Group { name, .. } if *name == group.name);
        if is_ours && counts(virtual_server) {
            count += present;
        }
    }
    count
}
