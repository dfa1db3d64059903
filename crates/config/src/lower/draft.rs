//! What the text says, before it is checked as a whole: each block as a draft, values with their places.

mod checker;
mod globals;
mod instance;
mod objects;
mod virtual_server;

pub(crate) use checker::{
    BfdCheckDraft, CheckerDraft, CommonDraft, DnsDraft, FileCheckDraft, HttpDraft, MiscDraft,
    PlainCheckDraft, SmtpDraft, UdpDraft, UrlDraft,
};

pub(crate) use globals::{GlobalsDraft, ScriptUser};
pub(crate) use instance::{
    AuthDraft, AuthKind, HmacDraft, InstanceDraft, IpvlanDraft, NotificationsDraft, TrackingDraft, VmacDraft,
    VmacMac,
};
pub(crate) use objects::{
    BfdDraft, CommandDraft, GarpGroupDraft, ScriptTarget, StaticDraft, SyncGroupDraft, TrackFileDraft,
    TrackGroupDraft, TrackProcessDraft, TrackScriptDraft,
};
pub(crate) use virtual_server::{
    CheckDefaultsDraft, GroupDraft, RealServerDraft, SorryServerDraft, SslDraft, VirtualServerDraft,
};

use super::At;
use crate::check::Scripts;
use model::{InterfaceDelays, LinkPolling, VirtualServer};
use std::collections::HashMap;

/// The whole configuration as it is written.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) globals: GlobalsDraft,
    pub(crate) instances: Named<InstanceDraft>,
    pub(crate) sync_groups: Named<SyncGroupDraft>,
    pub(crate) scripts: Named<TrackScriptDraft>,
    pub(crate) files: Named<TrackFileDraft>,
    pub(crate) processes: Named<TrackProcessDraft>,
    pub(crate) bfd: Named<BfdDraft>,
    pub(crate) track_groups: Named<TrackGroupDraft>,
    pub(crate) statics: StaticDraft,
    pub(crate) garp_groups: Vec<GarpGroupDraft>,
    pub(crate) interface_delays: Vec<At<InterfaceDelays>>,
    pub(crate) link_polling: Vec<At<LinkPolling>>,
    pub(crate) virtual_servers: Vec<ServerDraft>,
    /// `virtual_server_group`.
    pub(crate) groups: Named<GroupDraft>,
    pub(crate) ssl: Option<SslDraft>,
    pub(crate) has_virtual_servers: bool,
    /// What scripts are checked with; there as soon as the globals are known.
    pub(crate) check: Option<Scripts>,
}

/// A `virtual_server` that was read.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are of the large one, and become the model in place"
)]
pub(crate) enum ServerDraft {
    /// It is complete: what stands behind it in the text does not matter to it.
    Complete(VirtualServer),
    /// Its group may stand behind it.
    OfGroup(Box<VirtualServerDraft>),
}

/// Blocks in file order, found by name in constant time.
pub(crate) struct Named<T> {
    pub(crate) blocks: Vec<T>,
    positions: HashMap<String, usize>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            positions: HashMap::new(),
        }
    }
}

impl<T> Named<T> {
    /// Adds a block. A name that is taken goes on meaning the first block.
    pub(crate) fn add(&mut self, name: &str, block: T) {
        self.positions.entry(name.to_owned()).or_insert(self.blocks.len());
        self.blocks.push(block);
    }

    /// The first block with this name.
    pub(crate) fn find(&self, name: &str) -> Option<&T> {
        self.position(name).map(|position| &self.blocks[position])
    }

    /// Where the first block with this name stands.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// All names, for suggestions.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.positions.keys().map(String::as_str).collect()
    }
}
