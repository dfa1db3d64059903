//! What the options say.

use crate::log::{Detail, Facility};
use crate::messages::MessageFormat;
use std::ffi::OsString;
use std::path::PathBuf;

/// Which processes may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsystems {
    /// Health checkers; off with `-P`.
    pub checker: bool,
    /// VRRP; off with `-C`.
    pub vrrp: bool,
    /// BFD; off with `-B`.
    pub bfd: bool,
    /// `--all`: also those that have no configuration.
    pub unconfigured: bool,
}

/// The options of a daemon or a configuration test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `-f`.
    pub config_file: Option<PathBuf>,
    /// `-P`, `-C`, `-B`, `--all`.
    pub subsystems: Subsystems,
    /// `-l`.
    pub log_console: bool,
    /// `-D`, once or twice.
    pub detail: Detail,
    /// `-S`.
    pub facility: Facility,
    /// `-g`: with the name given, or without one.
    pub log_file: Option<Option<PathBuf>>,
    /// `--flush-log-file`.
    pub flush_log_file: bool,
    /// `-G`.
    pub no_syslog: bool,
    /// `-u`.
    pub umask: Option<u32>,
    /// `-X`.
    pub release_vips: bool,
    /// `-V`.
    pub keep_vrrp: bool,
    /// `-I`.
    pub keep_ipvs: bool,
    /// `--no-firewall`.
    pub without_firewall: bool,
    /// `-R`.
    pub dont_respawn: bool,
    /// `-n`.
    pub foreground: bool,
    /// `-d`.
    pub dump_configuration: bool,
    /// `-p`.
    pub pid_file: Option<PathBuf>,
    /// `-r`.
    pub vrrp_pid_file: Option<PathBuf>,
    /// `-c`.
    pub checkers_pid_file: Option<PathBuf>,
    /// `-b`.
    pub bfd_pid_file: Option<PathBuf>,
    /// `-a`.
    pub address_monitoring: bool,
    /// `-s`.
    pub namespace: Option<String>,
    /// `-e`.
    pub all_config: bool,
    /// `-i`.
    pub config_id: Option<String>,
    /// `-x`.
    pub snmp: bool,
    /// `-A`.
    pub snmp_agent_socket: Option<String>,
    /// `-m`.
    pub core_dump: bool,
    /// `-M`, with its pattern.
    pub core_pattern: Option<OsString>,
    /// `-t`: with the file for the report, or without one.
    pub config_test: Option<Option<PathBuf>>,
    /// `--message-format`, with `-t`.
    pub message_format: MessageFormat,
    /// `--ignore-sigint`.
    pub ignore_sigint: bool,
    /// An option had a wrong value that the original counts among the mistakes of the configuration: a facility.
    pub has_bad_value: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config_file: None,
            subsystems: Subsystems {
                checker: true,
                vrrp: true,
                bfd: true,
                unconfigured: false,
            },
            log_console: false,
            detail: Detail::Normal,
            facility: Facility::DAEMON,
            log_file: None,
            flush_log_file: false,
            no_syslog: false,
            umask: None,
            release_vips: false,
            keep_vrrp: false,
            keep_ipvs: false,
            without_firewall: false,
            dont_respawn: false,
            foreground: false,
            dump_configuration: false,
            pid_file: None,
            vrrp_pid_file: None,
            checkers_pid_file: None,
            bfd_pid_file: None,
            address_monitoring: false,
            namespace: None,
            all_config: false,
            config_id: None,
            snmp: false,
            snmp_agent_socket: None,
            core_dump: false,
            core_pattern: None,
            config_test: None,
            message_format: MessageFormat::Human,
            ignore_sigint: false,
            has_bad_value: false,
        }
    }
}
