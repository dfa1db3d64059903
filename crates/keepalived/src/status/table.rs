//! The status as tables for people.

use super::document::{
    CountersStatus, InstanceStatus, LvsStatus, PriorityStatus, RealServerStatus, Status, TrackerStatus,
    VrrpStatus,
};
use crate::clock::local;
use model::Micros;
use std::env;
use std::fmt::Write as _;

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Coloured,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` says otherwise (no-color.org).
    pub(super) fn of(is_terminal: bool) -> Self {
        let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if is_terminal && !is_unwanted {
            Self::Coloured
        } else {
            Self::Plain
        }
    }

    /// The word in the colour of its meaning.
    fn paint(self, word: &str) -> String {
        let colour = match word {
            _ if self == Self::Plain => return word.to_owned(),
            "MASTER" | "up" | "ok" => 32,
            "FAULT" | "down" | "SILENT" | "MISSING" => 31,
            "INIT" | "drained" | "MAINTENANCE" | "unknown" => 33,
            _ => return word.to_owned(),
        };
        format!("\x1b[{colour}m{word}\x1b[0m")
    }
}

/// The tables. `now` is the time of day, for ages.
pub(super) fn render(status: &Status, now: Micros, style: Style) -> String {
    let mut text = String::new();
    daemon(&mut text, status, now, style);
    if let Some(vrrp) = &status.vrrp {
        instances(&mut text, vrrp, now, style);
        trackers(&mut text, vrrp, style);
    }
    if let Some(lvs) = &status.lvs {
        servers(&mut text, lvs, style);
    }
    text
}

fn daemon(text: &mut String, status: &Status, now: Micros, style: Style) {
    let daemon = &status.daemon;
    let uptime = age(now.0.saturating_sub(daemon.started_at_us));
    let _ = writeln!(
        text,
        "keepalived {} (compatible with {}), pid {}, up {uptime}, configuration {}",
        daemon.release, daemon.compatible_with, daemon.pid, daemon.configurations
    );
    if let Some(reload) = daemon.last_reload.as_ref().filter(|reload| !reload.accepted) {
        let _ = writeln!(
            text,
            "the reload of {} was refused: see the log",
            moment(reload.at_us)
        );
    }
    if let Some(since) = daemon.maintenance_since_us {
        let word = style.paint("MAINTENANCE");
        let _ = writeln!(
            text,
            "{word} since {}; end it with `keepalived maintenance off`",
            moment(since)
        );
    }
    for drain in &daemon.drained {
        let place = drain.virtual_server.as_deref().unwrap_or("every virtual server");
        let _ = writeln!(text, "{} is {} in {place}", drain.server, style.paint("drained"));
    }
    for process in status.processes.iter().filter(|process| process.needed) {
        let state = match (process.running, process.answers) {
            (false, _) => style.paint("down"),
            (true, false) => style.paint("SILENT"),
            (true, true) => style.paint("ok"),
        };
        let _ = write!(text, "{} process {state}", process.name);
        if let Some(uptime) = process.uptime_us {
            let _ = write!(text, ", up {}", age(uptime));
        }
        if process.restarts > 0 {
            let _ = write!(text, ", replaced {} times", process.restarts);
        }
        text.push('\n');
    }
}

fn instances(text: &mut String, vrrp: &VrrpStatus, now: Micros, style: Style) {
    let rows: Vec<_> = vrrp
        .instances
        .iter()
        .map(|instance| {
            let since = instance
                .since_us
                .map_or_else(String::new, |since| age(now.0.saturating_sub(since)));
            let present = instance.addresses.iter().filter(|address| address.present);
            [
                instance.name.clone(),
                style.paint(&instance.state),
                since,
                priority(&instance.priority),
                instance.interface.clone().unwrap_or_default(),
                instance.vrid.to_string(),
                format!("{}/{}", present.count(), instance.addresses.len()),
                other(instance),
                why(instance),
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    text.push('\n');
    text.push_str(&columns(
        [
            "INSTANCE",
            "STATE",
            "FOR",
            "PRIORITY",
            "INTERFACE",
            "VRID",
            "VIPS",
            "MASTER",
            "CAUSE",
        ],
        &rows,
    ));
    for instance in &vrrp.instances {
        let is_master = instance.state == "MASTER";
        let missing = instance.addresses.iter().filter(|address| !address.present);
        for address in missing.filter(|_| is_master) {
            let place = address.interface.as_deref().unwrap_or("no interface");
            let word = style.paint("MISSING");
            let _ = writeln!(
                text,
                "{}: {} on {place} is {word}",
                instance.name, address.address
            );
        }
    }
    for group in &vrrp.groups {
        let state = style.paint(&group.state);
        let _ = writeln!(text, "group {} {state}: {}", group.name, group.members.join(" "));
    }
}

/// `100+10=110`.
fn priority(priority: &PriorityStatus) -> String {
    let mut text = priority.base.to_string();
    let changes = priority.adjustments.iter().filter(|one| one.change != 0);
    for adjustment in changes {
        let _ = write!(text, "{:+}", adjustment.change);
    }
    if i32::from(priority.effective) != i32::from(priority.base) {
        let _ = write!(text, "={}", priority.effective);
    }
    text
}

/// The master that a backup hears.
fn other(instance: &InstanceStatus) -> String {
    match (&instance.master, instance.state.as_str()) {
        (_, "MASTER") => "itself".to_owned(),
        (Some(master), _) => format!(
            "{} ({}, {} ago)",
            master.address,
            master.priority,
            age(master.silent_us)
        ),
        (None, _) => "none heard".to_owned(),
    }
}

fn why(instance: &InstanceStatus) -> String {
    let mut text = if instance.faults.is_empty() {
        instance.cause.clone().unwrap_or_default()
    } else {
        instance.faults.join("; ")
    };
    if let Some(hold) = instance.hold_us {
        let _ = write!(text, "; does not preempt for {}", age(hold));
    }
    text
}

/// The last line that a script printed, as far as it fits.
fn printed(tracker: &TrackerStatus) -> String {
    const WIDTH: usize = 60;
    let output = tracker.output.as_deref().unwrap_or_default();
    let line = output.lines().next_back().unwrap_or_default();
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

fn trackers(text: &mut String, vrrp: &VrrpStatus, style: Style) {
    let rows: Vec<_> = vrrp
        .trackers
        .iter()
        .map(|tracker| {
            [
                tracker.kind.clone(),
                tracker.name.clone(),
                style.paint(tracker.state.as_deref().unwrap_or_default()),
                tracker.result.clone().unwrap_or_default(),
                printed(tracker),
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&columns(["TRACKER", "NAME", "STATE", "RESULT", "OUTPUT"], &rows));
    }
}

fn servers(text: &mut String, lvs: &LvsStatus, style: Style) {
    for server in &lvs.virtual_servers {
        let state = style.paint(if server.quorum_up { "up" } else { "down" });
        let _ = write!(
            text,
            "\n{} {state}, weight {} of {} needed",
            server.name, server.weight, server.quorum
        );
        if server.suspended {
            text.push_str(", checks suspended");
        }
        if let Some(sorry) = server.sorry_server.as_ref().filter(|sorry| sorry.active) {
            let _ = write!(text, ", sorry server {} serves", sorry.address);
        }
        text.push('\n');
        let rows: Vec<_> = server
            .real_servers
            .iter()
            .map(|real| real_server(real, style))
            .collect();
        if !rows.is_empty() {
            let titles = [
                "  SERVER",
                "STATE",
                "WEIGHT",
                "ACTIVE",
                "INACTIVE",
                "CONNECTIONS",
                "CHECKS",
            ];
            text.push_str(&columns(titles, &rows));
        }
    }
    if let Some(reason) = &lvs.counters_missing {
        let _ = writeln!(text, "no counters: {reason}");
    }
}

fn real_server(server: &RealServerStatus, style: Style) -> [String; 7] {
    let state = match (server.alive, server.drained) {
        (false, _) => style.paint("down"),
        (true, true) => style.paint("drained"),
        (true, false) => style.paint("up"),
    };
    let weight = server
        .weight_in_kernel
        .map_or_else(|| "-".to_owned(), |weight| weight.to_string());
    let counters = server.counters.as_ref();
    let number =
        |of: fn(&CountersStatus) -> u64| counters.map_or_else(String::new, |all| of(all).to_string());
    let checks: Vec<_> = server
        .checks
        .iter()
        .map(|check| {
            let verdict = if check.up { "up" } else { "down" };
            match &check.reason {
                Some(reason) => format!("{} {verdict} ({reason})", check.kind),
                None => format!("{} {verdict}", check.kind),
            }
        })
        .collect();
    [
        format!("  {}", server.address),
        state,
        weight,
        number(|all| all.active),
        number(|all| all.inactive),
        number(|all| all.connections),
        checks.join(", "),
    ]
}

/// A time of day as the machine shows it, to the millisecond.
pub(super) fn moment(at_us: u64) -> String {
    let date = local(Micros(at_us));
    format!(
        "{}.{:03}",
        date.strftime("%Y-%m-%d %H:%M:%S"),
        at_us / 1_000 % 1_000
    )
}

/// A duration in its two largest units: `3d4h`, `2m3s`, `0.4s`.
fn age(micros: u64) -> String {
    let secs = micros / 1_000_000;
    match secs {
        0..10 => format!("{secs}.{}s", micros / 100_000 % 10),
        10..60 => format!("{secs}s"),
        60..3_600 => format!("{}m{}s", secs / 60, secs % 60),
        3_600..86_400 => format!("{}h{}m", secs / 3_600, secs / 60 % 60),
        _ => format!("{}d{}h", secs / 86_400, secs / 3_600 % 24),
    }
}

/// Rows under titles, each column as wide as its widest cell; the last one as wide as it is.
pub(super) fn columns<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let titles = titles.map(str::to_owned);
    let all = || std::iter::once(&titles).chain(rows);
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            line.push_str(cell);
            if column + 1 < N {
                let widest = all().map(|row| width(&row[column])).max().unwrap_or(0);
                let padding = widest + 2 - width(cell);
                line.extend(std::iter::repeat_n(' ', padding));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Characters that a cell takes: colours take none.
fn width(cell: &str) -> usize {
    let mut width = 0;
    let mut in_colour = false;
    for character in cell.chars() {
        match character {
            '\x1b' => in_colour = true,
            'm' if in_colour => in_colour = false,
            _ => width += usize::from(!in_colour),
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::super::document::DrainStatus;
    use super::super::testing::status;
    use super::*;

    const NOW: Micros = Micros(1_795_534_922_612_109);

    #[test]
    fn people_see_state_priority_addresses_and_checks() {
        let text = render(&status(), NOW, Style::Plain);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_an_operator_has_done_is_seen() {
        let mut changed = status();
        changed.daemon.maintenance_since_us = Some(NOW.0);
        changed.daemon.drained = vec![DrainStatus {
            server: "10.0.0.2:80".to_owned(),
            virtual_server: None,
        }];
        changed.lvs.as_mut().unwrap().virtual_servers[0].real_servers[0].drained = true;
        changed.vrrp.as_mut().unwrap().instances[0].hold_us = Some(42_000_000);
        let text = render(&changed, NOW, Style::Plain);
        for piece in [
            "MAINTENANCE since",
            "10.0.0.2:80 is drained in every virtual server",
            "drained",
            "does not preempt for 42s",
        ] {
            assert!(text.contains(piece), "{piece}: {text}");
        }
    }

    #[test]
    fn colours_take_no_room() {
        let plain = render(&status(), NOW, Style::Plain);
        let coloured = render(&status(), NOW, Style::Coloured);
        assert!(coloured.contains("\x1b[32mMASTER\x1b[0m"));
        assert!(!plain.contains('\x1b'));
        let stripped = coloured
            .replace("\x1b[32m", "")
            .replace("\x1b[31m", "")
            .replace("\x1b[0m", "");
        assert_eq!(stripped, plain);
    }

    #[test]
    fn ages_have_two_units() {
        for (micros, text) in [
            (450_000, "0.4s"),
            (42_000_000, "42s"),
            (123_000_000, "2m3s"),
            (7_260_000_000, "2h1m"),
            (277_200_000_000, "3d5h"),
        ] {
            assert_eq!(age(micros), text);
        }
    }
}
