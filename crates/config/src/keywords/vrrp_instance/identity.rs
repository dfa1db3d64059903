//! State, identity, timers (`spec/config-vrrp.md` section 1.1).

use super::super::effect::IPVS;
use super::super::{Keyword, U32_MAX, lenient, seconds, strict};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{At, Context, InstanceDraft};
use crate::tree::Statement;
use model::{Family, InitialState, Priority, Version, Vrid};

type Row = Keyword<InstanceDraft>;

pub(super) static KEYWORDS: &[Keyword<InstanceDraft>] = &[
    Row::line("state", "MASTER|BACKUP", state)
        .default("MASTER with priority 255, else BACKUP")
        .means("State at the start; MASTER acts at once only with priority 255"),
    Row::line("interface", "IFNAME", interface)
        .range("15 bytes at most")
        .means("Interface of adverts and addresses"),
    Row::line("vrf", "IFNAME", vrf).means("VRF of a unicast instance without interface"),
    Row::integer("virtual_router_id", "N", strict(1, 255), |i, n| {
        i.vrid = Vrid::try_from(n.number::<u8>())
            .ok()
            .map(|vrid| At::new(vrid, n.span));
    })
    .means("Number of the virtual router, the same on all its routers"),
    Row::integer("priority", "N", strict(1, 255), |i, n| i.priority = priority(n))
        .or(100)
        .default("100; 255 with `state MASTER`")
        .means("Priority in elections; 255 is the owner of the addresses"),
    Row::duration(
        "advert_int",
        "SECS",
        seconds(10_000, 255_000_000),
        |i, interval| {
            i.advert_int = Some(interval);
        },
    )
    .default("1")
    .means("Interval of adverts; whole seconds in version 2, at most 40.95 in version 3"),
    Row::line("version", "2|3", version)
        .default("vrrp_version; 3 for IPv6")
        .means("Version of the protocol"),
    Row::line("native_ipv6", "", |i, line, cx| match i.family {
        Some(family) if family.value == Family::Ipv4 => {
            let message = format!(
                "({}) `native_ipv6`, but the instance is IPv4; the line is ignored",
                i.name.value
            );
            cx.push(
                Diagnostic::error(Code::MIXED_FAMILIES, Class::GeneralError, message)
                    .at(line.span(), "")
                    .and_at(family.span, "this makes the instance IPv4"),
            );
        }
        _ => {
            i.family = Some(At::new(Family::Ipv6, line.span()));
            i.native_ipv6 = true;
            i.version = Some(At::new(Version::V3, line.span()));
        }
    })
    .means("IPv6 and version 3, whatever the addresses say"),
    Row::flag("nopreempt", |i, span| i.nopreempt = Some(span))
        .default("off")
        .means("Do not take over from a master of lower priority"),
    Row::flag("preempt", |i, _| i.nopreempt = None).means("Undo nopreempt"),
    Row::duration("preempt_delay", "SECS", seconds(0, 1_000_000_000), |i, delay| {
        i.preempt_delay = Some(delay);
    })
    .or(0)
    .default("0")
    .means("Wait before taking over from a master of lower priority"),
    Row::integer("down_timer_adverts", "N", lenient(1, 100), |i, n| {
        i.down_timer_adverts = Some(n.narrow());
    })
    .default("vrrp_down_timer_adverts")
    .means("Adverts that are missed before taking over"),
    Row::line("timer_expired_backup", "[N]", timer_expired_backup)
        .range("1 to 254")
        .default("off; 254 without N")
        .means("With nopreempt, become BACKUP after running very late: others may have a priority up to N"),
    Row::line("thread_timer_expired", "[N]", |i, line, cx| {
        cx.deprecated(line, "timer_expired_backup");
        timer_expired_backup(i, line, cx);
    })
    .range("1 to 254")
    .old_for("timer_expired_backup")
    .means("With nopreempt, become BACKUP after running very late"),
    Row::switch("strict_mode", |i, on| i.strict_mode = Some(on))
        .default("vrrp_strict")
        .means("Keep to the letter of the RFC"),
    Row::flag("accept", |i, span| i.accept = Some(At::new(true, span)))
        .default("on; off in strict mode unless priority is 255")
        .means("Accept packets to the addresses"),
    Row::flag("no_accept", |i, span| i.accept = Some(At::new(false, span)))
        .means("Drop packets to the addresses unless this is their owner"),
    Row::switch("owner_ignore_adverts", |i, on| i.owner_ignore_adverts = Some(on))
        .default("vrrp_owner_ignore_adverts; true in strict mode")
        .means("The owner ignores adverts of others"),
    Row::switch("lower_prio_no_advert", |i, on| i.lower_prio_no_advert = Some(on))
        .default("vrrp_lower_prio_no_advert; true in strict mode")
        .means("Do not answer an advert of lower priority with an advert at once"),
    Row::switch("higher_prio_send_advert", |i, on| {
        i.higher_prio_send_advert = Some(on);
    })
    .default("vrrp_higher_prio_send_advert; false in strict mode")
    .means("Send one more advert before yielding to a higher priority"),
    // compat: any switch sets it, even `off`.
    Row::switch("skip_check_adv_addr", |i, _| i.skip_check_adv_addr = Some(true))
        .default("vrrp_skip_check_adv_addr")
        .means("Check the addresses in the first advert of a master only"),
    Row::switch("v3_checksum_as_v2", |i, on| i.v3_checksum_as_v2 = Some(on.value))
        .default("the global v3_checksum_as_v2")
        .means("Leave the pseudo header out of the checksum of version 3 over IPv4"),
    Row::integer("debug", "N", lenient(0, 4), |_, _| {})
        .default("0")
        .means("Without effect, as in the original"),
    Row::line("kernel_rx_buf_size", "BYTES", |i, line, cx| {
        if let Some(word) = cx.only_argument(line, "a number of bytes")
            && let Some(bytes) = cx.integer("kernel_rx_buf_size", word, strict(0, U32_MAX))
        {
            i.kernel_rx_buf_size = Some(bytes.number());
        }
    })
    .own_check()
    .range("0 to 4294967295")
    .default("as vrrp_rx_bufs_policy says")
    .means("Receive buffer of the socket"),
    Row::line("linkbeat_use_polling", "", |i, line, cx| {
        cx.deprecated(line, "linkbeat_interfaces");
        i.linkbeat_use_polling = true;
    })
    .old_for("linkbeat_interfaces")
    .means("Poll the link of the interface"),
    Row::line("lvs_sync_daemon_interface", "IFNAME", |i, line, cx| {
        cx.deprecated(line, "lvs_sync_daemon");
        if let Some(word) = cx.required(line, 0)
            && let Some(name) = cx.interface_name("lvs_sync_daemon_interface", word)
        {
            cx.claim_sync_daemon(name, &i.name.value, line);
        }
    })
    .old_for("lvs_sync_daemon")
    .means("Synchronise connections with other nodes as the state of this instance says")
    .effect(IPVS),
];

fn priority(n: At<i64>) -> Option<At<Priority>> {
    Priority::try_from(n.number::<u8>())
        .ok()
        .map(|priority| At::new(priority, n.span))
}

fn state(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    match word.text() {
        "MASTER" => i.state = Some(At::new(InitialState::Master, word.span())),
        "BACKUP" => match i.state {
            Some(before) if before.value == InitialState::Master => {
                let message = format!(
                    "({}) `state BACKUP` after `state MASTER` is ignored",
                    i.name.value
                );
                cx.push(
                    Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                        .at(word.span(), "")
                        .and_at(before.span, "this counts"),
                );
            }
            _ => i.state = Some(At::new(InitialState::Backup, word.span())),
        },
        other => {
            let message = format!("({}) '{other}' is no state; BACKUP is used", i.name.value);
            cx.push(
                Diagnostic::warning(Code::INVALID_VALUE, Class::GeneralError, message)
                    .at(word.span(), "MASTER or BACKUP")
                    .suggest(other, ["MASTER", "BACKUP"]),
            );
            i.state = Some(At::new(InitialState::Backup, word.span()));
        }
    }
}

fn interface(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(name) = cx.interface("interface", word) else {
        // Absent or malformed: reported, and nothing further needs to be said about a missing interface.
        i.interface_reported = true;
        return;
    };
    let loopback = cx
        .find_interface(name.value.as_str())
        .is_some_and(|interface| interface.loopback);
    if loopback {
        let message = format!(
            "({}) {} is a loopback interface and is not used",
            i.name.value, name.value
        );
        return cx.error(Code::INVALID_VALUE, word.span(), message);
    }
    i.interface = Some(name);
}

fn vrf(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    if let Some(interface) = &i.interface {
        let message = format!(
            "({}) `vrf` is for instances without `interface`; it is ignored",
            i.name.value
        );
        return cx.push(
            Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(interface.span, "the interface"),
        );
    }
    if let Some(name) = cx.interface("vrf", word) {
        cx.once(&mut i.vrf, line, name);
    }
}

fn version(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    let Some(word) = cx.required(line, 0) else { return };
    let Some(number) = cx.integer("version", word, strict(2, 3)) else {
        return;
    };
    let version = if number.value == 2 {
        Version::V2
    } else {
        Version::V3
    };
    if let Some(before) = i.version
        && before.value != version
    {
        let message = format!(
            "({}) version is {} already; version {version} is ignored",
            i.name.value, before.value
        );
        return cx.push(
            Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(before.span, "this counts"),
        );
    }
    if version == Version::V2
        && let Some(family) = i.family
        && family.value == Family::Ipv6
    {
        let message = format!("({}) IPv6 needs version 3; version 2 is ignored", i.name.value);
        return cx.push(
            Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                .at(word.span(), "")
                .and_at(family.span, "this makes the instance IPv6"),
        );
    }
    i.version = Some(At::new(version, word.span()));
}

fn timer_expired_backup(i: &mut InstanceDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    i.timer_expired_backup = match line.argument(0) {
        None => Some(At::new(Priority::MAX_BACKUP, line.span())),
        Some(word) => match cx.integer(line.name().text(), word, strict(1, 254)) {
            Some(n) => priority(n),
            None => return,
        },
    };
}
