//! The status document: what `keepalived status --json` prints and metrics are made of.
//!
//! It is made by the daemon and read by commands that may be of another version: members are only ever added, readers
//! leave out what they do not know, and what could change its meaning gets a new [`VERSION`]. Times of day are
//! microseconds since the start of 1970 (`…_at_us`), durations microseconds (`…_us`). States are the words of the log.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the document.
pub(crate) const VERSION: u32 = 1;

/// The whole. The parts of the children are a type of the caller: the supervisor passes on what it gets from them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status<V = VrrpStatus, L = LvsStatus> {
    /// [`VERSION`].
    pub(crate) version: u32,
    /// The daemon as a whole.
    pub(crate) daemon: Daemon,
    /// Its processes.
    pub(crate) processes: Vec<ProcessStatus>,
    /// What the VRRP process says; nothing if there is none or it does not answer.
    pub(crate) vrrp: Option<V>,
    /// What the checker process says; nothing if there is none or it does not answer.
    pub(crate) lvs: Option<L>,
}

/// The daemon.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Daemon {
    /// Version of keepalived that this program is compatible with.
    pub(crate) compatible_with: String,
    /// Version of this program.
    pub(crate) release: String,
    /// Process id of the supervisor.
    pub(crate) pid: u32,
    /// `router_id`.
    pub(crate) router_id: String,
    /// When the daemon was started.
    pub(crate) started_at_us: u64,
    /// When this document was made.
    pub(crate) made_at_us: u64,
    /// How many configurations have been accepted, the first included.
    pub(crate) configurations: u64,
    /// The last reload that was asked for.
    pub(crate) last_reload: Option<ReloadStatus>,
    /// Since when all instances are kept down by an operator.
    pub(crate) maintenance_since_us: Option<u64>,
    /// Real servers that an operator drains.
    pub(crate) drained: Vec<DrainStatus>,
}

/// How a reload went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReloadStatus {
    /// When.
    pub(crate) at_us: u64,
    /// Whether the configuration is in force.
    pub(crate) accepted: bool,
}

/// A server that an operator drains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DrainStatus {
    /// Address and port.
    pub(crate) server: String,
    /// In this virtual server only.
    pub(crate) virtual_server: Option<String>,
}

/// A child.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProcessStatus {
    /// `vrrp`, `checker` or `bfd`.
    pub(crate) name: String,
    /// Whether the configuration has work for it.
    pub(crate) needed: bool,
    /// Whether it runs.
    pub(crate) running: bool,
    /// Whether it gave its part of this document in time.
    pub(crate) answers: bool,
    /// Whether it goes by the newest configuration.
    pub(crate) up_to_date: bool,
    /// Process id.
    pub(crate) pid: Option<u32>,
    /// For how long it has been running.
    pub(crate) uptime_us: Option<u64>,
    /// How often it was replaced.
    pub(crate) restarts: u64,
    /// Memory that it has (resident set).
    pub(crate) memory_bytes: Option<u64>,
}

/// How late a loop was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LatenessStatus {
    /// Deadlines that were handled.
    pub(crate) count: u64,
    /// Sum of their lateness.
    pub(crate) sum_us: u64,
    /// The latest.
    pub(crate) max_us: u64,
    /// How many were at most this late: pairs of limit in microseconds and number.
    pub(crate) at_most_us: Vec<(u64, u64)>,
}

/// The VRRP process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct VrrpStatus {
    /// The instances, in the order of the configuration.
    pub(crate) instances: Vec<InstanceStatus>,
    /// The sync groups.
    pub(crate) groups: Vec<GroupStatus>,
    /// Everything that is tracked by name.
    pub(crate) trackers: Vec<TrackerStatus>,
    /// How late the deadlines of adverts and timers were handled. Those that fall together wait for each other for up to
    /// some hundred microseconds.
    pub(crate) lateness: LatenessStatus,
}

/// An instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct InstanceStatus {
    /// Its name.
    pub(crate) name: String,
    /// INIT, BACKUP, MASTER or FAULT.
    pub(crate) state: String,
    /// The state that it would have without its group.
    pub(crate) wanted_state: String,
    /// When it entered the state.
    pub(crate) since_us: Option<u64>,
    /// Why.
    pub(crate) cause: Option<String>,
    /// What keeps it in FAULT.
    pub(crate) faults: Vec<String>,
    /// Whether track scripts have to report before it takes part.
    pub(crate) waits_for_scripts: bool,
    /// Its sync group.
    pub(crate) group: Option<String>,
    /// The interface that carries its addresses.
    pub(crate) interface: Option<String>,
    /// Virtual router id.
    pub(crate) vrid: u8,
    /// Version of VRRP: 2 or 3.
    pub(crate) version: u8,
    /// Its priority.
    pub(crate) priority: PriorityStatus,
    /// The address that its adverts come from.
    pub(crate) source: Option<String>,
    /// Its own interval.
    pub(crate) advert_interval_us: u64,
    /// Silence after which it takes the master for dead.
    pub(crate) master_down_interval_us: u64,
    /// The master that a backup listens to.
    pub(crate) master: Option<MasterStatus>,
    /// For so long it leaves a master of lower priority alone (`preempt_delay`, `keepalived failover`).
    pub(crate) hold_us: Option<u64>,
    /// The others, configured or heard.
    pub(crate) peers: Vec<PeerStatus>,
    /// Its addresses.
    pub(crate) addresses: Vec<AddressStatus>,
    /// Counters by what they count.
    pub(crate) counters: BTreeMap<String, u64>,
    /// Delay of the gratuitous ARPs.
    pub(crate) garp_delay_us: u64,
    /// The last transitions, oldest first, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) transitions: Option<Vec<TransitionStatus>>,
}

/// Where a priority comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PriorityStatus {
    /// As configured.
    pub(crate) base: u8,
    /// What each tracker does to it.
    pub(crate) adjustments: Vec<AdjustmentStatus>,
    /// The sum, without limits.
    pub(crate) total: i32,
    /// What the adverts say.
    pub(crate) effective: u8,
}

/// What a tracker does to an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AdjustmentStatus {
    /// `interface`, `script`, `file`, `process` or `bfd`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
    /// What it adds to the priority.
    pub(crate) change: i32,
    /// Whether it keeps the instance in FAULT.
    pub(crate) fault: bool,
    /// Whether the instance waits for its first result.
    pub(crate) awaited: bool,
}

/// The master.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MasterStatus {
    /// Its address.
    pub(crate) address: String,
    /// Its priority.
    pub(crate) priority: u8,
    /// Time since its last advert.
    pub(crate) silent_us: u64,
    /// Interval of its adverts.
    pub(crate) advert_interval_us: u64,
}

/// Another router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeerStatus {
    /// Its address.
    pub(crate) address: String,
    /// Whether it is a `unicast_peer`.
    pub(crate) configured: bool,
    /// Priority in its last advert; nothing if none was heard.
    pub(crate) priority: Option<u8>,
    /// Time since its last advert. A backup says nothing, so silence is usual while this instance is master.
    pub(crate) silent_us: Option<u64>,
    /// Adverts of it that were accepted.
    pub(crate) adverts: u64,
}

/// A virtual address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressStatus {
    /// Address with prefix length.
    pub(crate) address: String,
    /// The interface that carries it.
    pub(crate) interface: Option<String>,
    /// Whether it is a `virtual_ipaddress_excluded`.
    pub(crate) excluded: bool,
    /// Whether the kernel has it there.
    pub(crate) present: bool,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TransitionStatus {
    /// When.
    pub(crate) at_us: u64,
    /// From which state.
    pub(crate) from: String,
    /// To which state.
    pub(crate) to: String,
    /// Why.
    pub(crate) cause: String,
}

/// A sync group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupStatus {
    /// Its name.
    pub(crate) name: String,
    /// Its state.
    pub(crate) state: String,
    /// Its members.
    pub(crate) members: Vec<String>,
}

/// Something that is tracked by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrackerStatus {
    /// `script`, `file`, `process` or `bfd`.
    pub(crate) kind: String,
    /// Its name.
    pub(crate) name: String,
    /// `up`, `down`, or `unknown` before the first result; a file has a value instead.
    pub(crate) state: Option<String>,
    /// The last result of a script, the value of a file, the number of processes.
    pub(crate) result: Option<String>,
    /// Whether a script is idle, running or being ended.
    pub(crate) activity: Option<String>,
    /// The last of what a script printed in its last run that has ended.
    #[serde(default)]
    pub(crate) output: Option<String>,
}

/// The checker process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LvsStatus {
    /// The virtual servers, in the order of the configuration.
    pub(crate) virtual_servers: Vec<VirtualServerStatus>,
    /// Why there are no counters of the kernel.
    pub(crate) counters_missing: Option<String>,
    /// How late checks were begun. Those that fall together wait for each other for some milliseconds.
    pub(crate) lateness: LatenessStatus,
}

/// A virtual server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct VirtualServerStatus {
    /// Its name in the log.
    pub(crate) name: String,
    /// Whether its quorum is up.
    pub(crate) quorum_up: bool,
    /// Weight that is needed for that.
    pub(crate) quorum: u64,
    /// Weight of the servers that are alive.
    pub(crate) weight: u64,
    /// The sorry server, and whether it serves.
    pub(crate) sorry_server: Option<SorryServerStatus>,
    /// Whether its checks do not run (`ha_suspend`).
    pub(crate) suspended: bool,
    /// Its servers, in the order of the configuration.
    pub(crate) real_servers: Vec<RealServerStatus>,
    /// What the kernel has counted.
    pub(crate) counters: Option<CountersStatus>,
}

/// A sorry server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SorryServerStatus {
    /// Address and port.
    pub(crate) address: String,
    /// Whether it serves.
    pub(crate) active: bool,
}

/// A real server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RealServerStatus {
    /// Address and port.
    pub(crate) address: String,
    /// Whether its checks say that it is well.
    pub(crate) alive: bool,
    /// Whether an operator drains it.
    pub(crate) drained: bool,
    /// Configured weight.
    pub(crate) weight: i64,
    /// The same with what checks add.
    pub(crate) effective_weight: i64,
    /// Its weight in IPVS; nothing while it is not there.
    pub(crate) weight_in_kernel: Option<i64>,
    /// Its checks, in the order of the configuration.
    pub(crate) checks: Vec<CheckStatus>,
    /// What the kernel has counted.
    pub(crate) counters: Option<CountersStatus>,
}

/// A check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckStatus {
    /// Its keyword.
    pub(crate) kind: String,
    /// Whether the server is well as far as this check is concerned.
    pub(crate) up: bool,
    /// Failed attempts in a row.
    pub(crate) failures: u32,
    /// What it adds to the weight.
    pub(crate) weight: i64,
    /// Whether the last run passed; nothing before the first.
    pub(crate) passed: Option<bool>,
    /// Why the last run failed, or could not be done.
    pub(crate) reason: Option<String>,
    /// Time since the last run.
    pub(crate) age_us: Option<u64>,
}

/// Counters and rates of IPVS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CountersStatus {
    /// Connections.
    pub(crate) connections: u64,
    /// Packets from clients.
    pub(crate) in_packets: u64,
    /// Packets to clients.
    pub(crate) out_packets: u64,
    /// Bytes from clients.
    pub(crate) in_bytes: u64,
    /// Bytes to clients.
    pub(crate) out_bytes: u64,
    /// Connections that are established; of a virtual server those of its real servers.
    pub(crate) active: u64,
    /// Connections that are not.
    pub(crate) inactive: u64,
}
