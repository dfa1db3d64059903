//! What the command line and the environment decided for every process of the daemon.

use crate::log::LogSettings;
use model::Files;
use nix::sys::stat::Mode;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Permission bits that files do not get by default.
const UMASK: u32 = 0o177;

/// The part of the command line that a child needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Where log lines go and which there are.
    pub log: LogSettings,
    /// `-X`: remove addresses when leaving MASTER even where none is recorded as set.
    pub release_vips: bool,
    /// `-V`: at a stop no priority 0, and addresses, routes, rules and virtual MACs stay.
    pub keep_vrrp: bool,
    /// `-I`: the IPVS tables stay at a stop.
    pub keep_ipvs: bool,
    /// `--no-firewall`: no nftables entries are made.
    pub without_firewall: bool,
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
    /// `-u`: file mode bits that files do not get, whatever the configuration says.
    pub umask: Option<u32>,
    /// Soft and hard limit of core files before `-m` changed it: scripts get this one back.
    pub core_limit: (u64, u64),
}

impl Settings {
    /// The file mode bits that files do not get: `-u`, `umask`, or 0177.
    #[must_use]
    pub fn umask_with(&self, files: &Files) -> Mode {
        Mode::from_bits_truncate(self.umask.or(files.umask).unwrap_or(UMASK))
    }
}
