//! Static addresses, routes and rules, and the groups that track them (`spec/config-global.md` section 4).

use super::{Block, Keyword};
use crate::diagnostics::{Class, Code, Stop};
use crate::lower::{At, Context, Draft, Owner, TrackGroupDraft, address_line, route_line, rule_line};
use crate::tree::Statement;
use model::IfName;

type Row = Keyword<TrackGroupDraft>;

/// `default_interface` where it is not given.
const DEFAULT_INTERFACE: &str = "eth0";

/// Reads a `static_ipaddress` block.
pub(super) fn addresses(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    for line in block.children() {
        let read = (!line.is_unresolved()).then(|| address_line(line, Owner::Static, cx));
        let Some(mut address) = read.flatten() else {
            cx.lost_address("static_ipaddress", line.name());
            continue;
        };
        if address.dev.is_none() {
            address.dev = default_interface(draft, line, cx);
            if address.dev.is_none() {
                cx.lost_address("static_ipaddress", line.name());
                continue;
            }
        }
        draft.statics.addresses.push(At::new(address, line.span()));
    }
}

fn default_interface(draft: &Draft, line: Statement<'_>, cx: &mut Context<'_>) -> Option<IfName> {
    let name = draft
        .globals
        .model
        .vrrp
        .default_interface
        .clone()
        .or_else(|| IfName::new(DEFAULT_INTERFACE).ok())?;
    if cx.dynamic_interfaces || cx.find_interface(name.as_str()).is_some() {
        return Some(name);
    }
    let diagnostic = cx
        .absent_interface(
            Class::Fatal,
            "default_interface",
            &At::new(name, line.name().span()),
        )
        .help("name the interface with `dev`, or another one with `default_interface`")
        .stops(Stop::Permanent);
    cx.push(diagnostic);
    None
}

/// Reads a `static_routes` block.
pub(super) fn routes(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    for line in block.entries() {
        if let Some(route) = route_line(line, Owner::Static, cx) {
            draft.statics.routes.push(At::new(route, line.span()));
        }
    }
}

/// Reads a `static_rules` block.
pub(super) fn rules(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    for line in block.entries() {
        if let Some(rule) = rule_line(line, Owner::Static, cx) {
            draft.statics.rules.push(At::new(rule, line.span()));
        }
    }
}

pub(super) static TRACK_GROUP: Block<TrackGroupDraft> = Block {
    name: "track_group",
    keywords: &[&[Row::items("group", "INSTANCE ...", |g, block, cx| {
        if let Some(members) = cx.members(g.members.is_some(), block) {
            g.members = Some(members);
        }
    })
    .first_wins()
    .means("Instances that go to FAULT when a static object of the group is lost")]],
};

/// Reads a `track_group` block.
pub(super) fn track_group(draft: &mut Draft, block: Statement<'_>, cx: &mut Context<'_>) {
    let Some(name) = cx.block_name(block) else { return };
    if let Some(first) = draft.track_groups.find(&name.value) {
        let first = first.name.span;
        return cx.already_defined(block, first);
    }
    let mut group = TrackGroupDraft {
        name: name.clone(),
        members: None,
    };
    TRACK_GROUP.read(&mut group, block, cx);
    if group.members.as_ref().is_none_or(Vec::is_empty) {
        let message = format!("track group {} has no members and is dropped", name.value);
        return cx.error(Code::EMPTY_BLOCK, name.span, message);
    }
    cx.targets.track_groups.insert(name.value.clone());
    draft.track_groups.add(&name.value, group);
}
