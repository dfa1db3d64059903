//! `global_defs` and the root-level globals (`spec/config-global.md` sections 1 and 2).

use crate::{Command, Credentials, ExtraInterfaceGarp, Garp, IfName, Micros, Secret, Version};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Number of a processor.
pub type CpuId = u16;

/// All globals, with defaults filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Globals {
    /// Names of this node and its processes, namespaces.
    pub identity: Identity,
    /// Where files are, which are written.
    pub files: Files,
    /// Mail alerts.
    pub mail: Mail,
    /// Scheduling of the VRRP process.
    pub vrrp_process: ProcessSettings,
    /// Scheduling of the checker process.
    pub checker_process: ProcessSettings,
    /// Scheduling of the BFD process.
    pub bfd_process: ProcessSettings,
    /// `max_auto_priority`; nothing while not configured, -1 to switch it off without the start-up notice.
    pub max_auto_priority: Option<i8>,
    /// `min_auto_priority_delay`; nothing is 1 s.
    pub min_auto_priority_delay: Option<Micros>,
    /// Scripts of the parent.
    pub startup_script: Option<Command>,
    /// `startup_script_timeout`; nothing is 10 s.
    pub startup_script_timeout: Option<Micros>,
    /// `shutdown_script`.
    pub shutdown_script: Option<Command>,
    /// `shutdown_script_timeout`; nothing is 10 s.
    pub shutdown_script_timeout: Option<Micros>,
    /// `script_user`, or what stands in for it.
    pub script_user: Option<Credentials>,
    /// `enable_script_security`.
    pub script_security: bool,
    /// `use_symlink_paths`.
    pub use_symlink_paths: bool,
    /// `set_supplementary_groups`.
    pub set_supplementary_groups: bool,
    /// FIFOs for events.
    pub fifos: FifoSettings,
    /// Defaults and settings of VRRP.
    pub vrrp: VrrpGlobals,
    /// The control socket and metrics.
    pub operation: Operation,
    /// nftables.
    pub firewall: Firewall,
    /// IPVS.
    pub lvs: LvsGlobals,
    /// SNMP.
    pub snmp: Snmp,
    /// `enable_dbus`.
    pub dbus: bool,
    /// `dbus_service_name`.
    pub dbus_service_name: Option<String>,
    /// `dbus_no_interface_name`.
    pub dbus_no_interface_name: Option<String>,
    /// Buffers of the netlink sockets.
    pub netlink_buffers: NetlinkBuffers,
}

/// Names and namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `router_id`; the local host name where it is not given.
    pub router_id: String,
    /// `instance`.
    pub instance: Option<String>,
    /// `net_namespace`.
    pub net_namespace: Option<String>,
    /// `net_namespace_ipvs`; `Some("")` is the initial namespace.
    pub net_namespace_ipvs: Option<String>,
    /// `namespace_with_ipsets`.
    pub namespace_with_ipsets: bool,
    /// `use_pid_dir`.
    pub use_pid_dir: bool,
    /// `child_wait_time`; nothing is 5 s.
    pub child_wait_time: Option<Micros>,
    /// `process_name`, at most 15 bytes.
    pub process_name: Option<String>,
}

/// How the running daemon is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// `control_group`: the group whose members may use the control socket; nothing is root alone.
    pub control_group: Option<u32>,
    /// Metrics for Prometheus.
    pub metrics: MetricsSettings,
}

/// Where metrics are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsSettings {
    /// `metrics_address`; nothing is off.
    pub address: Option<SocketAddr>,
    /// `metrics_file`, absolute; nothing is off.
    pub file: Option<String>,
    /// `metrics_interval`, a second to an hour.
    pub interval: Micros,
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self {
            address: None,
            file: None,
            interval: Micros::from_secs(15),
        }
    }
}

/// `include_check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncludeChecks {
    /// `read`.
    pub read: bool,
    /// `match`.
    pub matched: bool,
    /// `wildcard_match`.
    pub wildcard_match: bool,
    /// `brace_match`.
    pub brace_match: bool,
}

/// A dump file: path as configured and which dump it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// `state_dump_file`.
    pub state: Option<String>,
    /// `stats_dump_file`.
    pub stats: Option<String>,
    /// `json_dump_file`.
    pub json: Option<String>,
    /// `json_version`, 1 or 2; 0 stands for the default, 1.
    pub json_version: u8,
    /// `data_use_instance`.
    pub use_instance: bool,
}

/// Files that are read and written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// `umask`; nothing is 0177.
    pub umask: Option<u32>,
    /// `config_save_dir`.
    pub config_save_dir: Option<String>,
    /// `tmp_config_directory`.
    pub tmp_config_directory: Option<String>,
    /// `reload_check_config` with its log file.
    pub reload_check_config: Option<String>,
    /// `reload_time_file`.
    pub reload_time_file: Option<String>,
    /// `reload_repeat`.
    pub reload_repeat: bool,
    /// `reload_file`; `Some("")` is the default path.
    pub reload_file: Option<String>,
    /// Dump files.
    pub dump: Dump,
    /// `iproute_usr_dir`.
    pub iproute_usr_dir: Option<String>,
    /// `iproute_etc_dir`.
    pub iproute_etc_dir: Option<String>,
}

/// How the connection to a mail server is encrypted. The name is the one in the server's certificate; nothing is that of
/// `smtp_server`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailEncryption {
    /// It is not.
    #[default]
    None,
    /// `smtp_starttls [NAME]`: from the command `STARTTLS` on, without which no mail is sent.
    StartTls(Option<String>),
    /// `smtp_tls [NAME]`: from the first byte on.
    Tls(Option<String>),
}

/// `smtp_auth USER PASSWORD`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailAccount {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// Mail alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `notification_email`.
    pub to: Vec<String>,
    /// `notification_email_from`, or `USER@HOST`.
    pub from: Option<String>,
    /// `smtp_server`.
    pub server: Option<SocketAddr>,
    /// The host of `smtp_server` as it is written.
    pub server_name: Option<String>,
    /// `smtp_starttls`, `smtp_tls`.
    pub encryption: MailEncryption,
    /// `smtp_tls_ca`: a file of certificates that are trusted beside those of the system.
    pub trusted: Option<String>,
    /// `smtp_auth`.
    pub account: Option<MailAccount>,
    /// `smtp_alert_file`: each alert is appended to this file too.
    pub alert_file: Option<String>,
    /// `smtp_helo_name`.
    pub helo_name: Option<String>,
    /// `smtp_connect_timeout`; nothing is 30 s.
    pub connect_timeout: Option<Micros>,
    /// `smtp_alert`.
    pub alert: Option<bool>,
    /// `smtp_alert_vrrp`.
    pub alert_vrrp: Option<bool>,
    /// `smtp_alert_checker`.
    pub alert_checker: Option<bool>,
    /// `checker_log_all_failures`.
    pub checker_log_all_failures: bool,
    /// `no_email_faults`.
    pub no_faults: bool,
    /// `no_checker_emails`.
    pub no_checker: bool,
}

/// Scheduling and memory of one child.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSettings {
    /// Process name, at most 15 bytes; nothing keeps the parent's.
    pub name: Option<String>,
    /// `…_priority`: nice value.
    pub nice: Option<i8>,
    /// `…_no_swap`.
    pub no_swap: bool,
    /// `…_rt_priority`, 1 to 99.
    pub rt_priority: Option<u8>,
    /// `…_cpu_affinity`; empty is all.
    pub cpu_affinity: Vec<CpuId>,
    /// `…_rlimit_rttime`; nothing is 10 ms.
    pub rlimit_rttime: Option<Micros>,
}

/// One FIFO pair: path, owner and reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FifoSettings {
    /// `notify_fifo` with its owner.
    pub all: Option<(String, Option<Credentials>)>,
    /// `notify_fifo_script`.
    pub all_script: Option<Command>,
    /// `vrrp_notify_fifo`.
    pub vrrp: Option<(String, Option<Credentials>)>,
    /// `vrrp_notify_fifo_script`.
    pub vrrp_script: Option<Command>,
    /// `lvs_notify_fifo`.
    pub lvs: Option<(String, Option<Credentials>)>,
    /// `lvs_notify_fifo_script`.
    pub lvs_script: Option<Command>,
    /// `fifo_write_vrrp_states_on_reload`.
    pub vrrp_states_on_reload: bool,
}

/// `vrrp_rx_bufs_policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RxBufferPolicy {
    /// Sum of the MTUs of the instances on a socket, times the multiplier.
    Mtu,
    /// Sum of their advert sizes, times the multiplier.
    Advert,
    /// A number of bytes.
    Bytes(u32),
}

/// Defaults and settings of VRRP. Per-instance defaults have been copied into the instances; they stay here for the
/// dumps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpGlobals {
    /// `vrrp_version`.
    pub version: Version,
    /// `vrrp_mcast_group4`.
    pub mcast_group4: Ipv4Addr,
    /// `vrrp_mcast_group6`.
    pub mcast_group6: Ipv6Addr,
    /// `vrrp_garp_…`.
    pub garp: Garp,
    /// `vrrp_garp_interval`; zero for no limit.
    pub garp_interval: Micros,
    /// `vrrp_gna_interval`; zero for no limit.
    pub gna_interval: Micros,
    /// `vrrp_garp_extra_if`.
    pub garp_extra_if: ExtraInterfaceGarp,
    /// `vrrp_down_timer_adverts`.
    pub down_timer_adverts: u8,
    /// `vrrp_lower_prio_no_advert`.
    pub lower_prio_no_advert: bool,
    /// `vrrp_higher_prio_send_advert`.
    pub higher_prio_send_advert: bool,
    /// `v3_checksum_as_v2`.
    pub v3_checksum_as_v2: bool,
    /// `vrrp_check_unicast_src`.
    pub check_unicast_src: bool,
    /// `vrrp_skip_check_adv_addr`.
    pub skip_check_adv_addr: bool,
    /// `vrrp_strict`.
    pub strict: bool,
    /// `vrrp_owner_ignore_adverts`.
    pub owner_ignore_adverts: bool,
    /// `vrrp_startup_delay`.
    pub startup_delay: Micros,
    /// `vrrp_delay_after_boot`.
    pub delay_after_boot: Micros,
    /// `log_unknown_vrids`.
    pub log_unknown_vrids: bool,
    /// `dynamic_interfaces`.
    pub dynamic_interfaces: bool,
    /// `dynamic_interfaces allow_if_changes`.
    pub allow_if_changes: bool,
    /// `default_interface`; nothing is `eth0`.
    pub default_interface: Option<IfName>,
    /// `disable_local_igmp`.
    pub disable_local_igmp: bool,
    /// `vmac_prefix`; nothing is `vrrp`.
    pub vmac_prefix: Option<String>,
    /// `vmac_addr_prefix`; nothing is `vmac_prefix`.
    pub vmac_addr_prefix: Option<String>,
    /// `vrrp_notify_priority_changes`.
    pub notify_priority_changes: bool,
    /// `vrrp_notify_ordered`.
    pub notify_ordered: bool,
    /// `vrrp_rx_bufs_policy`.
    pub rx_buffer_policy: Option<RxBufferPolicy>,
    /// `vrrp_rx_bufs_multiplier`.
    pub rx_buffer_multiplier: u32,
    /// `linkbeat_use_polling`.
    pub linkbeat_use_polling: bool,
}

impl Default for VrrpGlobals {
    fn default() -> Self {
        Self {
            version: Version::V2,
            mcast_group4: Ipv4Addr::new(224, 0, 0, 18),
            mcast_group6: Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12),
            garp: Garp::default(),
            garp_interval: Micros::ZERO,
            gna_interval: Micros::ZERO,
            garp_extra_if: ExtraInterfaceGarp::default(),
            down_timer_adverts: 3,
            lower_prio_no_advert: false,
            higher_prio_send_advert: false,
            v3_checksum_as_v2: false,
            check_unicast_src: false,
            skip_check_adv_addr: false,
            strict: false,
            owner_ignore_adverts: false,
            startup_delay: Micros::ZERO,
            delay_after_boot: Micros::ZERO,
            log_unknown_vrids: false,
            dynamic_interfaces: false,
            allow_if_changes: false,
            default_interface: None,
            disable_local_igmp: false,
            vmac_prefix: None,
            vmac_addr_prefix: None,
            notify_priority_changes: false,
            notify_ordered: false,
            rx_buffer_policy: None,
            rx_buffer_multiplier: 3,
            linkbeat_use_polling: false,
        }
    }
}

/// Settings of nftables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// `nftables` with its table; nothing while not configured.
    pub table: Option<String>,
    /// `nftables_priority`; nothing is -1.
    pub priority: Option<i32>,
    /// `nftables_counters`.
    pub counters: bool,
    /// `nftables_ifindex`.
    pub ifindex: bool,
    /// `nftables_ipvs` with its table.
    pub ipvs_table: Option<String>,
    /// `nftables_ipvs_priority`; nothing is -1.
    pub ipvs_priority: Option<i32>,
    /// `nftables_ipvs_start_fwmark`; nothing is 1000.
    pub ipvs_start_fwmark: Option<u32>,
}

/// `lvs_flush_on_stop`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LvsFlushOnStop {
    /// Remove what was configured, one by one.
    #[default]
    No,
    /// Flush the whole IPVS table.
    All,
    /// Delete the virtual services.
    VirtualServers,
}

/// `lvs_timeouts`, in seconds; nothing keeps the kernel's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsTimeouts {
    /// `tcp`.
    pub tcp: Option<u32>,
    /// `tcpfin`.
    pub tcp_fin: Option<u32>,
    /// `udp`.
    pub udp: Option<u32>,
}

/// `lvs_sync_daemon`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsSyncDaemon {
    /// Interface of the synchronisation.
    pub interface: IfName,
    /// The instance whose state decides between master and backup; nothing runs both.
    pub instance: Option<String>,
    /// `id`, 0 to 255.
    pub sync_id: Option<u8>,
    /// `maxlen` in bytes.
    pub max_len: Option<u16>,
    /// `port`.
    pub port: Option<u16>,
    /// `ttl`.
    pub ttl: Option<u8>,
    /// `group`.
    pub group: Option<IpAddr>,
}

/// Settings of IPVS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsGlobals {
    /// `lvs_timeouts`.
    pub timeouts: LvsTimeouts,
    /// `lvs_flush`.
    pub flush: bool,
    /// `lvs_flush_on_stop`.
    pub flush_on_stop: LvsFlushOnStop,
    /// `lvs_sync_daemon`.
    pub sync_daemon: Option<LvsSyncDaemon>,
    /// `rs_init_notifies`.
    pub rs_init_notifies: bool,
    /// `lvs_repair_interval`: how often the table is compared with what it should be; nothing is never.
    pub repair_interval: Option<Micros>,
}

/// Settings of SNMP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snmp {
    /// `snmp_socket`.
    pub socket: Option<String>,
    /// `enable_snmp_vrrp`.
    pub vrrp: bool,
    /// `enable_snmp_checker`.
    pub checker: bool,
    /// `enable_snmp_rfcv2`.
    pub rfc_v2: bool,
    /// `enable_snmp_rfcv3`.
    pub rfc_v3: bool,
    /// `enable_traps`.
    pub traps: bool,
    /// `snmp_vs_stats_update_interval`; nothing is 5 s.
    pub vs_stats_update_interval: Option<Micros>,
    /// `snmp_rs_stats_update_interval`; nothing is the one for virtual servers.
    pub rs_stats_update_interval: Option<Micros>,
}

/// Size of a socket's receive buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketBuffer {
    /// Bytes; 0 keeps the system's size.
    pub bytes: u32,
    /// `…_force`: `SO_RCVBUFFORCE`.
    pub force: bool,
}

/// Receive buffers of the netlink sockets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetlinkBuffers {
    /// `vrrp_netlink_cmd_rcv_bufs`.
    pub vrrp_command: SocketBuffer,
    /// `vrrp_netlink_monitor_rcv_bufs`.
    pub vrrp_monitor: SocketBuffer,
    /// `lvs_netlink_cmd_rcv_bufs`.
    pub lvs_command: SocketBuffer,
    /// `lvs_netlink_monitor_rcv_bufs`.
    pub lvs_monitor: SocketBuffer,
    /// `process_monitor_rcv_bufs`.
    pub process_monitor: SocketBuffer,
}
