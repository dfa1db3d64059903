//! The section that every process shows: the globals.

use super::{Significant, Text, put, quoted_with_user, user};
use crate::handover::Kind;
use crate::scheduling;
use crate::settings::Settings;
use model::{
    Command, Credentials, Firewall, Globals, LvsFlushOnStop, Micros, ProcessSettings, RxBufferPolicy,
    SocketBuffer,
};

/// Who shows the globals, and what only it knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewer {
    /// The kind of the process; nothing is the parent.
    pub(crate) kind: Option<Kind>,
    /// Its real-time priority at the moment, with the limit that belongs to it.
    pub(crate) real_time: Option<(u8, Micros)>,
}

/// Adds the section.
pub(crate) fn globals(text: &mut Text, globals: &Globals, settings: &Settings, viewer: Viewer) {
    text.section("Global definitions");
    identity(text, globals, settings);
    mail(text, globals);
    files(text, globals);
    if viewer.kind.is_none() {
        own_scripts(text, globals);
    }
    load_balancer(text, globals);
    notification(text, globals);
    vrrp(text, globals);
    firewall(text, &globals.firewall);
    checks(text, globals);
    scheduling(text, globals);
    management(text, globals);
    scripts(text, globals);
    buffers(text, globals);
    rest(text, globals, settings);
    if let Some((priority, limit)) = viewer.real_time {
        put!(text, " current realtime priority = {priority}");
        put!(text, " current realtime time limit = {}", limit.0);
    }
}

fn identity(text: &mut Text, globals: &Globals, settings: &Settings) {
    let identity = &globals.identity;
    if let Some(directory) = &globals.files.config_save_dir {
        put!(text, " Config save dir = {directory}");
    }
    let namespace = settings.log.namespace.as_deref().unwrap_or("(default)");
    put!(text, " Network namespace = {namespace}");
    let ipvs = match identity.net_namespace_ipvs.as_deref() {
        None => "(main namespace)",
        Some("") => "(default)",
        Some(name) => name,
    };
    put!(text, " Network namespace ipvs = {ipvs}");
    for (what, name) in [
        ("Instance", &identity.instance),
        ("Parent process", &identity.process_name),
        ("VRRP process", &globals.vrrp_process.name),
        ("LVS process", &globals.checker_process.name),
        ("BFD process", &globals.bfd_process.name),
    ] {
        if let Some(name) = name {
            put!(text, " {what} name = {name}");
        }
    }
    let replace = if globals.use_symlink_paths {
        "Don't replace"
    } else {
        "Replace"
    };
    put!(text, " {replace} symlinks in script paths");
    let set = if globals.set_supplementary_groups {
        "Set"
    } else {
        "Don't set"
    };
    put!(text, " {set} supplementary groups for all scripts");
    put!(text, " Router ID = {}", identity.router_id);
}

fn mail(text: &mut Text, globals: &Globals) {
    let mail = &globals.mail;
    if let Some(server) = mail.server {
        put!(text, " Smtp server = {}", server.ip());
        put!(text, " Smtp server port = {}", server.port());
    }
    if mail.server.is_some() || mail.alert_file.is_some() {
        if let Some(name) = &mail.helo_name {
            put!(text, " Smtp HELO name = {name}");
        }
        let timeout = mail.connect_timeout.unwrap_or(Micros::from_secs(30));
        put!(text, " Smtp server connection timeout = {}", timeout.as_secs());
        if let Some(from) = &mail.from {
            put!(text, " Email notification from = {from}");
        }
        if !mail.to.is_empty() {
            put!(text, " Email notification to:");
        }
        for to in &mail.to {
            put!(text, "   {to}");
        }
    }
    for (name, alert) in [
        ("smtp_alert", mail.alert),
        ("smtp_alert_vrrp", mail.alert_vrrp),
        ("smtp_alert_checker", mail.alert_checker),
    ] {
        let value = alert.map_or("unset", |alert| if alert { "on" } else { "off" });
        put!(text, " Default {name} = {value}");
    }
    put!(
        text,
        " Checkers log all failures = {}",
        mail.checker_log_all_failures
    );
}

fn files(text: &mut Text, globals: &Globals) {
    let files = &globals.files;
    match &files.reload_check_config {
        None => put!(text, " No test config before reload"),
        Some(file) => put!(text, " Test config before reload, log to {file}"),
    }
    if let Some(file) = &files.reload_time_file {
        let repeat = if files.reload_repeat { " (repeat)" } else { "" };
        put!(text, " Reload time file = {file}{repeat}");
    }
    if let Some(file) = files.reload_file.as_deref() {
        let file = if file.is_empty() { "(default)" } else { file };
        put!(text, " Reload_file = {file}");
    }
    if let Some(directory) = &files.tmp_config_directory {
        put!(text, " config save directory = {directory}");
    }
    if files.dump.use_instance {
        put!(text, " Use instance name in data dumps");
    }
}

fn own_scripts(text: &mut Text, globals: &Globals) {
    let default = Micros::from_secs(10);
    for (what, script, timeout) in [
        ("Startup", &globals.startup_script, globals.startup_script_timeout),
        (
            "Shutdown",
            &globals.shutdown_script,
            globals.shutdown_script_timeout,
        ),
    ] {
        if let Some(script) = script {
            let timeout = timeout.unwrap_or(default).as_secs();
            put!(
                text,
                " {what} script = {} timeout {timeout}",
                quoted_with_user(script)
            );
        }
    }
}

fn load_balancer(text: &mut Text, globals: &Globals) {
    put!(text, " Dynamic interfaces = {}", globals.vrrp.dynamic_interfaces);
    if globals.vrrp.dynamic_interfaces {
        put!(
            text,
            " Allow interface changes = {}",
            globals.vrrp.allow_if_changes
        );
    }
    if globals.mail.no_faults {
        put!(text, " Send emails for fault transitions = off");
    }
    let timeouts = &globals.lvs.timeouts;
    for (what, timeout) in [
        ("TCP", timeouts.tcp),
        ("TCP FIN", timeouts.tcp_fin),
        ("UDP", timeouts.udp),
    ] {
        if let Some(timeout) = timeout {
            put!(text, " LVS {what} timeout = {timeout}");
        }
    }
    if let Some(interface) = &globals.vrrp.default_interface {
        put!(text, " Default interface = {interface}");
    }
    put!(
        text,
        " Disable local IGMP = {}",
        yes(globals.vrrp.disable_local_igmp)
    );
    let v2 = yes(globals.vrrp.v3_checksum_as_v2);
    put!(text, " Use VRRPv2 checksum for VRRPv3 IPv4 = {v2}");
    put!(text, " LVS flush = {}", globals.lvs.flush);
    let flush = match globals.lvs.flush_on_stop {
        LvsFlushOnStop::No => "disabled",
        LvsFlushOnStop::All => "full",
        LvsFlushOnStop::VirtualServers => "VS",
    };
    put!(text, " LVS flush on stop = {flush}");
    if let Some(daemon) = &globals.lvs.sync_daemon {
        put!(text, " LVS syncd interface = {}", daemon.interface);
        if let Some(instance) = &daemon.instance {
            put!(text, " LVS syncd vrrp instance = {instance}");
        }
        if let Some(id) = daemon.sync_id {
            put!(text, " LVS syncid = {id}");
        }
    }
}

fn notification(text: &mut Text, globals: &Globals) {
    type Fifo<'a> = &'a Option<(String, Option<Credentials>)>;
    let fifos = &globals.fifos;
    let fifo = |text: &mut Text, what: &str, fifo: Fifo<'_>, script: &Option<Command>| {
        let Some((path, owner)) = fifo else { return };
        put!(
            text,
            " {what} notify fifo = {path}, uid:gid {}",
            user(owner.as_ref())
        );
        if let Some(script) = script {
            put!(text, " {what} notify fifo script = {}", quoted_with_user(script));
        }
    };
    fifo(text, "Global", &fifos.all, &fifos.all_script);
    fifo(text, "VRRP", &fifos.vrrp, &fifos.vrrp_script);
    fifo(text, "LVS", &fifos.lvs, &fifos.lvs_script);
    put!(
        text,
        " FIFO write vrrp states on reload = {}",
        fifos.vrrp_states_on_reload
    );
    let changes = globals.vrrp.notify_priority_changes;
    put!(text, " VRRP notify priority changes = {changes}");
}

fn vrrp(text: &mut Text, globals: &Globals) {
    let vrrp = &globals.vrrp;
    put!(text, " VRRP IPv4 mcast group = {}", vrrp.mcast_group4);
    put!(text, " VRRP IPv6 mcast group = {}", vrrp.mcast_group6);
    let garp = &vrrp.garp;
    put!(text, " Gratuitous ARP delay = {}", garp.master_delay.as_secs());
    put!(text, " Gratuitous ARP repeat = {}", garp.master_repeat);
    put!(
        text,
        " Gratuitous ARP refresh timer = {}",
        garp.master_refresh.as_secs()
    );
    put!(
        text,
        " Gratuitous ARP refresh repeat = {}",
        garp.master_refresh_repeat
    );
    let delay = garp.lower_prio_delay.as_secs();
    put!(text, " Gratuitous ARP lower priority delay = {delay}");
    put!(
        text,
        " Gratuitous ARP lower priority repeat = {}",
        garp.lower_prio_repeat
    );
    put!(text, " Num adverts before down = {}", vrrp.down_timer_adverts);
    let which = if vrrp.garp_extra_if.all { "i/f" } else { "VMAC" };
    let interval = vrrp.garp_extra_if.interval.as_secs();
    put!(text, " Gratuitous ARP for each secondary {which} = {interval}s");
    let lower = !vrrp.lower_prio_no_advert;
    put!(text, " Send advert after receive lower priority advert = {lower}");
    let higher = vrrp.higher_prio_send_advert;
    put!(
        text,
        " Send advert after receive higher priority advert = {higher}"
    );
    put!(
        text,
        " Gratuitous ARP interval = {}",
        Decimals(vrrp.garp_interval)
    );
    put!(text, " Gratuitous NA interval = {}", Decimals(vrrp.gna_interval));
    put!(text, " VRRP default protocol version = {}", vrrp.version);
}

fn firewall(text: &mut Text, firewall: &Firewall) {
    if let Some(table) = &firewall.table {
        put!(text, " nftables table name = {table}");
        put!(
            text,
            " nftables base chain priority = {}",
            firewall.priority.unwrap_or(-1)
        );
        let force = if firewall.ifindex { "force" } else { "don't force" };
        put!(text, " nftables {force} use ifindex for link local IPv6");
    }
    if let Some(table) = &firewall.ipvs_table {
        put!(text, " ipvs nftables table name = {table}");
        let priority = firewall.ipvs_priority.unwrap_or(-1);
        put!(text, " ipvs nftables base chain priority = {priority}");
        let start = firewall.ipvs_start_fwmark.unwrap_or(1_000);
        put!(text, " ipvs nftables start fwmark = {start}");
    }
    let with = if firewall.counters { "with" } else { "without" };
    put!(text, " nftables {with} counters");
}

fn checks(text: &mut Text, globals: &Globals) {
    let vrrp = &globals.vrrp;
    put!(text, " VRRP check unicast_src = {}", vrrp.check_unicast_src);
    put!(
        text,
        " VRRP skip check advert addresses = {}",
        vrrp.skip_check_adv_addr
    );
    put!(text, " VRRP strict mode = {}", vrrp.strict);
}

fn scheduling(text: &mut Text, globals: &Globals) {
    put!(
        text,
        " Max auto priority = {}",
        globals.max_auto_priority.unwrap_or(0)
    );
    let delay = globals
        .min_auto_priority_delay
        .unwrap_or(scheduling::MIN_AUTO_PRIORITY_DELAY);
    put!(text, " Min auto priority delay = {} usecs", delay.0);
    for (who, process) in [
        ("VRRP", &globals.vrrp_process),
        ("Checker", &globals.checker_process),
        ("BFD", &globals.bfd_process),
    ] {
        schedule_of(text, who, process);
    }
}

fn schedule_of(text: &mut Text, who: &str, process: &ProcessSettings) {
    put!(text, " {who} process priority = {}", process.nice.unwrap_or(0));
    put!(text, " {who} don't swap = {}", process.no_swap);
    put!(
        text,
        " {who} realtime priority = {}",
        process.rt_priority.unwrap_or(0)
    );
    if !process.cpu_affinity.is_empty() {
        let processors: Vec<_> = process.cpu_affinity.iter().map(ToString::to_string).collect();
        put!(text, " {who} CPU Affinity = {}", processors.join(" "));
    }
    let limit = process.rlimit_rttime.unwrap_or(scheduling::RLIMIT_RTTIME);
    put!(text, " {who} realtime limit = {}", limit.0);
}

fn management(text: &mut Text, globals: &Globals) {
    let snmp = &globals.snmp;
    for (what, enabled) in [
        ("vrrp", snmp.vrrp),
        ("checker", snmp.checker),
        ("RFCv2", snmp.rfc_v2),
        ("RFCv3", snmp.rfc_v3),
        ("traps", snmp.traps),
    ] {
        put!(
            text,
            " SNMP {what} {}",
            if enabled { "enabled" } else { "disabled" }
        );
    }
    let socket = snmp
        .socket
        .as_deref()
        .unwrap_or("default (unix:/var/agentx/master)");
    put!(text, " SNMP socket = {socket}");
    put!(
        text,
        " DBus {}",
        if globals.dbus { "enabled" } else { "disabled" }
    );
    let name = globals.dbus_service_name.as_deref().unwrap_or("");
    put!(text, " DBus service name = {name}");
    let none = globals.dbus_no_interface_name.as_deref().unwrap_or("none");
    put!(text, " DBus no interface name = {none}");
}

fn scripts(text: &mut Text, globals: &Globals) {
    let security = if globals.script_security {
        "enabled"
    } else {
        "disabled"
    };
    put!(text, " Script security {security}");
    put!(
        text,
        " Default script uid:gid {}",
        user(globals.script_user.as_ref())
    );
}

fn buffers(text: &mut Text, globals: &Globals) {
    let buffers = &globals.netlink_buffers;
    let pairs: [(&str, SocketBuffer); 5] = [
        ("vrrp_netlink_cmd", buffers.vrrp_command),
        ("vrrp_netlink_monitor", buffers.vrrp_monitor),
        ("process_monitor", buffers.process_monitor),
        ("lvs_netlink_cmd", buffers.lvs_command),
        ("lvs_netlink_monitor", buffers.lvs_monitor),
    ];
    for (name, buffer) in pairs {
        put!(text, " {name}_rcv_bufs = {}", buffer.bytes);
        put!(text, " {name}_rcv_bufs_force = {}", u8::from(buffer.force));
    }
    put!(
        text,
        " rs_init_notifies = {}",
        u8::from(globals.lvs.rs_init_notifies)
    );
    put!(text, " no_checker_emails = {}", u8::from(globals.mail.no_checker));
    match globals.vrrp.rx_buffer_policy {
        None => {}
        Some(RxBufferPolicy::Mtu) => put!(text, " rx_bufs_policy = MTU"),
        Some(RxBufferPolicy::Advert) => put!(text, " rx_bufs_policy = ADVERT"),
        Some(RxBufferPolicy::Bytes(bytes)) => put!(text, " rx_bufs_size = {bytes}"),
    }
    put!(text, " rx_bufs_multiples = {}", globals.vrrp.rx_buffer_multiplier);
}

fn rest(text: &mut Text, globals: &Globals, settings: &Settings) {
    put!(text, " umask = 0{:o}", settings.umask_with(&globals.files).bits());
    let vrrp = &globals.vrrp;
    if vrrp.log_unknown_vrids {
        put!(text, " log_unknown_vrids");
    }
    if let Some(prefix) = &vrrp.vmac_prefix {
        put!(text, " VMAC prefix = {prefix}");
    }
    if let Some(prefix) = &vrrp.vmac_addr_prefix {
        put!(text, " VMAC address prefix = {prefix}");
    }
    for (name, delay) in [
        ("vrrp_startup_delay", vrrp.startup_delay),
        ("vrrp_delay_after_boot", vrrp.delay_after_boot),
    ] {
        if !delay.is_zero() {
            put!(text, " {name} = {}", Significant(delay));
        }
    }
    put!(text, " json_version {}", globals.files.dump.json_version.max(1));
}

const fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Seconds with all six decimals.
struct Decimals(Micros);

impl std::fmt::Display for Decimals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0.as_secs(), self.0.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{MailAccount, Secret};

    fn shown(configured: &Globals, viewer: Viewer) -> String {
        let mut text = Text::default();
        globals(&mut text, configured, &Settings::default(), viewer);
        text.as_str().to_owned()
    }

    const PARENT: Viewer = Viewer {
        kind: None,
        real_time: None,
    };

    #[test]
    fn the_section_is_the_one_that_people_know() {
        let configured = Globals {
            script_user: Some(Credentials::default()),
            ..Globals::default()
        };
        insta::assert_snapshot!(shown(&configured, PARENT));
    }

    #[test]
    fn scripts_of_the_parent_are_shown_by_the_parent_alone() {
        let configured = Globals {
            startup_script: Some(Command {
                argv: vec!["/bin/a".into(), "b c".into()],
                path: None,
                credentials: Some(Credentials::default()),
            }),
            ..Globals::default()
        };
        let line = " Startup script = '/bin/a' 'b c', uid:gid 0:0 timeout 10\n";
        assert!(shown(&configured, PARENT).contains(line));
        let child = Viewer {
            kind: Some(Kind::Vrrp),
            real_time: Some((7, Micros(500))),
        };
        let text = shown(&configured, child);
        assert!(!text.contains("Startup script"));
        assert!(text.ends_with(" current realtime priority = 7\n current realtime time limit = 500\n"));
    }

    #[test]
    fn passwords_are_not_shown() {
        let mut configured = Globals::default();
        configured.mail.account = Some(MailAccount {
            user: "postman".into(),
            password: Secret::new(b"hunter2".to_vec()),
        });
        assert!(!shown(&configured, PARENT).contains("hunter2"));
    }
}
