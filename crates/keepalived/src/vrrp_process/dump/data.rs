//! `keepalived.data`.

use super::snapshot::Snapshot;
use super::{address, groups, instance, interfaces, route, rule, sockets, trackers};
use crate::dump::{Significant, Text, globals, put};

/// The whole text. Sections without contents are left out.
pub(super) fn render(snapshot: &Snapshot) -> Text {
    let mut text = Text::default();
    globals(&mut text, &snapshot.globals, &snapshot.settings, snapshot.viewer);
    static_objects(&mut text, snapshot);
    instance::section(&mut text, snapshot);
    sockets::section(&mut text, snapshot);
    groups::section(&mut text, snapshot);
    trackers::sections(&mut text, snapshot);
    announcements(&mut text, snapshot);
    interfaces::section(&mut text, snapshot);
    text
}

fn static_objects(text: &mut Text, snapshot: &Snapshot) {
    let objects = &snapshot.configuration.static_objects;
    if !objects.addresses.is_empty() {
        text.section("Static Addresses");
    }
    for line in &objects.addresses {
        put!(text, "     {}", address::describe_static(line));
    }
    if !objects.routes.is_empty() {
        text.section("Static Routes");
    }
    for line in &objects.routes {
        put!(text, "     {}", route::describe(line));
    }
    if !objects.rules.is_empty() {
        text.section("Static Rules");
    }
    for line in &objects.rules {
        put!(text, "     {}", rule::describe(line));
    }
    let groups = &snapshot.configuration.track_groups;
    if !groups.is_empty() {
        text.section("Static Track groups");
    }
    for group in groups {
        put!(text, " Static Track Group = {}", group.name);
        put!(text, "   VRRP member instances :");
        for member in &group.members {
            put!(text, "     {member}");
        }
    }
}

/// The groups of interfaces that share a limit.
fn announcements(text: &mut Text, snapshot: &Snapshot) {
    let groups = &snapshot.configuration.garp_groups;
    if !groups.is_empty() {
        text.section("Gratuitous ARP delays");
    }
    for (number, group) in (1..).zip(groups) {
        text.section(&format!("GARP delay group {number}"));
        if let Some(interval) = group.garp_interval {
            put!(text, " GARP interval = {}", Significant(interval));
        }
        if let Some(interval) = group.gna_interval {
            put!(text, " GNA interval = {}", Significant(interval));
        }
        put!(text, " Interfaces");
        for interface in &group.interfaces {
            put!(text, "  {interface}");
        }
    }
}
