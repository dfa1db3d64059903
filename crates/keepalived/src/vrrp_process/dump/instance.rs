//! The section of the instances.

use super::snapshot::{InstanceView, Snapshot};
use super::{address, route, rule};
use crate::dump::{DatedMoment, Moment, Significant, Text, put, quoted_with_user};
use model::{
    AntiReplay, AuthHmac, AuthHmacMode, Authentication, Family, Notifications, Sense, TrackEntry, Tracking,
    Transport, UnicastChecksum, Version, VirtualLink,
};
use std::fmt::Display;
use vrrp::{FaultReason, State};

/// Adds the section.
pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    if !snapshot.instances.is_empty() {
        text.section("VRRP Topology");
    }
    for instance in &snapshot.instances {
        put!(text, " VRRP Instance = {}", instance.config.name);
        state(text, instance);
        health(text, instance);
        times(text, instance, snapshot);
        place(text, instance, snapshot);
        announcements(text, instance);
        election(text, instance, snapshot);
        authentication(text, &instance.config.authentication, instance.config.version);
        checksum(text, instance);
        addresses(text, instance);
        peers(text, instance);
        let (fd_in, fd_out) = instance.descriptors;
        put!(text, "   fd_in {fd_in}, fd_out {fd_out}");
        objects(text, instance);
        tracking(text, &instance.config.tracking);
        notifications(text, &instance.config.notifications);
    }
}

fn state(text: &mut Text, instance: &InstanceView) {
    let config = &instance.config;
    put!(text, "   VRRP Version = {}", config.version);
    if config.family == Family::Ipv6 {
        put!(text, "   Using Native IPv6");
    }
    if let Some(group) = &instance.group {
        put!(text, "   Sync group = {group}");
    }
    put!(text, "   State = {}", instance.state);
    if instance.state == State::Backup
        && let Some(master) = instance.master
    {
        put!(text, "   Master router = {}", master.address);
        put!(text, "   Master priority = {}", master.priority);
        if config.version == Version::V3 {
            let hundredths = instance.master_advert_int.0 / 10_000;
            put!(
                text,
                "   Master advert int = {}.{:02} sec",
                hundredths / 100,
                hundredths % 100
            );
        }
    }
    if config.transport.is_unicast() {
        put!(text, "   Flags:");
        put!(text, "     Using unicast");
    } else {
        put!(text, "   Flags: none");
    }
    put!(text, "   Wantstate = {}", instance.wanted);
}

fn health(text: &mut Text, instance: &InstanceView) {
    let is_config = |reason: &&FaultReason| matches!(reason, FaultReason::Config(_));
    let is_interface = |reason: &&FaultReason| {
        matches!(
            reason,
            FaultReason::InterfaceDown(_)
                | FaultReason::InterfaceAbsent(_)
                | FaultReason::NoAddress { .. }
                | FaultReason::SourceAddressAbsent(_)
        )
    };
    let faults = &instance.faults;
    let config = faults.iter().filter(is_config).count();
    put!(text, "   Number of config faults = {config}");
    put!(text, "   Number of tracker faults = {}", faults.len() - config);
    let of_interfaces: Vec<_> = faults
        .iter()
        .filter(is_interface)
        .map(ToString::to_string)
        .collect();
    let flags = if of_interfaces.is_empty() {
        "(none)".to_owned()
    } else {
        of_interfaces.join(", ")
    };
    put!(text, "   Flags of interface faults - {flags}");
    let waiting = if instance.waits_for_scripts {
        instance.config.tracking.scripts.len().max(1)
    } else {
        0
    };
    put!(text, "   Number of track scripts init = {waiting}");
}

fn times(text: &mut Text, instance: &InstanceView, snapshot: &Snapshot) {
    let entered = instance.entered.map(|entered| entered.wall).unwrap_or_default();
    put!(text, "   Last transition = {}", DatedMoment(entered));
    match instance.deadline {
        Some(deadline) => {
            let deadline = DatedMoment(snapshot.now.wall_of(deadline));
            put!(text, "   Read timeout = {deadline}");
        }
        None => put!(text, "   Read timeout = DISABLED"),
    }
    put!(text, "   Master down timer = {} usecs", instance.master_down.0);
}

fn place(text: &mut Text, instance: &InstanceView, snapshot: &Snapshot) {
    let config = &instance.config;
    let base = config.interface.as_ref().map_or("(none)", |name| name.as_str());
    match instance.virtual_link() {
        None => put!(text, "   Interface = {base}"),
        Some((link, name)) => {
            let up = snapshot
                .interfaces
                .by_name(name.as_str())
                .is_some_and(model::interface::Interface::is_up);
            match link {
                VirtualLink::Vmac { xmit_base, .. } => {
                    put!(
                        text,
                        "   Use VMAC, i/f name {name}, is_up = {up}, xmit_base = {xmit_base}"
                    );
                    put!(text, "   Interface = {name}, vmac on {base}");
                }
                VirtualLink::Ipvlan { mode, .. } => {
                    let mode = ["bridge", "private", "vepa"]
                        .get(usize::from(*mode))
                        .unwrap_or(&"unknown");
                    put!(text, "   Use IPVLAN, i/f {name}, is_up = {up}, type {mode}");
                    put!(text, "   Interface = {name}, ipvlan on {base}");
                }
            }
        }
    }
    for (is_set, line) in [
        (config.dont_track_primary, "VRRP interface tracking disabled"),
        (config.linkbeat_use_polling, "Interface linkbeat polling"),
        (config.skip_check_adv_addr, "Skip checking advert IP addresses"),
        (config.strict_mode, "Enforcing strict VRRP compliance"),
    ] {
        if is_set {
            put!(text, "   {line}");
        }
    }
    let configured = if config.source.is_some() {
        " (from configuration)"
    } else {
        ""
    };
    match instance.source.or(config.source) {
        Some(source) => put!(text, "   Using src_ip = {source}{configured}"),
        None => put!(text, "   Using src_ip = (none)"),
    }
    if let Transport::Multicast { group } = config.transport {
        match (config.family, &instance.interface) {
            (Family::Ipv6, Some(name)) => {
                let interface = snapshot.interfaces.by_name(name.as_str());
                let index = interface.map_or(0, |interface| interface.index.value());
                put!(text, "   Multicast address {group}, ifindex {index}");
            }
            _ => put!(text, "   Multicast address {group}"),
        }
    }
}

fn announcements(text: &mut Text, instance: &InstanceView) {
    let config = &instance.config;
    let garp = &config.garp;
    for (what, number) in [
        ("delay", garp.master_delay.as_secs()),
        ("repeat", garp.master_repeat.into()),
        ("refresh", garp.master_refresh.as_secs()),
        ("refresh repeat", garp.master_refresh_repeat.into()),
        ("lower priority delay", garp.lower_prio_delay.as_secs()),
        ("lower priority repeat", garp.lower_prio_repeat.into()),
    ] {
        put!(text, "   Gratuitous ARP {what} = {number}");
    }
    put!(text, "   Down timer adverts = {}", config.down_timer_adverts);
    let extra = config.garp_extra_if;
    if !extra.interval.is_zero() {
        let which = if extra.all { "i/f" } else { "VMAC" };
        let interval = extra.interval.as_secs();
        put!(text, "   Gratuitous ARP for each secondary {which} = {interval}");
    }
    let lower = !config.lower_prio_no_advert;
    put!(
        text,
        "   Send advert after receive lower priority advert = {lower}"
    );
    let higher = config.higher_prio_send_advert;
    put!(
        text,
        "   Send advert after receive higher priority advert = {higher}"
    );
}

fn election(text: &mut Text, instance: &InstanceView, snapshot: &Snapshot) {
    let config = &instance.config;
    put!(text, "   Virtual Router ID = {}", config.vrid.value());
    put!(text, "   Priority = {}", config.priority);
    put!(text, "   Effective priority = {}", instance.effective_priority);
    put!(text, "   Total priority = {}", instance.total_priority);
    match config.version {
        Version::V2 => put!(text, "   Advert interval = {} sec", config.advert_int.as_secs()),
        Version::V3 => {
            put!(
                text,
                "   Advert interval = {} milli-sec",
                config.advert_int.as_millis()
            );
            if instance.state == State::Backup {
                let interval = instance.master_advert_int.as_millis();
                put!(text, "   Master advert interval = {interval} milli-sec");
            }
        }
    }
    if let Some(sent) = instance.sent_at {
        put!(
            text,
            "   Last advert sent = {}",
            Moment(snapshot.now.wall_of(sent))
        );
    }
    let enabled = |value: bool| if value { "enabled" } else { "disabled" };
    put!(text, "   Accept = {}", enabled(config.accept));
    put!(text, "   Preempt = {}", enabled(!config.nopreempt));
    if !config.preempt_delay.is_zero() {
        put!(
            text,
            "   Preempt delay = {} secs",
            Significant(config.preempt_delay)
        );
    }
    if let Some(priority) = config.timer_expired_backup {
        put!(text, "   Timer expired backup = {priority}");
    }
    put!(
        text,
        "   Promote_secondaries = {}",
        enabled(config.promote_secondaries)
    );
    if let Some(size) = config.kernel_rx_buf_size {
        put!(text, "   Kernel rx buffer size = {size}");
    }
}

/// What is secret shows as eight asterisks.
fn authentication(text: &mut Text, authentication: &Authentication, version: Version) {
    let kind = match authentication {
        Authentication::None | Authentication::Hmac(_) => "none",
        Authentication::Password(_) => "SIMPLE_PASSWORD",
        Authentication::Ah(_) => "IPSEC_AH",
    };
    if version == Version::V2 || kind != "none" {
        put!(text, "   Authentication type = {kind}");
    }
    match authentication {
        Authentication::None => {}
        Authentication::Password(password) | Authentication::Ah(password) => {
            put!(text, "   Password = {password}");
        }
        Authentication::Hmac(hmac) => extension(text, hmac),
    }
}

fn extension(text: &mut Text, hmac: &AuthHmac) {
    put!(text, "   Authentication extension = HMAC-SHA256-128");
    put!(
        text,
        "     Keys = {}, active key id = {}",
        hmac.keys.len(),
        hmac.active_key
    );
    let mode = match hmac.mode {
        AuthHmacMode::Enforce => "enforce",
        AuthHmacMode::Permissive => "permissive",
        AuthHmacMode::ReceiveOnly => "receive-only",
    };
    put!(text, "     Mode = {mode}");
    match hmac.anti_replay {
        AntiReplay::Time { window } => {
            put!(text, "     Anti replay = time, window = {} sec", window.as_secs());
        }
        AntiReplay::Monotonic => put!(text, "     Anti replay = monotonic"),
    }
}

fn checksum(text: &mut Text, instance: &InstanceView) {
    let config = &instance.config;
    if config.version == Version::V3 && config.family == Family::Ipv4 {
        let enabled = if config.v3_checksum_as_v2 {
            "enabled"
        } else {
            "disabled"
        };
        put!(text, "   VRRPv3 uses VRRPv2 checksum = {enabled}");
    }
}

fn addresses(text: &mut Text, instance: &InstanceView) {
    let addresses = address::virtual_addresses(instance);
    put!(text, "   Virtual IP ({}):", addresses.len());
    list(text, addresses);
    let excluded = address::excluded_addresses(instance);
    if !excluded.is_empty() {
        put!(text, "   Virtual IP Excluded :");
        list(text, excluded);
    }
}

fn peers(text: &mut Text, instance: &InstanceView) {
    let Transport::Unicast {
        peers,
        check_source,
        ttl,
        checksum,
        ..
    } = &instance.config.transport
    else {
        return;
    };
    let default = (instance.config.family == Family::Ipv4).then_some(255);
    if let Some(ttl) = ttl.or(default) {
        put!(text, "   Unicast TTL = {ttl}");
    }
    put!(
        text,
        "   Check unicast src : {}",
        if *check_source { "yes" } else { "no" }
    );
    put!(text, "   Unicast Peer :");
    for peer in peers {
        let (address, min, max) = (peer.address, peer.min_ttl, peer.max_ttl);
        put!(text, "     {address} min_ttl {min} max_ttl {max}");
    }
    let compatibility = match checksum {
        UnicastChecksum::Never => "never",
        _ if instance.uses_old_checksum => "yes",
        UnicastChecksum::Old | UnicastChecksum::Detect => "no",
    };
    put!(text, "   Unicast checksum compatibility = {compatibility}");
}

fn objects(text: &mut Text, instance: &InstanceView) {
    let config = &instance.config;
    if !config.routes.is_empty() {
        put!(text, "   Virtual Routes :");
        list(text, config.routes.iter().map(route::describe));
    }
    if !config.rules.is_empty() {
        put!(text, "   Virtual Rules :");
        list(text, config.rules.iter().map(rule::describe));
    }
}

fn list(text: &mut Text, lines: impl IntoIterator<Item = impl Display>) {
    for line in lines {
        put!(text, "     {line}");
    }
}

/// What an instance or a group tracks.
pub(super) fn tracking(text: &mut Text, tracking: &Tracking) {
    entries(text, "interfaces", "", &tracking.interfaces);
    entries(text, "scripts", "", &tracking.scripts);
    entries(text, "files", ",", &tracking.files);
    entries(text, "processes", ",", &tracking.processes);
    entries(text, "BFDs", ":", &tracking.bfd);
}

fn entries<T: Display>(text: &mut Text, what: &str, mark: &str, entries: &[TrackEntry<T>]) {
    if !entries.is_empty() {
        put!(text, "   Tracked {what} :");
    }
    for TrackEntry {
        target,
        weight,
        sense,
    } in entries
    {
        put!(text, "     {target}{mark} weight {weight}{}", reverse(*sense));
    }
}

/// What follows a weight.
pub(super) const fn reverse(sense: Sense) -> &'static str {
    match sense {
        Sense::Normal => "",
        Sense::Reverse => " reverse",
    }
}

fn notifications(text: &mut Text, settings: &Notifications) {
    smtp(text, settings);
    let deleted = if settings.report_deleted {
        "Deleted"
    } else {
        "Fault"
    };
    put!(text, "   Notify deleted = {deleted}");
    scripts(text, settings);
    put!(text, "   Notify priority changes = {}", settings.priority_changes);
}

/// Whether mail is sent.
pub(super) fn smtp(text: &mut Text, settings: &Notifications) {
    let smtp = if settings.smtp_alert { "yes" } else { "no" };
    put!(text, "   Using smtp notification = {smtp}");
}

/// The notify scripts of an instance or a group.
pub(super) fn scripts(text: &mut Text, settings: &Notifications) {
    for (what, script) in [
        ("Backup state transition", &settings.backup),
        ("Master state transition", &settings.master),
        ("Fault state transition", &settings.fault),
        ("Stop state transition", &settings.stop),
        ("Deleted state transition", &settings.deleted),
        ("Generic state transition", &settings.any),
        ("Master rx lower priority", &settings.master_rx_lower_pri),
    ] {
        if let Some(script) = script {
            put!(text, "   {what} script = {}", quoted_with_user(script));
        }
    }
}
