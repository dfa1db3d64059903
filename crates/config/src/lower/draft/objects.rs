//! Drafts of the smaller blocks.

use super::super::At;
use super::instance::{NotificationsDraft, TrackingDraft};
use crate::source::Span;
use model::{
    Credentials, IfName, Micros, ParameterMatch, Route, Rule, Sense, TrackInit, VirtualAddress, Weight,
};
use std::net::IpAddr;

/// A command as it is written.
#[derive(Clone, Debug)]
pub(crate) struct CommandDraft {
    /// Program and arguments; never empty.
    pub(crate) argv: Vec<String>,
    /// User and group named beside it; nothing for the default of scripts.
    pub(crate) credentials: Option<Credentials>,
    /// Where the command stands.
    pub(crate) span: Span,
}

/// `vrrp_sync_group`.
pub(crate) struct SyncGroupDraft {
    pub(crate) name: At<String>,
    /// `group`; nothing while there is no such block.
    pub(crate) members: Option<Vec<At<String>>>,
    pub(crate) tracking_weight: bool,
    pub(crate) tracking: TrackingDraft,
    pub(crate) notifications: NotificationsDraft,
}

/// What a `vrrp_script` runs.
pub(crate) enum ScriptTarget {
    Command(CommandDraft),
    /// `</PATH`.
    OpenTest(String),
}

/// `vrrp_script`.
pub(crate) struct TrackScriptDraft {
    pub(crate) name: At<String>,
    pub(crate) target: Option<ScriptTarget>,
    pub(crate) interval: Micros,
    pub(crate) timeout: Option<Micros>,
    pub(crate) weight: Weight,
    pub(crate) sense: Sense,
    pub(crate) rise: u32,
    pub(crate) fall: u32,
    pub(crate) init_fail: bool,
    /// `user`.
    pub(crate) credentials: Option<Credentials>,
    /// `user` names one that does not exist: the script is dropped.
    pub(crate) unknown_user: bool,
}

/// `track_file`.
pub(crate) struct TrackFileDraft {
    pub(crate) name: At<String>,
    pub(crate) file: Option<At<String>>,
    pub(crate) weight: Weight,
    pub(crate) sense: Sense,
    /// A `weight` other than 1 was given.
    pub(crate) weight_changed: bool,
    pub(crate) init: Option<TrackInit>,
}

/// `vrrp_track_process`.
pub(crate) struct TrackProcessDraft {
    pub(crate) name: At<String>,
    pub(crate) command: Option<(String, Vec<String>)>,
    pub(crate) parameter_match: Option<ParameterMatch>,
    pub(crate) full_command: bool,
    pub(crate) weight: Weight,
    pub(crate) sense: Sense,
    pub(crate) quorum: u32,
    pub(crate) quorum_max: Option<u32>,
    pub(crate) terminate_delay: Micros,
    pub(crate) fork_delay: Micros,
}

/// `bfd_instance`, as far as its own process and the trackers of VRRP need it.
pub(crate) struct BfdDraft {
    pub(crate) name: At<String>,
    pub(crate) neighbor: Option<At<IpAddr>>,
    /// `neighbor_ip` was malformed and reported.
    pub(crate) neighbor_reported: bool,
    pub(crate) source: Option<At<IpAddr>>,
    pub(crate) ttl: Option<u8>,
    pub(crate) max_hops: Option<At<i16>>,
    pub(crate) multihop: bool,
    pub(crate) weight: Weight,
    pub(crate) sense: Sense,
    /// `vrrp`.
    pub(crate) for_vrrp: bool,
    /// `checker`.
    pub(crate) for_checker: bool,
}

/// `track_group`.
pub(crate) struct TrackGroupDraft {
    pub(crate) name: At<String>,
    pub(crate) members: Option<Vec<At<String>>>,
}

/// `static_…` blocks.
#[derive(Default)]
pub(crate) struct StaticDraft {
    pub(crate) addresses: Vec<At<VirtualAddress>>,
    pub(crate) routes: Vec<At<Route>>,
    pub(crate) rules: Vec<At<Rule>>,
}

/// `garp_group`.
pub(crate) struct GarpGroupDraft {
    pub(crate) span: Span,
    pub(crate) garp_interval: Option<Micros>,
    pub(crate) gna_interval: Option<Micros>,
    pub(crate) interfaces: Vec<IfName>,
}
