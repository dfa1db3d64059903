//! The configuration with every virtual server, real server and check numbered, so that an event finds what it is
//! about without a search.
//!
//! Real servers and checks are numbered through in file order; those of one virtual or real server are therefore a
//! range. The numbers are valid until the next configuration.

use crate::event::Place;
use crate::marks::Marks;
use crate::settings::Settings;
use model::{
    Checker, Frontend, GroupEntry, LvsConfiguration, RealServer, SorryServer, VirtualServer,
    VirtualServerGroup,
};
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

/// Number of a virtual server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VirtualServerId(pub(crate) u32);

/// Number of a real server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub(crate) u32);

/// Number of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub(crate) u32);

impl VirtualServerId {
    /// Place in `LvsConfiguration::virtual_servers`.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl ServerId {
    /// Place among all real servers.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl CheckId {
    /// Place among all checks.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The numbered configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    config: Arc<LvsConfiguration>,
    virtual_servers: Vec<VirtualServerPlace>,
    servers: Vec<ServerPlace>,
    checks: Vec<ServerId>,
    /// For each group: whether an address or mark is in it twice.
    repetitive: Vec<bool>,
}

#[derive(Clone, Debug)]
struct VirtualServerPlace {
    servers: Range<u32>,
    group: Option<u32>,
    mark: Option<NonZeroU32>,
}

#[derive(Clone, Debug)]
struct ServerPlace {
    virtual_server: VirtualServerId,
    checks: Range<u32>,
}

/// Whether two lines of a group overlap.
fn is_repetitive(group: &VirtualServerGroup) -> bool {
    let mut ranges = Vec::new();
    let mut marks = HashSet::new();
    let mut repeated = false;
    for entry in &group.entries {
        match entry {
            GroupEntry::Addresses { range, port } => ranges.push((*port, range.first(), range.last())),
            GroupEntry::Fwmark { mark, .. } => repeated |= !marks.insert(*mark),
        }
    }
    ranges.sort_unstable();
    repeated
        || ranges
            .windows(2)
            .any(|pair| pair[0].0 == pair[1].0 && pair[1].1 <= pair[0].2)
}

/// A number that counts what is in memory.
fn count(len: usize) -> u32 {
    u32::try_from(len).expect("a configuration has less than 2^32 entries")
}

impl Layout {
    pub(crate) fn new(config: LvsConfiguration, settings: Settings, marks: &mut Marks) -> Self {
        let groups: HashMap<&str, u32> = config
            .groups
            .iter()
            .enumerate()
            .map(|(i, group)| (group.name.as_str(), count(i)))
            .collect();
        let mut virtual_servers = Vec::with_capacity(config.virtual_servers.len());
        let mut servers = Vec::new();
        let mut checks = Vec::new();
        for (v, virtual_server) in config.virtual_servers.iter().enumerate() {
            let id = VirtualServerId(count(v));
            let first_server = count(servers.len());
            for server in &virtual_server.real_servers {
                let first_check = count(checks.len());
                let server_id = ServerId(count(servers.len()));
                checks.extend(server.checkers.iter().map(|_| server_id));
                servers.push(ServerPlace {
                    virtual_server: id,
                    checks: first_check..count(checks.len()),
                });
            }
            let group = match &virtual_server.frontend {
                Frontend::Group { name, .. } => groups.get(name.as_str()).copied(),
                Frontend::Address(_) | Frontend::Fwmark(_) => None,
            };
            let mark = group
                .map(|group| &config.groups[group as usize])
                .filter(|group| settings.nftables_first_mark.is_some() && !group.has_fwmarks())
                .and_then(|group| marks.of(&group.name, virtual_server.protocol));
            virtual_servers.push(VirtualServerPlace {
                servers: first_server..count(servers.len()),
                group,
                mark,
            });
        }
        let repetitive = config.groups.iter().map(is_repetitive).collect();
        Self {
            config: Arc::new(config),
            virtual_servers,
            servers,
            checks,
            repetitive,
        }
    }

    pub(crate) const fn config(&self) -> &Arc<LvsConfiguration> {
        &self.config
    }

    pub(crate) fn virtual_server_ids(&self) -> impl Iterator<Item = VirtualServerId> + use<> {
        (0..count(self.virtual_servers.len())).map(VirtualServerId)
    }

    pub(crate) fn server_ids(&self) -> impl Iterator<Item = ServerId> + use<> {
        (0..count(self.servers.len())).map(ServerId)
    }

    pub(crate) fn check_ids(&self) -> impl Iterator<Item = CheckId> + use<> {
        (0..count(self.checks.len())).map(CheckId)
    }

    pub(crate) fn virtual_server(&self, id: VirtualServerId) -> &VirtualServer {
        &self.config.virtual_servers[id.index()]
    }

    pub(crate) fn sorry_server(&self, id: VirtualServerId) -> Option<&SorryServer> {
        self.virtual_server(id).sorry_server.as_deref()
    }

    /// The real servers of a virtual server.
    pub(crate) fn servers_of(&self, id: VirtualServerId) -> impl Iterator<Item = ServerId> + use<> {
        self.virtual_servers[id.index()].servers.clone().map(ServerId)
    }

    pub(crate) fn server(&self, id: ServerId) -> &RealServer {
        let virtual_server = self.virtual_server_of(id);
        let first = self.virtual_servers[virtual_server.index()].servers.start;
        &self.virtual_server(virtual_server).real_servers[(id.0 - first) as usize]
    }

    pub(crate) fn virtual_server_of(&self, id: ServerId) -> VirtualServerId {
        self.servers[id.index()].virtual_server
    }

    /// The checks of a real server.
    pub(crate) fn checks_of(&self, id: ServerId) -> impl Iterator<Item = CheckId> + use<> {
        self.servers[id.index()].checks.clone().map(CheckId)
    }

    pub(crate) fn server_of(&self, id: CheckId) -> ServerId {
        self.checks[id.index()]
    }

    pub(crate) fn checker(&self, id: CheckId) -> &Checker {
        let server = self.server_of(id);
        let first = self.servers[server.index()].checks.start;
        &self.server(server).checkers[(id.0 - first) as usize]
    }

    /// Whether the number belongs to this configuration.
    pub(crate) fn has_check(&self, id: CheckId) -> bool {
        id.index() < self.checks.len()
    }

    /// The group of a virtual server.
    pub(crate) fn group(&self, id: VirtualServerId) -> Option<&VirtualServerGroup> {
        self.virtual_servers[id.index()]
            .group
            .map(|group| &self.config.groups[group as usize])
    }

    /// Whether the group of a virtual server has an address or mark twice.
    pub(crate) fn is_repetitive(&self, id: VirtualServerId) -> bool {
        self.virtual_servers[id.index()]
            .group
            .is_some_and(|group| self.repetitive[group as usize])
    }

    /// The mark that nftables puts on the packets of a group (`nftables_ipvs`).
    pub(crate) fn mark(&self, id: VirtualServerId) -> Option<NonZeroU32> {
        self.virtual_servers[id.index()].mark
    }

    /// The names of a real server and its virtual server.
    pub(crate) fn place(&self, id: ServerId) -> Place {
        let virtual_server = self.virtual_server(self.virtual_server_of(id));
        Place {
            server: virtual_server.server_name(self.server(id).address),
            virtual_server: virtual_server.name(),
        }
    }
}
