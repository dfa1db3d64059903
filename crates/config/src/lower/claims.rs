//! What only one place of the text may have, what later lines refer to, and what was lost by mistakes.

use super::{At, Context};
use crate::source::Span;
use crate::tree::{Statement, Word};
use crate::values::address::prefix;
use model::{Frontend, IfName, Sense, Weight};
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Names that trackers and static objects may refer to, with the default weight; only what stands before a reference
/// is known to it.
#[derive(Default)]
pub(crate) struct Targets {
    pub(crate) scripts: HashMap<String, (Weight, Sense)>,
    pub(crate) files: HashMap<String, (Weight, Sense)>,
    pub(crate) processes: HashMap<String, (Weight, Sense)>,
    pub(crate) bfd: HashMap<String, (Weight, Sense)>,
    /// BFD instances that tell the checkers.
    pub(crate) checker_bfd: HashSet<String>,
    pub(crate) track_groups: HashSet<String>,
    /// Names of scripts, files and processes whose definition was reported and dropped.
    pub(crate) dropped: HashSet<String>,
}

/// What may be claimed once.
#[derive(Default)]
pub(crate) struct Claims {
    link_names: HashMap<IfName, Span>,
    garp_members: HashMap<IfName, Span>,
    sessions: HashMap<(IpAddr, Option<IpAddr>, bool), Span>,
    /// `lvs_sync_daemon_interface` of an instance: interface, instance, place.
    pub(crate) sync_daemon: Option<(IfName, String, Span)>,
}

/// Objects that a reported mistake has dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Names of the instances, or `static_ipaddress`, that an address line was dropped from.
    pub(crate) addresses_of: HashSet<String>,
    /// Addresses of dropped lines, where they could be read.
    pub(crate) addresses: HashSet<IpAddr>,
    /// Sync groups.
    pub(crate) groups: HashSet<String>,
    /// Instances.
    pub(crate) instances: HashSet<String>,
    /// A `virtual_server` whose first line does not say of what, or names a group that is not there.
    pub(crate) virtual_server_headers: bool,
    /// Titles of virtual servers.
    pub(crate) virtual_servers: HashSet<String>,
    /// Titles of virtual servers that a real server was dropped from.
    pub(crate) real_servers_of: HashSet<String>,
    /// Names of groups of virtual servers that an entry was dropped from.
    pub(crate) entries_of: HashSet<String>,
}

impl Context<'_> {
    /// Claims a name for an interface to be made; tells who has it.
    pub(crate) fn claim_link_name(&mut self, name: &At<IfName>) -> Option<Span> {
        claim(&mut self.claims.link_names, &name.value, name.span)
    }

    /// Claims an interface for a `garp_group`; tells who has it.
    pub(crate) fn claim_garp_member(&mut self, name: &At<IfName>) -> Option<Span> {
        claim(&mut self.claims.garp_members, &name.value, name.span)
    }

    /// Claims the addresses of a BFD session; tells who has them.
    pub(crate) fn claim_session(&mut self, key: (IpAddr, Option<IpAddr>, bool), span: Span) -> Option<Span> {
        claim(&mut self.claims.sessions, &key, span)
    }

    /// Claims the IPVS sync daemon for an instance, unless another one has it.
    pub(crate) fn claim_sync_daemon(&mut self, interface: At<IfName>, instance: &str, line: Statement<'_>) {
        match self.claims.sync_daemon.as_ref().map(|(_, _, first)| *first) {
            Some(first) => self.already_given(line, first),
            None => {
                self.claims.sync_daemon = Some((interface.value, instance.to_owned(), interface.span));
            }
        }
    }

    /// Remembers that an address line was dropped.
    pub(crate) fn lost_address(&mut self, owner: &str, word: Word<'_>) {
        self.lost.addresses_of.insert(owner.to_owned());
        self.lost
            .addresses
            .extend(prefix(word.text()).map(|parsed| parsed.prefix.address));
    }

    /// Remembers that a sync group was dropped.
    pub(crate) fn lost_group(&mut self, name: &str) {
        self.lost.groups.insert(name.to_owned());
    }

    /// Remembers that an instance was dropped.
    pub(crate) fn lost_instance(&mut self, name: &str) {
        self.lost.instances.insert(name.to_owned());
    }
}

/// How a virtual server is named while a configuration is read: `virtual server 10.0.0.1 80`.
pub(crate) fn title(frontend: &Frontend) -> String {
    match frontend {
        Frontend::Address(address) => format!("virtual server {} {}", address.ip(), address.port()),
        Frontend::Fwmark(mark) => format!("virtual server fwmark {mark}"),
        Frontend::Group { name, .. } => format!("virtual server group {name}"),
    }
}

fn claim<K: Clone + Eq + std::hash::Hash>(map: &mut HashMap<K, Span>, key: &K, span: Span) -> Option<Span> {
    let first = map.get(key).copied();
    if first.is_none() {
        map.insert(key.clone(), span);
    }
    first
}
