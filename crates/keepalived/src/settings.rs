//! What the command line and the environment decided for every process of the daemon.

use crate::log::LogSettings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The part of the command line that a child needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Where log lines go and which there are.
    pub log: LogSettings,
    /// `-X`: remove addresses when leaving MASTER even where none is recorded as set.
    pub release_vips: bool,
    /// `-V`: at a stop no priority 0, and addresses, routes, rules and virtual MACs stay.
    pub keep_vrrp: bool,
    /// `-I`: the IPVS tables stay at a stop.
    pub keep_ipvs: bool,
    /// `-d`: log the whole configuration at start.
    pub dump_configuration: bool,
    /// `-a`: log each address that netlink reports.
    pub address_monitoring: bool,
    /// The checker process is part of this build and not switched off; it runs where there is a virtual server.
    pub has_checker: bool,
    /// `-x`: all MIBs.
    pub snmp: bool,
    /// `-A`: socket of the AgentX master.
    pub snmp_agent_socket: Option<String>,
    /// Directory of dumps: `TMPDIR` where that is an absolute existing directory, `/tmp` otherwise.
    pub temporary_directory: PathBuf,
    /// File mode bits that files do not get, from `-u` or the configuration; 0177 by default.
    pub umask: u32,
    /// Soft and hard limit of core files before `-m` changed it: scripts get this one back.
    pub core_limit: (u64, u64),
}
