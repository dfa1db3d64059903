//! IPVS (`spec/config-global.md` section 2.7).

use super::super::effect::IPVS;
use super::super::{Keyword, seconds, strict};
use crate::diagnostics::Code;
use crate::lower::{At, Context, GlobalsDraft};
use crate::tree::{Statement, Word};
use crate::values::address::address;
use crate::values::number::{self, Range, Trailing};
use model::{LvsFlushOnStop, LvsSyncDaemon};
use std::net::IpAddr;

type Row = Keyword<GlobalsDraft>;

pub(super) static KEYWORDS: &[Keyword<GlobalsDraft>] = &[
    Row::line("lvs_timeouts", "[tcp SECS] [tcpfin SECS] [udp SECS]", timeouts)
        .own_check()
        .range("0 to 2678400")
        .default("the kernel's")
        .means("Timeouts of connections")
        .effect(IPVS),
    Row::flag("lvs_flush", |g, _| g.model.lvs.flush = true)
        .default("off")
        .means("Flush the IPVS table at the start")
        .effect(IPVS),
    Row::line("lvs_flush_on_stop", "[VS]", |g, line, cx| {
        flush_on_stop(g, line, cx);
    })
    .default("off")
    .means("At the stop flush the IPVS table, or with VS delete the virtual servers only")
    .effect(IPVS),
    Row::line("lvs_flush_onstop", "[VS]", |g, line, cx| {
        flush_on_stop(g, line, cx);
    })
    .old_for("lvs_flush_on_stop")
    .means("At the stop flush the IPVS table")
    .effect(IPVS),
    Row::line(
        "lvs_sync_daemon",
        "IFNAME [[inst] NAME] [id N] [maxlen N] [port N] [ttl N] [group ADDR]",
        sync_daemon,
    )
    .own_check()
    .first_wins()
    .range("id 0 to 255, maxlen 1 to 65507, port 1 to 65535, ttl 1 to 255, group multicast")
    .means("Synchronise connections with other nodes: sends while the instance is master and receives otherwise, or does both")
    .effect(IPVS),
    Row::switch("rs_init_notifies", |g, on| {
        g.model.lvs.rs_init_notifies = on.value;
    })
    .default("false")
    .means("Run the scripts of real servers that are up at the start")
    .effect(IPVS),
    Row::duration(
        "lvs_repair_interval",
        "SECS",
        seconds(1_000_000, 86_400_000_000),
        |g, interval| g.model.lvs.repair_interval = Some(interval.value),
    )
    .default("never")
    .means("Compare the kernel's table with what it should be, and put back what others removed or changed; an extension")
    .effect(IPVS),
];

/// Longest timeout of a connection in seconds: 31 days.
const LONGEST_TIMEOUT: i64 = 31 * 86_400;

fn timeouts(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if line.arguments().len() < 2 {
        return cx.missing(line, "a timeout and its value");
    }
    let mut words = line.arguments();
    while let Some(option) = words.next() {
        let timeouts = &mut g.model.lvs.timeouts;
        let slot = match option.text() {
            "tcp" => &mut timeouts.tcp,
            "tcpfin" => &mut timeouts.tcp_fin,
            "udp" => &mut timeouts.udp,
            _ => {
                cx.unknown_option("lvs_timeouts", option, &["tcp", "tcpfin", "udp"]);
                continue;
            }
        };
        let Some(word) = words.next() else {
            return cx.error(
                Code::MISSING_PARAMETER,
                option.span(),
                format!("`lvs_timeouts`: '{}' is missing its value", option.text()),
            );
        };
        if let Some(secs) = cx.integer("lvs_timeouts", word, strict(0, LONGEST_TIMEOUT)) {
            *slot = Some(secs.number());
        }
    }
}

fn flush_on_stop(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    match line.argument(0) {
        None => g.model.lvs.flush_on_stop = LvsFlushOnStop::All,
        Some(word) if word.text() == "VS" => g.model.lvs.flush_on_stop = LvsFlushOnStop::VirtualServers,
        Some(word) => cx.unknown_option(line.name().text(), word, &["VS"]),
    }
}

const OPTIONS: [&str; 6] = ["inst", "id", "maxlen", "port", "ttl", "group"];

fn sync_daemon(g: &mut GlobalsDraft, line: Statement<'_>, cx: &mut Context<'_>) {
    if let Some(before) = g.lvs_sync_daemon {
        return cx.already_given(line, before);
    }
    let Some(word) = line.argument(0) else {
        return cx.missing(line, "an interface");
    };
    let Some(interface) = cx.interface_name("lvs_sync_daemon", word) else {
        return;
    };
    let mut daemon = LvsSyncDaemon {
        interface: interface.value,
        instance: None,
        sync_id: None,
        max_len: None,
        port: None,
        ttl: None,
        group: None,
    };
    let mut words = line.arguments().skip(1).enumerate().peekable();
    while let Some((position, option)) = words.next() {
        let is_option = OPTIONS.contains(&option.text());
        if !is_option && position == 0 {
            daemon.instance = Some(option.text().to_owned());
            continue;
        }
        let bare_id = number::integer(option.text(), Range::new(0, 255), Trailing::Refuse);
        if !is_option
            && position == 1
            && let Ok(id) = bare_id
        {
            cx.correct(
                Code::DEPRECATED,
                option.span(),
                "`lvs_sync_daemon`: a number alone is the old form; write `id` before it",
            );
            daemon.sync_id = u8::try_from(id.value).ok();
            continue;
        }
        if !is_option {
            cx.unknown_option("lvs_sync_daemon", option, &OPTIONS);
            continue;
        }
        let Some((_, value)) = words.next() else {
            cx.error(
                Code::MISSING_PARAMETER,
                option.span(),
                format!("`lvs_sync_daemon`: '{}' is missing its value", option.text()),
            );
            break;
        };
        sync_option(&mut daemon, option.text(), value, cx);
    }
    g.lvs_sync_daemon = Some(line.span());
    g.model.lvs.sync_daemon = Some(daemon);
}

fn sync_option(daemon: &mut LvsSyncDaemon, option: &str, value: Word<'_>, cx: &mut Context<'_>) {
    let what = "lvs_sync_daemon";
    match option {
        "inst" => daemon.instance = Some(value.text().to_owned()),
        "id" => daemon.sync_id = cx.integer(what, value, strict(0, 255)).map(At::number),
        "maxlen" => daemon.max_len = cx.integer(what, value, strict(1, 65_507)).map(At::number),
        "port" => daemon.port = cx.integer(what, value, strict(1, 65_535)).map(At::number),
        "ttl" => daemon.ttl = cx.integer(what, value, strict(1, 255)).map(At::number),
        _ => {
            daemon.group = address(value.text()).filter(IpAddr::is_multicast);
            if daemon.group.is_none() {
                let message = format!("`{what}`: '{}' is not a multicast address", value.text());
                cx.error(Code::INVALID_ADDRESS, value.span(), message);
            }
        }
    }
}
