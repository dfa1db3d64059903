//! What can change a priority or cause a fault: interfaces, scripts, files, processes, BFD sessions.

use crate::{Command, IfName, Micros, Weight};
use serde::{Deserialize, Serialize};

/// Whether a tracker's result is taken as it is or turned round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Sense {
    /// As it is.
    #[default]
    Normal,
    /// `reverse`.
    Reverse,
}

/// One entry of a `track_…` block.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackEntry<Target> {
    /// What is tracked: an interface, or the name of a script, file, process or BFD instance.
    pub target: Target,
    /// Weight; 0 means that a failure is a fault.
    pub weight: Weight,
    /// Sense of the result.
    pub sense: Sense,
}

/// The `track_…` blocks of an instance or a sync group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// `track_interface`.
    pub interfaces: Vec<TrackEntry<IfName>>,
    /// `track_script`.
    pub scripts: Vec<TrackEntry<String>>,
    /// `track_file`.
    pub files: Vec<TrackEntry<String>>,
    /// `track_process`.
    pub processes: Vec<TrackEntry<String>>,
    /// `track_bfd`.
    pub bfd: Vec<TrackEntry<String>>,
}

impl Tracking {
    /// Whether nothing is tracked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.interfaces.is_empty()
            && self.scripts.is_empty()
            && self.files.is_empty()
            && self.processes.is_empty()
            && self.bfd.is_empty()
    }
}

/// What a `vrrp_script` does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ScriptKind {
    /// Runs a command; exit status 0 is success.
    Command(Command),
    /// `</PATH`: success if the file can be opened for reading.
    OpenTest(String),
}

/// `vrrp_script NAME { … }` (`spec/config-global.md` section 7).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VrrpScript {
    /// Name.
    pub name: String,
    /// What is done.
    pub kind: ScriptKind,
    /// Period; more than zero.
    pub interval: Micros,
    /// A run is ended and counts as a failure after this.
    pub timeout: Micros,
    /// Default weight of its trackers.
    pub weight: Weight,
    /// Default sense of its trackers.
    pub sense: Sense,
    /// Successes in a row that are needed to be GOOD.
    pub rise: u32,
    /// Failures in a row that are needed to be BAD.
    pub fall: u32,
    /// `init_fail`: BAD until the first result.
    pub init_fail: bool,
    /// The script is not safe against changes by others (`spec/runtime.md` section 7.3).
    pub insecure: bool,
}

/// `init_file` of a track file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackInit {
    /// Written at start.
    pub value: i32,
    /// Also when the file exists.
    pub overwrite: bool,
}

/// `track_file NAME { … }` (`spec/config-global.md` section 5).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackFile {
    /// Name.
    pub name: String,
    /// The file, absolute.
    pub file: String,
    /// Multiplier of the value read; 0 means that a non-zero value is a fault.
    pub weight: Weight,
    /// Sense of the value.
    pub sense: Sense,
    /// `init_file`.
    pub init: Option<TrackInit>,
}

/// How the parameters of a process are compared (`param_match`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParameterMatch {
    /// Only the command is compared.
    Ignored,
    /// All parameters, and no more.
    Exact,
    /// The configured ones exactly; more may follow.
    Partial,
    /// As `Partial`, and the last configured one may be the beginning of the actual one.
    Initial,
}

/// `vrrp_track_process NAME { … }` (`spec/config-global.md` section 6).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrackProcess {
    /// Name.
    pub name: String,
    /// Command to look for.
    pub command: String,
    /// Its parameters.
    pub parameters: Vec<String>,
    /// How they are compared.
    pub parameter_match: ParameterMatch,
    /// Compare `/proc/PID/cmdline` rather than `comm`.
    pub full_command: bool,
    /// Default weight of its trackers.
    pub weight: Weight,
    /// Default sense of its trackers.
    pub sense: Sense,
    /// Least number of matching processes.
    pub quorum: u32,
    /// Largest number of matching processes; nothing is no limit.
    pub quorum_max: Option<u32>,
    /// Wait after the quorum is lost.
    pub terminate_delay: Micros,
    /// Wait after the quorum is gained.
    pub fork_delay: Micros,
}
