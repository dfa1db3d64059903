//! Sync groups whose members want different things.

use super::places::{Places, keyword};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use model::{Instance, SyncGroup, VrrpConfiguration};
use std::collections::HashMap;

pub(super) fn look(vrrp: &VrrpConfiguration, places: &Places<'_>, cx: &mut Context<'_>) {
    if vrrp.sync_groups.is_empty() {
        return;
    }
    let instances: HashMap<&str, &Instance> = vrrp
        .instances
        .iter()
        .map(|instance| (instance.name.as_str(), instance))
        .collect();
    for group in &vrrp.sync_groups {
        let members: Vec<&Instance> = group
            .members
            .iter()
            .filter_map(|member| instances.get(member.as_str()).copied())
            .collect();
        uneven(group, &members, places, cx);
    }
}

fn uneven(group: &SyncGroup, members: &[&Instance], places: &Places<'_>, cx: &mut Context<'_>) {
    let Some((first, others)) = members.split_first() else {
        return;
    };
    let differs =
        |same: fn(&Instance, &Instance) -> bool| others.iter().copied().find(|other| !same(first, other));
    let (other, what, keywords): (_, _, &[&str]) =
        if let Some(other) = differs(|a, b| a.nopreempt == b.nopreempt) {
            (other, "only some have `nopreempt`", &["nopreempt"])
        } else if let Some(other) = differs(|a, b| a.priority == b.priority) {
            (other, "their priorities differ", &["priority"])
        } else {
            return;
        };
    let message = format!(
        "sync group {}: the members change together, but {what}, so one may be drawn to where another does not want to be",
        group.name
    );
    let Some(block) = places.group(&group.name) else {
        return;
    };
    let mut hint = Diagnostic::note(Code::UNEVEN_GROUP, message).at(block.span(), "");
    for member in [*first, other] {
        let place = places.instance(&member.name);
        if let Some(span) = place.and_then(|place| keyword(place, keywords)) {
            hint = hint.and_at(span, format!("of {}", member.name));
        }
    }
    cx.hint(hint);
}
