//! Draft of the globals.

use super::super::At;
use super::objects::CommandDraft;
use crate::source::Span;
use model::{Credentials, Garp, Globals, Micros};

/// The globals: the model itself, and beside it what is only complete at the end of the text.
#[derive(Default)]
pub(crate) struct GlobalsDraft {
    pub(crate) model: Globals,
    pub(crate) garp: GarpDraft,
    pub(crate) scripts: ScriptDraft,
    pub(crate) fifos: FifoDraft,
    pub(crate) router_id: Option<String>,
    /// Where `lvs_sync_daemon` was given.
    pub(crate) lvs_sync_daemon: Option<Span>,
    pub(crate) script_user: ScriptUser,
}

/// `script_user`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ScriptUser {
    /// Not given: `keepalived_script`, or who the daemon is.
    #[default]
    Unset,
    /// Given.
    Known(Credentials),
    /// Given, but there is no such user: scripts that rely on it are dropped.
    Unknown,
}

/// Settings of gratuitous ARP, as far as given.
#[derive(Clone, Copy, Default)]
pub(crate) struct GarpDraft {
    pub(crate) master_delay: Option<Micros>,
    pub(crate) master_repeat: Option<u32>,
    pub(crate) master_refresh: Option<Micros>,
    pub(crate) master_refresh_repeat: Option<u32>,
    pub(crate) lower_prio_delay: Option<At<Micros>>,
    pub(crate) lower_prio_repeat: Option<At<u32>>,
}

impl GarpDraft {
    /// Completes the settings from `default`. The ones for lower-priority adverts follow those of a new master where
    /// neither level names them.
    pub(crate) fn complete(&self, default: &Garp) -> Garp {
        Garp {
            master_delay: self.master_delay.unwrap_or(default.master_delay),
            master_repeat: self.master_repeat.unwrap_or(default.master_repeat),
            master_refresh: self.master_refresh.unwrap_or(default.master_refresh),
            master_refresh_repeat: self
                .master_refresh_repeat
                .unwrap_or(default.master_refresh_repeat),
            lower_prio_delay: self
                .lower_prio_delay
                .map_or(default.lower_prio_delay, |delay| delay.value),
            lower_prio_repeat: self
                .lower_prio_repeat
                .map_or(default.lower_prio_repeat, |repeat| repeat.value),
        }
    }
}

/// Scripts of the parent.
#[derive(Default)]
pub(crate) struct ScriptDraft {
    pub(crate) startup: Option<CommandDraft>,
    pub(crate) shutdown: Option<CommandDraft>,
}

/// FIFOs and their readers.
#[derive(Default)]
pub(crate) struct FifoDraft {
    pub(crate) all: Option<At<(String, Option<Credentials>)>>,
    pub(crate) all_script: Option<CommandDraft>,
    pub(crate) vrrp: Option<At<(String, Option<Credentials>)>>,
    pub(crate) vrrp_script: Option<CommandDraft>,
    pub(crate) lvs: Option<At<(String, Option<Credentials>)>>,
    pub(crate) lvs_script: Option<CommandDraft>,
}
