//! `keepalived.json` (`spec/runtime.md` section 12). Version 1 is a bare list of instances; version 2 has names, and more
//! members than other programs know: the causes of the last transitions, the trackers, the groups.

use super::snapshot::{InstanceView, ScriptView, Snapshot};
use super::trackers::{Timers, match_name};
use super::{address, route, rule};
use crate::dump::{self, Moment, Significant, quoted};
use model::{Authentication, Command, ScriptKind, Sense, TrackFile, TrackProcess, Weight};
use serde::Serialize;
use vrrp::{Stats, Transition};

/// The text, one line.
pub(super) fn render(snapshot: &Snapshot) -> String {
    let instances = snapshot.instances.iter();
    if snapshot.globals.files.dump.json_version < 2 {
        let instances: Vec<_> = instances
            .map(|instance| Entry::of(instance, snapshot, None))
            .collect();
        return dump::json::render(&instances);
    }
    let processes = snapshot.configuration.track_processes.iter();
    let files = snapshot.configuration.track_files.iter();
    dump::json::render(&Version2 {
        vrrp: instances
            .map(|instance| Entry::of(instance, snapshot, Some(transitions(instance))))
            .collect(),
        track_process: processes
            .zip(&snapshot.processes)
            .map(|(process, (count, quorum))| TrackedProcess::of(process, *count, *quorum))
            .collect(),
        track_script: snapshot.scripts.iter().map(TrackedScript::of).collect(),
        track_file: files
            .zip(&snapshot.files)
            .map(|(file, value)| TrackedFile::of(file, *value))
            .collect(),
        sync_group: snapshot
            .groups
            .iter()
            .map(|group| Group {
                name: &group.config.name,
                state: group.state.number(),
                members: &group.config.members,
            })
            .collect(),
    })
}

#[derive(Serialize)]
struct Version2<'a> {
    vrrp: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<TrackedProcess<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<TrackedScript<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_file: Vec<TrackedFile<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sync_group: Vec<Group<'a>>,
}

/// An instance. The order of the members is that of the original.
#[derive(Serialize)]
struct Entry<'a> {
    data: Fields<'a>,
    stats: Counters,
    #[serde(skip_serializing_if = "Option::is_none")]
    transitions: Option<Vec<Change>>,
}

#[derive(Serialize)]
struct Fields<'a> {
    iname: &'a str,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ifp_ifname: Option<&'a str>,
    master_priority: u8,
    last_transition: Moment,
    garp_delay: Significant,
    garp_refresh: u64,
    garp_rep: u32,
    garp_refresh_rep: u32,
    garp_lower_prio_delay: u64,
    garp_lower_prio_rep: u32,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Significant,
    master_adver_int: Significant,
    accept: u8,
    nopreempt: bool,
    preempt_delay: u64,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_deleted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master_rx_lower_pri: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vroutes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vrules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<&'a str>,
    auth_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_data: Option<String>,
}

impl<'a> Entry<'a> {
    fn of(instance: &'a InstanceView, snapshot: &Snapshot, transitions: Option<Vec<Change>>) -> Self {
        Self {
            data: Fields::of(instance, snapshot),
            stats: Counters::of(&instance.stats),
            transitions,
        }
    }
}

impl<'a> Fields<'a> {
    fn of(instance: &'a InstanceView, snapshot: &Snapshot) -> Self {
        let config = &instance.config;
        let (garp, settings) = (&config.garp, &config.notifications);
        let script = |script: &Option<Command>| script.as_ref().map(quoted);
        let (auth_type, auth_data) = match &config.authentication {
            Authentication::None | Authentication::Hmac(_) => (0, None),
            // A secret shows as eight asterisks.
            Authentication::Password(secret) => (1, Some(secret.to_string())),
            Authentication::Ah(secret) => (2, Some(secret.to_string())),
        };
        let virtual_link = instance.virtual_link();
        Self {
            iname: &config.name,
            dont_track_primary: config.dont_track_primary.into(),
            skip_check_adv_addr: config.skip_check_adv_addr.into(),
            strict_mode: config.strict_mode.into(),
            vmac_ifname: virtual_link.map_or("", |(_, name)| name.as_str()),
            ifp_ifname: instance.interface.as_ref().map(model::IfName::as_str),
            master_priority: instance.last_master_priority,
            last_transition: Moment(instance.entered.map(|entered| entered.wall).unwrap_or_default()),
            garp_delay: Significant(garp.master_delay),
            garp_refresh: garp.master_refresh.as_secs(),
            garp_rep: garp.master_repeat,
            garp_refresh_rep: garp.master_refresh_repeat,
            garp_lower_prio_delay: garp.lower_prio_delay.as_secs(),
            garp_lower_prio_rep: garp.lower_prio_repeat,
            lower_prio_no_advert: config.lower_prio_no_advert.into(),
            higher_prio_send_advert: config.higher_prio_send_advert.into(),
            vrid: config.vrid.value(),
            base_priority: config.priority.value(),
            effective_priority: instance.effective_priority,
            vipset: instance.has_addresses,
            promote_secondaries: config.promote_secondaries,
            adver_int: Significant(config.advert_int),
            master_adver_int: Significant(instance.master_advert_int),
            accept: config.accept.into(),
            nopreempt: config.nopreempt,
            preempt_delay: config.preempt_delay.as_secs(),
            state: instance.state.number(),
            wantstate: instance.wanted.number(),
            version: config.version.number(),
            smtp_alert: settings.smtp_alert,
            notify_deleted: settings.report_deleted,
            script_backup: script(&settings.backup),
            script_master: script(&settings.master),
            script_fault: script(&settings.fault),
            script_stop: script(&settings.stop),
            script_deleted: script(&settings.deleted),
            script: script(&settings.any),
            script_master_rx_lower_pri: script(&settings.master_rx_lower_pri),
            vips: address::virtual_addresses(instance),
            evips: address::excluded_addresses(instance),
            vroutes: config.routes.iter().map(route::describe).collect(),
            vrules: config.rules.iter().map(rule::describe).collect(),
            track_ifp: config
                .tracking
                .interfaces
                .iter()
                .map(|entry| entry.target.as_str())
                .collect(),
            track_script: config
                .tracking
                .scripts
                .iter()
                .filter_map(|entry| {
                    snapshot
                        .scripts
                        .iter()
                        .find(|script| script.config.name == entry.target)
                })
                .map(|script| command(&script.config.kind))
                .collect(),
            track_process: config
                .tracking
                .processes
                .iter()
                .map(|entry| entry.target.as_str())
                .collect(),
            auth_type,
            auth_data,
        }
    }
}

fn command(kind: &ScriptKind) -> String {
    match kind {
        ScriptKind::Command(command) => quoted(command),
        ScriptKind::OpenTest(path) => format!("<{path}"),
    }
}

#[derive(Serialize)]
struct Counters {
    advert_rcvd: u64,
    advert_sent: u64,
    become_master: u64,
    release_master: u64,
    packet_len_err: u64,
    advert_interval_err: u64,
    ip_ttl_err: u64,
    invalid_type_rcvd: u64,
    addr_list_err: u64,
    invalid_authtype: u64,
    authtype_mismatch: u64,
    auth_failure: u64,
    auth_ext_missing: u64,
    auth_ext_malformed: u64,
    auth_ext_unknown_key: u64,
    auth_ext_invalid_hmac: u64,
    auth_ext_stale: u64,
    auth_ext_replay: u64,
    pri_zero_rcvd: u64,
    pri_zero_sent: u64,
}

impl Counters {
    const fn of(stats: &Stats) -> Self {
        Self {
            advert_rcvd: stats.advert_rcvd,
            advert_sent: stats.advert_sent,
            become_master: stats.become_master,
            release_master: stats.release_master,
            packet_len_err: stats.packet_len_err,
            advert_interval_err: stats.advert_interval_err,
            ip_ttl_err: stats.ip_ttl_err,
            invalid_type_rcvd: stats.invalid_type_rcvd,
            addr_list_err: stats.addr_list_err,
            invalid_authtype: stats.invalid_authtype,
            authtype_mismatch: stats.authtype_mismatch,
            auth_failure: stats.auth_failure,
            auth_ext_missing: stats.auth_ext_missing,
            auth_ext_malformed: stats.auth_ext_malformed,
            auth_ext_unknown_key: stats.auth_ext_unknown_key,
            auth_ext_invalid_hmac: stats.auth_ext_invalid_hmac,
            auth_ext_stale: stats.auth_ext_stale,
            auth_ext_replay: stats.auth_ext_replay,
            pri_zero_rcvd: stats.pri_zero_rcvd,
            pri_zero_sent: stats.pri_zero_sent,
        }
    }
}

/// One of the last transitions, with its cause in words.
#[derive(Serialize)]
struct Change {
    time: Moment,
    from: u8,
    to: u8,
    cause: String,
}

fn transitions(instance: &InstanceView) -> Vec<Change> {
    let change = |transition: &Transition| Change {
        time: Moment(transition.at.wall),
        from: transition.from.number(),
        to: transition.to.number(),
        cause: transition.cause.to_string(),
    };
    instance.history.iter().map(change).collect()
}

#[derive(Serialize)]
struct TrackedProcess<'a> {
    process: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    param_match: &'static str,
    min_processes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_processes: Option<u32>,
    current_processes: u32,
    have_quorum: bool,
    weight: i32,
    terminate_delay: Significant,
    fork_delay: Significant,
    fork_delay_timer_running: bool,
    terminate_delay_timer_running: bool,
    full_command: bool,
}

impl<'a> TrackedProcess<'a> {
    fn of(process: &'a TrackProcess, count: u32, quorum: bool) -> Self {
        let timers = Timers::of(process, count, quorum);
        Self {
            process: &process.command,
            parameters: (!process.parameters.is_empty()).then(|| process.parameters.join(" ")),
            param_match: match_name(process.parameter_match),
            min_processes: process.quorum,
            max_processes: process.quorum_max,
            current_processes: count,
            have_quorum: quorum,
            weight: signed(process.weight, process.sense),
            terminate_delay: Significant(process.terminate_delay),
            fork_delay: Significant(process.fork_delay),
            fork_delay_timer_running: timers.fork,
            terminate_delay_timer_running: timers.terminate,
            full_command: process.full_command,
        }
    }
}

/// A weight, negative when its sense is turned round.
fn signed(weight: Weight, sense: Sense) -> i32 {
    let weight = i32::from(weight.0);
    match sense {
        Sense::Normal => weight,
        Sense::Reverse => -weight,
    }
}

#[derive(Serialize)]
struct TrackedScript<'a> {
    name: &'a str,
    command: String,
    result: u32,
    status: &'static str,
    state: &'static str,
    weight: i32,
}

impl<'a> TrackedScript<'a> {
    fn of(script: &'a ScriptView) -> Self {
        let config = &script.config;
        Self {
            name: &config.name,
            command: command(&config.kind),
            result: script.result,
            status: if script.is_good { "GOOD" } else { "BAD" },
            state: script.run_state,
            weight: signed(config.weight, config.sense),
        }
    }
}

#[derive(Serialize)]
struct TrackedFile<'a> {
    name: &'a str,
    file: &'a str,
    status: i32,
    weight: i32,
}

impl<'a> TrackedFile<'a> {
    fn of(file: &'a TrackFile, value: i32) -> Self {
        Self {
            name: &file.name,
            file: &file.file,
            status: value,
            weight: signed(file.weight, file.sense),
        }
    }
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    state: u8,
    members: &'a [String],
}
